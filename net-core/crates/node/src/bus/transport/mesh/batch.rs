//! The form of batches and receipts.

use bytes::Bytes;
use net_types::wire::mesh::{CarriedBatch, CarriedEvent, CarriedReceipt};

/// Bytes that stand beside the texts of a batch of one event.
pub(super) const OVERHEAD: u64 = (CarriedBatch::SIZE + CarriedEvent::SIZE) as u64;

/// A batch in the making.
#[derive(Debug)]
pub(super) struct Draft {
    first: u64,
    count: u32,
    bytes: Vec<u8>,
}

impl Draft {
    /// A batch whose first event has this number, with room for so many bytes of texts.
    pub(super) fn new(first: u64, room: usize) -> Self {
        let mut bytes = Vec::with_capacity(CarriedBatch::SIZE + room);
        bytes.resize(CarriedBatch::SIZE, 0);
        Self { first, count: 0, bytes }
    }

    /// Events in it.
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Bytes in it.
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds the next event.
    pub(super) fn push(&mut self, shard: u32, text: &str) {
        self.bytes.extend_from_slice(&shard.to_le_bytes());
        self.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
        self.count += 1;
    }

    /// The batch as it travels; nothing if it has no event.
    pub(super) fn finish(mut self, producer: u64) -> Option<Bytes> {
        let head = CarriedBatch { producer, first: self.first };
        self.bytes[..CarriedBatch::SIZE].copy_from_slice(&head.encode().ok()?);
        (self.count > 0).then(|| self.bytes.into())
    }
}

/// A batch that was received.
#[derive(Debug)]
pub(super) struct Received<'a> {
    pub(super) producer: u64,
    pub(super) first: u64,
    rest: &'a [u8],
}

impl<'a> Received<'a> {
    /// Reads the head of a batch; nothing if it is none.
    pub(super) fn parse(message: &'a [u8]) -> Option<Self> {
        let (head, rest) = message.split_at_checked(CarriedBatch::SIZE)?;
        let head = CarriedBatch::decode(head).ok()?;
        let last = head.first.checked_add(message.len() as u64);
        last.map(|_| Self { producer: head.producer, first: head.first, rest })
    }
}

/// The events: shard and text. A batch that is cut off ends there.
impl<'a> Iterator for Received<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.rest.split_at_checked(CarriedEvent::SIZE)?;
        let entry = CarriedEvent::decode(head).ok()?;
        let (text, rest) = rest.split_at_checked(entry.length as usize)?;
        self.rest = rest;
        Some((entry.shard, text))
    }
}

/// Tells a producer that all its events below a number are here.
pub(super) fn receipt(producer: u64, end: u64) -> Option<Bytes> {
    CarriedReceipt { producer, end }.encode().ok().map(Bytes::from)
}

/// The producer and the number of a receipt.
pub(super) fn receipted(message: &[u8]) -> Option<(u64, u64)> {
    let receipt = CarriedReceipt::decode(message).ok()?;
    Some((receipt.producer, receipt.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_comes_out_as_it_went_in() {
        let mut draft = Draft::new(7, 10);
        draft.push(3, "{\"a\": 1}");
        draft.push(0, "");
        assert_eq!((draft.count(), draft.len()), (2, 16 + 8 + 8 + 8));
        let bytes = draft.finish(42).expect("a batch");
        let entry = CarriedEvent { shard: 3, length: 8 }.encode().expect("an entry");
        assert_eq!(&bytes[16..24], entry, "the form is that of the spec");
        let mut received = Received::parse(&bytes).expect("a batch");
        assert_eq!((received.producer, received.first), (42, 7));
        assert_eq!(received.next(), Some((3, &b"{\"a\": 1}"[..])));
        assert_eq!(received.next(), Some((0, &b""[..])));
        assert_eq!(received.next(), None);
        assert!(Draft::new(7, 10).finish(42).is_none());
    }

    #[test]
    fn what_is_cut_off_or_odd_is_left_out() {
        let mut draft = Draft::new(u64::MAX - 1, 10);
        draft.push(1, "12");
        draft.push(1, "34");
        assert!(Received::parse(&draft.finish(1).expect("a batch")).is_none(), "numbers beyond all");
        let mut draft = Draft::new(0, 10);
        draft.push(1, "12");
        draft.push(1, "34");
        let bytes = draft.finish(1).expect("a batch");
        for end in 0..bytes.len() {
            let found = Received::parse(&bytes[..end]).map_or(0, Iterator::count);
            assert_eq!(found, usize::from(end >= 26), "{end}");
        }
    }

    #[test]
    fn a_receipt_comes_out_as_it_went_in() {
        let bytes = receipt(5, 9).expect("bytes");
        assert_eq!(receipted(&bytes), Some((5, 9)));
        assert_eq!(receipted(&bytes[1..]), None);
    }
}
