//! Requests for higher sequence numbers: what a node does whose routes are all infeasible (RFC 8966, section 3.8.2).

use crate::{Drop, Link, Pair, Router, config::limits, link::Links, select, table::Entry, types::Timer};
use net_types::{identity::NodeId, route::MAX_HOPS, wire::route::SeqnoRequest};
use std::{collections::BTreeMap, time::Instant};

/// Requests that were passed on lately, by destination: what was asked for, which way it went, and when.
#[derive(Debug, Default)]
pub(crate) struct Passed(BTreeMap<u64, (Pair, Link, Instant)>);

impl Passed {
    /// Takes note of a request; tells whether it is to be passed on, since none like it went the same way lately.
    fn is_new(&mut self, now: Instant, node: u64, wanted: Pair, way: Link) -> bool {
        let is_recent = |at: Instant| now.saturating_duration_since(at) < limits::REQUEST;
        if self.0.get(&node).is_some_and(|(pair, over, at)| *pair >= wanted && *over == way && is_recent(*at))
        {
            return false;
        }
        if self.0.len() >= limits::REQUESTS && !self.0.contains_key(&node) {
            self.0.retain(|_, (_, _, at)| is_recent(*at));
        }
        let has_room = self.0.len() < limits::REQUESTS || self.0.contains_key(&node);
        if has_room {
            self.0.insert(node, (wanted, way, now));
        }
        has_room
    }
}

impl Router {
    /// Asks for a higher sequence number where only infeasible routes remain, or no feasible ones but over neighbours that
    /// have fallen silent; and later also where an infeasible one would be clearly better.
    pub(crate) fn consider_asking(&mut self, now: Instant, node: u64) {
        let Some(entry) = self.table.get_mut(&node) else { return };
        if select::is_starved(entry, &self.links) {
            if entry.asked == 0 {
                self.ask(now, node);
            }
            return;
        }
        entry.asked = 0;
        match select::has_better_infeasible(entry, &self.links) {
            true => self.timers.ensure(Timer::Ask(node), now + limits::REQUEST),
            false => self.timers.clear(Timer::Ask(node)),
        }
    }

    /// Asks the neighbours that have routes to a destination, and sets the time to ask again.
    pub(crate) fn ask(&mut self, now: Instant, node: u64) {
        let Some(entry) = self.table.get_mut(&node) else { return };
        let Some(distance) = entry.distance else { return };
        let wait = if select::is_starved(entry, &self.links) {
            entry.asked = (entry.asked + 1).min(8);
            (limits::RETRY * 2u32.pow(entry.asked - 1)).min(limits::LAST_RETRY)
        } else if select::has_better_infeasible(entry, &self.links) {
            limits::LAST_RETRY
        } else {
            return;
        };
        let seqno = distance.pair.seqno.saturating_add(1);
        let ways = ways(entry, &self.links, None);
        self.timers.set(Timer::Ask(node), now + wait);
        let request = request(node, Pair { epoch: distance.pair.epoch, seqno }, MAX_HOPS);
        ways.into_iter().for_each(|link| self.send_request(link, request.clone()));
    }

    /// Answers a request, or passes it on towards its destination.
    pub(crate) fn on_request(&mut self, now: Instant, link: Link, request: &SeqnoRequest) {
        let Some(neighbour) = self.links.get_mut(link) else { return };
        if !neighbour.asking.take(now, 1) {
            return self.counters.drop(Drop::TooManyRequests);
        }
        let wanted = Pair { epoch: request.epoch, seqno: request.seqno };
        if request.node_id == self.node_id {
            return self.on_own_request(now, link, wanted);
        }
        let node = request.node_id.0;
        let Some(entry) = self.table.get_mut(&node) else { return };
        if entry.told.is_some_and(|told| told.pair >= wanted) && entry.selected != Some(link) {
            neighbour.pending.insert(node);
            neighbour.is_due = true;
            if neighbour.has_output() {
                self.ready.insert(link);
            }
            return;
        }
        if request.hops <= 1 {
            return;
        }
        let hops = request.hops.min(MAX_HOPS) - 1;
        for way in ways(entry, &self.links, Some(link)) {
            if self.passed.is_new(now, node, wanted, way) {
                self.send_request(way, self::request(node, wanted, hops));
            }
        }
    }

    /// Signs the next sequence number, if somebody asks for more than there is.
    fn on_own_request(&mut self, now: Instant, link: Link, wanted: Pair) {
        if wanted.epoch == self.pair.epoch && wanted.seqno > self.pair.seqno {
            let at = self.signed_at + limits::SEQNO;
            match at <= now {
                true => self.raise_seqno(now),
                false => self.timers.ensure(Timer::Seqno, at),
            }
        } else if let Some(neighbour) = self.links.get_mut(link) {
            neighbour.pending.insert_own();
            neighbour.is_due = true;
            if neighbour.has_output() {
                self.ready.insert(link);
            }
        }
    }

    pub(crate) fn raise_seqno(&mut self, now: Instant) {
        let Pair { epoch, seqno } = self.pair;
        self.timers.clear(Timer::Seqno);
        let next = seqno.checked_add(1).map(|seqno| Pair { epoch, seqno });
        self.sign(now, next.unwrap_or(Pair { epoch: epoch.saturating_add(1), seqno: 0 }));
    }

    fn send_request(&mut self, link: Link, request: SeqnoRequest) {
        let Some(neighbour) = self.links.get_mut(link) else { return };
        if neighbour.requests.len() >= limits::REQUESTS {
            return self.counters.drop(Drop::TooManyRequests);
        }
        self.counters.requests += 1;
        neighbour.requests.insert(request.node_id.0, request);
        if neighbour.has_output() {
            self.ready.insert(link);
        }
    }
}

/// The neighbours that a request goes to: the next hop, or else some that have a route, also an infeasible one; those that
/// have fallen silent come last.
fn ways(entry: &Entry, links: &Links, giver: Option<Link>) -> Vec<Link> {
    let next = entry.selected.filter(|link| giver.is_some() && Some(*link) != giver);
    if let Some(link) = next.filter(|link| !links.is_suspected(*link)) {
        return vec![link];
    }
    let mut routes: Vec<_> = entry.routes.iter().filter(|route| Some(route.link) != giver).collect();
    routes.sort_by_key(|route| (links.is_suspected(route.link), route.metric, route.link));
    routes.iter().take(limits::ASKED).map(|route| route.link).collect()
}

fn request(node: u64, wanted: Pair, hops: u8) -> SeqnoRequest {
    let Pair { epoch, seqno } = wanted;
    SeqnoRequest { node_id: NodeId(node), epoch, seqno, hops, reserved: 0, padding: 0 }
}
