//! Which routes are used, and what neighbours hear of them.

use crate::kit::{Bench, Said, node};
use net_router::{Event, Pair};
use std::time::Duration;

const P0: Pair = Pair { epoch: 50, seqno: 0 };
const P1: Pair = Pair { epoch: 50, seqno: 1 };

#[test]
fn the_shorter_way_is_used_and_told_to_others_behind_its_beacon() {
    let mut bench = Bench::new();
    let (near, far, other) = (bench.neighbour(1), bench.neighbour(2), bench.neighbour(3));
    bench.tell(far, 9, P0, 500);
    bench.tell_again(near, 9, P0, 100);
    assert_eq!(bench.route(9), Some((near, 300)));
    assert_eq!(bench.said_later(other), [Said::Beacon(P0), Said::Route(node(9), P0, 300)]);
    let moved = Event::Rerouted { node: node(9), link: Some(near) };
    assert_eq!(bench.events(), [moved]);
}

#[test]
fn a_neighbour_is_not_told_of_routes_over_itself() {
    let mut bench = Bench::new();
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P0, 100);
    assert_eq!(bench.said_later(one), []);
    assert_eq!(bench.said_later(other), []);
    bench.retract(one, 9);
    bench.tell_again(other, 9, P0, 50);
    assert_eq!(bench.route(9).map(|(link, _)| link), Some(other));
    // What it was told before is taken back when the route leads over it.
    assert_eq!(bench.said_later(other), [Said::Retracted(node(9))]);
}

#[test]
fn changes_are_gathered_for_200_ms() {
    let mut bench = Bench::new();
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P0, 100);
    assert_eq!(bench.said(other), []);
    bench.pass(Duration::from_millis(199));
    assert_eq!(bench.said(other), []);
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.said(other).len(), 2);
}

#[test]
fn only_a_change_of_a_fifth_is_told_again() {
    let mut bench = Bench::new();
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P0, 100);
    bench.said_later(other);
    bench.tell_again(one, 9, P0, 159);
    assert_eq!(bench.said_later(other), []);
    bench.tell_again(one, 9, P0, 160);
    assert_eq!(bench.said_later(other), [Said::Route(node(9), P0, 360)]);
}

#[test]
fn a_route_in_use_stays_unless_another_costs_less_than_four_fifths() {
    let mut bench = Bench::new();
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P0, 300);
    bench.tell_again(other, 9, P0, 200);
    assert_eq!(bench.route(9), Some((one, 500)));
    bench.tell_again(other, 9, P0, 199);
    assert_eq!(bench.route(9), Some((other, 399)));
}

#[test]
fn a_neighbour_that_is_not_closer_than_was_ever_said_is_not_used() {
    let mut bench = Bench::new();
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P0, 100);
    bench.said_later(other);
    bench.retract(one, 9);
    assert_eq!(bench.said_later(other), [Said::Retracted(node(9))]);
    // It was told 300, so it may have 300 from here.
    bench.tell_again(other, 9, P0, 300);
    assert_eq!(bench.route(9), None);
    assert_eq!(bench.said(other), [Said::Request(node(9), P1)]);
    bench.tell_again(other, 9, P0, 299);
    assert_eq!(bench.route(9), Some((other, 499)));
}

#[test]
fn a_newer_beacon_makes_every_neighbour_usable_again() {
    let mut bench = Bench::new();
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P0, 100);
    bench.said_later(other);
    bench.router.link_down(bench.now, one);
    bench.tell(other, 9, P1, 5_000);
    assert_eq!(bench.route(9), Some((other, 5_200)));
}

#[test]
fn a_neighbour_that_gets_farther_away_stays_usable() {
    let mut bench = Bench::new();
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P0, 100);
    bench.said_later(other);
    bench.tell_again(one, 9, P0, 2_000);
    assert_eq!(bench.route(9), Some((one, 2_200)));
    assert_eq!(bench.said_later(other), [Said::Route(node(9), P0, 2_200)]);
}

#[test]
fn distances_outlive_the_last_route_by_three_minutes() {
    let mut bench = Bench::new();
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P0, 100);
    bench.said_later(other);
    bench.router.link_down(bench.now, one);
    bench.pass(Duration::from_secs(179));
    bench.tell_again(other, 9, P0, 400);
    assert_eq!(bench.route(9), None, "it is not forgotten that 300 was said");
    bench.retract(other, 9);
    bench.pass(Duration::from_secs(180));
    assert_eq!(bench.router.destination(node(9)), None);
    bench.tell(other, 9, P0, 400);
    assert_eq!(bench.route(9), Some((other, 600)));
}

#[test]
fn a_suspected_neighbour_is_avoided_and_a_lost_one_is_given_up_at_once() {
    let mut bench = Bench::new();
    let (near, far) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(near, 9, P0, 0);
    bench.tell_again(far, 9, P0, 150);
    assert_eq!(bench.route(9), Some((near, 200)));
    bench.router.suspect(bench.now, near, true);
    assert_eq!(bench.route(9), Some((far, 350)));
    bench.router.suspect(bench.now, near, false);
    assert_eq!(bench.route(9), Some((near, 200)));
    bench.router.link_down(bench.now, near);
    assert_eq!(bench.route(9), Some((far, 350)));
}

#[test]
fn where_only_a_silent_neighbour_may_be_used_a_newer_beacon_is_asked_for() {
    let mut bench = Bench::new();
    let (near, far) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(near, 9, P0, 0);
    bench.said_later(far);
    // It was told 200, so it may have 200 from here.
    bench.tell_again(far, 9, P0, 200);
    assert_eq!(bench.said(far), []);
    bench.router.suspect(bench.now, near, true);
    assert_eq!(bench.route(9), Some((near, 200)), "there is no other way");
    assert_eq!(bench.said(far), [Said::Request(node(9), P1)]);
    bench.tell(far, 9, P1, 200);
    assert_eq!(bench.route(9), Some((far, 400)));
}

#[test]
fn a_neighbour_that_loses_probes_costs_twice_as_much_for_a_minute() {
    let mut bench = Bench::new();
    let (near, far) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(near, 9, P0, 0);
    bench.tell_again(far, 9, P0, 100);
    (0..7).for_each(|_| bench.router.probed(bench.now, near, true));
    assert_eq!(bench.route(9), Some((near, 200)));
    bench.router.probed(bench.now, near, true);
    assert_eq!(bench.route(9), Some((far, 300)));
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.route(9), Some((near, 200)));
}

#[test]
fn sixteen_hops_are_too_far() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.tell(one, 9, P0, 100);
    assert!(bench.route(9).is_some());
    let route = net_types::wire::route::Route {
        node_id: node(9),
        epoch: P0.epoch,
        seqno: P0.seqno,
        distance_metric: 100,
        distance_hops: 16,
    };
    bench.give(one, net_types::route::GossipKind::Routes, &[route.encode().unwrap()]);
    assert_eq!(bench.route(9), None);
}

#[test]
fn requests_go_towards_the_destination_once_in_five_seconds() {
    let mut bench = Bench::new();
    let (next, one, other) = (bench.neighbour(1), bench.neighbour(2), bench.neighbour(3));
    bench.tell(next, 9, P0, 100);
    bench.said_later(next);
    bench.ask(one, 9, P1, 16);
    assert_eq!(bench.said(next), [Said::Request(node(9), P1)]);
    bench.ask(other, 9, P1, 16);
    assert_eq!(bench.said(next), []);
    bench.pass(Duration::from_secs(5));
    bench.ask(other, 9, P1, 1);
    assert_eq!(bench.said(next), [], "it has made all of its hops");
    bench.ask(other, 9, P1, 2);
    assert_eq!(bench.said(next), [Said::Request(node(9), P1)]);
}

#[test]
fn a_request_that_can_be_answered_goes_no_further() {
    let mut bench = Bench::new();
    let (next, one) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(next, 9, P1, 100);
    bench.said_later(one);
    bench.ask(one, 9, P1, 16);
    assert_eq!(bench.said(one), [Said::Route(node(9), P1, 300)]);
}

#[test]
fn a_starved_node_asks_again_ever_more_seldom() {
    let mut bench = Bench::new();
    let (one, other) = (bench.neighbour(1), bench.neighbour(2));
    bench.tell(one, 9, P0, 100);
    bench.said_later(other);
    bench.tell_again(other, 9, P0, 700);
    bench.router.link_down(bench.now, one);
    let mut asked = Vec::new();
    for second in 0..40 {
        let said = bench.said(other);
        asked.extend(said.contains(&Said::Request(node(9), P1)).then_some(second));
        bench.pass(Duration::from_secs(1));
    }
    assert_eq!(asked, [0, 1, 3, 7, 15, 31]);
}
