//! The router: its neighbours, its table, its clockwork.

use crate::{
    Config, Counters, Destination, Drop, Event, Link, Misdeed, Pair, Signatures, Transmit,
    beacon::{BeaconBytes, BeaconSigner},
    config::limits,
    link::{Links, Neighbour},
    relay::Bringers,
    requests::Passed,
    select,
    table::{Distance, Entry, Told},
    types::Timer,
};
use net_crypto::{EntityId, Seed};
use net_gossip::{LinkSet, Timers};
use net_types::{identity::NodeId, route::MAX_HOPS};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    time::{Duration, Instant},
};

/// Finds routes for one node.
pub struct Router {
    pub(crate) config: Config,
    pub(crate) signer: BeaconSigner,
    pub(crate) signatures: Box<dyn Signatures>,
    pub(crate) entity: EntityId,
    pub(crate) node_id: NodeId,
    pub(crate) pair: Pair,
    pub(crate) beacon: BeaconBytes,
    /// Neighbours that have the beacon of this node.
    pub(crate) has_beacon: LinkSet,
    /// When the last sequence number was signed.
    pub(crate) signed_at: Instant,
    pub(crate) links: Links,
    pub(crate) table: BTreeMap<u64, Entry>,
    /// Destinations by who was the first to tell of them.
    pub(crate) shares: BTreeMap<[u8; 32], usize>,
    /// Entities that node ids are reserved for.
    pub(crate) pins: BTreeMap<u64, EntityId>,
    pub(crate) passed: Passed,
    pub(crate) bringers: Bringers,
    pub(crate) timers: Timers<Timer>,
    /// Neighbours that there is something to send to.
    pub(crate) ready: BTreeSet<Link>,
    pub(crate) outbox: VecDeque<Transmit>,
    pub(crate) events: VecDeque<Event>,
    /// Destinations whose next hop has changed since they were last told of.
    rerouted: BTreeSet<u64>,
    pub(crate) counters: Counters,
}

impl Router {
    /// The router of the identity of a seed, whose beacons carry the static key and begin at the epoch: milliseconds
    /// since the Unix epoch at the start of the node, or one more than the last, whichever is more.
    pub fn new(
        now: Instant,
        seed: &Seed,
        static_key: [u8; 32],
        epoch: u64,
        signatures: Box<dyn Signatures>,
        config: Config,
    ) -> Self {
        let signer = BeaconSigner::new(seed, static_key, config.relay);
        let (entity, pair) = (signer.entity(), Pair { epoch, seqno: 0 });
        Self {
            beacon: signer.sign(pair),
            node_id: entity.node_id(),
            signer,
            signatures,
            config,
            entity,
            pair,
            has_beacon: LinkSet::default(),
            signed_at: now,
            links: Links::default(),
            table: BTreeMap::new(),
            shares: BTreeMap::new(),
            pins: BTreeMap::new(),
            passed: Passed::default(),
            bringers: Bringers::default(),
            timers: Timers::default(),
            ready: BTreeSet::new(),
            outbox: VecDeque::new(),
            events: VecDeque::new(),
            rerouted: BTreeSet::new(),
            counters: Counters::default(),
        }
    }

    /// A session with a neighbour stands: datagrams to it may be that long, and a round trip takes so long.
    pub fn link_up(&mut self, now: Instant, entity: EntityId, max_datagram: usize, rtt: Duration) -> Link {
        let link = self.links.add(Neighbour::new(now, entity, max_datagram, rtt));
        self.ready.insert(link);
        link
    }

    /// The session with a neighbour has ended, and with it all that it said.
    pub fn link_down(&mut self, now: Instant, link: Link) {
        if self.links.remove(link).is_none() {
            return;
        }
        self.ready.remove(&link);
        self.outbox.retain(|transmit| transmit.link != link);
        self.timers.clear(Timer::Resume(link));
        self.timers.clear(Timer::Trust(link));
        self.bringers.forget(link);
        self.has_beacon.remove(link);
        let mut lost = Vec::new();
        for (node, entry) in &mut self.table {
            entry.has_beacon.remove(link);
            entry.told_to.remove(link);
            if entry.remove(link) {
                lost.push(*node);
            }
        }
        lost.into_iter().for_each(|node| self.reselect(now, node));
    }

    /// A neighbour has fallen silent, so that routes avoid it, or is heard again.
    pub fn suspect(&mut self, now: Instant, link: Link, is_silent: bool) {
        if let Some(neighbour) = self.links.get_mut(link)
            && neighbour.is_suspected != is_silent
        {
            neighbour.is_suspected = is_silent;
            self.reprice(now, link);
        }
    }

    /// The smoothed round trip to a neighbour. Only a change of a fifth of the cost counts.
    pub fn measured(&mut self, now: Instant, link: Link, rtt: Duration) {
        if self.links.get_mut(link).is_some_and(|neighbour| neighbour.measured(rtt)) {
            self.reprice(now, link);
        }
    }

    /// How a probe of a destination behind a neighbour went. One through which most are lost costs twice as much for
    /// 60 s, and twice as much again if it goes on, since it may understate how far destinations are.
    pub fn probed(&mut self, now: Instant, link: Link, was_lost: bool) {
        let Some(neighbour) = self.links.get_mut(link) else { return };
        if neighbour.probed(was_lost) {
            self.timers.set(Timer::Trust(link), now + limits::DISTRUST);
            self.reprice(now, link);
        }
    }

    /// Whether a neighbour's gossip stream takes messages at present; at first it does. What was given before may be
    /// followed by two more messages.
    pub fn set_writable(&mut self, link: Link, is_writable: bool) {
        if let Some(neighbour) = self.links.get_mut(link) {
            neighbour.is_writable = is_writable;
            if neighbour.has_output() {
                self.ready.insert(link);
            }
        }
    }

    /// Reserves a node id for an entity: its key was given to this node. Another that was learned for the id goes.
    pub fn pin(&mut self, now: Instant, entity: EntityId) {
        let node = entity.node_id().0;
        self.pins.insert(node, entity);
        if self.table.get(&node).is_some_and(|entry| entry.entity != entity) {
            self.forget(now, node);
        }
    }

    /// The next message for a neighbour.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        loop {
            if let Some(transmit) = self.outbox.pop_front() {
                return Some(transmit);
            }
            let link = self.ready.pop_first()?;
            // Its stream may have lost the room that it had when there was first something to send.
            if self.links.get_mut(link).is_some_and(|neighbour| neighbour.has_output()) {
                self.compose(link);
            }
        }
    }

    /// When [`Router::handle_timeout`] is to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::Flush => self.flush(),
                Timer::Seqno => self.raise_seqno(now),
                Timer::Resume(link) => self.read_inbox(now, link),
                Timer::Trust(link) => {
                    if let Some(neighbour) = self.links.get_mut(link) {
                        neighbour.trust();
                        self.reprice(now, link);
                    }
                }
                Timer::Ask(node) => self.ask(now, node),
                Timer::Forget(node) => self.forget(now, node),
            }
        }
    }

    /// The next thing that has happened.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front().or_else(|| {
            let node = self.rerouted.pop_first()?;
            let link = self.table.get(&node).and_then(|entry| entry.selected);
            Some(Event::Rerouted { node: NodeId(node), link })
        })
    }

    /// What is known of a destination.
    pub fn destination(&self, node: NodeId) -> Option<Destination> {
        self.table.get(&node.0).map(|entry| self.describe(entry))
    }

    /// All destinations in the order of their ids.
    pub fn destinations(&self) -> impl Iterator<Item = (NodeId, Destination)> {
        self.table.iter().map(|(node, entry)| (NodeId(*node), self.describe(entry)))
    }

    /// The node of this router.
    pub fn node_id(&self) -> NodeId {
        self.node_id
    }

    /// The pair of this node's newest beacon.
    pub fn pair(&self) -> Pair {
        self.pair
    }

    /// The entity behind a link.
    pub fn neighbour(&self, link: Link) -> Option<EntityId> {
        self.links.get(link).map(|neighbour| neighbour.entity)
    }

    /// What was counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Chooses the route of a destination anew, and has neighbours told if they ought to hear of it.
    pub(crate) fn reselect(&mut self, now: Instant, node: u64) {
        let Some(entry) = self.table.get_mut(&node) else { return };
        let chosen = select::choose(entry, &self.links);
        let has_moved = chosen != entry.selected;
        if has_moved {
            entry.selected = chosen;
            self.counters.reroutes += 1;
            self.rerouted.insert(node);
        }
        if entry.routes.is_empty() {
            self.timers.ensure(Timer::Forget(node), now + limits::DISTANCE);
        } else {
            self.timers.clear(Timer::Forget(node));
        }
        self.announce(now, node, has_moved);
        self.consider_asking(now, node);
    }

    /// Settles what neighbours are told of a destination, and binds this node to it before any of them hears it.
    fn announce(&mut self, now: Instant, node: u64, has_moved: bool) {
        let Some(entry) = self.table.get_mut(&node) else { return };
        let new = if self.config.relay { tellable(entry, &self.links) } else { None };
        let is_news = match (&entry.told, &new) {
            (Some(told), Some(new)) => has_moved || told.is_worth_telling(new),
            (told, new) => told.is_some() != new.is_some(),
        };
        if !is_news {
            return;
        }
        entry.told = new;
        if let Some(told) = new {
            entry.commit(Distance { pair: told.pair, metric: told.metric });
        }
        for (_, neighbour) in self.links.iter_mut() {
            neighbour.pending.insert(node);
        }
        self.timers.ensure(Timer::Flush, now + self.config.batch);
    }

    /// Lets go what has gathered.
    fn flush(&mut self) {
        for (link, neighbour) in self.links.iter_mut() {
            neighbour.is_due = true;
            if neighbour.has_output() {
                self.ready.insert(link);
            }
        }
    }

    /// Chooses anew all routes that go over a neighbour.
    fn reprice(&mut self, now: Instant, link: Link) {
        let has_route = |(node, entry): (&u64, &Entry)| entry.route(link).map(|_| *node);
        let nodes: Vec<_> = self.table.iter().filter_map(has_route).collect();
        nodes.into_iter().for_each(|node| self.reselect(now, node));
    }

    /// Forgets a destination, and takes back what neighbours were told of it.
    pub(crate) fn forget(&mut self, now: Instant, node: u64) {
        if let Some(entry) = self.table.get_mut(&node) {
            entry.routes.clear();
        }
        self.reselect(now, node);
        let Some(entry) = self.table.remove(&node) else { return };
        self.timers.clear(Timer::Ask(node));
        self.timers.clear(Timer::Forget(node));
        if let Some(share) = self.shares.get_mut(entry.first_from.as_bytes()) {
            *share -= 1;
            if *share == 0 {
                self.shares.remove(entry.first_from.as_bytes());
            }
        }
    }

    pub(crate) fn misbehaved(&mut self, link: Link, misdeed: Misdeed, reason: Drop) {
        self.counters.drop(reason);
        let event = Event::Misbehaved { link, misdeed };
        if !self.events.contains(&event) {
            self.events.push_back(event);
        }
    }

    fn describe(&self, entry: &Entry) -> Destination {
        let route = entry.selected.and_then(|link| Some((link, select::total(entry, &self.links, link)?)));
        Destination { entity: entry.entity, static_key: entry.static_key, pair: entry.pair, route }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router")
            .field("node_id", &self.node_id)
            .field("pair", &self.pair)
            .finish_non_exhaustive()
    }
}

/// What neighbours may be told of a destination: nothing if it cannot be reached within the hops that there are.
fn tellable(entry: &Entry, links: &Links) -> Option<Told> {
    let link = entry.selected?;
    let route = entry.route(link)?;
    let (metric, hops) = (select::total(entry, links, link)?, route.hops + 1);
    let is_reachable = hops < MAX_HOPS && metric < net_types::route::UNREACHABLE;
    is_reachable.then_some(Told { pair: route.pair, metric, hops })
}
