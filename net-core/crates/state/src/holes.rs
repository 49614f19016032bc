//! Numbers that were passed over.

use std::collections::BTreeMap;

/// Most ranges that are remembered; beyond it the lowest is forgotten.
const MOST: usize = 65_536;

/// Ranges of numbers, added in rising order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holes {
    /// The last number of a range by its first.
    ranges: BTreeMap<u64, u64>,
}

impl Holes {
    /// Adds the numbers from one to another, which is included.
    pub(crate) fn add(&mut self, first: u64, last: u64) {
        if let Some(mut entry) = self.ranges.last_entry()
            && entry.get().checked_add(1).is_none_or(|next| next >= first)
        {
            let end = *entry.get();
            entry.insert(end.max(last));
            return;
        }
        self.ranges.insert(first, last);
        if self.ranges.len() > MOST {
            self.ranges.pop_first();
        }
    }

    pub(crate) fn has(&self, seq: u64) -> bool {
        self.ranges.range(..=seq).next_back().is_some_and(|(_, last)| seq <= *last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_range() {
        let mut holes = Holes::default();
        holes.add(3, 4);
        holes.add(5, 5);
        holes.add(9, u64::MAX);
        assert_eq!(holes.ranges.len(), 2);
        let inside = [3, 4, 5, 9, 1000, u64::MAX];
        assert!(inside.iter().all(|seq| holes.has(*seq)));
        assert!([0, 2, 6, 8].iter().all(|seq| !holes.has(*seq)));
    }

    #[test]
    fn the_lowest_is_forgotten() {
        let mut holes = Holes::default();
        (0..=MOST as u64).for_each(|at| holes.add(at * 2, at * 2));
        assert_eq!(holes.ranges.len(), MOST);
        assert!(!holes.has(0) && holes.has(2) && holes.has(MOST as u64 * 2));
    }
}
