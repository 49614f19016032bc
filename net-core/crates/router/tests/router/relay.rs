//! Where packets go.

use crate::kit::{Bench, node};
use net_router::{Config, Drop, Link, Packet, Pair, Verdict};
use net_types::identity::NodeId;
use std::time::Duration;

const P0: Pair = Pair { epoch: 50, seqno: 0 };

fn packet(destination: NodeId) -> Packet {
    Packet { destination, source: node(77), ttl: 16, length: 1_200, is_init: false }
}

/// A router with a way to node 9 over the first link, and a second link.
fn bench() -> (Bench, Link, Link) {
    let mut bench = Bench::new();
    let (next, giver) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(next, 9, P0, 100);
    (bench, next, giver)
}

#[test]
fn packets_follow_the_route_with_a_hop_less() {
    let (mut bench, next, giver) = bench();
    let verdict = bench.router.relay(bench.now, giver, &packet(node(9)));
    assert_eq!(verdict, Verdict::Forward(next, 15));
    let far = Packet { ttl: 255, ..packet(node(9)) };
    assert_eq!(bench.router.relay(bench.now, giver, &far), Verdict::Forward(next, 15));
    assert_eq!(bench.router.relay(bench.now, giver, &packet(node(0))), Verdict::Deliver);
    assert_eq!((bench.router.counters().relayed, bench.router.counters().delivered), (2, 1));
}

#[test]
fn each_reason_to_drop_a_packet_is_counted() {
    let (mut bench, next, giver) = bench();
    let now = bench.now;
    let gone = bench.neighbour(3);
    bench.router.link_down(now, gone);
    let good = packet(node(9));
    let cases = [
        (gone, good, Drop::NoSession),
        (giver, Packet { ttl: 0, ..good }, Drop::TtlExpired),
        (giver, Packet { source: node(0), ..good }, Drop::OwnSource),
        (giver, Packet { length: 1_453, ..good }, Drop::TooLarge),
        (giver, packet(node(55)), Drop::NoRoute),
        (next, good, Drop::BackToGiver),
    ];
    for (from, packet, reason) in cases {
        assert_eq!(bench.router.relay(now, from, &packet), Verdict::Drop(reason));
        assert_eq!(bench.dropped(reason), 1, "{reason:?}");
    }
}

#[test]
fn a_packet_goes_round_its_giver_where_another_route_may_be_used() {
    let (mut bench, next, giver) = bench();
    bench.tell_again(giver, 9, P0, 150);
    assert_eq!(bench.route(9).map(|(link, _)| link), Some(next));
    assert_eq!(bench.router.relay(bench.now, next, &packet(node(9))), Verdict::Forward(giver, 15));
}

#[test]
fn a_node_that_does_not_relay_takes_only_its_own() {
    let mut bench = Bench::with(Config { relay: false, ..Config::default() });
    let (next, giver) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(next, 9, P0, 100);
    let verdict = bench.router.relay(bench.now, giver, &packet(node(9)));
    assert_eq!(verdict, Verdict::Drop(Drop::NotRelaying));
    assert_eq!(bench.router.relay(bench.now, giver, &packet(node(0))), Verdict::Deliver);
}

#[test]
fn replies_without_a_route_go_to_whoever_brought_the_packet() {
    let (mut bench, _, giver) = bench();
    let stranger = node(77);
    assert_eq!(bench.router.next_hop(bench.now, stranger), None);
    bench.router.relay(bench.now, giver, &packet(node(0)));
    assert_eq!(bench.router.next_hop(bench.now, stranger), Some(giver));
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.router.next_hop(bench.now, stranger), None);
    bench.router.relay(bench.now, giver, &packet(node(0)));
    bench.router.link_down(bench.now, giver);
    assert_eq!(bench.router.next_hop(bench.now, stranger), None);
}

#[test]
fn at_most_256_packets_wait_for_a_neighbour() {
    let (mut bench, next, giver) = bench();
    let verdicts = (0..300).map(|_| bench.router.relay(bench.now, giver, &packet(node(9))));
    assert_eq!(verdicts.filter(|verdict| *verdict == Verdict::Forward(next, 15)).count(), 256);
    assert_eq!(bench.dropped(Drop::QueueFull), 44);
    bench.router.sent(next, 10);
    let verdicts = (0..20).map(|_| bench.router.relay(bench.now, giver, &packet(node(9))));
    assert_eq!(verdicts.filter(|verdict| *verdict == Verdict::Forward(next, 15)).count(), 10);
}

#[test]
fn a_neighbour_has_64_mib_a_second_passed_on_and_20_handshakes() {
    let (mut bench, next, giver) = bench();
    let mut bytes = 0;
    for _ in 0..1_000 {
        for _ in 0..80 {
            if matches!(bench.router.relay(bench.now, giver, &packet(node(9))), Verdict::Forward(..)) {
                bytes += 1_200;
            }
        }
        bench.router.sent(next, 80);
        bench.pass(Duration::from_millis(1));
    }
    assert!((64 << 20..=65 << 20).contains(&bytes), "{bytes}");
    assert!(bench.dropped(Drop::RateExceeded) > 0);
    bench.pass(Duration::from_secs(5));
    let init = Packet { is_init: true, length: 352, ..packet(node(9)) };
    let verdicts = (0..30).map(|_| bench.router.relay(bench.now, giver, &init));
    assert_eq!(verdicts.filter(|verdict| matches!(verdict, Verdict::Forward(..))).count(), 20);
    assert_eq!(bench.dropped(Drop::InitsExceeded), 10);
}
