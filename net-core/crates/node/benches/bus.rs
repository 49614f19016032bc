//! What the hot paths of the bus cost. Prints times and asserts none; an argument selects by name.

use std::{
    cell::RefCell,
    future::Future,
    hint::black_box,
    ops::Range,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Instant,
};

use net_node::bus::{EventStream, NetNode};
use net_types::{
    Json,
    api::{EventStream as _, NetNode as _},
    bus::{NetNodeConfig, Ordering, PollRequest, SubscribeOptions},
};

const EVENTS: usize = 1_000_000;
/// Events between two looks at the clock.
const SLICE: usize = 10_000;
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
    let each = |name: &str, emit: &dyn Fn(&NetNode, &str)| {
        let start = || node(shards, capacity);
        measure(name, start, |node, slice| refs[slice].iter().for_each(|text| emit(node, text)));
    };
    each("emit, serialized", &|node, text| _ = black_box(node.emit(Json::serialized(text), None)));
    each("emit_raw", &|node, text| _ = black_box(node.emit_raw(text, None)));
    each("emit_raw with a key", &|node, text| _ = black_box(node.emit_raw(text, Some("sensors"))));
    each("emit_buffer", &|node, text| _ = black_box(node.emit_buffer(text.as_bytes(), None)));
    each("fire", &|node, text| _ = black_box(node.fire(text)));
    each("emit_granted", &|node, text| {
        _ = black_box(node.emit_granted(text.as_bytes(), None));
    });
    let batches = |node: &Arc<NetNode>, slice: Range<usize>| {
        for batch in refs[slice].chunks(1000) {
            black_box(node.emit_raw_batch(batch, None)).expect("emit");
        }
    };
    measure("emit_raw_batch of 1000", || node(shards, capacity), batches);
    let hashed: Vec<u64> = refs.iter().map(|text| xxhash_rust::xxh3::xxh3_64(text.as_bytes())).collect();
    measure(
        "push_with_hash",
        || node(shards, capacity),
        |node, slice| {
            for (text, hash) in refs[slice.clone()].iter().zip(&hashed[slice]) {
                black_box(node.push_with_hash(text.as_bytes(), *hash)).expect("emit");
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
    let drained = |(_, stream): &(_, Arc<EventStream>), slice: Range<usize>| drain(stream, slice.len());
    measure("subscription, batches of 1000", || subscribed(None), drained);
    let filter = r#"{"path":"ok","value":true}"#;
    measure("subscription with a filter", || subscribed(Some(filter)), drained);
    for ordering in [Ordering::None, Ordering::InsertionTs] {
        for limit in [1000, SLICE as u32] {
            let start = || (filled(), RefCell::new(None));
            measure(&format!("poll, pages of {limit}, {ordering:?}"), start, |(node, cursor), slice| {
                for _ in (slice).step_by(limit as usize) {
                    let request = PollRequest { limit, cursor: cursor.take(), filter: None, ordering };
                    let page = now(node.poll(request)).expect("poll");
                    assert_eq!(page.events.len(), limit as usize);
                    cursor.replace(page.next_id);
                }
            });
        }
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
    let each = started.elapsed().as_nanos() as f64 / EVENTS as f64;
    println!("2 emitting threads and a subscription: {each:.0} ns per event");
}

fn drain(stream: &EventStream, count: usize) {
    let mut seen = 0;
    while seen < count {
        seen += black_box(now(stream.next(1000)).expect("next")).len();
    }
}

/// Runs slice after slice; the best one shows what the work costs, the median what else the machine does.
fn measure<T>(name: &str, setup: impl Fn() -> T, run: impl Fn(&T, Range<usize>)) {
    if std::env::args().skip(1).any(|arg| !arg.starts_with("--") && !name.contains(&arg)) {
        return;
    }
    let mut slices = Vec::with_capacity(ROUNDS * EVENTS / SLICE);
    for _ in 0..ROUNDS {
        let state = setup();
        for start in (0..EVENTS).step_by(SLICE) {
            let started = Instant::now();
            run(&state, start..start + SLICE);
            slices.push(started.elapsed().as_nanos() as f64 / SLICE as f64);
        }
    }
    slices.sort_by(f64::total_cmp);
    let median = slices[slices.len() / 2];
    println!("  {name}: {:.1} ns per event, median {median:.1}", slices[0]);
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
