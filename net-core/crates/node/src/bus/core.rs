//! The bus itself: shards, clock, memory budget and life cycle. Time comes in as a value.

use std::{
    cmp::Reverse,
    sync::{
        Arc, MutexGuard,
        atomic::{
            AtomicBool, AtomicU8, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
};

use net_types::{
    BaseError, Error, Timestamp,
    bus::{Backpressure, BusError, NetNodeConfig, Stats, StoredEvent},
};

use super::{
    bell::Bell,
    clock::Clock,
    cursor::{self, Cursor},
    grant::{Promises, Room},
    heads::{Heads, Place, Sorted},
    shard::{Reader, Ring, Shard},
    store::Event,
};

/// The part of a node that its streams share with it.
#[derive(Debug)]
pub(crate) struct Bus {
    pub(crate) shards: Box<[Shard]>,
    pub(crate) clock: Clock,
    /// Rings when there are new events, or when the node or a stream ends.
    pub(crate) news: Bell,
    /// Rings when a subscription has passed events or is gone.
    pub(crate) passed: Bell,
    pub(crate) batches: AtomicU64,
    pub(crate) rejected: AtomicU64,
    pub(crate) max_event: AtomicU64,
    pub(crate) backpressure: Backpressure,
    pub(crate) promises: Promises,
    budget: Budget,
    heads: Heads,
    state: AtomicU8,
    abandoned: AtomicBool,
    epoch: u64,
}

/// How far the life of a bus has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Takes events.
    Open,
    /// Refuses events; one that came just before may still be on its way into its shard.
    Sealing,
    /// Every event is in its shard. Readers take the rest.
    Sealed,
    /// Everything ends.
    Closed,
}

/// Why an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Closed,
    Full,
    Memory,
}

/// Where a reader begins.
#[derive(Debug)]
pub(crate) enum From<'a> {
    Oldest,
    Latest,
    Behind(&'a Cursor),
}

impl Bus {
    /// An empty bus; `epoch` is the wall time of time 0, in nanoseconds since the Unix epoch.
    pub(crate) fn new(config: &NetNodeConfig, cores: usize, epoch: u64) -> Result<Self, BusError> {
        in_range(config.check())?;
        let shards = config.shards.map_or(cores.clamp(1, 4096), |shards| shards as usize);
        let capacity = config.buffer_capacity;
        if !capacity.is_power_of_two() {
            let reason = format!("{capacity} is not a power of two");
            return Err(BusError::InvalidConfig { option: "buffer_capacity".to_owned(), reason });
        }
        let heads = Heads::default();
        Ok(Self {
            shards: (0..shards).map(|index| Shard::new(capacity, heads.listing(index))).collect(),
            heads,
            clock: Clock::default(),
            news: Bell::default(),
            passed: Bell::default(),
            batches: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            max_event: AtomicU64::new(config.max_event),
            backpressure: config.backpressure,
            promises: Promises::default(),
            budget: Budget { used: AtomicU64::new(0), limit: config.max_buffer },
            state: AtomicU8::new(State::Open as u8),
            abandoned: AtomicBool::new(false),
            epoch,
        })
    }

    /// The shard of a hash.
    #[inline]
    pub(crate) const fn shard_of(&self, hash: u64) -> usize {
        let count = self.shards.len() as u64;
        // The same number either way; a division takes as long as half an insertion.
        let shard = if count.is_power_of_two() { hash & (count - 1) } else { hash % count };
        shard as usize
    }

    /// Puts a checked event into its shard and gives its stamp. The caller rings [`news`](Self::news) afterwards.
    #[inline]
    pub(crate) fn insert(&self, shard: usize, text: &str, now: u64) -> Result<u64, Refusal> {
        loop {
            if let Some(stamp) = self.try_insert(shard, text, now)? {
                return Ok(stamp);
            }
            self.make_room_for(shard, text)?;
        }
    }

    /// Puts a checked event into the room that was promised for it. The caller rings [`news`](Self::news) afterwards.
    pub(crate) fn insert_promised(
        &self,
        shard: usize,
        text: &str,
        now: u64,
        room: Room,
    ) -> Result<u64, Refusal> {
        let mut ring = self.enter(shard)?;
        self.make_slot(&mut ring, 0)?;
        let stamp = self.push(shard, &mut ring, text, now);
        self.promises.end(room);
        Ok(stamp)
    }

    /// Takes bytes from the budget; false when there is no room for them.
    pub(crate) fn reserve_bytes(&self, bytes: u64) -> bool {
        while !self.budget.reserve(bytes) {
            if self.make_room(bytes).is_err() {
                return false;
            }
        }
        true
    }

    /// Gives bytes back to the budget.
    pub(crate) fn release(&self, bytes: u64) {
        self.budget.release(bytes);
    }

    /// Tells whether an event of this length fits into an empty bus.
    #[inline]
    pub(crate) const fn can_fit(&self, bytes: u64) -> bool {
        bytes <= self.budget.limit
    }

    /// The error of a refused event.
    pub(crate) const fn error(&self, refusal: Refusal) -> BusError {
        match refusal {
            Refusal::Closed => BusError::Closed,
            Refusal::Full => BusError::Backpressure,
            Refusal::Memory => BusError::MemoryFull { limit: self.budget.limit },
        }
    }

    /// Tells whether a batch ends at its first refused event, so that what was taken is its beginning.
    pub(crate) fn stops_at_refusal(&self) -> bool {
        self.backpressure == Backpressure::FailProducer
    }

    /// Opens a subscription.
    pub(crate) fn join(&self, from: &From<'_>) -> Result<Arc<Reader>, BusError> {
        if self.state() != State::Open {
            return Err(BusError::Closed);
        }
        if let From::Behind(cursor) = from {
            self.check_cursor(cursor)?;
        }
        let reader = Arc::new(Reader::new(self.shards.len()));
        // One cut through all shards, so that of two events of one thread the later is never in without the earlier.
        let cut = self.clock.latest();
        for (index, shard) in self.shards.iter().enumerate() {
            let mut ring = shard.lock();
            if self.backpressure != Backpressure::DropOldest {
                ring.keep_free(self.promises.events()).for_each(|len| self.budget.release(len));
            }
            let place = match from {
                From::Oldest => ring.store.first(),
                From::Latest => ring.store.first_above(cut),
                From::Behind(cursor) => cursor.last(index).map_or(ring.store.first(), |last| last + 1),
            };
            ring.join(&reader, place);
        }
        Ok(reader)
    }

    /// Ends a subscription's hold on events.
    pub(crate) fn leave(&self, reader: &Arc<Reader>) {
        for shard in &self.shards {
            shard.lock().leave(reader);
        }
        self.passed.ring();
        self.news.ring();
    }

    /// Refuses a cursor that names an event which does not exist yet.
    pub(crate) fn check_cursor(&self, cursor: &Cursor) -> Result<(), BusError> {
        for (index, shard) in self.shards.iter().enumerate() {
            if let Some(id) = cursor.last(index).filter(|id| *id >= shard.lock().store.next()) {
                return Err(cursor::refuse(format!("shard {index} has no event {id} yet")));
            }
        }
        Ok(())
    }

    /// Notes that a server has the events of a shard from `first` to before `end`, which only then are passed, and frees them.
    pub(crate) fn deliver(&self, reader: &Reader, shard: usize, first: u64, end: u64) {
        let mut ring = self.shards[shard].lock();
        // What was evicted while it was under way has arrived all the same.
        ring.dropped -= ring.store.first().min(end).saturating_sub(first);
        let place = end.max(ring.store.first());
        ring.pass(reader, place);
        while ring.store.len() > 0 && !ring.oldest_is_held() {
            self.budget.release(ring.evict());
        }
    }

    /// The wall time of time 0, in nanoseconds since the Unix epoch.
    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// An event in the form that leaves the bus.
    pub(crate) fn stored(&self, shard: usize, event: Event<'_>) -> StoredEvent {
        StoredEvent {
            id: event.id.to_string(),
            raw: event.text.to_owned(),
            insertion_ts: Timestamp(self.epoch + event.stamp),
            shard_id: shard as u32,
        }
    }

    /// The counters.
    pub(crate) fn stats(&self) -> Stats {
        let mut stats = Stats {
            events_ingested: 0,
            events_dropped: 0,
            batches_dispatched: self.batches.load(Relaxed),
            rejected: self.rejected.load(Relaxed),
            held: 0,
            buffered_bytes: self.budget.used.load(Relaxed).saturating_sub(self.promises.bytes()),
        };
        for shard in &self.shards {
            let ring = shard.lock();
            stats.events_ingested += ring.store.next();
            stats.events_dropped += ring.dropped;
            stats.held += ring.held();
        }
        stats
    }

    /// How far the life of the bus has got.
    pub(crate) fn state(&self) -> State {
        match self.state.load(SeqCst) {
            0 => State::Open,
            1 => State::Sealing,
            2 => State::Sealed,
            _ => State::Closed,
        }
    }

    /// Tells whether streams end without an error: nobody shut the node down, its last reference went away.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(SeqCst)
    }

    /// Refuses new events and waits until those on their way are in their shards.
    pub(crate) fn seal(&self) {
        self.advance(State::Sealing);
        // An insertion that saw the bus open holds its shard's lock until its event is in.
        self.shards.iter().for_each(|shard| drop(shard.lock()));
        self.advance(State::Sealed);
        self.news.ring();
        self.passed.ring();
    }

    /// Lets streams deliver what there is and end.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, SeqCst);
        self.seal();
    }

    /// Ends everything and frees the events.
    pub(crate) fn close(&self) {
        self.advance(State::Closed);
        for shard in &self.shards {
            let freed = shard.lock().store.clear();
            self.budget.release(freed as u64);
        }
        self.news.ring();
        self.passed.ring();
    }

    /// Tells whether an open subscription has yet to take an event.
    pub(crate) fn is_awaited(&self) -> bool {
        self.shards.iter().any(|shard| shard.lock().is_awaited())
    }

    fn advance(&self, state: State) {
        self.state.fetch_max(state as u8, SeqCst);
    }

    /// Inserts an event unless the node's bytes are used up.
    #[inline]
    fn try_insert(&self, index: usize, text: &str, now: u64) -> Result<Option<u64>, Refusal> {
        if !self.can_fit(text.len() as u64) {
            return Ok(None);
        }
        let mut ring = self.enter(index)?;
        self.make_slot(&mut ring, self.promises.events())?;
        if !self.budget.reserve(text.len() as u64) {
            return Ok(None);
        }
        Ok(Some(self.push(index, &mut ring, text, now)))
    }

    /// Locks the shard of an event to come.
    #[inline]
    fn enter(&self, index: usize) -> Result<MutexGuard<'_, Ring>, Refusal> {
        let ring = self.shards[index].lock();
        // With the shard locked, since sealing the bus waits for the lock.
        if self.state.load(Relaxed) == State::Open as u8 { Ok(ring) } else { Err(Refusal::Closed) }
    }

    /// Sees to it that a shard has a slot beside those that are promised.
    #[inline]
    fn make_slot(&self, ring: &mut Ring, promised: u64) -> Result<(), Refusal> {
        if ring.has_slot(promised) {
            return Ok(());
        }
        if self.backpressure != Backpressure::DropOldest && ring.is_held_up(promised) {
            ring.dropped += u64::from(self.backpressure == Backpressure::DropNewest);
            return Err(Refusal::Full);
        }
        if ring.is_full() {
            self.budget.release(ring.evict());
        }
        Ok(())
    }

    #[inline]
    fn push(&self, index: usize, ring: &mut Ring, text: &str, now: u64) -> u64 {
        self.shards[index].begin(ring.store.next() + 1);
        let stamp = self.clock.draw(now);
        ring.store.push(text, stamp);
        ring.listing.appear();
        stamp
    }

    /// Makes room for an event that found none, or refuses it.
    #[cold]
    fn make_room_for(&self, shard: usize, text: &str) -> Result<(), Refusal> {
        self.make_room(text.len() as u64).inspect_err(|_| {
            if self.backpressure == Backpressure::DropNewest {
                self.shards[shard].lock().dropped += 1;
            }
        })
    }

    /// Evicts the oldest events of all shards until `bytes` more fit: those that are not held and, if the node drops the
    /// oldest, then also held ones.
    #[cold]
    fn make_room(&self, bytes: u64) -> Result<(), Refusal> {
        if !self.can_fit(bytes) {
            return Err(Refusal::Memory);
        }
        let drop_held = self.backpressure == Backpressure::DropOldest;
        let mut heads = self.heads.lock();
        while !self.budget.fits(bytes) {
            self.heads.take_in(&mut heads);
            if let Some(head) = heads.free.pop() {
                self.evict_at(&mut heads, head, false);
            } else if !drop_held {
                return Err(Refusal::Memory);
            } else if let Some(head) = heads.held.pop() {
                self.evict_at(&mut heads, head, true);
            }
            // Or else others have taken the room, and their events are about to come in.
        }
        Ok(())
    }

    /// Evicts the oldest event of a shard that was taken out of a heap, if that stands there rightly, and puts it back.
    fn evict_at(&self, heads: &mut Sorted, Reverse((stamp, index)): Reverse<(u64, usize)>, drop_held: bool) {
        let mut ring = self.shards[index].lock();
        let is_oldest = ring.store.oldest_stamp() == Some(stamp);
        if is_oldest && ring.oldest_is_held() == drop_held {
            self.budget.release(ring.evict());
        }
        let place = match ring.store.oldest_stamp() {
            None => Place::Nowhere,
            Some(stamp) if ring.oldest_is_held() => {
                heads.held.push(Reverse((stamp, index)));
                Place::Held
            }
            Some(stamp) => {
                heads.free.push(Reverse((stamp, index)));
                Place::Free
            }
        };
        ring.listing.put(place);
    }
}

/// Bytes of events that the node may keep.
#[derive(Debug)]
struct Budget {
    used: AtomicU64,
    limit: u64,
}

impl Budget {
    #[inline]
    fn reserve(&self, bytes: u64) -> bool {
        if self.used.fetch_add(bytes, Relaxed).saturating_add(bytes) <= self.limit {
            return true;
        }
        self.used.fetch_sub(bytes, Relaxed);
        false
    }

    fn release(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Relaxed);
    }

    fn fits(&self, bytes: u64) -> bool {
        self.used.load(Relaxed).saturating_add(bytes) <= self.limit
    }
}

/// The bus's error for a setting outside the range that the spec gives it.
pub(crate) fn in_range(checked: Result<(), Error>) -> Result<(), BusError> {
    checked.map_err(|error| match error {
        Error::Base(BaseError::Argument { argument, reason }) => {
            BusError::InvalidConfig { option: argument, reason }
        }
        other => BusError::InvalidConfig { option: String::new(), reason: other.to_string() },
    })
}
