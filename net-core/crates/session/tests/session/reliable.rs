//! Reliable streams: each message once and in order, whatever the link does.

use crate::world::{Link, World};
use bytes::Bytes;
use net_session::{Event, OpenStream};
use net_types::mesh::StreamError;
use std::time::Duration;

/// Sends messages and checks that they arrive; the time it took.
fn exchange(world: &mut World, messages: &[Bytes], window: u32) -> Duration {
    let begin = world.now;
    let stream = world.open(0, &OpenStream { window, ..OpenStream::reliable(7) });
    for message in messages {
        assert!(world.send(0, stream, message), "no room for {} bytes", message.len());
    }
    let session = world.session(0);
    world.nodes[0].endpoint.finish(world.now, session, stream).expect("finish");
    let is_done = |world: &mut World| world.count(0, |event| matches!(event, Event::Delivered { .. })) > 0;
    assert!(world.run_until(Duration::from_secs(600), is_done), "not delivered");
    let read = world.nodes[1].messages(stream);
    assert_eq!(read.len(), messages.len());
    for (at, (sent, (sequence, bytes))) in messages.iter().zip(read).enumerate() {
        assert_eq!(*sequence, at as u64);
        assert!(sent == bytes, "message {at}");
    }
    world.now - begin
}

#[test]
fn every_length_arrives() {
    let (mut world, _, _) = World::connected(1);
    let lengths = (0..3).chain([63, 64, 8_191, 8_192, 65_535, 65_536]).chain(1_100..1_460);
    let messages: Vec<Bytes> = lengths.map(|length| world.random.bytes(length)).collect();
    exchange(&mut world, &messages, 64 << 10);
}

#[test]
fn order_and_number_hold_on_an_awful_link() {
    for number in 0..60 {
        let (mut world, _, _) = World::connected(number);
        world.link = Link::awful();
        let count = 40 + world.random.below(40);
        let messages: Vec<Bytes> = (0..count)
            .map(|_| {
                let length = world.random.below(4_000) as usize;
                world.random.bytes(length)
            })
            .collect();
        exchange(&mut world, &messages, 32 << 10);
    }
}

#[test]
fn ten_megabytes_arrive_as_one_message() {
    for (number, link) in [(1, Link::default()), (2, Link { loss: 20, ..Link::default() })] {
        let (mut world, _, _) = World::connected(number);
        world.link = link;
        let message = world.random.bytes(10_000_000);
        exchange(&mut world, &[message], 64 << 10);
    }
}

#[test]
fn messages_left_out_of_a_full_stream_take_no_room_each() {
    let (mut world, _, _) = World::connected(1);
    let session = world.session(0);
    let stream = world.open(0, &OpenStream { window: 10_000, ..OpenStream::reliable(7) });
    world.link.loss = 1_000;
    let message = world.random.bytes(1_000);
    let mut sent = 0;
    while world.nodes[0].endpoint.send(world.now, session, stream, std::slice::from_ref(&message)).is_ok() {
        sent += 1;
    }
    let outstanding =
        |world: &World| world.nodes[0].endpoint.stream_stats(session, stream).expect("open").outstanding;
    let full = outstanding(&world);
    for _ in 0..100_000 {
        world.nodes[0].endpoint.skip(world.now, session, stream, 1).expect("a number");
    }
    assert!(outstanding(&world) <= full + 8, "one record tells of them all");
    world.link.loss = 0;
    assert!(world.run_until(Duration::from_secs(10), |world| world.send(0, stream, &message)));
    let last = |world: &World| world.nodes[1].messages(stream).last().map(|(sequence, _)| *sequence);
    assert!(world.run_until(Duration::from_secs(10), |world| last(world) == Some(sent + 100_000)));
    world.nodes[0].endpoint.finish(world.now, session, stream).expect("finish");
    assert_eq!(world.nodes[0].endpoint.skip(world.now, session, stream, 1), Err(StreamError::Closed));
}
