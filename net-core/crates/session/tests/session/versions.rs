//! Nodes that differ in what they speak: they meet in what both do, and nobody talks them down.

use crate::world::{World, config};
use bytes::Bytes;
use net_session::{Config, OpenStream, SessionStats};
use std::time::Duration;

/// A node that is one version ahead.
fn ahead(byte: u8) -> Config {
    Config { version: 2, ..config(byte) }
}

/// A node of the first version that knows no optional frame.
fn plain(byte: u8) -> Config {
    Config { features: 0, ..config(byte) }
}

/// Sends messages over a link that marks every third packet; what node 0 has counted.
fn exchange(mut world: World) -> SessionStats {
    world.link.marking = 333;
    let stream = world.open(0, &OpenStream::reliable(1));
    let messages: Vec<Bytes> = (0..100).map(|_| world.random.bytes(3_000)).collect();
    messages.iter().for_each(|message| assert!(world.send(0, stream, message)));
    world.run(Duration::from_secs(2));
    let read = world.nodes[1].messages(stream);
    assert!(read.iter().map(|(_, bytes)| bytes).eq(&messages));
    let session = world.session(0);
    world.nodes[0].endpoint.session_stats(session).expect("stats")
}

#[test]
fn a_peer_one_version_ahead_comes_down_to_what_both_speak() {
    for configs in [vec![ahead(1), config(2)], vec![config(1), ahead(2)], vec![ahead(1), ahead(2)]] {
        let (world, session, _) = World::connect(World::new(1, configs));
        assert!(world.failure(0).is_none());
        assert_eq!(world.session(0), session);
        exchange(world);
    }
}

#[test]
fn a_frame_is_sent_only_where_both_sides_know_it() {
    for (configs, are_marks_told) in [
        (vec![config(1), config(2)], true),
        (vec![plain(1), config(2)], false),
        (vec![config(1), plain(2)], false),
        (vec![plain(1), plain(2)], false),
    ] {
        let (world, _, _) = World::connect(World::new(1, configs));
        let stats = exchange(world);
        assert_eq!(stats.congestion_marks > 0, are_marks_told, "{stats:?}");
        assert_eq!(stats.packets_lost, 0);
    }
}

#[test]
fn congestion_that_is_marked_slows_the_sender_as_a_loss_does() {
    let window = |marking| {
        let (mut world, session, _) = World::connected(1);
        let stream = world.open(0, &OpenStream { window: 0, ..OpenStream::reliable(1) });
        world.link.marking = marking;
        let message = world.random.bytes(1_000_000);
        assert!(world.send(0, stream, &message));
        world.run(Duration::from_secs(10));
        assert_eq!(world.nodes[1].messages(stream).len(), 1);
        let stats = world.nodes[0].endpoint.session_stats(session).expect("stats");
        assert_eq!(stats.packets_lost, 0);
        stats.congestion_window
    };
    assert!(window(100) * 4 < window(0), "{} and {}", window(100), window(0));
}

#[test]
fn where_marks_are_removed_none_are_sent() {
    for (is_bleaching, marked) in [(false, 200..1_000), (true, 1..21)] {
        let (mut world, _, _) = World::connected(1);
        world.is_bleaching = is_bleaching;
        let stream = world.open(0, &OpenStream::reliable(1));
        let message = world.random.bytes(300_000);
        assert!(world.send(0, stream, &message));
        world.run(Duration::from_secs(2));
        assert_eq!(world.nodes[1].messages(stream).len(), 1);
        // Ten of each side are on trial.
        assert!(marked.contains(&world.marked), "{} marked packets, bleached: {is_bleaching}", world.marked);
    }
}
