//! Origins: what is known of each, and who has it.

use crate::{
    Edition, State,
    announcement::{Kept, Signed},
    config::limits,
};
use net_crypto::EntityId;
use net_gossip::{Bucket, Link, LinkSet};
use net_types::identity::NodeId;
use std::{
    collections::{BTreeMap, btree_map},
    time::Instant,
};

/// An origin.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) entity: EntityId,
    pub(crate) edition: Edition,
    pub(crate) held: Held,
    /// Who was the first to pass an announcement on: its share of the table.
    pub(crate) first_from: EntityId,
    pub(crate) budget: Bucket,
    /// A newer announcement for which it is not time yet, and who gave it.
    pub(crate) waiting: Option<(Signed, Link)>,
    /// Neighbours that have the newest announcement.
    pub(crate) has_newest: LinkSet,
    /// Neighbours that have the full announcement.
    pub(crate) has_full: LinkSet,
    /// Bytes that it counts for.
    cost: usize,
}

/// What is held of an origin.
#[derive(Debug)]
pub(crate) enum Held {
    /// Its full announcement, the change since if there is one, and what both say.
    Live { full: Kept, base: u32, delta: Option<Kept>, state: State },
    /// The announcement that took all back.
    Withdrawn(Kept),
    /// An announcement of a later version, which is passed on and says nothing here.
    Later(Kept),
    /// Nothing any more: its time was over.
    Expired,
}

impl Held {
    fn cost(&self) -> usize {
        match self {
            Self::Live { full, delta, state, .. } => {
                // The index keeps each text once more.
                full.cost() + delta.as_ref().map_or(0, Kept::cost) + 2 * state.cost()
            }
            Self::Withdrawn(kept) | Self::Later(kept) => kept.cost(),
            Self::Expired => 0,
        }
    }

    /// Whether it holds until its time is over.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. } | Self::Later(_))
    }

    /// What it announces now, as far as that is understood here.
    pub(crate) fn state(&self) -> Option<&State> {
        match self {
            Self::Live { state, .. } => Some(state),
            Self::Withdrawn(_) | Self::Later(_) | Self::Expired => None,
        }
    }
}

impl Entry {
    /// The newest edition that has come, even if it is not its turn yet.
    pub(crate) fn newest(&self) -> Edition {
        self.waiting.as_ref().map_or(self.edition, |(waiting, _)| waiting.edition().max(self.edition))
    }

    /// Whether neighbours can be sent it.
    pub(crate) fn is_told(&self) -> bool {
        !matches!(self.held, Held::Expired)
    }
}

/// All origins by their node ids, and what neighbours have filled of the table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    entries: BTreeMap<u64, Entry>,
    bytes: usize,
    shares: BTreeMap<[u8; 32], Share>,
}

/// What one neighbour has filled.
#[derive(Debug, Default, Clone, Copy)]
struct Share {
    origins: usize,
    bytes: usize,
}

/// How much there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) origins: usize,
    pub(crate) bytes: usize,
}

impl Table {
    pub(crate) fn get(&self, node: u64) -> Option<&Entry> {
        self.entries.get(&node)
    }

    pub(crate) fn get_mut(&mut self, node: u64) -> Option<&mut Entry> {
        self.entries.get_mut(&node)
    }

    pub(crate) fn range(&self, nodes: std::ops::RangeInclusive<u64>) -> btree_map::Range<'_, u64, Entry> {
        self.entries.range(nodes)
    }

    pub(crate) fn range_mut(
        &mut self,
        nodes: std::ops::RangeInclusive<u64>,
    ) -> impl Iterator<Item = (u64, &mut Entry)> {
        self.entries.range_mut(nodes).map(|(node, entry)| (*node, entry))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut Entry)> {
        self.entries.iter_mut().map(|(node, entry)| (*node, entry))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts in an origin.
    pub(crate) fn insert(&mut self, now: Instant, node: u64, signed: &Signed, held: Held, giver: EntityId) {
        let cost = limits::ENTRY + held.cost();
        let mut budget = Bucket::new(now, limits::ORIGIN);
        budget.take(now, limits::NEWS);
        let entry = Entry {
            entity: signed.entity(),
            edition: signed.edition(),
            held,
            first_from: giver,
            budget,
            waiting: None,
            has_newest: LinkSet::default(),
            has_full: LinkSet::default(),
            cost,
        };
        self.entries.insert(node, entry);
        self.bytes += cost;
        let share = self.shares.entry(*giver.as_bytes()).or_default();
        share.origins += 1;
        share.bytes += cost;
    }

    /// Puts something else in the place of what is held of an origin.
    pub(crate) fn hold(&mut self, node: u64, held: Held) {
        let Some(entry) = self.entries.get_mut(&node) else { return };
        let cost = limits::ENTRY + held.cost();
        let share = self.shares.entry(*entry.first_from.as_bytes()).or_default();
        share.bytes = share.bytes - entry.cost + cost;
        self.bytes = self.bytes - entry.cost + cost;
        entry.cost = cost;
        entry.held = held;
    }

    pub(crate) fn remove(&mut self, node: u64) -> Option<Entry> {
        let entry = self.entries.remove(&node)?;
        self.bytes -= entry.cost;
        if let btree_map::Entry::Occupied(mut share) = self.shares.entry(*entry.first_from.as_bytes()) {
            share.get_mut().origins -= 1;
            share.get_mut().bytes -= entry.cost;
            if share.get().origins == 0 {
                share.remove();
            }
        }
        Some(entry)
    }

    /// Whether something held of a node would be a further origin, and how many bytes more there would be.
    pub(crate) fn growth(&self, node: u64, held: &Held) -> (bool, usize) {
        let cost = limits::ENTRY + held.cost();
        let before = self.entries.get(&node).map(|entry| entry.cost);
        (before.is_none(), cost.saturating_sub(before.unwrap_or(0)))
    }

    /// Whether there is room for so much more of an origin in all.
    pub(crate) fn is_within(&self, room: Room, is_new: bool, more: usize) -> bool {
        self.entries.len() + usize::from(is_new) <= room.origins && self.bytes + more <= room.bytes
    }

    /// Whether there is room for so much more of an origin, in all and in its giver's share.
    pub(crate) fn has_room(&self, room: Room, giver: &EntityId, is_new: bool, more: usize) -> bool {
        let share = self.shares.get(giver.as_bytes()).copied().unwrap_or_default();
        let origins = usize::from(is_new);
        self.is_within(room, is_new, more)
            && share.origins + origins <= room.origins.div_ceil(4)
            && share.bytes + more <= room.bytes.div_ceil(4)
    }

    /// The origin that goes first when there has to be room: nothing held, else of whoever has filled most; never one that
    /// is to stay.
    pub(crate) fn least(&self, stays: impl Fn(&EntityId) -> bool) -> Option<NodeId> {
        let may_go = |entry: &Entry| !stays(&entry.entity);
        let filled =
            |entry: &Entry| self.shares.get(entry.first_from.as_bytes()).map_or(0, |share| share.bytes);
        let candidates = self.entries.iter().filter(|(_, entry)| may_go(entry));
        candidates
            .max_by_key(|(_, entry)| (entry.held.state().is_none(), filled(entry)))
            .map(|(node, _)| NodeId(*node))
    }
}
