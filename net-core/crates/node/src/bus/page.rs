//! One page of a poll: the next matching events of all shards, a bit at a time.

use std::{cmp::Reverse, collections::BinaryHeap};

use net_types::bus::{Ordering, PollResponse, StoredEvent};

use super::{core::Bus, cursor::Cursor, filter::Filter, store::Block};

/// Most events that are copied out of a shard under its lock.
const BLOCK: usize = 256;

/// A page under construction.
///
/// With [`Ordering::None`] each shard first gets an even share of the page, and what some do not use goes to the others,
/// so that a busy shard cannot keep a poll from the rest.
#[derive(Debug)]
pub(crate) struct Pager {
    scans: Vec<Scan>,
    filter: Option<Filter>,
    ordering: Ordering,
    wanted: usize,
    /// The shards of whose next match the stamp is known, earliest first.
    heads: BinaryHeap<Reverse<(u64, usize)>>,
    /// The shards that may have more.
    active: Vec<usize>,
    /// What the shard at `active[turn]` may still take in this round.
    share: usize,
    turn: usize,
    taken: Vec<(usize, StoredEvent)>,
    has_more: bool,
}

/// A reader's progress in one shard.
#[derive(Debug)]
struct Scan {
    shard: usize,
    /// The next event to look at.
    place: u64,
    /// Whether an event was looked at.
    moved: bool,
    bound: u64,
    /// Most events to copy at once.
    stride: usize,
    block: Block,
    at: usize,
}

enum Found {
    /// The next event matches and has this stamp.
    Match(u64),
    /// There is no further match.
    Nothing,
    /// There is more to look at another time.
    Later,
}

impl Pager {
    /// A page of up to `wanted` events behind `cursor`, of what is visible now.
    pub(crate) fn new(
        bus: &Bus,
        cursor: &Cursor,
        filter: Option<Filter>,
        ordering: Ordering,
        wanted: usize,
    ) -> Self {
        let bound = bus.clock.latest();
        // One more than wanted tells whether there is more.
        let stride = if filter.is_some() { BLOCK } else { BLOCK.min(wanted + 1) };
        let scans = (0..bus.shards.len())
            .map(|shard| Scan {
                shard,
                place: cursor.last(shard).map_or(0, |last| last + 1),
                moved: false,
                bound,
                stride,
                block: Block::default(),
                at: 0,
            })
            .collect::<Vec<_>>();
        let active = (0..scans.len()).collect();
        Self {
            scans,
            filter,
            ordering,
            wanted,
            heads: BinaryHeap::new(),
            active,
            share: 0,
            turn: 0,
            taken: vec![],
            has_more: false,
        }
    }

    /// Looks at about `budget` events; true once the page is complete.
    pub(crate) fn advance(&mut self, bus: &Bus, mut budget: usize) -> bool {
        match self.ordering {
            Ordering::InsertionTs => self.advance_merged(bus, &mut budget),
            _ => self.advance_by_shard(bus, &mut budget),
        }
    }

    /// Releases what was read, and gives the answer; `cursor` moves behind it.
    pub(crate) fn finish(mut self, bus: &Bus, cursor: &mut Cursor) -> PollResponse {
        let mut moved = false;
        for scan in self.scans.iter().filter(|scan| scan.moved) {
            bus.shards[scan.shard].lock().note_polled(scan.place);
            cursor.set(scan.shard, scan.place - 1);
            moved = true;
        }
        if self.ordering != Ordering::InsertionTs {
            self.taken.sort_by_key(|(shard, _)| *shard);
        }
        PollResponse {
            events: self.taken.into_iter().map(|(_, event)| event).collect(),
            next_id: moved.then(|| cursor.text()),
            has_more: self.has_more,
        }
    }

    fn advance_merged(&mut self, bus: &Bus, budget: &mut usize) -> bool {
        while *budget > 0 {
            while let Some(&index) = self.active.last() {
                match self.scans[index].seek(bus, self.filter.as_ref(), budget) {
                    Found::Match(stamp) => self.heads.push(Reverse((stamp, index))),
                    Found::Nothing => {}
                    Found::Later => return false,
                }
                self.active.pop();
            }
            self.has_more = !self.heads.is_empty();
            if self.taken.len() == self.wanted {
                return true;
            }
            let Some(Reverse((_, index))) = self.heads.pop() else {
                return true;
            };
            self.take(bus, index, budget);
            self.active.push(index);
        }
        false
    }

    fn advance_by_shard(&mut self, bus: &Bus, budget: &mut usize) -> bool {
        while *budget > 0 {
            if self.turn == self.active.len() {
                self.turn = 0;
                self.share = 0;
            }
            if self.active.is_empty() {
                return true;
            }
            if self.share == 0 {
                let left = self.wanted - self.taken.len();
                self.share = (left / (self.active.len() - self.turn)).max(1);
            }
            let index = self.active[self.turn];
            match self.scans[index].seek(bus, self.filter.as_ref(), budget) {
                Found::Later => return false,
                Found::Nothing => {
                    self.active.remove(self.turn);
                    self.share = 0;
                }
                Found::Match(_) if self.taken.len() == self.wanted => {
                    self.has_more = true;
                    return true;
                }
                Found::Match(_) => {
                    self.take(bus, index, budget);
                    self.share -= 1;
                    self.turn += usize::from(self.share == 0);
                }
            }
        }
        false
    }

    fn take(&mut self, bus: &Bus, index: usize, budget: &mut usize) {
        *budget = budget.saturating_sub(1);
        let scan = &mut self.scans[index];
        if let Some(event) = scan.block.get(scan.at) {
            self.taken.push((scan.shard, bus.stored(scan.shard, event)));
        }
        scan.step();
    }
}

impl Scan {
    /// Goes to the next match.
    fn seek(&mut self, bus: &Bus, filter: Option<&Filter>, budget: &mut usize) -> Found {
        loop {
            let Some(event) = self.block.get(self.at) else {
                bus.shards[self.shard].lock().store.copy(
                    self.place,
                    self.stride,
                    self.bound,
                    &mut self.block,
                );
                self.at = 0;
                if self.block.len() == 0 {
                    return Found::Nothing;
                }
                continue;
            };
            if filter.is_none_or(|filter| filter.matches(event.text)) {
                return Found::Match(event.stamp);
            }
            if *budget == 0 {
                return Found::Later;
            }
            *budget -= 1;
            self.step();
        }
    }

    fn step(&mut self) {
        if let Some(event) = self.block.get(self.at) {
            self.place = event.id + 1;
            self.moved = true;
            self.at += 1;
        }
    }
}
