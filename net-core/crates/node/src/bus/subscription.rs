//! A subscription: every event once, in the order of emission, until somebody stops it.

use std::{
    collections::VecDeque,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
};

use net_types::bus::{BusError, Start, StoredEvent, SubscribeOptions};

use super::{
    core::{Bus, From, State, in_range},
    cursor::Cursor,
    filter::Filter,
    merge::merge,
    shard::Reader,
    store::Block,
};

/// Rounds without a match after which a reader lets others run.
const ROUNDS: usize = 64;
/// Bytes of scratch text that a subscription keeps from one batch to the next.
const SCRATCH: usize = 256 << 10;

/// The reading end of a subscription, without waiting.
///
/// Each round loads the clock, merges by stamp what the shards hold up to it, and takes the first events. See
/// [`Clock`](super::clock::Clock) for why nothing earlier can come in later: so the stream has the order of the clock, and
/// the events of one thread, whatever their shards, leave as they were emitted. The request's `ordering` speaks about one
/// batch and permits this order in any case.
#[derive(Debug)]
pub(crate) struct Subscription {
    bus: Arc<Bus>,
    reader: Arc<Reader>,
    filter: Option<Filter>,
    limit: usize,
    state: Mutex<Reading>,
}

#[derive(Debug, Default)]
struct Reading {
    stopped: bool,
    /// Ranges that were evicted unread and are still to be told.
    lags: VecDeque<BusError>,
    /// Events that were taken together with a lag, which is told first.
    behind_lag: VecDeque<StoredEvent>,
    lists: Vec<List>,
    ranges: Vec<Range<usize>>,
    stamps: Vec<u64>,
    order: Vec<usize>,
}

/// What one shard has for the present round.
#[derive(Debug)]
struct List {
    shard: usize,
    place: u64,
    block: Block,
    at: usize,
}

/// The outcome of one look.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// Some events, at least one.
    Events(Vec<StoredEvent>),
    /// Nothing yet: sleep until the news ring.
    Nothing,
    /// Nothing among many events: look again after others had their turn.
    Again,
    /// The end.
    End,
}

impl Subscription {
    /// Opens a subscription; `extra` is a filter that comes on top of the options' one.
    pub(crate) fn open(
        bus: Arc<Bus>,
        options: &SubscribeOptions,
        extra: Option<Filter>,
    ) -> Result<Self, BusError> {
        in_range(options.check())?;
        let own = options.filter.as_deref().map(Filter::parse).transpose()?;
        let filter = Filter::both(extra, own);
        let cursor = options.cursor.as_deref().map(Cursor::parse).transpose()?;
        let from = match (&cursor, options.from) {
            (Some(cursor), _) => From::Behind(cursor),
            (None, Start::Latest) => From::Latest,
            (None, _) => From::Oldest,
        };
        let reader = bus.join(&from)?;
        Ok(Self { bus, reader, filter, limit: options.limit as usize, state: Mutex::default() })
    }

    /// The bus it reads.
    pub(crate) fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Takes up to `max` events if there are any.
    ///
    /// What it does not give is not passed: a caller that goes away before or after has lost nothing.
    pub(crate) fn step(&self, max: usize) -> Result<Step, BusError> {
        let max = max.clamp(1, self.limit);
        let mut reading = self.lock();
        for _ in 0..ROUNDS {
            if reading.stopped {
                return Ok(Step::End);
            }
            if let Some(lag) = reading.lags.pop_front() {
                return Err(lag);
            }
            if !reading.behind_lag.is_empty() {
                return Ok(self.give({
                    let count = max.min(reading.behind_lag.len());
                    reading.behind_lag.drain(..count).collect()
                }));
            }
            // Before the clock: once the bus is sealed, the clock's value covers every event there will be.
            let life = self.bus.state();
            if life == State::Closed {
                return self.end();
            }
            reading.gather(&self.bus, &self.reader, max);
            if reading.order.is_empty() && reading.lags.is_empty() {
                return if life == State::Sealed { self.end() } else { Ok(Step::Nothing) };
            }
            let events = reading.take(&self.bus, &self.reader, self.filter.as_ref());
            self.bus.passed.ring();
            if reading.lags.is_empty() {
                if !events.is_empty() {
                    return Ok(self.give(events));
                }
            } else if self.bus.state() == State::Closed {
                // Closing took the events away; nothing was evicted.
                return self.end();
            } else {
                reading.behind_lag = events.into();
            }
        }
        Ok(Step::Again)
    }

    /// Ends the stream and releases what it held.
    pub(crate) fn stop(&self) {
        let mut reading = self.lock();
        if !std::mem::replace(&mut reading.stopped, true) {
            reading.lags.clear();
            reading.behind_lag.clear();
            drop(reading);
            self.bus.leave(&self.reader);
        }
    }

    /// Counts a batch on its way out.
    fn give(&self, events: Vec<StoredEvent>) -> Step {
        self.bus.batches.fetch_add(1, Relaxed);
        Step::Events(events)
    }

    /// How the stream ends together with its node.
    fn end(&self) -> Result<Step, BusError> {
        if self.bus.is_abandoned() { Ok(Step::End) } else { Err(BusError::Closed) }
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Reading {
    /// Decides which events come next; none if some were evicted unread, which is told first.
    fn gather(&mut self, bus: &Bus, reader: &Reader, max: usize) {
        let bound = bus.clock.latest();
        self.stamps.clear();
        self.ranges.clear();
        for (index, shard) in bus.shards.iter().enumerate() {
            let place = reader.place(index);
            if place == shard.begun() {
                continue;
            }
            let start = self.stamps.len();
            {
                let mut ring = shard.lock();
                let first = ring.store.first();
                if place < first {
                    self.lags.push_back(lagged(index, place, first));
                    ring.pass(reader, first);
                    self.ranges.clear();
                    break;
                }
                ring.store.stamps(place, max, bound, &mut self.stamps);
            }
            if self.stamps.len() > start {
                self.ranges.push(start..self.stamps.len());
                self.use_list(index, place);
            }
        }
        merge(&self.stamps, &self.ranges, max, &mut self.order);
    }

    /// Takes the decided events out of their shards, in order, and keeps those that match.
    fn take(&mut self, bus: &Bus, reader: &Reader, filter: Option<&Filter>) -> Vec<StoredEvent> {
        let used = self.ranges.len();
        // The ranges have served the merge; from here on their lengths say how many to take.
        self.ranges.iter_mut().for_each(|range| *range = 0..0);
        self.order.iter().for_each(|&list| self.ranges[list].end += 1);
        for (list, range) in self.lists[..used].iter_mut().zip(&self.ranges) {
            if range.end > 0 {
                let lag = list.take(bus, reader, range.end);
                self.lags.extend(lag);
            }
        }
        let mut events = Vec::with_capacity(self.order.len());
        for &list in &self.order {
            let list = &mut self.lists[list];
            let at = list.at;
            list.at += 1;
            // Events at the front may have been evicted since the decision.
            let Some(event) = at.checked_sub(list.missing()).and_then(|at| list.block.get(at)) else {
                continue;
            };
            if filter.is_none_or(|filter| filter.matches(event.text)) {
                events.push(bus.stored(list.shard, event));
            }
        }
        self.lists[..used].iter_mut().for_each(|list| list.block.shrink(SCRATCH / used));
        events
    }

    /// Prepares the list of the newest range.
    fn use_list(&mut self, shard: usize, place: u64) {
        match self.lists.get_mut(self.ranges.len() - 1) {
            Some(list) => (list.shard, list.place, list.at) = (shard, place, 0),
            None => self.lists.push(List { shard, place, block: Block::default(), at: 0 }),
        }
    }
}

impl List {
    /// Copies `count` events and passes them, in one step as producers see it; the error if some were evicted.
    fn take(&mut self, bus: &Bus, reader: &Reader, count: usize) -> Option<BusError> {
        let mut ring = bus.shards[self.shard].lock();
        let first = ring.store.first();
        let end = self.place + count as u64;
        let start = first.clamp(self.place, end);
        ring.store.copy(start, (end - start) as usize, u64::MAX, &mut self.block);
        ring.pass(reader, end.max(first));
        (first > self.place).then(|| lagged(self.shard, self.place, first))
    }

    /// How many events at the front were evicted before they were taken.
    fn missing(&self) -> usize {
        (self.block.first() - self.place) as usize
    }
}

fn lagged(shard: usize, from: u64, first: u64) -> BusError {
    tracing::debug!(shard, first = from, last = first - 1, "a subscription missed events");
    BusError::Lagged { shard: shard as u32, first: from, last: first - 1 }
}
