//! The five verbs of a node.

use crate::{Datagrams, channels::Channels, neighbours::Neighbours, outbox::Outbox};
use net_channel::{Directory, Moment};
use net_crypto::{Keypair, Seed, mesh::PublicKey};
use net_gossip::Signatures;
use net_router::Router;
use net_session::{Config, DialId, Ecn, Endpoint, Event, Path, Random, Target};
use net_types::identity::NodeId;
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    time::{Duration, Instant},
};

/// How often the router is told the round trips of its links, at most.
const MEASURE: Duration = Duration::from_millis(250);

/// What a machine is made from.
#[derive(Debug)]
pub struct Settings {
    /// Its identity.
    pub seed: Seed,
    /// What its sessions allow.
    pub session: Config,
    /// What its router allows.
    pub router: net_router::Config,
    /// What its directory allows.
    pub directory: net_channel::Config,
    /// Milliseconds since the Unix epoch at the start of the node, or one more than the last epoch, whichever is more.
    pub epoch: u64,
    /// What the calendar shows: milliseconds since the Unix epoch.
    pub wall_ms: u64,
}

/// A node: it is given datagrams, the time and random numbers, and gives back datagrams and events.
///
/// Five verbs drive it, as they do an [`Endpoint`]. After any other call, and after [`handle`](Self::handle) and
/// [`handle_timeout`](Self::handle_timeout), the caller polls until nothing comes any more: routes are settled by that.
#[derive(Debug)]
pub struct Machine {
    pub(crate) endpoint: Endpoint,
    pub(crate) router: Router,
    pub(crate) directory: Directory,
    pub(crate) channels: Channels,
    pub(crate) neighbours: Neighbours,
    pub(crate) outbox: Outbox,
    /// A packet as it was sealed.
    pub(crate) sealed: Vec<u8>,
    pub(crate) max_segments: usize,
    pub(crate) epoch: u64,
    pub(crate) reroutes: u64,
    pub(crate) unrouted: u64,
    /// What the calendar has shown last, in milliseconds, and when: a part of a second that were left out would make
    /// what others have just signed seem to come from the future.
    pub(crate) calendar: (Instant, u64),
    /// Nodes whose announcements have changed, if somebody wants to know.
    pub(crate) changed: Option<BTreeSet<NodeId>>,
    /// Whether there are other revocations to keep than it was last told.
    pub(crate) has_revoked: bool,
    packets: Vec<u8>,
    /// When the router was last told round trips.
    measured: Instant,
}

impl Machine {
    /// A node. `random` has to be unpredictable to others, except where a run is to be repeated.
    pub fn new(
        settings: Settings,
        random: Box<dyn Random>,
        signatures: impl Signatures + Clone + 'static,
        now: Instant,
    ) -> Self {
        let Settings { seed, session, router, directory, epoch, wall_ms } = settings;
        let at = Moment { now, wall: wall_ms / 1_000 };
        let max_segments = session.max_segments;
        let endpoint = Endpoint::new(session, random, now);
        let key = *endpoint.public_key().as_bytes();
        Self {
            router: Router::new(now, &seed, key, epoch, Box::new(signatures.clone()), router),
            directory: Directory::new(at, &seed, epoch, Box::new(signatures), directory),
            channels: Channels::new(Keypair::from_seed(&seed).entity_id(), epoch),
            endpoint,
            neighbours: Neighbours::default(),
            outbox: Outbox::default(),
            sealed: Vec::new(),
            max_segments,
            epoch,
            reroutes: 0,
            unrouted: 0,
            calendar: (now, wall_ms),
            changed: None,
            has_revoked: false,
            packets: Vec::new(),
            measured: now,
        }
    }

    /// Its sessions.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Its sessions, to open and end them, and to use their streams.
    pub fn endpoint_mut(&mut self) -> &mut Endpoint {
        &mut self.endpoint
    }

    /// Its routes.
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// The epoch of its beacons and announcements: one above that in which others have heard of this node, if that is later than its start.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Times that a destination got another next hop, or none.
    pub fn reroutes(&self) -> u64 {
        self.reroutes
    }

    /// Packets that were dropped since no relay leads to their node.
    pub fn unrouted(&self) -> u64 {
        self.unrouted
    }

    /// Most messages of gossip that wait for one neighbour.
    pub fn most_held(&self) -> usize {
        self.neighbours.most_held()
    }

    /// Dials a node over relays, by the key of its beacon; nothing unless a route is known.
    pub fn connect_routed(&mut self, now: Instant, node: NodeId) -> Option<DialId> {
        let target = self.route_to(node)?;
        Some(self.endpoint.connect(now, target))
    }

    /// How a node is reached over relays; nothing unless a route is known.
    pub fn route_to(&self, node: NodeId) -> Option<Target> {
        let known = self.router.destination(node).filter(|known| known.route.is_some())?;
        Some(Target { key: PublicKey::new(known.static_key), node: Some(node), path: Path::Routed(node) })
    }

    /// Closes every session and refuses new ones. What the peers behind relays are told leaves before the sessions with the
    /// relays end.
    pub fn shutdown(&mut self, now: Instant) {
        self.endpoint.shutdown_routed(now);
        let mut packets = Vec::new();
        while let Some(transmit) = self.endpoint.poll_transmit(now, &mut packets) {
            match transmit.path {
                Path::Direct(to) => self.send_later(to, &packets, transmit.segment),
                Path::Routed(node) => self.route_out(now, node, &packets, transmit.segment),
            }
        }
        self.endpoint.shutdown(now);
    }

    fn send_later(&mut self, to: SocketAddr, packets: &[u8], segment: usize) {
        for packet in packets.chunks(segment.max(1)) {
            self.outbox.push(None, to, packet, self.max_segments);
        }
    }

    /// Takes a datagram with its mark; it is opened in place.
    pub fn handle(&mut self, now: Instant, from: SocketAddr, ecn: Option<Ecn>, datagram: &mut [u8]) {
        if let Some(forwarded) = self.endpoint.handle_marked(now, Path::Direct(from), ecn, datagram) {
            self.on_forwarded(now, forwarded, datagram);
        }
    }

    /// What has happened since.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        loop {
            while let Some(event) = self.endpoint.poll() {
                if self.observe(now, &event) {
                    return Some(event);
                }
            }
            if !(self.gossip(now) | self.control(now)) {
                return None;
            }
        }
    }

    /// Writes the next datagrams into the buffer, all of them for one address.
    pub fn poll_transmit(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Datagrams> {
        loop {
            if let Some(batch) = self.outbox.pop(buffer) {
                if let Some(link) = batch.counted_for {
                    self.router.sent(link, batch.count as u32);
                }
                return Some(batch.datagrams);
            }
            let transmit = self.endpoint.poll_transmit(now, buffer)?;
            let node = match transmit.path {
                Path::Direct(to) => {
                    return Some(Datagrams { to, segment: transmit.segment, ecn: transmit.ecn });
                }
                Path::Routed(node) => node,
            };
            std::mem::swap(&mut self.packets, buffer);
            let packets = std::mem::take(&mut self.packets);
            self.route_out(now, node, &packets, transmit.segment);
            self.packets = packets;
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timeouts = [
            self.endpoint.poll_timeout(),
            self.router.poll_timeout(),
            self.directory.poll_timeout(),
            self.channels.poll_timeout(),
        ];
        timeouts.into_iter().flatten().min()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        if now.saturating_duration_since(self.measured) >= MEASURE {
            self.measured = now;
            self.measure(now);
        }
        self.router.handle_timeout(now);
        let at = self.moment(now);
        self.directory.handle_timeout(at);
        self.channels.handle_timeout(at);
    }
}
