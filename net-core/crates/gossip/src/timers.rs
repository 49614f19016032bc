//! Points in time at which there is something to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// At most one point in time for each.
#[derive(Debug)]
pub struct Timers<T> {
    order: BTreeSet<(Instant, T)>,
    at: BTreeMap<T, Instant>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self { order: BTreeSet::new(), at: BTreeMap::new() }
    }
}

impl<T: Copy + Ord> Timers<T> {
    /// Sets a timer, in place of an earlier time of it.
    pub fn set(&mut self, timer: T, at: Instant) {
        self.clear(timer);
        self.order.insert((at, timer));
        self.at.insert(timer, at);
    }

    /// Sets a timer unless it is set already.
    pub fn ensure(&mut self, timer: T, at: Instant) {
        if !self.is_set(timer) {
            self.set(timer, at);
        }
    }

    /// Sets a timer no more.
    pub fn clear(&mut self, timer: T) {
        if let Some(at) = self.at.remove(&timer) {
            self.order.remove(&(at, timer));
        }
    }

    /// Whether a timer is set.
    pub fn is_set(&self, timer: T) -> bool {
        self.at.contains_key(&timer)
    }

    /// When the next timer is due.
    pub fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The next timer that is due, which is set no more.
    pub fn take_due(&mut self, now: Instant) -> Option<T> {
        let (_, timer) = *self.order.first().filter(|(at, _)| *at <= now)?;
        self.clear(timer);
        Some(timer)
    }
}
