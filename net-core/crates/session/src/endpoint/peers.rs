//! Sessions by peer: how one begins, takes fresh keys, and ends.

use super::{Endpoint, Owner, Slot, Timer};
use crate::{
    DialId, Event, Path, SessionId, Target,
    session::{Ending, Keying, Peer, Session, StreamEvent, Terms},
    types::StreamId,
};
use net_crypto::EntityId;
use net_types::{
    identity::NodeId,
    mesh::{CloseCode, MeshError},
};
use std::time::{Duration, Instant};

/// A peer that breaks rules this often in this time is refused for as long.
const OFFENCES: usize = 3;
const OFFENCE_TIME: Duration = Duration::from_secs(60);

/// Offenders that are remembered.
const OFFENDERS: usize = 256;

/// After an attempt to renew keys, the next one waits this long.
const RENEWAL_WAIT: Duration = Duration::from_secs(10);

impl Endpoint {
    /// A handshake is confirmed: its keys go to the session of its halves, which begins with it if there is none.
    pub(super) fn join(
        &mut self,
        now: Instant,
        peer: Peer,
        terms: Terms,
        keying: Keying,
        path: Path,
        dial: Option<DialId>,
    ) {
        let index = keying.own_index;
        let own = self.config.identity.entity_id();
        if let Some(slot) = self.entities.get(&peer.entity).copied() {
            let halves = (terms.own_half, terms.peer_half);
            let same = |session: &&mut Session| (session.own_half, session.peer_half) == halves;
            if let Some(session) = self.slots[slot as usize].session.as_deref_mut().filter(same) {
                session.add_keying(keying, own);
                let id = session.id;
                self.indexes.insert(index, Owner::Session(slot));
                let told = self.satisfy_dials(peer.key).into_iter().chain(dial).map(Some);
                self.report_connected(id, &peer, told);
                return self.after(now, slot);
            }
            let error = MeshError::Closed { close_code: CloseCode::PeerRestarted.tag().into(), reason: None };
            self.remove_session(slot, error);
        }
        if !self.may_bind(&peer) {
            self.indexes.remove(&index);
            return self.collide(now, &peer, dial);
        }
        let slot = self.free_slot();
        let id = SessionId { slot, generation: self.slots[slot as usize].generation };
        let left = self.reassembly_left();
        let mut cx = super::context(&self.config, &mut *self.random, now, left);
        let session = Session::new(id, peer, terms, keying, path, &mut cx);
        self.slots[slot as usize].session = Some(Box::new(session));
        self.indexes.insert(index, Owner::Session(slot));
        self.entities.insert(peer.entity, slot);
        self.nodes.insert(peer.node, peer.entity);
        let told: Vec<DialId> = self.satisfy_dials(peer.key).into_iter().chain(dial).collect();
        let unasked = told.is_empty().then_some(None);
        self.report_connected(id, &peer, told.into_iter().map(Some).chain(unasked));
        self.after(now, slot);
    }

    /// The node id of a peer is another entity's, so that there is no session with it.
    fn collide(&mut self, now: Instant, peer: &Peer, dial: Option<DialId>) {
        self.stats.collisions += 1;
        let error = MeshError::AmbiguousNode { node: peer.node.0 };
        self.events.extend(dial.map(|dial| Event::DialFailed { dial, error }));
        self.redial_later(now, peer.key);
    }

    /// Tells each of the dials, or that the peer has dialled, that there is a session.
    fn report_connected(
        &mut self,
        session: SessionId,
        peer: &Peer,
        dials: impl Iterator<Item = Option<DialId>>,
    ) {
        let connected = |dial| Event::Connected { session, peer: peer.entity, key: peer.key, dial };
        self.events.extend(dials.map(connected));
    }

    /// After anything was done with a session: its events are told, its end is dealt with, its timer is set.
    pub(super) fn after(&mut self, now: Instant, slot: u32) {
        let Some(session) = self.slots[slot as usize].session.as_deref_mut() else { return };
        let id = session.id;
        while let Some(event) = session.events.pop_front() {
            self.events.push_back(public(id, event));
        }
        if let Some(ending) = session.ending.take() {
            return self.end_session(now, slot, ending);
        }
        if session.is_over(now) {
            return self.forget_session(slot);
        }
        // What is queued is asked again when it has had its turn.
        if session.is_queued {
            return;
        }
        if session.wants_to_send(now) {
            session.is_queued = true;
            self.queue.push_back(slot);
            return;
        }
        self.set_timer(slot);
    }

    /// Sees to it that a session is woken when it wants to be.
    fn set_timer(&mut self, slot: u32) {
        let Some(session) = self.slots[slot as usize].session.as_deref_mut() else { return };
        let id = session.id;
        if let Some(next) = session.next_timeout()
            && session.armed.needs(next)
        {
            self.arm(next, Timer::Session(id));
        }
    }

    /// A session has had its turn to send, and may not send more now, whatever it wants: its timer says when to ask again.
    pub(super) fn rest(&mut self, now: Instant, slot: u32) {
        let Some(session) = self.slots[slot as usize].session.as_deref_mut() else { return };
        session.is_queued = false;
        // It tells what of its timers depends on whether it could send.
        session.wants_to_send(now);
        self.set_timer(slot);
    }

    /// A session has come to its end.
    fn end_session(&mut self, now: Instant, slot: u32, ending: Ending) {
        let Some(session) = self.slots[slot as usize].session.as_deref() else { return };
        let (entity, key) = (session.peer.entity, session.peer.key);
        match ending {
            Ending::ByPeer { code, reason } => {
                let reason = (!reason.is_empty()).then_some(reason);
                self.remove_session(slot, MeshError::Closed { close_code: code, reason });
            }
            Ending::Silence => self.remove_session(slot, MeshError::PeerGone),
            Ending::Protocol(rule) => {
                self.offends(now, entity);
                self.close_session(now, slot, CloseCode::Protocol, rule);
            }
            Ending::Expired => self.close_session(now, slot, CloseCode::Expired, ""),
        }
        self.redial_later(now, key);
    }

    /// Closes a session from this side; its keys are kept to tell the peer.
    pub(super) fn close_session(&mut self, now: Instant, slot: u32, code: CloseCode, reason: &str) {
        let left = self.reassembly_left();
        let Some(session) = self.slots[slot as usize].session.as_deref_mut() else { return };
        let cx = super::context(&self.config, &mut *self.random, now, left);
        session.close(&cx, code.tag().into(), reason);
        let (id, entity) = (session.id, session.peer.entity);
        if self.entities.get(&entity) == Some(&slot) {
            self.unbind(entity);
            let reason = (!reason.is_empty()).then(|| reason.to_owned());
            let error = MeshError::Closed { close_code: code.tag().into(), reason };
            self.events.push_back(Event::Disconnected { session: id, peer: entity, error });
        }
        self.after(now, slot);
    }

    /// Ends a session at once.
    fn remove_session(&mut self, slot: u32, error: MeshError) {
        let Some(session) = self.slots[slot as usize].session.as_deref() else { return };
        let (id, entity) = (session.id, session.peer.entity);
        if self.entities.get(&entity) == Some(&slot) {
            self.unbind(entity);
            self.events.push_back(Event::Disconnected { session: id, peer: entity, error });
        }
        self.forget_session(slot);
    }

    fn unbind(&mut self, entity: EntityId) {
        self.entities.remove(&entity);
        let node = entity.node_id();
        if self.nodes.get(&node) == Some(&entity) {
            self.nodes.remove(&node);
        }
    }

    fn forget_session(&mut self, slot: u32) {
        let entry = &mut self.slots[slot as usize];
        if let Some(session) = entry.session.take() {
            self.reassembling -= session.incoming.reserved();
            session.own_indexes().for_each(|index| {
                self.indexes.remove(&index);
            });
            entry.generation += 1;
            self.free.push(slot);
        }
    }

    /// Dials a session's peer anew over its own path: for fresh keys, or since it seems to have lost the old ones.
    pub(super) fn renew(&mut self, now: Instant, id: SessionId) {
        let Some(slot) = self.slots.get_mut(id.slot as usize) else { return };
        let Some(session) = slot.session.as_deref() else { return };
        if slot.renewed.is_some_and(|at| now < at) || session.is_closing() {
            return;
        }
        slot.renewed = Some(now + Duration::from_secs(1));
        let target = Target { key: session.peer.key, node: Some(session.peer.node), path: session.path() };
        self.dial(now, target, Some(id), true);
    }

    /// Renews keys that are due, not too often if that fails.
    pub(super) fn renew_if_due(&mut self, now: Instant, id: SessionId) {
        let Some(slot) = self.slots.get_mut(id.slot as usize) else { return };
        let Some(session) = slot.session.as_deref() else { return };
        let is_due = session.wants_fresh_keys(now) && slot.renewed.is_none_or(|at| now >= at);
        if is_due {
            self.renew(now, id);
            self.slots[id.slot as usize].renewed = Some(now + RENEWAL_WAIT);
        }
    }

    /// Whether a peer's node id is not another entity's.
    pub(super) fn may_bind(&self, peer: &Peer) -> bool {
        self.nodes.get(&peer.node).is_none_or(|bound| *bound == peer.entity)
            && peer.node != self.config.identity.entity_id().node_id()
    }

    fn offends(&mut self, now: Instant, entity: EntityId) {
        if self.offences.len() == OFFENDERS {
            self.offences.pop_front();
        }
        self.offences.push_back((entity, now));
        self.now = now;
    }

    /// Whether an entity has broken rules too often.
    pub(super) fn is_refused(&self, entity: EntityId) -> bool {
        let is_recent = |at: &Instant| self.now.saturating_duration_since(*at) < OFFENCE_TIME;
        let own = self.offences.iter().filter(|(offender, at)| *offender == entity && is_recent(at));
        own.count() >= OFFENCES
    }

    fn free_slot(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() as u32 - 1
        })
    }

    pub(super) fn session_of(&self, entity: EntityId) -> Option<&Session> {
        let slot = self.entities.get(&entity)?;
        self.slots[*slot as usize].session.as_deref()
    }

    /// The session with a node; several entities could have the same node id, but only the first is taken.
    pub fn session_with(&self, node: NodeId) -> Option<SessionId> {
        self.session_of(*self.nodes.get(&node)?).map(|session| session.id)
    }
}

/// An event as users see it.
fn public(session: SessionId, event: StreamEvent) -> Event {
    match event {
        StreamEvent::Opened { sid, kind, id, is_reliable } => {
            Event::StreamOpened { session, stream: StreamId(sid), kind, id, is_reliable }
        }
        StreamEvent::Readable { sid } => Event::Readable { session, stream: StreamId(sid) },
        StreamEvent::Writable { sid } => Event::Writable { session, stream: StreamId(sid) },
        StreamEvent::Delivered { sid } => Event::Delivered { session, stream: StreamId(sid) },
        StreamEvent::Ended { sid, is_own, error } => {
            Event::StreamEnded { session, stream: StreamId(sid), is_own, error }
        }
        StreamEvent::Suspected(is_silent) => Event::Suspected { session, is_silent },
        StreamEvent::PathChanged(path) => Event::PathChanged { session, path },
        StreamEvent::Observed(address) => Event::Observed { session, address },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Random, stream::Allowance};
    use net_crypto::{
        Seed,
        mesh::{Cipher, HandshakeSecrets, Psk, PublicKey},
    };
    use zeroize::Zeroizing;

    struct Counter(u8);

    impl Random for Counter {
        fn fill(&mut self, bytes: &mut [u8]) {
            self.0 += 1;
            bytes.fill(self.0);
        }
    }

    fn peer(number: u8) -> Peer {
        let node = NodeId(7);
        Peer { entity: EntityId::new([number; 32]), node, key: PublicKey::new([number; 32]) }
    }

    fn joined(endpoint: &mut Endpoint, now: Instant, number: u8, dial: Option<DialId>) -> Vec<Event> {
        let allowance = Allowance { max_data: 1_024, stream_window: 1_024, max_streams: 16 };
        let terms = Terms {
            features: 0,
            own_half: 1,
            peer_half: number.into(),
            allowance,
            max_datagram: 1_200,
            ack_delay: Duration::ZERO,
        };
        let secret = || Zeroizing::new([number; 32]);
        let secrets = HandshakeSecrets { send: secret(), receive: secret() };
        let keying = Keying::new(number.into(), number.into(), true, Cipher::ChaCha20Poly1305, secrets, now);
        let path = Path::Direct(([10, 0, 0, number], 1).into());
        endpoint.join(now, peer(number), terms, keying, path, dial);
        std::iter::from_fn(|| endpoint.poll()).collect()
    }

    #[test]
    fn a_second_entity_of_a_node_id_gets_no_session_and_whoever_dialled_it_hears_why() {
        let now = Instant::now();
        let config = Config::new(&Seed::new(Zeroizing::new([9; 32])), vec![Psk::new(&[3; 32])]);
        let mut endpoint = Endpoint::new(config, Box::new(Counter(0)), now);
        let connected = joined(&mut endpoint, now, 1, Some(DialId(1)));
        assert!(matches!(connected[..], [Event::Connected { dial: Some(DialId(1)), .. }]), "{connected:?}");
        let refused = joined(&mut endpoint, now, 2, Some(DialId(2)));
        let error = MeshError::AmbiguousNode { node: 7 };
        assert_eq!(refused, [Event::DialFailed { dial: DialId(2), error }]);
        assert_eq!(joined(&mut endpoint, now, 3, None), []);
        assert_eq!((endpoint.stats().collisions, endpoint.stats().sessions), (2, 1));
        let session = endpoint.session_with(NodeId(7)).expect("the first is kept");
        assert_eq!(endpoint.peer(session).map(|(entity, _)| entity), Some(peer(1).entity));
    }
}
