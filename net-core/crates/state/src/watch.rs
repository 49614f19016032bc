//! A list that is followed.

use std::fmt::Debug;

/// What has lists.
pub trait Listed {
    /// What stands in a list.
    type Item: PartialEq + Debug + Clone;
    /// What says which items.
    type Filter: Debug;

    /// The items that a filter leaves, in its order.
    fn items(&self, filter: &Self::Filter) -> Vec<Self::Item>;

    /// How many changes there were; while it stays, every list does.
    fn changes(&self) -> u64;
}

/// A list that is followed. It keeps the list that it gave last and nothing else: who asks seldom gets the newest list,
/// and those between are left out. It never gives the same list twice in a row.
#[derive(Debug)]
pub struct Watch<L: Listed> {
    filter: L::Filter,
    /// The list that was given last.
    last: Option<Vec<L::Item>>,
    /// The changes that are in it.
    seen: u64,
}

impl<L: Listed> Watch<L> {
    /// Follows a list, which is given first as it is then.
    pub fn new(filter: L::Filter) -> Self {
        Self { filter, last: None, seen: 0 }
    }

    /// The list now, and what gives what it becomes. Nothing can come between the two.
    pub fn since(listed: &L, filter: L::Filter) -> (Vec<L::Item>, Self) {
        let list = listed.items(&filter);
        let watch = Self { filter, last: Some(list.clone()), seen: listed.changes() };
        (list, watch)
    }

    /// The list, if it is another than the one that was given last.
    pub fn poll(&mut self, listed: &L) -> Option<Vec<L::Item>> {
        if !self.is_stale(listed) {
            return None;
        }
        self.seen = listed.changes();
        let list = listed.items(&self.filter);
        if self.last.as_deref().is_some_and(|last| *last == *list) {
            return None;
        }
        self.last = Some(list.clone());
        Some(list)
    }

    /// Whether there may be something to give.
    pub fn is_stale(&self, listed: &L) -> bool {
        self.last.is_none() || self.seen != listed.changes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dice::Dice,
        event::TaskChange,
        fold::{Fold, events},
        tasks::Tasks,
    };
    use net_types::{
        Timestamp,
        cortex::{Task, TaskFilter, TaskStatus},
    };

    fn apply(tasks: &mut Tasks, change: &TaskChange<'_>, id: u64) {
        let payload = change.encode(7, id, Timestamp(1)).expect("an event");
        tasks.apply(&events(0, &[&payload]));
    }

    fn pending() -> TaskFilter {
        TaskFilter { status: Some(TaskStatus::Pending), ..TaskFilter::default() }
    }

    fn ids(list: &[Task]) -> Vec<u64> {
        list.iter().map(|task| task.id).collect()
    }

    #[test]
    fn the_list_comes_first_and_then_what_it_becomes() {
        let (mut tasks, mut watch) = (Tasks::default(), Watch::new(pending()));
        assert!(watch.is_stale(&tasks));
        assert_eq!(watch.poll(&tasks).as_deref(), Some(&[][..]));
        assert_eq!((watch.poll(&tasks), watch.is_stale(&tasks)), (None, false));
        apply(&mut tasks, &TaskChange::Create { title: "a" }, 1);
        apply(&mut tasks, &TaskChange::Create { title: "b" }, 2);
        assert!(watch.is_stale(&tasks));
        assert_eq!(ids(&watch.poll(&tasks).expect("a list")), [1, 2]);
    }

    #[test]
    fn what_leaves_the_list_as_it_was_is_not_given() {
        let mut tasks = Tasks::default();
        apply(&mut tasks, &TaskChange::Create { title: "a" }, 1);
        let (list, mut watch) = Watch::since(&tasks, pending());
        assert_eq!((ids(&list), watch.poll(&tasks)), (vec![1], None));
        apply(&mut tasks, &TaskChange::Create { title: "b" }, 2);
        apply(&mut tasks, &TaskChange::Complete, 2);
        assert_eq!(watch.poll(&tasks), None);
        apply(&mut tasks, &TaskChange::Delete, 9);
        assert!(!watch.is_stale(&tasks));
        apply(&mut tasks, &TaskChange::Complete, 1);
        assert_eq!(watch.poll(&tasks).as_deref(), Some(&[][..]));
    }

    #[test]
    fn a_watch_follows_the_list_whenever_it_is_asked() {
        for seed in 0..40 {
            let mut dice = Dice(seed);
            let mut tasks = Tasks::default();
            let (list, mut watch) = Watch::since(&tasks, pending());
            let mut last = list;
            for _ in 0..200 {
                let change = match dice.below(4) {
                    0 => TaskChange::Complete,
                    1 => TaskChange::Delete,
                    _ => TaskChange::Create { title: "t" },
                };
                apply(&mut tasks, &change, dice.below(6));
                if dice.once_in(3) {
                    let now = tasks.list(&pending());
                    let given = watch.poll(&tasks);
                    assert_eq!(given, (now != last).then(|| now.clone()), "seed {seed}");
                    last = now;
                }
            }
        }
    }
}
