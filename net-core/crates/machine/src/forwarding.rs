//! Packets that travel over relays.

use crate::Machine;
use net_router::{Link, Packet, Verdict};
use net_session::{Forwarded, Path};
use net_types::{identity::NodeId, route::MAX_HOPS, wire::mesh::ForwardEnvelope};
use std::time::Instant;

/// What an envelope and its header add to a packet.
const ENVELOPE: usize = 56;

/// The kind of a handshake's first message.
const INIT: u8 = 1;

impl Machine {
    /// Takes in a packet that a neighbour has passed on, passes it on further, or drops it.
    pub(crate) fn on_forwarded(&mut self, now: Instant, forwarded: Forwarded, datagram: &mut [u8]) {
        let Some(from) = self.neighbours.link(forwarded.hop) else { return };
        let Forwarded { destination, source, ttl, priority, inner, .. } = forwarded;
        let packet = Packet {
            destination,
            source,
            ttl,
            length: datagram.len() - inner + ENVELOPE,
            is_init: datagram.get(inner) == Some(&INIT),
        };
        let inner = &mut datagram[inner..];
        match self.router.relay(now, from, &packet) {
            Verdict::Deliver => {
                // What comes out of an envelope is not forwarded again.
                self.endpoint.handle(now, Path::Routed(source), inner);
            }
            Verdict::Forward(next, ttl) => {
                let envelope = envelope(destination, source, ttl, priority);
                if !self.pass_on(now, next, &envelope, inner, true) {
                    self.router.sent(next, 1);
                }
            }
            Verdict::Drop(_) => {}
        }
    }

    /// Puts packets of a session over relays into envelopes.
    pub(crate) fn route_out(&mut self, now: Instant, node: NodeId, packets: &[u8], segment: usize) {
        let Some(link) = self.router.next_hop(now, node) else {
            self.unrouted += 1;
            return;
        };
        let envelope = envelope(node, self.router.node_id(), MAX_HOPS, 0);
        for packet in packets.chunks(segment.max(1)) {
            self.pass_on(now, link, &envelope, packet, false);
        }
    }

    /// Seals a packet for a neighbour; false if there is none.
    fn pass_on(
        &mut self,
        now: Instant,
        link: Link,
        envelope: &ForwardEnvelope,
        inner: &[u8],
        is_counted: bool,
    ) -> bool {
        let Some(session) = self.neighbours.session(link) else { return false };
        let sealed = self.endpoint.forward(now, session, envelope, inner, &mut self.sealed);
        let Some(Path::Direct(to)) = sealed.map(|transmit| transmit.path) else { return false };
        let counted_for = is_counted.then_some(link);
        self.outbox.push(counted_for, to, &self.sealed, self.max_segments);
        true
    }
}

fn envelope(destination: NodeId, source: NodeId, ttl: u8, priority: u8) -> ForwardEnvelope {
    ForwardEnvelope { destination, source, ttl, priority, reserved: 0, padding: 0 }
}
