//! A whole node: sessions with real cryptography, and a router over them.

use super::ledger::Ledger;
use crate::{Birth, Memo, Node, Outgoing};
use bytes::Bytes;
use net_crypto::{
    Seed,
    mesh::{Psk, PublicKey, StaticKey},
};
use net_router::{Packet, Router, Transmit, Verdict};
use net_session::{
    Config, DialId, Endpoint, Event, Forwarded, OpenStream, Path, SessionId, StreamId, Target,
};
use net_types::{
    identity::NodeId,
    mesh::{MeshError, StreamError},
    route::MAX_HOPS,
    wire::mesh::ForwardEnvelope,
};
use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::Instant,
};

/// What an envelope and its header add to a packet.
const ENVELOPE: usize = 56;

/// The kind of a handshake's first message.
const INIT: u8 = 1;

/// What a mesh node is made from.
#[derive(Debug, Clone)]
pub struct MeshSettings {
    /// Its identity.
    pub seed: Seed,
    /// The sessions' configuration, except for the identity.
    pub session: Config,
    /// Signatures that were checked.
    pub memo: Memo,
    /// Peers that it dials from the start, and whenever it has no session with them.
    pub dials: Vec<Target>,
    /// Messages that it reads of each stream at a time; 0 for an application that reads nothing.
    pub reads: usize,
}

impl MeshSettings {
    /// A node of an identity that dials nobody.
    pub fn new(seed: &Seed, psk: Psk, memo: Memo) -> Self {
        let session = Config::new(seed, vec![psk]);
        Self { seed: seed.clone(), session, memo, dials: Vec::new(), reads: usize::MAX }
    }

    /// The key by which it is dialled.
    pub fn public_key(&self) -> PublicKey {
        StaticKey::derive(&self.seed).public()
    }
}

/// Random numbers of the world for sessions.
struct Drawn(crate::Random);

impl net_session::Random for Drawn {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}

/// A node with sessions and routes.
#[derive(Debug)]
pub struct MeshNode {
    endpoint: Endpoint,
    router: Router,
    links: BTreeMap<SessionId, net_router::Link>,
    hops: BTreeMap<net_router::Link, SessionId>,
    /// Gossip that the session had no room for.
    held: BTreeMap<net_router::Link, VecDeque<Vec<u8>>>,
    out: VecDeque<(SocketAddr, Vec<u8>)>,
    buffer: Vec<u8>,
    reads: usize,
    unread: BTreeMap<(SessionId, StreamId), ()>,
    ledger: Ledger,
    failed: Vec<(DialId, MeshError)>,
    ended: Vec<(NodeId, MeshError)>,
    began: Vec<NodeId>,
    routed_away: u64,
}

impl MeshNode {
    /// A node of these settings.
    pub fn new(settings: &MeshSettings, mut birth: Birth) -> Self {
        let random = Box::new(Drawn(birth.random.fork()));
        let mut endpoint = Endpoint::new(settings.session.clone(), random, birth.now);
        let key = *settings.public_key().as_bytes();
        let memo = Box::new(settings.memo.clone());
        let router =
            Router::new(birth.now, &settings.seed, key, birth.wall_ms, memo, net_router::Config::default());
        for target in &settings.dials {
            endpoint.keep_connected(birth.now, *target);
        }
        let mut node = Self {
            endpoint,
            router,
            links: BTreeMap::new(),
            hops: BTreeMap::new(),
            held: BTreeMap::new(),
            out: VecDeque::new(),
            buffer: Vec::new(),
            reads: settings.reads,
            unread: BTreeMap::new(),
            ledger: Ledger::default(),
            failed: Vec::new(),
            ended: Vec::new(),
            began: Vec::new(),
            routed_away: 0,
        };
        node.exchange(birth.now);
        node
    }

    /// Its sessions.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Its router.
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// What it has read.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Attempts to reach a peer that have failed.
    pub fn failed(&self) -> &[(DialId, MeshError)] {
        &self.failed
    }

    /// Sessions that have ended, by peer.
    pub fn ended(&self) -> &[(NodeId, MeshError)] {
        &self.ended
    }

    /// Sessions that have begun, by peer.
    pub fn began(&self) -> &[NodeId] {
        &self.began
    }

    /// The session with a node, while it lives.
    pub fn session_with(&self, node: NodeId) -> Option<SessionId> {
        self.endpoint.session_with(node)
    }

    /// Dials a peer.
    pub fn connect(&mut self, now: Instant, target: Target) -> DialId {
        let dial = self.endpoint.connect(now, target);
        self.exchange(now);
        dial
    }

    /// Dials a node over relays, by the key of its beacon; nothing unless it is known.
    pub fn connect_routed(&mut self, now: Instant, node: NodeId) -> Option<DialId> {
        let known = self.router.destination(node)?;
        let key = PublicKey::new(known.static_key);
        Some(self.connect(now, Target { key, node: Some(node), path: Path::Routed(node) }))
    }

    /// Opens a stream to a node.
    pub fn open(&mut self, now: Instant, to: NodeId, stream: &OpenStream) -> Option<(SessionId, StreamId)> {
        let session = self.session_with(to)?;
        let stream = self.endpoint.open_stream(now, session, stream).ok()?;
        Some((session, stream))
    }

    /// Sends a message over a stream.
    pub fn send(
        &mut self,
        now: Instant,
        (session, stream): (SessionId, StreamId),
        message: Bytes,
    ) -> Result<(), StreamError> {
        let sent = self.endpoint.send(now, session, stream, &[message]);
        self.exchange(now);
        sent
    }

    /// Says whether the application reads from now on, and how much at a time.
    pub fn set_reads(&mut self, now: Instant, reads: usize) {
        self.reads = reads;
        self.exchange(now);
    }

    /// Closes all sessions.
    pub fn shutdown(&mut self, now: Instant) {
        self.endpoint.shutdown(now);
        self.exchange(now);
    }

    /// Does what follows from what has happened, until nothing does.
    fn exchange(&mut self, now: Instant) {
        while let Some(event) = self.endpoint.poll() {
            self.on_event(now, event);
        }
        let unread: Vec<_> = self.unread.keys().copied().collect();
        unread.into_iter().for_each(|(session, stream)| self.read(now, session, stream));
        while let Some(transmit) = self.router.poll_transmit() {
            self.gossip(now, transmit);
        }
        while let Some(event) = self.router.poll() {
            if let net_router::Event::Misbehaved { link, .. } = event
                && let Some((_, key)) = self.hops.get(&link).and_then(|session| self.endpoint.peer(*session))
            {
                self.endpoint.disconnect(now, key);
            }
        }
    }

    fn on_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Connected { session, peer, .. } => {
                self.began.push(peer.node_id());
                self.follow_path(now, session);
            }
            Event::DialFailed { dial, error } => self.failed.push((dial, error)),
            Event::Suspected { session, is_silent } => {
                if let Some(link) = self.links.get(&session) {
                    self.router.suspect(now, *link, is_silent);
                }
            }
            Event::Disconnected { session, peer, error } => {
                self.ended.push((peer.node_id(), error));
                self.unlink(now, session);
                self.unread.retain(|(other, _), ()| *other != session);
                self.ledger.end(session);
            }
            Event::PathChanged { session, .. } => self.follow_path(now, session),
            Event::StreamOpened { session, stream, is_reliable, .. } => {
                self.ledger.open(session, stream, is_reliable);
            }
            Event::Readable { session, stream } => {
                self.unread.insert((session, stream), ());
            }
            Event::Writable { session, stream: StreamId::GOSSIP } => self.flush_held(now, session),
            _ => {}
        }
    }

    /// A session over a direct path is a link to a neighbour, one over relays is not.
    fn follow_path(&mut self, now: Instant, session: SessionId) {
        let is_direct = matches!(self.endpoint.path(session), Some(Path::Direct(_)));
        let Some((entity, _)) = self.endpoint.peer(session) else { return };
        if is_direct && !self.links.contains_key(&session) {
            let stats = self.endpoint.session_stats(session).unwrap_or_default();
            let rtt = self.endpoint.rtt(session).unwrap_or_default();
            let link = self.router.link_up(now, entity, stats.mtu as usize, rtt);
            self.links.insert(session, link);
            self.hops.insert(link, session);
        } else if !is_direct {
            self.unlink(now, session);
        }
    }

    fn unlink(&mut self, now: Instant, session: SessionId) {
        if let Some(link) = self.links.remove(&session) {
            self.hops.remove(&link);
            self.held.remove(&link);
            self.router.link_down(now, link);
        }
    }

    fn read(&mut self, now: Instant, session: SessionId, stream: StreamId) {
        if stream == StreamId::GOSSIP {
            return self.read_gossip(now, session);
        }
        for _ in 0..self.reads {
            match self.endpoint.read_one(now, session, stream) {
                Ok(Some(message)) => self.ledger.take(session, stream, message.sequence, &message.bytes),
                _ => {
                    self.unread.remove(&(session, stream));
                    return;
                }
            }
        }
    }

    fn read_gossip(&mut self, now: Instant, session: SessionId) {
        let Some(link) = self.links.get(&session).copied() else { return };
        while self.router.accepts(link) {
            match self.endpoint.read_one(now, session, StreamId::GOSSIP) {
                Ok(Some(message)) => self.router.handle(now, link, &message.bytes),
                _ => {
                    self.unread.remove(&(session, StreamId::GOSSIP));
                    return;
                }
            }
        }
    }

    fn gossip(&mut self, now: Instant, transmit: Transmit) {
        let Some(session) = self.hops.get(&transmit.link).copied() else { return };
        let held = self.held.entry(transmit.link).or_default();
        held.push_back(transmit.message);
        self.flush_held(now, session);
    }

    /// Gives the gossip stream what it has room for.
    fn flush_held(&mut self, now: Instant, session: SessionId) {
        let Some(link) = self.links.get(&session).copied() else { return };
        let held = self.held.entry(link).or_default();
        while let Some(message) = held.front() {
            let message = Bytes::copy_from_slice(message);
            if self.endpoint.send(now, session, StreamId::GOSSIP, &[message]).is_err() {
                break;
            }
            held.pop_front();
        }
        let is_writable = held.is_empty();
        self.router.set_writable(link, is_writable);
    }

    fn on_forwarded(&mut self, now: Instant, forwarded: Forwarded, datagram: &mut [u8]) {
        let Some(link) = self.links.get(&forwarded.hop).copied() else { return };
        let Forwarded { destination, source, ttl, priority, inner, .. } = forwarded;
        let packet = Packet {
            destination,
            source,
            ttl,
            length: datagram.len() - inner + ENVELOPE,
            is_init: datagram.get(inner) == Some(&INIT),
        };
        let inner = &mut datagram[inner..];
        match self.router.relay(now, link, &packet) {
            Verdict::Deliver => {
                // What comes out of an envelope is not forwarded again.
                self.endpoint.handle(now, Path::Routed(source), inner);
            }
            Verdict::Forward(next, ttl) => {
                self.pass_on(now, next, &envelope(destination, source, ttl, priority), inner);
                self.router.sent(next, 1);
            }
            Verdict::Drop(_) => {}
        }
    }

    fn pass_on(&mut self, now: Instant, link: net_router::Link, envelope: &ForwardEnvelope, inner: &[u8]) {
        let Some(session) = self.hops.get(&link).copied() else { return };
        let mut buffer = Vec::new();
        let sealed = self.endpoint.forward(now, session, envelope, inner, &mut buffer);
        if let Some(Path::Direct(to)) = sealed.map(|transmit| transmit.path) {
            self.out.push_back((to, buffer));
        }
    }

    /// Puts packets of a routed session into envelopes.
    fn route_out(&mut self, now: Instant, node: NodeId, packets: &[u8], segment: usize) {
        let Some(link) = self.router.next_hop(now, node) else {
            self.routed_away += 1;
            return;
        };
        let envelope = envelope(node, self.router.node_id(), MAX_HOPS, 0);
        for packet in packets.chunks(segment.max(1)) {
            self.pass_on(now, link, &envelope, packet);
        }
    }
}

impl Node for MeshNode {
    fn handle(&mut self, now: Instant, from: SocketAddr, datagram: &mut [u8]) {
        if let Some(forwarded) = self.endpoint.handle(now, Path::Direct(from), datagram) {
            self.on_forwarded(now, forwarded, datagram);
        }
        self.exchange(now);
    }

    fn poll_transmit(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Outgoing> {
        loop {
            if let Some((to, datagram)) = self.out.pop_front() {
                buffer.clear();
                buffer.extend_from_slice(&datagram);
                return Some(Outgoing { to, segment: datagram.len() });
            }
            let mut packets = std::mem::take(&mut self.buffer);
            let transmit = self.endpoint.poll_transmit(now, &mut packets);
            let outgoing = match transmit.map(|transmit| (transmit.path, transmit.segment)) {
                Some((Path::Direct(to), segment)) => {
                    buffer.clear();
                    buffer.extend_from_slice(&packets);
                    Some(Some(Outgoing { to, segment }))
                }
                Some((Path::Routed(node), segment)) => {
                    self.route_out(now, node, &packets, segment);
                    None
                }
                None => Some(None),
            };
            self.buffer = packets;
            if let Some(outgoing) = outgoing {
                return outgoing;
            }
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        [self.endpoint.poll_timeout(), self.router.poll_timeout()].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        for (session, link) in &self.links {
            if let Some(rtt) = self.endpoint.rtt(*session) {
                self.router.measured(now, *link, rtt);
            }
        }
        self.router.handle_timeout(now);
        self.exchange(now);
    }

    fn check(&mut self, _: Instant) -> Result<(), String> {
        if let Some(fault) = self.ledger.fault() {
            return Err(fault.to_owned());
        }
        let held = self.held.values().map(VecDeque::len).max().unwrap_or(0);
        if held > 3 {
            return Err(format!("{held} messages of gossip wait for one session"));
        }
        Ok(())
    }
}

fn envelope(destination: NodeId, source: NodeId, ttl: u8, priority: u8) -> ForwardEnvelope {
    ForwardEnvelope { destination, source, ttl, priority, reserved: 0, padding: 0 }
}
