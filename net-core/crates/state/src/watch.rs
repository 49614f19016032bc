//! Lists that are followed.

use net_types::cortex::{CortexError, MAX_WATCHES};
use std::{collections::BTreeMap, fmt::Debug, sync::Arc};

/// What has lists.
pub trait Listed {
    /// What stands in a list.
    type Item: PartialEq + Debug;
    /// What says which items.
    type Filter: Debug;

    /// The items that a filter leaves, in its order.
    fn items(&self, filter: &Self::Filter) -> Vec<Self::Item>;

    /// How many changes there were; while it stays, every list does.
    fn changes(&self) -> u64;
}

/// The items of a list, which whoever has it shares.
pub type List<L> = Arc<[<L as Listed>::Item]>;

/// A list that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(u64);

/// The lists of one state that are followed.
///
/// A watch keeps the list that it gave last and nothing else: who asks seldom gets the newest list, and those between are
/// left out. It never gives the same list twice in a row.
#[derive(Debug)]
pub struct Watches<L: Listed> {
    watches: BTreeMap<WatchId, Watch<L>>,
    opened: u64,
}

#[derive(Debug)]
struct Watch<L: Listed> {
    filter: L::Filter,
    /// The list that was given last.
    last: Option<List<L>>,
    /// The changes that are in it.
    seen: u64,
}

impl<L: Listed> Default for Watches<L> {
    fn default() -> Self {
        Self { watches: BTreeMap::new(), opened: 0 }
    }
}

impl<L: Listed> Watches<L> {
    /// Follows a list, which is given first as it is then.
    pub fn watch(&mut self, filter: L::Filter) -> Result<WatchId, CortexError> {
        self.open(Watch { filter, last: None, seen: 0 })
    }

    /// The list now, and a watch that gives what it becomes. Nothing can come between the two.
    pub fn snapshot_and_watch(
        &mut self,
        listed: &L,
        filter: L::Filter,
    ) -> Result<(List<L>, WatchId), CortexError> {
        let list: List<L> = listed.items(&filter).into();
        let watch = Watch { filter, last: Some(Arc::clone(&list)), seen: listed.changes() };
        Ok((list, self.open(watch)?))
    }

    /// The list of a watch, if it is another than the one that was given last; none for a watch that is closed.
    pub fn poll(&mut self, listed: &L, id: WatchId) -> Option<List<L>> {
        let watch = self.watches.get_mut(&id)?;
        if watch.last.is_some() && watch.seen == listed.changes() {
            return None;
        }
        watch.seen = listed.changes();
        let list = listed.items(&watch.filter);
        if watch.last.as_deref().is_some_and(|last| *last == *list) {
            return None;
        }
        let list: List<L> = list.into();
        watch.last = Some(Arc::clone(&list));
        Some(list)
    }

    /// Ends a watch; tells whether there was one.
    pub fn close(&mut self, id: WatchId) -> bool {
        self.watches.remove(&id).is_some()
    }

    /// The watches that may have something to give, in the order in which they were opened.
    pub fn stale(&self, listed: &L) -> impl Iterator<Item = WatchId> {
        let changes = listed.changes();
        let stale =
            self.watches.iter().filter(move |(_, watch)| watch.last.is_none() || watch.seen != changes);
        stale.map(|(id, _)| *id)
    }

    fn open(&mut self, watch: Watch<L>) -> Result<WatchId, CortexError> {
        if self.watches.len() >= MAX_WATCHES as usize {
            return Err(CortexError::QueueFull { what: "watches".to_owned(), limit: u64::from(MAX_WATCHES) });
        }
        self.opened += 1;
        let id = WatchId(self.opened);
        self.watches.insert(id, watch);
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dice::Dice,
        event::TaskChange,
        fold::{Event, Fold},
        tasks::{Task, TaskFilter, Tasks},
    };
    use net_types::{Timestamp, cortex::TaskStatus};

    fn apply(tasks: &mut Tasks, change: &TaskChange<'_>, id: u64) {
        let payload = change.encode(7, id, Timestamp(1)).expect("an event");
        tasks.apply(&[Event { seq: 0, payload: &payload }]);
    }

    fn pending() -> TaskFilter {
        TaskFilter { status: Some(TaskStatus::Pending), ..TaskFilter::default() }
    }

    fn ids(list: &[Task]) -> Vec<u64> {
        list.iter().map(|task| task.id).collect()
    }

    #[test]
    fn the_list_comes_first_and_then_what_it_becomes() {
        let (mut tasks, mut watches) = (Tasks::default(), Watches::default());
        let id = watches.watch(pending()).expect("room");
        assert_eq!(watches.stale(&tasks).collect::<Vec<_>>(), [id]);
        assert_eq!(watches.poll(&tasks, id).as_deref(), Some(&[][..]));
        assert_eq!((watches.poll(&tasks, id), watches.stale(&tasks).count()), (None, 0));
        apply(&mut tasks, &TaskChange::Create { title: "a" }, 1);
        apply(&mut tasks, &TaskChange::Create { title: "b" }, 2);
        assert_eq!(watches.stale(&tasks).count(), 1);
        assert_eq!(ids(&watches.poll(&tasks, id).expect("a list")), [1, 2]);
        assert!(watches.close(id) && !watches.close(id));
        assert_eq!(watches.poll(&tasks, id), None);
    }

    #[test]
    fn what_leaves_the_list_as_it_was_is_not_given() {
        let (mut tasks, mut watches) = (Tasks::default(), Watches::default());
        apply(&mut tasks, &TaskChange::Create { title: "a" }, 1);
        let (list, id) = watches.snapshot_and_watch(&tasks, pending()).expect("room");
        assert_eq!((ids(&list), watches.poll(&tasks, id)), (vec![1], None));
        apply(&mut tasks, &TaskChange::Create { title: "b" }, 2);
        apply(&mut tasks, &TaskChange::Complete, 2);
        assert_eq!(watches.poll(&tasks, id), None);
        apply(&mut tasks, &TaskChange::Delete, 9);
        assert_eq!(watches.stale(&tasks).count(), 0);
        apply(&mut tasks, &TaskChange::Complete, 1);
        assert_eq!(watches.poll(&tasks, id).as_deref(), Some(&[][..]));
    }

    #[test]
    fn a_watch_follows_the_list_whenever_it_is_asked() {
        for seed in 0..40 {
            let mut dice = Dice(seed);
            let (mut tasks, mut watches) = (Tasks::default(), Watches::default());
            let (list, id) = watches.snapshot_and_watch(&tasks, pending()).expect("room");
            let mut last = list.to_vec();
            for _ in 0..200 {
                let change = match dice.below(4) {
                    0 => TaskChange::Complete,
                    1 => TaskChange::Delete,
                    _ => TaskChange::Create { title: "t" },
                };
                apply(&mut tasks, &change, dice.below(6));
                if dice.once_in(3) {
                    let now = tasks.list(&pending());
                    let given = watches.poll(&tasks, id).map(|list| list.to_vec());
                    assert_eq!(given, (now != last).then(|| now.clone()), "seed {seed}");
                    last = now;
                }
            }
        }
    }

    #[test]
    fn there_are_only_so_many() {
        let mut watches: Watches<Tasks> = Watches::default();
        let all: Vec<_> = (0..=MAX_WATCHES).map(|_| watches.watch(pending())).collect();
        let full = CortexError::QueueFull { what: "watches".to_owned(), limit: 1024 };
        assert_eq!(all.last(), Some(&Err(full)));
        assert!(all[..1024].iter().all(Result::is_ok));
        assert!(watches.close(*all[0].as_ref().expect("a watch")));
        assert!(watches.watch(pending()).is_ok());
    }
}
