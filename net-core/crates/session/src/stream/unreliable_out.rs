//! The sending end of a fire-and-forget stream.

use super::{Allowance, Open};
use crate::{frame::DataForm, varint};
use bytes::Bytes;
use std::collections::VecDeque;

/// Messages that wait to be sent, and what is known of those that were.
#[derive(Debug)]
pub(crate) struct UnreliableOut {
    queue: VecDeque<Bytes>,
    /// Number of the first message in the queue.
    sequence: u64,
    /// Bytes of that message that were sent in pieces.
    offset: usize,
    queued: u64,
    in_flight: u64,
    window: u64,
    /// Messages in pieces whose fate is open, the lowest number first.
    pieces: VecDeque<Pieces>,
    pub(crate) lost: u64,
    /// Messages that the peer's queue dropped.
    pub(crate) dropped: u64,
    pub(crate) is_finished: bool,
}

#[derive(Debug)]
struct Pieces {
    sequence: u64,
    /// Bytes that are neither acknowledged nor lost.
    open: u64,
    /// Bytes that were declared lost, and may still be acknowledged.
    lost: u64,
    /// Whether bytes are lost for good.
    is_gone: bool,
}

impl Pieces {
    fn is_lost(&self) -> bool {
        self.lost > 0 || self.is_gone
    }
}

/// What has become of something that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrived,
    /// It had been declared lost, and was not.
    Late,
    Lost,
    /// It was declared lost, and nothing more will be heard of it.
    Gone,
}

/// What was written into a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Batch { sequence: u64, count: u32, bytes: u32 },
    Piece { sequence: u64, bytes: u32 },
}

impl UnreliableOut {
    pub(crate) fn new(open: Open, window: u64, peer: &Allowance) -> Self {
        Self {
            queue: VecDeque::new(),
            sequence: open.sequence,
            offset: 0,
            queued: 0,
            in_flight: 0,
            window: if window == 0 { peer.window(open) } else { window },
            pieces: VecDeque::new(),
            lost: 0,
            dropped: 0,
            is_finished: false,
        }
    }

    /// Whether messages of so many bytes fit into the window. If nothing is outstanding, anything does.
    pub(crate) fn has_room(&self, cost: u64) -> bool {
        let outstanding = self.outstanding();
        outstanding == 0 || outstanding + cost <= self.window
    }

    pub(crate) fn outstanding(&self) -> u64 {
        self.queued + self.in_flight
    }

    pub(crate) fn window(&self) -> u64 {
        self.window
    }

    /// Bytes that wait.
    pub(crate) fn kept(&self) -> u64 {
        self.queued
    }

    pub(crate) fn write(&mut self, message: &Bytes) {
        self.queued += cost(message);
        self.queue.push_back(message.clone());
    }

    pub(crate) fn is_ready(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Whether all was acknowledged or lost.
    pub(crate) fn is_settled(&self) -> bool {
        self.outstanding() == 0
    }

    /// What the next frame is: a batch if the next message fits into `room` bytes together with a head of `head` bytes, a
    /// piece if it does not fit into `largest` bytes either, nothing if it has to wait for the next packet.
    pub(crate) fn next_form(&self, room: usize, head: usize, largest: usize) -> Option<DataForm> {
        let message = self.queue.front()?;
        let whole = head + 4 + message.len() + varint::size(message.len() as u64);
        if self.offset == 0 && whole <= room {
            return Some(DataForm::Batch { sequence: self.sequence });
        }
        if self.offset == 0 && whole <= largest {
            return None;
        }
        let (total, offset) = (message.len() as u64, self.offset as u64);
        (room >= head + 64).then_some(DataForm::Piece { sequence: self.sequence, total, offset })
    }

    /// Bytes of the records that fit into `room`, and their number.
    pub(crate) fn batch(&self, room: usize) -> (usize, u32) {
        let (mut bytes, mut count) = (0, 0);
        for message in &self.queue {
            let record = cost(message) as usize;
            if bytes + record > room {
                break;
            }
            bytes += record;
            count += 1;
        }
        (bytes, count)
    }

    /// Writes so many records.
    pub(crate) fn write_batch(&mut self, count: u32, out: &mut Vec<u8>) -> Written {
        let (sequence, before) = (self.sequence, out.len());
        for message in self.queue.drain(..count as usize) {
            let (head, size) = varint::encode(message.len() as u64);
            out.extend_from_slice(&head[..size]);
            out.extend_from_slice(&message);
        }
        let bytes = (out.len() - before) as u64;
        self.sequence += u64::from(count);
        self.queued -= bytes;
        self.in_flight += bytes;
        Written::Batch { sequence, count, bytes: bytes as u32 }
    }

    /// Bytes of the next piece.
    pub(crate) fn piece(&self, room: usize) -> usize {
        self.queue.front().map_or(0, |message| room.min(message.len() - self.offset))
    }

    /// Writes a piece of so many bytes.
    pub(crate) fn write_piece(&mut self, length: usize, out: &mut Vec<u8>) -> Written {
        let sequence = self.sequence;
        let message = &self.queue[0];
        out.extend_from_slice(&message[self.offset..self.offset + length]);
        let mut bytes = length as u64;
        if self.offset == 0 {
            // The first piece also pays for what a whole message costs besides its bytes.
            bytes += varint::size(message.len() as u64) as u64;
            self.pieces.push_back(Pieces { sequence, open: cost(message), lost: 0, is_gone: false });
        }
        self.offset += length;
        if self.offset == message.len() {
            self.queue.pop_front();
            self.sequence += 1;
            self.offset = 0;
        }
        self.queued -= bytes;
        self.in_flight += bytes;
        Written::Piece { sequence, bytes: bytes as u32 }
    }

    /// Something was acknowledged. `was_lost` if it had been declared lost before. By how much that changes the number of
    /// lost messages.
    pub(crate) fn acknowledge(&mut self, written: Written, was_lost: bool) -> i64 {
        self.settle(written, if was_lost { Fate::Late } else { Fate::Arrived })
    }

    /// Something was declared lost.
    pub(crate) fn lose(&mut self, written: Written) -> i64 {
        self.settle(written, Fate::Lost)
    }

    /// Something that was declared lost stays so.
    pub(crate) fn forget(&mut self, written: Written) {
        self.settle(written, Fate::Gone);
    }

    fn settle(&mut self, written: Written, fate: Fate) -> i64 {
        let (Written::Batch { bytes, .. } | Written::Piece { bytes, .. }) = written;
        if matches!(fate, Fate::Arrived | Fate::Lost) {
            self.in_flight -= u64::from(bytes);
        }
        let change = match (written, fate) {
            (Written::Batch { count, .. }, Fate::Lost) => i64::from(count),
            (Written::Batch { count, .. }, Fate::Late) => -i64::from(count),
            (Written::Batch { .. }, Fate::Arrived | Fate::Gone) => 0,
            (Written::Piece { sequence, bytes }, _) => self.settle_piece(sequence, bytes.into(), fate),
        };
        self.lost = self.lost.saturating_add_signed(change);
        change
    }

    /// A message is lost as soon as a piece is, and is not any more once all of its pieces have arrived.
    fn settle_piece(&mut self, sequence: u64, bytes: u64, fate: Fate) -> i64 {
        let Ok(at) = self.pieces.binary_search_by_key(&sequence, |message| message.sequence) else {
            return 0;
        };
        let message = &mut self.pieces[at];
        let before = message.is_lost();
        match fate {
            Fate::Arrived => message.open -= bytes,
            Fate::Lost => {
                message.open -= bytes;
                message.lost += bytes;
            }
            Fate::Late => message.lost -= bytes,
            Fate::Gone => {
                message.lost -= bytes;
                message.is_gone = true;
            }
        }
        let after = message.is_lost();
        if message.open + message.lost == 0 {
            self.pieces.remove(at);
        }
        i64::from(after) - i64::from(before)
    }
}

/// Bytes that a message takes.
pub(crate) fn cost(message: &Bytes) -> u64 {
    let length = message.len() as u64;
    length + varint::size(length) as u64
}
