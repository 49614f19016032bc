//! What hostile neighbours cannot make a router do.

use crate::kit::{Bench, beacon, entity, message};
use net_router::{Config, Drop, Event, Misdeed, Pair};
use net_types::route::GossipKind;
use std::time::Duration;

const P0: Pair = Pair { epoch: 50, seqno: 0 };

#[test]
fn signatures_of_a_neighbour_are_checked_200_a_second_after_the_first_400() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    for hundred in 0..5 {
        let beacons: Vec<_> = (0..100).map(|at| beacon(10 + hundred * 100 + at, P0)).collect();
        bench.give(one, GossipKind::Beacons, &beacons);
    }
    assert_eq!(bench.router.destinations().count(), 400);
    assert!(!bench.router.accepts(one));
    bench.pass(Duration::from_millis(100));
    assert_eq!(bench.router.destinations().count(), 420);
    for _ in 0..100 {
        let at = bench.router.poll_timeout().unwrap_or(bench.now);
        bench.now = bench.now.max(at);
        bench.pass(Duration::ZERO);
    }
    assert_eq!(bench.router.destinations().count(), 500);
    assert!(bench.router.accepts(one));
    assert_eq!(bench.router.counters().signatures, 500);
}

#[test]
fn what_waits_of_a_neighbour_is_bounded() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let beacons: Vec<_> = (0..100).map(|at| beacon(10 + at, P0)).collect();
    // Made anew each time, so that each is checked.
    for round in 0..15 {
        let forged: Vec<_> = beacons
            .iter()
            .map(|genuine| {
                let mut forged = genuine.clone();
                forged[120] ^= round + 1;
                forged
            })
            .collect();
        bench.give(one, GossipKind::Beacons, &forged);
    }
    assert!(bench.dropped(Drop::Flood) > 0);
    assert!(bench.events().contains(&Event::Misbehaved { link: one, misdeed: Misdeed::Flood }));
}

#[test]
fn a_neighbour_fills_at_most_a_quarter_of_the_table() {
    let mut bench = Bench::with(Config { max_destinations: 8, ..Config::default() });
    let links: Vec<_> = (1..=5).map(|number| bench.neighbour(number)).collect();
    for (at, link) in links.iter().enumerate() {
        let beacons: Vec<_> = (0..3).map(|count| beacon(100 + at as u64 * 10 + count, P0)).collect();
        bench.give(*link, GossipKind::Beacons, &beacons);
    }
    assert_eq!(bench.router.destinations().count(), 8);
    assert_eq!(bench.dropped(Drop::TableFull), 4 + 3);
}

#[test]
fn a_neighbour_that_comes_back_keeps_its_share() {
    let mut bench = Bench::with(Config { max_destinations: 8, ..Config::default() });
    for round in 0..4 {
        let link = bench.router.link_up(bench.now, entity(1), 1_452, Duration::ZERO);
        let beacons: Vec<_> = (0..2).map(|count| beacon(100 + round * 10 + count, P0)).collect();
        bench.give(link, GossipKind::Beacons, &beacons);
        bench.router.link_down(bench.now, link);
    }
    assert_eq!(bench.router.destinations().count(), 2);
}

#[test]
fn messages_that_are_none_cost_a_neighbour_its_session_and_nothing_else() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    for kind in [GossipKind::Beacons, GossipKind::Routes, GossipKind::SeqnoRequests].map(GossipKind::tag) {
        for length in [1, 23, 25, 159, 161] {
            bench.router.handle(bench.now, one, &[vec![kind], vec![0xa5; length]].concat());
        }
    }
    bench.router.handle(bench.now, one, &vec![1; 20_000]);
    assert_eq!(bench.dropped(Drop::Malformed), 16);
    assert_eq!(bench.events(), [Event::Misbehaved { link: one, misdeed: Misdeed::Malformed }]);
    bench.router.handle(bench.now, one, &[]);
    bench.router.handle(bench.now, one, &[99, 1, 2, 3]);
    assert_eq!(bench.dropped(Drop::UnknownKind), 2);
    assert_eq!(bench.router.destinations().count(), 0);
}

#[test]
fn requests_beyond_their_rate_are_dropped() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let request = |at: u64| {
        let layout = net_types::wire::route::SeqnoRequest {
            node_id: net_types::identity::NodeId(at),
            epoch: 1,
            seqno: 1,
            hops: 16,
            reserved: 0,
            padding: 0,
        };
        layout.encode().expect("bytes")
    };
    for round in 0..3 {
        let requests: Vec<_> = (0..600).map(|at| request(round * 600 + at)).collect();
        bench.router.handle(bench.now, one, &message(GossipKind::SeqnoRequests, &requests));
    }
    assert_eq!(bench.dropped(Drop::TooManyRequests), 800);
}

#[test]
fn a_link_that_takes_nothing_makes_nothing_grow() {
    let mut bench = Bench::new();
    let (one, stuck) = (bench.neighbour(1), bench.neighbour(2));
    bench.router.set_writable(stuck, false);
    for number in 0..300 {
        bench.tell(one, 100 + number, P0, 100);
    }
    bench.pass(Duration::from_millis(200));
    assert_eq!(bench.said(stuck), []);
    bench.router.set_writable(stuck, true);
    assert_eq!(bench.said(stuck).len(), 600, "a beacon and a route of each");
}

#[test]
fn a_link_whose_room_ends_is_given_two_messages_more_and_the_rest_later() {
    let mut bench = Bench::new();
    let (one, narrow) = (bench.neighbour(1), bench.neighbour(2));
    for number in 0..600 {
        bench.tell(one, 100 + number, P0, 100);
    }
    bench.pass(Duration::from_millis(200));
    let mut given = 0;
    for _ in 0..600 {
        let more = std::iter::from_fn(|| bench.router.poll_transmit())
            .inspect(|transmit| assert_eq!(transmit.link, narrow))
            .take(1)
            .count();
        if more == 0 {
            break;
        }
        bench.router.set_writable(narrow, false);
        let behind = std::iter::from_fn(|| bench.router.poll_transmit()).count();
        assert!(behind <= 2, "{behind} messages for a link that takes none");
        bench.router.set_writable(narrow, true);
        given += more + behind;
    }
    assert!(given > 3, "{given} messages in all are one turn only");
}
