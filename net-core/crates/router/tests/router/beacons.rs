//! Beacons: whose they are, which are newer, and who may raise them.

use crate::kit::{Bench, RTT, Said, beacon, entity, message, node, router};
use net_crypto::EntityId;
use net_router::{Drop, Event, Misdeed, Pair};
use net_types::{route::GossipKind, wire::route::Beacon};
use std::time::{Duration, Instant};

const P0: Pair = Pair { epoch: 50, seqno: 0 };
const P1: Pair = Pair { epoch: 50, seqno: 1 };

#[test]
fn the_signature_covers_the_bytes_as_sent_and_begins_with_the_label() {
    let bytes = beacon(9, P0);
    let says = Beacon::decode(&bytes).unwrap();
    assert!(bytes.starts_with(b"net.beacon.v1\0\0\0"));
    assert!(EntityId::new(says.entity_id).verify(&bytes[..96], &says.signature));
    assert_eq!(EntityId::new(says.entity_id), entity(9));
    assert_eq!(says.static_key, [9; 32]);
}

#[test]
fn a_beacon_with_any_bit_changed_is_dropped_and_counted() {
    let genuine = beacon(9, P0);
    for at in 16..Beacon::SIZE {
        let mut bench = Bench::new();
        let one = bench.neighbour(1);
        let mut forged = genuine.clone();
        forged[at] ^= 1;
        bench.give(one, GossipKind::Beacons, &[forged]);
        assert_eq!(bench.dropped(Drop::Forged), 1, "byte {at}");
        assert_eq!(bench.router.destinations().count(), 0, "byte {at}");
    }
}

#[test]
fn eight_forgeries_in_a_minute_cost_a_neighbour_its_session() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let mut forged = beacon(9, P0);
    forged[100] ^= 1;
    (0..7).for_each(|_| bench.give(one, GossipKind::Beacons, std::slice::from_ref(&forged)));
    bench.pass(Duration::from_secs(60));
    (0..7).for_each(|_| bench.give(one, GossipKind::Beacons, std::slice::from_ref(&forged)));
    assert_eq!(bench.events(), []);
    bench.give(one, GossipKind::Beacons, &[forged]);
    assert_eq!(bench.events(), [Event::Misbehaved { link: one, misdeed: Misdeed::Forged }]);
    assert_eq!(bench.dropped(Drop::Forged), 15);
}

#[test]
fn a_route_needs_the_beacon_that_it_rests_on() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.tell_again(one, 9, P0, 100);
    assert_eq!(bench.dropped(Drop::BeaconMissing), 1);
    bench.tell(one, 9, P0, 100);
    bench.tell_again(one, 9, P1, 50);
    assert_eq!(bench.dropped(Drop::BeaconMissing), 2);
    assert_eq!(bench.route(9), None, "what it said before does not hold any more either");
}

#[test]
fn an_older_beacon_changes_nothing_and_its_giver_gets_the_newer_one() {
    let mut bench = Bench::new();
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P1, 100);
    bench.said_later(other);
    bench.give(other, GossipKind::Beacons, &[beacon(9, P0)]);
    assert_eq!(bench.said(other), [Said::Beacon(P1)]);
    assert_eq!(bench.dropped(Drop::Old), 1);
    assert_eq!(bench.router.destination(node(9)).unwrap().pair, P1);
}

#[test]
fn a_node_that_hears_of_itself_in_a_later_epoch_goes_on_above_it() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.give(one, GossipKind::Beacons, &[beacon(0, Pair { epoch: 900, seqno: 3 })]);
    assert_eq!(bench.events(), [], "its own epoch is later");
    bench.give(one, GossipKind::Beacons, &[beacon(0, Pair { epoch: 4_000, seqno: 0 })]);
    assert_eq!(bench.events(), [Event::EpochTaken { epoch: 4_001 }]);
    let pair = Pair { epoch: 4_001, seqno: 0 };
    assert_eq!(bench.said(one), [Said::Beacon(pair), Said::Route(node(0), pair, 0)]);
}

#[test]
fn an_origin_raises_its_seqno_by_one_and_once_a_second() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let pair = |seqno| Pair { epoch: 1_000, seqno };
    bench.ask(one, 0, pair(0), 16);
    assert_eq!(bench.said(one), [Said::Route(node(0), pair(0), 0)], "there is nothing to raise");
    bench.pass(Duration::from_secs(1));
    bench.ask(one, 0, pair(7), 16);
    assert_eq!(bench.said(one), [Said::Beacon(pair(1)), Said::Route(node(0), pair(1), 0)]);
    (0..5).for_each(|_| bench.ask(one, 0, pair(2), 16));
    assert_eq!(bench.said(one), []);
    bench.pass(Duration::from_millis(999));
    assert_eq!(bench.said(one), []);
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.said(one), [Said::Beacon(pair(2)), Said::Route(node(0), pair(2), 0)]);
}

#[test]
fn a_request_of_another_epoch_raises_nothing() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.pass(Duration::from_secs(5));
    bench.ask(one, 0, Pair { epoch: 1_001, seqno: 1 }, 16);
    bench.ask(one, 0, Pair { epoch: 999, seqno: 9 }, 16);
    bench.pass(Duration::from_secs(5));
    assert_eq!(bench.router.pair(), Pair { epoch: 1_000, seqno: 0 });
}

#[test]
fn a_node_that_does_not_relay_tells_only_of_itself() {
    let mut bench = Bench::with(net_router::Config { relay: false, ..Default::default() });
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P0, 100);
    assert_eq!(bench.said_later(other), []);
    assert_eq!(bench.route(9), Some((one, 300)));
}

#[test]
fn a_node_id_stays_with_whom_it_was_given_to() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.tell(one, 9, P0, 100);
    bench.router.pin(bench.now, entity(9));
    assert!(bench.route(9).is_some(), "it is whom it was given to");
    let now = Instant::now();
    let mut own = router(now, 0, 1);
    let link = own.link_up(now, entity(1), 1_452, RTT);
    own.pin(now, entity(9));
    own.handle(now, link, &message(GossipKind::Beacons, &[beacon(9, P0)]));
    assert_eq!(own.destinations().count(), 1);
}
