//! What strangers, recordings and broken peers can do: nothing that matters.

use crate::world::{Link, PSK, World, address, config, seed};
use bytes::Bytes;
use net_crypto::mesh::{Cipher, PhaseSecret, Psk, StaticKey};
use net_session::{DropReason, Event, OpenStream};
use net_types::mesh::{MeshError, StreamError};
use std::{net::SocketAddr, time::Duration};
use zeroize::Zeroizing;

const STRANGER: ([u8; 4], u16) = ([66, 6, 6, 6], 6_666);

#[test]
fn replayed_packets_change_nothing() {
    let mut world = World::pair(1);
    world.is_recording = true;
    let (mut world, session, _) = world.connect();
    let stream = world.open(0, &OpenStream::reliable(1));
    let messages: Vec<Bytes> = (0..20).map(|_| world.random.bytes(3_000)).collect();
    messages.iter().for_each(|message| assert!(world.send(0, stream, message)));
    world.run(Duration::from_secs(1));
    world.is_recording = false;
    for round in 0..3 {
        for (from, to, packet) in world.recording.clone() {
            world.inject(from, to, packet.clone());
            world.inject(SocketAddr::from(STRANGER), to, packet);
        }
        world.run(Duration::from_secs(1));
        assert_eq!(world.nodes[1].messages(stream).len(), 20, "round {round}");
    }
    assert_eq!((world.session(0), world.ending(0), world.ending(1)), (session, None, None));
    assert!(world.nodes[1].endpoint.stats().dropped(DropReason::Replayed) > 50);
    // A recorded first message makes half-open keys that nobody can confirm.
    world.run(Duration::from_secs(10));
    assert_eq!(world.nodes[1].endpoint.stats().half_open, 0);
    let message = world.random.bytes(10);
    assert!(world.send(0, stream, &message));
    world.run(Duration::from_secs(1));
    assert_eq!(world.nodes[1].messages(stream).len(), 21);
}

#[test]
fn garbage_costs_nothing() {
    let (mut world, session, _) = World::connected(1);
    let stream = world.open(0, &OpenStream::reliable(1));
    world.run(Duration::from_secs(1));
    world.is_recording = true;
    let message = world.random.bytes(100);
    world.send(0, stream, &message);
    world.run(Duration::from_secs(1));
    world.is_recording = false;
    let genuine = world.recording.clone();
    let stranger = SocketAddr::from(STRANGER);
    for number in 0..100_000_u64 {
        let mut packet = match number % 4 {
            // Something real with a changed bit.
            0 => {
                let mut packet = genuine[number as usize % genuine.len()].2.clone();
                let bit = world.random.below(packet.len() as u64 * 8) as usize;
                packet[bit / 8] ^= 1 << (bit % 8);
                packet
            }
            _ => {
                let length = world.random.below(400) as usize;
                world.random.bytes(length).to_vec()
            }
        };
        if let Some(first) = packet.first_mut().filter(|_| number % 4 == 1) {
            *first = [1, 2, 3, 4, 5, 0x10, 0x11][number as usize / 4 % 7];
        }
        let node = number as usize % 2;
        let to = world.nodes[node].address;
        world.inject(if number % 3 == 0 { stranger } else { address(1 - node) }, to, packet);
        if number % 1_000 == 0 {
            world.run(Duration::from_millis(10));
        }
    }
    world.run(Duration::from_secs(2));
    assert_eq!((world.session(0), world.ending(0), world.ending(1)), (session, None, None));
    assert!(world.nodes.iter().all(|node| node.endpoint.stats().half_open == 0));
    let message = world.random.bytes(100);
    assert!(world.send(0, stream, &message));
    world.run(Duration::from_secs(1));
    assert_eq!(world.nodes[1].messages(stream).len(), 2);
}

#[test]
fn a_stranger_gets_no_more_than_it_sends() {
    let (mut world, _, _) = World::connected(1);
    world.run(Duration::from_secs(1));
    let stranger = SocketAddr::from(STRANGER);
    let to = world.nodes[1].address;
    world.is_recording = true;
    for number in 0..2_000_u64 {
        let length = world.random.below(1_400) as usize + 1;
        let mut packet = world.random.bytes(length).to_vec();
        packet[0] = [1, 2, 3, 4, 5, 0x10, 0x11][number as usize % 7];
        let sent = packet.len();
        world.inject(stranger, to, packet);
        world.run(Duration::from_millis(50));
        let replies = std::mem::take(&mut world.recording);
        let back: usize =
            replies.iter().filter(|(_, to, _)| *to == stranger).map(|packet| packet.2.len()).sum();
        assert!(back <= sent, "{back} bytes for {sent}");
    }
}

#[test]
fn a_flood_of_members_meets_cookies_and_honest_dials_pass() {
    let mut configs = vec![config(1), config(2)];
    configs.extend((3..40).map(config));
    let mut world = World::new(1, configs);
    // Somebody with the PSK sends first messages from addresses where nobody answers.
    for node in 2..39 {
        for number in 0..30_u16 {
            let away = SocketAddr::from(([172, 16, node as u8, number as u8], 9));
            world.nodes[node].address = away;
            world.restart(node, config(node as u8 + 1));
            let target = world.target(1);
            world.nodes[node].endpoint.connect(world.now, target);
            world.flush();
        }
        world.nodes[node].address = SocketAddr::from(([192, 168, 0, node as u8], 9));
    }
    world.run(Duration::from_millis(100));
    let stats = world.nodes[1].endpoint.stats();
    assert!(stats.cookies > 100 && stats.half_open <= 1_024, "{stats:?}");
    world.dial(0, 1);
    assert!(world.run_until(Duration::from_secs(3), |world| world.nodes[0].endpoint.sessions().count() == 1));
}

#[test]
fn recordings_psk_and_both_statics_open_no_application_byte() {
    let mut world = World::pair(1);
    world.is_recording = true;
    let (mut world, _, _) = world.connect();
    let stream = world.open(0, &OpenStream::reliable(1));
    let secret = Bytes::from_static(b"a text that only the two may read, and nobody who records it");
    assert!(world.send(0, stream, &secret));
    world.run(Duration::from_secs(1));
    assert_eq!(world.nodes[1].messages(stream)[0].1, secret);
    // What somebody with all long-lived secrets can compute: both statics' agreement, the PSK, and hashes of them.
    let (one, other) = (StaticKey::derive(&seed(1)), StaticKey::derive(&seed(2)));
    let psk = Psk::new(&PSK);
    let mut guesses: Vec<[u8; 32]> = vec![PSK, *one.public().as_bytes(), *other.public().as_bytes()];
    guesses.extend([one.public().mac_key(), other.public().mac_key()]);
    guesses.push(
        [psk.mac(&[b"net.noise.v1"]), psk.mac(&[b"net.mac.v1"])].concat().try_into().expect("32 bytes"),
    );
    for (_, _, packet) in world.recording.iter().filter(|(_, _, packet)| packet.len() >= 200) {
        guesses.push(packet[8..40].try_into().expect("32 bytes"));
    }
    let (_, _, init) = &world.recording[0];
    // The attacker replays the responder's part of the handshake: it reads who dialled, and no secret of a direction.
    let prologue = [b"net-mesh-v1".as_slice(), &init[..8]].concat();
    let noise = init[8..248].try_into().expect("a first message");
    let read = net_crypto::mesh::Responder::read(&other, &psk, &prologue, noise, Zeroizing::new([7; 32]));
    let answer = read.expect("the statics open it").responder.write(&[0; 144]).expect("an answer");
    guesses.extend([*answer.secrets.send, *answer.secrets.receive]);
    let mut tried = 0;
    for (_, _, packet) in &world.recording {
        assert!(!packet.windows(16).any(|part| secret.windows(16).any(|text| text == part)), "in clear");
        if packet[0] != 0x10 {
            continue;
        }
        let number = u64::from_le_bytes(packet[8..16].try_into().expect("8 bytes"));
        for guess in &guesses {
            let mut phase = PhaseSecret::new(Zeroizing::new(*guess));
            for _ in 0..3 {
                for cipher in [Cipher::ChaCha20Poly1305, Cipher::Aes256Gcm] {
                    assert!(phase.key(cipher).open(number, &mut packet.clone()).is_none());
                    tried += 1;
                }
                phase = phase.next();
            }
        }
    }
    assert!(tried > 100);
}

#[test]
fn a_reader_that_sleeps_holds_the_sender_back() {
    let (mut world, session, other) = World::connected(1);
    world.nodes[1].is_reading = false;
    let streams: Vec<_> = (0..200).map(|id| world.open(0, &OpenStream::reliable(id))).collect();
    let mut taken = 0_u64;
    for _ in 0..100 {
        for stream in &streams {
            let message = Bytes::from(vec![7; 10_000]);
            if world.nodes[0].endpoint.send(world.now, session, *stream, &[message]).is_ok() {
                taken += 10_000;
            }
        }
        world.run(Duration::from_millis(100));
    }
    assert!(taken <= 13 << 20, "{taken} bytes were taken");
    let received = world.nodes[1].endpoint.session_stats(other).expect("stats").bytes_received;
    assert!(received < 5 << 20, "{received} bytes came, the credit is 4 MiB");
    let refused =
        world.nodes[0].endpoint.send(world.now, session, streams[0], &[Bytes::from(vec![0; 60_000])]);
    assert_eq!(refused, Err(StreamError::WindowFull));
    // Once it reads, everything flows.
    world.nodes[1].is_reading = true;
    let now = world.now;
    for stream in &streams {
        world.nodes[1].read(now, other, *stream);
    }
    world.run(Duration::from_secs(30));
    let read: usize = streams.iter().map(|stream| world.nodes[1].messages(*stream).len()).sum();
    assert_eq!(read as u64 * 10_000, taken);
    assert!(world.count(0, |event| matches!(event, Event::Writable { .. })) > 0);
}

#[test]
fn a_peer_that_never_acknowledges_is_bounded() {
    let (mut world, session, _) = World::connected(1);
    let stream = world.open(0, &OpenStream::reliable(1));
    world.run(Duration::from_secs(1));
    // Everything arrives at the peer, nothing comes back.
    world.deaf = Some(0);
    let before = world.nodes[0].endpoint.session_stats(session).expect("stats");
    let mut taken = 0;
    for _ in 0..1_000 {
        let message = Bytes::from(vec![7; 5_000]);
        taken += usize::from(world.nodes[0].endpoint.send(world.now, session, stream, &[message]).is_ok());
        world.run(Duration::from_millis(10));
    }
    assert_eq!(taken, 13, "messages of 5,000 bytes in a window of 64 KiB");
    let after = world.nodes[0].endpoint.session_stats(session).expect("stats");
    assert!(after.bytes_sent - before.bytes_sent < 64 << 10, "it is not flooded");
}

#[test]
fn a_peer_that_sends_and_never_acknowledges_is_given_up() {
    let mut patient = config(2);
    patient.session_timeout = Duration::from_secs(3_600);
    let (mut world, session, _) = World::connect(World::new(1, vec![config(1), patient]));
    let (stream, back) = (world.open(0, &OpenStream::reliable(1)), world.open(1, &OpenStream::reliable(2)));
    world.run(Duration::from_secs(1));
    world.deaf = Some(1);
    world.nodes[0].endpoint.send(world.now, session, stream, &[Bytes::from_static(b"heard?")]).expect("room");
    let start = world.now;
    while world.ending(0).is_none() {
        let message = world.random.bytes(10);
        assert!(world.send(1, back, &message), "the window is larger than that");
        world.run(Duration::from_millis(500));
        assert!(world.now - start <= Duration::from_secs(31), "it keeps its session");
    }
    assert_eq!(world.ending(0), Some(MeshError::PeerGone));
    assert!(world.now - start >= Duration::from_secs(29) && world.nodes[0].messages(back).len() > 5);
}

#[test]
fn an_awful_link_with_everything_at_once() {
    for number in 0..20 {
        let (mut world, session, _) = World::connected(number);
        world.link = Link::awful();
        let reliable = world.open(0, &OpenStream::reliable(1));
        let back = world.open(1, &OpenStream::reliable(2));
        let loose = world.open(0, &OpenStream::fire_and_forget(3));
        for _ in 0..60 {
            for (node, stream) in [(0, reliable), (1, back), (0, loose)] {
                let length = world.random.below(3_000) as usize;
                let message = world.random.bytes(length);
                assert!(world.send(node, stream, &message), "seed {number}");
            }
        }
        let is_done = |world: &mut World| {
            world.nodes[1].messages(reliable).len() == 60 && world.nodes[0].messages(back).len() == 60
        };
        assert!(world.run_until(Duration::from_secs(300), is_done), "seed {number}");
        assert_eq!(world.session(0), session);
    }
}
