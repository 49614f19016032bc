//! What strangers and the network may try.

use std::{net::UdpSocket, sync::Arc, time::Duration};

use bytes::Bytes;
use net_crypto::mesh::{Cipher, PhaseSecret, Responder, StaticKey};
use net_node::mesh::MeshNode;
use net_types::{
    api::MeshNode as _,
    identity::NodeId,
    mesh::Reliability,
    route::GossipKind,
    wire::route::{Beacon, Route},
};
use zeroize::Zeroizing;

use crate::{
    member::{Member, psk, seed},
    nodes::*,
    wire::Wire,
};

/// Connects over a wire.
async fn connect_over(wire: &Wire, from: &MeshNode, to: &MeshNode) {
    from.connect(wire.address.to_string(), to.public_key().expect("a key"), to.node_id().expect("an id"))
        .await
        .expect("a session");
}

fn wire_to(node: &MeshNode, copies: usize) -> Wire {
    Wire::multiplying(node.local_addr().expect("an address").parse().expect("an address"), copies)
}

/// Two nodes with a session over a wire that delivers each datagram so many times.
async fn over_a_wire(copies: usize) -> (Arc<MeshNode>, Arc<MeshNode>, Wire) {
    let (one, other) = (node(1).await, node(2).await);
    let wire = wire_to(&other, copies);
    connect_over(&wire, &one, &other).await;
    (one, other, wire)
}

/// Three nodes: the first and the last have a session over the one between them, to which the first has a wire.
async fn over_a_relay() -> ([Arc<MeshNode>; 3], Wire) {
    let nodes = [node(1).await, node(2).await, node(3).await];
    let [one, relay, other] = &nodes;
    let wire = wire_to(relay, 1);
    connect_over(&wire, one, relay).await;
    connect(other, relay).await;
    one.connect_routed(other.node_id().expect("an id")).await.expect("a session over the relay");
    (nodes, wire)
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
    let (one, other, _wire) = over_a_wire(3).await;
    let events = reader(&other);
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
    let (one, other, wire) = over_a_wire(1).await;
    let events = reader(&other);
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
    let (nodes, wire) = over_a_relay().await;
    let [one, relay, other] = &nodes;
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

/// A beacon of somebody else that a neighbour has made up, and a route to it.
fn forged(number: u8) -> [Vec<u8>; 2] {
    let beacon = Beacon {
        entity_id: [number; 32],
        static_key: [number; 32],
        epoch: 1 << 50,
        seqno: 1,
        flags_relays: true,
        flags_rest: 0,
        signature: [number; 64],
    };
    let node_id = net_crypto::EntityId::new(beacon.entity_id).node_id();
    let route = Route { node_id, epoch: beacon.epoch, seqno: 1, distance_metric: 0, distance_hops: 0 };
    let message = |kind: GossipKind, bytes: Vec<u8>| [vec![kind.tag()], bytes].concat();
    [
        message(GossipKind::Beacons, beacon.encode().expect("bytes")),
        message(GossipKind::Routes, route.encode().expect("bytes")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_neighbour_that_forges_announcements_is_believed_nothing_and_closed() {
    let attacked = node(1).await;
    let mut forger = Member::connect(9, &attacked);
    let drops = |reason: &str| attacked.stats().unwrap().route_drops[reason];
    for number in 1..8 {
        forged(number).into_iter().for_each(|message| forger.gossip(message));
    }
    eventually("the forgeries are counted", || drops("forged") == 7 && drops("beacon_missing") == 7).await;
    assert!(forger.lives() && attacked.stats().unwrap().sessions == 1);
    let known: Vec<NodeId> = attacked.routes().unwrap().into_iter().map(|route| route.node_id).collect();
    assert!(known.is_empty(), "{known:?}");
    // The eighth is one too many.
    forged(8).into_iter().take(1).for_each(|message| forger.gossip(message));
    eventually("the session is closed", || !forger.lives() && attacked.stats().unwrap().sessions == 0).await;
    assert_eq!(drops("forged"), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn envelopes_of_a_stranger_go_nowhere() {
    let (nodes, wire) = over_a_relay().await;
    let [_, relay, other] = &nodes;
    let known = wire.seen();
    // An envelope for each index that was seen, and for one that nobody has: the stranger has no key to seal it.
    let indexes = known.iter().filter(|datagram| datagram[0] >= 0x10).map(|datagram| &datagram[4..8]);
    let indexes: Vec<&[u8]> = indexes.chain([&[1_u8, 2, 3, 4][..]]).collect();
    let envelopes: Vec<_> = (0..indexes.len() as u64 * 4)
        .map(|number| {
            let index = indexes[number as usize % indexes.len()];
            let mut envelope = [&[0x11, 0, 0, 0][..], index, &(1_000_000 + number).to_le_bytes()].concat();
            envelope.extend_from_slice(&other.node_id().unwrap().0.to_le_bytes());
            envelope.resize(300, number as u8);
            envelope
        })
        .collect();
    let answers = replay(&envelopes, relay);
    let (sent, back) = (envelopes.iter().map(Vec::len).sum::<usize>(), answers.iter().map(Vec::len));
    assert!(back.sum::<usize>() < sent, "no more comes back than was sent");
    let stats = relay.stats().unwrap();
    assert!(stats.drops["forged"] > 0 && stats.drops["unknown_index"] > 0, "{stats:?}");
    let at_the_end = other.stats().unwrap();
    assert!(at_the_end.peers.iter().all(|peer| peer.drops.values().sum::<u64>() == 0), "{at_the_end:?}");
    // Had the relay passed one on, what is in it would be junk to whom it is for.
    let junk = ["malformed", "unknown_index", "forged"].map(|reason| at_the_end.drops[reason]);
    assert_eq!(junk, [0; 3]);
    assert_eq!((stats.sessions, at_the_end.queued), (2, 0));
}

/// What somebody can compute who has all secrets that last, and a recording.
fn guesses(seen: &[Vec<u8>]) -> Vec<[u8; 32]> {
    let statics = [StaticKey::derive(&seed(1)), StaticKey::derive(&seed(2))];
    let mut guesses: Vec<[u8; 32]> = vec![[1; 32], [2; 32]];
    for key in &statics {
        guesses.extend([*key.public().as_bytes(), key.public().mac_key()]);
    }
    let macs = [psk().mac(&[b"net.noise.v1"]), psk().mac(&[b"net.mac.v1"])].concat();
    guesses.push(macs.try_into().expect("32 bytes"));
    // Ephemeral keys of both, and what answering the recorded first message anew gives.
    let handshake = seen.iter().filter(|datagram| matches!(datagram[0], 1 | 2));
    guesses.extend(handshake.map(|datagram| <[u8; 32]>::try_from(&datagram[8..40]).expect("32 bytes")));
    let init = seen.iter().find(|datagram| datagram[0] == 1).expect("a first message");
    let prologue = [b"net-mesh-v1".as_slice(), &init[..8]].concat();
    let noise = init[8..248].try_into().expect("a first message");
    let read = Responder::read(&statics[1], &psk(), &prologue, noise, Zeroizing::new([7; 32]));
    let answer = read.expect("the static key opens it").responder.write(&[0; 144]).expect("an answer");
    guesses.extend([*answer.secrets.send, *answer.secrets.receive]);
    guesses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_the_psk_and_both_static_keys_open_no_byte_of_an_application() {
    let (one, other, wire) = over_a_wire(1).await;
    let events = reader(&other);
    let stream = stream(&one, &other, 1, Reliability::Reliable, 0);
    one.send_blocking(Arc::clone(&stream), numbered(50)).await.expect("taken");
    receive(&events, 50).await;
    let (seen, mut tried) = (wire.seen(), 0);
    let guesses = guesses(&seen);
    for datagram in seen.iter().filter(|datagram| datagram[0] == 0x10) {
        let number = u64::from_le_bytes(datagram[8..16].try_into().expect("8 bytes"));
        for guess in &guesses {
            let mut phase = PhaseSecret::new(Zeroizing::new(*guess));
            for _ in 0..2 {
                for cipher in [Cipher::ChaCha20Poly1305, Cipher::Aes256Gcm] {
                    assert!(phase.key(cipher).open(number, &mut datagram.clone()).is_none());
                    tried += 1;
                }
                phase = phase.next();
            }
        }
    }
    assert!(tried > 100, "{tried}");
}
