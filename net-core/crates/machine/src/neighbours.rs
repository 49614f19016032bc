//! Sessions over a direct path are links of the router and of the directory; their gossip stream carries what these tell their
//! like.

use crate::Machine;
use bytes::Bytes;
use net_channel::Directory;
use net_gossip::{Link, Transmit};
use net_session::{Event, Path, SessionId, StreamId, StreamKind};
use net_types::route::GossipKind;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Instant,
};

/// Links and their sessions, in an order that is the same each time.
#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    links: BTreeMap<SessionId, Link>,
    sessions: BTreeMap<Link, SessionId>,
    /// Gossip that a session had no room for. The router gives no more than two messages to a link that has none, the directory
    /// one.
    held: BTreeMap<Link, VecDeque<Bytes>>,
    /// Sessions with gossip to read.
    unread: BTreeSet<SessionId>,
}

impl Neighbours {
    /// The link of a session.
    pub(crate) fn link(&self, session: SessionId) -> Option<Link> {
        self.links.get(&session).copied()
    }

    /// The session of a link.
    pub(crate) fn session(&self, link: Link) -> Option<SessionId> {
        self.sessions.get(&link).copied()
    }

    /// Most messages that wait for one session.
    pub(crate) fn most_held(&self) -> usize {
        self.held.values().map(VecDeque::len).max().unwrap_or(0)
    }
}

impl Machine {
    /// Does what an event of a session means for the routes; false if it is of no use to the owner.
    pub(crate) fn observe(&mut self, now: Instant, event: &Event) -> bool {
        match *event {
            Event::Connected { session, peer, dial, .. } => {
                if dial.is_some() {
                    // Its key was given to this node, which beats what others tell of its id.
                    self.router.pin(now, peer);
                }
                self.channels.begin(self.moment(now), session, peer);
                self.follow_path(now, session);
            }
            Event::PathChanged { session, .. } => self.follow_path(now, session),
            Event::Suspected { session, is_silent } => {
                if let Some(link) = self.neighbours.link(session) {
                    self.router.suspect(now, link, is_silent);
                }
            }
            Event::Disconnected { session, .. } => {
                self.unlink(now, session);
                self.channels.end(session);
            }
            Event::Readable { session, stream: StreamId::CONTROL } => {
                self.channels.readable(session);
                return false;
            }
            Event::Writable { session, stream: StreamId::CONTROL } => {
                self.flush_control(now, session);
                return false;
            }
            Event::StreamOpened { session, stream, kind: StreamKind::CHANNEL, id, is_reliable } => {
                self.channels.opened(session, stream, id, is_reliable);
                return false;
            }
            Event::Readable { session, stream: StreamId::GOSSIP } => {
                self.neighbours.unread.insert(session);
                return false;
            }
            Event::Writable { session, stream: StreamId::GOSSIP } => {
                self.flush_held(now, session);
                return false;
            }
            Event::Writable { session, stream } if self.channels.lanes.waits_for(session, stream) => {
                self.flush_lanes(now, session);
            }
            Event::Readable { session, stream } => return !self.channels.has_events(session, stream),
            Event::StreamEnded { session, stream, is_own: false, .. } => {
                return !self.channels.stream_ended(session, stream);
            }
            _ => {}
        }
        true
    }

    /// Reads and writes gossip; true if something came of it.
    pub(crate) fn gossip(&mut self, now: Instant) -> bool {
        let unread: Vec<_> = self.neighbours.unread.iter().copied().collect();
        let mut has_moved = false;
        for session in unread {
            has_moved |= self.read_gossip(now, session);
        }
        while let Some(transmit) = self.router.poll_transmit().or_else(|| self.directory.poll_transmit()) {
            self.send_gossip(now, transmit);
            has_moved = true;
        }
        while let Some(event) = self.router.poll() {
            has_moved = true;
            self.heed(now, event);
        }
        while let Some(event) = self.directory.poll() {
            has_moved = true;
            self.heed_directory(now, event);
        }
        has_moved
    }

    /// Tells the router the round trips of its links. What fits a link stays what fits every path, so that a packet which
    /// has found its way fits the next way as well.
    pub(crate) fn measure(&mut self, now: Instant) {
        for (session, link) in &self.neighbours.links {
            if let Some(rtt) = self.endpoint.rtt(*session) {
                self.router.measured(now, *link, rtt);
            }
        }
    }

    /// A session over a direct path is a link to a neighbour, one over relays is not.
    fn follow_path(&mut self, now: Instant, session: SessionId) {
        let is_direct = matches!(self.endpoint.path(session), Some(Path::Direct(_)));
        if !is_direct {
            return self.unlink(now, session);
        }
        let Some((entity, _)) = self.endpoint.peer(session) else { return };
        if self.neighbours.links.contains_key(&session) {
            return;
        }
        let mtu = self.endpoint.session_stats(session).map_or(0, |stats| stats.mtu as usize);
        let rtt = self.endpoint.rtt(session).unwrap_or_default();
        let link = self.router.link_up(now, entity, mtu, rtt);
        self.directory.link_up(self.moment(now), link, entity);
        self.neighbours.links.insert(session, link);
        self.neighbours.sessions.insert(link, session);
    }

    fn unlink(&mut self, now: Instant, session: SessionId) {
        self.neighbours.unread.remove(&session);
        if let Some(link) = self.neighbours.links.remove(&session) {
            self.neighbours.sessions.remove(&link);
            self.neighbours.held.remove(&link);
            self.router.link_down(now, link);
            self.directory.link_down(link);
        }
    }

    fn read_gossip(&mut self, now: Instant, session: SessionId) -> bool {
        let Some(link) = self.neighbours.link(session) else { return false };
        let mut has_read = false;
        while self.router.accepts(link) && self.directory.accepts(link) {
            match self.endpoint.read_one(now, session, StreamId::GOSSIP) {
                Ok(Some(message)) => self.take_gossip(now, link, &message.bytes),
                _ => {
                    self.neighbours.unread.remove(&session);
                    break;
                }
            }
            has_read = true;
        }
        has_read
    }

    fn take_gossip(&mut self, now: Instant, link: Link, message: &[u8]) {
        let kind = message.first().and_then(|tag| GossipKind::from_tag(*tag));
        match kind.is_some_and(Directory::reads) {
            true => self.directory.handle(self.moment(now), link, message),
            false => self.router.handle(now, link, message),
        }
    }

    fn send_gossip(&mut self, now: Instant, transmit: Transmit) {
        let Some(session) = self.neighbours.session(transmit.link) else { return };
        self.neighbours.held.entry(transmit.link).or_default().push_back(transmit.message.into());
        self.flush_held(now, session);
    }

    /// Gives the gossip stream what it has room for.
    fn flush_held(&mut self, now: Instant, session: SessionId) {
        let Some(link) = self.neighbours.link(session) else { return };
        let held = self.neighbours.held.entry(link).or_default();
        while let Some(message) = held.front() {
            if self.endpoint.send(now, session, StreamId::GOSSIP, std::slice::from_ref(message)).is_err() {
                break;
            }
            held.pop_front();
        }
        let is_writable = held.is_empty();
        self.router.set_writable(link, is_writable);
        self.directory.set_writable(link, is_writable);
    }

    fn heed(&mut self, now: Instant, event: net_router::Event) {
        match event {
            net_router::Event::Misbehaved { link, .. } => self.give_up(now, link),
            net_router::Event::EpochTaken { epoch } => {
                self.epoch = epoch;
                self.directory.raise_epoch(self.moment(now), epoch);
            }
            net_router::Event::Rerouted { .. } => self.reroutes += 1,
        }
    }

    /// Ends the session with a neighbour that misbehaves.
    pub(crate) fn give_up(&mut self, now: Instant, link: Link) {
        if let Some(session) = self.neighbours.session(link) {
            self.give_up_session(now, session);
        }
    }
}
