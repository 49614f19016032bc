//! How much a neighbour may cost.

use crate::kit::{Bench, Say, entity, node, revoked, said, state};
use net_channel::{Config, Drop, Event};
use net_gossip::Misdeed;
use net_types::{route::GossipKind, wire::capability::AnnouncementPull};
use std::time::Duration;

#[test]
fn a_neighbour_fills_no_more_than_a_quarter() {
    let mut bench = Bench::with(Config { max_origins: 16, ..Config::default() });
    let one = bench.neighbour(1);
    (10..20).for_each(|number| bench.give(one, &said(number, Say::default())));
    assert_eq!((bench.directory.index().len(), bench.dropped(Drop::TableFull)), (4, 6));
    bench.give(one, &said(10, Say { revision: 2, ..Say::default() }));
    assert_eq!(bench.dropped(Drop::TableFull), 6, "what is known may change");
    let two = bench.neighbour(2);
    bench.give(two, &said(30, Say::default()));
    assert!(bench.knows(30));
}

#[test]
fn bytes_are_counted_as_well() {
    let mut bench = Bench::with(Config { max_bytes: 100_000, ..Config::default() });
    let one = bench.neighbour(1);
    let long = "t".repeat(1_000);
    for number in 10..40 {
        bench.give(one, &said(number, Say { body: state(&[&long]).encode().unwrap(), ..Say::default() }));
    }
    let (_, bytes) = bench.directory.size();
    assert!(bytes <= 25_000, "{bytes}");
    assert!(bench.dropped(Drop::TableFull) > 0 && !bench.directory.index().is_empty());
}

#[test]
fn a_neighbours_own_announcement_is_given_the_place_of_another() {
    let mut bench = Bench::with(Config { max_origins: 4, ..Config::default() });
    for number in 1..5 {
        let link = bench.neighbour(number);
        bench.give(link, &said(10 + number, Say::default()));
    }
    assert_eq!(bench.directory.size().0, 4);
    let five = bench.neighbour(5);
    bench.give(five, &said(15, Say::default()));
    assert!(!bench.knows(15));
    bench.give(five, &said(5, Say::default()));
    assert!(bench.knows(5));
    assert_eq!(bench.directory.size().0, 4);
}

#[test]
fn signatures_beyond_the_rate_wait_and_are_not_lost() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let mut given = 0;
    for number in 1_000.. {
        if !bench.directory.accepts(one) {
            break;
        }
        bench.give(one, &said(number, Say::default()));
        given += 1;
    }
    assert_eq!((given, bench.directory.index().len()), (401, 400));
    bench.pass(Duration::from_millis(5));
    assert!(bench.directory.accepts(one));
    assert_eq!(bench.directory.index().len(), 401);
}

#[test]
fn what_waits_beyond_the_credit_costs_the_session() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    (1_000..1_401).for_each(|number| bench.give(one, &said(number, Say::default())));
    assert_eq!(bench.events().iter().filter(|event| matches!(event, Event::Misbehaved { .. })).count(), 0);
    let message = said(5_000, Say::default());
    (0..1_000).for_each(|_| bench.give(one, &message));
    assert!(bench.events().contains(&Event::Misbehaved { link: one, misdeed: Misdeed::Flood }));
}

#[test]
fn only_the_newest_of_what_waits_for_its_turn_counts() {
    let mut bench = Bench::new();
    let (one, two) = (bench.neighbour(1), bench.neighbour(2));
    let numbered = |revision: u32| {
        let body = state(&[&format!("number {revision}")]).encode().unwrap();
        said(9, Say { revision, body, ..Say::default() })
    };
    (1..=9).for_each(|revision| bench.give(one, &numbered(revision)));
    let revision = |bench: &Bench| bench.directory.edition(node(9)).unwrap().revision;
    assert_eq!((revision(&bench), bench.dropped(Drop::Overtaken)), (4, 4));
    bench.give(two, &numbered(9));
    assert_eq!(bench.dropped(Drop::Old), 1, "one that waits is known");
    bench.pass(Duration::from_secs(5));
    assert_eq!(revision(&bench), 9);
}

#[test]
fn what_waits_is_bounded_by_its_giver() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let long: Vec<_> = (0..30).map(|at| format!("{at:02}{}", "t".repeat(998))).collect();
    let long: Vec<_> = long.iter().map(String::as_str).collect();
    let body = state(&long).encode().unwrap();
    for revision in 1..=5 {
        for number in 100..150 {
            let body = if revision == 5 { body.clone() } else { state(&[]).encode().unwrap() };
            bench.give(one, &said(number, Say { revision, body, ..Say::default() }));
        }
    }
    assert_eq!(bench.dropped(Drop::TableFull), 50 - 34, "a MiB waits");
    bench.pass(Duration::from_secs(5));
    assert_eq!(bench.directory.edition(node(100)).unwrap().revision, 5);
}

#[test]
fn questions_beyond_their_rate_are_dropped() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.give(one, &said(9, Say::default()));
    let pull = AnnouncementPull { node_id: node(9) }.encode().unwrap();
    let pulls = [vec![GossipKind::Pulls.tag()], pull.repeat(2_000)].concat();
    bench.give(one, &pulls);
    assert_eq!(bench.dropped(Drop::TooManyQuestions), 2_000 - 1_024);
    assert_eq!(bench.announced(one).len(), 1);
}

#[test]
fn digests_are_answered_once() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.give(one, &said(9, Say::default()));
    let digests = [&[GossipKind::Digests.tag()][..], &[0, 1], &[0; 2_048], &[0, 1], &[0; 2_048]].concat();
    bench.give(one, &digests);
    assert_eq!(bench.said(one).len(), 1);
    bench.give(one, &digests);
    assert_eq!((bench.said(one).len(), bench.dropped(Drop::TooManyQuestions)), (0, 1));
}

#[test]
fn issuers_are_bounded_and_a_trusted_one_has_its_place() {
    let mut bench = Bench::with(Config { max_issuers: 8, ..Config::default() });
    bench.directory.trust([entity(50)]);
    let one = bench.neighbour(1);
    (10..20).for_each(|number| bench.give(one, &revoked(number, 1)));
    assert_eq!(bench.dropped(Drop::TableFull), 8);
    bench.give(one, &revoked(50, 3));
    assert_eq!(bench.directory.floor(&entity(50)), Some(3));
}
