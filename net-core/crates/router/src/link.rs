//! Neighbours: what they cost, what they may, what waits for them.

use crate::{config::limits, pending::Pending};
use net_crypto::EntityId;
use net_gossip::{Bucket, Forgeries, Link};
use net_types::wire::route::SeqnoRequest;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

/// A neighbour.
#[derive(Debug)]
pub(crate) struct Neighbour {
    pub(crate) entity: EntityId,
    pub(crate) max_datagram: usize,
    pub(crate) is_suspected: bool,
    pub(crate) is_writable: bool,
    base_cost: u32,
    /// How often its cost is doubled.
    distrust: u32,
    probes: Probes,
    /// Destinations of which it is to be told.
    pub(crate) pending: Pending,
    /// Whether what is pending goes out without waiting for the batch.
    pub(crate) is_due: bool,
    pub(crate) requests: BTreeMap<u64, SeqnoRequest>,
    /// Destinations of which it has an older beacon than this node, and said so.
    pub(crate) corrections: BTreeSet<u64>,
    /// Messages that wait for its signature budget, and how far the first has been read.
    pub(crate) inbox: VecDeque<Vec<u8>>,
    pub(crate) inbox_read: usize,
    pub(crate) inbox_bytes: usize,
    pub(crate) signatures: Bucket,
    pub(crate) asking: Bucket,
    pub(crate) relayed: Bucket,
    pub(crate) inits: Bucket,
    /// Packets that wait for it.
    pub(crate) queued: u32,
    pub(crate) forgeries: Forgeries,
}

impl Neighbour {
    pub(crate) fn new(now: Instant, entity: EntityId, max_datagram: usize, rtt: Duration) -> Self {
        Self {
            entity,
            max_datagram,
            is_suspected: false,
            is_writable: true,
            base_cost: cost_of(rtt),
            distrust: 0,
            probes: Probes::default(),
            pending: Pending::everything(),
            is_due: true,
            requests: BTreeMap::new(),
            corrections: BTreeSet::new(),
            inbox: VecDeque::new(),
            inbox_read: 0,
            inbox_bytes: 0,
            signatures: Bucket::new(now, limits::SIGNATURES),
            asking: Bucket::new(now, limits::ASKING),
            relayed: Bucket::new(now, limits::RELAYED),
            inits: Bucket::new(now, limits::INITS),
            queued: 0,
            forgeries: Forgeries::default(),
        }
    }

    /// What a hop to it costs.
    pub(crate) fn cost(&self) -> u32 {
        self.base_cost << self.distrust
    }

    /// Counts a probe; tells whether the neighbour has lost most of the last ones, and costs twice as much from now on.
    pub(crate) fn probed(&mut self, was_lost: bool) -> bool {
        let loses_most = self.probes.count(was_lost);
        if loses_most {
            self.probes = Probes::default();
            self.distrust = (self.distrust + 1).min(limits::MAX_DISTRUST);
        }
        loses_most
    }

    pub(crate) fn trust(&mut self) {
        self.distrust = 0;
    }

    /// Takes a measured round trip; tells whether the cost has changed by a fifth, and only then changes it.
    pub(crate) fn measured(&mut self, rtt: Duration) -> bool {
        let cost = cost_of(rtt);
        let has_changed = cost.abs_diff(self.base_cost) * 5 >= self.base_cost;
        if has_changed {
            self.base_cost = cost;
        }
        has_changed
    }

    /// Whether there is something to send it.
    pub(crate) fn has_output(&self) -> bool {
        let is_urgent = !self.requests.is_empty() || !self.corrections.is_empty();
        self.is_writable && (is_urgent || (self.is_due && !self.pending.is_empty()))
    }
}

/// 100, and the round trip in tenths of a millisecond.
fn cost_of(rtt: Duration) -> u32 {
    let tenths = u32::try_from(rtt.as_micros() / 100).unwrap_or(u32::MAX);
    tenths.saturating_add(limits::HOP_COST).min(limits::MAX_COST)
}

/// The last probes through a neighbour, the newest in the lowest bit; set bits were lost.
#[derive(Debug, Default)]
struct Probes {
    lost: u32,
    count: u32,
}

impl Probes {
    /// Counts a probe; tells whether most were lost.
    fn count(&mut self, was_lost: bool) -> bool {
        self.lost = (self.lost << 1 | u32::from(was_lost)) & ((1 << limits::PROBES) - 1);
        self.count = (self.count + 1).min(limits::PROBES);
        self.count >= limits::LEAST_PROBES && self.lost.count_ones() * 2 > self.count
    }
}

/// The neighbours of a node, by their places.
#[derive(Debug, Default)]
pub(crate) struct Links(Vec<Option<Neighbour>>);

impl Links {
    /// Puts a neighbour at the lowest free place, so that sets of neighbours stay short.
    pub(crate) fn add(&mut self, neighbour: Neighbour) -> Link {
        let place = self.0.iter().position(Option::is_none).unwrap_or_else(|| {
            self.0.push(None);
            self.0.len() - 1
        });
        self.0[place] = Some(neighbour);
        Link::at(place as u32)
    }

    pub(crate) fn remove(&mut self, link: Link) -> Option<Neighbour> {
        self.0.get_mut(link.place() as usize)?.take()
    }

    pub(crate) fn get(&self, link: Link) -> Option<&Neighbour> {
        self.0.get(link.place() as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, link: Link) -> Option<&mut Neighbour> {
        self.0.get_mut(link.place() as usize)?.as_mut()
    }

    /// Whether a neighbour has fallen silent.
    pub(crate) fn is_suspected(&self, link: Link) -> bool {
        self.get(link).is_some_and(|neighbour| neighbour.is_suspected)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (Link, &mut Neighbour)> {
        let numbered = self.0.iter_mut().enumerate();
        numbered.filter_map(|(place, neighbour)| Some((Link::at(place as u32), neighbour.as_mut()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_costs_its_round_trip_within_bounds() {
        assert_eq!(cost_of(Duration::ZERO), 100);
        assert_eq!(cost_of(Duration::from_millis(25)), 350);
        assert_eq!(cost_of(Duration::from_secs(3_600)), 10_000);
    }

    #[test]
    fn most_probes_are_lost_when_more_than_half_are() {
        let mut probes = Probes::default();
        assert!((0..7).all(|_| !probes.count(true)), "too few to judge");
        assert!(probes.count(true));
        assert!((0..8).any(|_| !probes.count(false)), "as many arrive as are lost");
    }
}
