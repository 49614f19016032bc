//! Announcements of others: judged in the order of what judging costs, and kept.

use super::{
    Directory, Step, Timer,
    table::{Held, Room},
};
use crate::{Drop, Moment, State, announcement::Signed, config::limits};
use net_crypto::EntityId;
use net_gossip::{Link, Misdeed};
use net_types::{
    capability::{AnnouncementKind, MAX_CAPABILITY_HOPS},
    wire::capability::CapabilityDelta,
};
use std::time::Duration;

impl Directory {
    /// Takes an announcement if it is newer than what is known and its signature holds.
    pub(super) fn on_announcement(&mut self, at: Moment, link: Link, body: &[u8]) -> Step {
        let signed = match Signed::read(body) {
            Ok(signed) if (1..=MAX_CAPABILITY_HOPS).contains(&signed.says.hops) => signed,
            _ => {
                self.suspect(at, link, Drop::Malformed, Misdeed::Malformed);
                return Step::Done;
            }
        };
        let entity = signed.entity();
        let is_own = entity == self.signer.entity();
        let node = entity.node_id().0;
        if !self.is_news(at, link, node, &signed) {
            return Step::Done;
        }
        let Some(neighbour) = self.neighbours.get_mut(&link) else { return Step::Done };
        if !neighbour.signatures.take(at.now, 1) {
            return Step::Wait;
        }
        self.counters.signatures += 1;
        if !signed.is_genuine(&mut *self.signatures) {
            self.suspect(at, link, Drop::Forged, Misdeed::Forged);
        } else if is_own {
            self.heard_own(at, &signed);
        } else if self.is_taken(node, entity) {
            self.counters.drop(Drop::NodeIdTaken);
        } else {
            self.take_in_turn(at, link, node, signed);
        }
        Step::Done
    }

    /// Lets an origin's announcement in whose turn it is now.
    pub(super) fn release(&mut self, at: Moment, node: u64) {
        let Some(entry) = self.table.get_mut(node) else { return };
        let Some((signed, link)) = entry.waiting.take() else { return };
        entry.budget.take(at.now, limits::NEWS);
        self.waits_no_more(&signed, link);
        self.accept(at, link, node, signed);
    }

    /// Keeps an announcement, and has all neighbours told but who gave it.
    pub(super) fn keep(&mut self, at: Moment, giver: Option<Link>, signed: &Signed, held: Held) {
        let node = signed.entity().node_id().0;
        let from = giver.and_then(|link| self.neighbours.get(&link)).map(|neighbour| neighbour.entity);
        let is_full = signed.says.kind == AnnouncementKind::Full;
        let is_live = held.is_live();
        let state = held.state().cloned();
        if self.table.get(node).is_some() {
            self.table.hold(node, held);
        } else {
            self.table.insert(at.now, node, signed, held, from.unwrap_or(self.signer.entity()));
        }
        let Some(entry) = self.table.get_mut(node) else { return };
        entry.edition = signed.edition();
        entry.has_newest = Default::default();
        if is_full {
            entry.has_full = Default::default();
        }
        if let Some(link) = giver {
            entry.has_newest.insert(link);
            entry.has_full.insert(link);
        }
        match &state {
            Some(state) => self.index.put(node, signed.entity(), state),
            None => self.index.remove(node),
        }
        self.changed.insert(node);
        if giver.is_some() {
            self.set_time(at, node, signed, is_live);
        }
        self.spread(node, giver, signed.says.hops);
    }

    /// The time of an announcement is over. It is remembered for a while, so that no copy of it is believed again.
    pub(super) fn expire(&mut self, at: Moment, node: u64) {
        self.table.hold(node, Held::Expired);
        self.index.remove(node);
        self.changed.insert(node);
        self.timers.set(Timer::Forget(node), at.now + limits::TOMBSTONE);
    }

    pub(super) fn forget(&mut self, node: u64) {
        self.timers.clear(Timer::Release(node));
        self.timers.clear(Timer::Expire(node));
        self.timers.clear(Timer::Forget(node));
        let Some(entry) = self.table.remove(node) else { return };
        if let Some((signed, link)) = &entry.waiting {
            self.waits_no_more(signed, *link);
        }
        if entry.held.is_live() {
            self.index.remove(node);
            self.changed.insert(node);
        }
    }

    /// Whether an announcement says something new that still holds; who has an older one is sent the newer.
    fn is_news(&mut self, at: Moment, link: Link, node: u64, signed: &Signed) -> bool {
        let says = &signed.says;
        let longest = u64::from(says.ttl).min(limits::LONGEST) + limits::TOLERANCE;
        if at.wall > says.issued.0.saturating_add(longest) {
            self.counters.drop(Drop::Expired);
            return false;
        }
        let Some(entry) = self.table.get_mut(node).filter(|entry| entry.entity == signed.entity()) else {
            return true;
        };
        if signed.edition() > entry.newest() {
            return true;
        }
        self.counters.drop(Drop::Old);
        if signed.edition() == entry.edition {
            entry.has_newest.insert(link);
        } else if signed.edition() < entry.edition
            && let Some(neighbour) = self.neighbours.get_mut(&link)
            && neighbour.asking.take(at.now, 1)
        {
            neighbour.news.insert(node);
            self.ready_if_more(link);
        }
        false
    }

    /// Whether a node id belongs to another entity.
    fn is_taken(&self, node: u64, entity: EntityId) -> bool {
        let bound = self.table.get(node).map(|entry| entry.entity);
        let pinned = self.pins.get(&node).copied();
        node == self.node_id.0 || [bound, pinned].into_iter().flatten().any(|other| other != entity)
    }

    /// Takes an announcement that is known to be its origin's, now or when it is the origin's turn.
    fn take_in_turn(&mut self, at: Moment, link: Link, node: u64, signed: Signed) {
        let Some(entry) = self.table.get_mut(node) else {
            return self.accept(at, link, node, signed);
        };
        if entry.waiting.is_none() && entry.budget.take(at.now, limits::NEWS) {
            return self.accept(at, link, node, signed);
        }
        let turn = entry.budget.ready_at(at.now, limits::NEWS);
        let Some(neighbour) = self.neighbours.get_mut(&link) else { return };
        if neighbour.waiting_bytes + signed.cost() > limits::WAITING {
            return self.counters.drop(Drop::TableFull);
        }
        neighbour.waiting_bytes += signed.cost();
        match entry.waiting.replace((signed, link)) {
            Some((before, giver)) => {
                self.counters.drop(Drop::Overtaken);
                self.waits_no_more(&before, giver);
            }
            None => self.timers.set(Timer::Release(node), turn),
        }
    }

    fn waits_no_more(&mut self, signed: &Signed, giver: Link) {
        if let Some(neighbour) = self.neighbours.get_mut(&giver) {
            neighbour.waiting_bytes = neighbour.waiting_bytes.saturating_sub(signed.cost());
        }
    }

    fn accept(&mut self, at: Moment, link: Link, node: u64, signed: Signed) {
        match self.read_held(node, &signed) {
            Ok(held) if self.make_room(&signed, node, &held, link) => {
                self.keep(at, Some(link), &signed, held)
            }
            Ok(_) => self.counters.drop(Drop::TableFull),
            Err(Drop::BaseUnknown) => {
                self.counters.drop(Drop::BaseUnknown);
                self.pull(link, node);
            }
            Err(reason) => self.counters.drop(reason),
        }
    }

    /// What is held of an origin once an announcement counts.
    fn read_held(&self, node: u64, signed: &Signed) -> Result<Held, Drop> {
        let says = &signed.says;
        if signed.is_later {
            return Ok(Held::Later(signed.clone().into_kept()));
        }
        match says.kind {
            AnnouncementKind::Full => {
                let state = State::decode(&says.body).map_err(|_| Drop::BadBody)?;
                let full = signed.clone().into_kept();
                Ok(Held::Live { full, base: says.revision, delta: None, state })
            }
            AnnouncementKind::Delta => {
                let change = CapabilityDelta::decode(&says.body).map_err(|_| Drop::BadBody)?;
                let entry = self.table.get(node).filter(|entry| entry.edition.epoch == says.epoch);
                let Some(Held::Live { full, base, .. }) = entry.map(|entry| &entry.held) else {
                    return Err(Drop::BaseUnknown);
                };
                if *base != change.base {
                    return Err(Drop::BaseUnknown);
                }
                let before = full.says().and_then(|full| State::decode(&full.body).ok());
                let state = before.and_then(|before| before.apply(&change)).ok_or(Drop::WrongResult)?;
                let delta = Some(signed.clone().into_kept());
                Ok(Held::Live { full: full.clone(), base: *base, delta, state })
            }
            AnnouncementKind::Withdrawal if says.body.is_empty() => {
                Ok(Held::Withdrawn(signed.clone().into_kept()))
            }
            AnnouncementKind::Withdrawal => Err(Drop::BadBody),
        }
    }

    /// Whether there is room for an announcement. A neighbour's own is given some of what others have filled most of.
    fn make_room(&mut self, signed: &Signed, node: u64, held: &Held, link: Link) -> bool {
        let Some(giver) = self.neighbours.get(&link).map(|neighbour| neighbour.entity) else { return false };
        let room = Room { origins: self.config.max_origins, bytes: self.config.max_bytes };
        let (is_new, more) = self.table.growth(node, held);
        let is_pinned = self.pins.get(&node) == Some(&signed.entity());
        while !self.table.has_room(room, &giver, is_new, more) {
            // A neighbour's own announcement counts for no share.
            if is_pinned && self.table.is_within(room, is_new, more) {
                return true;
            }
            let pins = &self.pins;
            let own = self.signer.entity();
            let stays = |entity: &EntityId| *entity == own || pins.get(&entity.node_id().0) == Some(entity);
            match self.table.least(stays).filter(|least| is_pinned && least.0 != node) {
                Some(least) => self.forget(least.0),
                None => return false,
            }
        }
        true
    }

    /// Lets an announcement go when its time is over: that which is left of it, but at least half, since clocks differ.
    fn set_time(&mut self, at: Moment, node: u64, signed: &Signed, is_live: bool) {
        self.timers.clear(Timer::Expire(node));
        self.timers.clear(Timer::Forget(node));
        if !is_live {
            return self.timers.set(Timer::Forget(node), at.now + limits::TOMBSTONE);
        }
        let ttl = u64::from(signed.says.ttl).min(limits::LONGEST);
        let left = ttl.saturating_sub(at.wall.saturating_sub(signed.says.issued.0));
        self.timers.set(Timer::Expire(node), at.now + Duration::from_secs(left.max(ttl / 2)));
    }

    /// Has all neighbours told but who gave it, unless it has made all of its hops.
    fn spread(&mut self, node: u64, giver: Option<Link>, hops: u8) {
        if hops >= MAX_CAPABILITY_HOPS {
            return;
        }
        for (link, neighbour) in &mut self.neighbours {
            if Some(*link) != giver {
                neighbour.news.insert(node);
                if neighbour.has_output() {
                    self.ready.insert(*link);
                }
            }
        }
    }

    /// Asks whoever has given a change for what it is a change of.
    fn pull(&mut self, link: Link, node: u64) {
        let Some(neighbour) = self.neighbours.get_mut(&link) else { return };
        neighbour.pulls.insert(node);
        self.ready_if_more(link);
    }
}
