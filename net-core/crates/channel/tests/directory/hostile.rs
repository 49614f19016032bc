//! What neighbours hand on that nobody has signed, or that is none.

use crate::kit::{Bench, EPOCH, Say, entity, later, revoked, said};
use net_channel::{Drop, Event};
use net_gossip::{Link, Misdeed};
use net_types::{capability::AnnouncementKind, route::GossipKind};

#[test]
fn a_flipped_bit_anywhere_opens_nothing() {
    let message = said(9, Say::default());
    for bit in 8..(message.len() - 1) * 8 {
        let mut bench = Bench::new();
        let one = bench.neighbour(1);
        let mut flipped = message.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        bench.give(one, &flipped);
        assert!(bench.directory.index().is_empty(), "bit {bit}");
    }
}

#[test]
fn forgeries_cost_the_neighbour_its_session_and_silence_nobody() {
    let mut bench = Bench::new();
    let (one, two) = (bench.neighbour(1), bench.neighbour(2));
    let mut forged = said(9, Say { revision: 1_000, ..Say::default() });
    let place = forged.len() - 10;
    forged[place] ^= 1;
    (0..7).for_each(|_| bench.give(one, &forged));
    assert_eq!(bench.events(), []);
    bench.give(one, &forged);
    assert_eq!(bench.events(), [Event::Misbehaved { link: one, misdeed: Misdeed::Forged }]);
    bench.give(two, &said(9, Say::default()));
    assert!(bench.knows(9));
}

#[test]
fn a_later_version_is_passed_on_unread_and_blames_nobody() {
    let mut bench = Bench::new();
    let (one, two) = (bench.neighbour(1), bench.neighbour(2));
    bench.give(one, &said(9, Say::default()));
    assert!(bench.knows(9));
    bench.said(two);

    let message = later(9, 2, b"what nobody here reads");
    bench.give(one, &message);
    assert!(!bench.knows(9), "what it says now is not known");
    let told = bench.said(two);
    let is_the_same = |told: &[u8]| told[..told.len() - 1] == message[..message.len() - 1];
    assert_eq!(told.iter().filter(|told| is_the_same(told)).count(), 1);
    assert_eq!(told[0].last(), Some(&2), "it has made one hop more");

    let three = bench.neighbour(3);
    let marks = [&[GossipKind::AnnouncementMarks.tag()][..], &[0; 8], &[0xff; 8], &[0; 2]].concat();
    bench.give(three, &marks);
    assert!(bench.said(three).iter().any(|told| is_the_same(told)), "who joins later is told, too");

    bench.pass(std::time::Duration::from_secs(301));
    let four = bench.neighbour(4);
    bench.give(four, &marks);
    assert!(!bench.said(four).iter().any(|told| is_the_same(told)), "its time is over");

    bench.give(one, &said(9, Say { revision: 3, issued: bench.at.wall, ..Say::default() }));
    assert!(bench.knows(9), "a version that is read is understood again");
    assert!(!bench.events().iter().any(|event| matches!(event, Event::Misbehaved { .. })));
}

#[test]
fn a_forged_later_version_is_a_forgery_and_a_short_one_is_none() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let sound = later(9, 2, b"");
    let mut forged = sound.clone();
    forged[60] ^= 1;
    bench.give(one, &forged);
    assert_eq!((bench.dropped(Drop::Forged), bench.dropped(Drop::Malformed)), (1, 0));
    bench.give(one, &sound[..100]);
    assert_eq!((bench.dropped(Drop::Forged), bench.dropped(Drop::Malformed)), (1, 1));
}

#[test]
fn every_truncation_of_every_message_is_refused() {
    let marks = [&[GossipKind::AnnouncementMarks.tag()][..], &[0; 18]].concat();
    let revocation_marks = [&[GossipKind::RevocationMarks.tag()][..], &[0; 66]].concat();
    let digests = [&[GossipKind::Digests.tag()][..], &[0, 1], &[0; 2_048], &[0, 1], &[0; 2_048]].concat();
    for message in [said(9, Say::default()), revoked(9, 3), marks, revocation_marks, digests] {
        for length in (1..message.len()).filter(|length| message.len() < 500 || length % 97 == 1) {
            let mut bench = Bench::new();
            let one = bench.neighbour(1);
            bench.give(one, &message[..length]);
            let is_empty_list = message[0] == GossipKind::Revocations.tag() && length == 1;
            assert!(bench.dropped(Drop::Malformed) == 1 || is_empty_list, "{length} of {:?}", message[0]);
        }
        let mut bench = Bench::new();
        let one = bench.neighbour(1);
        bench.give(one, &message);
        assert_eq!(bench.dropped(Drop::Malformed), 0, "{:?}", message[0]);
    }
}

#[test]
fn messages_that_are_none_are_bounded_and_named() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    bench.give(one, &vec![GossipKind::Announcement.tag(); 40_000]);
    assert_eq!(bench.events(), [Event::Misbehaved { link: one, misdeed: Misdeed::Malformed }]);
    bench.give(one, &[]);
    bench.give(one, &[99, 1, 2]);
    bench.give(one, &[GossipKind::Beacons.tag(), 1]);
    assert_eq!(bench.dropped(Drop::UnknownKind), 3);
    bench.give(Link::at(77), &said(9, Say::default()));
    assert_eq!(bench.dropped(Drop::NoSession), 1);
    assert!(bench.directory.index().is_empty());
}

#[test]
fn marks_outside_of_their_range_or_order_are_malformed() {
    let mark = |node: u64| [&node.to_le_bytes()[..], &[0; 12]].concat();
    let marks = |first: u64, last: u64, nodes: &[u64]| {
        let marks: Vec<_> = nodes.iter().flat_map(|node| mark(*node)).collect();
        let count = (nodes.len() as u16).to_le_bytes();
        [
            &[GossipKind::AnnouncementMarks.tag()][..],
            &first.to_le_bytes(),
            &last.to_le_bytes(),
            &count,
            &marks,
        ]
        .concat()
    };
    for (message, is_sound) in [
        (marks(0, 10, &[1, 2]), true),
        (marks(10, 0, &[]), false),
        (marks(0, 10, &[2, 1]), false),
        (marks(0, 10, &[1, 1]), false),
        (marks(0, 10, &[11]), false),
    ] {
        let mut bench = Bench::new();
        let one = bench.neighbour(1);
        bench.give(one, &message);
        assert_eq!(bench.dropped(Drop::Malformed) == 0, is_sound, "{message:?}");
    }
}

#[test]
fn a_signed_body_that_is_none_is_dropped() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let kinds = [AnnouncementKind::Full, AnnouncementKind::Delta, AnnouncementKind::Withdrawal];
    for (at, kind) in (0..).zip(kinds) {
        bench.give(one, &said(9 + at, Say { kind, body: vec![1, 0, 9], ..Say::default() }));
    }
    assert_eq!(bench.dropped(Drop::BadBody), 3);
    assert!(bench.directory.index().is_empty() && bench.events().is_empty());
}

#[test]
fn what_was_captured_elsewhere_says_nothing_about_another() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let mut renamed = said(9, Say { epoch: EPOCH + 9, ..Say::default() });
    renamed[1 + 16 + 1 + 1..][..32].copy_from_slice(entity(8).as_bytes());
    bench.give(one, &renamed);
    assert!(!bench.knows(8) && !bench.knows(9));
    assert_eq!(bench.dropped(Drop::Forged), 1);
}
