//! Fire-and-forget streams: each message whole or not at all, and the sender knows how many were lost.

use crate::world::{Link, World};
use bytes::Bytes;
use net_session::{Event, OpenStream};
use net_types::mesh::StreamError;
use std::{collections::BTreeMap, time::Duration};

/// Sends messages of these lengths on a link, and checks that what arrives is whole and that the rest is counted.
fn exchange(number: u64, link: Link, lengths: &[usize]) -> usize {
    let (mut world, _, _) = World::connected(number);
    world.link = link;
    let stream = world.open(0, &OpenStream { window: 512 << 10, ..OpenStream::fire_and_forget(7) });
    let session = world.session(0);
    let mut sent = BTreeMap::new();
    for (sequence, length) in lengths.iter().enumerate() {
        let message = world.random.bytes(*length);
        assert!(world.send(0, stream, &message));
        sent.insert(sequence as u64, message);
    }
    let is_settled = |world: &mut World| {
        world.nodes[0].endpoint.stream_stats(session, stream).is_some_and(|s| s.outstanding == 0)
    };
    assert!(world.run_until(Duration::from_secs(60), is_settled));
    // What came late is asked for once more.
    world.run(Duration::from_secs(2));
    let read: BTreeMap<u64, Bytes> = world.nodes[1].messages(stream).iter().cloned().collect();
    assert_eq!(read.len(), world.nodes[1].messages(stream).len(), "each once");
    assert!(read.iter().all(|(sequence, bytes)| sent.get(sequence) == Some(bytes)), "each whole");
    let stats = world.nodes[0].endpoint.stream_stats(session, stream).expect("stats");
    let told = read.len() as u64 + stats.lost + stats.dropped;
    assert_eq!(told, lengths.len() as u64, "seed {number}: {} were read, {stats:?}", read.len());
    assert_eq!(world.nodes[0].endpoint.session_stats(session).expect("stats").messages_lost, stats.lost);
    read.len()
}

#[test]
fn everything_arrives_where_nothing_is_lost() {
    let lengths: Vec<usize> = (0..2_000).chain([65_536, 262_143, 262_144]).collect();
    assert_eq!(exchange(1, Link::default(), &lengths), lengths.len());
}

#[test]
fn what_is_lost_is_counted() {
    for number in 0..40 {
        let link = Link { duplication: 50, jitter: Duration::from_millis(5), ..Link::default() };
        let link = Link { loss: 100, corruption: 10, ..link };
        let lengths: Vec<usize> = (0..400).map(|at| at * 37 % 3_000).collect();
        let read = exchange(number, link, &lengths);
        assert!((100..400).contains(&read), "seed {number}: {read}");
    }
}

#[test]
fn too_long_messages_are_refused_before_anything_is_sent() {
    let (mut world, session, _) = World::connected(1);
    for (stream, limit) in [(OpenStream::fire_and_forget(1), 256 << 10), (OpenStream::reliable(2), 16 << 20)]
    {
        let stream = world.open(0, &stream);
        let messages = [Bytes::from_static(b"short"), Bytes::from(vec![0; limit + 1])];
        let refused = world.nodes[0].endpoint.send(world.now, session, stream, &messages);
        let length = limit as u64 + 1;
        assert_eq!(refused, Err(StreamError::MessageTooLarge { length, limit: limit as u64 }));
        world.run(Duration::from_secs(1));
        assert!(world.nodes[1].messages(stream).is_empty());
    }
}

#[test]
fn a_reader_that_sleeps_loses_the_oldest_and_both_sides_know() {
    let (mut world, session, _) = World::connected(1);
    world.nodes[1].is_reading = false;
    let stream = world.open(0, &OpenStream::fire_and_forget(1));
    for _ in 0..500 {
        let message = world.random.bytes(1_000);
        assert!(world.send(0, stream, &message));
    }
    world.run(Duration::from_secs(2));
    let (now, reader) = (world.now, world.session(1));
    world.nodes[1].read(now, reader, stream);
    world.run(Duration::from_secs(1));
    let read = world.nodes[1].messages(stream);
    assert!(read.len() < 70 && read.last().is_some_and(|last| last.0 == 499), "the newest are kept");
    let stats = world.nodes[0].endpoint.stream_stats(session, stream).expect("stats");
    assert_eq!((stats.dropped + read.len() as u64, stats.lost), (500, 0));
    let dropped = world.nodes[1].endpoint.session_stats(reader).expect("stats").messages_dropped;
    assert_eq!(dropped, stats.dropped);
}

#[test]
fn a_finished_stream_ends_after_what_was_sent() {
    let (mut world, session, _) = World::connected(1);
    let stream = world.open(0, &OpenStream::fire_and_forget(1));
    let message = world.random.bytes(10);
    world.send(0, stream, &message);
    world.nodes[0].endpoint.finish(world.now, session, stream).expect("finish");
    world.run(Duration::from_secs(1));
    assert_eq!(world.nodes[1].messages(stream).len(), 1);
    let has_ended = |event: &Event| matches!(event, Event::StreamEnded { error: StreamError::Closed, .. });
    assert_eq!(world.count(1, has_ended), 1);
    assert_eq!(world.nodes[0].endpoint.stream_stats(session, stream), None);
}
