//! Two nodes: what they send each other, and how their sessions begin and end.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use net_node::mesh::MeshNode;
use net_types::{
    Error,
    api::{MeshEvents as _, MeshNode as _},
    identity::NodeId,
    mesh::{
        MeshError, MeshNodeConfig, MeshShutdownOptions, PublicKey, ReceiveOptions, Reliability, StreamConfig,
        StreamError,
    },
};

use crate::{nodes::*, wire::Wire};

#[tokio::test]
async fn messages_arrive_once_and_in_order_with_their_sender() {
    let (one, other) = (node(1).await, node(2).await);
    let events = reader(&other);
    let (connected, address) = tokio::join!(dial(&one, &other), other.accept(one.node_id().unwrap()));
    connected.expect("a session");
    assert_eq!(address.expect("an address"), one.local_addr().unwrap());
    let stream = stream(&one, &other, 7, Reliability::Reliable, 0);
    let sent: Vec<Bytes> =
        (0..500_u32).map(|number| Bytes::from(vec![number as u8; number as usize])).collect();
    for batch in sent.chunks(50) {
        one.send_blocking(Arc::clone(&stream), batch.to_vec()).await.expect("taken");
    }
    for (number, event) in receive(&events, sent.len()).await.into_iter().enumerate() {
        assert_eq!((event.sender, event.stream_id, event.reliable), (one.node_id().unwrap(), 7, true));
        assert_eq!((event.sequence, event.id), (number as u64, number.to_string()));
        assert_eq!(event.payload, sent[number]);
    }
    let peers = one.peers().unwrap();
    assert_eq!(peers.len(), 1);
    assert_eq!(peers[0].node_id, other.node_id().unwrap());
    assert_eq!(peers[0].entity_id, other.entity_id().unwrap());
    assert_eq!(peers[0].address, other.local_addr().unwrap());
    let stats = one.stream_stats(other.node_id().unwrap(), 7).unwrap().expect("counters");
    assert_eq!((stats.tx_seq, stats.active), (500, true));
    let stats = other.stream_stats(one.node_id().unwrap(), 7).unwrap().expect("counters");
    assert_eq!((stats.rx_seq, stats.active), (500, false));
    assert!(one.stream_stats(other.node_id().unwrap(), 8).unwrap().is_none());
    assert!(one.prometheus_text().unwrap().contains("net_mesh_sessions 1\n"));
}

#[tokio::test]
async fn a_message_of_ten_megabytes_passes_a_small_window() {
    let (one, other) = (node(1).await, node(2).await);
    connect(&one, &other).await;
    let events = reader(&other);
    let stream = stream(&one, &other, 1, Reliability::Reliable, 4_096);
    let message: Bytes = (0..10_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    one.send_on_stream(Arc::clone(&stream), vec![message.clone()]).await.expect("taken");
    assert_eq!(
        stream_error(one.send_on_stream(stream.clone(), vec![Bytes::from_static(b"more")]).await),
        StreamError::WindowFull
    );
    assert!(receive(&events, 1).await[0].payload == message);
    one.send_blocking(stream, vec![Bytes::from_static(b"more")]).await.expect("taken");
    assert_eq!(receive(&events, 1).await[0].payload, "more");
}

#[tokio::test]
async fn what_is_too_long_is_refused_before_anything_is_sent() {
    let (one, other) = (node(1).await, node(2).await);
    connect(&one, &other).await;
    let events = reader(&other);
    for (id, reliability, limit) in
        [(1, Reliability::Reliable, 16 << 20), (2, Reliability::FireAndForget, 256 << 10)]
    {
        let stream = stream(&one, &other, id, reliability, 0);
        let messages = vec![Bytes::from_static(b"first"), Bytes::from(vec![0; limit + 1])];
        let refused = stream_error(one.send_on_stream(Arc::clone(&stream), messages).await);
        assert_eq!(refused, StreamError::MessageTooLarge { length: limit as u64 + 1, limit: limit as u64 });
        one.send_on_stream(stream, vec![Bytes::from_static(b"fits")]).await.expect("taken");
        let event = receive(&events, 1).await.remove(0);
        assert_eq!((event.stream_id, event.sequence, &event.payload[..]), (id, 0, &b"fits"[..]));
    }
}

#[tokio::test]
async fn a_reader_that_does_not_read_holds_the_sender_back() {
    let one = node(1).await;
    let other = MeshNode::create(MeshNodeConfig { queue: 1_024, ..config(2) }).await.expect("a node");
    connect(&one, &other).await;
    let stream = stream(&one, &other, 1, Reliability::Reliable, 16_384);
    let message = || vec![Bytes::from(vec![7; 1_000])];
    let mut taken = 0_usize;
    while one.send_with_retry(Arc::clone(&stream), message(), 2).await.is_ok() {
        taken += 1;
        assert!(taken < 1_000, "nothing holds the sender back");
    }
    let refused = one.send_with_retry(Arc::clone(&stream), message(), 2).await;
    assert_eq!(stream_error(refused), StreamError::WindowFull);
    let events = reader(&other);
    let waiting = one.send_blocking(Arc::clone(&stream), message());
    let (sent, received) = tokio::join!(waiting, receive(&events, taken + 1));
    sent.expect("taken in the end");
    assert_eq!(received.len(), taken + 1);
    let stats = one.stream_stats(other.node_id().unwrap(), 1).unwrap().expect("counters");
    assert!(stats.backpressure_events >= 4, "{stats:?}");
}

#[tokio::test]
async fn messages_go_to_the_narrowest_reader() {
    let (one, other) = (node(1).await, node(2).await);
    connect(&one, &other).await;
    let sender = one.node_id().unwrap();
    let send = async |id: u64, text: &'static str| {
        let stream = stream(&one, &other, id, Reliability::Reliable, 0);
        one.send_on_stream(stream, vec![Bytes::from_static(text.as_bytes())]).await.expect("taken");
    };
    send(1, "to whoever asks").await;
    eventually("it is received", || other.stats().unwrap().queued == 1).await;
    let all = reader(&other);
    let narrow = other.receive(ReceiveOptions { peer: Some(sender), stream_id: Some(2) }).expect("a reader");
    send(2, "to the narrow").await;
    send(3, "to all").await;
    assert_eq!(receive(&narrow, 1).await[0].payload, "to the narrow");
    let texts: Vec<_> = receive(&all, 2).await.into_iter().map(|event| event.payload).collect();
    assert_eq!(texts, ["to whoever asks", "to all"]);
    send(2, "unread").await;
    eventually("it is received", || other.stats().unwrap().queued == 1).await;
    narrow.stop().unwrap();
    assert_eq!(narrow.next(8).await.unwrap(), []);
    assert_eq!(receive(&all, 1).await[0].payload, "unread");
    drop(all);
    send(3, "to a poll").await;
    eventually("it is received", || other.stats().unwrap().queued == 1).await;
    assert_eq!(other.poll(10).await.unwrap()[0].payload, "to a poll");
    assert_eq!(other.poll(10).await.unwrap(), []);
}

#[tokio::test]
async fn each_failure_has_its_name() {
    let quick =
        |config: MeshNodeConfig| MeshNodeConfig { connect_timeout: Duration::from_millis(600), ..config };
    let other = node(2).await;
    let one = MeshNode::create(quick(config(1))).await.expect("a node");
    let (address, key, id) =
        (other.local_addr().unwrap(), other.public_key().unwrap(), other.node_id().unwrap());
    let wrong_key = one.public_key().unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a socket").local_addr().unwrap().to_string();
    assert_eq!(mesh_error(one.connect(silent, key, id).await), MeshError::NoAnswer);
    assert_eq!(mesh_error(one.connect(address.clone(), wrong_key, id).await), MeshError::WrongKey);
    let expected = NodeId(id.0 ^ 1);
    let wrong = mesh_error(one.connect(address.clone(), key, expected).await);
    assert_eq!(wrong, MeshError::WrongIdentity { expected: expected.0, found: id.0 });
    let stranger = MeshNodeConfig { psk: OTHER_PSK.to_owned(), ..quick(config(3)) };
    let stranger = MeshNode::create(stranger).await.expect("a node");
    assert_eq!(mesh_error(stranger.connect(address.clone(), key, id).await), MeshError::WrongPsk);
    assert_eq!(mesh_error(stranger.connect(address.clone(), wrong_key, id).await), MeshError::NoAnswer);
    let taken = MeshNode::create(MeshNodeConfig { bind_addr: address.clone(), ..config(4) }).await;
    assert_eq!(mesh_error(taken), MeshError::AddressInUse { address: address.clone() });
    let elsewhere =
        MeshNode::create(MeshNodeConfig { bind_addr: "192.0.2.1:9000".to_owned(), ..config(4) }).await;
    assert!(matches!(mesh_error(elsewhere), MeshError::CannotBind { .. }));
    let unknown = one.open_stream(NodeId(5), StreamConfig::new(1));
    assert_eq!(stream_error(unknown), StreamError::NotConnected);
    connect(&one, &other).await;
}

#[tokio::test]
async fn wrong_settings_name_the_argument_and_tell_no_key() {
    let short = "8f1c2e5ad0934b77";
    for (config, argument) in [
        (MeshNodeConfig { psk: short.to_owned(), ..config(1) }, "psk"),
        (MeshNodeConfig { psk: PSK.replace('8', "x"), ..config(1) }, "psk"),
        (MeshNodeConfig { accepted_psks: vec![PSK.to_owned(); 4], ..config(1) }, "accepted_psks"),
        (MeshNodeConfig { bind_addr: "nowhere".to_owned(), ..config(1) }, "bind_addr"),
        (MeshNodeConfig { max_datagram: 100, ..config(1) }, "max_datagram"),
    ] {
        let error = MeshNode::create(config).await.expect_err("an error").to_string();
        assert!(error.starts_with(&format!("argument: {argument}: ")), "{error}");
        assert!(!error.contains("8f1c"), "{error}");
    }
    let seed = MeshNodeConfig { identity_seed: Some(Bytes::from(vec![1; 31])), ..config(1) };
    let error = MeshNode::create(seed).await.expect_err("an error").to_string();
    assert_eq!(error, "identity: seed must be 32 bytes, got 31");
}

#[tokio::test]
async fn a_peer_that_shuts_down_is_gone_at_once_and_what_it_sent_has_arrived() {
    let (one, other) = (node(1).await, node(2).await);
    connect(&one, &other).await;
    let events = reader(&other);
    let sending = stream(&one, &other, 1, Reliability::Reliable, 0);
    let answering = stream(&other, &one, 2, Reliability::Reliable, 0);
    one.send_on_stream(Arc::clone(&sending), vec![Bytes::from(vec![3; 3_000_000])]).await.expect("taken");
    let (done, received) = tokio::join!(one.shutdown(MeshShutdownOptions::default()), receive(&events, 1));
    done.expect("an end");
    assert_eq!(received[0].payload.len(), 3_000_000);
    eventually("the peer is gone", || other.peer_count().unwrap() == 0).await;
    let late = other.send_on_stream(answering, vec![Bytes::new()]).await;
    assert_eq!(stream_error(late), StreamError::NotConnected);
    one.shutdown(MeshShutdownOptions::default()).await.expect("again");
    assert_eq!(mesh_error(one.start().await), MeshError::ShutDown);
    assert_eq!(mesh_error(one.poll(1).await), MeshError::ShutDown);
    assert_eq!(
        stream_error(one.send_on_stream(sending, vec![]).await.map_err(|error| match error {
            Error::Mesh(MeshError::ShutDown) => StreamError::Closed.into(),
            other => other,
        })),
        StreamError::Closed
    );
    UdpSocket::bind(one.local_addr().unwrap()).expect("the port is free");
}

#[tokio::test]
async fn shutting_down_ends_what_waits() {
    let one = node(1).await;
    let events = reader(&one);
    let waiting = one.accept(NodeId(9));
    let ending = async {
        one.shutdown(MeshShutdownOptions::default()).await.expect("an end");
    };
    let (accepted, read, ()) = tokio::join!(waiting, events.next(8), ending);
    assert_eq!(mesh_error(accepted), MeshError::ShutDown);
    assert_eq!(read.unwrap(), []);
}

#[tokio::test]
async fn a_peer_that_is_killed_is_noticed_in_time() {
    let short = |seed| MeshNodeConfig {
        session_timeout: Duration::from_millis(500),
        heartbeat_interval: Duration::from_millis(100),
        ..config(seed)
    };
    let (one, other) = (MeshNode::create(short(1)).await.unwrap(), MeshNode::create(short(2)).await.unwrap());
    let wire = Wire::to(other.local_addr().unwrap().parse().unwrap());
    one.connect(wire.address.to_string(), other.public_key().unwrap(), other.node_id().unwrap())
        .await
        .expect("a session");
    let stream = stream(&one, &other, 1, Reliability::Reliable, 0);
    one.send_on_stream(Arc::clone(&stream), vec![Bytes::from_static(b"x")]).await.expect("taken");
    wire.cut();
    eventually("both notice", || one.peer_count().unwrap() + other.peer_count().unwrap() == 0).await;
    assert_eq!(stream_error(one.send_on_stream(stream, vec![Bytes::new()]).await), StreamError::NotConnected);
}

#[tokio::test]
async fn a_node_that_comes_back_with_its_seed_is_connected_again_by_itself() {
    let one = node(1).await;
    let first = node(2).await;
    let (address, id) = (first.local_addr().unwrap(), first.node_id().unwrap());
    connect(&one, &first).await;
    first.shutdown(MeshShutdownOptions::default()).await.unwrap();
    eventually("the peer is gone", || one.peer_count().unwrap() == 0).await;
    let second =
        MeshNode::create(MeshNodeConfig { bind_addr: address, ..config(2) }).await.expect("the same address");
    assert_eq!(second.node_id().unwrap(), id);
    tokio::time::timeout(Duration::from_secs(30), one.accept(id)).await.expect("in time").expect("a session");
    let events = reader(&second);
    one.send_on_stream(
        stream(&one, &second, 1, Reliability::Reliable, 0),
        vec![Bytes::from_static(b"hello again")],
    )
    .await
    .expect("taken");
    assert_eq!(receive(&events, 1).await[0].payload, "hello again");
}

#[tokio::test]
async fn both_may_dial_at_once() {
    for seed in 10..20 {
        let (one, other) = (node(seed).await, node(seed + 100).await);
        let (there, back) = tokio::join!(dial(&one, &other), dial(&other, &one));
        there.and(back).expect("a session");
        let events = reader(&one);
        let stream = stream(&other, &one, 1, Reliability::Reliable, 0);
        other.send_on_stream(stream, vec![Bytes::from_static(b"x")]).await.expect("taken");
        receive(&events, 1).await;
        assert_eq!((one.peer_count().unwrap(), other.peer_count().unwrap()), (1, 1));
    }
}

#[tokio::test]
async fn garbage_leaves_a_session_working() {
    let (one, other) = (node(1).await, node(2).await);
    connect(&one, &other).await;
    let events = reader(&other);
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let to: SocketAddr = other.local_addr().unwrap().parse().unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..5_000_usize {
        let bytes: Vec<u8> = (0..round % 400)
            .map(|at| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Every kind of packet occurs.
                if at == 0 { (round % 20) as u8 } else { (state >> 56) as u8 }
            })
            .collect();
        // A full buffer of the receiver is as good as any other end of a datagram.
        let _ = stranger.send_to(&bytes, to);
        if round % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let stream = stream(&one, &other, 1, Reliability::Reliable, 0);
    one.send_on_stream(stream, vec![Bytes::from_static(b"still here")]).await.expect("taken");
    assert_eq!(receive(&events, 1).await[0].payload, "still here");
    let stats = other.stats().unwrap();
    assert!(stats.drops.values().sum::<u64>() > 100, "{stats:?}");
    assert_eq!((stats.sessions, stats.half_open), (1, 0));
}

#[tokio::test]
async fn a_dropped_node_ends_and_frees_its_port() {
    let (one, other) = (node(1).await, node(2).await);
    connect(&one, &other).await;
    let address = one.local_addr().unwrap();
    drop(one);
    eventually("the peer is gone", || other.peer_count().unwrap() == 0).await;
    eventually("the port is free", || UdpSocket::bind(&address).is_ok()).await;
}

#[tokio::test]
async fn fire_and_forget_messages_come_whole_or_are_counted() {
    let (one, other) = (node(1).await, node(2).await);
    connect(&one, &other).await;
    let events = reader(&other);
    let stream = stream(&one, &other, 5, Reliability::FireAndForget, 1 << 20);
    for size in [0, 1, 1_000, 1_452, 5_000, 256 << 10] {
        one.send_blocking(Arc::clone(&stream), vec![Bytes::from(vec![size as u8; size])])
            .await
            .expect("taken");
    }
    let mut received = 0_u64;
    let settled = |received: u64| {
        let stats = one.stream_stats(other.node_id().unwrap(), 5).unwrap().expect("counters");
        received + stats.lost + stats.dropped == 6
    };
    while !settled(received) {
        for event in
            tokio::time::timeout(Duration::from_secs(30), events.next(64)).await.expect("in time").unwrap()
        {
            assert!(!event.reliable);
            let first = event.payload.first().copied().unwrap_or_default();
            assert!(event.payload.iter().all(|byte| *byte == first));
            received += 1;
        }
    }
}

#[tokio::test]
async fn a_node_that_was_made_without_waiting_answers_once_it_is_read() {
    let (one, other) = (node(1).await, MeshNode::new(config(2)).expect("a node"));
    let events = reader(&other);
    let send = async {
        dial(&one, &other).await.expect("a session");
        let stream = stream(&one, &other, 1, Reliability::Reliable, 0);
        one.send_on_stream(stream, vec![Bytes::from_static(b"hello")]).await.expect("taken");
    };
    let (received, ()) = tokio::join!(receive(&events, 1), send);
    assert_eq!(received[0].payload, "hello");
}

/// A key as it is published, in hex.
#[test]
fn keys_are_those_of_the_seed() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let key: PublicKey = runtime.block_on(async { node(0x42).await.public_key().unwrap() });
    let again: PublicKey = runtime.block_on(async { node(0x42).await.public_key().unwrap() });
    assert_eq!(key, again);
}
