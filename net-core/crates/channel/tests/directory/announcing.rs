//! One directory and what it makes of announcements.

use crate::kit::{Bench, EPOCH, Say, WALL, entity, node, said, state};
use net_channel::{Config, Drop, Edition, Event, Filter, ScopeFilter};
use net_types::{
    capability::{AnnouncementKind, MAX_DELTAS},
    wire::capability::CapabilityDelta,
};
use std::time::Duration;

#[test]
fn believes_what_an_origin_has_signed_and_passes_it_on_as_it_came() {
    let mut bench = Bench::new();
    let (one, two) = (bench.neighbour(1), bench.neighbour(2));
    let message = said(9, Say { hops: 3, ..Say::default() });
    bench.give(one, &message);
    assert!(bench.knows(9));
    assert_eq!(bench.events(), [Event::Changed { node: node(9) }]);
    let mut expected = message.clone();
    *expected.last_mut().unwrap() = 4;
    assert_eq!(bench.said(two), [expected], "the same bytes, one hop further");
    bench.give(two, &message);
    assert_eq!(bench.said(one), Vec::<Vec<u8>>::new());
    assert_eq!((bench.dropped(Drop::Old), bench.directory.counters().signatures), (1, 1));
}

#[test]
fn does_not_send_what_a_neighbour_has_given_meanwhile() {
    let mut bench = Bench::new();
    let (one, two) = (bench.neighbour(1), bench.neighbour(2));
    bench.give(one, &said(9, Say::default()));
    bench.give(two, &said(9, Say::default()));
    assert_eq!(bench.said(two), Vec::<Vec<u8>>::new());
}

#[test]
fn passes_nothing_on_beyond_the_last_hop() {
    let mut bench = Bench::new();
    let (one, two) = (bench.neighbour(1), bench.neighbour(2));
    bench.give(one, &said(9, Say { hops: 16, ..Say::default() }));
    assert!(bench.knows(9) && bench.said(two).is_empty());
    bench.give(one, &said(8, Say { hops: 15, ..Say::default() }));
    assert_eq!(bench.announced(two)[0].hops, 16);
    for hops in [0, 17, 255] {
        bench.give(one, &said(7, Say { hops, ..Say::default() }));
    }
    assert!(!bench.knows(7));
    assert_eq!(bench.dropped(Drop::Malformed), 3);
}

#[test]
fn a_newer_one_counts_and_a_later_start_beats_any_revision() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let tagged = |revision, epoch, tag| {
        let body = state(&[tag]).encode().unwrap();
        said(9, Say { epoch, revision, body, ..Say::default() })
    };
    bench.give(one, &tagged(7, EPOCH, "first"));
    bench.give(one, &tagged(6, EPOCH, "older"));
    bench.give(one, &tagged(1, EPOCH + 1, "restarted"));
    bench.give(one, &tagged(8, EPOCH, "late"));
    assert!(bench.directory.index().get(node(9)).unwrap().tags().contains("restarted"));
    assert_eq!(bench.directory.edition(node(9)), Some(Edition { epoch: EPOCH + 1, revision: 1 }));
    assert_eq!(bench.dropped(Drop::Old), 2);
}

#[test]
fn whoever_has_an_older_one_is_sent_the_newer() {
    let mut bench = Bench::new();
    let (one, two) = (bench.neighbour(1), bench.neighbour(2));
    bench.give(one, &said(9, Say { revision: 5, ..Say::default() }));
    assert_eq!(bench.announced(two)[0].revision, 5);
    bench.directory.link_down(two);
    let two = bench.neighbour(2);
    bench.give(two, &said(9, Say { revision: 4, ..Say::default() }));
    assert_eq!(bench.announced(two)[0].revision, 5);
}

#[test]
fn a_withdrawal_is_remembered_so_that_no_old_copy_is_believed() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.give(one, &said(9, Say::default()));
    let withdrawal = Say { kind: AnnouncementKind::Withdrawal, revision: 2, body: vec![], ..Say::default() };
    bench.give(one, &said(9, withdrawal));
    assert!(!bench.knows(9));
    bench.give(one, &said(9, Say::default()));
    assert!(!bench.knows(9));
    bench.pass(Duration::from_secs(601));
    assert_eq!(bench.directory.edition(node(9)), None, "forgotten after ten minutes");
    bench.give(one, &said(9, Say::default()));
    assert!(bench.knows(9), "and within the tolerance a copy is believed");
    bench.pass(Duration::from_secs(1_000));
    bench.give(one, &said(9, Say::default()));
    assert!(!bench.knows(9));
    assert_eq!(bench.dropped(Drop::Expired), 1);
}

#[test]
fn it_holds_for_the_time_that_it_says() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.give(one, &said(9, Say { ttl: 100, ..Say::default() }));
    bench.give(one, &said(8, Say { ttl: 100, issued: WALL - 90, ..Say::default() }));
    bench.pass(Duration::from_secs(49));
    assert!(bench.knows(9) && bench.knows(8), "clocks differ: at least half of the time is left");
    bench.pass(Duration::from_secs(2));
    assert!(bench.knows(9) && !bench.knows(8));
    bench.pass(Duration::from_secs(50));
    assert!(!bench.knows(9));
    bench.give(one, &said(9, Say { ttl: 100, ..Say::default() }));
    assert!(!bench.knows(9), "the same one is over for ever");
}

#[test]
fn its_own_is_told_at_once_found_by_itself_and_renewed_by_changes() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let long = "t".repeat(100);
    bench.directory.announce(bench.at, state(&["gpu", &long])).unwrap();
    let found = bench.directory.index().find(&Filter::default(), &ScopeFilter::Any);
    assert_eq!(found, [node(0)], "a node finds itself");
    let told = bench.announced(one);
    assert_eq!((told.len(), told[0].kind, told[0].hops), (1, AnnouncementKind::Full, 1));
    let kinds: Vec<_> = (0..MAX_DELTAS + 1)
        .map(|_| {
            bench.pass(Duration::from_secs(100));
            bench.announced(one)[0].kind
        })
        .collect();
    let changes = [AnnouncementKind::Delta; MAX_DELTAS as usize];
    assert_eq!(kinds, [&changes[..], &[AnnouncementKind::Full]].concat());
    assert_eq!(bench.directory.edition(node(0)), Some(Edition { epoch: EPOCH, revision: 10 }));
}

#[test]
fn changes_are_told_as_changes_and_understood_so() {
    let (mut teller, mut reader) = (Bench::of(5, Config::default()), Bench::new());
    let (to, from) = (teller.neighbour(0), reader.neighbour(5));
    let many: Vec<_> = (0..50).map(|at| format!("hardware.key_{at}=1")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    teller.directory.announce(teller.at, state(&many)).unwrap();
    let full = teller.said(to);
    teller.directory.announce(teller.at, state(&[&many[1..], &["new"]].concat())).unwrap();
    let change = teller.said(to);
    assert!(change[0].len() * 3 < full[0].len(), "{} of {} bytes", change[0].len(), full[0].len());
    reader.give(from, &full[0]);
    reader.give(from, &change[0]);
    let tags = reader.directory.index().get(node(5)).unwrap().tags();
    assert!(tags.contains("new") && !tags.contains(many[0]) && tags.contains(many[49]));
}

#[test]
fn a_change_of_what_is_not_known_is_asked_for() {
    let mut bench = Bench::new();
    let (one, two) = (bench.neighbour(1), bench.neighbour(2));
    let base = state(&["a", "b"]);
    let full = said(9, Say { body: base.encode().unwrap(), ..Say::default() });
    let next = state(&["b", "c"]);
    let result = *blake3::hash(&next.encode().unwrap()).as_bytes();
    let tag = |text: &str| net_types::wire::capability::CapabilityTag { text: text.into() };
    let change = CapabilityDelta {
        base: 1,
        result,
        removed_tags: vec![tag("a")],
        added_tags: vec![tag("c")],
        removed_keys: vec![],
        set: vec![],
    };
    let delta = |revision, change: &CapabilityDelta| {
        let body = change.encode().unwrap();
        said(9, Say { kind: AnnouncementKind::Delta, revision, body, ..Say::default() })
    };
    bench.give(one, &delta(2, &change));
    assert!(!bench.knows(9) && bench.dropped(Drop::BaseUnknown) == 1);
    assert_eq!(bench.said(one).len(), 1, "the giver is asked");
    bench.give(one, &full);
    bench.give(one, &delta(2, &change));
    assert!(bench.directory.index().get(node(9)).unwrap().tags().contains("c"));
    let kinds: Vec<_> = bench.announced(two).iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [AnnouncementKind::Full, AnnouncementKind::Delta], "who has nothing gets both");
    bench.give(one, &delta(3, &CapabilityDelta { result: [0; 32], ..change }));
    assert_eq!(bench.dropped(Drop::WrongResult), 1);
    assert_eq!(bench.directory.edition(node(9)).map(|edition| edition.revision), Some(2));
}

#[test]
fn a_second_entity_does_not_get_a_neighbours_node_id() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.give(one, &said(1, Say::default()));
    assert_eq!(bench.directory.index().get(node(1)).unwrap().entity(), entity(1));
}

#[test]
fn an_own_announcement_of_a_later_epoch_is_outdone() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.directory.announce(bench.at, state(&["now"])).unwrap();
    bench.said(one);
    bench.give(one, &said(0, Say { epoch: EPOCH + 5, ..Say::default() }));
    assert!(bench.events().contains(&Event::EpochTaken { epoch: EPOCH + 6 }));
    let told = bench.announced(one);
    assert_eq!((told[0].epoch, told[0].revision, told[0].kind), (EPOCH + 6, 1, AnnouncementKind::Full));
}

#[test]
fn what_this_node_had_before_it_started_is_taken_back() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.give(one, &said(0, Say { epoch: EPOCH - 5, ..Say::default() }));
    let told = bench.announced(one);
    assert_eq!((told[0].epoch, told[0].kind), (EPOCH, AnnouncementKind::Withdrawal));
    assert!(!bench.knows(0));
}

#[test]
fn too_much_to_announce_is_an_error_and_changes_nothing() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let long: Vec<_> = (0..40).map(|at| format!("{at}{}", "t".repeat(1_000))).collect();
    let long: Vec<_> = long.iter().map(String::as_str).collect();
    assert!(bench.directory.announce(bench.at, state(&long)).is_err());
    assert!(bench.said(one).is_empty() && bench.directory.announced().is_none());
}
