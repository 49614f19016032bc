//! Sets of numbers as sorted ranges.

use std::ops::Range;

/// Numbers, kept as ranges that neither overlap nor touch, in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Adds a range, and tells how many of its numbers were new.
    pub(crate) fn insert(&mut self, range: Range<u64>) -> u64 {
        if range.is_empty() {
            return 0;
        }
        if let Some(last) = self.0.last_mut()
            && last.1 == range.start
        {
            last.1 = range.end;
            return range.end - range.start;
        }
        let first = self.0.partition_point(|kept| kept.1 < range.start);
        let behind = first + self.0[first..].partition_point(|kept| kept.0 <= range.end);
        let merged = &self.0[first..behind];
        let known: u64 =
            merged.iter().map(|kept| kept.1.min(range.end).saturating_sub(kept.0.max(range.start))).sum();
        match merged {
            [] => self.0.insert(first, (range.start, range.end)),
            [one, ..] => {
                let whole = (one.0.min(range.start), merged[merged.len() - 1].1.max(range.end));
                self.0[first] = whole;
                self.0.drain(first + 1..behind);
            }
        }
        range.end - range.start - known
    }

    /// Takes a range out.
    pub(crate) fn remove(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let mut at = self.0.partition_point(|kept| kept.1 <= range.start);
        while at < self.0.len() && self.0[at].0 < range.end {
            let kept = self.0[at];
            match (kept.0 < range.start, kept.1 > range.end) {
                (true, true) => {
                    self.0[at].1 = range.start;
                    self.0.insert(at + 1, (range.end, kept.1));
                    return;
                }
                (true, false) => {
                    self.0[at].1 = range.start;
                    at += 1;
                }
                (false, true) => {
                    self.0[at].0 = range.end;
                    return;
                }
                (false, false) => {
                    self.0.remove(at);
                }
            }
        }
    }

    /// Takes everything below a number out.
    pub(crate) fn remove_below(&mut self, number: u64) {
        if self.0.first().is_some_and(|first| first.0 < number) {
            self.remove(0..number);
        }
    }

    /// Takes up to so many numbers out of the front.
    pub(crate) fn take_front(&mut self, most: u64) -> Option<Range<u64>> {
        let first = self.0.first_mut()?;
        let range = first.0..first.1.min(first.0 + most);
        first.0 = range.end;
        if first.0 == first.1 {
            self.0.remove(0);
        }
        Some(range)
    }

    /// The lowest range.
    pub(crate) fn first(&self) -> Option<Range<u64>> {
        self.0.first().map(|range| range.0..range.1)
    }

    /// Whether a number is in.
    pub(crate) fn contains(&self, number: u64) -> bool {
        let at = self.0.partition_point(|kept| kept.1 <= number);
        self.0.get(at).is_some_and(|kept| kept.0 <= number)
    }

    /// The ranges, the highest first.
    pub(crate) fn descending(&self) -> impl Iterator<Item = Range<u64>> + Clone + '_ {
        self.0.iter().rev().map(|range| range.0..range.1)
    }

    /// Gives up the lowest ranges beyond so many.
    pub(crate) fn keep_highest(&mut self, most: usize) {
        if self.0.len() > most {
            let excess = self.0.len() - most;
            self.0.drain(..excess);
        }
    }

    /// How many ranges there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives unused memory back.
    pub(crate) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn agrees_with_a_set_of_numbers() {
        let (mut ranges, mut set, mut state) = (Ranges::default(), BTreeSet::new(), 1_u64);
        for round in 0..5_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (start, len) = (state >> 33 & 127, state >> 50 & 15);
            let range = start..start + len;
            if round % 3 == 0 {
                ranges.remove(range.clone());
                range.for_each(|number| {
                    set.remove(&number);
                });
            } else {
                let new = range.clone().filter(|number| set.insert(*number)).count() as u64;
                assert_eq!(ranges.insert(range), new);
            }
            let all: Vec<u64> = ranges.0.iter().flat_map(|range| range.0..range.1).collect();
            assert!(all.iter().eq(set.iter()), "round {round}");
            assert!(ranges.0.windows(2).all(|two| two[0].1 < two[1].0), "ranges neither overlap nor touch");
            assert!((0..150).all(|number| ranges.contains(number) == set.contains(&number)));
        }
    }
}
