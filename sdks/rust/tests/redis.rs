//! The bus and the dedup helper with a Redis server.

use std::{ops::Range, time::Duration};

use net_conformance::Server;
use net_mesh::prelude::*;
use net_mesh::{Backpressure, Ordering, RedisOptions, Start};
use redis::{
    Commands, Connection,
    streams::{StreamId, StreamRangeReply},
};

fn client(server: &Server) -> Connection {
    let client = redis::Client::open(("127.0.0.1", server.port)).expect("an address");
    client.get_connection().expect("a connection")
}

/// Reads a stream page by page and gives each event once.
fn consume(client: &mut Connection, stream: &str, dedup: &RedisStreamDedup) -> Vec<String> {
    let mut events = Vec::new();
    let mut start = "0".to_owned();
    loop {
        let page: StreamRangeReply = client.xrange_count(stream, &start, "+", 100).expect("a page");
        let Some(StreamId { id, .. }) = page.ids.last() else {
            return events;
        };
        start = format!("({id}");
        for entry in &page.ids {
            let id: Option<String> = entry.get("dedup_id");
            if id.is_none_or(|id| !dedup.is_duplicate(&id).expect("an answer")) {
                events.push(entry.get("d").expect("an event"));
            }
        }
    }
}

#[test]
fn dedup_filters_what_was_written_twice() {
    let server = Server::redis(&[]).expect("a server");
    let mut client = client(&server);
    let mut add = |fields: &[(&str, &str)]| {
        let _: String = client.xadd("net:shard:0", "*", fields).expect("an entry");
    };
    for attempt in 0..2 {
        for index in 0..120 {
            add(&[("d", &index.to_string()), ("dedup_id", &format!("2a:0:0:{index}"))]);
        }
        add(&[("d", &format!("other {attempt}"))]);
    }
    let dedup = RedisStreamDedup::new(600_000).expect("a memory");
    let mut wanted: Vec<_> = (0..120).map(|index| index.to_string()).collect();
    wanted.extend(["other 0".to_owned(), "other 1".to_owned()]);
    assert_eq!(consume(&mut client, "net:shard:0", &dedup), wanted);
}

fn options(port: u16) -> RedisOptions {
    RedisOptions {
        url: format!("redis://127.0.0.1:{port}"),
        prefix: "net".into(),
        pipeline_size: 100,
        pool_size: None,
        connect_timeout: Duration::from_secs(5),
        command_timeout: Duration::from_secs(5),
        max_stream_len: None,
    }
}

fn config(options: RedisOptions) -> NetNodeConfig {
    NetNodeConfig { shards: Some(2), redis: Some(options), ..Default::default() }
}

async fn node(server: &Server) -> NetNode {
    NetNode::create(config(options(server.port))).await.expect("a node")
}

/// A server that loses nothing of what it has acknowledged.
fn durable() -> Server {
    Server::redis(&["--appendonly", "yes", "--appendfsync", "always"]).expect("a server")
}

async fn raws(node: &NetNode) -> Vec<String> {
    let request = PollRequest { limit: 10_000, ordering: Ordering::InsertionTs, ..Default::default() };
    node.poll(request).await.expect("a page").events.into_iter().map(|event| event.raw).collect()
}

fn numbers(range: Range<u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn entries_have_the_published_form() {
    let server = Server::redis(&[]).expect("a server");
    let node = node(&server).await;
    let receipt = node.emit_raw(r#"{"token": "hello"}"#, "key").unwrap();
    node.flush().await.unwrap();
    let stream = format!("net:shard:{}", receipt.shard_id);
    let entries: StreamRangeReply = client(&server).xrange_all(&stream).unwrap();
    let [entry] = entries.ids.as_slice() else { panic!("{entries:?}") };
    let event = raws_with_times(&node).await.remove(0);
    let data = format!(r#"{{"r":{{"token": "hello"}},"t":{},"s":{}}}"#, event.1, receipt.shard_id);
    assert_eq!(entry.get::<String>("d"), Some(data));
    let id: String = entry.get("dedup_id").expect("an id");
    let (nonce, rest) = id.split_once(':').expect("a nonce");
    assert!(u64::from_str_radix(nonce, 16).is_ok_and(|nonce| nonce != 0), "{id}");
    assert_eq!(rest, format!("{}:0:0", receipt.shard_id));
    assert_eq!(event.0, entry.id);
    node.shutdown(None).await.unwrap();
}

async fn raws_with_times(node: &NetNode) -> Vec<(String, u64)> {
    let events = node.poll(None).await.expect("a page").events;
    events.into_iter().map(|event| (event.id, event.insertion_ts.0)).collect()
}

#[tokio::test]
async fn another_node_polls_page_by_page() {
    let server = Server::redis(&[]).expect("a server");
    let (writer, reader) = (node(&server).await, node(&server).await);
    assert_eq!(raws(&reader).await, [""; 0]);
    writer.emit_raw_batch(&numbers(0..1000), None).unwrap();
    writer.flush().await.unwrap();
    assert_eq!(writer.stats().unwrap().held, 0);
    let mut found = Vec::new();
    let mut request = PollRequest { limit: 64, ..Default::default() };
    loop {
        let page = reader.poll(request.clone()).await.unwrap();
        found.extend(page.events.into_iter().map(|event| event.raw.parse::<u32>().unwrap()));
        request.cursor = page.next_id;
        if !page.has_more {
            break;
        }
    }
    found.sort_unstable();
    assert!(found.into_iter().eq(0..1000));
    assert_eq!(raws(&reader).await, numbers(0..1000), "in the order of insertion");
    let filter = Some(r#"{"path": "", "value": 777}"#.to_owned());
    let page = reader.poll(PollRequest { filter, ..Default::default() }).await.unwrap();
    assert_eq!((page.events.len(), page.events[0].raw.as_str(), page.has_more), (1, "777", false));
    for expected in ["0", "1"] {
        assert_eq!(reader.poll_one().await.unwrap().expect("an event").raw, expected);
    }
    let cursor = Some("eyIwIjoiNDEifQ==".to_owned());
    let refused = reader.poll(PollRequest { cursor, ..Default::default() }).await.unwrap_err();
    assert_eq!(refused.to_string(), "bus: invalid_cursor: it is of another transport");
}

#[tokio::test]
async fn a_subscription_hears_of_other_nodes() {
    let server = Server::redis(&[]).expect("a server");
    let (writer, reader) = (node(&server).await, node(&server).await);
    writer.emit_raw("0", "key").unwrap();
    let mut all = reader.subscribe(None).unwrap();
    assert_eq!(all.next().await.expect("an event").unwrap().raw, "0");
    let latest = SubscribeOptions { from: Start::Latest, ..Default::default() };
    let mut own = writer.subscribe(latest).unwrap();
    for number in 1..50 {
        writer.emit_raw(&number.to_string(), "key").unwrap();
        assert_eq!(all.next().await.expect("an event").unwrap().raw, number.to_string());
    }
    for number in 1..50 {
        assert_eq!(own.next().await.expect("an event").unwrap().raw, number.to_string());
    }
    let mut typed = reader.channel::<serde_json::Value>("c").unwrap().subscribe(None).unwrap();
    writer.channel::<serde_json::Value>("c").unwrap().publish(&serde_json::json!({ "a": 1 })).unwrap();
    assert_eq!(typed.next().await.expect("an object").unwrap(), serde_json::json!({ "a": 1 }));
    reader.shutdown(None).await.unwrap();
    let end = loop {
        if let Err(end) = all.next().await.expect("an end") {
            break end;
        }
    };
    assert_eq!(end, BusError::Closed.into());
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_goes_away() {
    let mut server = durable();
    let (node, reader) = (node(&server).await, node(&server).await);
    let mut stream = reader.subscribe(None).unwrap();
    node.emit_raw_batch(&numbers(0..500), "key").unwrap();
    node.flush().await.unwrap();
    server.kill();
    node.emit_raw_batch(&numbers(500..1000), "key").unwrap();
    assert_eq!(node.stats().unwrap().held, 500);
    server.start().expect("a server");
    node.emit_raw_batch(&numbers(1000..1500), "key").unwrap();
    while node.flush().await.is_err() {}
    let dedup = RedisStreamDedup::new(10_000).unwrap();
    let mut client = client(&server);
    let streams = ["net:shard:0", "net:shard:1"].map(|stream| consume(&mut client, stream, &dedup));
    let events = streams.concat().into_iter().map(|data| {
        let entry: serde_json::Value = serde_json::from_str(&data).unwrap();
        entry["r"].to_string()
    });
    assert_eq!(events.collect::<Vec<_>>(), numbers(0..1500));
    let mut last = String::new();
    while last != "1499" {
        if let Ok(event) = stream.next().await.expect("an event") {
            last = event.raw;
        }
    }
    node.shutdown(None).await.unwrap();
}

#[tokio::test]
async fn events_that_cannot_leave_push_back() {
    let mut server = Server::redis(&[]).expect("a server");
    let settings = NetNodeConfig {
        shards: Some(1),
        buffer_capacity: 4,
        backpressure: Backpressure::FailProducer,
        ..config(RedisOptions {
            connect_timeout: Duration::from_millis(50),
            command_timeout: Duration::from_millis(50),
            ..options(server.port)
        })
    };
    let node = NetNode::create(settings).await.unwrap();
    server.kill();
    assert_eq!(node.emit_raw_batch(&numbers(0..9), None), Ok(4));
    assert_eq!(node.emit_raw("9", None), Err(BusError::Backpressure.into()));
    let late = node.flush().await.unwrap_err();
    assert!(matches!(late, Error::Bus(BusError::Transport { .. })), "{late}");
    let undelivered = node.shutdown(ShutdownOptions { timeout: Duration::ZERO }).await.unwrap_err();
    assert!(matches!(undelivered, Error::Bus(BusError::Undelivered { events: 4, .. })), "{undelivered}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_clear_error() {
    let port = {
        let server = Server::redis(&[]).expect("a server");
        server.port
    };
    let error = NetNode::create(config(options(port))).await.unwrap_err();
    let Error::Bus(BusError::Transport { server, .. }) = &error else { panic!("{error}") };
    assert_eq!(*server, format!("redis at 127.0.0.1:{port}"));
    assert!(error.retry());
    let node = NetNode::new(config(options(port))).expect("a node that waits");
    assert!(node.poll(None).await.is_err());
    let url = "http://127.0.0.1".to_owned();
    let error = NetNode::create(config(RedisOptions { url, ..options(0) })).await.unwrap_err();
    assert!(
        matches!(&error, Error::Bus(BusError::InvalidConfig { option, .. }) if option == "url"),
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_told() {
    let server = Server::redis(&["--requirepass", "right"]).expect("a server");
    let with = |password: &str| RedisOptions {
        url: format!("redis://:{password}@127.0.0.1:{}", server.port),
        ..options(0)
    };
    let error = NetNode::create(config(with("xyzzy"))).await.unwrap_err();
    assert!(matches!(error, Error::Bus(BusError::TransportRefused { .. })), "{error}");
    assert!(!error.to_string().contains("xyzzy"), "{error}");
    NetNode::create(config(with("right"))).await.unwrap().shutdown(None).await.unwrap();
    let error = NetNode::create(config(options(server.port))).await.unwrap_err();
    assert!(matches!(error, Error::Bus(BusError::TransportRefused { .. })), "{error}");
}

#[tokio::test]
async fn a_kept_nonce_never_gives_an_id_twice() {
    let server = Server::redis(&[]).expect("a server");
    let path = server.folder.join("producer.nonce").display().to_string();
    let settings = NetNodeConfig { producer_nonce_path: Some(path), ..config(options(server.port)) };
    for run in 0..3 {
        let node = NetNode::create(settings.clone()).await.unwrap();
        let taken = NetNode::create(settings.clone()).await.unwrap_err();
        assert_eq!(taken.to_string(), "bus: invalid_config: producer_nonce_path: another node uses it");
        node.emit_raw(&run.to_string(), "key").unwrap();
        node.shutdown(None).await.unwrap();
        drop(node);
    }
    let dedup = RedisStreamDedup::new(10).unwrap();
    let mut client = client(&server);
    let found = ["net:shard:0", "net:shard:1"].map(|stream| consume(&mut client, stream, &dedup)).concat();
    assert_eq!(found.len(), 3, "{found:?}");
}
