//! A log without files.

use bytes::Bytes;
use net_types::redex::{MAX_BATCH, RedexError};
use std::collections::VecDeque;

use crate::{
    config::Retention,
    reader::{Entry, Step},
    record::MAX_PAYLOAD,
};

/// Bytes of a chunk at most, unless a single batch has more.
const CHUNK: usize = 1 << 20;

/// Bytes that an event costs besides its payload.
const OVERHEAD: u64 = size_of::<u32>() as u64;

/// A log without files: what is appended lives in chunks, the oldest of which are given up whole.
#[derive(Debug)]
pub struct MemoryLog {
    chunks: VecDeque<Chunk>,
    retention: Retention,
    max_bytes: u64,
    next: u64,
    bytes: u64,
    is_closed: bool,
}

#[derive(Debug)]
struct Chunk {
    first: u64,
    data: Vec<u8>,
    /// Where each payload ends.
    ends: Vec<u32>,
    created: u64,
    /// When it took its last event.
    until: u64,
}

impl MemoryLog {
    /// An empty log that holds at most so many bytes.
    pub fn new(retention: Retention, max_bytes: u64) -> Self {
        Self { chunks: VecDeque::new(), retention, max_bytes, next: 0, bytes: 0, is_closed: false }
    }

    /// Appends a batch, of which all is taken or nothing; tells the number of the first event.
    pub fn append(&mut self, payloads: &[&[u8]], now: u64) -> Result<Option<u64>, RedexError> {
        self.check()?;
        let size = sizes(payloads)?;
        if payloads.is_empty() {
            return Ok(None);
        }
        self.make_room(size, now)?;
        let first = self.next;
        let chunk = self.chunk(size as usize, now);
        for payload in payloads {
            chunk.data.extend_from_slice(payload);
            chunk.ends.push(chunk.data.len() as u32);
        }
        chunk.until = now;
        self.next += payloads.len() as u64;
        self.bytes += size;
        self.retain(now);
        Ok(Some(first))
    }

    /// Gives up what is too old.
    pub fn handle_timeout(&mut self, now: u64) {
        self.retain(now);
    }

    /// Takes nothing more. What is there can be read.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// Reads about so many entries from a number on, and stops before so many bytes.
    pub fn read(&self, at: u64, until: u64, entries: usize, bytes: usize) -> Step {
        let mut taken = Vec::new();
        let mut size = 0;
        let until = until.min(self.next);
        let (mut seq, mut place) = (at, self.chunks.partition_point(|chunk| chunk.next() <= at));
        if seq < until && self.chunks.get(place).is_none_or(|chunk| seq < chunk.first) {
            return Step::Lagged(seq, self.first_seq().min(until) - 1);
        }
        while seq < until && taken.len() < entries && size < bytes {
            let Some(chunk) = self.chunks.get(place) else { break };
            let payload = chunk.payload((seq - chunk.first) as usize);
            size += payload.len() + size_of::<Entry>();
            taken.push(Entry { seq, skipped: 0, payload: Bytes::copy_from_slice(payload) });
            seq += 1;
            place += usize::from(seq == chunk.next());
        }
        Step::Entries(taken)
    }

    /// Whether it looks at the times of what is appended.
    pub const fn looks_at_times(&self) -> bool {
        self.retention.age.is_some()
    }

    /// When something is due.
    pub fn poll_timeout(&self) -> Option<u64> {
        let age = self.retention.age_nanos()?;
        self.chunks.front().map(|oldest| oldest.until.saturating_add(age))
    }

    /// The next number.
    pub const fn next_seq(&self) -> u64 {
        self.next
    }

    /// The first number that is retained.
    pub fn first_seq(&self) -> u64 {
        self.chunks.front().map_or(self.next, |oldest| oldest.first)
    }

    /// Events that are retained.
    pub fn events(&self) -> u64 {
        self.next - self.first_seq()
    }

    /// An error if it is closed.
    pub const fn check(&self) -> Result<(), RedexError> {
        if self.is_closed { Err(RedexError::Closed) } else { Ok(()) }
    }

    /// The chunk that so many bytes go to.
    fn chunk(&mut self, size: usize, now: u64) -> &mut Chunk {
        if self.chunks.back().is_none_or(|last| self.is_full(last, size, now)) {
            let capacity = CHUNK.min(self.part()).max(size);
            let chunk = Chunk {
                first: self.next,
                data: Vec::with_capacity(capacity),
                ends: Vec::new(),
                created: now,
                until: now,
            };
            self.chunks.push_back(chunk);
        }
        self.chunks.back_mut().expect("a chunk was added")
    }

    fn is_full(&self, chunk: &Chunk, size: usize, now: u64) -> bool {
        chunk.data.len() + size > CHUNK.min(self.part())
            || chunk.ends.len() as u64 >= self.retention.segment_events()
            || self.retention.segment_age().is_some_and(|age| chunk.created.saturating_add(age) <= now)
    }

    /// Bytes of a chunk, so that what is given up at once is a small part of what is retained.
    fn part(&self) -> usize {
        let most = self.retention.bytes.unwrap_or(u64::MAX).min(self.max_bytes);
        usize::try_from(most / 16).unwrap_or(usize::MAX).max(1)
    }

    fn make_room(&mut self, size: u64, now: u64) -> Result<(), RedexError> {
        self.retain(now);
        if self.bytes + size > self.max_bytes && self.retention != Retention::default() {
            while self.bytes + size > self.max_bytes && self.chunks.len() > 1 {
                self.give_up();
            }
        }
        match self.bytes + size > self.max_bytes {
            true => Err(RedexError::Full { limit: self.max_bytes }),
            false => Ok(()),
        }
    }

    fn retain(&mut self, now: u64) {
        while self.chunks.len() > 1 && self.is_too_much(now) {
            self.give_up();
        }
        let has_expired = |chunk: &Chunk, age: u64| chunk.until.saturating_add(age) <= now;
        if let Some(age) = self.retention.age_nanos()
            && self.chunks.front().is_some_and(|oldest| has_expired(oldest, age))
        {
            self.give_up();
        }
    }

    fn is_too_much(&self, now: u64) -> bool {
        let Retention { events, bytes, .. } = self.retention;
        let age = self.retention.age_nanos();
        let has_expired =
            |age: u64| self.chunks.front().is_some_and(|chunk| chunk.until.saturating_add(age) <= now);
        events.is_some_and(|most| self.events() > most)
            || bytes.is_some_and(|most| self.bytes > most)
            || age.is_some_and(has_expired)
    }

    fn give_up(&mut self) {
        if let Some(oldest) = self.chunks.pop_front() {
            self.bytes -= oldest.data.len() as u64 + OVERHEAD * oldest.ends.len() as u64;
        }
    }
}

impl Chunk {
    fn next(&self) -> u64 {
        self.first + self.ends.len() as u64
    }

    fn payload(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.data[start..self.ends[at] as usize]
    }
}

/// Bytes that payloads cost.
fn sizes(payloads: &[&[u8]]) -> Result<u64, RedexError> {
    let mut size = 0;
    for payload in payloads {
        if payload.len() > MAX_PAYLOAD {
            return Err(RedexError::TooLarge { size: payload.len() as u64, limit: MAX_PAYLOAD as u64 });
        }
        size += payload.len() as u64;
    }
    if size > MAX_BATCH {
        return Err(RedexError::TooLarge { size, limit: MAX_BATCH });
    }
    Ok(size + OVERHEAD * payloads.len() as u64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn log(retention: Retention, max_bytes: u64) -> MemoryLog {
        MemoryLog::new(retention, max_bytes)
    }

    fn numbers(step: Step) -> Vec<u64> {
        match step {
            Step::Entries(entries) => entries.iter().map(|entry| entry.seq).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn gives_back_what_it_was_given() {
        let mut log = log(Retention::default(), 1 << 20);
        assert_eq!(log.append(&[], 0), Ok(None));
        assert_eq!(log.append(&[b"a", b"", b"ccc"], 0), Ok(Some(0)));
        assert_eq!(log.append(&[b"d"], 0), Ok(Some(3)));
        let Step::Entries(entries) = log.read(0, u64::MAX, 100, 1 << 20) else { panic!("entries") };
        let payloads: Vec<_> = entries.iter().map(|entry| &entry.payload[..]).collect();
        assert_eq!(payloads, [b"a", b"".as_slice(), b"ccc", b"d"]);
        assert_eq!(numbers(log.read(1, 3, 100, 1 << 20)), [1, 2]);
        assert_eq!(numbers(log.read(4, u64::MAX, 100, 1 << 20)), [0; 0]);
    }

    #[test]
    fn retention_keeps_the_newest_and_tells_who_lags() {
        for most in [1, 2, 10, 100] {
            let mut log = log(Retention { events: Some(most), ..Retention::default() }, 1 << 20);
            for count in 1..=1_000_u64 {
                log.append(&[b"event"], 0).expect("room");
                assert!(log.events() <= most.min(count));
                assert!(log.events() >= (most - most / 16).min(count));
            }
            assert_eq!(log.read(0, u64::MAX, 10, 100), Step::Lagged(0, log.first_seq() - 1));
            assert_eq!(log.next_seq(), 1_000);
        }
    }

    #[test]
    fn is_full_unless_retention_makes_room() {
        let mut full = log(Retention::default(), 100);
        while full.append(&[b"0123456789"], 0).is_ok() {}
        assert_eq!(full.append(&[b"0123456789"], 0), Err(RedexError::Full { limit: 100 }));
        assert_eq!((full.events(), full.first_seq()), (7, 0));
        let mut kept = log(Retention { events: Some(1_000), ..Retention::default() }, 100);
        for _ in 0..100 {
            kept.append(&[b"0123456789"], 0).expect("room");
        }
        assert_eq!((kept.events(), kept.next_seq()), (7, 100));
    }

    #[test]
    fn what_is_too_old_is_given_up() {
        let age = Duration::from_nanos(160);
        let mut log = log(Retention { age: Some(age), ..Retention::default() }, 1 << 20);
        log.append(&[b"a"], 0).expect("room");
        log.append(&[b"b"], 100).expect("room");
        assert_eq!(log.poll_timeout(), Some(160));
        log.handle_timeout(160);
        assert_eq!(numbers(log.read(1, u64::MAX, 10, 100)), [1]);
        log.handle_timeout(260);
        assert_eq!((log.events(), log.next_seq(), log.poll_timeout()), (0, 2, None));
    }
}
