//! One shard: its newest events, who has yet to read them, and its counters.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{heads::Listing, store::Store};

/// A shard behind its lock, on cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Shard {
    begun: AtomicU64,
    ring: Mutex<Ring>,
}

/// What the lock of a shard protects.
#[derive(Debug)]
pub(crate) struct Ring {
    pub(crate) store: Store,
    pub(crate) dropped: u64,
    pub(crate) listing: Listing,
    index: usize,
    capacity: u64,
    readers: Vec<Arc<Reader>>,
    /// Events before this one were returned by a poll.
    polled: u64,
    /// Events before this one were passed by every subscription that was open then.
    passed: u64,
    /// A lower bound of [`Ring::held_from`], so that evicting seldom has to look at the readers.
    floor: u64,
}

/// Where a subscription stands: the next event of each shard. Written only with the shard locked.
#[derive(Debug)]
pub(crate) struct Reader {
    places: Box<[AtomicU64]>,
}

impl Shard {
    /// An empty shard that keeps `capacity` events.
    pub(crate) fn new(capacity: u32, listing: Listing) -> Self {
        let ring = Ring {
            store: Store::default(),
            dropped: 0,
            index: listing.shard(),
            listing,
            capacity: u64::from(capacity),
            readers: vec![],
            polled: 0,
            passed: 0,
            floor: 0,
        };
        Self { begun: AtomicU64::new(0), ring: Mutex::new(ring) }
    }

    /// Locks the shard.
    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces the id of the event to come after the one about to be stamped. Called with the shard locked.
    #[inline]
    pub(crate) fn begin(&self, next: u64) {
        self.begun.store(next, Relaxed);
    }

    /// The id of the event to come, without the lock.
    ///
    /// The announcement precedes the draw of the event's stamp. A reader that has loaded the clock's latest stamp before
    /// therefore finds every event up to that stamp announced, and may skip a shard where it has read up to here.
    #[inline]
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Relaxed)
    }
}

impl Reader {
    /// A reader of `shards` shards that stands at the very beginning.
    pub(crate) fn new(shards: usize) -> Self {
        Self { places: (0..shards).map(|_| AtomicU64::new(0)).collect() }
    }

    /// The next event of a shard.
    pub(crate) fn place(&self, shard: usize) -> u64 {
        self.places[shard].load(Relaxed)
    }

    fn put(&self, shard: usize, place: u64) {
        self.places[shard].store(place, Relaxed);
    }
}

impl Ring {
    /// Tells whether a new event needs the place of the oldest one.
    #[inline]
    pub(crate) const fn is_full(&self) -> bool {
        self.store.len() >= self.capacity
    }

    /// Tells whether there is a slot beside `promised` ones without evicting.
    #[inline]
    pub(crate) const fn has_slot(&self, promised: u64) -> bool {
        self.store.len() + promised < self.capacity
    }

    /// Tells whether held events take all the slots beside `promised` ones.
    pub(crate) fn is_held_up(&mut self, promised: u64) -> bool {
        let slots = self.capacity.saturating_sub(promised);
        self.store.len() >= slots && self.is_held(self.store.next() - slots)
    }

    /// The slots beside the held events.
    pub(crate) fn free(&self) -> u64 {
        self.capacity.saturating_sub(self.held())
    }

    /// Evicts oldest events that are not held until `slots` are free, and gives the length of each.
    pub(crate) fn keep_free(&mut self, slots: u64) -> impl Iterator<Item = u64> {
        std::iter::from_fn(move || {
            let crowded = self.store.len() + slots > self.capacity;
            if crowded && !self.oldest_is_held() { self.store.pop().map(|len| len as u64) } else { None }
        })
    }

    /// The first held event: what no open subscription has passed or, where none is open, no reader has seen.
    pub(crate) fn held_from(&self) -> u64 {
        self.slowest().unwrap_or_else(|| self.polled.max(self.passed))
    }

    /// Tells whether the oldest event is held.
    pub(crate) fn oldest_is_held(&mut self) -> bool {
        self.store.len() > 0 && self.is_held(self.store.first())
    }

    /// Number of held events.
    pub(crate) fn held(&self) -> u64 {
        self.store.next() - self.held_from().clamp(self.store.first(), self.store.next())
    }

    /// Evicts the oldest event, counts it as dropped if it is held, and gives its length.
    pub(crate) fn evict(&mut self) -> u64 {
        if self.oldest_is_held() {
            self.dropped += 1;
        }
        self.store.pop().unwrap_or(0) as u64
    }

    /// Lets a subscription hold the events from `place` on.
    pub(crate) fn join(&mut self, reader: &Arc<Reader>, place: u64) {
        self.note_passed();
        reader.put(self.index, place);
        self.floor = self.floor.min(place);
        self.readers.push(Arc::clone(reader));
        self.listing.release();
    }

    /// Ends a subscription's hold.
    pub(crate) fn leave(&mut self, reader: &Arc<Reader>) {
        self.note_passed();
        self.readers.retain(|other| !Arc::ptr_eq(other, reader));
        self.floor = 0;
        self.listing.release();
    }

    /// Notes that a subscription has passed the events before `place`.
    pub(crate) fn pass(&mut self, reader: &Reader, place: u64) {
        reader.put(self.index, place);
        self.listing.release();
    }

    /// Notes that a poll has returned the events before `place`.
    pub(crate) fn note_polled(&mut self, place: u64) {
        self.polled = self.polled.max(place);
        self.listing.release();
    }

    /// Tells whether an open subscription has yet to pass an event.
    pub(crate) fn is_awaited(&self) -> bool {
        self.slowest().is_some_and(|place| place < self.store.next())
    }

    /// Tells whether an event is held; the one to come is.
    fn is_held(&mut self, id: u64) -> bool {
        if id < self.floor {
            return false;
        }
        self.floor = self.held_from();
        id >= self.floor
    }

    fn note_passed(&mut self) {
        self.passed = self.passed.max(self.slowest().unwrap_or(0));
    }

    /// The place of the slowest open subscription.
    fn slowest(&self) -> Option<u64> {
        self.readers.iter().map(|reader| reader.place(self.index)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::heads::Heads;

    fn filled(count: u64) -> Shard {
        let shard = Shard::new(4, Heads::default().listing(0));
        (0..count).for_each(|stamp| shard.lock().store.push("1", stamp));
        shard
    }

    #[test]
    fn a_poll_releases_while_no_subscription_is_open() {
        let shard = filled(4);
        let mut ring = shard.lock();
        assert!(ring.is_full() && ring.oldest_is_held());
        assert_eq!(ring.held(), 4);
        ring.note_polled(3);
        ring.note_polled(2);
        assert_eq!((ring.held(), ring.oldest_is_held()), (1, false));
        assert_eq!((ring.evict(), ring.dropped), (1, 0));
        (0..2).for_each(|_| _ = ring.evict());
        assert_eq!((ring.evict(), ring.dropped), (1, 1));
        assert_eq!((ring.evict(), ring.dropped, ring.held()), (0, 1, 0));
    }

    #[test]
    fn the_slowest_subscription_holds() {
        let shard = filled(4);
        let mut ring = shard.lock();
        let (slow, fast) = (Arc::new(Reader::new(1)), Arc::new(Reader::new(1)));
        ring.note_polled(4);
        ring.join(&slow, 0);
        ring.join(&fast, 0);
        assert_eq!(ring.held(), 4);
        ring.pass(&fast, 4);
        ring.pass(&slow, 1);
        assert_eq!((ring.held(), ring.is_awaited()), (3, true));
        ring.evict();
        assert!(ring.oldest_is_held());
        ring.leave(&slow);
        assert_eq!((ring.held(), ring.is_awaited()), (0, false));
        ring.leave(&fast);
        assert_eq!(ring.dropped, 0);
    }

    #[test]
    fn what_all_had_passed_stays_released() {
        let shard = filled(4);
        let mut ring = shard.lock();
        let (a, b) = (Arc::new(Reader::new(1)), Arc::new(Reader::new(1)));
        ring.join(&a, 0);
        ring.pass(&a, 3);
        ring.leave(&a);
        assert_eq!(ring.held(), 1);
        ring.join(&b, 0);
        assert_eq!(ring.held(), 4, "a new subscription holds what it has yet to read");
        ring.leave(&b);
        assert_eq!(ring.held(), 1);
    }
}
