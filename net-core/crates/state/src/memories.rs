//! Memories.

use net_types::{
    Timestamp,
    cortex::{CortexError, Memory, MemoryFilter, StateModel},
    redex::RedexEvent,
    wire::cortex::{MemoriesState, MemoryEntry, MemoryEvent, MemoryEventBody, MemoryTag},
};
use std::collections::BTreeMap;

use crate::{
    filter::{Part, Times},
    fold::{Applied, Fold},
    orders::{Key, Orders, merged},
    snapshot::{put, rising, unread},
    watch::Listed,
};

/// All memories of a log.
#[derive(Debug, Clone, Default)]
pub struct Memories {
    rows: BTreeMap<u64, Row>,
    pinned: Orders,
    unpinned: Orders,
    tags: BTreeMap<Box<str>, Orders>,
    sources: BTreeMap<Box<str>, Orders>,
    changes: u64,
}

#[derive(Debug, Clone)]
struct Row {
    content: Box<str>,
    tags: Box<[Box<str>]>,
    source: Box<str>,
    created: Timestamp,
    updated: Timestamp,
    pinned: bool,
}

impl Memories {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A memory by its id.
    pub fn get(&self, id: u64) -> Option<Memory> {
        self.rows.get(&id).map(|row| row.memory(id))
    }

    /// The memories that a filter leaves. The order comes from an index, with the narrowest of source, pin and tags, and with
    /// the bounds of the time that orders the list; the rest is looked at memory by memory.
    pub fn list(&self, filter: &MemoryFilter) -> Vec<Memory> {
        self.examine(filter).0
    }

    /// The list, and how many memories were looked at for it.
    fn examine(&self, filter: &MemoryFilter) -> (Vec<Memory>, usize) {
        let limit = filter.limit.map_or(usize::MAX, |limit| limit as usize);
        let content = Part::new(filter.content_contains.as_deref());
        let times = Times::from(filter);
        let mut examined = 0;
        let mut list = Vec::new();
        let mut ids = merged(self.narrowest(filter), filter.order_by, &times);
        while list.len() < limit
            && let Some(id) = ids.next()
        {
            examined += 1;
            let Some(row) = self.rows.get(&id) else { continue };
            if row.is_left_by(filter, &times) && content.is_in(&row.content) {
                list.push(row.memory(id));
            }
        }
        (list, examined)
    }

    /// The smallest set of classes in which all memories are that a filter may leave.
    fn narrowest(&self, filter: &MemoryFilter) -> Vec<&Orders> {
        let pins = match filter.pinned {
            Some(true) => vec![&self.pinned],
            Some(false) => vec![&self.unpinned],
            None => vec![&self.pinned, &self.unpinned],
        };
        let mut choices = vec![pins];
        choices.extend(filter.source.iter().map(|source| found(&self.sources, [source])));
        choices.extend(filter.tag.iter().chain(&filter.all_tags).map(|tag| found(&self.tags, [tag])));
        if !filter.any_tag.is_empty() {
            choices.push(found(&self.tags, &filter.any_tag));
        }
        let size = |classes: &Vec<&Orders>| classes.iter().map(|class| class.len()).sum::<usize>();
        choices.into_iter().min_by_key(size).unwrap_or_default()
    }

    fn change(&mut self, body: MemoryEventBody) {
        match body {
            MemoryEventBody::MemoryStored(it) => {
                let before = self.rows.get(&it.id);
                let row = Row {
                    content: it.content.into(),
                    tags: texts(it.tags),
                    source: it.source.into(),
                    created: before.map_or(it.at, |row| row.created),
                    updated: it.at,
                    pinned: before.is_some_and(|row| row.pinned),
                };
                self.replace(it.id, Some(row));
            }
            MemoryEventBody::MemoryRetagged(it) => self.update(it.id, it.at, |row| row.tags = texts(it.tags)),
            MemoryEventBody::MemoryPinned(it) => self.update(it.id, it.at, |row| row.pinned = true),
            MemoryEventBody::MemoryUnpinned(it) => self.update(it.id, it.at, |row| row.pinned = false),
            MemoryEventBody::MemoryDeleted(it) => self.replace(it.id, None),
        }
    }

    fn update(&mut self, id: u64, at: Timestamp, change: impl FnOnce(&mut Row)) {
        if let Some(mut row) = self.rows.remove(&id) {
            self.unlist(id, &row);
            change(&mut row);
            row.updated = at;
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
            self.unlist(id, &row);
        }
        if let Some(row) = row {
            self.enlist(id, &row);
            self.rows.insert(id, row);
        }
    }

    fn enlist(&mut self, id: u64, row: &Row) {
        let key = row.key(id);
        self.pins(row.pinned).add(key);
        self.sources.entry(row.source.clone()).or_default().add(key);
        for tag in &row.tags {
            self.tags.entry(tag.clone()).or_default().add(key);
        }
    }

    fn unlist(&mut self, id: u64, row: &Row) {
        let key = row.key(id);
        self.pins(row.pinned).remove(key);
        take_from(&mut self.sources, &row.source, key);
        for tag in &row.tags {
            take_from(&mut self.tags, tag, key);
        }
    }

    fn pins(&mut self, is_pinned: bool) -> &mut Orders {
        if is_pinned { &mut self.pinned } else { &mut self.unpinned }
    }
}

/// The classes of some names, those that are given twice once.
fn found(
    classes: &BTreeMap<Box<str>, Orders>,
    names: impl IntoIterator<Item = impl AsRef<str>>,
) -> Vec<&Orders> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by(|one, other| one.as_ref().cmp(other.as_ref()));
    names.dedup_by(|one, other| one.as_ref() == other.as_ref());
    names.iter().filter_map(|name| classes.get(name.as_ref())).collect()
}

fn take_from(classes: &mut BTreeMap<Box<str>, Orders>, name: &str, key: Key) {
    if let Some(class) = classes.get_mut(name) {
        class.remove(key);
        if class.is_empty() {
            classes.remove(name);
        }
    }
}

fn texts(tags: Vec<MemoryTag>) -> Box<[Box<str>]> {
    tags.into_iter().map(|tag| tag.text.into()).collect()
}

impl Row {
    fn key(&self, id: u64) -> Key {
        Key { id, created: self.created, updated: self.updated }
    }

    fn has(&self, tag: &str) -> bool {
        self.tags.iter().any(|other| **other == *tag)
    }

    /// Whether a filter leaves it, its content aside.
    fn is_left_by(&self, filter: &MemoryFilter, times: &Times) -> bool {
        times.have(self.created, self.updated)
            && filter.pinned.is_none_or(|pinned| self.pinned == pinned)
            && filter.source.as_deref().is_none_or(|source| *self.source == *source)
            && filter.tag.as_deref().is_none_or(|tag| self.has(tag))
            && filter.all_tags.iter().all(|tag| self.has(tag))
            && (filter.any_tag.is_empty() || filter.any_tag.iter().any(|tag| self.has(tag)))
    }

    fn memory(&self, id: u64) -> Memory {
        Memory {
            id,
            content: self.content.to_string(),
            tags: self.tags.iter().map(|tag| tag.to_string()).collect(),
            source: self.source.to_string(),
            created_ns: self.created,
            updated_ns: self.updated,
            pinned: self.pinned,
        }
    }

    fn entry(&self, id: u64) -> MemoryEntry {
        MemoryEntry {
            id,
            pinned: self.pinned,
            created: self.created,
            updated: self.updated,
            content: self.content.to_string(),
            source: self.source.to_string(),
            tags: self.tags.iter().map(|tag| MemoryTag { text: tag.to_string() }).collect(),
        }
    }
}

impl Fold for Memories {
    const MODEL: StateModel = StateModel::Memories;

    fn apply(&mut self, events: &[RedexEvent]) -> Applied {
        let mut applied = Applied { taken: events.len(), ..Applied::default() };
        for event in events {
            match MemoryEvent::decode(&event.payload) {
                Ok(it) => self.change(it.body),
                Err(_) => applied.unreadable.push(event.seq),
            }
        }
        applied
    }

    fn encode(&self) -> Result<Vec<u8>, CortexError> {
        put("memories", self.rows.len(), self.rows.iter(), |(id, row)| row.entry(*id).encode())
    }

    fn decode(bytes: &[u8]) -> Result<Self, CortexError> {
        let state = MemoriesState::decode(bytes).map_err(|error| unread(&error))?;
        rising(state.memories.iter().map(|memory| memory.id))?;
        let mut memories = Self::default();
        for it in state.memories {
            let row = Row {
                content: it.content.into(),
                tags: texts(it.tags),
                source: it.source.into(),
                created: it.created,
                updated: it.updated,
                pinned: it.pinned,
            };
            memories.replace(it.id, Some(row));
        }
        Ok(memories)
    }
}

impl Listed for Memories {
    type Item = Memory;
    type Filter = MemoryFilter;

    fn items(&self, filter: &MemoryFilter) -> Vec<Memory> {
        self.list(filter)
    }

    fn changes(&self) -> u64 {
        self.changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dice::Dice, event::MemoryChange, fold::events, orders::is_falling};
    use net_types::cortex::OrderBy;

    type Change<'a> = MemoryChange<'a, &'a str>;

    const TAGS: [&str; 5] = ["home", "work", "größe", "", "x"];
    const SOURCES: [&str; 3] = ["a", "b", ""];

    fn apply(memories: &mut Memories, change: &Change<'_>, id: u64, at: u64) {
        let payload = change.encode(7, id, Timestamp(at)).expect("an event");
        let applied = memories.apply(&events(3, &[&payload]));
        assert_eq!(applied, Applied { taken: 1, ..Applied::default() });
    }

    fn some_tags(dice: &mut Dice) -> Vec<&'static str> {
        (0..dice.below(4)).map(|_| TAGS[dice.below(5) as usize]).collect()
    }

    fn owned(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    /// The list as it follows from its definition.
    fn naive(all: &[Memory], filter: &MemoryFilter) -> Vec<Memory> {
        let part = filter.content_contains.as_deref().unwrap_or_default().to_lowercase();
        let mut list: Vec<Memory> = all
            .iter()
            .filter(|it| filter.source.as_ref().is_none_or(|source| it.source == *source))
            .filter(|it| it.content.to_lowercase().contains(&part))
            .filter(|it| filter.tag.as_ref().is_none_or(|tag| it.tags.contains(tag)))
            .filter(|it| filter.any_tag.is_empty() || filter.any_tag.iter().any(|tag| it.tags.contains(tag)))
            .filter(|it| filter.all_tags.iter().all(|tag| it.tags.contains(tag)))
            .filter(|it| filter.pinned.is_none_or(|pinned| it.pinned == pinned))
            .filter(|it| filter.created_after_ns.is_none_or(|bound| it.created_ns >= bound))
            .filter(|it| filter.updated_before_ns.is_none_or(|bound| it.updated_ns <= bound))
            .cloned()
            .collect();
        match filter.order_by {
            OrderBy::IdAsc | OrderBy::IdDesc => list.sort_by_key(|it| it.id),
            OrderBy::CreatedAsc | OrderBy::CreatedDesc => list.sort_by_key(|it| (it.created_ns, it.id)),
            OrderBy::UpdatedAsc | OrderBy::UpdatedDesc => list.sort_by_key(|it| (it.updated_ns, it.id)),
        }
        if is_falling(filter.order_by) {
            list.reverse();
        }
        list.truncate(filter.limit.map_or(usize::MAX, |limit| limit as usize));
        list
    }

    fn some_filter(dice: &mut Dice) -> MemoryFilter {
        let mut tags = || if dice.once_in(3) { owned(&some_tags(dice)) } else { Vec::new() };
        let (any_tag, all_tags) = (tags(), tags());
        MemoryFilter {
            source: dice.maybe(4).map(|at| SOURCES.get(at as usize).unwrap_or(&"nobody").to_string()),
            content_contains: dice.maybe(2).map(|at| ["T 1", "9"][at as usize].to_owned()),
            tag: dice.maybe(6).map(|at| TAGS.get(at as usize).unwrap_or(&"none").to_string()),
            any_tag,
            all_tags,
            pinned: dice.maybe(2).map(|pinned| pinned == 1),
            created_after_ns: dice.maybe(60).map(Timestamp),
            updated_before_ns: dice.maybe(60).map(Timestamp),
            order_by: OrderBy::ALL[dice.below(6) as usize],
            limit: dice.maybe(12).map(|limit| limit as u32),
            ..MemoryFilter::default()
        }
    }

    #[test]
    fn storing_again_leaves_the_first_time_and_the_pin() {
        let mut memories = Memories::default();
        apply(&mut memories, &Change::Store { content: "old", source: "a", tags: &["x", "x"] }, 1, 10);
        apply(&mut memories, &Change::Pin, 1, 11);
        apply(&mut memories, &Change::Store { content: "new", source: "b", tags: &["y"] }, 1, 12);
        let memory = Memory {
            id: 1,
            content: "new".into(),
            tags: owned(&["y"]),
            source: "b".into(),
            created_ns: Timestamp(10),
            updated_ns: Timestamp(12),
            pinned: true,
        };
        assert_eq!(memories.list(&MemoryFilter::default()), [memory]);
        apply(&mut memories, &Change::Unpin, 1, 13);
        apply(&mut memories, &Change::Retag { tags: &["z", "x"] }, 1, 14);
        let memory = memories.get(1).expect("the memory");
        assert_eq!(
            (memory.tags, memory.pinned, memory.updated_ns),
            (owned(&["z", "x"]), false, Timestamp(14))
        );
        apply(&mut memories, &Change::Delete, 1, 0);
        assert!(memories.is_empty() && memories.tags.is_empty() && memories.sources.is_empty());
    }

    #[test]
    fn what_is_said_of_no_memory_changes_nothing() {
        let mut memories = Memories::default();
        for change in [Change::Pin, Change::Unpin, Change::Delete, Change::Retag { tags: &["x"] }] {
            apply(&mut memories, &change, 1, 1);
        }
        assert_eq!((memories.len(), memories.changes()), (0, 0));
    }

    #[test]
    fn lists_are_what_a_plain_search_finds() {
        for seed in 0..40 {
            let mut dice = Dice(seed);
            let mut memories = Memories::default();
            for at in 0..300 {
                let content = format!("content {}", dice.below(30));
                let tags = some_tags(&mut dice);
                let source = SOURCES[dice.below(3) as usize];
                let change = match dice.below(9) {
                    0 => Change::Delete,
                    1 => Change::Pin,
                    2 => Change::Unpin,
                    3 | 4 => Change::Retag { tags: &tags },
                    _ => Change::Store { content: &content, source, tags: &tags },
                };
                let time = if dice.once_in(2) { at / 5 } else { dice.below(60) };
                apply(&mut memories, &change, dice.below(60), time);
                let filter = some_filter(&mut dice);
                let all: Vec<Memory> = memories.rows.iter().map(|(id, row)| row.memory(*id)).collect();
                assert_eq!(
                    memories.list(&filter),
                    naive(&all, &filter),
                    "seed {seed}, event {at}, {filter:?}"
                );
            }
            let bytes = memories.encode().expect("bytes");
            let restored = Memories::decode(&bytes).expect("a state");
            assert_eq!(restored.encode().expect("bytes"), bytes);
            for _ in 0..50 {
                let filter = some_filter(&mut dice);
                assert_eq!(restored.list(&filter), memories.list(&filter), "seed {seed}, {filter:?}");
            }
        }
    }

    #[test]
    fn the_narrowest_index_is_taken() {
        let mut memories = Memories::default();
        for id in 0..3000 {
            let (source, tag) = (SOURCES[id as usize % 2], if id % 1000 == 0 { "rare" } else { "common" });
            apply(&mut memories, &Change::Store { content: "c", source, tags: &["all", tag] }, id, id);
        }
        let tags = |tags: &[&str]| MemoryFilter { all_tags: owned(tags), ..MemoryFilter::default() };
        assert_eq!(memories.examine(&tags(&["common", "rare"])).1, 3);
        assert_eq!(memories.examine(&tags(&["nothing", "all"])).1, 0);
        let any = MemoryFilter { any_tag: owned(&["rare", "rare", "none"]), ..MemoryFilter::default() };
        assert_eq!((memories.examine(&any).0.len(), memories.examine(&any).1), (3, 3));
        let first = MemoryFilter { limit: Some(2), order_by: OrderBy::CreatedDesc, ..tags(&["all"]) };
        assert_eq!(memories.examine(&first).1, 2);
    }

    #[test]
    fn hostile_bytes_are_no_state() {
        let bytes = MemoriesState { memories: Vec::new() }.encode().expect("bytes");
        assert_eq!(Memories::decode(&bytes).expect("empty").len(), 0);
        for wrong in [&[][..], &[0xff; 4], &[1, 0, 0, 0], &[0; 5]] {
            assert!(matches!(Memories::decode(wrong), Err(CortexError::BadSnapshot { .. })), "{wrong:?}");
        }
    }
}
