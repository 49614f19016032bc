//! Where messages are read to.

use crate::StreamId;
use bytes::{Bytes, BytesMut};

/// Bytes of a piece of memory that short messages share.
const PIECE: usize = 16 << 10;

/// Messages that were read: one buffer for many, which is used again after [`clear`](Self::clear).
#[derive(Debug)]
pub struct Inbox {
    buffer: Vec<u8>,
    entries: Vec<Entry>,
    /// Messages of this length or more have memory of their own.
    own_from: usize,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { buffer: Vec::new(), entries: Vec::new(), own_from: usize::MAX }
    }
}

#[derive(Debug)]
struct Entry {
    stream: StreamId,
    sequence: u64,
    kept: Kept,
}

/// Where a message is.
#[derive(Debug)]
enum Kept {
    /// In the buffer, up to here.
    End(usize),
    Own(Bytes),
    /// There is none, but so many are missing.
    Skipped(u64),
}

/// A message, or a place where some are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A message.
    Message {
        /// Its stream.
        stream: StreamId,
        /// Its number in the stream.
        sequence: u64,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// The sender skipped messages here.
    Skipped {
        /// Their stream.
        stream: StreamId,
        /// Number of the first.
        sequence: u64,
        /// How many.
        count: u64,
    },
}

/// A message with bytes of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number in the stream.
    pub sequence: u64,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Inbox {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one whose messages are handed out by [`payloads`](Self::payloads): those of so many bytes or more have
    /// memory of their own from the start.
    pub fn sharing(own_from: usize) -> Self {
        Self { own_from, ..Self::default() }
    }

    /// Forgets what was read and keeps the memory.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.entries.clear();
    }

    /// What was read, in order.
    pub fn iter(&self) -> impl Iterator<Item = Item<'_>> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let Entry { stream, sequence, .. } = *entry;
            match &entry.kept {
                Kept::End(end) => {
                    let bytes = &self.buffer[std::mem::replace(&mut start, *end)..*end];
                    Item::Message { stream, sequence, bytes }
                }
                Kept::Own(bytes) => Item::Message { stream, sequence, bytes: &bytes[..] },
                Kept::Skipped(count) => Item::Skipped { stream, sequence, count: *count },
            }
        })
    }

    /// What was read, in order, with bytes that go on without the inbox: each item's sequence number, and the message or
    /// how many were skipped.
    ///
    /// Short messages are put into the room, where they share pieces of 16 KiB with those that were put there before. A piece
    /// lasts as long as the last of its messages, and is used again then: one room is for messages that end together.
    pub fn payloads<'a>(
        &'a self,
        room: &mut BytesMut,
    ) -> impl Iterator<Item = (u64, Result<Bytes, u64>)> + use<'a> {
        if room.capacity() < self.buffer.len() {
            room.reserve(PIECE.max(self.buffer.len()));
        }
        room.extend_from_slice(&self.buffer);
        let shared = room.split().freeze();
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let payload = match &entry.kept {
                Kept::End(end) => Ok(shared.slice(std::mem::replace(&mut start, *end)..*end)),
                Kept::Own(bytes) => Ok(bytes.clone()),
                Kept::Skipped(count) => Err(*count),
            };
            (entry.sequence, payload)
        })
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a message whose bytes come in two parts.
    pub(super) fn push(&mut self, stream: u64, sequence: u64, parts: [&[u8]; 2]) {
        let length = parts[0].len() + parts[1].len();
        let kept = if length < self.own_from {
            parts.iter().for_each(|part| self.buffer.extend_from_slice(part));
            Kept::End(self.buffer.len())
        } else {
            Kept::Own(parts.concat().into())
        };
        self.entries.push(Entry { stream: StreamId(stream), sequence, kept });
    }

    pub(super) fn push_skipped(&mut self, stream: u64, sequence: u64, count: u64) {
        self.entries.push(Entry { stream: StreamId(stream), sequence, kept: Kept::Skipped(count) });
    }
}
