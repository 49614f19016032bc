//! What the hot paths of the bus cost. Prints times and asserts none.

use std::{
    future::Future,
    hint::black_box,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Instant,
};

use net_node::bus::{EventStream, NetNode};
use net_types::{
    api::{EventStream as _, NetNode as _},
    bus::{NetNodeConfig, Ordering, PollRequest, SubscribeOptions},
};

const EVENTS: usize = 1_000_000;
const ROUNDS: usize = 3;

fn main() {
    for shards in [1, 4] {
        println!("{shards} shards, buffers of 2^20");
        emitting(shards, 1 << 20);
        println!("{shards} shards, buffers of 2^12, evicting");
        emitting(shards, 1 << 12);
        reading(shards);
    }
    threads();
}

/// Events of 64 bytes.
fn texts() -> Vec<String> {
    let event = |n: usize| {
        format!(
            "{{\"id\":\"{:016x}\",\"value\":{},\"ok\":true,\"n\":{}}}",
            n * 7919,
            10_000_000 + n,
            1_000_000 + n
        )
    };
    (0..EVENTS).map(event).inspect(|text| assert_eq!(text.len(), 64)).collect()
}

fn node(shards: u32, buffer_capacity: u32) -> Arc<NetNode> {
    NetNode::new(NetNodeConfig { shards: Some(shards), buffer_capacity, ..NetNodeConfig::default() })
        .expect("node")
}

fn emitting(shards: u32, capacity: u32) {
    let texts = texts();
    let refs: Vec<&str> = texts.iter().map(String::as_str).collect();
    measure(
        "emit_raw",
        || node(shards, capacity),
        |node| {
            for text in &refs {
                black_box(node.emit_raw(text, None).expect("emit"));
            }
        },
    );
    measure(
        "emit_raw with a key",
        || node(shards, capacity),
        |node| {
            for text in &refs {
                black_box(node.emit_raw(text, Some("sensors")).expect("emit"));
            }
        },
    );
    measure(
        "emit_buffer",
        || node(shards, capacity),
        |node| {
            for text in &refs {
                black_box(node.emit_buffer(text.as_bytes(), None).expect("emit"));
            }
        },
    );
    measure(
        "fire",
        || node(shards, capacity),
        |node| {
            for text in &refs {
                black_box(node.fire(text).expect("emit"));
            }
        },
    );
    measure(
        "emit_raw_batch of 1000",
        || node(shards, capacity),
        |node| {
            for batch in refs.chunks(1000) {
                black_box(node.emit_raw_batch(batch, None).expect("emit"));
            }
        },
    );
    let hashed: Vec<u64> = refs.iter().map(|text| xxhash_rust::xxh3::xxh3_64(text.as_bytes())).collect();
    measure(
        "push_with_hash",
        || node(shards, capacity),
        |node| {
            for (text, hash) in refs.iter().zip(&hashed) {
                black_box(node.push_with_hash(text.as_bytes(), *hash).expect("emit"));
            }
        },
    );
}

fn reading(shards: u32) {
    let texts = texts();
    let refs: Vec<&str> = texts.iter().map(String::as_str).collect();
    let filled = || {
        let node = node(shards, 1 << 20);
        node.emit_raw_batch(&refs, None).expect("emit");
        node
    };
    let subscribed = |filter: Option<&str>| {
        let node = filled();
        let options = SubscribeOptions {
            limit: 1000,
            filter: filter.map(str::to_owned),
            ..SubscribeOptions::default()
        };
        let stream = node.subscribe(options).expect("subscribe");
        (node, stream)
    };
    measure("subscription, batches of 1000", || subscribed(None), |(_, stream)| drain(stream, EVENTS));
    let filter = r#"{"path":"ok","value":true}"#;
    measure("subscription with a filter", || subscribed(Some(filter)), |(_, stream)| drain(stream, EVENTS));
    for ordering in [Ordering::None, Ordering::InsertionTs] {
        measure(&format!("poll, pages of 1000, {ordering:?}"), filled, |node| {
            let mut cursor = None;
            loop {
                let page = now(node.poll(PollRequest { limit: 1000, cursor, filter: None, ordering }))
                    .expect("poll");
                cursor = page.next_id;
                if !page.has_more {
                    break;
                }
            }
        });
    }
}

/// Two emitting threads and a reader that keeps up.
fn threads() {
    let texts = texts();
    let node = node(4, 1 << 20);
    let stream =
        node.subscribe(SubscribeOptions { limit: 1000, ..SubscribeOptions::default() }).expect("subscribe");
    let started = Instant::now();
    std::thread::scope(|scope| {
        for half in texts.chunks(EVENTS / 2) {
            let node = &node;
            scope.spawn(move || {
                for text in half {
                    node.emit_raw(text, None).expect("emit");
                }
            });
        }
        drain(&stream, EVENTS);
    });
    println!("2 emitting threads and a subscription: {:.0} ns per event", per_event(started));
}

fn drain(stream: &EventStream, count: usize) {
    let mut seen = 0;
    while seen < count {
        seen += black_box(now(stream.next(1000)).expect("next")).len();
    }
}

fn measure<T>(name: &str, setup: impl Fn() -> T, run: impl Fn(&T)) {
    let best = (0..ROUNDS)
        .map(|_| {
            let state = setup();
            let started = Instant::now();
            run(&state);
            per_event(started)
        })
        .fold(f64::INFINITY, f64::min);
    println!("  {name}: {best:.0} ns per event");
}

fn per_event(started: Instant) -> f64 {
    started.elapsed().as_nanos() as f64 / EVENTS as f64
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Drives a future on this thread.
fn now<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}
