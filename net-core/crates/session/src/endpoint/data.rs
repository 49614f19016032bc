//! Packets of sessions: given to the session of their index, passed on for others, or hinted at as unknown.

use super::{Endpoint, Owner, context, messages};
use crate::{
    Ecn, Forwarded, Path, SessionId, Transmit,
    session::{Header, Reception},
    stats::DropReason,
};
use net_crypto::mesh::{HEADER, TAG};
use net_types::wire::mesh::{ForwardEnvelope, UnknownPacket};
use std::time::Instant;

impl Endpoint {
    /// Seals a packet that is passed on over a session, and writes it into the buffer, which is cleared first. Nothing if there
    /// is no such session, or the packet is too short to be one.
    pub fn forward(
        &mut self,
        now: Instant,
        hop: SessionId,
        envelope: &ForwardEnvelope,
        inner: &[u8],
        buffer: &mut Vec<u8>,
    ) -> Option<Transmit> {
        buffer.clear();
        let envelope = envelope.encode().ok()?.try_into().ok()?;
        self.with_session(now, hop, |session, cx| session.forward(cx, &envelope, inner, buffer))?
    }

    pub(super) fn handle_data(
        &mut self,
        now: Instant,
        (from, ecn): (Path, Option<Ecn>),
        datagram: &mut [u8],
    ) -> Option<Forwarded> {
        let Some(header) = Header::read(datagram) else {
            self.stats.drop(DropReason::Malformed);
            return None;
        };
        let slot = match self.indexes.get(&header.index).copied() {
            Some(Owner::Session(slot)) => slot,
            Some(Owner::HalfOpen) if self.confirm(now, from, header.index, datagram) => {
                let Some(Owner::Session(slot)) = self.indexes.get(&header.index).copied() else {
                    return None;
                };
                slot
            }
            Some(Owner::HalfOpen | Owner::Dial(_)) => {
                self.stats.drop(DropReason::Forged);
                return None;
            }
            None => {
                self.stats.drop(DropReason::UnknownIndex);
                self.hint_unknown(now, from, header, datagram.len());
                return None;
            }
        };
        let left = self.reassembly_left();
        let mut cx = context(&self.config, &mut *self.random, now, left);
        let session = self.slots[slot as usize].session.as_deref_mut()?;
        let (hop, reserved) = (session.id, session.incoming.reserved());
        let reception = session.handle(&mut cx, (from, ecn), header, datagram);
        self.reassembling = self.reassembling + session.incoming.reserved() - reserved;
        let forwarded = match reception {
            Reception::Dropped(reason) => {
                self.stats.drop(reason);
                None
            }
            Reception::Taken => None,
            Reception::Forward(plain) => forwarded(hop, plain, datagram),
        };
        self.after(now, slot);
        forwarded
    }

    /// Hints that an index is unknown, never with more bytes than came.
    fn hint_unknown(&mut self, now: Instant, from: Path, header: Header, size: usize) {
        if size >= 64 && self.load.admits_unknown(now) {
            self.out.push_back((from, messages::unknown(header.index, header.number)));
            self.stats.unknown += 1;
        }
    }

    /// Somebody says that the peer has lost its keys: dialling the peer tells whether that is so.
    pub(super) fn handle_unknown(&mut self, now: Instant, packet: &[u8]) {
        let Ok(unknown) = UnknownPacket::decode(packet) else {
            return self.stats.drop(DropReason::Malformed);
        };
        if !self.load.admits_unknown(now) {
            return self.stats.drop(DropReason::Limited);
        }
        let sessions = self.slots.iter().filter_map(|slot| slot.session.as_deref());
        let mut concerned = sessions.filter(|session| session.has_sent(unknown.index, unknown.packet_number));
        match concerned.next().map(|session| session.id) {
            Some(id) => self.renew(now, id),
            None => self.stats.drop(DropReason::UnknownIndex),
        }
    }
}

/// Makes the inner packet whole: its head moves to its rest.
fn forwarded(hop: SessionId, plain: std::ops::Range<usize>, datagram: &mut [u8]) -> Option<Forwarded> {
    let envelope = ForwardEnvelope::decode(&datagram[plain.start..plain.start + 24]).ok()?;
    let inner = HEADER + Header::FORWARDED + TAG - 24;
    datagram.copy_within(plain.start + 24..plain.end, inner);
    Some(Forwarded {
        hop,
        destination: envelope.destination,
        source: envelope.source,
        ttl: envelope.ttl,
        priority: envelope.priority,
        inner,
    })
}
