//! The bus with servers whose connections end, and that are not ready yet.

use std::{
    collections::HashSet,
    io::{self, BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use net_conformance::{Proxy, Server, Way};
use net_mesh::prelude::*;
use net_mesh::{JetStreamOptions, Ordering, RedisOptions};

/// Events between two cuts: several transactions of Redis, less than one batch of JetStream.
const ROUND: u32 = 250;
/// How many places of a round are cut, each way.
const CUTS: u32 = 20;

fn redis(port: u16) -> NetNodeConfig {
    let redis = RedisOptions {
        url: format!("redis://127.0.0.1:{port}"),
        prefix: "net".into(),
        pipeline_size: 100,
        pool_size: None,
        connect_timeout: Duration::from_secs(5),
        command_timeout: Duration::from_secs(5),
        max_stream_len: None,
    };
    NetNodeConfig { shards: Some(2), redis: Some(redis), ..Default::default() }
}

fn jetstream(authority: &str) -> NetNodeConfig {
    let jetstream = JetStreamOptions {
        url: format!("nats://{authority}"),
        prefix: "net".into(),
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(5),
        max_messages: None,
        max: None,
        max_age: None,
        replicas: 1,
    };
    NetNodeConfig { shards: Some(2), jetstream: Some(jetstream), ..Default::default() }
}

fn numbers(range: Range<u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

/// Emits round after round, each over a connection that ends in the middle of it, and tells how many rounds there were.
async fn emit_over_cuts(node: &NetNode, proxy: &Proxy, round_bytes: impl Fn(Way) -> usize) -> u32 {
    let mut round = 0;
    for way in [Way::ToServer, Way::ToClient] {
        for place in 0..CUTS {
            proxy.cut(way, round_bytes(way) * place as usize / CUTS as usize);
            node.emit_raw_batch(&numbers(round * ROUND..(round + 1) * ROUND), "key").expect("room");
            while node.flush().await.is_err() {}
            assert!(!proxy.is_to_cut(), "{way:?} {place}");
            round += 1;
        }
    }
    round
}

async fn raws(config: NetNodeConfig) -> Vec<String> {
    let node = NetNode::create(config).await.expect("a node");
    let mut request = PollRequest { limit: 10_000, ordering: Ordering::InsertionTs, ..Default::default() };
    let mut raws = Vec::new();
    loop {
        let page = node.poll(request.clone()).await.expect("a page");
        raws.extend(page.events.into_iter().map(|event| event.raw));
        request.cursor = page.next_id;
        if !page.has_more {
            break;
        }
    }
    node.shutdown(None).await.expect("an end");
    raws
}

/// What a subscription hears over the same cuts, up to the last event, each once.
async fn heard(mut stream: EventStream, last: u32) -> Vec<String> {
    let (mut seen, mut heard) = (HashSet::new(), Vec::new());
    while heard.last() != Some(&last.to_string()) {
        // A server that is away is told of, and followed again.
        if let Ok(event) = stream.next().await.expect("an event")
            && seen.insert(event.raw.clone())
        {
            heard.push(event.raw);
        }
    }
    heard
}

#[tokio::test]
async fn redis_keeps_the_order_over_lost_connections() {
    let server = Server::redis(&[]).expect("a server");
    let proxy = Proxy::new(server.port).expect("a proxy");
    let node = NetNode::create(redis(proxy.port)).await.expect("a node");
    // An entry goes out with more than 100 bytes, and its two answers have more than 30.
    let round_bytes = |way| ROUND as usize * if way == Way::ToServer { 100 } else { 30 };
    let stream = node.subscribe(None).expect("a subscription");
    let all = emit_over_cuts(&node, &proxy, round_bytes).await * ROUND;
    let mut seen = HashSet::new();
    // Where an answer was lost, a transaction stands there twice.
    let mut once = raws(redis(server.port)).await;
    once.retain(|raw| seen.insert(raw.clone()));
    assert!(once == numbers(0..all), "{once:?}");
    assert_eq!(heard(stream, all - 1).await, numbers(0..all));
    node.shutdown(None).await.unwrap();
}

#[tokio::test]
async fn jetstream_keeps_the_order_over_lost_connections() {
    let server = Server::nats(&[]).expect("a server");
    let proxy = Proxy::new(server.port).expect("a proxy");
    let node = NetNode::create(jetstream(&format!("127.0.0.1:{}", proxy.port))).await.expect("a node");
    // A message goes out with more than 150 bytes, and its answer has more than 60.
    let round_bytes = |way| ROUND as usize * if way == Way::ToServer { 150 } else { 60 };
    let stream = node.subscribe(None).expect("a subscription");
    let all = emit_over_cuts(&node, &proxy, round_bytes).await * ROUND;
    let found = raws(jetstream(&format!("127.0.0.1:{}", server.port))).await;
    assert!(found == numbers(0..all), "{found:?}");
    assert_eq!(heard(stream, all - 1).await, numbers(0..all));
    node.shutdown(None).await.unwrap();
}

/// Answers as a Redis server that loads its file until it has aborted a transaction.
fn load(mut client: &TcpStream, is_loading: &AtomicBool) -> io::Result<()> {
    let mut lines = BufReader::new(client.try_clone()?).lines();
    let mut queued = 0;
    while let Some(head) = lines.next().transpose()? {
        // `*2` announces two texts, each behind a line with its length.
        let count: usize = head[1..].parse().map_err(io::Error::other)?;
        let words = lines.by_ref().take(2 * count).collect::<io::Result<Vec<_>>>()?;
        let answer = match words[1].as_str() {
            "PING" => "+PONG\r\n".to_owned(),
            "XADD" if is_loading.load(SeqCst) => {
                "-LOADING Redis is loading the dataset in memory\r\n".to_owned()
            }
            "XADD" => {
                queued += 1;
                "+QUEUED\r\n".to_owned()
            }
            "EXEC" if is_loading.swap(false, SeqCst) => {
                "-EXECABORT Transaction discarded because of previous errors.\r\n".to_owned()
            }
            "EXEC" => format!("*{queued}\r\n{}", "$3\r\n1-1\r\n".repeat(queued)),
            _ => "+OK\r\n".to_owned(),
        };
        client.write_all(answer.as_bytes())?;
    }
    Ok(())
}

#[tokio::test]
async fn a_redis_server_that_loads_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let loading = Arc::new(AtomicBool::new(true));
    let is_loading = Arc::clone(&loading);
    thread::spawn(move || {
        for client in listener.incoming() {
            let is_loading = Arc::clone(&is_loading);
            thread::spawn(move || load(&client.expect("a client"), &is_loading).expect("commands"));
        }
    });
    let node = NetNode::create(redis(port)).await.expect("a node");
    node.emit_raw_batch(&numbers(0..10), "key").unwrap();
    node.flush().await.expect("a server that is ready by and by");
    node.shutdown(None).await.unwrap();
    assert!(!loading.load(SeqCst), "a transaction was aborted");
}

#[tokio::test]
async fn a_password_of_jetstream_is_given_and_not_told() {
    let server = Server::nats(&["--user", "a b", "--pass", "r:ght"]).expect("a server");
    let at = |who: &str| NetNode::create(jetstream(&format!("{who}127.0.0.1:{}", server.port)));
    let error = at("a%20b:xyzzy@").await.unwrap_err();
    assert!(matches!(error, Error::Bus(BusError::TransportRefused { .. })), "{error}");
    assert!(!error.to_string().contains("xyzzy"), "{error}");
    at("a%20b:r%3Aght@").await.unwrap().shutdown(None).await.unwrap();
    let error = at("").await.unwrap_err();
    assert!(matches!(error, Error::Bus(BusError::TransportRefused { .. })), "{error}");
}
