//! Threads: each one's events leave in the order in which it emitted them.

use std::collections::HashMap;

use super::*;
use crate::bus::subscription::Step;

const THREADS: usize = 4;
const EACH: usize = 5_000;

/// Emits one thread's events by every way there is.
fn emit_all(node: &NetNode, thread: usize) {
    let text = |n: usize| format!("{{\"t\":{thread},\"n\":{n}}}");
    let mut n = 0;
    while n < EACH {
        match n % 4 {
            0 => _ = node.emit_raw(&text(n), None).expect("emit"),
            1 => assert_eq!(node.fire(&text(n)), Ok(true)),
            2 => assert_eq!(node.emit_buffer(text(n).as_bytes(), None), Ok(true)),
            _ => {
                let batch: Vec<String> = (n..EACH.min(n + 9)).map(text).collect();
                let texts: Vec<&str> = batch.iter().map(String::as_str).collect();
                assert_eq!(node.emit_raw_batch(&texts, None), Ok(texts.len() as u32));
                n += texts.len() - 1;
            }
        }
        n += 1;
    }
}

fn parts(raw: &str) -> (usize, usize) {
    let inner = raw.trim_start_matches("{\"t\":").trim_end_matches('}');
    let (thread, n) = inner.split_once(",\"n\":").expect("event");
    (thread.parse().expect("thread"), n.parse().expect("number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_threads_events_keep_their_order_over_shards() {
    let node = node(7);
    let readers: Vec<_> = (0..2)
        .map(|reader| {
            let stream = subscribe(&node);
            tokio::spawn(async move {
                let (mut next, mut last, mut seen) = ([0; THREADS], 0, 0);
                while seen < THREADS * EACH {
                    for event in stream.next(1 + 60 * reader).await.expect("next") {
                        let (thread, n) = parts(&event.raw);
                        assert_eq!(n, next[thread], "thread {thread}");
                        assert!(event.insertion_ts.0 > last);
                        (next[thread], last, seen) = (n + 1, event.insertion_ts.0, seen + 1);
                    }
                }
            })
        })
        .collect();
    std::thread::scope(|scope| {
        (0..THREADS).for_each(|thread| {
            let node = &node;
            scope.spawn(move || emit_all(node, thread));
        });
    });
    for reader in readers {
        reader.await.expect("reader");
    }
    let stats = stats(&node);
    assert_eq!((stats.events_ingested, stats.held, stats.events_dropped), ((THREADS * EACH) as u64, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_delivered_or_accounted_for() {
    let node = NetNode::new(config(3, 64, Backpressure::DropOldest)).expect("node");
    let stream = subscribe(&node);
    let reader = tokio::spawn(async move {
        let (mut delivered, mut lost) = (0_u64, 0_u64);
        let mut places: HashMap<u32, u64> = HashMap::new();
        loop {
            match stream.next(50).await {
                Ok(events) => {
                    for event in events {
                        let place = places.entry(event.shard_id).or_default();
                        assert_eq!(event.id, place.to_string());
                        *place += 1;
                        delivered += 1;
                    }
                }
                Err(Error::Bus(BusError::Lagged { shard, first, last })) => {
                    let place = places.entry(shard).or_default();
                    assert_eq!(*place, first);
                    *place = last + 1;
                    lost += last + 1 - first;
                }
                Err(error) => {
                    assert_eq!(error, BusError::Closed.into());
                    return (delivered, lost);
                }
            }
        }
    });
    std::thread::scope(|scope| {
        (0..THREADS).for_each(|thread| {
            let node = &node;
            scope.spawn(move || emit_all(node, thread));
        });
    });
    node.shutdown(Default::default()).await.expect("shutdown");
    let (delivered, lost) = reader.await.expect("reader");
    let stats = stats(&node);
    assert_eq!(delivered + lost, stats.events_ingested);
    assert_eq!(lost, stats.events_dropped);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_from_latest_has_no_gap() {
    let node = node(5);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| emit_all(&node, 0));
        while !writer.is_finished() {
            let options = SubscribeOptions { from: net_types::bus::Start::Latest, ..Default::default() };
            let stream = node.subscribe(options).expect("subscribe");
            if let Ok(Step::Events(events)) = stream.step_now() {
                let numbers: Vec<usize> = events.iter().map(|e| parts(&e.raw).1).collect();
                assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
            }
        }
        writer.join().expect("writer");
    });
}

#[test]
fn a_reader_that_never_sleeps_sees_no_later_event_first() {
    const EVENTS: u64 = 60_000;
    // Many shards make for a long look, in the middle of which events arrive.
    let node = node(64);
    let stream = subscribe(&node);
    std::thread::scope(|scope| {
        scope.spawn(|| (0..EVENTS).for_each(|n| assert_eq!(node.fire(&n.to_string()), Ok(true))));
        let mut next = 0;
        while next < EVENTS {
            if let Ok(Step::Events(events)) = stream.step_now() {
                for event in events {
                    assert_eq!(event.raw, next.to_string());
                    next += 1;
                }
            }
        }
    });
}
