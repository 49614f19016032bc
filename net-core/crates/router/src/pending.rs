//! Destinations of which a neighbour is to be told, in bounded memory.

use std::collections::BTreeSet;

/// A set of destinations; one that grows too large becomes a sweep over all of them.
#[derive(Debug)]
pub(crate) struct Pending {
    own: bool,
    nodes: BTreeSet<u64>,
    /// The first destination that the sweep has not reached.
    sweep: Option<u64>,
}

impl Pending {
    /// Most destinations that are listed one by one.
    const MAX: usize = 1_024;

    /// All there is.
    pub(crate) fn everything() -> Self {
        Self { own: true, nodes: BTreeSet::new(), sweep: Some(0) }
    }

    /// Adds this node itself.
    pub(crate) fn insert_own(&mut self) {
        self.own = true;
    }

    pub(crate) fn insert(&mut self, node: u64) {
        if self.sweep.is_some_and(|from| from <= node) {
            return;
        }
        self.nodes.insert(node);
        if self.nodes.len() > Self::MAX {
            self.nodes.clear();
            self.sweep = Some(0);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.own && self.nodes.is_empty() && self.sweep.is_none()
    }

    /// Takes this node itself, if it is in the set.
    pub(crate) fn take_own(&mut self) -> bool {
        std::mem::take(&mut self.own)
    }

    /// Takes a destination; `next` gives the first that is known from an id on.
    pub(crate) fn take(&mut self, next: impl FnOnce(u64) -> Option<u64>) -> Option<u64> {
        if let Some(node) = self.nodes.pop_first() {
            return Some(node);
        }
        let node = next(self.sweep?);
        self.sweep = node.and_then(|node| node.checked_add(1));
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_set_becomes_a_sweep_that_misses_nothing() {
        let mut pending = Pending::everything();
        assert!(pending.take_own() && pending.take(|_| None).is_none() && pending.is_empty());
        (0..3_000).for_each(|node| pending.insert(node));
        let mut found = BTreeSet::new();
        while let Some(node) = pending.take(|from| (from < 3_000).then_some(from)) {
            found.insert(node);
            if node == 2_000 {
                pending.insert(5);
            }
        }
        assert!(found.iter().copied().eq(0..3_000));
    }

    #[test]
    fn what_the_sweep_has_passed_is_listed_again() {
        let mut pending = Pending::everything();
        assert_eq!(pending.take(|from| Some(from + 7)), Some(7));
        pending.insert(3);
        pending.insert(9);
        assert_eq!(pending.take(|_| None), Some(3));
        assert_eq!(pending.take(Some), Some(8));
    }
}
