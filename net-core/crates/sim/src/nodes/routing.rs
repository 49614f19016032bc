//! A node that only finds routes, over links that stand in for sessions.

use super::plain::{Heard, PlainLink, Silence};
use crate::{Birth, Host, Memo, Node, Outgoing, Random};
use net_crypto::{EntityId, Seed};
use net_router::{Config, Drop, Event, Link, Packet, Router, Verdict};
use net_session::Ecn;
use net_types::identity::NodeId;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Longest datagram.
const MAX_DATAGRAM: usize = 1_452;

/// How long a node that misbehaved is not listened to.
const SHUNNED: Duration = Duration::from_secs(60);

/// A neighbour that a node is to be linked with.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its place.
    pub host: Host,
    /// Its address.
    pub address: SocketAddr,
    /// Who it is.
    pub entity: EntityId,
}

/// What a routing node is made from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its identity.
    pub seed: Seed,
    /// Its neighbours.
    pub peers: Vec<Peer>,
    /// Signatures that were checked.
    pub memo: Memo,
    /// Whether it passes packets on.
    pub relay: bool,
}

/// A router with what stands in for its sessions.
#[derive(Debug)]
pub struct RoutingNode {
    router: Router,
    random: Random,
    ends: BTreeMap<SocketAddr, End>,
    addresses: BTreeMap<Link, SocketAddr>,
    changed: BTreeSet<NodeId>,
    arrived: Vec<u64>,
    epochs: Vec<u64>,
    misbehaved: Vec<Host>,
}

#[derive(Debug)]
struct End {
    peer: Peer,
    plain: PlainLink,
    link: Option<Link>,
    /// Gossip that was made while the link took nothing.
    waiting: VecDeque<Vec<u8>>,
    /// Gossip that the router does not take yet.
    unread: VecDeque<Vec<u8>>,
    shunned_until: Option<Instant>,
}

/// A packet as links carry it: destination, source, hops left, number.
const PACKET: usize = 8 + 8 + 1 + 8;

impl RoutingNode {
    /// A node of these settings.
    pub fn new(settings: &Settings, mut birth: Birth) -> Self {
        let config = Config { relay: settings.relay, max_message: MAX_DATAGRAM - 64, ..Config::default() };
        let key = *blake3::hash(settings.seed.as_bytes()).as_bytes();
        let memo = Box::new(settings.memo.clone());
        let router = Router::new(birth.now, &settings.seed, key, birth.wall_ms, memo, config);
        let end = |peer: &Peer, random: &mut Random| End {
            peer: peer.clone(),
            plain: PlainLink::new(birth.now, random.number()),
            link: None,
            waiting: VecDeque::new(),
            unread: VecDeque::new(),
            shunned_until: None,
        };
        let ends = settings.peers.iter().map(|peer| (peer.address, end(peer, &mut birth.random))).collect();
        Self {
            router,
            ends,
            random: birth.random,
            addresses: BTreeMap::new(),
            changed: BTreeSet::new(),
            arrived: Vec::new(),
            epochs: Vec::new(),
            misbehaved: Vec::new(),
        }
    }

    /// Its router.
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// The neighbour towards a destination: its place, and the names of both ends of the link.
    pub fn way(&self, destination: NodeId) -> Option<(Host, (u64, u64))> {
        let (link, _) = self.router.destination(destination)?.route?;
        let end = self.ends.get(self.addresses.get(&link)?)?;
        Some((end.peer.host, end.plain.names()?))
    }

    /// Whether the link to a neighbour has these names, as seen from the neighbour.
    pub fn is_linked(&self, neighbour: Host, names: (u64, u64)) -> bool {
        let mut ends = self.ends.values();
        ends.any(|end| end.peer.host == neighbour && end.plain.names() == Some((names.1, names.0)))
    }

    /// Destinations whose next hop has changed since the last call.
    pub fn take_changed(&mut self) -> BTreeSet<NodeId> {
        std::mem::take(&mut self.changed)
    }

    /// Numbers of the packets that have arrived for this node.
    pub fn arrived(&self) -> &[u64] {
        &self.arrived
    }

    /// Epochs that it had to take, since others knew a later one of it.
    pub fn epochs(&self) -> &[u64] {
        &self.epochs
    }

    /// Neighbours that it has given up since they misbehaved.
    pub fn misbehaved(&self) -> &[Host] {
        &self.misbehaved
    }

    /// Sends a packet with a number to a destination; false without a way to it.
    pub fn send_packet(&mut self, now: Instant, destination: NodeId, number: u64) -> bool {
        let source = self.router.node_id();
        let Some(link) = self.router.next_hop(now, destination) else { return false };
        self.pass_on(link, &packed(destination, source, net_types::route::MAX_HOPS, number))
    }

    /// Says something to a neighbour over the gossip stream, whatever it is.
    pub fn gossip(&mut self, now: Instant, neighbour: Host, message: Vec<u8>) {
        if let Some(end) = self.ends.values_mut().find(|end| end.peer.host == neighbour) {
            end.plain.send_message(now, message);
        }
    }

    /// Tells the router how a probe over a neighbour went.
    pub fn probed(&mut self, now: Instant, neighbour: Host, was_lost: bool) {
        if let Some(link) = self.link_to(neighbour) {
            self.router.probed(now, link, was_lost);
        }
    }

    /// The link to a neighbour, while it stands.
    pub fn link_to(&self, neighbour: Host) -> Option<Link> {
        self.ends.values().find(|end| end.peer.host == neighbour)?.link
    }

    fn on_heard(&mut self, now: Instant, from: SocketAddr, heard: Heard) {
        let Some(end) = self.ends.get_mut(&from) else { return };
        match (heard, end.link) {
            (Heard::Up, None) => {
                let link = self.router.link_up(now, end.peer.entity, MAX_DATAGRAM, end.plain.rtt());
                end.link = Some(link);
                self.addresses.insert(link, from);
            }
            (Heard::Down, Some(_)) => self.close(now, from),
            (Heard::Measured(rtt), Some(link)) => self.router.measured(now, link, rtt),
            (Heard::Message(message), Some(link)) if end.unread.is_empty() && self.router.accepts(link) => {
                self.router.handle(now, link, &message);
            }
            (Heard::Message(message), Some(_)) => end.unread.push_back(message),
            (Heard::Packet(packet), Some(link)) => self.on_packet(now, link, &packet),
            _ => {}
        }
    }

    fn on_packet(&mut self, now: Instant, link: Link, packet: &[u8]) {
        let Some((destination, source, ttl, number)) = unpacked(packet) else { return };
        let judged = Packet { destination, source, ttl, length: packet.len(), is_init: false };
        match self.router.relay(now, link, &judged) {
            Verdict::Deliver => self.arrived.push(number),
            Verdict::Forward(next, ttl) => {
                self.pass_on(next, &packed(destination, source, ttl, number));
                self.router.sent(next, 1);
            }
            Verdict::Drop(_) => {}
        }
    }

    fn pass_on(&mut self, link: Link, packet: &[u8]) -> bool {
        let end = self.addresses.get(&link).and_then(|address| self.ends.get_mut(address));
        end.map(|end| end.plain.send_packet(packet)).is_some()
    }

    fn close(&mut self, now: Instant, address: SocketAddr) {
        let Some(end) = self.ends.get_mut(&address) else { return };
        end.waiting.clear();
        end.unread.clear();
        if let Some(link) = end.link.take() {
            self.addresses.remove(&link);
            self.router.link_down(now, link);
        }
    }

    /// Carries what the router says to the links, and what the links brought to the router.
    fn exchange(&mut self, now: Instant) {
        for end in self.ends.values_mut() {
            let Some(link) = end.link else { continue };
            while self.router.accepts(link)
                && let Some(message) = end.unread.pop_front()
            {
                self.router.handle(now, link, &message);
            }
            while end.plain.is_writable()
                && let Some(message) = end.waiting.pop_front()
            {
                end.plain.send_message(now, message);
            }
            self.router.set_writable(link, end.waiting.is_empty());
        }
        while let Some(transmit) = self.router.poll_transmit() {
            let address = self.addresses.get(&transmit.link);
            let Some(end) = address.and_then(|address| self.ends.get_mut(address)) else { continue };
            if end.waiting.is_empty() && end.plain.is_writable() {
                end.plain.send_message(now, transmit.message);
            } else {
                end.waiting.push_back(transmit.message);
                self.router.set_writable(transmit.link, false);
            }
        }
        while let Some(event) = self.router.poll() {
            match event {
                Event::Rerouted { node, .. } => {
                    self.changed.insert(node);
                }
                Event::EpochTaken { epoch } => self.epochs.push(epoch),
                Event::Misbehaved { link, .. } => self.shun(now, link),
            }
        }
    }

    fn shun(&mut self, now: Instant, link: Link) {
        let Some(address) = self.addresses.get(&link).copied() else { return };
        if let Some(end) = self.ends.get_mut(&address) {
            self.misbehaved.push(end.peer.host);
            end.shunned_until = Some(now + SHUNNED);
            end.plain = PlainLink::new(now, self.random.number());
        }
        self.close(now, address);
    }
}

impl Node for RoutingNode {
    fn handle(&mut self, now: Instant, from: SocketAddr, _: Option<Ecn>, datagram: &mut [u8]) {
        let fresh = self.random.number();
        let Some(end) = self.ends.get_mut(&from) else { return };
        if end.shunned_until.is_some_and(|until| now < until) {
            return;
        }
        let heard = end.plain.handle(now, datagram, fresh);
        let is_relieved = end.plain.take_relief(now);
        if let Some(link) = end.link.filter(|_| is_relieved) {
            self.router.suspect(now, link, false);
        }
        self.on_heard(now, from, heard);
        self.exchange(now);
    }

    fn poll_transmit(&mut self, _: Instant, buffer: &mut Vec<u8>) -> Option<Outgoing> {
        buffer.clear();
        let mut ends = self.ends.iter_mut();
        let (to, datagram) = ends.find_map(|(to, end)| Some((*to, end.plain.take_datagram()?)))?;
        buffer.extend_from_slice(&datagram);
        Some(Outgoing { to, segment: datagram.len(), ecn: None })
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let links = self.ends.values().map(|end| end.plain.next_timeout());
        links.chain(self.router.poll_timeout()).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        let addresses: Vec<_> = self.ends.keys().copied().collect();
        for address in addresses {
            let fresh = self.random.number();
            let Some(end) = self.ends.get_mut(&address) else { continue };
            match (end.plain.handle_timeout(now, fresh), end.link) {
                (Some(Silence::Suspected), Some(link)) => self.router.suspect(now, link, true),
                (Some(Silence::Gone), _) => self.close(now, address),
                _ => {}
            }
        }
        self.router.handle_timeout(now);
        self.exchange(now);
    }

    fn check(&mut self, _: Instant) -> Result<(), String> {
        let expired = self.router.counters().dropped(Drop::TtlExpired);
        if expired > 0 {
            return Err(format!("{expired} packets have made all of their hops"));
        }
        let waiting = self.ends.values().map(|end| end.waiting.len()).max().unwrap_or(0);
        if waiting > 3 {
            return Err(format!("{waiting} messages wait that the link does not take"));
        }
        Ok(())
    }
}

fn packed(destination: NodeId, source: NodeId, ttl: u8, number: u64) -> [u8; PACKET] {
    let mut packet = [0; PACKET];
    packet[..8].copy_from_slice(&destination.0.to_le_bytes());
    packet[8..16].copy_from_slice(&source.0.to_le_bytes());
    packet[16] = ttl;
    packet[17..].copy_from_slice(&number.to_le_bytes());
    packet
}

fn unpacked(packet: &[u8]) -> Option<(NodeId, NodeId, u8, u64)> {
    let packet: &[u8; PACKET] = packet.try_into().ok()?;
    let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| packet[at + byte]));
    Some((NodeId(number(0)), NodeId(number(8)), packet[16], number(17)))
}
