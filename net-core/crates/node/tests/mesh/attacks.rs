//! What strangers and the network may try.

use std::{net::UdpSocket, sync::Arc, time::Duration};

use bytes::Bytes;
use net_node::mesh::MeshNode;
use net_types::{api::MeshNode as _, mesh::Reliability};

use crate::{nodes::*, wire::Wire};

/// Connects over a wire.
async fn connect_over(wire: &Wire, from: &MeshNode, to: &MeshNode) {
    from.connect(wire.address.to_string(), to.public_key().expect("a key"), to.node_id().expect("an id"))
        .await
        .expect("a session");
}

fn wire_to(node: &MeshNode, copies: usize) -> Wire {
    Wire::multiplying(node.local_addr().expect("an address").parse().expect("an address"), copies)
}

/// Sends datagrams to a node from an address that it has no session with, and gives what comes back.
fn replay(datagrams: &[Vec<u8>], to: &MeshNode) -> Vec<Vec<u8>> {
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    stranger.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
    let to = to.local_addr().expect("an address");
    for datagram in datagrams {
        stranger.send_to(datagram, &to).expect("sent");
    }
    let (mut answers, mut buffer) = (Vec::new(), [0; 2_048]);
    while let Ok(length) = stranger.recv(&mut buffer) {
        answers.push(buffer[..length].to_vec());
    }
    answers
}

fn numbered(count: usize) -> Vec<Bytes> {
    (0..count).map(|number| Bytes::from(format!("message {number} in plain text"))).collect()
}

#[tokio::test]
async fn packets_that_come_three_times_count_once() {
    let (one, other) = (node(1).await, node(2).await);
    let events = reader(&other);
    let wire = wire_to(&other, 3);
    connect_over(&wire, &one, &other).await;
    let stream = stream(&one, &other, 1, Reliability::Reliable, 0);
    let sent = numbered(400);
    for batch in sent.chunks(20) {
        one.send_blocking(Arc::clone(&stream), batch.to_vec()).await.expect("taken");
    }
    let received: Vec<_> = receive(&events, 400).await.into_iter().map(|event| event.payload).collect();
    assert_eq!(received, sent);
    let stats = other.stats().unwrap();
    assert!(stats.peers[0].drops["replayed"] > 0, "{stats:?}");
    assert_eq!((stats.sessions, stats.queued), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_packets_move_nothing() {
    let (one, other) = (node(1).await, node(2).await);
    let events = reader(&other);
    let wire = wire_to(&other, 1);
    connect_over(&wire, &one, &other).await;
    let stream = stream(&one, &other, 1, Reliability::Reliable, 0);
    one.send_blocking(Arc::clone(&stream), numbered(50)).await.expect("taken");
    receive(&events, 50).await;
    let seen = wire.seen();
    assert!(seen.iter().all(|datagram| !datagram.windows(13).any(|part| part == b"in plain text")));
    let answers = replay(&seen, &other);
    let sent: usize = seen.iter().map(Vec::len).sum();
    assert!(answers.iter().map(Vec::len).sum::<usize>() < sent, "no more comes back than was sent");
    // Nobody was persuaded to send anywhere else, or to end.
    one.send_blocking(stream, numbered(1)).await.expect("taken");
    assert_eq!(receive(&events, 1).await[0].sequence, 50);
    assert_eq!(other.peers().unwrap()[0].address, wire.address.to_string());
    assert_eq!(other.stats().unwrap().sessions, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_can_neither_relay_nor_announce() {
    let nodes = [node(1).await, node(2).await, node(3).await];
    let [one, relay, other] = &nodes;
    let wire = wire_to(relay, 1);
    connect_over(&wire, one, relay).await;
    connect(other, relay).await;
    one.connect_routed(other.node_id().unwrap()).await.expect("a session over the relay");
    let events = reader(other);
    let stream = stream(one, other, 1, Reliability::Reliable, 0);
    one.send_blocking(stream, numbered(30)).await.expect("taken");
    receive(&events, 30).await;
    // Announcements, envelopes and handshakes among them.
    let seen = wire.seen();
    let routes = relay.routes().unwrap();
    replay(&seen, relay);
    assert_eq!(relay.routes().unwrap().len(), routes.len());
    let stats = relay.stats().unwrap();
    assert!(stats.drops["replayed"] > 0, "{stats:?}");
    // Had the relay passed one on, it would be a replay there as well.
    let at_the_end = other.stats().unwrap().peers;
    assert!(at_the_end.iter().all(|peer| peer.drops["replayed"] == 0), "{at_the_end:?}");
    assert_eq!((stats.sessions, other.stats().unwrap().queued), (2, 0));
}
