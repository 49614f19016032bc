//! What the emit family accepts, and what it says otherwise.

use net_types::Json;
use xxhash_rust::xxh3::xxh3_64;

use super::*;

#[tokio::test]
async fn checks_json_before_it_returns() {
    let node = node(2);
    let broken =
        |index, offset| BusError::InvalidJson { index, offset, reason: "expected a value".to_owned() };
    assert_eq!(node.emit_raw("{\"a\":}", None), refused(broken(0, 5)));
    assert_eq!(node.emit_raw_batch(&["1", "2", "[1,]"], None), refused(broken(2, 3)));
    assert_eq!(node.push_batch(&[b"1", b"[,"], Some("k")), refused(broken(1, 1)));
    let reason = "not UTF-8".to_owned();
    assert_eq!(
        node.push_batch(&[b"\"\xff\""], None),
        refused(BusError::InvalidJson { index: 0, offset: 1, reason })
    );
    assert_eq!(stats(&node).events_ingested, 0);
    assert_eq!(node.emit_raw_batch(&["1", "\"two\"", "null", "[]"], None), Ok(4));
    assert_eq!(poll(&node, PollRequest::default()).await.events.len(), 4);
    assert_eq!((stats(&node).rejected, node.flush().await), (0, Ok(())));
}

#[test]
fn the_text_of_a_serializer_is_checked_for_its_size_only() {
    let limits = NetNodeConfig { max_event: 8, ..config(1, 4, Backpressure::DropOldest) };
    let node = NetNode::new(limits).expect("node");
    let reason = "expected a value".to_owned();
    assert_eq!(
        node.emit("[".into(), None).map(drop),
        refused(BusError::InvalidJson { index: 0, offset: 1, reason })
    );
    assert_eq!(node.emit(Json::serialized("[1]"), None).map(|receipt| receipt.shard_id), Ok(0));
    let error = BusError::EventTooLarge { index: 0, size: 9, limit: 8 };
    assert_eq!(node.emit(Json::serialized("\"1234567\""), None).map(drop), refused(error));
}

#[tokio::test]
async fn fire_and_forget_tells_at_the_next_flush() {
    let node = node(2);
    assert_eq!(node.fire("1"), Ok(true));
    assert_eq!(node.emit_buffer(b"[2", None), Ok(true));
    assert_eq!(node.emit_buffer(b"\xff", None), Ok(true));
    assert_eq!(node.fire_batch(&["3", "nope", "4"]), Ok(3));
    assert_eq!(stats(&node).rejected, 3);
    assert_eq!(stats(&node).events_ingested, 3);
    let reason = "expected `,` or `]`".to_owned();
    assert_eq!(node.flush().await, refused(BusError::InvalidJson { index: 1, offset: 2, reason }));
    assert_eq!(node.flush().await, Ok(()));
    assert_eq!(node.fire("-"), Ok(true));
    let reason = "expected a digit".to_owned();
    assert_eq!(node.flush().await, refused(BusError::InvalidJson { index: 0, offset: 1, reason }));
    assert_eq!(stats(&node).rejected, 4);
}

#[tokio::test]
async fn limits_the_size_of_an_event() {
    let node =
        NetNode::new(NetNodeConfig { max_event: 8, ..config(1, 4, Backpressure::DropOldest) }).expect("node");
    assert!(node.emit_raw("\"123456\"", None).is_ok());
    let error = |index| BusError::EventTooLarge { index, size: 9, limit: 8 };
    assert_eq!(node.emit_raw("\"1234567\"", None), refused(error(0)));
    assert_eq!(node.emit_raw_batch(&["1", "\"1234567\""], None), refused(error(1)));
    assert_eq!(node.emit_buffer(b"\"1234567\"", None), Ok(true));
    assert_eq!(stats(&node).rejected, 1);
    assert_eq!(node.flush().await, refused(error(0)));
}

#[test]
fn the_key_or_else_the_content_chooses_the_shard() {
    let node = node(7);
    let shard = |text: &str| (xxh3_64(text.as_bytes()) % 7) as u32;
    for n in 0..50 {
        let (text, key) = (format!("{{\"n\":{n}}}"), format!("key {n}"));
        assert_eq!(node.emit_raw(&text, None).expect("emit").shard_id, shard(&text));
        assert_eq!(node.emit_raw(&text, Some(&key)).expect("emit").shard_id, shard(&key));
    }
    // XXH3-64 of the empty input, as published with the algorithm.
    assert_eq!(node.prehash(b"").expect("hash").hash, 0x2d06_8005_38d3_94c2);
    let hashed = node.prehash(b"[1]").expect("hash");
    assert_eq!(hashed.hash, xxh3_64(b"[1]"));
    assert_eq!(node.push_with_hash(&hashed.data, hashed.hash), Ok(true));
    assert_eq!(node.push_with_hash(&hashed.data, hashed.hash + 1), Ok(false));
    assert_eq!(stats(&node).events_ingested, 101);
}

#[test]
fn timestamps_increase_over_all_shards() {
    let node = node(5);
    let mut last = 0;
    for n in 0..1000 {
        let receipt = node.emit_raw(&n.to_string(), None).expect("emit");
        assert!(receipt.timestamp > last);
        last = receipt.timestamp;
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let good = || config(1, 2, Backpressure::DropOldest);
    assert!(NetNode::new(good()).is_ok());
    for (bad, name) in [
        (NetNodeConfig { shards: Some(0), ..good() }, "shards"),
        (NetNodeConfig { shards: Some(4097), ..good() }, "shards"),
        (NetNodeConfig { buffer_capacity: 0, ..good() }, "buffer_capacity"),
        (NetNodeConfig { buffer_capacity: 1, ..good() }, "buffer_capacity"),
        (NetNodeConfig { buffer_capacity: 3, ..good() }, "buffer_capacity"),
        (NetNodeConfig { max_event: 1, ..good() }, "max_event_bytes"),
        (NetNodeConfig { max_buffer: 0, ..good() }, "max_buffer_bytes"),
    ] {
        assert!(
            matches!(NetNode::new(bad), Err(Error::Bus(BusError::InvalidConfig { option, .. })) if option == name)
        );
    }
    assert!(NetNode::new(NetNodeConfig::default()).expect("node").shards().expect("shards") >= 1);
}
