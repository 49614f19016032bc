//! What a log was given, and what it may have lost.

use crate::Random;
use net_log::Entry;
use std::collections::BTreeMap;

/// Bytes in front of the filling of a payload: the batch, the place in it, and how many there are.
const FRONT: usize = 16;

/// What a reader of all of a log comes to.
#[derive(Debug)]
pub(super) enum Item {
    Entry(Entry),
    /// Records of these numbers, the last one included, are damaged.
    Damaged(u64, u64),
}

/// What a log was given, and what it may have lost.
#[derive(Debug)]
pub(super) struct Ledger {
    batches: Vec<Batch>,
    is_retained: bool,
    has_lost_power: bool,
    is_damaged: bool,
    /// Numbers below it were handed out, or were seen.
    handed: u64,
}

#[derive(Debug)]
struct Batch {
    events: u64,
    /// Number of the first event, once it was told or seen.
    first: Option<u64>,
    is_acknowledged: bool,
    is_durable: bool,
    /// Whether power was lost while it was not on disk.
    may_be_lost: bool,
}

impl Ledger {
    pub(super) const fn new(is_retained: bool) -> Self {
        Self { batches: Vec::new(), is_retained, has_lost_power: false, is_damaged: false, handed: 0 }
    }

    /// A new batch: its number here, and its payloads, which are like no others.
    pub(super) fn attempt(&mut self, events: u64, random: &mut Random) -> (usize, Vec<Vec<u8>>) {
        let number = self.batches.len();
        let batch = number as u64;
        self.batches.push(Batch {
            events,
            first: None,
            is_acknowledged: false,
            is_durable: false,
            may_be_lost: false,
        });
        let payload = |at| payload(batch, at as u32, events as u32, random.index(120));
        (number, (0..events).map(payload).collect())
    }

    /// A batch was appended from that number on.
    pub(super) fn place(&mut self, batch: usize, first: u64) -> Result<(), String> {
        if first < self.handed {
            return Err(format!("number {first} is handed out again: the next was {}", self.handed));
        }
        if let Some(batch) = self.batches.get_mut(batch) {
            batch.first = Some(first);
            self.handed = first + batch.events;
        }
        Ok(())
    }

    /// Whoever appended a batch was told so.
    pub(super) fn acknowledge(&mut self, batch: usize) {
        if let Some(batch) = self.batches.get_mut(batch) {
            batch.is_acknowledged = true;
        }
    }

    /// What is below that number is on disk.
    pub(super) fn synced(&mut self, next: u64) {
        for batch in self.batches.iter_mut().rev() {
            let is_below = batch.first.is_some_and(|first| first + batch.events <= next);
            batch.is_durable |= is_below && batch.is_acknowledged && !batch.may_be_lost;
        }
    }

    pub(super) fn power_lost(&mut self) {
        self.has_lost_power = true;
        for batch in &mut self.batches {
            batch.may_be_lost |= !batch.is_durable;
        }
    }

    pub(super) const fn damaged(&mut self) {
        self.is_damaged = true;
    }

    pub(super) const fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// Whether damage is to be expected.
    pub(super) const fn may_lack(&self) -> bool {
        self.is_damaged || self.has_lost_power
    }

    /// Events that were acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        self.batches.iter().filter(|batch| batch.is_acknowledged).map(|batch| batch.events).sum()
    }

    /// The next number is one that was never handed out.
    pub(super) fn check_next(&self, next: u64) -> Result<(), String> {
        match next < self.handed {
            true => Err(format!("the next number is {next}, and {} was handed out", self.handed - 1)),
            false => Ok(()),
        }
    }

    /// An event is what was appended, at its number.
    pub(super) fn check(&mut self, entry: &Entry) -> Result<Option<u64>, String> {
        if entry.skipped > 0 {
            return Ok(None);
        }
        let wrong = |what: &str| Err(format!("event {} {what}", entry.seq));
        let Some((number, at, events)) = read(&entry.payload) else { return wrong("was never appended") };
        let Some(batch) = self.batches.get_mut(number as usize) else { return wrong("is of no batch") };
        let first = entry.seq.wrapping_sub(at.into());
        if u64::from(events) != batch.events || at >= events {
            return wrong("has another batch");
        }
        if batch.first.is_some_and(|known| known != first) {
            return wrong("has another number");
        }
        batch.first = Some(first);
        Ok(Some(number))
    }

    /// All that must be there is there, nothing is there half, and what is not there is told.
    pub(super) fn check_all(&mut self, items: &[Item], next: u64) -> Result<(), String> {
        let mut found: BTreeMap<u64, u64> = BTreeMap::new();
        let mut named = Vec::new();
        let start = items.first().map_or(next, Item::first);
        let mut expected = start;
        for item in items {
            if item.first() != expected {
                return Err(format!("after {expected} comes {}", item.first()));
            }
            expected = item.next();
            match item {
                Item::Entry(entry) => {
                    if let Some(batch) = self.check(entry)? {
                        found.insert(entry.seq, batch);
                    }
                }
                Item::Damaged(first, last) => named.push((*first, *last)),
            }
        }
        if expected != next && !items.is_empty() {
            return Err(format!("the records end at {expected}, the log at {next}"));
        }
        if !named.is_empty() && !self.may_lack() {
            return Err(format!("undamaged, and yet: {named:?}"));
        }
        self.handed = self.handed.max(found.keys().next_back().map_or(0, |last| last + 1));
        self.check_batches(start, &found, &named)
    }

    fn check_batches(
        &self,
        start: u64,
        found: &BTreeMap<u64, u64>,
        named: &[(u64, u64)],
    ) -> Result<(), String> {
        for (number, batch) in self.batches.iter().enumerate() {
            let Some(first) = batch.first else { continue };
            let numbers = first..first + batch.events;
            let is_found = |seq: &u64| found.get(seq) == Some(&(number as u64));
            let missing: Vec<u64> = numbers.clone().filter(|seq| *seq >= start && !is_found(seq)).collect();
            let is_gone = numbers.end <= start;
            let may_lack = self.is_damaged || batch.may_be_lost || !batch.is_acknowledged;
            if is_gone && !self.is_retained && !may_lack {
                return Err(format!("events {numbers:?} were given up without retention"));
            }
            if !is_gone && !missing.is_empty() && !may_lack {
                return Err(format!(
                    "acknowledged events {missing:?} are lost, durable: {}",
                    batch.is_durable
                ));
            }
            let is_named = |seq: &u64| named.iter().any(|(first, last)| (first..=last).contains(&seq));
            let is_half = !is_gone && !missing.is_empty() && missing.len() < batch.events as usize;
            if is_half && !self.is_damaged && !missing.iter().all(is_named) {
                return Err(format!(
                    "of events {numbers:?} only some are there, and {missing:?} are not named"
                ));
            }
        }
        Ok(())
    }
}

impl Item {
    pub(super) const fn is_event(&self) -> bool {
        matches!(self, Self::Entry(Entry { skipped: 0, .. }))
    }

    const fn first(&self) -> u64 {
        match self {
            Self::Entry(entry) => entry.seq,
            Self::Damaged(first, _) => *first,
        }
    }

    const fn next(&self) -> u64 {
        match self {
            Self::Entry(Entry { seq, skipped: 0, .. }) => *seq + 1,
            Self::Entry(entry) => entry.seq + entry.skipped,
            Self::Damaged(_, last) => *last + 1,
        }
    }
}

/// A payload that tells what it is; its filling follows from that.
fn payload(batch: u64, at: u32, events: u32, filling: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(FRONT + filling);
    bytes.extend_from_slice(&batch.to_le_bytes());
    bytes.extend_from_slice(&at.to_le_bytes());
    bytes.extend_from_slice(&events.to_le_bytes());
    bytes.extend((0..filling).map(|place| filler(batch, at, place)));
    bytes
}

fn read(bytes: &[u8]) -> Option<(u64, u32, u32)> {
    let (front, filling) = bytes.split_at_checked(FRONT)?;
    let batch = u64::from_le_bytes(front[..8].try_into().ok()?);
    let at = u32::from_le_bytes(front[8..12].try_into().ok()?);
    let events = u32::from_le_bytes(front[12..].try_into().ok()?);
    let is_whole = filling.iter().enumerate().all(|(place, byte)| *byte == filler(batch, at, place));
    is_whole.then_some((batch, at, events))
}

fn filler(batch: u64, at: u32, place: usize) -> u8 {
    (batch as u8).wrapping_mul(31).wrapping_add(at as u8).wrapping_mul(7).wrapping_add(place as u8)
}
