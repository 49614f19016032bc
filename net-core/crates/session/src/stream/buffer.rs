//! What was written to a reliable stream and is not acknowledged: small records are copied, large ones are shared.

use bytes::Bytes;
use std::collections::VecDeque;

/// Bytes of a block that records are copied into.
const BLOCK: usize = 16 << 10;

/// Empty blocks that are kept.
const SPARE: usize = 8;

/// Messages of this length or more are kept as they are.
const SHARED_FROM: usize = 2 << 10;

/// Bytes from `start` to `end` of a stream.
#[derive(Debug, Default)]
pub(super) struct SendBuffer {
    blocks: VecDeque<Block>,
    start: u64,
    end: u64,
    /// Empty blocks that are used again.
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Block {
    at: u64,
    bytes: Stored,
}

#[derive(Debug)]
enum Stored {
    Copied(Vec<u8>),
    Shared(Bytes),
}

impl Stored {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Copied(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl SendBuffer {
    /// Writes a record: what stands in front of a message, and the message.
    pub(super) fn write(&mut self, head: &[u8], message: &Bytes) {
        self.copy(head);
        if message.len() < SHARED_FROM {
            self.copy(message);
            return;
        }
        self.blocks.push_back(Block { at: self.end, bytes: Stored::Shared(message.clone()) });
        self.end += message.len() as u64;
    }

    /// One behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// First byte that is kept.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// Copies a range behind what a packet holds.
    pub(super) fn read(&self, range: std::ops::Range<u64>, out: &mut Vec<u8>) {
        let mut at = self.blocks.partition_point(|block| block.at <= range.start).saturating_sub(1);
        let mut offset = range.start;
        while offset < range.end {
            let block = &self.blocks[at];
            let bytes = block.bytes.bytes();
            let from = (offset - block.at) as usize;
            let to = bytes.len().min((range.end - block.at) as usize);
            out.extend_from_slice(&bytes[from..to]);
            offset = block.at + to as u64;
            at += 1;
        }
    }

    /// Takes back what was copied last, down to an offset.
    pub(super) fn truncate(&mut self, end: u64) {
        while let Some(Block { at, bytes: Stored::Copied(bytes) }) = self.blocks.back_mut() {
            if *at < end {
                bytes.truncate((end - *at) as usize);
                break;
            }
            self.blocks.pop_back();
        }
        self.end = end;
    }

    /// Gives up everything below an offset.
    pub(super) fn release(&mut self, start: u64) {
        self.start = self.start.max(start);
        while let Some(first) = self.blocks.front()
            && first.at + first.bytes.bytes().len() as u64 <= self.start
        {
            let block = self.blocks.pop_front();
            if let Some(Block { bytes: Stored::Copied(mut bytes), .. }) = block
                && self.spare.len() < SPARE
            {
                bytes.clear();
                self.spare.push(bytes);
            }
        }
    }

    /// Gives unused memory back.
    pub(super) fn shrink(&mut self) {
        self.spare = Vec::new();
        self.blocks.shrink_to_fit();
    }

    fn copy(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = match self.blocks.back_mut() {
                Some(Block { bytes: Stored::Copied(block), .. }) if block.len() < BLOCK => block,
                _ => {
                    let block = self.spare.pop().unwrap_or_default();
                    self.blocks.push_back(Block { at: self.end, bytes: Stored::Copied(block) });
                    continue;
                }
            };
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - room.len()));
            room.extend_from_slice(now);
            self.end += now.len() as u64;
            bytes = later;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_copied_last_is_taken_back_over_the_end_of_a_block() {
        let mut buffer = SendBuffer::default();
        let message = Bytes::from(vec![1; 1_000]);
        for _ in 0..16 {
            buffer.write(&[], &message);
        }
        buffer.write(&[2; 380], &Bytes::new());
        for length in [8, 4, 5] {
            buffer.truncate(16_380);
            buffer.write(&vec![3; length], &Bytes::new());
        }
        let mut out = Vec::new();
        buffer.read(16_379..16_385, &mut out);
        assert_eq!((out.as_slice(), buffer.end()), ([2, 3, 3, 3, 3, 3].as_slice(), 16_385));
    }

    #[test]
    fn ranges_over_all_kinds_of_blocks_are_read_back() {
        let (mut buffer, mut all) = (SendBuffer::default(), Vec::new());
        for (at, length) in [0, 1, 100, 2047, 2048, 40_000, 5, 16_384, 70_000].into_iter().enumerate() {
            let message = Bytes::from(vec![at as u8 + 1; length]);
            buffer.write(&[0xaa, at as u8], &message);
            all.extend_from_slice(&[0xaa, at as u8]);
            all.extend_from_slice(&message);
        }
        assert_eq!(buffer.end(), all.len() as u64);
        for start in (0..all.len()).step_by(977) {
            buffer.release(start as u64);
            for length in [1, 1_300, 50_000] {
                let end = all.len().min(start + length);
                let mut out = Vec::new();
                buffer.read(start as u64..end as u64, &mut out);
                assert!(out == all[start..end], "{start}..{end}");
            }
        }
        buffer.release(all.len() as u64);
        assert!(buffer.blocks.is_empty());
    }
}
