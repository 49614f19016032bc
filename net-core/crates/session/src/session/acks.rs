//! Which packets have arrived, and when the peer has to hear of it.

use crate::ranges::Ranges;
use std::time::{Duration, Instant};

/// Ranges that are kept.
const KEPT: usize = 64;

/// Ranges that a frame holds.
pub(crate) const SENT: usize = 32;

/// Packets after which an acknowledgement is due.
const EVERY: u32 = 16;

#[derive(Debug, Default)]
pub(crate) struct Acks {
    arrived: Ranges,
    /// When the highest number came.
    newest: Option<Instant>,
    /// Packets that ask for an acknowledgement, and bytes of them, since the last one.
    packets: u32,
    bytes: u64,
    is_due: bool,
    deadline: Option<Instant>,
}

impl Acks {
    /// A packet has arrived. `is_urgent` if the peer waits for the answer.
    pub(crate) fn arrived(
        &mut self,
        number: u64,
        bytes: u64,
        (is_asked, is_urgent): (bool, bool),
        every_bytes: u64,
        delay: Duration,
        now: Instant,
    ) {
        let next = self.arrived.descending().next().map_or(0, |newest| newest.end);
        let is_gap = number != next && next != 0;
        self.arrived.insert(number..number + 1);
        self.arrived.keep_highest(KEPT);
        if number >= next {
            self.newest = Some(now);
        }
        if is_asked {
            self.packets += 1;
            self.bytes += bytes;
            self.deadline.get_or_insert(now + delay);
            self.is_due |= is_gap || is_urgent || self.packets >= EVERY || self.bytes >= every_bytes;
        }
    }

    /// Whether a packet is due that has nothing else.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.packets > 0 && (self.is_due || self.deadline.is_some_and(|deadline| now >= deadline))
    }

    /// Whether a packet that is sent anyway takes an acknowledgement along.
    pub(crate) fn is_wanted(&self) -> bool {
        self.packets > 0
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| self.packets > 0)
    }

    /// The ranges, and for how long they were held back.
    pub(crate) fn take(&mut self, now: Instant) -> (&Ranges, Duration) {
        (self.packets, self.bytes, self.is_due, self.deadline) = (0, 0, false, None);
        let held = self.newest.map_or(Duration::ZERO, |newest| now.saturating_duration_since(newest));
        (&self.arrived, held)
    }

    /// The peer knows of these.
    pub(crate) fn known(&mut self, range: std::ops::Range<u64>) {
        // The highest range stays, to tell what follows it.
        let newest = self.arrived.descending().next().map_or(0, |newest| newest.start);
        self.arrived.remove(range.start..range.end.min(newest));
    }

    pub(crate) fn shrink(&mut self) {
        self.arrived.shrink();
    }
}
