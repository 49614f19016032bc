//! Streams: where they begin, how they wait, how they end.

use std::{future::Future, pin::pin, time::Duration};

use net_types::bus::Start;

use super::*;

fn from(from: Start) -> SubscribeOptions {
    SubscribeOptions { from, ..SubscribeOptions::default() }
}

#[tokio::test]
async fn begins_where_it_is_told() {
    let node = node(3);
    node.emit_raw_batch(&["0", "1", "2"], None).expect("emit");
    let oldest = node.subscribe(from(Start::Oldest)).expect("subscribe");
    let latest = node.subscribe(from(Start::Latest)).expect("subscribe");
    let one =
        PollRequest { limit: 2, ordering: net_types::bus::Ordering::InsertionTs, ..PollRequest::default() };
    let cursor = poll(&node, one).await.next_id;
    let behind = node.subscribe(SubscribeOptions { cursor, ..from(Start::Latest) }).expect("subscribe");
    node.emit_raw("3", None).expect("emit");
    assert_eq!(raws(&oldest.next(9).await.expect("next")), ["0", "1", "2", "3"]);
    assert_eq!(raws(&latest.next(9).await.expect("next")), ["3"]);
    assert_eq!(raws(&behind.next(9).await.expect("next")), ["2", "3"]);
}

#[tokio::test]
async fn gives_no_more_than_asked_for() {
    let node = node(3);
    for n in 0..20 {
        node.emit_raw(&n.to_string(), None).expect("emit");
    }
    let stream =
        node.subscribe(SubscribeOptions { limit: 5, ..SubscribeOptions::default() }).expect("subscribe");
    assert_eq!(raws(&stream.next(2).await.expect("next")), ["0", "1"]);
    assert_eq!(stream.next(100).await.expect("next").len(), 5);
    assert_eq!(stream.next(0).await.expect("next").len(), 1);
}

#[tokio::test]
async fn is_woken_by_each_emitter() {
    let node = node(4);
    let stream = subscribe(&node);
    let reader = tokio::spawn(async move {
        let mut seen = vec![];
        while seen.len() < 4 {
            seen.extend(stream.next(9).await.expect("next").into_iter().map(|e| e.raw));
        }
        seen
    });
    let emitters: [fn(&NetNode); 4] = [
        |node| _ = node.emit_raw("1", None),
        |node| _ = node.emit_raw_batch(&["2"], None),
        |node| _ = node.emit_buffer(b"3", None),
        |node| _ = node.fire_batch(&["4"]),
    ];
    for emit in emitters {
        tokio::task::yield_now().await;
        emit(&node);
    }
    assert_eq!(reader.await.expect("reader"), ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn an_abandoned_read_loses_nothing() {
    let node = node(2);
    let stream = subscribe(&node);
    {
        let mut pending = pin!(stream.next(9));
        std::future::poll_fn(|cx| {
            assert!(pending.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        node.emit_raw("1", None).expect("emit");
    }
    assert_eq!(stats(&node).held, 1);
    assert_eq!(raws(&stream.next(9).await.expect("next")), ["1"]);
}

#[tokio::test]
async fn stopping_ends_a_pending_read() {
    let node = node(2);
    let stream = subscribe(&node);
    let reader = tokio::spawn({
        let stream = stream.clone();
        async move { stream.next(9).await }
    });
    tokio::task::yield_now().await;
    stream.stop().expect("stop");
    assert_eq!(reader.await.expect("reader"), Ok(vec![]));
    node.emit_raw("1", None).expect("emit");
    assert_eq!(stream.next(9).await, Ok(vec![]), "it stays at its end");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_counts_from_the_last_event() {
    let node = node(2);
    let timeout = Some(Duration::from_millis(100));
    let stream =
        node.subscribe(SubscribeOptions { timeout, ..SubscribeOptions::default() }).expect("subscribe");
    let started = tokio::time::Instant::now();
    let emitter = tokio::spawn({
        let node = node.clone();
        async move {
            for n in 0..3 {
                tokio::time::sleep(Duration::from_millis(90)).await;
                node.emit_raw(&n.to_string(), None).expect("emit");
            }
        }
    });
    for n in 0..3 {
        assert_eq!(raws(&stream.next(9).await.expect("next")), [n.to_string()]);
    }
    assert_eq!(stream.next(9).await, Ok(vec![]));
    assert_eq!(started.elapsed().as_millis(), 370);
    emitter.await.expect("emitter");
    node.emit_raw("3", None).expect("emit");
    assert_eq!(stream.next(9).await, Ok(vec![]));
    assert_eq!(node.subscribe(SubscribeOptions { timeout, ..SubscribeOptions::default() }).map(drop), Ok(()));
}

#[tokio::test]
async fn filters_while_it_waits() {
    let node = node(3);
    let filter = Some(r#"{"$not":{"path":"keep","value":false}}"#.to_owned());
    let stream =
        node.subscribe(SubscribeOptions { filter, ..SubscribeOptions::default() }).expect("subscribe");
    for n in 0..20_000 {
        node.emit_raw(&format!("{{\"keep\":{},\"n\":{n}}}", n % 5000 == 4999), None).expect("emit");
    }
    let mut seen = vec![];
    while seen.len() < 4 {
        seen.extend(stream.next(100).await.expect("next"));
    }
    assert!(raws(&seen).iter().zip(1..).all(|(raw, k)| raw.contains(&format!(":{}", k * 5000 - 1))));
    assert_eq!(stats(&node).held, 0, "what did not match is passed as well");
}

#[tokio::test]
async fn a_channel_carries_objects() {
    let node = node(4);
    let channel = node.channel("orders").expect("channel");
    assert_eq!(channel.name(), "orders");
    let typed = channel.subscribe(SubscribeOptions::default()).expect("subscribe");
    let raw = channel.subscribe_raw(SubscribeOptions::default()).expect("subscribe");
    let all = node.subscribe_typed(SubscribeOptions::default()).expect("subscribe");
    let filter = Some(r#"{"path":"n","value":2}"#.to_owned());
    let second =
        channel.subscribe(SubscribeOptions { filter, ..SubscribeOptions::default() }).expect("subscribe");
    assert_eq!(channel.publish("{\"n\":1}".into()), Ok(true));
    node.emit_raw("{\"n\":2}", None).expect("emit");
    node.channel("other").expect("channel").publish("{\"n\":2}".into()).expect("publish");
    assert_eq!(channel.publish_batch(&["{\"n\":2}", "{}"]), Ok(2));
    assert!(channel.publish("[]".into()).is_err());
    assert!(channel.publish_batch(&["{}", "1"]).is_err());
    assert_eq!(typed.next(9).await.expect("next"), ["{\"n\":1}", "{\"n\":2}", "{}"]);
    assert_eq!(second.next(9).await.expect("next"), ["{\"n\":2}"]);
    assert_eq!(all.next(9).await.expect("next").len(), 5);
    let raw = raw.next(9).await.expect("next");
    assert_eq!(raws(&raw)[0], "{\"n\":1,\"_channel\":\"orders\"}");
    assert!(raw.iter().all(|e| u64::from(e.shard_id) == xxhash_rust::xxh3::xxh3_64(b"orders") % 4));
}
