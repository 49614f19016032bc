//! The sending end of a reliable stream.

use super::{Allowance, Open, buffer::SendBuffer};
use crate::{ranges::Ranges, varint};
use bytes::Bytes;
use std::ops::Range;

/// What was written and is not acknowledged, and what of it has to be sent.
#[derive(Debug)]
pub(crate) struct ReliableOut {
    buffer: SendBuffer,
    /// The last record, if it says that messages are missing: where it begins, and how many.
    skipped: Option<(u64, u64)>,
    /// One behind the last message; what follows says that messages are missing.
    messages: u64,
    /// First byte that was never sent.
    next: u64,
    acknowledged: Ranges,
    lost: Ranges,
    /// Offset up to which the peer takes bytes.
    limit: u64,
    /// Bytes that may be outstanding.
    window: u64,
    /// Bytes that the peer lets be unread.
    peer_window: u64,
    fin: Fin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fin {
    Open,
    /// The end is to be told.
    Due,
    /// It is on its way.
    Sent,
    Acknowledged,
}

/// What to send next of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) range: Range<u64>,
    pub(crate) is_last: bool,
    /// Bytes of it that were never sent.
    pub(crate) new: u64,
}

impl ReliableOut {
    pub(crate) fn new(open: Open, window: u64, peer: &Allowance) -> Self {
        Self {
            buffer: SendBuffer::default(),
            skipped: None,
            messages: 0,
            next: 0,
            acknowledged: Ranges::default(),
            lost: Ranges::default(),
            limit: peer.initial(open),
            window: if window == 0 { peer.window(open) } else { window },
            peer_window: peer.window(open),
            fin: Fin::Open,
        }
    }

    /// Bytes that a message takes in the stream.
    pub(crate) fn cost(message: &Bytes) -> u64 {
        let length = message.len() as u64;
        length + varint::size(length * 2) as u64
    }

    /// Whether messages of so many bytes fit into the window. If no message is outstanding, anything does: that some are missing
    /// keeps none back.
    pub(crate) fn has_room(&self, cost: u64) -> bool {
        self.messages <= self.read_by_peer() || self.outstanding() + cost <= self.window
    }

    /// Bytes that the peer's application has not read, as far as is known.
    pub(crate) fn outstanding(&self) -> u64 {
        self.buffer.end().saturating_sub(self.read_by_peer())
    }

    fn read_by_peer(&self) -> u64 {
        self.limit.saturating_sub(self.peer_window)
    }

    pub(crate) fn window(&self) -> u64 {
        self.window
    }

    pub(crate) fn write(&mut self, message: &Bytes) {
        let (head, size) = varint::encode(message.len() as u64 * 2);
        self.skipped = None;
        self.buffer.write(&head[..size], message);
        self.messages = self.buffer.end();
    }

    /// Writes a record that says how many messages are missing here. As long as it is not sent, it tells of later ones as well, so
    /// that a peer that takes nothing costs no memory.
    pub(crate) fn write_skipped(&mut self, more: u64) {
        let unsent = self.skipped.filter(|(at, _)| self.next <= *at);
        let (at, count) = unsent.map_or((self.buffer.end(), more), |(at, count)| (at, count + more));
        self.buffer.truncate(at);
        self.skipped = Some((at, count));
        let (head, size) = varint::encode(count * 2 + 1);
        self.buffer.write(&head[..size], &Bytes::new());
    }

    pub(crate) fn finish(&mut self) {
        if self.fin == Fin::Open {
            self.fin = Fin::Due;
        }
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.fin != Fin::Open
    }

    /// Whether all was acknowledged, the end included.
    pub(crate) fn is_delivered(&self) -> bool {
        self.fin == Fin::Acknowledged && self.buffer.start() == self.buffer.end()
    }

    /// Whether a message is kept.
    pub(crate) fn keeps_messages(&self) -> bool {
        self.messages > self.buffer.start()
    }

    /// Bytes that are kept.
    pub(crate) fn kept(&self) -> u64 {
        self.buffer.end() - self.buffer.start()
    }

    /// One behind the last byte that was written.
    pub(crate) fn written(&self) -> u64 {
        self.buffer.end()
    }

    /// Bytes from the first on that have arrived.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.buffer.start()
    }

    /// One behind the highest byte that was sent.
    pub(crate) fn sent(&self) -> u64 {
        self.next
    }

    pub(crate) fn raise_limit(&mut self, limit: u64) -> bool {
        let is_higher = limit > self.limit;
        self.limit = self.limit.max(limit);
        is_higher
    }

    /// Whether there is something to send, with so much credit of the session.
    pub(crate) fn is_ready(&self, credit: u64) -> bool {
        let is_end_due = self.fin == Fin::Due && self.next == self.buffer.end();
        !self.lost.is_empty() || self.next < self.sendable(credit) || is_end_due
    }

    /// Where the next chunk begins.
    pub(crate) fn next_offset(&self) -> u64 {
        self.lost.first().map_or(self.next, |range| range.start)
    }

    /// Bytes of the next chunk if there is room for so many.
    pub(crate) fn available(&self, most: u64, credit: u64) -> u64 {
        let next = match self.lost.first() {
            Some(range) => range.end - range.start,
            None => self.sendable(credit).saturating_sub(self.next),
        };
        next.min(most)
    }

    /// What to send next, at most so many bytes; lost ranges go first.
    pub(crate) fn next_chunk(&mut self, most: u64, credit: u64) -> Option<Chunk> {
        let end = self.buffer.end();
        let range = match self.lost.take_front(most) {
            Some(range) => range,
            None => self.next..self.sendable(credit).min(self.next + most).max(self.next),
        };
        let new = range.end.saturating_sub(self.next);
        self.next += new;
        let is_last = self.fin != Fin::Open && range.end == end && self.next == end;
        if range.is_empty() && !(is_last && self.fin == Fin::Due) {
            return None;
        }
        if is_last && self.fin == Fin::Due {
            self.fin = Fin::Sent;
        }
        Some(Chunk { range, is_last, new })
    }

    /// Copies bytes behind what a packet holds.
    pub(crate) fn read(&self, range: Range<u64>, out: &mut Vec<u8>) {
        self.buffer.read(range, out);
    }

    /// A frame was acknowledged.
    pub(crate) fn acknowledge(&mut self, range: Range<u64>, is_last: bool) {
        if is_last {
            self.fin = Fin::Acknowledged;
        }
        self.lost.remove(range.clone());
        if range.start <= self.buffer.start() && self.acknowledged.is_empty() {
            self.buffer.release(range.end);
            return;
        }
        self.acknowledged.insert(range);
        if let Some(first) = self.acknowledged.first()
            && first.start <= self.buffer.start()
        {
            self.buffer.release(first.end);
            self.acknowledged.remove_below(self.buffer.start());
        }
    }

    /// A frame was lost.
    pub(crate) fn lose(&mut self, range: Range<u64>, is_last: bool) {
        if is_last && self.fin == Fin::Sent {
            self.fin = Fin::Due;
        }
        self.lost.insert(range.start.max(self.buffer.start())..range.end.max(self.buffer.start()));
        for known in self.acknowledged.descending() {
            self.lost.remove(known);
        }
    }

    pub(crate) fn shrink(&mut self) {
        if self.kept() == 0 {
            self.buffer.shrink();
            self.acknowledged.shrink();
            self.lost.shrink();
        }
    }

    /// One behind the last byte that may be sent.
    fn sendable(&self, credit: u64) -> u64 {
        self.buffer.end().min(self.limit).min(self.next.saturating_add(credit))
    }
}
