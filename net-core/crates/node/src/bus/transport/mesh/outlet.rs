//! The events of a bus that are to leave, in the order of emission, and those that have left and are not acknowledged.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
    io,
    sync::Arc,
};

use bytes::Bytes;

use super::{super::nonce::Producer, batch::Draft};
use crate::bus::{
    core::{Bus, From},
    shard::Reader,
    store::Block,
};

/// Bytes of a batch, unless one event is longer.
const BATCH: usize = 64 << 10;
/// Most events of a batch.
const EVENTS: u32 = 4096;
/// Bytes that are copied out of all shards at a time.
const AHEAD: usize = 1 << 20;
/// Bytes that may be under way.
const UNDER_WAY: usize = 4 << 20;

/// A reader of all shards that passes what has left.
///
/// It merges by stamp what the shards hold up to one time, so that the events of one thread, whatever their shards, leave as
/// they were emitted. See [`Clock`](crate::bus::clock::Clock) for why nothing earlier can come in later.
#[derive(Debug)]
pub(super) struct Outlet {
    bus: Arc<Bus>,
    holder: Arc<Reader>,
    producer: Producer,
    /// Number of the event to come, among those of this process.
    next: u64,
    shards: Box<[Ahead]>,
    /// The shards that have an event copied, by its stamp.
    heads: BinaryHeap<Reverse<(u64, usize)>>,
    under_way: VecDeque<Batch>,
    bytes: usize,
    /// How many of those under way were sent over the present session.
    sent: usize,
}

/// What was copied of a shard.
#[derive(Debug, Default)]
struct Ahead {
    block: Block,
    at: usize,
    /// The event to copy next.
    place: u64,
}

#[derive(Debug)]
struct Batch {
    end: u64,
    message: Bytes,
    /// For each shard how many events it has, and the place behind them.
    passed: BTreeMap<usize, (u64, u64)>,
}

impl Outlet {
    /// For all events that the bus gets.
    pub(super) fn new(bus: Arc<Bus>, producer: Producer) -> Self {
        // A bus that is closed already has nothing to send.
        let holder = bus.join(&From::Oldest).unwrap_or_else(|_| Arc::new(Reader::new(bus.shards.len())));
        let shards = bus.shards.iter().map(|_| Ahead::default()).collect();
        Self {
            bus,
            holder,
            producer,
            next: 0,
            shards,
            heads: BinaryHeap::new(),
            under_way: VecDeque::new(),
            bytes: 0,
            sent: 0,
        }
    }

    /// Who has passed what has left.
    pub(super) fn holder(&self) -> Arc<Reader> {
        Arc::clone(&self.holder)
    }

    /// The next batch to send: one that is under way already, or a new one; nothing if there is none, or too much is under way.
    pub(super) fn peek(&mut self) -> io::Result<Option<Bytes>> {
        if self.sent == self.under_way.len() && self.bytes < UNDER_WAY {
            // No number is used before it is noted that it is.
            self.producer.reserve(self.next + u64::from(EVENTS))?;
            if let Some(batch) = self.draft() {
                self.bytes += batch.message.len();
                self.under_way.push_back(batch);
            }
        }
        Ok(self.under_way.get(self.sent).map(|batch| batch.message.clone()))
    }

    /// Notes that the next batch was sent.
    pub(super) fn advance(&mut self) {
        self.sent += 1;
    }

    /// Begins anew with what is not acknowledged.
    pub(super) fn rewind(&mut self) {
        self.sent = 0;
    }

    /// Notes that the peer has all events below a number, and tells how many batches that ends.
    pub(super) fn acknowledge(&mut self, producer: u64, next: u64) -> u64 {
        let mut ended = 0;
        // What was not sent over this session may be acknowledged all the same, by an answer to an earlier one.
        while producer == self.producer.nonce()
            && self.under_way.front().is_some_and(|batch| batch.end <= next)
        {
            self.pass();
            ended += 1;
        }
        ended
    }

    /// Passes the oldest batch.
    pub(super) fn pass(&mut self) {
        let Some(batch) = self.under_way.pop_front() else { return };
        self.bytes -= batch.message.len();
        self.sent = self.sent.saturating_sub(1);
        for (shard, (count, end)) in batch.passed {
            self.bus.deliver(&self.holder, shard, end - count, end);
        }
        self.bus.passed.ring();
    }

    /// Tells whether there is an event that no batch has.
    pub(super) fn has_news(&self) -> bool {
        // The clock before the shards, as `Bell` wants it.
        let _ = self.bus.clock.latest();
        let has_more = |(ahead, shard): (&Ahead, &crate::bus::shard::Shard)| ahead.place != shard.begun();
        !self.heads.is_empty() || self.shards.iter().zip(&self.bus.shards).any(has_more)
    }

    /// Tells whether there is room for another batch under way.
    pub(super) fn has_room(&self) -> bool {
        self.bytes < UNDER_WAY
    }

    fn draft(&mut self) -> Option<Batch> {
        let bound = self.bus.clock.latest();
        for shard in 0..self.shards.len() {
            if self.shards[shard].is_read() && self.shards[shard].place != self.bus.shards[shard].begun() {
                self.copy(shard, bound);
            }
        }
        let mut draft =
            Draft::new(self.producer.number(self.next), if self.heads.is_empty() { 0 } else { BATCH });
        let mut passed = BTreeMap::new();
        while let Some(&Reverse((_, shard))) = self.heads.peek() {
            let ahead = &mut self.shards[shard];
            let Some(event) = ahead.block.get(ahead.at) else { break };
            let is_full = draft.count() == EVENTS || draft.len() + event.text.len() > BATCH;
            if draft.count() > 0 && is_full {
                break;
            }
            draft.push(shard as u32, event.text);
            let (count, end) = passed.entry(shard).or_insert((0, 0));
            (*count, *end) = (*count + 1, event.id + 1);
            ahead.at += 1;
            self.heads.pop();
            match ahead.block.get(ahead.at) {
                Some(next) => self.heads.push(Reverse((next.stamp, shard))),
                None => self.copy(shard, bound),
            }
        }
        let next = self.next + u64::from(draft.count());
        let message = draft.finish(self.producer.nonce())?;
        self.next = next;
        let end = self.producer.number(next);
        Some(Batch { end, message, passed })
    }

    /// Copies what comes next in a shard, up to a time.
    fn copy(&mut self, shard: usize, bound: u64) {
        let share = AHEAD / self.shards.len();
        let ahead = &mut self.shards[shard];
        {
            let ring = self.bus.shards[shard].lock();
            let from = ahead.place.max(ring.store.first());
            let count = ring.store.count(from, EVENTS as usize, share);
            ring.store.copy(from, count, bound, &mut ahead.block);
            ahead.place = from + ahead.block.len() as u64;
        }
        ahead.at = 0;
        match ahead.block.get(0) {
            Some(first) => self.heads.push(Reverse((first.stamp, shard))),
            None => ahead.block.shrink(share),
        }
    }
}

impl Ahead {
    const fn is_read(&self) -> bool {
        self.at >= self.block.len()
    }
}
