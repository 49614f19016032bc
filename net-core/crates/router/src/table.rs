//! Destinations: what is known of each, and what was said about it.

use crate::{
    Link, Pair,
    beacon::{BeaconBytes, pair_of},
};
use net_crypto::EntityId;
use net_gossip::LinkSet;
use net_types::wire::route::Beacon;

/// How far a destination is as of a beacon (RFC 8966, section 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Distance {
    pub(crate) pair: Pair,
    pub(crate) metric: u32,
}

impl Distance {
    /// Whether it is of a newer beacon, or smaller.
    pub(crate) fn is_better_than(&self, other: &Self) -> bool {
        self.pair > other.pair || (self.pair == other.pair && self.metric < other.metric)
    }
}

/// What a neighbour says of a destination.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) link: Link,
    pub(crate) pair: Pair,
    pub(crate) metric: u32,
    pub(crate) hops: u8,
    /// The least metric that it has said for the pair: it has promised to stay closer than that.
    pub(crate) least: u32,
}

impl Route {
    /// The distance that the neighbour has promised to be closer than.
    pub(crate) fn promised(&self) -> Distance {
        Distance { pair: self.pair, metric: self.least }
    }
}

/// What this node says of a destination to its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) pair: Pair,
    pub(crate) metric: u32,
    pub(crate) hops: u8,
}

impl Told {
    /// Whether neighbours ought to hear of a change: of the beacon, or of a fifth of the metric.
    pub(crate) fn is_worth_telling(&self, new: &Self) -> bool {
        self.pair != new.pair || u64::from(self.metric.abs_diff(new.metric)) * 5 >= u64::from(self.metric)
    }
}

/// A destination.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) entity: EntityId,
    pub(crate) static_key: [u8; 32],
    /// The newest beacon that is known, and its pair.
    pub(crate) beacon: Box<BeaconBytes>,
    pub(crate) pair: Pair,
    /// The pair of the beacon before.
    before: Pair,
    /// Who was the first to pass a beacon on: its share of the table.
    pub(crate) first_from: EntityId,
    pub(crate) routes: Vec<Route>,
    pub(crate) selected: Option<Link>,
    /// The least distance that was said to neighbours (RFC 8966, section 3.5.1).
    pub(crate) distance: Option<Distance>,
    pub(crate) told: Option<Told>,
    /// Neighbours that have a route from here which was not taken back.
    pub(crate) told_to: LinkSet,
    /// Neighbours that have the newest beacon.
    pub(crate) has_beacon: LinkSet,
    /// Times that a higher sequence number was asked for in vain.
    pub(crate) asked: u32,
}

impl Entry {
    pub(crate) fn new(beacon: &Beacon, bytes: BeaconBytes, first_from: EntityId) -> Self {
        Self {
            entity: EntityId::new(beacon.entity_id),
            static_key: beacon.static_key,
            beacon: Box::new(bytes),
            pair: pair_of(beacon),
            before: pair_of(beacon),
            first_from,
            routes: Vec::new(),
            selected: None,
            distance: None,
            told: None,
            told_to: LinkSet::default(),
            has_beacon: LinkSet::default(),
            asked: 0,
        }
    }

    /// Takes a newer beacon.
    pub(crate) fn renew(&mut self, beacon: &Beacon, bytes: BeaconBytes) {
        self.before = self.pair;
        self.pair = pair_of(beacon);
        self.static_key = beacon.static_key;
        *self.beacon = bytes;
        self.has_beacon = LinkSet::default();
    }

    /// Whether the beacon of a pair was seen.
    pub(crate) fn knows(&self, pair: Pair) -> bool {
        pair == self.pair || pair == self.before
    }

    /// Whether a route may be used: its neighbour is closer than this node has ever said to be.
    pub(crate) fn is_feasible(&self, route: &Route) -> bool {
        self.distance.is_none_or(|distance| route.promised().is_better_than(&distance))
    }

    pub(crate) fn route(&self, link: Link) -> Option<&Route> {
        self.routes.iter().find(|route| route.link == link)
    }

    /// Takes what a neighbour says in place of what it said; false if there is no room for another route.
    pub(crate) fn put(&mut self, mut route: Route, most: usize) -> bool {
        if let Some(known) = self.routes.iter_mut().find(|known| known.link == route.link) {
            if known.pair == route.pair {
                route.least = route.least.min(known.least);
            }
            *known = route;
            return true;
        }
        if self.routes.len() == most {
            let selected = self.selected;
            let worst = self.routes.iter_mut().filter(|known| Some(known.link) != selected);
            let worst = worst.max_by_key(|known| known.metric);
            return worst.filter(|worst| worst.metric > route.metric).map(|worst| *worst = route).is_some();
        }
        self.routes.push(route);
        true
    }

    /// Forgets what a neighbour said; tells whether it had said something.
    pub(crate) fn remove(&mut self, link: Link) -> bool {
        let before = self.routes.len();
        self.routes.retain(|route| route.link != link);
        self.routes.len() < before
    }

    /// Binds this node to have said so much.
    pub(crate) fn commit(&mut self, said: Distance) {
        if self.distance.is_none_or(|distance| said.is_better_than(&distance)) {
            self.distance = Some(said);
        }
    }
}
