//! Ids in all orders that a list may have.

use net_types::{Timestamp, cortex::OrderBy};
use std::{collections::BTreeSet, iter::Peekable, ops::RangeInclusive};

use crate::filter::Times;

/// Whether a list in this order begins with its last.
pub(crate) fn is_falling(order: OrderBy) -> bool {
    matches!(order, OrderBy::IdDesc | OrderBy::CreatedDesc | OrderBy::UpdatedDesc)
}

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) id: u64,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// The ids of a class of items.
#[derive(Debug, Clone, Default)]
pub(crate) struct Orders {
    ids: BTreeSet<u64>,
    created: BTreeSet<(u64, u64)>,
    updated: BTreeSet<(u64, u64)>,
}

/// Ids with what they are sorted by.
type Sorted<'a> = Box<dyn Iterator<Item = (u64, u64)> + 'a>;

impl Orders {
    pub(crate) fn add(&mut self, key: Key) {
        self.ids.insert(key.id);
        self.created.insert((key.created.0, key.id));
        self.updated.insert((key.updated.0, key.id));
    }

    pub(crate) fn remove(&mut self, key: Key) {
        self.ids.remove(&key.id);
        self.created.remove(&(key.created.0, key.id));
        self.updated.remove(&(key.updated.0, key.id));
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    fn sorted(&self, order: OrderBy, times: &Times) -> Sorted<'_> {
        match order {
            OrderBy::IdAsc => Box::new(self.ids.iter().map(|id| (*id, *id))),
            OrderBy::IdDesc => Box::new(self.ids.iter().rev().map(|id| (*id, *id))),
            OrderBy::CreatedAsc | OrderBy::CreatedDesc => {
                timed(&self.created, times.created_after, times.created_before, is_falling(order))
            }
            OrderBy::UpdatedAsc | OrderBy::UpdatedDesc => {
                timed(&self.updated, times.updated_after, times.updated_before, is_falling(order))
            }
        }
    }
}

fn timed(
    set: &BTreeSet<(u64, u64)>,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    is_falling: bool,
) -> Sorted<'_> {
    let first = (after.map_or(0, |after| after.0), 0);
    let last = (before.map_or(u64::MAX, |before| before.0), u64::MAX);
    if first > last {
        return Box::new(std::iter::empty());
    }
    let range = set.range::<(u64, u64), RangeInclusive<_>>(first..=last).copied();
    if is_falling { Box::new(range.rev()) } else { Box::new(range) }
}

/// The ids of some classes in one order, each once. Those beyond the bounds of the time that they are sorted by are
/// left out.
pub(crate) fn merged<'a>(
    classes: impl IntoIterator<Item = &'a Orders>,
    order: OrderBy,
    times: &Times,
) -> impl Iterator<Item = u64> + 'a {
    let heads = classes.into_iter().map(|class| class.sorted(order, times).peekable()).collect();
    Merged { heads, is_falling: is_falling(order) }
}

struct Merged<'a> {
    heads: Vec<Peekable<Sorted<'a>>>,
    is_falling: bool,
}

impl Iterator for Merged<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let heads = self.heads.iter_mut().filter_map(|head| head.peek().copied());
        let next = if self.is_falling { heads.max() } else { heads.min() }?;
        for head in &mut self.heads {
            head.next_if_eq(&next);
        }
        Some(next.1)
    }
}
