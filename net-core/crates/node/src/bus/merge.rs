//! Merges the shards' stamps into one order.

use std::{cmp::Reverse, collections::BinaryHeap, ops::Range};

/// Replaces `order` by the lists that the `max` smallest stamps come from, in their order.
///
/// `lists` are ranges of `stamps`, each ascending.
pub(crate) fn merge(stamps: &[u64], lists: &[Range<usize>], max: usize, order: &mut Vec<usize>) {
    order.clear();
    if let [only] = lists {
        order.resize(only.len().min(max), 0);
        return;
    }
    let mut heads: BinaryHeap<_> = lists
        .iter()
        .enumerate()
        .filter(|(_, range)| !range.is_empty())
        .map(|(list, range)| Reverse((stamps[range.start], list, range.start)))
        .collect();
    while let Some(Reverse((_, list, mut at))) = heads.pop() {
        // What the list has before the next list's head goes at once.
        let until = heads.peek().map_or(u64::MAX, |Reverse((stamp, ..))| *stamp);
        while at < lists[list].end && stamps[at] <= until {
            if order.len() == max {
                return;
            }
            order.push(list);
            at += 1;
        }
        if at < lists[list].end {
            heads.push(Reverse((stamps[at], list, at)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_smallest_first() {
        let stamps = [1, 4, 5, 9, 2, 3, 10, 6];
        let lists = [0..4, 4..7, 7..7, 7..8];
        let mut order = vec![7];
        merge(&stamps, &lists, 100, &mut order);
        assert_eq!(order, [0, 1, 1, 0, 0, 3, 0, 1]);
        merge(&stamps, &lists, 3, &mut order);
        assert_eq!(order, [0, 1, 1]);
        merge(&stamps, &lists[..1], 3, &mut order);
        assert_eq!(order, [0, 0, 0]);
        merge(&stamps, &lists[2..3], 3, &mut order);
        assert_eq!(order, [0; 0]);
        merge(&stamps, &[], 3, &mut order);
        assert_eq!(order, [0; 0]);
        merge(&stamps, &lists, 0, &mut order);
        assert_eq!(order, [0; 0]);
    }
}
