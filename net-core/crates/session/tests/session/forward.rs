//! Packets that a neighbour passes on.

use crate::world::{World, config};
use net_session::{DropReason, Path};
use net_types::{identity::NodeId, wire::mesh::ForwardEnvelope};

fn envelope() -> ForwardEnvelope {
    ForwardEnvelope {
        destination: NodeId(7),
        source: NodeId(8),
        ttl: 16,
        priority: 3,
        reserved: 0,
        padding: 0,
    }
}

#[test]
fn an_inner_packet_comes_out_as_it_went_in() {
    for length in [24, 25, 64, 296, 1_200] {
        let (mut world, session, other) = World::connected(length);
        world.run(std::time::Duration::from_secs(1));
        let inner = world.random.bytes(length as usize);
        let (now, mut buffer) = (world.now, Vec::new());
        let transmit = world.nodes[0].endpoint.forward(now, session, &envelope(), &inner, &mut buffer);
        assert_eq!(transmit.expect("a session").segment, buffer.len());
        assert_eq!(buffer.len(), inner.len() + 56);
        let from = Path::Direct(world.nodes[0].address);
        let mut spoilt = buffer.clone();
        spoilt[20] ^= 1;
        assert_eq!(world.nodes[1].endpoint.handle(now, from, &mut spoilt), None, "the envelope is sealed");
        let mut again = buffer.clone();
        let forwarded = world.nodes[1].endpoint.handle(now, from, &mut buffer).expect("an inner packet");
        assert_eq!((forwarded.hop, forwarded.destination, forwarded.source), (other, NodeId(7), NodeId(8)));
        assert_eq!((forwarded.ttl, forwarded.priority), (16, 3));
        assert_eq!(&buffer[forwarded.inner..], inner.as_ref());
        assert_eq!(world.nodes[1].endpoint.handle(now, from, &mut again), None, "once");
        assert_eq!(world.nodes[1].endpoint.stats().dropped(DropReason::Replayed), 1);
    }
}

#[test]
fn what_is_too_short_to_be_a_packet_is_not_passed_on() {
    let (mut world, session, _) = World::connected(1);
    let (now, mut buffer) = (world.now, Vec::new());
    assert_eq!(world.nodes[0].endpoint.forward(now, session, &envelope(), &[0; 23], &mut buffer), None);
}

#[test]
fn two_ends_share_a_session_through_a_relay() {
    // Node 1 relays: it takes packets out of the envelopes of one neighbour and seals them for the other.
    let mut world = World::new(1, vec![config(1), config(2), config(3)]);
    world.dial(0, 1);
    world.dial(2, 1);
    world.run(std::time::Duration::from_secs(2));
    let id = |world: &World, node: usize| world.nodes[node].endpoint.entity_id().node_id();
    let (first, last) = (id(&world, 0), id(&world, 2));
    let target = net_session::Target { path: Path::Routed(last), ..world.target(2) };
    world.nodes[0].endpoint.connect(world.now, target);
    let reaches = |world: &mut World| {
        world.nodes[0].endpoint.session_with(last).is_some()
            && world.nodes[2].endpoint.session_with(first).is_some()
    };
    assert!(world.run_until(std::time::Duration::from_secs(2), reaches));
    let session = world.nodes[0].endpoint.session_with(last).expect("session");
    let stream = net_session::OpenStream::reliable(5);
    let stream = world.nodes[0].endpoint.open_stream(world.now, session, &stream).expect("stream");
    let message = world.random.bytes(50_000);
    let sent = world.nodes[0].endpoint.send(world.now, session, stream, std::slice::from_ref(&message));
    sent.expect("room");
    world.run(std::time::Duration::from_secs(3));
    assert_eq!(world.nodes[2].messages(stream), [(0, message)]);
    assert_eq!(world.nodes[0].endpoint.path(session), Some(Path::Routed(last)));
    // A direct way is found later: the session moves.
    let direct = Path::Direct(world.nodes[2].address);
    world.nodes[0].endpoint.try_path(world.now, session, direct);
    world.run(std::time::Duration::from_secs(3));
    assert_eq!(world.nodes[0].endpoint.path(session), Some(direct));
    let other = world.nodes[2].endpoint.session_with(first).expect("session");
    assert_eq!(world.nodes[2].endpoint.path(other), Some(Path::Direct(world.nodes[0].address)));
}
