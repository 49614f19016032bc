//! One page of a poll, as a series of requests.

use std::collections::VecDeque;

use net_types::{
    Timestamp,
    bus::{Ordering, PollResponse, StoredEvent},
};

use super::{
    EventId,
    server::{Content, Found, Want},
};
use crate::bus::{cursor::Cursor, filter::Filter};

/// Most events that are asked of a shard at once.
const STRIDE: usize = 256;
/// Events that a filter may pass over before the page ends early.
const PASSED_OVER: usize = 100_000;

/// A page under construction: the caller fetches what it wants, until it wants nothing.
#[derive(Debug)]
pub(crate) struct Pager {
    scans: Vec<Scan>,
    filter: Option<Filter>,
    ordering: Ordering,
    wanted: usize,
    taken: Vec<StoredEvent>,
    passed_over: usize,
    /// The shard whose turn it is.
    turn: usize,
    has_more: bool,
}

/// A reader's progress in one shard.
#[derive(Debug)]
struct Scan {
    shard: usize,
    last: Option<EventId>,
    moved: bool,
    ahead: VecDeque<Found>,
    /// Whether there is nothing behind `ahead`.
    ended: bool,
}

impl Pager {
    /// A page of up to `wanted` events behind `cursor`.
    pub(crate) fn new(
        shards: usize,
        cursor: &Cursor<EventId>,
        filter: Option<Filter>,
        ordering: Ordering,
        wanted: usize,
    ) -> Self {
        let scans = (0..shards).map(|shard| Scan {
            shard,
            last: cursor.last(shard),
            moved: false,
            ahead: VecDeque::new(),
            ended: false,
        });
        Self {
            scans: scans.collect(),
            filter,
            ordering,
            wanted,
            taken: Vec::new(),
            passed_over: 0,
            turn: 0,
            has_more: false,
        }
    }

    /// Takes what there is, and tells what to fetch next; nothing once the page is complete.
    pub(crate) fn advance(&mut self) -> Vec<Want> {
        loop {
            let hungry = self.hungry();
            if !hungry.is_empty() {
                if self.passed_over < PASSED_OVER {
                    return hungry;
                }
                self.has_more = true;
                return Vec::new();
            }
            let Some(at) = self.choose() else {
                return Vec::new();
            };
            if self.taken.len() == self.wanted {
                self.has_more = true;
                return Vec::new();
            }
            self.take(at);
        }
    }

    /// Takes in the answers to what was wanted.
    pub(crate) fn give(&mut self, wants: &[Want], answers: Vec<Vec<Found>>) {
        for (want, found) in wants.iter().zip(answers) {
            let scan = &mut self.scans[want.shard];
            scan.ended = found.len() < want.count;
            scan.ahead.extend(found);
        }
    }

    /// The answer; `cursor` moves behind it.
    pub(crate) fn finish(mut self, cursor: &mut Cursor<EventId>) -> PollResponse {
        let mut moved = false;
        for scan in self.scans.iter().filter(|scan| scan.moved) {
            if let Some(last) = scan.last {
                cursor.set(scan.shard, last);
                moved = true;
            }
        }
        if self.ordering != Ordering::InsertionTs {
            self.taken.sort_by_key(|event| event.shard_id);
        }
        PollResponse { events: self.taken, next_id: moved.then(|| cursor.text()), has_more: self.has_more }
    }

    /// What the shards need that are read up to their end so far.
    fn hungry(&mut self) -> Vec<Want> {
        let share = (self.wanted - self.taken.len()) / self.scans.len().max(1) + 1;
        let count = if self.filter.is_some() { STRIDE } else { share.min(STRIDE) };
        let mut wants = Vec::new();
        for scan in &mut self.scans {
            self.passed_over += scan.skip(self.filter.as_ref());
            if scan.ahead.is_empty() && !scan.ended {
                wants.push(Want { shard: scan.shard, behind: scan.last, count });
            }
        }
        wants
    }

    /// The shard to take from; none if nothing is left.
    fn choose(&mut self) -> Option<usize> {
        if self.ordering == Ordering::InsertionTs {
            let heads = self.scans.iter().enumerate();
            let heads = heads.filter_map(|(at, scan)| Some((scan.ahead.front()?.content.as_ref()?.time, at)));
            return heads.min().map(|(_, at)| at);
        }
        let count = self.scans.len();
        let at =
            (0..count).map(|step| (self.turn + step) % count).find(|at| !self.scans[*at].ahead.is_empty())?;
        self.turn = at + 1;
        Some(at)
    }

    fn take(&mut self, at: usize) {
        let scan = &mut self.scans[at];
        if let Some(Found { id, content: Some(content) }) = scan.step() {
            self.taken.push(stored(at, id, content));
        }
    }
}

impl Scan {
    /// Goes to the next match, and tells how many events were passed over.
    fn skip(&mut self, filter: Option<&Filter>) -> usize {
        let mut passed = 0;
        while self.ahead.front().is_some_and(|found| !matches(found, filter)) {
            self.step();
            passed += 1;
        }
        passed
    }

    fn step(&mut self) -> Option<Found> {
        let found = self.ahead.pop_front()?;
        self.last = Some(found.id);
        self.moved = true;
        Some(found)
    }
}

/// Tells whether an entry is an event that the filter lets through.
pub(crate) fn matches(found: &Found, filter: Option<&Filter>) -> bool {
    let content = found.content.as_ref();
    content.is_some_and(|content| filter.is_none_or(|filter| filter.matches(&content.event)))
}

/// An event in the form that leaves the bus.
pub(crate) fn stored(shard: usize, id: EventId, content: Content) -> StoredEvent {
    StoredEvent {
        id: id.to_string(),
        raw: content.event,
        insertion_ts: Timestamp(content.time),
        shard_id: shard as u32,
    }
}
