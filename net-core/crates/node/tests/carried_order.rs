//! What a bus promises of its events, between two nodes over the mesh: order, names of failures, and back-pressure.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use net_node::{bus::NetNode, keypair};
use net_types::{
    Error,
    api::{EventStream as _, NetNode as _},
    bus::{
        Backpressure, BusError, MeshDelivery, NetKeypair, NetNodeConfig, NetOptions, Ordering, PollRequest,
        ShutdownOptions, SubscribeOptions,
    },
    mesh::{MeshError, PublicKey},
};

const PSK: &str = "8f1c2e5ad0934b7766f2b1a8c3d4e5f60718293a4b5c6d7e8fa0b1c2d3e4f506";
const OTHER_PSK: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// One of two nodes that know each other.
struct Side {
    address: SocketAddr,
    keys: NetKeypair,
}

/// Two sides, on ports that are free.
fn sides() -> (Side, Side) {
    let sockets = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").expect("a socket"));
    let [one, other] = sockets.map(|socket| Side {
        address: socket.local_addr().expect("an address"),
        keys: keypair::generate().expect("keys"),
    });
    (one, other)
}

fn options(own: &Side, peer: &Side) -> NetOptions {
    NetOptions {
        peer_public_key: Some(public(&peer.keys)),
        secret_key: Some(own.keys.secret_key.clone()),
        session_timeout: Duration::from_millis(500),
        heartbeat_interval: Duration::from_millis(100),
        ..NetOptions::new(own.address.to_string(), peer.address.to_string(), PSK.to_owned())
    }
}

fn public(keys: &NetKeypair) -> PublicKey {
    let byte = |at: usize| u8::from_str_radix(&keys.public_key[2 * at..2 * at + 2], 16).expect("hex");
    PublicKey(std::array::from_fn(byte))
}

fn config(options: NetOptions) -> NetNodeConfig {
    NetNodeConfig { shards: Some(4), net: Some(options), ..NetNodeConfig::default() }
}

async fn create(config: NetNodeConfig) -> Arc<NetNode> {
    NetNode::create(config).await.expect("a node")
}

/// Both nodes, each set up to dial the other.
async fn pair() -> (Arc<NetNode>, Arc<NetNode>) {
    let (a, b) = sides();
    let (to_b, to_a) = (options(&a, &b), options(&b, &a));
    tokio::join!(create(config(to_b)), create(config(to_a)))
}

async fn emit(node: &NetNode, numbers: std::ops::Range<u32>) {
    for number in numbers {
        node.emit_raw(&number.to_string(), None).expect("room");
    }
    node.flush().await.expect("arrival");
}

/// Reads events until there are so many.
async fn read(stream: &net_node::bus::EventStream, count: usize) -> Vec<u32> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let events = tokio::time::timeout(Duration::from_secs(30), stream.next(1000)).await;
        let events = events.expect("events in time").expect("no error");
        assert!(!events.is_empty(), "the end after {numbers:?}");
        numbers.extend(events.iter().map(|event| event.raw.parse::<u32>().expect("a number")));
    }
    numbers
}

async fn shut(node: &NetNode) -> Result<(), Error> {
    node.shutdown(ShutdownOptions { timeout: Duration::from_secs(5) }).await
}

#[tokio::test]
async fn events_go_both_ways_in_the_order_of_emission() {
    let (a, b) = pair().await;
    let at_b = b.subscribe(SubscribeOptions::default()).expect("a stream");
    emit(&a, 0..20_000).await;
    emit(&b, 0..10).await;
    assert_eq!(read(&at_b, 20_000).await, (0..20_000).collect::<Vec<_>>());
    let page = a
        .poll(PollRequest { ordering: Ordering::InsertionTs, ..PollRequest::default() })
        .await
        .expect("a page");
    let found: Vec<_> = page.events.iter().map(|event| event.raw.clone()).collect();
    assert_eq!(found, (0..10).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(a.poll_one().await.expect("an answer").expect("an event").raw, "0");
    let stats = a.stats().expect("counters");
    assert_eq!((stats.events_ingested, stats.events_dropped), (20_000, 0));
    shut(&a).await.expect("everything arrived");
    shut(&b).await.expect("everything arrived");
    assert!(matches!(at_b.next(1).await, Err(Error::Bus(BusError::Closed))));
}

#[tokio::test]
async fn refusals_have_their_names() {
    let (a, b) = sides();
    let _there = create(config(options(&b, &a))).await;
    let refused = |options| async move {
        match NetNode::create(config(options)).await.expect_err("a refusal") {
            Error::Mesh(error) => error,
            other => panic!("{other}"),
        }
    };
    let other_psk = NetOptions { psk: OTHER_PSK.to_owned(), ..options(&a, &b) };
    assert_eq!(refused(other_psk).await, MeshError::WrongPsk);
    let other_key = public(&keypair::generate().expect("keys"));
    let other_key = NetOptions { peer_public_key: Some(other_key), ..options(&a, &b) };
    assert_eq!(refused(other_key).await, MeshError::WrongKey);
    let same_port = NetOptions { bind_addr: b.address.to_string(), ..options(&a, &b) };
    assert!(matches!(refused(same_port).await, MeshError::AddressInUse { .. }));
}

#[tokio::test]
async fn what_cannot_leave_counts_and_pushes_back() {
    let (a, b) = sides();
    let with = |backpressure| NetNodeConfig {
        shards: Some(1),
        buffer_capacity: 4,
        backpressure,
        ..config(options(&a, &b))
    };
    let node = create(with(Backpressure::FailProducer)).await;
    for _ in 0..4 {
        node.emit_raw("1", None).expect("room");
    }
    assert!(matches!(node.emit_raw("1", None), Err(Error::Bus(BusError::Backpressure))));
    assert!(matches!(node.flush().await, Err(Error::Mesh(MeshError::NoAnswer))));
    let ended = node.shutdown(ShutdownOptions { timeout: Duration::from_millis(1) }).await;
    assert!(matches!(ended, Err(Error::Bus(BusError::Undelivered { events: 4, .. }))), "{ended:?}");
    for mode in [Backpressure::DropNewest, Backpressure::DropOldest] {
        let node = create(with(mode)).await;
        (0..7).for_each(|_| drop(node.emit_raw("1", None)));
        let stats = node.stats().expect("counters");
        assert_eq!((stats.events_dropped, stats.held), (3, 4), "{mode:?}");
        drop(node.shutdown(ShutdownOptions { timeout: Duration::from_millis(1) }).await);
    }
}

#[tokio::test]
async fn a_peer_without_room_holds_its_producer_back() {
    let (a, b) = sides();
    let narrow = |options| NetNodeConfig {
        shards: Some(1),
        buffer_capacity: 8,
        backpressure: Backpressure::FailProducer,
        ..config(options)
    };
    let (from, to) = tokio::join!(create(narrow(options(&a, &b))), create(narrow(options(&b, &a))));
    let mut emitted = 0;
    // What the peer keeps, and what waits here.
    while emitted < 16 {
        match from.emit_raw(&emitted.to_string(), None) {
            Ok(_) => emitted += 1,
            Err(Error::Bus(BusError::Backpressure)) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(matches!(from.emit_raw("16", None), Err(Error::Bus(BusError::Backpressure))));
    let stream = to.subscribe(SubscribeOptions::default()).expect("a stream");
    assert_eq!(read(&stream, 16).await, (0..16).collect::<Vec<_>>());
    from.flush().await.expect("arrival");
    assert_eq!(to.stats().expect("counters").events_dropped, 0);
}

#[tokio::test]
async fn events_of_every_length_arrive_by_every_delivery() {
    for reliability in [MeshDelivery::None, MeshDelivery::Light, MeshDelivery::Full] {
        let (a, b) = sides();
        let with = |options| config(NetOptions { reliability, ..options });
        let (from, to) = tokio::join!(create(with(options(&a, &b))), create(with(options(&b, &a))));
        let stream = to.subscribe(SubscribeOptions::default()).expect("a stream");
        for length in [0, 1, 1_400, 65_536, 200_000] {
            let event = format!("\"{}\"", "x".repeat(length));
            from.emit_raw(&event, None).expect("room");
            let got = tokio::time::timeout(Duration::from_secs(30), stream.next(1)).await;
            assert_eq!(got.expect("in time").expect("no error")[0].raw, event, "{length} {reliability:?}");
        }
        let limit = if reliability == MeshDelivery::None { 256 << 10 } else { 1 << 20 };
        let long = format!("\"{}\"", "x".repeat(limit));
        assert!(matches!(from.emit_raw(&long, None), Err(Error::Bus(BusError::EventTooLarge { .. }))));
    }
}

#[tokio::test]
async fn a_node_that_is_dropped_delivers_what_it_had() {
    let (a, b) = pair().await;
    for number in 0..1000_u32 {
        a.emit_raw(&number.to_string(), None).expect("room");
    }
    drop(a);
    let stream = b.subscribe(SubscribeOptions::default()).expect("a stream");
    assert_eq!(read(&stream, 1000).await, (0..1000).collect::<Vec<_>>());
}
