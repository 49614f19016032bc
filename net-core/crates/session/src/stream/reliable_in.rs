//! The receiving end of a reliable stream.

use super::{Allowance, Inbox, Open, is_own, reassembly::Reassembly};
use crate::{config::limits, varint};
use std::time::Instant;

/// The peer broke a rule: the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken(pub(crate) &'static str);

/// Records in order: `v(length · 2)` and a message, or `v(count · 2 + 1)` for so many skipped messages.
#[derive(Debug)]
pub(crate) struct ReliableIn {
    sid: u64,
    bytes: Reassembly,
    /// Bytes that may be unread.
    window: u64,
    /// Offset up to which the peer may send.
    limit: u64,
    /// One behind the highest byte that has come.
    highest: u64,
    /// Where the stream ends, once that is known.
    end: Option<u64>,
    sequence: u64,
    /// Bytes that the limit was raised by for a message that is longer than the window.
    reserved: u64,
    /// Since when the first message waits for its rest.
    stalled: Option<Instant>,
}

/// What the reader of a stream gives back to the session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Bytes that were read.
    pub(crate) consumed: u64,
    /// Of them, bytes that were reserved.
    pub(crate) released: u64,
    /// Messages that were read.
    pub(crate) messages: u64,
}

/// How urgent it is to tell of a limit that was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grants {
    /// The sender may wait for it.
    Urgent,
    /// It tells that all was read; there is room for most messages without it.
    Later,
}

impl Grants {
    /// Whether a limit is raised by so many bytes of a window, and how urgent it is to tell of it.
    pub(crate) fn of(bytes: u64, window: u64, is_all_read: bool) -> Option<Self> {
        match bytes {
            0 => None,
            bytes if bytes >= window / 4 => Some(Self::Urgent),
            _ => is_all_read.then_some(Self::Later),
        }
    }
}

enum Head {
    Message { head: u64, length: u64 },
    Skipped { head: u64, count: u64 },
}

impl ReliableIn {
    pub(crate) fn new(sid: u64, open: Open, allowance: &Allowance) -> Self {
        Self {
            sid,
            bytes: Reassembly::default(),
            window: allowance.window(open),
            limit: allowance.initial(open),
            highest: 0,
            end: None,
            sequence: open.sequence,
            reserved: 0,
            stalled: None,
        }
    }

    /// Takes bytes, and tells by how much the stream has grown: that counts for the session's credit.
    pub(crate) fn write(
        &mut self,
        offset: u64,
        bytes: &[u8],
        is_last: bool,
        now: Instant,
    ) -> Result<u64, Broken> {
        let end = offset + bytes.len() as u64;
        if end > self.limit {
            return Err(Broken("more than the stream's credit"));
        }
        if self.end.is_some_and(|last| end > last || is_last && end != last)
            || is_last && end < self.highest
            || is_last && is_own(self.sid)
        {
            return Err(Broken("the stream ends at two places"));
        }
        if is_last {
            self.end = Some(end);
        }
        let new = self.bytes.write(offset, bytes).ok_or(Broken("a stream in too many ranges"))?;
        if new > 0 {
            self.stalled = Some(now);
        }
        let growth = end.saturating_sub(self.highest);
        self.highest += growth;
        Ok(growth)
    }

    /// The peer gives the stream up after so many bytes; by how much it has grown with that.
    pub(crate) fn reset(&mut self, end: u64) -> Result<u64, Broken> {
        if end < self.highest
            || end > self.limit
            || self.end.is_some_and(|last| last != end)
            || is_own(self.sid)
        {
            return Err(Broken("the stream is reset at a place where it cannot end"));
        }
        let growth = end - self.highest;
        self.highest = end;
        Ok(growth)
    }

    /// Reads up to so many messages.
    pub(crate) fn read(&mut self, most: usize, inbox: &mut Inbox) -> Result<Grant, Broken> {
        let before = self.bytes.start();
        let (mut at, readable) = (before, self.bytes.readable());
        let mut messages = 0;
        while messages < most {
            match self.head(at, readable)? {
                Some(Head::Message { head, length }) if at + head + length <= readable => {
                    inbox.push(self.sid, self.sequence, self.bytes.peek(at + head, length));
                    at += head + length;
                    self.sequence += 1;
                    messages += 1;
                }
                Some(Head::Skipped { head, count }) => {
                    inbox.push_skipped(self.sid, self.sequence, count);
                    at += head;
                    self.sequence = self.sequence.saturating_add(count);
                }
                _ => break,
            }
        }
        if at == before {
            return Ok(Grant::default());
        }
        self.bytes.consume(at);
        // What lies below a limit without a reservation is credit again.
        let needed = self.limit.saturating_sub(at + self.window);
        let released = self.reserved - self.reserved.min(needed);
        self.reserved -= released;
        Ok(Grant { consumed: at - before, released, messages: messages as u64 })
    }

    /// Whether there is something to read.
    pub(crate) fn is_readable(&self) -> bool {
        let (at, readable) = (self.bytes.start(), self.bytes.readable());
        match self.head(at, readable) {
            Ok(Some(Head::Message { head, length })) => at + head + length <= readable,
            Ok(Some(Head::Skipped { .. })) | Err(_) => true,
            Ok(None) => false,
        }
    }

    /// Whether all of a stream that has an end was read.
    pub(crate) fn is_finished(&self) -> bool {
        self.end == Some(self.bytes.start())
    }

    /// Bytes beyond the limit that the first message needs to become whole.
    pub(crate) fn lacks(&self) -> u64 {
        let (at, readable) = (self.bytes.start(), self.bytes.readable());
        match self.head(at, readable) {
            Ok(Some(Head::Message { head, length })) => (at + head + length).saturating_sub(self.limit),
            _ => 0,
        }
    }

    /// Raises the limit for a message that is longer than the window.
    pub(crate) fn reserve(&mut self, bytes: u64) {
        self.limit += bytes;
        self.reserved += bytes;
    }

    /// Raises the limit if it is time to: a quarter of the window was read, or all that has come.
    pub(crate) fn new_limit(&mut self) -> Option<Grants> {
        let start = self.bytes.start();
        let next = start + self.window;
        let grant = Grants::of(next.saturating_sub(self.limit), self.window, start == self.highest);
        let grant = grant.filter(|_| self.end.is_none());
        if grant.is_some() {
            self.limit = next;
        }
        grant
    }

    /// The limit as it was told last.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes that count for the session's credit and were not read.
    pub(crate) fn unread(&self) -> u64 {
        self.highest - self.bytes.start()
    }

    pub(crate) fn reserved(&self) -> u64 {
        self.reserved
    }

    /// When a message that exceeds the window has stood still for too long.
    pub(crate) fn stalls(&self) -> Option<Instant> {
        let is_waiting = self.reserved > 0 || self.lacks() > 0;
        self.stalled.filter(|_| is_waiting && !self.is_readable()).map(|since| since + limits::STALLED_TIME)
    }

    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink();
    }

    /// The record that begins at an offset, if enough of it is there to tell.
    fn head(&self, at: u64, readable: u64) -> Result<Option<Head>, Broken> {
        let available = (readable - at).min(8);
        if available == 0 {
            return Ok(None);
        }
        let [one, two] = self.bytes.peek(at, available);
        let mut bytes = [0; 8];
        bytes[..one.len()].copy_from_slice(one);
        bytes[one.len()..one.len() + two.len()].copy_from_slice(two);
        if available < 1 << (bytes[0] & 3) {
            return Ok(None);
        }
        let (value, head) =
            varint::decode(&bytes[..available as usize]).ok_or(Broken("a record that cannot be read"))?;
        let (head, value, is_skipped) = (head as u64, value / 2, value % 2 == 1);
        if is_skipped {
            return Ok(Some(Head::Skipped { head, count: value }));
        }
        if value > limits::RELIABLE_MESSAGE as u64 {
            return Err(Broken("a message that is too long"));
        }
        Ok(Some(Head::Message { head, length: value }))
    }
}
