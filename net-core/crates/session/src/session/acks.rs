//! Which packets have arrived, and when the peer has to hear of it.

use crate::{Ecn, ranges::Ranges};
use std::time::{Duration, Instant};

/// Ranges that are kept.
const KEPT: usize = 64;

/// Ranges that a frame holds.
pub(crate) const SENT: usize = 32;

/// Packets that were overtaken and are remembered.
const LATE: usize = 256;

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
    /// Acknowledgements that were written.
    written: u64,
    /// Packets that were overtaken, and how many acknowledgements had been written when they came.
    late: Vec<(u64, u64)>,
    /// Packets that came marked: as capable in either way, and as congested.
    marks: [u64; 3],
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
        } else if self.late.len() < LATE {
            self.late.push((number, self.written));
        }
        if is_asked {
            self.packets += 1;
            self.bytes += bytes;
            self.deadline.get_or_insert(now + delay);
            self.is_due |= is_gap || is_urgent || self.packets >= EVERY || self.bytes >= every_bytes;
        }
    }

    /// A packet has come with a mark. The sender is to hear at once of congestion.
    pub(crate) fn count_mark(&mut self, ecn: Option<Ecn>) {
        if let Some(ecn) = ecn {
            self.marks[ecn as usize] += 1;
            self.is_due |= ecn == Ecn::Congested;
        }
    }

    /// Packets that came marked, if any did.
    pub(crate) fn marks(&self) -> Option<[u64; 3]> {
        (self.marks != [0; 3]).then_some(self.marks)
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

    /// The ranges, for how long they were held back, and which of the acknowledgements this is.
    pub(crate) fn take(&mut self, now: Instant) -> (&Ranges, Duration, u64) {
        self.written += 1;
        (self.packets, self.bytes, self.is_due, self.deadline) = (0, 0, false, None);
        let held = self.newest.map_or(Duration::ZERO, |newest| now.saturating_duration_since(newest));
        (&self.arrived, held, self.written)
    }

    /// The peer has the acknowledgement of this number, which told of packets in this range: they need not be told again.
    pub(crate) fn known(&mut self, range: std::ops::Range<u64>, written: u64) {
        // The highest range stays, to tell what follows it.
        let newest = self.arrived.descending().next().map_or(0, |newest| newest.start);
        let range = range.start..range.end.min(newest);
        self.arrived.remove(range.clone());
        // What came into a gap of the range later was not told.
        self.late.retain(|late| late.1 >= written);
        for (number, _) in self.late.iter().filter(|late| range.contains(&late.0)) {
            self.arrived.insert(*number..*number + 1);
        }
    }

    pub(crate) fn shrink(&mut self) {
        self.arrived.shrink();
        self.late.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_into_a_gap_is_told_though_the_range_is_known() {
        let now = Instant::now();
        let mut acks = Acks::default();
        let arrive = |acks: &mut Acks, number| {
            acks.arrived(number, 100, (true, false), u64::MAX, Duration::ZERO, now);
        };
        [1, 2, 5, 9].into_iter().for_each(|number| arrive(&mut acks, number));
        let (_, _, written) = acks.take(now);
        arrive(&mut acks, 3);
        acks.known(1..10, written);
        let kept: Vec<_> = acks.arrived.descending().collect();
        assert_eq!(kept, [9..10, 3..4]);
        let (_, _, written) = acks.take(now);
        acks.known(1..10, written);
        assert_eq!(acks.arrived.first(), Some(9..10));
    }
}
