//! A whole node: sessions with real cryptography, and a router over them.

use super::ledger::Ledger;
use crate::{Birth, Memo, Node, Outgoing};
use bytes::Bytes;
use net_channel::{
    Directory, Notice, State, SubnetId, SubnetPolicy, SubscriptionId, Wish, publisher::ChannelConfig,
};
use net_crypto::{
    Seed,
    mesh::{Psk, PublicKey, StaticKey},
};
use net_machine::{ChannelEvent, Machine, Manner, Published, Settings};
use net_router::Router;
use net_session::{Config, DialId, Ecn, Endpoint, Event, OpenStream, SessionId, StreamId, Target};
use net_types::{
    identity::NodeId,
    mesh::{MeshError, StreamError},
};
use std::{collections::BTreeSet, net::SocketAddr, time::Instant};

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
    /// What its sessions speak once it was restarted, if that is something else: version and optional frames.
    pub upgrade: Option<(u8, u64)>,
    /// Messages that it reads of each stream at a time; 0 for an application that reads nothing.
    pub reads: usize,
}

impl MeshSettings {
    /// A node of an identity that dials nobody.
    pub fn new(seed: &Seed, psk: Psk, memo: Memo) -> Self {
        let session = Config::new(seed, vec![psk]);
        Self { seed: seed.clone(), session, memo, dials: Vec::new(), upgrade: None, reads: usize::MAX }
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
    machine: Machine,
    reads: usize,
    unread: BTreeSet<(SessionId, StreamId)>,
    ledger: Ledger,
    failed: Vec<(DialId, MeshError)>,
    ended: Vec<(NodeId, MeshError)>,
    began: Vec<NodeId>,
    heard: Vec<ChannelEvent>,
    notices: Vec<Notice>,
}

impl MeshNode {
    /// A node of these settings.
    pub fn new(settings: &MeshSettings, mut birth: Birth) -> Self {
        let mut session = settings.session.clone();
        if let Some((version, features)) = settings.upgrade.filter(|_| birth.generation > 0) {
            (session.version, session.features) = (version, features);
        }
        let parts = Settings {
            seed: settings.seed.clone(),
            session,
            router: net_router::Config::default(),
            directory: net_channel::Config::default(),
            epoch: birth.wall_ms,
            wall_ms: birth.wall_ms,
        };
        let random = Box::new(Drawn(birth.random.fork()));
        let mut node = Self {
            machine: Machine::new(parts, random, settings.memo.clone(), birth.now),
            reads: settings.reads,
            unread: BTreeSet::new(),
            ledger: Ledger::default(),
            failed: Vec::new(),
            ended: Vec::new(),
            began: Vec::new(),
            heard: Vec::new(),
            notices: Vec::new(),
        };
        for target in &settings.dials {
            node.machine.endpoint_mut().keep_connected(birth.now, *target);
        }
        node.exchange(birth.now);
        node
    }

    /// Its sessions.
    pub fn endpoint(&self) -> &Endpoint {
        self.machine.endpoint()
    }

    /// Its router.
    pub fn router(&self) -> &Router {
        self.machine.router()
    }

    /// What it knows of all nodes.
    pub fn directory(&self) -> &Directory {
        self.machine.directory()
    }

    /// Announces what it has; false if that is too long.
    pub fn announce(&mut self, now: Instant, state: State) -> bool {
        let is_announced = self.machine.announce(now, state).is_ok();
        self.exchange(now);
        is_announced
    }

    /// Revokes its older tokens; false if it cannot.
    pub fn revoke(&mut self, now: Instant, floor: u32) -> bool {
        let is_revoked = self.machine.revoke(now, floor).is_ok();
        self.exchange(now);
        is_revoked
    }

    /// Says where it is, and how the subnets of others follow from their tags.
    pub fn set_geometry(&mut self, now: Instant, own: Option<SubnetId>, policy: SubnetPolicy) {
        self.machine.set_geometry(own, policy);
        self.exchange(now);
    }

    /// Registers a channel; false if its name breaks the rules.
    pub fn register(&mut self, now: Instant, name: &str, config: ChannelConfig) -> bool {
        let is_registered = self.machine.register_channel(name, config).is_ok();
        self.exchange(now);
        is_registered
    }

    /// Hears a channel from now on; nothing if its name breaks the rules.
    pub fn subscribe(&mut self, now: Instant, wish: Wish) -> Option<SubscriptionId> {
        let id = self.machine.subscribe(now, wish).ok();
        self.exchange(now);
        id
    }

    /// Publishes an event; nothing if there is no such channel, or it is not this node's to use.
    pub fn publish(&mut self, now: Instant, name: &str, payload: Bytes) -> Option<Published> {
        let published = self.machine.publish(now, name, &payload, Manner::default()).ok();
        self.exchange(now);
        published
    }

    /// Events of channels that it has heard.
    pub fn heard(&self) -> &[ChannelEvent] {
        &self.heard
    }

    /// Events, and streams of them, that came for no subscription of it.
    pub fn unwanted(&self) -> u64 {
        self.machine.unwanted()
    }

    /// What has become of its subscriptions.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
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
        self.endpoint().session_with(node)
    }

    /// Dials a peer.
    pub fn connect(&mut self, now: Instant, target: Target) -> DialId {
        let dial = self.machine.endpoint_mut().connect(now, target);
        self.exchange(now);
        dial
    }

    /// Dials a node over relays, by the key of its beacon; nothing unless a route is known.
    pub fn connect_routed(&mut self, now: Instant, node: NodeId) -> Option<DialId> {
        let dial = self.machine.connect_routed(now, node);
        self.exchange(now);
        dial
    }

    /// Opens a stream to a node.
    pub fn open(&mut self, now: Instant, to: NodeId, stream: &OpenStream) -> Option<(SessionId, StreamId)> {
        let session = self.session_with(to)?;
        let stream = self.machine.endpoint_mut().open_stream(now, session, stream).ok()?;
        Some((session, stream))
    }

    /// Sends a message over a stream.
    pub fn send(
        &mut self,
        now: Instant,
        (session, stream): (SessionId, StreamId),
        message: Bytes,
    ) -> Result<(), StreamError> {
        let sent = self.machine.endpoint_mut().send(now, session, stream, &[message]);
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
        self.machine.shutdown(now);
        self.exchange(now);
    }

    /// Does what follows from what has happened, until nothing does.
    fn exchange(&mut self, now: Instant) {
        loop {
            while let Some(event) = self.machine.poll(now) {
                self.on_event(event);
            }
            let unread: Vec<_> = self.unread.iter().copied().collect();
            unread.into_iter().for_each(|(session, stream)| self.read(now, session, stream));
            while let Some(event) = self.machine.read_event(now, |_| true) {
                self.heard.push(event);
            }
            while let Some(notice) = self.machine.poll_notice() {
                self.notices.push(notice);
            }
            let Some(event) = self.machine.poll(now) else { return };
            self.on_event(event);
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Connected { peer, .. } => self.began.push(peer.node_id()),
            Event::DialFailed { dial, error } => self.failed.push((dial, error)),
            Event::Disconnected { session, peer, error } => {
                self.ended.push((peer.node_id(), error));
                self.unread.retain(|(other, _)| *other != session);
                self.ledger.end(session);
            }
            Event::StreamOpened { session, stream, is_reliable, .. } => {
                self.ledger.open(session, stream, is_reliable);
            }
            Event::Readable { session, stream } => {
                self.unread.insert((session, stream));
            }
            _ => {}
        }
    }

    fn read(&mut self, now: Instant, session: SessionId, stream: StreamId) {
        for _ in 0..self.reads {
            match self.machine.endpoint_mut().read_one(now, session, stream) {
                Ok(Some(message)) => self.ledger.take(session, stream, message.sequence, &message.bytes),
                _ => {
                    self.unread.remove(&(session, stream));
                    return;
                }
            }
        }
    }
}

impl Node for MeshNode {
    fn handle(&mut self, now: Instant, from: SocketAddr, ecn: Option<Ecn>, datagram: &mut [u8]) {
        self.machine.handle(now, from, ecn, datagram);
        self.exchange(now);
    }

    fn poll_transmit(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Outgoing> {
        let datagrams = self.machine.poll_transmit(now, buffer)?;
        Some(Outgoing { to: datagrams.to, segment: datagrams.segment, ecn: datagrams.ecn })
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.machine.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.machine.handle_timeout(now);
        self.exchange(now);
    }

    fn check(&mut self, _: Instant) -> Result<(), String> {
        if let Some(fault) = self.ledger.fault() {
            return Err(fault.to_owned());
        }
        let held = self.machine.most_held();
        if held > 3 {
            return Err(format!("{held} messages of gossip wait for one session"));
        }
        Ok(())
    }
}
