//! What goes over gossip streams: messages of neighbours read, and messages for them composed.

use crate::{
    Drop, Event, Link, Misdeed, Pair, Router, Transmit,
    beacon::{self, BeaconBytes, pair_of},
    config::limits,
    table::{Entry, Route},
    types::Timer,
};
use net_crypto::EntityId;
use net_types::{
    route::{GOSSIP_LIMIT, GossipKind, MAX_HOPS, UNREACHABLE},
    wire::route::{Beacon, Route as RouteLayout, SeqnoRequest},
};
use std::time::Instant;

/// Whether a message can be read on.
enum Step {
    Done,
    /// A signature is to be checked, and its neighbour's budget is spent.
    Wait,
}

impl Router {
    /// Takes a message of a neighbour's gossip stream.
    ///
    /// While its budget for signatures is spent, messages wait: the stream is to be read on only while
    /// [`Router::accepts`] says so.
    pub fn handle(&mut self, now: Instant, from: Link, message: &[u8]) {
        let Some(neighbour) = self.links.get_mut(from) else { return self.counters.drop(Drop::NoSession) };
        if message.len() > GOSSIP_LIMIT as usize {
            return self.misbehaved(from, Misdeed::Malformed, Drop::Malformed);
        }
        if neighbour.inbox_bytes + message.len() > limits::INBOX {
            return self.misbehaved(from, Misdeed::Flood, Drop::Flood);
        }
        neighbour.inbox_bytes += message.len();
        neighbour.inbox.push_back(message.to_vec());
        if !self.timers.is_set(Timer::Resume(from)) {
            self.read_inbox(now, from);
        }
    }

    /// Whether a neighbour's gossip stream is to be read on.
    pub fn accepts(&self, link: Link) -> bool {
        self.links.get(link).is_some_and(|neighbour| neighbour.inbox.is_empty())
    }

    /// Reads messages that wait, until there are no more or a budget is spent.
    pub(crate) fn read_inbox(&mut self, now: Instant, link: Link) {
        while let Some(neighbour) = self.links.get_mut(link)
            && let Some(message) = neighbour.inbox.pop_front()
        {
            let from = std::mem::take(&mut neighbour.inbox_read);
            let read = self.read_message(now, link, &message, from);
            let Some(neighbour) = self.links.get_mut(link) else { return };
            if let Some(read) = read {
                neighbour.inbox_read = read;
                neighbour.inbox.push_front(message);
                let at = neighbour.signatures.ready_at(now, 1);
                self.timers.set(Timer::Resume(link), at);
                return;
            }
            neighbour.inbox_bytes -= message.len();
        }
    }

    /// Reads a message from an item on; gives the place of the item that has to wait.
    fn read_message(&mut self, now: Instant, link: Link, message: &[u8], from: usize) -> Option<usize> {
        let kind = message.first().and_then(|tag| GossipKind::from_tag(*tag));
        let Some((kind, size)) = kind.and_then(|kind| Some((kind, size_of(kind)?))) else {
            self.counters.drop(Drop::UnknownKind);
            return None;
        };
        let items = &message[1..];
        if !items.len().is_multiple_of(size) {
            self.misbehaved(link, Misdeed::Malformed, Drop::Malformed);
            return None;
        }
        for at in (from..items.len()).step_by(size) {
            let item = &items[at..at + size];
            let step = match kind {
                GossipKind::Beacons => self.on_beacon(now, link, item),
                GossipKind::Routes => self.on_route(now, link, item),
                _ => SeqnoRequest::decode(item).map(|request| {
                    self.on_request(now, link, &request);
                    Step::Done
                }),
            };
            match step {
                Ok(Step::Done) => {}
                Ok(Step::Wait) => return Some(at),
                Err(_) => {
                    self.misbehaved(link, Misdeed::Malformed, Drop::Malformed);
                    return None;
                }
            }
        }
        None
    }

    /// Takes a beacon if it is newer than what is known and its signature holds.
    fn on_beacon(&mut self, now: Instant, link: Link, item: &[u8]) -> Result<Step, net_types::Error> {
        let beacon = Beacon::decode(item)?;
        let entity = EntityId::new(beacon.entity_id);
        let node = entity.node_id();
        let bytes: BeaconBytes = std::array::from_fn(|at| item[at]);
        if entity == self.entity {
            if pair_of(&beacon) <= self.pair {
                return Ok(Step::Done);
            }
        } else if let Some(entry) = self.table.get_mut(&node.0)
            && entry.entity == entity
            && pair_of(&beacon) <= entry.pair
        {
            match *entry.beacon == bytes {
                true => entry.has_beacon.insert(link),
                false => self.correct(now, link, node.0),
            }
            return Ok(Step::Done);
        }
        if let Some(reason) = self.refuses(link, node.0, entity) {
            self.counters.drop(reason);
            return Ok(Step::Done);
        }
        let Some(neighbour) = self.links.get_mut(link) else { return Ok(Step::Done) };
        if !neighbour.signatures.take(now, 1) {
            return Ok(Step::Wait);
        }
        self.counters.signatures += 1;
        if !beacon::is_genuine(&bytes, &beacon, &mut *self.signatures) {
            self.forged(now, link);
        } else if entity == self.entity {
            self.take_epoch(now, beacon.epoch);
        } else {
            self.learn(link, node.0, &beacon, bytes);
        }
        Ok(Step::Done)
    }

    /// A neighbour has an older beacon, so it gets the newer one. In this way one that has started with a lower epoch
    /// than before hears of it.
    fn correct(&mut self, now: Instant, link: Link, node: u64) {
        self.counters.drop(Drop::Old);
        if let Some(neighbour) = self.links.get_mut(link)
            && neighbour.asking.take(now, 1)
        {
            self.send_beacon(link, node);
        }
    }

    /// Has a neighbour sent the beacon of a destination, without a route.
    fn send_beacon(&mut self, link: Link, node: u64) {
        let Some(neighbour) = self.links.get_mut(link) else { return };
        if neighbour.corrections.len() < limits::CORRECTIONS {
            neighbour.corrections.insert(node);
            if neighbour.has_output() {
                self.ready.insert(link);
            }
        }
    }

    /// Why there is no place for an entity in the table.
    fn refuses(&self, link: Link, node: u64, entity: EntityId) -> Option<Drop> {
        if entity == self.entity {
            return None;
        }
        let bound = self.table.get(&node).map(|entry| entry.entity);
        let pinned = self.pins.get(&node).copied();
        if node == self.node_id.0 || [bound, pinned].into_iter().flatten().any(|other| other != entity) {
            return Some(Drop::NodeIdTaken);
        }
        let giver = self.links.get(link)?.entity;
        let share = self.shares.get(giver.as_bytes()).copied().unwrap_or(0);
        let is_full = self.table.len() >= self.config.max_destinations
            || share >= self.config.max_destinations.div_ceil(4);
        (bound.is_none() && is_full).then_some(Drop::TableFull)
    }

    fn learn(&mut self, link: Link, node: u64, beacon: &Beacon, bytes: BeaconBytes) {
        let Some(giver) = self.links.get(link).map(|neighbour| neighbour.entity) else { return };
        if let Some(entry) = self.table.get_mut(&node) {
            entry.renew(beacon, bytes);
        } else {
            self.table.insert(node, Entry::new(beacon, bytes, giver));
            *self.shares.entry(*giver.as_bytes()).or_default() += 1;
        }
        let Some(entry) = self.table.get_mut(&node) else { return };
        entry.has_beacon.insert(link);
        // Routes of an earlier epoch are of no use to whoever knows the later one, so its origin is to hear of it.
        let route = entry.selected.and_then(|link| entry.route(link)).copied();
        if let Some(route) = route.filter(|route| route.link != link && route.pair.epoch < beacon.epoch) {
            self.send_beacon(route.link, node);
        }
    }

    fn forged(&mut self, now: Instant, link: Link) {
        let is_enough = self.links.get_mut(link).is_some_and(|neighbour| neighbour.forgeries.count(now));
        match is_enough {
            true => self.misbehaved(link, Misdeed::Forged, Drop::Forged),
            false => self.counters.drop(Drop::Forged),
        }
    }

    /// Goes on above an epoch of this very node that others know: the clock was set back, or its state was lost.
    fn take_epoch(&mut self, now: Instant, heard: u64) {
        let Some(epoch) = heard.checked_add(1) else { return };
        self.sign(now, Pair { epoch, seqno: 0 });
        self.events.push_back(Event::EpochTaken { epoch });
    }

    /// Goes on in a later epoch, which this node's announcements have taken.
    pub fn raise_epoch(&mut self, now: Instant, epoch: u64) {
        if epoch > self.pair.epoch {
            self.sign(now, Pair { epoch, seqno: 0 });
        }
    }

    /// Signs a beacon of this node, and has all neighbours told.
    pub(crate) fn sign(&mut self, now: Instant, pair: Pair) {
        self.pair = pair;
        self.beacon = self.signer.sign(pair);
        self.signed_at = now;
        self.has_beacon = Default::default();
        for (link, neighbour) in self.links.iter_mut() {
            neighbour.pending.insert_own();
            neighbour.is_due = true;
            if neighbour.has_output() {
                self.ready.insert(link);
            }
        }
    }

    fn on_route(&mut self, now: Instant, link: Link, item: &[u8]) -> Result<Step, net_types::Error> {
        let said = RouteLayout::decode(item)?;
        let node = said.node_id.0;
        let pair = Pair { epoch: said.epoch, seqno: said.seqno };
        let is_reachable = said.distance_metric < UNREACHABLE && said.distance_hops < MAX_HOPS;
        let Some(entry) = self.table.get_mut(&node) else {
            if is_reachable && node != self.node_id.0 {
                self.counters.drop(Drop::BeaconMissing);
            }
            return Ok(Step::Done);
        };
        if !is_reachable || !entry.knows(pair) {
            if is_reachable {
                self.counters.drop(Drop::BeaconMissing);
            }
            if entry.remove(link) {
                self.reselect(now, node);
            }
            return Ok(Step::Done);
        }
        let (metric, hops) = (said.distance_metric, said.distance_hops);
        if entry.put(Route { link, pair, metric, hops, least: metric }, limits::ROUTES) {
            self.reselect(now, node);
        } else {
            self.counters.drop(Drop::TooManyRoutes);
        }
        Ok(Step::Done)
    }

    /// Composes the next messages for a neighbour: requests at once, changes once they are due, each behind its beacon.
    pub(crate) fn compose(&mut self, link: Link) {
        let Some(neighbour) = self.links.get_mut(link) else { return };
        let limit = self.config.max_message.clamp(1 + Beacon::SIZE, GOSSIP_LIMIT as usize);
        let mut requests = Composed::new(GossipKind::SeqnoRequests, limit);
        while requests.has_room(SeqnoRequest::SIZE)
            && let Some((_, request)) = neighbour.requests.pop_first()
        {
            requests.push(request.encode());
        }
        let (mut beacons, mut routes) =
            (Composed::new(GossipKind::Beacons, limit), Composed::new(GossipKind::Routes, limit));
        while beacons.has_room(Beacon::SIZE)
            && let Some(node) = neighbour.corrections.pop_first()
        {
            if let Some(entry) = self.table.get_mut(&node) {
                entry.has_beacon.insert(link);
                beacons.push_bytes(&*entry.beacon);
            }
        }
        if neighbour.is_due && beacons.has_room(Beacon::SIZE) {
            if neighbour.pending.take_own() {
                if !self.has_beacon.contains(link) {
                    beacons.push_bytes(&self.beacon);
                    self.has_beacon.insert(link);
                }
                routes.push(route_layout(self.node_id.0, self.pair, 0, 0).encode());
            }
            while beacons.has_room(Beacon::SIZE)
                && routes.has_room(RouteLayout::SIZE)
                && let Some(node) = neighbour.pending.take(|from| next_key(&self.table, from))
            {
                match self.table.get_mut(&node) {
                    Some(entry) => tell(link, node, entry, &mut beacons, &mut routes),
                    None => routes.push(route_layout(node, Pair::default(), UNREACHABLE, 0).encode()),
                }
            }
            neighbour.is_due = !neighbour.pending.is_empty();
        }
        if neighbour.has_output() {
            self.ready.insert(link);
        }
        let messages = [requests, beacons, routes].into_iter().filter(|composed| composed.bytes.len() > 1);
        self.outbox.extend(messages.map(|composed| Transmit { link, message: composed.bytes }));
    }
}

/// Bytes of the items of a kind of message; nothing if it is not for a router.
fn size_of(kind: GossipKind) -> Option<usize> {
    match kind {
        GossipKind::Beacons => Some(Beacon::SIZE),
        GossipKind::Routes => Some(RouteLayout::SIZE),
        GossipKind::SeqnoRequests => Some(SeqnoRequest::SIZE),
        _ => None,
    }
}

/// Tells a neighbour of a destination, or takes back what it was told: also when the route now leads over it.
fn tell(link: Link, node: u64, entry: &mut Entry, beacons: &mut Composed, routes: &mut Composed) {
    match entry.told.filter(|_| entry.selected != Some(link)) {
        Some(told) => {
            if !entry.has_beacon.contains(link) {
                entry.has_beacon.insert(link);
                beacons.push_bytes(&*entry.beacon);
            }
            entry.told_to.insert(link);
            routes.push(route_layout(node, told.pair, told.metric, told.hops).encode());
        }
        None if entry.told_to.contains(link) => {
            entry.told_to.remove(link);
            routes.push(route_layout(node, entry.pair, UNREACHABLE, 0).encode());
        }
        None => {}
    }
}

fn route_layout(node: u64, pair: Pair, metric: u32, hops: u8) -> RouteLayout {
    RouteLayout {
        node_id: net_types::identity::NodeId(node),
        epoch: pair.epoch,
        seqno: pair.seqno,
        distance_metric: metric,
        distance_hops: hops,
    }
}

/// The first key of a table from one on.
fn next_key<T>(table: &std::collections::BTreeMap<u64, T>, from: u64) -> Option<u64> {
    table.range(from..).next().map(|(node, _)| *node)
}

/// A message that grows.
struct Composed {
    bytes: Vec<u8>,
    limit: usize,
}

impl Composed {
    fn new(kind: GossipKind, limit: usize) -> Self {
        Self { bytes: vec![kind.tag()], limit }
    }

    fn has_room(&self, more: usize) -> bool {
        self.bytes.len() + more <= self.limit
    }

    fn push(&mut self, layout: Result<Vec<u8>, net_types::Error>) {
        self.push_bytes(&layout.expect("every value that is composed has bytes"));
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}
