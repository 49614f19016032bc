//! What is given up, and when.

use crate::{
    dir::Dir,
    segment::START,
    writer::{Log, Sealed},
};

/// Segments, and bytes of them, that are removed at once.
const HIDDEN: usize = 8;
const HIDDEN_BYTES: u64 = 16 << 20;

impl<D: Dir> Log<D> {
    /// Gives up the oldest segments until the rest is within the limits. Readers see them no more at once; the files are removed
    /// some at a time.
    pub(crate) fn retain(&mut self, now: u64) {
        let before = self.retained;
        while self.sealed.front().is_some_and(|oldest| self.is_too_much(oldest, now)) {
            let Some(oldest) = self.sealed.pop_front() else { break };
            self.retained = self.first_seq();
            self.dirty.retain(|dirty| dirty.name != oldest.name);
            self.hidden_bytes += oldest.bytes;
            self.hidden.push(oldest.name);
        }
        if self.retained != before {
            self.mark();
            if self.hidden.len() >= HIDDEN || self.hidden_bytes >= HIDDEN_BYTES {
                self.remove_hidden();
            }
        }
    }

    /// Removes the files of what was given up. What cannot be removed now is tried again later.
    pub(crate) fn remove_hidden(&mut self) {
        // Who misses a segment is to know that nobody else removed it, even if the power goes.
        if self.hidden.is_empty() || self.head.settle(&*self.dir).is_err() {
            return;
        }
        let dir = &self.dir;
        self.hidden.retain(|name| {
            let _ = dir.remove(&name.index());
            let removed = dir.remove(&name.file());
            removed.is_err_and(|error| error.kind() != std::io::ErrorKind::NotFound)
        });
        self.hidden_bytes = 0;
        self.names_dirty = true;
    }

    /// Whether the segment that is written to has begun so long ago that it takes no more.
    pub(crate) fn has_aged(&self, now: u64) -> bool {
        let age = self.config.retention.segment_age();
        self.active.length > START && age.is_some_and(|age| self.active.created.saturating_add(age) <= now)
    }

    /// When the next segment is to be given up, or takes no more, for its age.
    pub(crate) fn age_deadline(&self) -> Option<u64> {
        let retention = &self.config.retention;
        let oldest =
            self.sealed.front().and_then(|oldest| Some(oldest.until.saturating_add(retention.age_nanos()?)));
        let active = retention.segment_age().filter(|_| self.active.length > START);
        let active = active.map(|age| self.active.created.saturating_add(age));
        [oldest, active].into_iter().flatten().min()
    }

    fn is_too_much(&self, oldest: &Sealed, now: u64) -> bool {
        let retention = &self.config.retention;
        let has_expired = retention.age_nanos().is_some_and(|age| oldest.until.saturating_add(age) <= now);
        has_expired
            || retention.events.is_some_and(|most| self.events() > most)
            || retention.bytes.is_some_and(|most| self.bytes() > most)
    }

    /// Bytes of the records that are retained.
    fn bytes(&self) -> u64 {
        self.sealed.iter().map(|sealed| sealed.bytes).sum::<u64>() + self.active.length - START
    }
}
