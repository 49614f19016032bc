//! Where messages are read to.

use crate::StreamId;
use bytes::Bytes;

/// Messages that were read: one buffer for many, which is used again after [`clear`](Self::clear).
#[derive(Debug, Default)]
pub struct Inbox {
    buffer: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    stream: StreamId,
    sequence: u64,
    /// Where the message ends, or how many were skipped.
    end: Result<usize, u64>,
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

    /// Forgets what was read and keeps the memory.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.entries.clear();
    }

    /// What was read, in order.
    pub fn iter(&self) -> impl Iterator<Item = Item<'_>> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let Entry { stream, sequence, end } = *entry;
            match end {
                Ok(end) => {
                    let bytes = &self.buffer[std::mem::replace(&mut start, end)..end];
                    Item::Message { stream, sequence, bytes }
                }
                Err(count) => Item::Skipped { stream, sequence, count },
            }
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

    /// Bytes of all messages.
    pub fn bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Adds a message whose bytes come in parts.
    pub(super) fn push<'a>(&mut self, stream: u64, sequence: u64, parts: impl IntoIterator<Item = &'a [u8]>) {
        parts.into_iter().for_each(|part| self.buffer.extend_from_slice(part));
        let entry = Entry { stream: StreamId(stream), sequence, end: Ok(self.buffer.len()) };
        self.entries.push(entry);
    }

    pub(super) fn push_skipped(&mut self, stream: u64, sequence: u64, count: u64) {
        self.entries.push(Entry { stream: StreamId(stream), sequence, end: Err(count) });
    }
}
