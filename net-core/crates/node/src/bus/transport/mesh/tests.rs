//! What leaves a bus, and in which order, without a peer.

use std::sync::Arc;

use net_types::bus::NetNodeConfig;

use super::{super::nonce::Producer, batch::Received, outlet::Outlet};
use crate::bus::core::Bus;

fn bus(shards: u32, capacity: u32) -> Arc<Bus> {
    let config =
        NetNodeConfig { shards: Some(shards), buffer_capacity: capacity, ..NetNodeConfig::default() };
    Arc::new(Bus::new(&config, 1, 0).expect("a bus"))
}

fn outlet(bus: &Arc<Bus>) -> Outlet {
    Outlet::new(Arc::clone(bus), Producer::open(None, 1).expect("a producer"))
}

fn emit(bus: &Bus, texts: impl IntoIterator<Item = String>) {
    for (now, text) in (0..).zip(texts) {
        bus.emit_json(&text, None, now).expect("room");
    }
}

/// The first number of a batch, and its events.
fn opened(message: &[u8]) -> (u64, Vec<String>) {
    let received = Received::parse(message).expect("a batch");
    let text = |(_, text): (u32, &[u8])| String::from_utf8(text.to_vec()).expect("text");
    (received.first, received.map(text).collect())
}

fn numbers(range: std::ops::Range<u32>) -> impl Iterator<Item = String> {
    range.map(|number| number.to_string())
}

#[test]
fn events_leave_in_the_order_of_emission_over_all_shards() {
    let bus = bus(7, 1 << 16);
    let mut outlet = outlet(&bus);
    assert!(outlet.peek().expect("a nonce").is_none() && !outlet.has_news());
    emit(&bus, numbers(0..50_000));
    let mut found = Vec::new();
    while let Some(message) = outlet.peek().expect("a nonce") {
        let (first, events) = opened(&message);
        assert_eq!(first, found.len() as u64);
        assert!(message.len() <= 64 << 10);
        found.extend(events);
        outlet.advance();
        outlet.acknowledge(1, found.len() as u64);
    }
    assert_eq!(found, numbers(0..50_000).collect::<Vec<_>>());
    assert_eq!((bus.stats().held, bus.stats().buffered_bytes, outlet.has_news()), (0, 0, false));
}

#[test]
fn what_is_not_acknowledged_is_sent_again_as_it_was() {
    let bus = bus(2, 16);
    let mut outlet = outlet(&bus);
    emit(&bus, numbers(0..3));
    let first = outlet.peek().expect("a nonce").expect("a batch");
    outlet.advance();
    emit(&bus, numbers(3..5));
    let second = outlet.peek().expect("a nonce").expect("a batch");
    outlet.advance();
    assert!(outlet.peek().expect("a nonce").is_none());
    outlet.rewind();
    assert_eq!(outlet.peek().expect("a nonce").as_ref(), Some(&first));
    assert_eq!(outlet.acknowledge(2, 100), 0, "of another producer");
    assert_eq!((outlet.acknowledge(1, 4), bus.stats().held), (1, 2), "half of a batch is none");
    assert_eq!(outlet.peek().expect("a nonce").as_ref(), Some(&second));
    assert_eq!(opened(&second).0, 3);
    assert_eq!((outlet.acknowledge(1, 5), bus.stats().held), (1, 0));
}

#[test]
fn what_is_evicted_on_the_way_has_arrived_and_what_is_evicted_before_is_dropped() {
    let bus = bus(1, 4);
    let mut outlet = outlet(&bus);
    emit(&bus, numbers(0..4));
    let (_, events) = opened(&outlet.peek().expect("a nonce").expect("a batch"));
    assert_eq!(events.len(), 4);
    outlet.advance();
    emit(&bus, numbers(4..14));
    assert_eq!(bus.stats().events_dropped, 10);
    outlet.acknowledge(1, 4);
    assert_eq!(bus.stats().events_dropped, 6);
    let (first, events) = opened(&outlet.peek().expect("a nonce").expect("a batch"));
    assert_eq!((first, events), (4, numbers(10..14).collect()));
}

#[test]
fn so_much_is_under_way_at_most() {
    let bus = bus(1, 1 << 10);
    let mut outlet = outlet(&bus);
    emit(&bus, (0..20).map(|_| format!("\"{}\"", "x".repeat(500_000))));
    let mut sent = 0;
    while let Some(message) = outlet.peek().expect("a nonce") {
        assert_eq!(opened(&message).1.len(), 1);
        outlet.advance();
        sent += 1;
    }
    assert_eq!((sent, outlet.has_room(), outlet.has_news()), (9, false, true));
    outlet.acknowledge(1, 1);
    assert!(outlet.peek().expect("a nonce").is_some());
}
