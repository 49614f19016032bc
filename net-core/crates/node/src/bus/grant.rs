//! Room that is promised ahead, so that a host may accept events without asking.
//!
//! A host that combines writes holds a [`Grant`]: it answers `true` for as many events as were granted, and brings them
//! later. A node that drops the oldest takes every event, so its grants cost nothing. A node that refuses events keeps
//! the promised room free: any shard may get any of the events, so a promised slot is taken in every one of them until
//! its event is in, and the bytes count as used. A grant is at most half of what is free: other emitters find the rest,
//! and a full node grants nothing.

use std::{
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use net_types::bus::Backpressure;

use super::core::{Bus, Refusal, State};

/// What one holder was promised and has not used.
#[derive(Debug)]
pub(crate) struct Grant {
    bus: Arc<Bus>,
    left: Mutex<Room>,
}

/// Room for events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    events: u64,
    bytes: u64,
}

/// What all holders were promised and have not used.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    events: AtomicU64,
    bytes: AtomicU64,
}

impl Grant {
    /// A grant of nothing.
    pub(crate) fn new(bus: Arc<Bus>) -> Self {
        Self { bus, left: Mutex::default() }
    }

    /// Gives back what is left, asks for room anew, and tells for how many events there is.
    pub(crate) fn renew(&self, events: u32, bytes: u32) -> u32 {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        self.bus.withdraw(mem::take(&mut *left));
        let room = Room { events: events.into(), bytes: bytes.into() };
        if self.bus.state() != State::Open || !self.bus.can_fit(room.bytes) {
            return 0;
        }
        if self.bus.backpressure == Backpressure::DropOldest {
            return events;
        }
        *left = self.bus.promise(room);
        // It is no more than was asked for.
        left.events as u32
    }

    /// Puts a checked event into its shard: into the promised room, or else wherever there is some.
    pub(crate) fn insert(&self, shard: usize, text: &str, now: u64) -> Result<u64, Refusal> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let room = Room { events: 1, bytes: text.len() as u64 };
        if left.events < room.events || left.bytes < room.bytes {
            drop(left);
            return self.bus.insert(shard, text, now);
        }
        let stamp = self.bus.insert_promised(shard, text, now, room)?;
        *left = Room { events: left.events - room.events, bytes: left.bytes - room.bytes };
        Ok(stamp)
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.renew(0, 0);
    }
}

impl Promises {
    /// Slots that are promised in each shard.
    #[inline]
    pub(crate) fn events(&self) -> u64 {
        self.events.load(Relaxed)
    }

    /// Bytes that are promised, and counted as used.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Ends a promise, because it is kept or given up.
    pub(crate) fn end(&self, room: Room) {
        self.events.fetch_sub(room.events, Relaxed);
        self.bytes.fetch_sub(room.bytes, Relaxed);
    }
}

impl Bus {
    /// Promises room for up to so many events, if the bytes can be had.
    fn promise(&self, wanted: Room) -> Room {
        let events = wanted.events.min(self.free_slots().saturating_sub(self.promises.events()) / 2);
        if events == 0 || !self.reserve_bytes(wanted.bytes) {
            return Room::default();
        }
        self.promises.bytes.fetch_add(wanted.bytes, Relaxed);
        let promised = self.promises.events.fetch_add(events, Relaxed) + events;
        // From here on no shard fills up; what came in since the first look is taken off the promise.
        let excess = promised.saturating_sub(self.free_slots()).min(events);
        let kept = if excess == events { 0 } else { wanted.bytes };
        self.withdraw(Room { events: excess, bytes: wanted.bytes - kept });
        Room { events: events - excess, bytes: kept }
    }

    /// Makes promised room free for all.
    fn withdraw(&self, room: Room) {
        self.promises.end(room);
        self.release(room.bytes);
    }

    /// The slots that the fullest shard has beside its held events.
    fn free_slots(&self) -> u64 {
        self.shards.iter().map(|shard| shard.lock().free()).min().unwrap_or(0)
    }
}
