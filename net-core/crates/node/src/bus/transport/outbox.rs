//! The batches of a node on their way to its server.

use std::{io, sync::Arc};

use super::{
    super::{
        core::{Bus, From, State},
        shard::Reader,
        store::Block,
    },
    nonce::Producer,
};

/// Bytes of text in a batch, unless one event is longer.
const BYTES: usize = 1 << 20;

/// A reader of the bus that passes what the server has acknowledged.
#[derive(Debug)]
pub(crate) struct Outbox {
    bus: Arc<Bus>,
    reader: Arc<Reader>,
    producer: Producer,
    /// Most events in a batch.
    most: usize,
    /// The batch of each shard that is to be acknowledged; its ids stay as they are, so that it may be sent again.
    pending: Vec<Option<Batch>>,
}

/// Events of one shard, in order.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) shard: usize,
    block: Block,
    epoch: u64,
    /// The dedup id of each event.
    ids: Vec<String>,
}

/// An event of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing<'a> {
    pub(crate) event: &'a str,
    pub(crate) dedup_id: &'a str,
    /// When it was inserted, in nanoseconds since the Unix epoch.
    pub(crate) time: u64,
}

impl Batch {
    /// The events.
    pub(crate) fn events(&self) -> impl Iterator<Item = Outgoing<'_>> {
        (0..self.block.len()).zip(&self.ids).filter_map(|(index, dedup_id)| {
            let event = self.block.get(index)?;
            Some(Outgoing { event: event.text, dedup_id, time: self.epoch + event.stamp })
        })
    }
}

impl Outbox {
    /// An outbox for all events that the bus gets.
    pub(crate) fn new(bus: Arc<Bus>, producer: Producer, most: usize) -> Self {
        // A bus that is closed already has nothing to send.
        let reader = bus.join(&From::Oldest).unwrap_or_else(|_| Arc::new(Reader::new(bus.shards.len())));
        let pending = bus.shards.iter().map(|_| None).collect();
        Self { bus, reader, producer, most, pending }
    }

    /// Who has passed what is acknowledged.
    pub(crate) fn reader(&self) -> Arc<Reader> {
        Arc::clone(&self.reader)
    }

    /// Makes a batch for each shard that has events and no batch, and tells whether there are any batches.
    pub(crate) fn load(&mut self) -> io::Result<bool> {
        for shard in 0..self.pending.len() {
            if self.pending[shard].is_none() {
                self.pending[shard] = self.batch(shard)?;
            }
        }
        Ok(self.pending.iter().any(Option::is_some))
    }

    /// The batches.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Batch> {
        self.pending.iter().flatten()
    }

    /// Tells whether there is a shard with events beside its batch, or nothing will come any more.
    pub(crate) fn has_news(&self) -> bool {
        // The state and the clock before the shards, as `Bell` wants it.
        let ended = self.bus.state() >= State::Sealed;
        let _ = self.bus.clock.latest();
        ended
            || (0..self.pending.len()).any(|shard| self.reader.place(shard) != self.bus.shards[shard].begun())
    }

    /// Notes that the server has a shard's batch.
    pub(crate) fn acknowledge(&mut self, shard: usize) {
        if let Some(batch) = self.pending[shard].take() {
            let (first, count) = (batch.block.first(), batch.block.len() as u64);
            self.bus.deliver(&self.reader, shard, first, first + count);
        }
    }

    fn batch(&mut self, shard: usize) -> io::Result<Option<Batch>> {
        let mut batch = Batch { shard, epoch: self.bus.epoch(), ..Batch::default() };
        {
            let ring = self.bus.shards[shard].lock();
            let from = self.reader.place(shard).max(ring.store.first());
            let count = ring.store.count(from, self.most, BYTES);
            ring.store.copy(from, count, u64::MAX, &mut batch.block);
        }
        let (first, count) = (batch.block.first(), batch.block.len());
        if count == 0 {
            return Ok(None);
        }
        self.producer.reserve(first + count as u64)?;
        let number = self.producer.number(first);
        batch.ids = (0..count).map(|index| self.producer.dedup_id(shard, number, index)).collect();
        Ok(Some(batch))
    }
}
