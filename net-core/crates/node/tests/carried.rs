//! Buses of two nodes that exchange their events over the mesh.

use std::{
    net::UdpSocket,
    sync::Arc,
    time::{Duration, Instant},
};

use net_node::bus::NetNode;
use net_types::{
    BaseError, Error,
    api::{EventStream as _, NetNode as _},
    bus::{
        Backpressure, BusError, MeshDelivery, MeshRole, MeshTransportOptions, NetNodeConfig, PollRequest,
        ShutdownOptions, StoredEvent, SubscribeOptions, Transport,
    },
    mesh::{MeshError, PublicKey},
};

const PSK: &str = "8f1c2e5ad0934b7766f2b1a8c3d4e5f60718293a4b5c6d7e8fa0b1c2d3e4f506";

/// One of two ends: its address and its key.
#[derive(Clone)]
struct End {
    address: String,
    secret: String,
    public: PublicKey,
}

impl End {
    fn new() -> Self {
        let free = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let pair = net_node::keypair::generate().expect("a key pair");
        let byte = |at: usize| u8::from_str_radix(&pair.public_key[2 * at..2 * at + 2], 16).expect("hex");
        Self {
            address: free.expect("a free port").to_string(),
            public: PublicKey(std::array::from_fn(byte)),
            secret: pair.secret_key,
        }
    }

    /// What it takes to exchange events with another end.
    fn with(&self, other: &Self) -> MeshTransportOptions {
        MeshTransportOptions {
            secret_key: Some(self.secret.clone()),
            peer_public_key: Some(other.public),
            heartbeat_interval: Duration::from_millis(100),
            session_timeout: Duration::from_millis(600),
            ..MeshTransportOptions::new(self.address.clone(), other.address.clone(), PSK.to_owned())
        }
    }
}

fn config(options: MeshTransportOptions) -> NetNodeConfig {
    NetNodeConfig { shards: Some(2), transport: transport(options), ..NetNodeConfig::default() }
}

fn transport(options: MeshTransportOptions) -> Transport {
    let MeshTransportOptions {
        bind,
        peer,
        psk,
        role,
        peer_public_key,
        secret_key,
        public_key,
        identity_seed,
        reliability,
        heartbeat_interval,
        session_timeout,
        batched_io,
        packet_pool_size,
    } = options;
    Transport::Mesh {
        bind,
        peer,
        psk,
        role,
        peer_public_key,
        secret_key,
        public_key,
        identity_seed,
        reliability,
        heartbeat_interval,
        session_timeout,
        batched_io,
        packet_pool_size,
    }
}

async fn node(options: MeshTransportOptions) -> Arc<NetNode> {
    NetNode::create(config(options)).await.expect("a node")
}

fn emit(node: &NetNode, numbers: std::ops::Range<u32>) {
    for number in numbers {
        node.emit_raw(&format!("{{\"n\":{number}}}"), Some("one shard")).expect("taken");
    }
}

/// Reads so many events, and requires that they are those numbers.
async fn expect(node: &NetNode, numbers: std::ops::Range<u32>) {
    let events = node.subscribe(SubscribeOptions::default()).expect("a subscription");
    let mut read: Vec<StoredEvent> = Vec::new();
    while read.len() < numbers.len() {
        let next = tokio::time::timeout(Duration::from_secs(20), events.next(100)).await;
        read.extend(next.expect("events in time").expect("no error"));
    }
    let wanted: Vec<_> = numbers.map(|number| format!("{{\"n\":{number}}}")).collect();
    assert_eq!(read.into_iter().map(|event| event.raw).collect::<Vec<_>>(), wanted);
}

async fn shut(node: &NetNode) {
    node.shutdown(ShutdownOptions::default()).await.expect("all delivered");
}

#[tokio::test]
async fn events_go_both_ways_between_nodes_that_dial_each_other() {
    let (one, other) = (End::new(), End::new());
    let (one, other) = (node(one.with(&other)).await, node(other.with(&one)).await);
    emit(&one, 0..3_000);
    emit(&other, 5_000..5_500);
    one.flush().await.expect("acknowledged");
    other.flush().await.expect("acknowledged");
    expect(&other, 0..3_000).await;
    expect(&one, 5_000..5_500).await;
    assert_eq!(one.stats().expect("counters").events_ingested, 3_000);
    assert_eq!(one.stats().expect("counters").events_dropped, 0);
    let page = one.poll(PollRequest { limit: 10_000, ..PollRequest::default() }).await.expect("a page");
    assert_eq!(page.events.len(), 500);
    tokio::join!(shut(&one), shut(&other));
}

#[tokio::test]
async fn who_is_dialled_needs_no_key_of_the_peer() {
    let (one, other) = (End::new(), End::new());
    let waiting = MeshTransportOptions { peer_public_key: None, ..other.with(&one) };
    let (dialling, waiting) = (node(one.with(&other)).await, node(waiting).await);
    emit(&waiting, 0..10);
    emit(&dialling, 10..20);
    expect(&dialling, 0..10).await;
    expect(&waiting, 10..20).await;
}

#[tokio::test]
async fn a_peer_that_starts_later_gets_everything() {
    let (one, other) = (End::new(), End::new());
    let early = node(one.with(&other)).await;
    emit(&early, 0..100);
    assert_eq!(early.stats().expect("counters").held, 100);
    let late = node(other.with(&one)).await;
    expect(&late, 0..100).await;
    early.flush().await.expect("acknowledged");
    assert_eq!(early.stats().expect("counters").held, 0);
}

#[tokio::test]
async fn a_peer_that_comes_back_gets_the_rest() {
    let (one, other) = (End::new(), End::new());
    let sender = node(one.with(&other)).await;
    let first = node(other.with(&one)).await;
    emit(&sender, 0..50);
    expect(&first, 0..50).await;
    sender.flush().await.expect("acknowledged");
    shut(&first).await;
    emit(&sender, 50..80);
    let second = node(other.with(&one)).await;
    expect(&second, 50..80).await;
    shut(&sender).await;
}

#[tokio::test]
async fn a_full_reader_pushes_back_and_nothing_is_lost() {
    let (one, other) = (End::new(), End::new());
    let small = |options| NetNodeConfig {
        backpressure: Backpressure::FailProducer,
        buffer_capacity: 64,
        shards: Some(1),
        ..config(options)
    };
    let sender = NetNode::create(small(one.with(&other))).await.expect("a node");
    let reader = NetNode::create(small(other.with(&one))).await.expect("a node");
    let events = reader.subscribe(SubscribeOptions::default()).expect("a subscription");
    let mut sent = 0_u32;
    let mut refused = 0;
    let patience = Instant::now() + Duration::from_secs(20);
    // Both buffers hold that much, however long it takes the ends to meet.
    while refused < 20 || sent < 128 {
        assert!(Instant::now() < patience, "both buffers hold {sent}");
        match sender.emit_raw(&sent.to_string(), None) {
            Ok(_) => sent += 1,
            Err(Error::Bus(BusError::Backpressure)) => {
                refused += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    let mut read = Vec::new();
    while read.len() < sent as usize {
        let next = tokio::time::timeout(Duration::from_secs(20), events.next(10)).await;
        read.extend(next.expect("events in time").expect("no error").into_iter().map(|event| event.raw));
    }
    assert_eq!(read, (0..sent).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_cannot_leave_is_told_at_the_end() {
    let (one, other) = (End::new(), End::new());
    let alone = node(one.with(&other)).await;
    emit(&alone, 0..7);
    let ended = alone.shutdown(ShutdownOptions { timeout: Duration::from_millis(100) }).await;
    assert!(matches!(ended, Err(Error::Bus(BusError::Undelivered { events: 7, .. }))), "{ended:?}");
}

#[tokio::test]
async fn events_may_leave_without_a_receipt() {
    let (one, other) = (End::new(), End::new());
    let careless =
        |from: &End, to: &End| MeshTransportOptions { reliability: MeshDelivery::None, ..from.with(to) };
    let (sender, reader) = (node(careless(&one, &other)).await, node(careless(&other, &one)).await);
    emit(&sender, 0..20);
    expect(&reader, 0..20).await;
    sender.flush().await.expect("sent");
}

#[tokio::test]
async fn wrong_settings_have_names() {
    let (one, other) = (End::new(), End::new());
    let option = |result: Result<Arc<NetNode>, Error>| match result {
        Err(Error::Bus(BusError::InvalidConfig { option, .. })) => option,
        other => panic!("{other:?}"),
    };
    let no_key =
        MeshTransportOptions { role: Some(MeshRole::Initiator), peer_public_key: None, ..one.with(&other) };
    assert_eq!(option(NetNode::create(config(no_key)).await), "role");
    let foreign = MeshTransportOptions { public_key: Some(other.public), ..one.with(&other) };
    assert_eq!(option(NetNode::create(config(foreign)).await), "public_key");
    let short = MeshTransportOptions { secret_key: Some("7f".to_owned()), ..one.with(&other) };
    assert_eq!(option(NetNode::create(config(short)).await), "secret_key");
    let held = node(one.with(&other)).await;
    let taken = NetNode::create(config(one.with(&other))).await;
    assert!(matches!(taken, Err(Error::Mesh(MeshError::AddressInUse { .. }))), "{taken:?}");
    drop(held);
    let psk = MeshTransportOptions { psk: "secret".to_owned(), ..one.with(&other) };
    let refused = NetNode::create(config(psk)).await.map(drop);
    assert!(matches!(refused, Err(Error::Base(BaseError::Argument { .. }))), "{refused:?}");
}
