//! Tasks.

use net_types::{
    Timestamp,
    cortex::{CortexError, StateModel, Task, TaskFilter, TaskStatus},
    redex::RedexEvent,
    wire::cortex::{TaskEntry, TaskEvent, TaskEventBody, TasksState},
};
use std::collections::BTreeMap;

use crate::{
    filter::{Part, Times},
    fold::{Applied, Fold},
    orders::{Key, Orders, merged},
    snapshot::{put, rising, unread},
    watch::Listed,
};

/// All tasks of a log.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    rows: BTreeMap<u64, Row>,
    pending: Orders,
    completed: Orders,
    changes: u64,
}

#[derive(Debug, Clone)]
struct Row {
    title: Box<str>,
    status: TaskStatus,
    created: Timestamp,
    updated: Timestamp,
}

impl Tasks {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A task by its id.
    pub fn get(&self, id: u64) -> Option<Task> {
        self.rows.get(&id).map(|row| row.task(id))
    }

    /// The tasks that a filter leaves. Status and order come from an index, as do bounds of the time that orders the list;
    /// the rest is looked at task by task.
    pub fn list(&self, filter: &TaskFilter) -> Vec<Task> {
        self.examine(filter).0
    }

    /// The list, and how many tasks were looked at for it.
    fn examine(&self, filter: &TaskFilter) -> (Vec<Task>, usize) {
        let limit = filter.limit.map_or(usize::MAX, |limit| limit as usize);
        let title = Part::new(filter.title_contains.as_deref());
        let times = Times::from(filter);
        let mut examined = 0;
        let mut list = Vec::new();
        let mut ids = merged(self.classes(filter.status), filter.order_by, &times);
        while list.len() < limit
            && let Some(id) = ids.next()
        {
            examined += 1;
            let Some(row) = self.rows.get(&id) else { continue };
            if times.have(row.created, row.updated) && title.is_in(&row.title) {
                list.push(row.task(id));
            }
        }
        (list, examined)
    }

    fn classes(&self, status: Option<TaskStatus>) -> Vec<&Orders> {
        match status {
            Some(TaskStatus::Pending) => vec![&self.pending],
            Some(TaskStatus::Completed) => vec![&self.completed],
            None => vec![&self.pending, &self.completed],
        }
    }

    fn change(&mut self, body: TaskEventBody) {
        match body {
            TaskEventBody::TaskCreated(it) => {
                let status = TaskStatus::Pending;
                let row = Row { title: it.title.into(), status, created: it.at, updated: it.at };
                self.replace(it.id, Some(row));
            }
            TaskEventBody::TaskRenamed(it) => self.update(it.id, |row| {
                row.title = it.title.into();
                row.updated = it.at;
            }),
            TaskEventBody::TaskCompleted(it) => self.update(it.id, |row| {
                row.status = TaskStatus::Completed;
                row.updated = it.at;
            }),
            TaskEventBody::TaskDeleted(it) => self.replace(it.id, None),
        }
    }

    fn update(&mut self, id: u64, change: impl FnOnce(&mut Row)) {
        if let Some(mut row) = self.rows.remove(&id) {
            self.class(row.status).remove(row.key(id));
            change(&mut row);
            self.replace(id, Some(row));
        }
    }

    fn replace(&mut self, id: u64, row: Option<Row>) {
        let before = self.rows.remove(&id);
        if before.is_none() && row.is_none() {
            return;
        }
        self.changes += 1;
        if let Some(row) = before {
            self.class(row.status).remove(row.key(id));
        }
        if let Some(row) = row {
            self.class(row.status).add(row.key(id));
            self.rows.insert(id, row);
        }
    }

    fn class(&mut self, status: TaskStatus) -> &mut Orders {
        match status {
            TaskStatus::Pending => &mut self.pending,
            TaskStatus::Completed => &mut self.completed,
        }
    }
}

impl Row {
    fn key(&self, id: u64) -> Key {
        Key { id, created: self.created, updated: self.updated }
    }

    fn task(&self, id: u64) -> Task {
        Task {
            id,
            title: self.title.to_string(),
            status: self.status,
            created_ns: self.created,
            updated_ns: self.updated,
        }
    }
}

impl Fold for Tasks {
    const MODEL: StateModel = StateModel::Tasks;

    fn apply(&mut self, events: &[RedexEvent]) -> Applied {
        let mut applied = Applied { taken: events.len(), ..Applied::default() };
        for event in events {
            match TaskEvent::decode(&event.payload) {
                Ok(it) => self.change(it.body),
                Err(_) => applied.unreadable.push(event.seq),
            }
        }
        applied
    }

    fn encode(&self) -> Result<Vec<u8>, CortexError> {
        put("tasks", self.rows.len(), self.rows.iter(), |(id, row)| {
            let (title, created, updated) = (row.title.to_string(), row.created, row.updated);
            TaskEntry { id: *id, status: row.status, created, updated, title }.encode()
        })
    }

    fn decode(bytes: &[u8]) -> Result<Self, CortexError> {
        let state = TasksState::decode(bytes).map_err(|error| unread(&error))?;
        rising(state.tasks.iter().map(|task| task.id))?;
        let mut tasks = Self::default();
        for it in state.tasks {
            let row =
                Row { title: it.title.into(), status: it.status, created: it.created, updated: it.updated };
            tasks.replace(it.id, Some(row));
        }
        Ok(tasks)
    }
}

impl Listed for Tasks {
    type Item = Task;
    type Filter = TaskFilter;

    fn items(&self, filter: &TaskFilter) -> Vec<Task> {
        self.list(filter)
    }

    fn changes(&self) -> u64 {
        self.changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dice::Dice, event::TaskChange, fold::events, orders::is_falling};
    use net_types::cortex::OrderBy;

    fn event(change: &TaskChange<'_>, id: u64, at: u64) -> Vec<u8> {
        change.encode(7, id, Timestamp(at)).expect("an event")
    }

    fn apply(tasks: &mut Tasks, payload: &[u8]) -> Applied {
        tasks.apply(&events(3, &[payload]))
    }

    fn filled(events: &[(TaskChange<'_>, u64, u64)]) -> Tasks {
        let mut tasks = Tasks::default();
        for (change, id, at) in events {
            assert_eq!(apply(&mut tasks, &event(change, *id, *at)).unreadable, []);
        }
        tasks
    }

    fn ids(tasks: &[Task]) -> Vec<u64> {
        tasks.iter().map(|task| task.id).collect()
    }

    /// The list as it follows from its definition.
    fn naive(all: &[Task], filter: &TaskFilter) -> Vec<Task> {
        let part = filter.title_contains.as_deref().unwrap_or_default().to_lowercase();
        let mut list: Vec<Task> = all
            .iter()
            .filter(|task| filter.status.is_none_or(|status| task.status == status))
            .filter(|task| task.title.to_lowercase().contains(&part))
            .filter(|task| filter.created_after_ns.is_none_or(|bound| task.created_ns >= bound))
            .filter(|task| filter.created_before_ns.is_none_or(|bound| task.created_ns <= bound))
            .filter(|task| filter.updated_after_ns.is_none_or(|bound| task.updated_ns >= bound))
            .filter(|task| filter.updated_before_ns.is_none_or(|bound| task.updated_ns <= bound))
            .cloned()
            .collect();
        match filter.order_by {
            OrderBy::IdAsc | OrderBy::IdDesc => list.sort_by_key(|task| task.id),
            OrderBy::CreatedAsc | OrderBy::CreatedDesc => list.sort_by_key(|task| (task.created_ns, task.id)),
            OrderBy::UpdatedAsc | OrderBy::UpdatedDesc => list.sort_by_key(|task| (task.updated_ns, task.id)),
        }
        if is_falling(filter.order_by) {
            list.reverse();
        }
        list.truncate(filter.limit.map_or(usize::MAX, |limit| limit as usize));
        list
    }

    fn some_filter(dice: &mut Dice) -> TaskFilter {
        let status = dice.maybe(2).map(|tag| TaskStatus::ALL[tag as usize]);
        let title_contains = dice.maybe(3).map(|part| ["", "T1", "e 2"][part as usize].to_owned());
        let mut bound = || dice.maybe(60).map(Timestamp);
        TaskFilter {
            status,
            title_contains,
            created_after_ns: bound(),
            created_before_ns: bound(),
            updated_after_ns: bound(),
            updated_before_ns: bound(),
            order_by: OrderBy::ALL[dice.below(6) as usize],
            limit: dice.maybe(12).map(|limit| limit as u32),
        }
    }

    #[test]
    fn a_task_lives_as_its_events_say() {
        let mut tasks = filled(&[
            (TaskChange::Create { title: "write" }, 1, 10),
            (TaskChange::Rename { title: "write docs" }, 1, 11),
            (TaskChange::Complete, 1, 12),
        ]);
        let (created_ns, updated_ns) = (Timestamp(10), Timestamp(12));
        let (title, status) = ("write docs".to_owned(), TaskStatus::Completed);
        let task = Task { id: 1, title, status, created_ns, updated_ns };
        assert_eq!(tasks.list(&TaskFilter::default()), [task]);
        apply(&mut tasks, &event(&TaskChange::Create { title: "again" }, 1, 20));
        let again = tasks.get(1).expect("the task");
        assert_eq!(
            (again.status, again.created_ns, again.updated_ns),
            (TaskStatus::Pending, Timestamp(20), Timestamp(20))
        );
        apply(&mut tasks, &event(&TaskChange::Delete, 1, 0));
        assert!(tasks.is_empty() && tasks.get(1).is_none());
    }

    #[test]
    fn what_is_said_of_no_task_changes_nothing() {
        let tasks = filled(&[
            (TaskChange::Rename { title: "x" }, 1, 1),
            (TaskChange::Complete, 2, 2),
            (TaskChange::Delete, 3, 3),
        ]);
        assert_eq!((tasks.len(), tasks.changes()), (0, 0));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let mut tasks = Tasks::default();
        let created = event(&TaskChange::Create { title: "a" }, 1, 1);
        let applied = tasks.apply(&events(4, &[b"garbage", &created, &created[..9]]));
        assert_eq!(applied, Applied { taken: 3, unreadable: vec![4, 6], failure: None });
        assert_eq!(tasks.len(), 1);
    }

    #[test]
    fn lists_are_what_a_plain_search_finds() {
        for seed in 0..40 {
            let mut dice = Dice(seed);
            let mut tasks = Tasks::default();
            for at in 0..300 {
                let title = format!("title {}", dice.below(30));
                let change = match dice.below(8) {
                    0 => TaskChange::Delete,
                    1 | 2 => TaskChange::Complete,
                    3 => TaskChange::Rename { title: &title },
                    _ => TaskChange::Create { title: &title },
                };
                let time = if dice.once_in(2) { at / 5 } else { dice.below(60) };
                apply(&mut tasks, &event(&change, dice.below(60), time));
                let filter = some_filter(&mut dice);
                let all: Vec<Task> = tasks.rows.iter().map(|(id, row)| row.task(*id)).collect();
                assert_eq!(tasks.list(&filter), naive(&all, &filter), "seed {seed}, event {at}, {filter:?}");
            }
            let restored = Tasks::decode(&tasks.encode().expect("bytes")).expect("a state");
            for _ in 0..50 {
                let filter = some_filter(&mut dice);
                assert_eq!(restored.list(&filter), tasks.list(&filter), "seed {seed}, {filter:?}");
            }
        }
    }

    #[test]
    fn an_index_looks_at_no_more_than_is_listed() {
        let mut tasks = Tasks::default();
        for id in 0..5000 {
            apply(&mut tasks, &event(&TaskChange::Create { title: "t" }, id, id));
            if id % 1000 != 0 {
                apply(&mut tasks, &event(&TaskChange::Complete, id, 10_000 - id));
            }
        }
        let limit = Some(5);
        let pending = TaskFilter { status: Some(TaskStatus::Pending), limit, ..TaskFilter::default() };
        for order_by in [OrderBy::IdAsc, OrderBy::CreatedDesc, OrderBy::UpdatedAsc] {
            let (list, examined) = tasks.examine(&TaskFilter { order_by, ..pending.clone() });
            assert_eq!((list.len(), examined), (5, 5), "{order_by:?}");
        }
        let (created_after_ns, order_by) = (Some(Timestamp(2500)), OrderBy::CreatedAsc);
        let late = TaskFilter { created_after_ns, order_by, limit, ..TaskFilter::default() };
        let (list, examined) = tasks.examine(&late);
        assert_eq!((ids(&list), examined), (vec![2500, 2501, 2502, 2503, 2504], 5));
        let none = TaskFilter { limit: Some(0), ..TaskFilter::default() };
        assert_eq!(tasks.examine(&none), (vec![], 0));
    }

    #[test]
    fn equal_states_have_equal_bytes_of_the_layout() {
        let one =
            filled(&[(TaskChange::Create { title: "a" }, 1, 1), (TaskChange::Create { title: "b" }, 2, 2)]);
        let other = filled(&[
            (TaskChange::Create { title: "b" }, 2, 2),
            (TaskChange::Create { title: "x" }, 3, 2),
            (TaskChange::Create { title: "a" }, 1, 1),
            (TaskChange::Delete, 3, 0),
        ]);
        let bytes = one.encode().expect("bytes");
        assert_eq!(bytes, other.encode().expect("bytes"));
        let state = TasksState::decode(&bytes).expect("the layout");
        assert_eq!(state.tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(state.encode().expect("bytes"), bytes);
    }

    #[test]
    fn ids_that_do_not_rise_are_no_state() {
        let (created, updated) = (Timestamp(0), Timestamp(0));
        let entry =
            |id| TaskEntry { id, status: TaskStatus::Pending, created, updated, title: String::new() };
        for ids in [[1, 1], [2, 1]] {
            let bytes = TasksState { tasks: ids.map(entry).to_vec() }.encode().expect("bytes");
            let error = Tasks::decode(&bytes).expect_err("no state");
            assert_eq!(error, CortexError::BadSnapshot { reason: "ids do not rise".into() });
        }
    }
}
