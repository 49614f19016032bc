//! Bytes of a reliable stream that have arrived, in a ring at the places where they belong.

use crate::{config::limits, ranges::Ranges};

/// Bytes from `start` on; those up to the first gap can be read.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    /// Byte `offset` stands at `offset % ring.len()`; the length is a power of two.
    ring: Vec<u8>,
    start: u64,
    arrived: Ranges,
}

impl Reassembly {
    /// Keeps bytes, and tells how many were new; nothing if they come in too many ranges.
    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) -> Option<u64> {
        let end = offset + bytes.len() as u64;
        if end <= self.start {
            return Some(0);
        }
        let skipped = self.start.saturating_sub(offset);
        let (offset, bytes) = (offset + skipped, &bytes[skipped as usize..]);
        self.make_room(end);
        let at = self.place(offset);
        let first = bytes.len().min(self.ring.len() - at);
        self.ring[at..at + first].copy_from_slice(&bytes[..first]);
        self.ring[..bytes.len() - first].copy_from_slice(&bytes[first..]);
        let new = self.arrived.insert(offset..end);
        (self.arrived.len() <= limits::RANGES).then_some(new)
    }

    /// First byte that was not read.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// One behind the last byte that can be read.
    pub(super) fn readable(&self) -> u64 {
        self.arrived.first().filter(|first| first.start == self.start).map_or(self.start, |first| first.end)
    }

    /// Bytes that can be read, in up to two parts.
    pub(super) fn peek(&self, offset: u64, length: u64) -> [&[u8]; 2] {
        if length == 0 {
            return [&[], &[]];
        }
        let (at, length) = (self.place(offset), length as usize);
        let first = length.min(self.ring.len() - at);
        [&self.ring[at..at + first], &self.ring[..length - first]]
    }

    /// Gives up everything below an offset.
    pub(super) fn consume(&mut self, start: u64) {
        self.start = start;
        self.arrived.remove_below(start);
    }

    /// Gives the ring back if nothing is in it.
    pub(super) fn shrink(&mut self) {
        if self.arrived.is_empty() {
            *self = Self { start: self.start, ..Self::default() };
        }
    }

    fn place(&self, offset: u64) -> usize {
        offset as usize & (self.ring.len() - 1)
    }

    /// Makes the ring hold everything up to an offset.
    fn make_room(&mut self, end: u64) {
        let needed = (end - self.start) as usize;
        if needed <= self.ring.len() {
            return;
        }
        let old = std::mem::take(&mut self.ring);
        self.ring = vec![0; needed.next_power_of_two().max(1_024)];
        for range in self.arrived.descending() {
            let mut offset = range.start;
            while offset < range.end {
                let from = offset as usize & (old.len() - 1);
                let to = self.place(offset);
                let most = (old.len() - from).min(self.ring.len() - to);
                let count = most.min((range.end - offset) as usize);
                self.ring[to..to + count].copy_from_slice(&old[from..from + count]);
                offset += count as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_any_order_come_out_in_theirs() {
        let all: Vec<u8> = (0..200_000_u32).map(|at| ((at * 31) >> 3) as u8).collect();
        let (mut ring, mut out, mut state) = (Reassembly::default(), Vec::new(), 3_u64);
        let mut rounds = 0;
        while out.len() < all.len() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let window = (out.len() + 9_000).min(all.len());
            let low = out.len().saturating_sub(500);
            let from = low + (state >> 20) as usize % (window - low);
            let to = window.min(from + (state >> 50) as usize % 1_400);
            ring.write(from as u64, &all[from..to]).expect("few ranges");
            let take = (ring.readable() - ring.start()).min(state >> 52);
            ring.peek(ring.start(), take).iter().for_each(|part| out.extend_from_slice(part));
            ring.consume(ring.start() + take);
            rounds += 1;
            assert!(rounds < 1_000_000 && all.starts_with(&out));
        }
        assert!(ring.ring.len() <= 16_384);
        ring.shrink();
        assert_eq!(ring.ring.capacity(), 0);
    }
}
