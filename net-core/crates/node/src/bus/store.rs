//! Where a shard keeps the text of its events: chunks that are filled at one end and freed at the other.

use std::collections::VecDeque;

/// Bytes of text in a chunk, unless one event is longer.
const CHUNK: usize = 64 << 10;

/// The newest events of one shard, by id.
#[derive(Debug, Default)]
pub(crate) struct Store {
    chunks: VecDeque<Chunk>,
    first: u64,
    next: u64,
    spare: Option<Chunk>,
}

#[derive(Debug, Default)]
struct Chunk {
    first: u64,
    text: String,
    events: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    stamp: u64,
    end: usize,
}

/// Events copied out of a store.
#[derive(Debug, Default)]
pub(crate) struct Block {
    first: u64,
    text: String,
    events: Vec<Entry>,
}

/// One event of a [`Block`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    pub(crate) id: u64,
    pub(crate) stamp: u64,
    pub(crate) text: &'a str,
}

impl Store {
    /// Id of the oldest event, or of the one to come.
    pub(crate) const fn first(&self) -> u64 {
        self.first
    }

    /// Id of the event to come.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    /// Number of events.
    pub(crate) const fn len(&self) -> u64 {
        self.next - self.first
    }

    /// Adds the newest event.
    #[inline]
    pub(crate) fn push(&mut self, text: &str, stamp: u64) {
        if self.chunks.back().is_none_or(|chunk| chunk.is_full(text.len())) {
            self.add_chunk(text.len());
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.text.push_str(text);
            chunk.events.push(Entry { stamp, end: chunk.text.len() });
            self.next += 1;
        }
    }

    /// Drops the oldest event and gives its length.
    pub(crate) fn pop(&mut self) -> Option<usize> {
        let chunk = self.chunks.front()?;
        let index = (self.first - chunk.first) as usize;
        let len = chunk.len_of(index);
        self.first += 1;
        if index + 1 == chunk.events.len() {
            let mut freed = self.chunks.pop_front()?;
            if freed.text.capacity() <= CHUNK {
                freed.text.clear();
                freed.events.clear();
                self.spare = Some(freed);
            }
        }
        Some(len)
    }

    /// Drops all events and gives their bytes.
    pub(crate) fn clear(&mut self) -> usize {
        let mut bytes = 0;
        while let Some(len) = self.pop() {
            bytes += len;
        }
        self.spare = None;
        bytes
    }

    /// The stamp of the oldest event.
    pub(crate) fn oldest_stamp(&self) -> Option<u64> {
        let chunk = self.chunks.front()?;
        Some(chunk.events[(self.first - chunk.first) as usize].stamp)
    }

    /// Id of the first event with a stamp above `stamp`.
    pub(crate) fn first_above(&self, stamp: u64) -> u64 {
        let at = self.chunks.partition_point(|chunk| chunk.events.last().is_some_and(|e| e.stamp <= stamp));
        let id = self.chunks.get(at).map_or(self.next, |chunk| {
            chunk.first + chunk.events.partition_point(|e| e.stamp <= stamp) as u64
        });
        id.max(self.first)
    }

    /// Adds the stamps of up to `max` events from `from` on, none above `bound`, to `stamps`.
    pub(crate) fn stamps(&self, from: u64, max: usize, bound: u64, stamps: &mut Vec<u64>) {
        for (chunk, range) in self.ranges(from, max) {
            for entry in &chunk.events[range] {
                if entry.stamp > bound {
                    return;
                }
                stamps.push(entry.stamp);
            }
        }
    }

    /// How many events there are from `from` on, at most `max` and so many that their texts have at most `bytes`; but one.
    pub(crate) fn count(&self, from: u64, max: usize, bytes: usize) -> usize {
        let (mut count, mut left) = (0, bytes);
        for (chunk, range) in self.ranges(from, max) {
            for index in range {
                let len = chunk.len_of(index);
                if count > 0 && len > left {
                    return count;
                }
                left = left.saturating_sub(len);
                count += 1;
            }
        }
        count
    }

    /// Replaces `block` by up to `max` events from `from` on, none with a stamp above `bound`.
    pub(crate) fn copy(&self, from: u64, max: usize, bound: u64, block: &mut Block) {
        block.clear();
        block.first = from.max(self.first);
        for (chunk, range) in self.ranges(from, max) {
            let taken = chunk.events[range.clone()].partition_point(|e| e.stamp <= bound);
            let entries = &chunk.events[range.start..range.start + taken];
            let (Some(last), start) = (entries.last(), chunk.start_of(range.start)) else {
                return;
            };
            let base = block.text.len();
            block.text.push_str(&chunk.text[start..last.end]);
            block.events.extend(entries.iter().map(|e| Entry { stamp: e.stamp, end: base + e.end - start }));
            if taken < range.len() {
                return;
            }
        }
    }

    /// The places of up to `max` events from `from` on.
    fn ranges(&self, from: u64, max: usize) -> impl Iterator<Item = (&Chunk, std::ops::Range<usize>)> {
        let from = from.max(self.first);
        let start = self.chunks.partition_point(|chunk| chunk.first + chunk.events.len() as u64 <= from);
        let mut left = max;
        self.chunks.range(start.min(self.chunks.len())..).map_while(move |chunk| {
            let begin = from.saturating_sub(chunk.first) as usize;
            let end = chunk.events.len().min(begin + left);
            left -= end - begin;
            if begin < end { Some((chunk, begin..end)) } else { None }
        })
    }

    #[cold]
    fn add_chunk(&mut self, len: usize) {
        let mut chunk = match self.spare.take() {
            Some(chunk) => chunk,
            // The first chunk grows with use; a shard that filled one gets whole ones.
            None if self.chunks.is_empty() => Chunk::default(),
            None => Chunk {
                text: String::with_capacity(len.max(CHUNK)),
                // What comes is like what came.
                events: Vec::with_capacity(self.chunks.back().map_or(0, |chunk| chunk.events.len())),
                ..Chunk::default()
            },
        };
        chunk.first = self.next;
        self.chunks.push_back(chunk);
    }
}

impl Chunk {
    /// Tells whether the next event, of `len` bytes, needs another chunk.
    const fn is_full(&self, len: usize) -> bool {
        !self.events.is_empty() && self.text.len() + len > CHUNK
    }

    fn start_of(&self, index: usize) -> usize {
        if index == 0 { 0 } else { self.events[index - 1].end }
    }

    fn len_of(&self, index: usize) -> usize {
        self.events[index].end - self.start_of(index)
    }
}

impl Block {
    /// Forgets the events and keeps the room.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.events.clear();
    }

    /// Gives back scratch room beyond `bytes`.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        if self.text.capacity() > bytes {
            *self = Self { first: self.first, ..Self::default() };
        }
    }

    /// Id of the event at the first place.
    pub(crate) const fn first(&self) -> u64 {
        self.first
    }

    /// The event at a place, if there is one.
    pub(crate) fn get(&self, index: usize) -> Option<Event<'_>> {
        let entry = self.events.get(index)?;
        let start = if index == 0 { 0 } else { self.events[index - 1].end };
        Some(Event { id: self.first + index as u64, stamp: entry.stamp, text: &self.text[start..entry.end] })
    }

    /// Number of events.
    pub(crate) const fn len(&self) -> usize {
        self.events.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(id: u64) -> String {
        "x".repeat(1 + id as usize * 37 % 5000)
    }

    fn filled(count: u64) -> Store {
        let mut store = Store::default();
        for id in 0..count {
            store.push(&text(id), id * 10);
        }
        store
    }

    fn copied(store: &Store, from: u64, max: usize, bound: u64) -> Vec<(u64, u64)> {
        let mut block = Block::default();
        store.copy(from, max, bound, &mut block);
        let events: Vec<_> = (0..block.len()).filter_map(|i| block.get(i)).collect();
        events.iter().for_each(|e| assert_eq!(e.text, text(e.id)));
        let mut stamps = vec![];
        store.stamps(from, max, bound, &mut stamps);
        assert_eq!(stamps, events.iter().map(|e| e.stamp).collect::<Vec<_>>());
        events.iter().map(|e| (e.id, e.stamp)).collect()
    }

    #[test]
    fn copies_any_range() {
        let mut store = filled(200);
        (0..57).for_each(|id| assert_eq!(store.pop(), Some(text(id).len())));
        assert!(store.chunks.len() > 3);
        for from in (0..210).step_by(7) {
            for max in [0, 1, 3, 50, 500] {
                for bound in [0, 565, 570, 1000, u64::MAX] {
                    let expected: Vec<_> = (from.max(57)..200)
                        .take(max)
                        .map(|id| (id, id * 10))
                        .take_while(|&(_, stamp)| stamp <= bound)
                        .collect();
                    assert_eq!(copied(&store, from, max, bound), expected, "{from} {max} {bound}");
                }
            }
        }
    }

    #[test]
    fn counts_by_number_and_bytes() {
        let mut store = filled(200);
        (0..57).for_each(|_| _ = store.pop());
        for max in [0, 1, 3, 50, 500] {
            for bytes in [0, 1, 5000, 20_000, usize::MAX] {
                let mut sum = 0;
                let fitting = (57..200).take(max).take_while(|id| {
                    sum += text(*id).len();
                    *id == 57 || sum <= bytes
                });
                assert_eq!(store.count(0, max, bytes), fitting.count(), "{max} {bytes}");
            }
        }
        assert_eq!(store.count(200, 9, 9), 0);
    }

    #[test]
    fn finds_stamps() {
        let mut store = filled(200);
        assert_eq!(store.oldest_stamp(), Some(0));
        (0..57).for_each(|_| _ = store.pop());
        assert_eq!((store.first(), store.next(), store.len()), (57, 200, 143));
        assert_eq!(store.oldest_stamp(), Some(570));
        assert_eq!(store.first_above(0), 57);
        assert_eq!(store.first_above(570), 58);
        assert_eq!(store.first_above(999), 100);
        assert_eq!(store.first_above(5000), 200);
        assert_eq!(Store::default().first_above(1), 0);
    }

    #[test]
    fn frees_chunks_behind_itself() {
        let mut store = filled(1000);
        let bytes: usize = (0..1000).map(|id| text(id).len()).sum();
        assert_eq!(store.clear(), bytes);
        assert_eq!((store.chunks.len(), store.first(), store.next()), (0, 1000, 1000));
        assert_eq!(store.oldest_stamp(), None);
        for id in 1000..100_000 {
            store.push(&text(id), id * 10);
            assert_eq!(store.pop(), Some(text(id).len()));
        }
        assert!(store.chunks.len() <= 1);
    }

    #[test]
    fn an_event_longer_than_a_chunk_has_its_own() {
        let mut store = Store::default();
        let long = "y".repeat(CHUNK * 3);
        store.push("1", 1);
        store.push(&long, 2);
        store.push("2", 3);
        assert_eq!(store.chunks.len(), 3);
        let mut block = Block::default();
        store.copy(1, 9, 9, &mut block);
        assert_eq!(block.get(0).map(|e| e.text.len()), Some(CHUNK * 3));
        assert_eq!(
            (store.pop(), store.pop(), store.pop(), store.pop()),
            (Some(1), Some(CHUNK * 3), Some(1), None)
        );
    }
}
