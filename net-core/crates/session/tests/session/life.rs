//! How sessions live on and end: silence, close, restart, fresh keys, another path.

use crate::world::{PSK, World, config};
use net_crypto::mesh::Psk;
use net_session::{Event, OpenStream, Path};
use net_types::mesh::{CloseCode, MeshError, StreamError};
use std::{net::SocketAddr, time::Duration};

#[test]
fn an_idle_session_stays_and_costs_little() {
    let (mut world, session, _) = World::connected(1);
    let before = world.nodes[0].endpoint.session_stats(session).expect("stats").packets_sent;
    world.run(Duration::from_secs(600));
    assert_eq!(world.sessions(), 2);
    let packets = world.nodes[0].endpoint.session_stats(session).expect("stats").packets_sent - before;
    assert!((60..300).contains(&packets), "{packets} packets in ten minutes");
}

#[test]
fn silence_is_suspected_then_fails_within_the_timeout() {
    let mut quick = config(1);
    (quick.heartbeat, quick.session_timeout) = (Duration::from_millis(200), Duration::from_secs(2));
    let (mut world, session, _) = World::connect(World::new(1, vec![quick, config(2)]));
    world.run(Duration::from_secs(1));
    let cut = world.now;
    world.link.loss = 1_000;
    assert!(world.run_until(Duration::from_secs(3), |world| world.ending(0).is_some()));
    assert_eq!(world.ending(0), Some(MeshError::PeerGone));
    assert!(world.now - cut <= Duration::from_millis(2_001), "{:?}", world.now - cut);
    assert_eq!(world.count(0, |event| matches!(event, Event::Suspected { is_silent: true, .. })), 1);
    let refused = world.nodes[0].endpoint.open_stream(world.now, session, &OpenStream::reliable(1));
    assert_eq!(refused, Err(StreamError::NotConnected));
}

#[test]
fn a_dialled_peer_is_dialled_again_until_it_is_back() {
    let mut quick = config(1);
    (quick.heartbeat, quick.session_timeout) = (Duration::from_millis(200), Duration::from_secs(2));
    let (mut world, _, _) = World::connect(World::new(1, vec![quick, config(2)]));
    world.link.loss = 1_000;
    world.run(Duration::from_secs(20));
    assert_eq!(world.ending(0), Some(MeshError::PeerGone));
    world.link.loss = 0;
    assert!(
        world.run_until(Duration::from_secs(40), |world| world.nodes[0].endpoint.sessions().count() == 1)
    );
}

#[test]
fn a_close_is_seen_at_once() {
    let (mut world, _, _) = World::connected(1);
    let key = world.nodes[0].endpoint.public_key();
    world.run(Duration::from_secs(1));
    world.nodes[1].endpoint.disconnect(world.now, key);
    let closed = world.now;
    assert!(world.run_until(Duration::from_secs(1), |world| world.ending(0).is_some()));
    assert_eq!(world.now - closed, world.link.delay);
    let close_code = u64::from(CloseCode::None.tag());
    assert_eq!(world.ending(0), Some(MeshError::Closed { close_code, reason: None }));
}

#[test]
fn a_close_that_is_lost_is_told_to_whoever_still_sends() {
    let (mut world, session, _) = World::connected(1);
    let stream = world.open(0, &OpenStream::reliable(1));
    world.run(Duration::from_secs(1));
    world.link.loss = 1_000;
    world.nodes[1].endpoint.shutdown(world.now);
    world.run(Duration::from_millis(1));
    world.link.loss = 0;
    let message = world.random.bytes(10);
    world.nodes[0].endpoint.send(world.now, session, stream, &[message]).expect("room");
    assert!(world.run_until(Duration::from_secs(1), |world| world.ending(0).is_some()));
    let close_code = u64::from(CloseCode::ShuttingDown.tag());
    assert_eq!(world.ending(0), Some(MeshError::Closed { close_code, reason: None }));
}

#[test]
fn a_close_that_is_lost_is_told_again_to_a_peer_that_is_silent() {
    let (mut world, _, _) = World::connected(1);
    let key = world.nodes[0].endpoint.public_key();
    world.run(Duration::from_secs(1));
    world.link.loss = 1_000;
    world.nodes[1].endpoint.disconnect(world.now, key);
    world.run(Duration::from_millis(1));
    world.link.loss = 0;
    assert!(world.run_until(Duration::from_secs(1), |world| world.ending(0).is_some()));
    let close_code = u64::from(CloseCode::None.tag());
    assert_eq!(world.ending(0), Some(MeshError::Closed { close_code, reason: None }));
}

#[test]
fn a_node_that_shuts_down_refuses_dials() {
    let mut world = World::pair(1);
    world.nodes[1].endpoint.shutdown(world.now);
    world.dial(0, 1);
    assert!(world.run_until(Duration::from_secs(1), |world| world.failure(0).is_some()));
    assert_eq!(world.failure(0), Some(MeshError::ShuttingDown));
}

#[test]
fn a_restarted_peer_that_dials_ends_the_old_session() {
    let (mut world, _, _) = World::connected(1);
    world.run(Duration::from_secs(1));
    world.restart(1, config(2));
    world.dial(1, 0);
    world.run(Duration::from_secs(1));
    let close_code = u64::from(CloseCode::PeerRestarted.tag());
    assert_eq!(world.ending(0), Some(MeshError::Closed { close_code, reason: None }));
    assert_eq!(world.sessions(), 2);
}

#[test]
fn a_restarted_peer_is_found_by_whoever_sends_to_it() {
    let (mut world, session, _) = World::connected(1);
    let stream = world.open(0, &OpenStream::reliable(1));
    world.run(Duration::from_secs(5));
    world.restart(1, config(2));
    let message = world.random.bytes(100);
    world.nodes[0].endpoint.send(world.now, session, stream, &[message]).expect("room");
    world.run(Duration::from_secs(1));
    let close_code = u64::from(CloseCode::PeerRestarted.tag());
    assert_eq!(world.ending(0), Some(MeshError::Closed { close_code, reason: None }));
    assert_eq!(world.sessions(), 2);
}

#[test]
fn keys_are_renewed_every_hour_and_nothing_is_interrupted() {
    let (mut world, session, _) = World::connected(1);
    let stream = world.open(0, &OpenStream::reliable(1));
    for minute in 0..200 {
        let message = world.random.bytes(2_000);
        assert!(world.send(0, stream, &message));
        world.run(Duration::from_secs(60));
        assert_eq!(world.nodes[1].messages(stream).len(), minute + 1);
    }
    assert!(world.nodes[1].endpoint.stats().answered >= 4, "one handshake an hour");
    assert_eq!((world.session(0), world.ending(0)), (session, None));
}

#[test]
fn a_session_whose_keys_cannot_be_renewed_ends() {
    let (mut world, _, _) = World::connected(1);
    // Only handshakes vanish: they are the longest packets of an idle session.
    world.run(Duration::from_secs(5));
    world.link.mtu = 150;
    world.run(Duration::from_secs(89 * 60));
    assert_eq!(world.sessions(), 2);
    world.run(Duration::from_secs(2 * 60));
    assert_eq!(world.sessions(), 0);
}

#[test]
fn a_path_that_takes_only_shorter_datagrams_from_now_on_is_noticed_without_an_answer() {
    let (mut world, session, _) = World::connected(1);
    let stream = world.open(0, &OpenStream::reliable(1));
    for number in 1..=3 {
        let message = world.random.bytes(100_000);
        assert!(world.send(0, stream, &message));
        world.run(Duration::from_secs(5));
        assert_eq!(world.nodes[1].messages(stream).len(), number, "at an MTU of {}", world.link.mtu);
        // By now the path was found to take 1,440 bytes; all that a new message is sent in vanishes.
        world.link.mtu = 1_300;
    }
    assert_eq!((world.session(0), world.ending(0)), (session, None));
}

#[test]
fn a_session_follows_its_peer_to_another_address() {
    let (mut world, session, _) = World::connected(1);
    let stream = world.open(0, &OpenStream::reliable(1));
    let message = world.random.bytes(300_000);
    assert!(world.send(0, stream, &message));
    for (step, moved) in
        [([10, 0, 0, 77], 5_000), ([10, 0, 0, 77], 6_000), ([10, 0, 9, 9], 1)].into_iter().enumerate()
    {
        world.run(Duration::from_millis(50));
        let address = SocketAddr::from(moved);
        world.nodes[0].address = address;
        let message = world.random.bytes(1_000);
        assert!(world.send(0, stream, &message));
        let peer = world.session(1);
        let has_moved = |world: &mut World| world.nodes[1].endpoint.path(peer) == Some(Path::Direct(address));
        assert!(world.run_until(Duration::from_secs(5), has_moved), "step {step}");
    }
    world.run(Duration::from_secs(5));
    assert_eq!(world.nodes[1].messages(stream).len(), 4);
    assert_eq!(world.session(0), session);
}

#[test]
fn packets_copied_from_another_address_move_nothing_for_long() {
    let (mut world, _, other) = World::connected(1);
    world.run(Duration::from_secs(1));
    world.is_recording = true;
    let stream = world.open(0, &OpenStream::reliable(1));
    let message = world.random.bytes(1_000);
    assert!(world.send(0, stream, &message));
    // Copies arrive before the originals, from an address where nobody answers.
    let (to, spoofed) = (world.nodes[1].address, SocketAddr::from(([66, 6, 6, 6], 6)));
    for (_, _, packet) in std::mem::take(&mut world.recording) {
        world.inject(spoofed, to, packet);
    }
    world.run(Duration::from_secs(5));
    assert_eq!(world.nodes[1].endpoint.path(other), Some(Path::Direct(world.nodes[0].address)));
    assert_eq!(world.nodes[1].messages(stream).len(), 1);
}

#[test]
fn a_removed_psk_ends_sessions_of_those_who_know_no_other() {
    let fresh = Psk::new(b"a newer key, drawn and not typed");
    let (mut world, _, _) = World::connected(1);
    world.nodes[1].endpoint.set_psks(world.now, vec![fresh.clone()]);
    world.run(Duration::from_secs(70));
    assert_eq!(world.sessions(), 0);

    let (mut world, session, _) = World::connected(1);
    world.nodes[0].endpoint.set_psks(world.now, vec![fresh.clone(), Psk::new(&PSK)]);
    world.nodes[1].endpoint.set_psks(world.now, vec![fresh]);
    world.run(Duration::from_secs(70));
    assert_eq!((world.sessions(), world.session(0)), (2, session));
}

#[test]
fn a_peer_tells_from_where_it_sees_this_node() {
    let (mut world, session, _) = World::connected(1);
    let path = world.nodes[0].endpoint.path(session).expect("path");
    world.nodes[0].endpoint.try_path(world.now, session, path);
    world.run(Duration::from_secs(1));
    let address = world.nodes[0].address;
    assert_eq!(
        world.count(0, |event| matches!(event, Event::Observed { address: seen, .. } if *seen == address)),
        1
    );
}
