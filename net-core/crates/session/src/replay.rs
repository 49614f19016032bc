//! Which packets were seen: a window of 8,192 numbers that any jump forward moves.

const BITS: u64 = 8_192;
const WORDS: usize = (BITS / 64) as usize;

/// The highest number so far, and which of the 8,192 up to it were seen.
#[derive(Debug)]
pub(crate) struct ReplayWindow {
    /// One above the highest number.
    next: u64,
    /// Bit `number % 8192`; made when the first packet comes, given back when a session is idle for long.
    seen: Option<Box<[u64; WORDS]>>,
}

impl ReplayWindow {
    pub(crate) const fn new() -> Self {
        Self { next: 0, seen: None }
    }

    /// Whether a packet of this number may still come.
    pub(crate) fn is_fresh(&self, number: u64) -> bool {
        if number >= self.next {
            return true;
        }
        // Without bits, everything up to the highest counts as seen.
        self.next - number <= BITS && self.seen.as_ref().is_some_and(|seen| !bit(seen, number))
    }

    /// Remembers a number, and tells whether it is the highest so far.
    pub(crate) fn see(&mut self, number: u64) -> bool {
        let (next, is_newest) = (self.next, number >= self.next);
        let seen = self.seen.get_or_insert_with(|| {
            // Numbers before the bits were given back stay seen.
            Box::new([if next == 0 { 0 } else { u64::MAX }; WORDS])
        });
        if is_newest {
            if number - next >= BITS {
                seen.fill(0);
            } else {
                (next..=number).for_each(|skipped| seen[word(skipped)] &= !(1 << (skipped % 64)));
            }
            self.next = number + 1;
        }
        seen[word(number)] |= 1 << (number % 64);
        is_newest
    }

    /// Gives the bits back; late packets from before will count as seen.
    pub(crate) fn shrink(&mut self) {
        self.seen = None;
    }
}

fn word(number: u64) -> usize {
    (number / 64) as usize % WORDS
}

fn bit(seen: &[u64; WORDS], number: u64) -> bool {
    seen[word(number)] & 1 << (number % 64) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn agrees_with_a_set_of_numbers() {
        let (mut window, mut seen, mut highest, mut state) =
            (ReplayWindow::new(), HashSet::new(), 0_u64, 7_u64);
        for _ in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = match state >> 60 {
                0 => highest + (state >> 40 & 0x3fff),
                _ => (highest + 8).saturating_sub(state >> 40 & 0x3fff),
            };
            let is_in_window = seen.is_empty() || number + BITS > highest;
            assert_eq!(
                window.is_fresh(number),
                is_in_window && !seen.contains(&number),
                "{number} at {highest}"
            );
            if window.is_fresh(number) {
                window.see(number);
                seen.insert(number);
                highest = highest.max(number);
            }
        }
    }

    #[test]
    fn what_was_seen_before_shrinking_stays_seen() {
        let mut window = ReplayWindow::new();
        window.see(10);
        window.shrink();
        assert!(!window.is_fresh(9) && !window.is_fresh(10) && window.is_fresh(11));
        window.see(12);
        assert!(!window.is_fresh(9) && !window.is_fresh(10) && window.is_fresh(11) && !window.is_fresh(12));
    }
}
