//! What a node is to its peers: handshakes in both directions, and the sessions that come of them.

mod answer;
mod data;
mod dial;
mod half_open;
mod load;
mod messages;
mod peers;
mod streams;

use crate::{
    Config, DialId, Ecn, Event, Forwarded, Path, SessionId, Transmit,
    random::{Draw, Random},
    session::{Context, Header, Session},
    stats::{DropReason, EndpointStats},
};
use answer::Certificates;
use dial::{Dial, Wanted};
use half_open::HalfOpenTable;
use hashbrown::HashMap;
use load::Load;
use net_crypto::{
    EntityId,
    mesh::{Certificate, Psk, PublicKey},
};
use net_types::{identity::NodeId, mesh::CloseCode};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
    time::Instant,
};

/// A node as a state machine: it is given datagrams, the time and random numbers, and gives back datagrams and events.
///
/// Five verbs drive it. [`handle`](Self::handle) takes a datagram, [`poll_transmit`](Self::poll_transmit) gives one,
/// [`poll_timeout`](Self::poll_timeout) says when [`handle_timeout`](Self::handle_timeout) is due, and
/// [`poll`](Self::poll) tells what has happened. After any other call, and after each of the first and the fourth, the
/// caller polls until nothing comes any more.
pub struct Endpoint {
    config: Config,
    certificate: Certificate,
    /// Key of the MACs of whoever dials this node.
    mac_key: [u8; 32],
    random: Box<dyn Random>,
    /// Where a packet belongs, by the index that it names.
    indexes: HashMap<u32, Owner>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    entities: HashMap<EntityId, u32>,
    /// The entity that had a node id first.
    nodes: HashMap<NodeId, EntityId>,
    dials: BTreeMap<DialId, Dial>,
    next_dial: u64,
    /// Peers that are to stay connected, by their keys.
    wanted: HashMap<PublicKey, Wanted>,
    half_open: HalfOpenTable,
    certificates: Certificates,
    load: Load,
    offences: VecDeque<(EntityId, Instant)>,
    /// The latest time that was told.
    now: Instant,
    /// Handshake packets that wait to be sent.
    out: VecDeque<(Path, Vec<u8>)>,
    /// Sessions that may have something to send.
    queue: VecDeque<u32>,
    timers: BinaryHeap<Reverse<(Instant, Timer)>>,
    /// Timers that are being dealt with.
    due: Vec<(Instant, Timer)>,
    events: VecDeque<Event>,
    /// What all sessions hold of messages that are longer than their windows.
    reassembling: u64,
    is_shutting_down: bool,
    stats: EndpointStats,
}

/// Whom an index belongs to.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Session(u32),
    Dial(DialId),
    HalfOpen,
}

/// A place for a session.
#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    session: Option<Box<Session>>,
    /// Fresh keys are not asked for before.
    renewed: Option<Instant>,
}

/// What a time is for. One that is not due any more is harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Session(SessionId),
    Dial(DialId),
    Redial(PublicKey),
    HalfOpen,
}

/// Handshake packets that may wait to be sent.
const MOST_OUT: usize = 4_096;

fn context<'a>(config: &'a Config, random: &'a mut dyn Random, now: Instant, left: u64) -> Context<'a> {
    Context { now, random, config, reassembly_left: left }
}

impl Endpoint {
    /// A node. `random` has to be unpredictable to others, except where a run is to be repeated.
    pub fn new(config: Config, mut random: Box<dyn Random>, now: Instant) -> Self {
        let config = config.clamped();
        let key = config.static_key.public();
        Self {
            certificate: Certificate::issue(&config.identity, key),
            mac_key: key.mac_key(),
            load: Load::new(now, &mut *random),
            config,
            random,
            indexes: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            entities: HashMap::new(),
            nodes: HashMap::new(),
            dials: BTreeMap::new(),
            next_dial: 0,
            wanted: HashMap::new(),
            half_open: HalfOpenTable::default(),
            certificates: Certificates::default(),
            offences: VecDeque::new(),
            now,
            out: VecDeque::new(),
            queue: VecDeque::new(),
            timers: BinaryHeap::new(),
            due: Vec::new(),
            events: VecDeque::new(),
            reassembling: 0,
            is_shutting_down: false,
            stats: EndpointStats::default(),
        }
    }

    /// Takes a datagram that came a way; it is opened in place. A packet that a neighbour passes on is given back: it is for
    /// the router, which passes it on further, or back in here with a [`Path::Routed`].
    pub fn handle(&mut self, now: Instant, from: Path, datagram: &mut [u8]) -> Option<Forwarded> {
        self.handle_marked(now, from, None, datagram)
    }

    /// The same as [`handle`](Self::handle) with the mark that the datagram came with.
    pub fn handle_marked(
        &mut self,
        now: Instant,
        from: Path,
        ecn: Option<Ecn>,
        datagram: &mut [u8],
    ) -> Option<Forwarded> {
        self.now = self.now.max(now);
        match datagram.first().copied() {
            Some(Header::DATA | Header::FORWARD) => return self.handle_data(now, (from, ecn), datagram),
            Some(1) => self.handle_init(now, from, datagram),
            Some(2) => self.handle_resp(now, from, datagram),
            Some(3) => self.handle_cookie(now, datagram),
            Some(4) => self.handle_reject(now, datagram),
            Some(5) => self.handle_unknown(now, datagram),
            _ => self.stats.drop(DropReason::Malformed),
        }
        self.out.truncate(MOST_OUT);
        None
    }

    /// Writes what is to be sent next into the buffer, which is cleared first.
    pub fn poll_transmit(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Transmit> {
        buffer.clear();
        if let Some((path, packet)) = self.out.pop_front() {
            buffer.extend_from_slice(&packet);
            return Some(Transmit { path, segment: packet.len(), ecn: None });
        }
        while let Some(slot) = self.queue.front().copied() {
            let left = self.reassembly_left();
            let mut cx = context(&self.config, &mut *self.random, now, left);
            let session = self.slots[slot as usize].session.as_deref_mut();
            if let Some(session) = session
                && let Some(transmit) = session.poll_transmit(&mut cx, buffer)
            {
                // Sessions take turns.
                self.queue.rotate_left(1);
                return Some(transmit);
            }
            self.queue.pop_front();
            self.rest(now, slot);
        }
        None
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.peek().map(|Reverse((at, _))| *at)
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = self.now.max(now);
        // What is due again at once waits for the next call: it may need something to be sent first.
        let mut due = std::mem::take(&mut self.due);
        while let Some(Reverse((at, timer))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            due.push((at, timer));
        }
        for (at, timer) in due.drain(..) {
            match timer {
                Timer::Session(id) => self.session_timeout(now, id, at),
                Timer::Dial(id) => self.handle_dial(now, id),
                Timer::Redial(key) => self.redial(now, key),
                Timer::HalfOpen => self.expire_half_open(now),
            }
        }
        self.due = due;
    }

    /// What has happened since.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Ends the session with a peer, and all attempts to reach it.
    pub fn disconnect(&mut self, now: Instant, key: PublicKey) {
        self.wanted.remove(&key);
        let dials: Vec<DialId> =
            self.dials.iter().filter(|(_, dial)| dial.target.key == key).map(|(id, _)| *id).collect();
        dials.into_iter().for_each(|id| {
            self.remove_dial(id);
        });
        let is_its = |slot: &Slot| slot.session.as_ref().is_some_and(|session| session.peer.key == key);
        if let Some(slot) = self.slots.iter().position(is_its) {
            self.close_session(now, slot as u32, CloseCode::None, "");
        }
    }

    /// Closes every session and refuses new ones.
    pub fn shutdown(&mut self, now: Instant) {
        self.begin_shutdown(now, |_| true);
    }

    /// Begins to [shut down](Self::shutdown): closes the sessions over relays, whose last packets go over the others.
    pub fn shutdown_routed(&mut self, now: Instant) {
        self.begin_shutdown(now, |path| matches!(path, Path::Routed(_)));
    }

    fn begin_shutdown(&mut self, now: Instant, closes: impl Fn(Path) -> bool) {
        self.is_shutting_down = true;
        self.wanted.clear();
        let dials: Vec<DialId> = self.dials.keys().copied().collect();
        dials.into_iter().for_each(|id| {
            self.remove_dial(id);
        });
        for slot in 0..self.slots.len() {
            let session = self.slots[slot].session.as_deref();
            if session.is_some_and(|session| closes(session.path())) {
                self.close_session(now, slot as u32, CloseCode::ShuttingDown, "");
            }
        }
    }

    /// Replaces the PSKs: up to 4 are accepted, and the first is dialled with. If one of the old ones is not among them, every
    /// session agrees on fresh keys within 60 s, and ends if that fails.
    pub fn set_psks(&mut self, now: Instant, psks: Vec<Psk>) {
        let is_removal = self.config.psks.iter().any(|psk| !psks.contains(psk));
        self.config.psks = psks;
        self.config.psks.truncate(Config::MAX_PSKS);
        let sessions: Vec<SessionId> = self.sessions().collect();
        for id in sessions.into_iter().filter(|_| is_removal) {
            self.with_session(now, id, |session, cx| session.demand_renewal(cx));
        }
    }

    /// Counters of the node.
    pub fn stats(&self) -> EndpointStats {
        let mut stats = self.stats;
        stats.sessions = self.entities.len() as u64;
        stats.half_open = self.half_open.len() as u64;
        stats
    }

    /// This node's entity.
    pub fn entity_id(&self) -> EntityId {
        self.config.identity.entity_id()
    }

    /// The key by which this node is dialled.
    pub fn public_key(&self) -> PublicKey {
        self.config.static_key.public()
    }

    fn session_timeout(&mut self, now: Instant, id: SessionId, at: Instant) {
        if !self.session_mut(id).is_some_and(|session| session.armed.goes_off(at)) {
            return;
        }
        self.with_session(now, id, |session, cx| session.handle_timeout(cx));
        self.renew_if_due(now, id);
    }

    fn expire_half_open(&mut self, now: Instant) {
        while let Some(index) = self.half_open.take_expired(now) {
            self.indexes.remove(&index);
        }
        if let Some(at) = self.half_open.next_timeout() {
            self.arm(at, Timer::HalfOpen);
        }
    }

    /// Does something with a session, and then what follows from it.
    fn with_session<R>(
        &mut self,
        now: Instant,
        id: SessionId,
        what: impl FnOnce(&mut Session, &mut Context<'_>) -> R,
    ) -> Option<R> {
        let left = self.reassembly_left();
        let slot = self.slots.get_mut(id.slot as usize).filter(|slot| slot.generation == id.generation)?;
        let mut cx = context(&self.config, &mut *self.random, now, left);
        let session = slot.session.as_deref_mut()?;
        let reserved = session.incoming.reserved();
        let result = what(session, &mut cx);
        self.reassembling = self.reassembling + session.incoming.reserved() - reserved;
        self.after(now, id.slot);
        Some(result)
    }

    fn session(&self, id: SessionId) -> Option<&Session> {
        let slot = self.slots.get(id.slot as usize).filter(|slot| slot.generation == id.generation)?;
        slot.session.as_deref()
    }

    fn session_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        let slot = self.slots.get_mut(id.slot as usize).filter(|slot| slot.generation == id.generation)?;
        slot.session.as_deref_mut()
    }

    /// An index that is not in use.
    fn new_index(&mut self, owner: Owner) -> u32 {
        loop {
            let index = self.random.number() as u32;
            if !self.indexes.contains_key(&index) {
                self.indexes.insert(index, owner);
                return index;
            }
        }
    }

    fn arm(&mut self, at: Instant, timer: Timer) {
        self.timers.push(Reverse((at, timer)));
    }

    fn reassembly_left(&self) -> u64 {
        self.config.reassembly.saturating_sub(self.reassembling)
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("entity", &self.entity_id()).finish_non_exhaustive()
    }
}
