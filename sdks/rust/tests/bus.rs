//! The bus as a program uses it.

use net_mesh::prelude::*;
use net_mesh::{Backpressure, Ordering, Start};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    sensor: String,
    value: f64,
}

fn reading(value: f64) -> Reading {
    Reading { sensor: "a".into(), value }
}

async fn node(shards: u32) -> NetNode {
    NetNode::create(NetNodeConfig { shards: Some(shards), ..Default::default() }).await.expect("a node")
}

async fn raws(node: &NetNode, request: PollRequest) -> Vec<String> {
    node.poll(request).await.expect("a page").events.into_iter().map(|event| event.raw).collect()
}

#[tokio::test]
async fn quick_start() {
    let node = node(4).await;
    node.emit(&json!({ "token": "hello", "index": 0 }), None).unwrap();
    node.emit_raw(r#"{"token": "world"}"#, None).unwrap();
    node.flush().await.unwrap();
    let mut found = raws(&node, PollRequest { limit: 100, ..Default::default() }).await;
    found.sort();
    assert_eq!(found, [r#"{"token": "world"}"#, r#"{"token":"hello","index":0}"#]);
    node.shutdown(None).await.unwrap();
    node.shutdown(ShutdownOptions { timeout: Duration::ZERO }).await.unwrap();
    assert_eq!(node.emit_raw("1", None), Err(BusError::Closed.into()));
}

#[tokio::test]
async fn emits_in_every_form() {
    let node = NetNode::new(NetNodeConfig { shards: Some(1), ..Default::default() }).unwrap();
    let first = node.emit(&reading(1.0), "key").unwrap();
    let second = node.emit_raw("2", Some("key")).unwrap();
    assert_eq!(first.shard_id, second.shard_id);
    assert!(second.timestamp > first.timestamp);
    node.emit_raw_async("3", None).await.unwrap();
    assert!(node.emit_buffer("4", None).unwrap());
    assert!(node.emit_buffer(b"5", "key").unwrap());
    assert_eq!(node.emit_batch(&[reading(6.0), reading(7.0)], None), Ok(2));
    assert_eq!(node.emit_raw_batch(&["8", "9"], None), Ok(2));
    assert_eq!(node.emit_raw_batch_async(["10"], None).await, Ok(1));
    assert_eq!(node.push_batch(&[b"11"], None), Ok(1));
    assert!(node.fire("12").unwrap());
    assert_eq!(node.fire_batch(&["13".to_owned()]), Ok(1));
    let hashed = node.prehash("14").unwrap();
    assert!(node.push_with_hash(&hashed.data, hashed.hash).unwrap());
    assert!(!node.push_with_hash("15", hashed.hash).unwrap());
    assert_eq!(node.stats().unwrap().events_ingested, 14);
    assert_eq!((node.shards(), node.num_shards()), (Ok(1), Ok(1)));
    let events = node.poll(None).await.unwrap().events;
    assert_eq!(events.len(), 14);
    assert_eq!(events[0].parse::<Reading>().unwrap(), reading(1.0));
    assert_eq!(events[1].raw_bytes(), b"2");
}

#[tokio::test]
async fn polls_page_by_page() {
    let node = node(1).await;
    node.emit_raw_batch(&["1", "2", "3"], None).unwrap();
    let first = node.poll(PollRequest { limit: 2, ..Default::default() }).await.unwrap();
    assert!(first.has_more);
    let rest = PollRequest { cursor: first.next_id, ..Default::default() };
    assert_eq!(raws(&node, rest).await, ["3"]);
    assert_eq!(node.poll_one().await.unwrap().unwrap().raw, "1");
    let ordered = PollRequest { ordering: Ordering::InsertionTs, ..Default::default() };
    assert_eq!(raws(&node, ordered).await, ["1", "2", "3"]);
}

#[tokio::test]
async fn subscriptions_wait_for_events() {
    let node = node(1).await;
    node.emit_raw("0", None).unwrap();
    let mut stream = node.subscribe(SubscribeOptions { from: Start::Latest, ..Default::default() }).unwrap();
    let writer = node.clone();
    let task = tokio::spawn(async move { writer.emit_raw_batch(&["1", "2", "3"], None) });
    assert_eq!(stream.next().await.unwrap().unwrap().raw, "1");
    task.await.unwrap().unwrap();
    let batch = stream.next_batch(10).await.unwrap();
    assert_eq!(batch.into_iter().map(|event| event.raw).collect::<Vec<_>>(), ["2", "3"]);
    stream.stop().unwrap();
    assert!(stream.next().await.is_none());
    assert!(stream.next_batch(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn subscriptions_end_with_the_node() {
    let node = node(2).await;
    let mut stream = EventStream::new(&node, None).unwrap();
    let reader = tokio::spawn(async move { stream.next().await });
    tokio::task::yield_now().await;
    node.shutdown(None).await.unwrap();
    assert_eq!(reader.await.unwrap().unwrap().unwrap_err(), BusError::Closed.into());
}

#[tokio::test]
async fn quiet_subscriptions_end_after_their_timeout() {
    let node = node(1).await;
    let options = SubscribeOptions { timeout: Some(Duration::from_millis(1)), ..Default::default() };
    assert!(node.subscribe(options).unwrap().next().await.is_none());
}

#[tokio::test]
async fn typed_streams_decode() {
    let node = node(1).await;
    node.emit(&reading(1.0), None).unwrap();
    node.emit_raw("false", None).unwrap();
    node.emit(&reading(2.0), None).unwrap();
    let mut stream = node.subscribe_typed::<Reading>(None).unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), reading(1.0));
    assert_eq!(stream.next().await.unwrap().unwrap_err().kind_text(), "codec_decode");
    assert_eq!(stream.next_batch(5).await.unwrap(), [reading(2.0)]);
}

#[tokio::test]
async fn streams_are_streams() {
    use futures_util::StreamExt;
    let node = node(1).await;
    node.emit_raw_batch(&["1", "2"], None).unwrap();
    let stream = node.subscribe_typed::<u32>(None).unwrap();
    let sum = stream.take(2).fold(0, async |sum, item| sum + item.unwrap()).await;
    assert_eq!(sum, 3);
}

#[tokio::test]
async fn channels_carry_objects() {
    let node = node(4).await;
    let channel = node.channel::<Reading>("sensors").unwrap();
    let other = TypedChannel::<Value>::new(&node, "other").unwrap();
    assert_eq!(channel.name(), "sensors");
    assert!(other.publish(&json!({ "x": 1 })).unwrap());
    assert!(channel.publish(&reading(1.0)).unwrap());
    assert_eq!(channel.publish_batch(&[reading(2.0), reading(3.0)]), Ok(2));
    assert_eq!(other.publish(&json!(1)).unwrap_err().kind_text(), "not_an_object");
    let mut typed = channel.subscribe(None).unwrap();
    for value in [1.0, 2.0, 3.0] {
        assert_eq!(typed.next().await.unwrap().unwrap(), reading(value));
    }
    let raw = other.subscribe_raw(None).unwrap().next().await.unwrap().unwrap();
    assert_eq!(raw.parse::<Value>().unwrap()["x"], 1);
}

#[tokio::test]
async fn refuses_what_is_wrong() {
    let node = node(1).await;
    let error = node.emit_raw("{", None).unwrap_err();
    assert!(matches!(error, Error::Bus(BusError::InvalidJson { index: 0, .. })), "{error}");
    let error = node.poll(PollRequest { limit: 0, ..Default::default() }).await.unwrap_err();
    assert_eq!(error.to_string(), "argument: limit: 0 is below 1");
    let keys = std::collections::HashMap::from([((1, 2), 3)]);
    assert_eq!(node.emit(&keys, None).unwrap_err().kind_text(), "codec_encode");
}

#[tokio::test]
async fn a_full_shard_pushes_back() {
    let config = NetNodeConfig {
        shards: Some(1),
        buffer_capacity: 2,
        backpressure: Backpressure::FailProducer,
        ..Default::default()
    };
    let node = NetNode::create(config).await.unwrap();
    let mut reader = node.subscribe(None).unwrap();
    assert_eq!(node.emit_raw_batch(&["1", "2"], None), Ok(2));
    let error = node.emit_raw("3", None).unwrap_err();
    assert_eq!((error.kind_text(), error.retry()), ("backpressure", true));
    assert_eq!(reader.next_batch(2).await.unwrap().len(), 2);
    node.emit_raw("3", None).unwrap();
}

#[test]
fn key_pairs_are_fresh() {
    let (one, two) = (net_mesh::generate_net_keypair().unwrap(), net_mesh::generate_net_keypair().unwrap());
    assert_eq!((one.public_key.len(), one.secret_key.len()), (64, 64));
    assert_ne!(one.secret_key, two.secret_key);
}

#[test]
fn tells_how_it_was_built() {
    let info = net_mesh::build_info().unwrap();
    assert_eq!(info.version, net_mesh::version().unwrap());
    assert_eq!(info.spec_hash, net_mesh::SPEC_HASH);
}

#[derive(Serialize)]
enum Signal {
    Level(f32),
    Pair(f64, f64),
    Named { value: f64 },
}

/// Lists in a list, so many.
fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |inner, _| json!([inner]))
}

#[tokio::test]
async fn refuses_values_that_json_cannot_hold() {
    let node = node(1).await;
    let channel = node.channel::<Reading>("sensors").unwrap();
    let by_name = HashMap::from([("a", f64::INFINITY)]);
    let errors = [
        node.emit(&f64::NAN, None).map(drop),
        node.emit(&reading(f64::NAN), None).map(drop),
        node.emit(&Some(Signal::Level(f32::NAN)), None).map(drop),
        node.emit(&(Signal::Pair(1.0, f64::NAN), 5), None).map(drop),
        node.emit_batch(&[Signal::Named { value: 1.0 }, Signal::Named { value: f64::NAN }], None).map(drop),
        channel.publish(&reading(f64::NAN)).map(drop),
    ];
    for error in errors {
        assert_eq!(error.unwrap_err().to_string(), "codec_encode: JSON has no NaN");
    }
    assert_eq!(node.emit(&by_name, None).unwrap_err().to_string(), "codec_encode: JSON has no inf");
    let deep = node.emit(&nested(200), None).unwrap_err();
    assert_eq!(deep.to_string(), "bus: invalid_json: event 0, byte 128: nested deeper than 128");
    assert_eq!(node.stats().unwrap().events_ingested, 0);
    node.emit(&(None::<f64>, "null", nested(100)), None).unwrap();
    node.emit(&json!({ "brackets": "[".repeat(300) }), None).unwrap();
}
