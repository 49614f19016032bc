//! How sessions begin, and how attempts fail.

use crate::world::{PSK, World, address, config, seed};
use net_crypto::mesh::Psk;
use net_session::{Config, DropReason, Event, Target};
use net_types::{identity::NodeId, mesh::MeshError};
use std::time::Duration;

const OTHER_PSK: [u8; 32] = *b"another key, drawn and not typed";

fn other_psk(byte: u8) -> Config {
    Config::new(&seed(byte), vec![Psk::new(&OTHER_PSK)])
}

#[test]
fn one_round_trip_makes_a_session() {
    let (world, _, _) = World::connected(1);
    assert_eq!(world.now - world.start, Duration::from_millis(30), "INIT, RESP, and the first packet");
    let is_connected = |event: &Event| matches!(event, Event::Connected { .. });
    assert_eq!((world.count(0, is_connected), world.count(1, is_connected)), (1, 1));
    let peer = world.nodes[0].endpoint.peer(world.session(0)).expect("peer");
    assert_eq!(peer, (world.nodes[1].endpoint.entity_id(), world.nodes[1].endpoint.public_key()));
}

#[test]
fn nobody_there_is_no_answer_in_time() {
    let mut world = World::pair(1);
    let target = Target { path: net_session::Path::Direct(address(9)), ..world.target(1) };
    world.nodes[0].endpoint.connect(world.now, target);
    assert!(world.run_until(Duration::from_millis(5_001), |world| world.failure(0).is_some()));
    assert_eq!(world.failure(0), Some(MeshError::NoAnswer));
    assert!(world.now - world.start >= Duration::from_secs(5));
}

#[test]
fn wrong_keys_and_psks_are_told_apart() {
    for (wrong_key, wrong_psk, error) in [
        (true, false, MeshError::WrongKey),
        (false, true, MeshError::WrongPsk),
        (true, true, MeshError::NoAnswer),
    ] {
        let answering = if wrong_psk { other_psk(2) } else { config(2) };
        let mut world = World::new(1, vec![config(1), answering, config(3)]);
        let key = world.target(if wrong_key { 2 } else { 1 }).key;
        let target = Target { key, node: None, ..world.target(1) };
        world.nodes[0].endpoint.connect(world.now, target);
        let limit = Duration::from_millis(if error == MeshError::NoAnswer { 5_001 } else { 300 });
        assert!(world.run_until(limit, |world| world.failure(0).is_some()), "{error:?}");
        assert_eq!(world.failure(0), Some(error));
        assert_eq!(world.sessions(), 0);
        let strangers = world.nodes[1].endpoint.stats().dropped(DropReason::Stranger);
        assert_eq!(strangers > 0, wrong_key && wrong_psk);
    }
}

#[test]
fn another_node_behind_the_key_is_a_wrong_identity() {
    let mut world = World::pair(1);
    let target = Target { node: Some(NodeId(7)), ..world.target(1) };
    world.nodes[0].endpoint.connect(world.now, target);
    assert!(world.run_until(Duration::from_secs(1), |world| world.failure(0).is_some()));
    assert!(matches!(world.failure(0), Some(MeshError::WrongIdentity { expected: 7, .. })));
}

#[test]
fn a_psk_can_be_replaced_without_an_interruption() {
    let both = |byte, first: [u8; 32], second: [u8; 32]| {
        Config::new(&seed(byte), vec![Psk::new(&first), Psk::new(&second)])
    };
    for configs in [
        vec![config(1), both(2, OTHER_PSK, PSK)],
        vec![both(1, OTHER_PSK, PSK), both(2, PSK, OTHER_PSK)],
        vec![other_psk(1), both(2, PSK, OTHER_PSK)],
    ] {
        World::new(1, configs).connect();
    }
}

#[test]
fn a_node_that_is_not_admitted_hears_so() {
    let mut closed = config(2);
    closed.admitted = Some(vec![]);
    let mut world = World::new(1, vec![config(1), closed]);
    world.dial(0, 1);
    assert!(world.run_until(Duration::from_secs(1), |world| world.failure(0).is_some()));
    assert_eq!(world.failure(0), Some(MeshError::NotAdmitted));
}

#[test]
fn handshakes_pass_a_bad_link() {
    for number in 0..100 {
        let mut world = World::pair(number);
        world.link = crate::world::Link::awful();
        world.connect();
    }
}

#[test]
fn nodes_that_dial_each_other_share_one_session() {
    for number in 0..200 {
        let mut world = World::pair(number);
        world.link.jitter = Duration::from_millis(40);
        world.dial(0, 1);
        let wait = world.random.below(60);
        world.run(Duration::from_millis(wait));
        world.dial(1, 0);
        world.run(Duration::from_secs(8));
        assert_eq!(world.sessions(), 2, "seed {number}");
        for node in 0..2 {
            assert_eq!(world.ending(node), None, "seed {number}: no session was given up");
            assert_eq!(world.failure(node), None, "seed {number}");
            let told = world.count(node, |event| matches!(event, Event::Connected { dial: Some(_), .. }));
            assert_eq!(told, 1, "seed {number}: the dial of node {node} is told once");
        }
    }
}
