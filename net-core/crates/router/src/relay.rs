//! Where packets go that are for other nodes.

use crate::{Drop, Link, Router, config::limits, select};
use net_types::{identity::NodeId, route::MAX_HOPS};
use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

/// What an envelope says, and the packet in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// The node that it is for.
    pub destination: NodeId,
    /// The node that it claims to be from.
    pub source: NodeId,
    /// Hops that it may still make.
    pub ttl: u8,
    /// Bytes of the whole datagram, as it goes to the next hop.
    pub length: usize,
    /// Whether the packet in it is the first message of a handshake.
    pub is_init: bool,
}

/// What to do with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is for this node.
    Deliver,
    /// It goes to a neighbour, with so many hops left. [`Router::sent`] says when it has gone.
    Forward(Link, u8),
    /// It is dropped and counted.
    Drop(Drop),
}

impl Router {
    /// Decides where a packet goes that a neighbour has passed on.
    pub fn relay(&mut self, now: Instant, from: Link, packet: &Packet) -> Verdict {
        let verdict = self.judge(now, from, packet);
        match verdict {
            Verdict::Deliver => self.counters.delivered += 1,
            Verdict::Forward(..) => self.counters.relayed += 1,
            Verdict::Drop(reason) => self.counters.drop(reason),
        }
        verdict
    }

    /// The neighbour by which a packet of this node goes out: along the route, or else to whoever brought packets of
    /// that node.
    pub fn next_hop(&self, now: Instant, destination: NodeId) -> Option<Link> {
        self.table.get(&destination.0).and_then(|entry| entry.selected).or_else(|| {
            let bringer = self.bringers.get(now, destination.0)?;
            self.links.get(bringer).map(|_| bringer)
        })
    }

    /// Takes note that so many packets which were to go to a neighbour have gone, or were given up.
    pub fn sent(&mut self, link: Link, packets: u32) {
        if let Some(neighbour) = self.links.get_mut(link) {
            neighbour.queued = neighbour.queued.saturating_sub(packets);
        }
    }

    fn judge(&mut self, now: Instant, from: Link, packet: &Packet) -> Verdict {
        let is_own = packet.destination == self.node_id;
        let drop = Verdict::Drop;
        if self.links.get(from).is_none() {
            return drop(Drop::NoSession);
        }
        if packet.source == self.node_id {
            return drop(Drop::OwnSource);
        }
        if !is_own && !self.config.relay {
            return drop(Drop::NotRelaying);
        }
        if !is_own && packet.ttl == 0 {
            return drop(Drop::TtlExpired);
        }
        if let Some(over) = self.charge(now, from, packet) {
            return drop(over);
        }
        if self.table.get(&packet.source.0).is_none_or(|entry| entry.selected.is_none()) {
            self.bringers.put(now, packet.source.0, from);
        }
        if is_own {
            return Verdict::Deliver;
        }
        match self.way(now, from, packet.destination) {
            Ok(link) => self.enqueue(link, packet),
            Err(reason) => drop(reason),
        }
    }

    /// Takes a packet out of its neighbour's rates; gives the one that it exceeds.
    fn charge(&mut self, now: Instant, from: Link, packet: &Packet) -> Option<Drop> {
        let neighbour = self.links.get_mut(from)?;
        if packet.destination == self.node_id {
            return None;
        }
        if packet.is_init && !neighbour.inits.take(now, 1) {
            return Some(Drop::InitsExceeded);
        }
        let fits = neighbour.relayed.take(now, packet.length as u64);
        (!fits).then_some(Drop::RateExceeded)
    }

    /// The next hop of a packet, which is never the neighbour that gave it: any feasible route keeps packets from loops.
    fn way(&self, now: Instant, from: Link, destination: NodeId) -> Result<Link, Drop> {
        let entry = self.table.get(&destination.0);
        let selected = entry.and_then(|entry| entry.selected);
        if let Some(link) = selected.filter(|link| *link != from) {
            return Ok(link);
        }
        let other = entry.and_then(|entry| select::best(entry, &self.links, Some(from)));
        if let Some((_, _, link)) = other {
            return Ok(link);
        }
        let bringer = self.bringers.get(now, destination.0).filter(|link| self.links.get(*link).is_some());
        match bringer.filter(|link| *link != from) {
            Some(link) => Ok(link),
            None if selected.is_some() || bringer.is_some() => Err(Drop::BackToGiver),
            None => Err(Drop::NoRoute),
        }
    }

    fn enqueue(&mut self, link: Link, packet: &Packet) -> Verdict {
        let Some(neighbour) = self.links.get_mut(link) else { return Verdict::Drop(Drop::NoRoute) };
        if packet.length > neighbour.max_datagram {
            return Verdict::Drop(Drop::TooLarge);
        }
        if neighbour.queued >= limits::QUEUED {
            return Verdict::Drop(Drop::QueueFull);
        }
        neighbour.queued += 1;
        Verdict::Forward(link, packet.ttl.min(MAX_HOPS) - 1)
    }
}

/// Who brought packets of nodes to which no route is known, the latest of them.
#[derive(Debug, Default)]
pub(crate) struct Bringers {
    by_node: BTreeMap<u64, (Link, Instant)>,
    /// In the order in which nodes were first seen.
    order: VecDeque<u64>,
}

impl Bringers {
    fn put(&mut self, now: Instant, node: u64, link: Link) {
        if self.by_node.insert(node, (link, now)).is_some() {
            return;
        }
        self.order.push_back(node);
        if self.order.len() > limits::BRINGERS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_node.remove(&oldest);
        }
    }

    fn get(&self, now: Instant, node: u64) -> Option<Link> {
        let (link, at) = self.by_node.get(&node)?;
        (now.saturating_duration_since(*at) < limits::BRINGER_TIME).then_some(*link)
    }

    /// Forgets a neighbour.
    pub(crate) fn forget(&mut self, link: Link) {
        self.by_node.retain(|_, (bringer, _)| *bringer != link);
        self.order.retain(|node| self.by_node.contains_key(node));
    }
}
