//! Which event goes when the node's bytes are used up: the oldest that is not held or, where held ones may go, the oldest.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The shards by the stamp of their oldest event, looked at only when there is no room.
///
/// Every shard with events stands in one place: in one of the heaps, or among the changed ones, which it joins when it gets
/// its first event and, out of the heap of the held, when readers move. Its [`Listing`] says where. What stands in a heap
/// may have moved on since: a stamp is a lower bound, and a shard of the free heap may be held. Whoever takes it out
/// looks, and puts it back where it belongs, so that making room costs a few steps in a heap, however many shards there are.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    sorted: Mutex<Sorted>,
    changed: Arc<Changed>,
}

/// The heaps, of stamps and shards.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// Shards whose oldest event may go.
    pub(crate) free: BinaryHeap<Reverse<(u64, usize)>>,
    /// Shards whose oldest event is held.
    pub(crate) held: BinaryHeap<Reverse<(u64, usize)>>,
}

/// Shards that belong into another place than they stand.
#[derive(Debug, Default)]
pub(crate) struct Changed(Mutex<Vec<usize>>);

/// Where a shard stands. Changes with the shard locked.
#[derive(Debug)]
pub(crate) struct Listing {
    shard: usize,
    place: Place,
    changed: Arc<Changed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: it was empty.
    Nowhere,
    /// In the free heap or among the changed.
    Free,
    /// In the heap of the held.
    Held,
}

impl Heads {
    /// The listing of a shard without events.
    pub(crate) fn listing(&self, shard: usize) -> Listing {
        Listing { shard, place: Place::Nowhere, changed: Arc::clone(&self.changed) }
    }

    /// Locks the heaps; before any shard.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Sorted> {
        self.sorted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the changed shards into the free heap, with a stamp that is below any.
    pub(crate) fn take_in(&self, sorted: &mut Sorted) {
        let changed = mem::take(&mut *self.changed.lock());
        sorted.free.extend(changed.into_iter().map(|shard| Reverse((0, shard))));
    }
}

impl Changed {
    fn lock(&self) -> MutexGuard<'_, Vec<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listing {
    /// Number of the shard.
    pub(crate) const fn shard(&self) -> usize {
        self.shard
    }

    /// Sees to it that a shard that gets an event stands somewhere.
    #[inline]
    pub(crate) fn appear(&mut self) {
        self.leave(Place::Nowhere);
    }

    /// Notes that readers have moved, so that the oldest event may not be held any more.
    #[inline]
    pub(crate) fn release(&mut self) {
        self.leave(Place::Held);
    }

    /// Notes where whoever took the shard out puts it.
    pub(crate) fn put(&mut self, place: Place) {
        self.place = place;
    }

    #[inline]
    fn leave(&mut self, place: Place) {
        if self.place == place {
            self.change();
        }
    }

    #[cold]
    fn change(&mut self) {
        self.place = Place::Free;
        self.changed.lock().push(self.shard);
    }
}
