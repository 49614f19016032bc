//! Refusals: what they are worth, and versions that are not spoken.

use crate::world::{PSK, World, seed};
use net_crypto::mesh::{Initiator, Psk, StaticKey, keyed_mac};
use net_session::DropReason;
use net_types::{
    mesh::{MeshError, RejectCode},
    wire::mesh::{InitPacket, RejectPacket},
};
use std::time::Duration;
use zeroize::Zeroizing;

/// The refusal of a first message, by somebody with the PSK.
fn refusal(init: &InitPacket, reason: RejectCode, highest_version: u16) -> Vec<u8> {
    let mut refusal = RejectPacket {
        protocol: 1,
        reserved: 0,
        receiver_index: init.sender_index,
        reason: reason.tag(),
        highest_version,
        padding: 0,
        mac: [0; 16],
    };
    let head = refusal.encode().expect("encodes");
    refusal.mac = Psk::new(&PSK).mac(&[&head[..16], &init.mac_key, &init.mac_psk]);
    refusal.encode().expect("encodes")
}

/// A world in which node 0 has sent its first message, and that message.
fn dialled() -> (World, InitPacket) {
    let mut world = World::pair(1);
    world.is_recording = true;
    world.dial(0, 1);
    let init = InitPacket::decode(&world.recording[0].2).expect("a first message");
    (world, init)
}

#[test]
fn a_peer_of_another_version_says_which_it_speaks() {
    let (mut world, init) = dialled();
    world.link.loss = 1_000;
    let (from, to) = (world.nodes[1].address, world.nodes[0].address);
    world.deaf = Some(1);
    world.inject(from, to, refusal(&init, RejectCode::VersionMismatch, 9));
    assert!(world.run_until(Duration::from_millis(300), |world| world.failure(0).is_some()));
    assert_eq!(world.failure(0), Some(MeshError::VersionMismatch { highest: 9 }));
}

#[test]
fn two_nodes_are_not_talked_down_by_a_third_that_knows_the_psk() {
    let ahead = |byte| net_session::Config { version: 2, ..crate::world::config(byte) };
    let mut world = World::new(1, vec![ahead(1), ahead(2)]);
    (world.is_recording, world.deaf) = (true, Some(1));
    world.dial(0, 1);
    let init = InitPacket::decode(&world.recording[0].2).expect("a first message");
    assert_eq!(init.protocol, 2);
    let (from, to) = (world.nodes[1].address, world.nodes[0].address);
    world.inject(from, to, refusal(&init, RejectCode::VersionMismatch, 1));
    let is_lower = |world: &mut World| world.recording.last().is_some_and(|packet| packet.2[..2] == [1, 1]);
    assert!(world.run_until(Duration::from_secs(1), is_lower), "it tries the lower version");
    world.deaf = None;
    assert!(world.run_until(Duration::from_secs(6), |world| world.failure(0).is_some()));
    assert_eq!((world.failure(0), world.sessions()), (Some(MeshError::NoAnswer), 0));
    assert!(world.nodes[1].endpoint.stats().dropped(DropReason::Handshake) > 0);
}

#[test]
fn a_first_message_of_another_version_is_refused_with_the_own_one() {
    let mut world = World::pair(1);
    let (own, peer, psk) =
        (StaticKey::derive(&seed(1)), world.nodes[1].endpoint.public_key(), Psk::new(&PSK));
    let mut packet = vec![1, 2, 0, 0, 9, 0, 0, 0];
    let prologue = [b"net-mesh-v1".as_slice(), &packet].concat();
    let mut initiator =
        Initiator::new(&own, peer, &psk, &prologue, Zeroizing::new([3; 32])).expect("initiator");
    packet.extend(initiator.write(&[0; 144]).expect("a first message"));
    packet.extend(keyed_mac(&peer.mac_key(), &[&packet]));
    packet.extend(psk.mac(&[&packet]));
    packet.extend([0; 16]);
    let (from, to) = (world.nodes[0].address, world.nodes[1].address);
    world.is_recording = true;
    world.inject(from, to, packet);
    world.run(Duration::from_millis(1));
    let refusal = RejectPacket::decode(&world.recording[0].2).expect("a refusal");
    assert_eq!((refusal.reason, refusal.highest_version), (RejectCode::VersionMismatch.tag(), 1));
    assert_eq!(refusal.receiver_index, 9);
}

#[test]
fn a_refusal_that_is_not_genuine_is_ignored() {
    let (mut world, init) = dialled();
    let (from, to) = (world.nodes[1].address, world.nodes[0].address);
    let genuine = refusal(&init, RejectCode::NotAdmitted, 1);
    for at in 0..genuine.len() {
        let mut spoilt = genuine.clone();
        spoilt[at] ^= 1;
        world.inject(from, to, spoilt);
    }
    world.run(Duration::from_millis(5));
    let stats = world.nodes[0].endpoint.stats();
    let dropped = stats.dropped(DropReason::Handshake) + stats.dropped(DropReason::Malformed);
    assert!(dropped >= genuine.len() as u64 - 2, "{stats:?}");
    assert!(world.run_until(Duration::from_secs(1), |world| world.sessions() == 2));
}

#[test]
fn an_answer_beats_a_refusal() {
    let (mut world, init) = dialled();
    let (from, to) = (world.nodes[1].address, world.nodes[0].address);
    world.inject(from, to, refusal(&init, RejectCode::NotAdmitted, 1));
    assert!(world.run_until(Duration::from_secs(1), |world| world.sessions() == 2));
    world.run(Duration::from_secs(1));
    assert_eq!(world.failure(0), None);
}

#[test]
fn junk_answers_do_not_end_a_dial() {
    let (mut world, init) = dialled();
    let (from, to) = (world.nodes[1].address, world.nodes[0].address);
    for _ in 0..100 {
        let mut junk = world.random.bytes(200).to_vec();
        junk[..4].copy_from_slice(&[2, 1, 0, 0]);
        junk[4..8].copy_from_slice(&init.sender_index.to_le_bytes());
        world.inject(from, to, junk);
    }
    assert!(world.run_until(Duration::from_secs(1), |world| world.sessions() == 2));
}
