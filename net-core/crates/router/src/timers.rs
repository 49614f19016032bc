//! Points in time at which a router has something to do.

use crate::Link;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Tell neighbours what has changed.
    Flush,
    /// Sign a higher sequence number.
    Seqno,
    /// Go on with what a neighbour has sent.
    Resume(Link),
    /// Trust a neighbour again.
    Trust(Link),
    /// Ask for a higher sequence number of a destination.
    Ask(u64),
    /// Forget the distance of a destination.
    Forget(u64),
}

/// At most one point in time for each.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    order: BTreeSet<(Instant, Timer)>,
    at: BTreeMap<Timer, Instant>,
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: Instant) {
        self.clear(timer);
        self.order.insert((at, timer));
        self.at.insert(timer, at);
    }

    /// Sets a timer unless it is set already.
    pub(crate) fn ensure(&mut self, timer: Timer, at: Instant) {
        if !self.is_set(timer) {
            self.set(timer, at);
        }
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        if let Some(at) = self.at.remove(&timer) {
            self.order.remove(&(at, timer));
        }
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.at.contains_key(&timer)
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The next timer that is due, which is set no more.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let (_, timer) = *self.order.first().filter(|(at, _)| *at <= now)?;
        self.clear(timer);
        Some(timer)
    }
}
