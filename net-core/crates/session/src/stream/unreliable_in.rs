//! The receiving end of a fire-and-forget stream.

use super::{Inbox, reliable_in::Broken};
use crate::{config::limits, ranges::Ranges, varint};
use std::{collections::VecDeque, time::Instant};

/// Messages of one stream whose pieces are counted at a time.
const MOST_PARTIAL: usize = 256;

/// Messages that wait to be read, the oldest first, and messages that are not whole yet.
#[derive(Debug)]
pub(crate) struct UnreliableIn {
    sid: u64,
    bytes: VecDeque<u8>,
    /// Number and length of each message.
    entries: VecDeque<(u64, u32)>,
    partial: Vec<Partial>,
    /// Bytes that may wait, unless it is one longer message.
    window: u64,
    /// Messages that were dropped since nobody read them.
    pub(crate) dropped: u64,
    /// How many of them the peer was told.
    pub(crate) told: u64,
    /// The sender has ended it; what waits is still read.
    pub(crate) is_ended: bool,
}

#[derive(Debug)]
struct Partial {
    sequence: u64,
    total: u64,
    /// Nothing for a message that was given up. Its pieces are counted on: its sender hears that they have arrived, and has
    /// to hear as well that the message was dropped.
    bytes: Option<Vec<u8>>,
    arrived: Ranges,
    since: Instant,
}

impl Partial {
    /// Gives the message up; whether it was not before.
    fn give_up(&mut self, budget: &mut Budget) -> bool {
        let held = self.bytes.take();
        budget.used -= held.as_ref().map_or(0, |_| self.total);
        held.is_some()
    }
}

/// What fire-and-forget streams of a session hold together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) used: u64,
    pub(crate) most: u64,
}

impl UnreliableIn {
    pub(crate) fn new(sid: u64, window: u64) -> Self {
        Self {
            sid,
            bytes: VecDeque::new(),
            entries: VecDeque::new(),
            partial: Vec::new(),
            window,
            dropped: 0,
            told: 0,
            is_ended: false,
        }
    }

    /// Takes whole messages.
    pub(crate) fn batch(
        &mut self,
        mut sequence: u64,
        mut records: &[u8],
        budget: &mut Budget,
    ) -> Result<(), Broken> {
        while !records.is_empty() {
            let (length, head) = varint::decode(records).ok_or(Broken("a record that cannot be read"))?;
            let rest = &records[head..];
            let length = usize::try_from(length).ok().filter(|length| *length <= rest.len());
            let (message, rest) = rest.split_at(length.ok_or(Broken("a record that is cut off"))?);
            self.push(sequence, message, budget);
            records = rest;
            sequence += 1;
        }
        Ok(())
    }

    /// Takes a piece of a message. How many messages are given up for it.
    pub(crate) fn piece(
        &mut self,
        sequence: u64,
        total: u64,
        offset: u64,
        bytes: &[u8],
        now: Instant,
        budget: &mut Budget,
    ) -> Result<u64, Broken> {
        let end = offset.saturating_add(bytes.len() as u64);
        if total > limits::UNRELIABLE_MESSAGE as u64 || end > total || bytes.is_empty() {
            return Err(Broken("a piece outside of its message"));
        }
        let mut given_up = 0;
        let at = match self.partial.iter().position(|partial| partial.sequence == sequence) {
            Some(at) if self.partial[at].total != total => return Err(Broken("a message of two lengths")),
            Some(at) => at,
            None => {
                given_up = self.make_room(total, budget);
                let has_room = budget.used + total <= budget.most;
                given_up += u64::from(!has_room);
                budget.used += if has_room { total } else { 0 };
                let bytes = has_room.then(|| vec![0; total as usize]);
                let arrived = Ranges::default();
                self.partial.push(Partial { sequence, total, bytes, arrived, since: now });
                self.partial.len() - 1
            }
        };
        let partial = &mut self.partial[at];
        if let Some(held) = &mut partial.bytes {
            held[offset as usize..end as usize].copy_from_slice(bytes);
        }
        partial.arrived.insert(offset..end);
        if partial.arrived.first() == Some(0..total) {
            match self.partial.remove(at).bytes {
                Some(message) => {
                    budget.used -= total;
                    self.push(sequence, &message, budget);
                }
                None => self.dropped += 1,
            }
        }
        Ok(given_up)
    }

    /// Reads up to so many messages, and tells how many it were.
    pub(crate) fn read(&mut self, most: usize, inbox: &mut Inbox, budget: &mut Budget) -> u64 {
        let count = self.entries.len().min(most);
        for (sequence, length) in self.entries.drain(..count) {
            let length = length as usize;
            let (one, two) = self.bytes.as_slices();
            let first = &one[..length.min(one.len())];
            inbox.push(self.sid, sequence, [first, &two[..length - first.len()]]);
            self.bytes.drain(..length);
            budget.used -= length as u64;
        }
        count as u64
    }

    pub(crate) fn is_readable(&self) -> bool {
        !self.entries.is_empty()
    }

    /// When the first message that is not whole is given up.
    pub(crate) fn expires(&self) -> Option<Instant> {
        let first = self.partial.iter().find(|partial| partial.bytes.is_some());
        first.map(|partial| partial.since + limits::PIECES_TIME)
    }

    /// Gives up messages that are not whole for too long, and tells how many it were.
    pub(crate) fn expire(&mut self, now: Instant, budget: &mut Budget) -> u64 {
        let is_late = |partial: &&mut Partial| now >= partial.since + limits::PIECES_TIME;
        let late = self.partial.iter_mut().filter(is_late);
        late.map(|partial| u64::from(partial.give_up(budget))).sum()
    }

    /// Gives everything back.
    pub(crate) fn clear(&mut self, budget: &mut Budget) {
        self.partial.iter_mut().for_each(|partial| {
            partial.give_up(budget);
        });
        budget.used -= self.bytes.len() as u64;
        (self.bytes, self.entries, self.partial) = Default::default();
    }

    /// Gives unused memory back, and counts no more pieces of messages that were given up.
    pub(crate) fn shrink(&mut self) {
        self.partial.retain(|partial| partial.bytes.is_some());
        if self.entries.is_empty() && self.partial.is_empty() {
            (self.bytes, self.entries, self.partial) = Default::default();
        }
    }

    /// Gives up the oldest messages that are not whole until one more of this length has room, and tells how many it were.
    fn make_room(&mut self, total: u64, budget: &mut Budget) -> u64 {
        let mut given_up = 0;
        if self.partial.len() == MOST_PARTIAL {
            given_up += u64::from(self.partial.remove(0).give_up(budget));
        }
        for partial in &mut self.partial {
            if budget.used + total <= budget.most {
                break;
            }
            given_up += u64::from(partial.give_up(budget));
        }
        given_up
    }

    /// Keeps a message; the oldest ones make room for it.
    fn push(&mut self, sequence: u64, message: &[u8], budget: &mut Budget) {
        let length = message.len() as u64;
        let is_full = |queue: &Self, budget: &Budget| {
            queue.bytes.len() as u64 + queue.entries.len() as u64 + length >= queue.window
                || budget.used + length > budget.most
        };
        while !self.entries.is_empty() && is_full(self, budget) {
            if let Some((_, oldest)) = self.entries.pop_front() {
                self.bytes.drain(..oldest as usize);
                budget.used -= u64::from(oldest);
                self.dropped += 1;
            }
        }
        if budget.used + length > budget.most {
            self.dropped += 1;
            return;
        }
        budget.used += length;
        self.bytes.extend(message);
        self.entries.push_back((sequence, length as u32));
    }
}
