//! Datagrams that were passed on and wait to be sent.

use net_router::Link;
use net_session::Ecn;
use std::{collections::VecDeque, net::SocketAddr};

/// Where the datagrams in a buffer go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagrams {
    /// The address.
    pub to: SocketAddr,
    /// Bytes of each datagram; the last may be shorter.
    pub segment: usize,
    /// How all of them are marked.
    pub ecn: Option<Ecn>,
}

/// Datagrams in the order in which they were put in; neighbours for one address leave together.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    batches: VecDeque<Batch>,
    /// Buffers that are used again.
    spare: Vec<Vec<u8>>,
}

/// Datagrams for one address.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) datagrams: Datagrams,
    /// The link for which the router counts them as waiting.
    pub(crate) counted_for: Option<Link>,
    pub(crate) count: usize,
    bytes: Vec<u8>,
}

/// Buffers that are kept.
const SPARE: usize = 16;

impl Outbox {
    /// Puts in a datagram, which the router may count as waiting for a link; up to `most` of the same size leave at once.
    pub(crate) fn push(&mut self, counted_for: Option<Link>, to: SocketAddr, datagram: &[u8], most: usize) {
        if let Some(last) = self.batches.back_mut()
            && last.takes(counted_for, to, datagram.len(), most)
        {
            last.bytes.extend_from_slice(datagram);
            last.count += 1;
            return;
        }
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.extend_from_slice(datagram);
        let datagrams = Datagrams { to, segment: datagram.len(), ecn: None };
        self.batches.push_back(Batch { datagrams, counted_for, count: 1, bytes });
    }

    /// Takes out the first batch; its bytes go into the buffer.
    pub(crate) fn pop(&mut self, buffer: &mut Vec<u8>) -> Option<Batch> {
        let mut batch = self.batches.pop_front()?;
        std::mem::swap(&mut batch.bytes, buffer);
        let mut spare = std::mem::take(&mut batch.bytes);
        if self.spare.len() < SPARE {
            spare.clear();
            self.spare.push(spare);
        }
        Some(batch)
    }
}

impl Batch {
    /// Whether one more datagram leaves with these: a shorter one ends them.
    fn takes(&self, counted_for: Option<Link>, to: SocketAddr, length: usize, most: usize) -> bool {
        let segment = self.datagrams.segment;
        let is_even = self.bytes.len() == segment * self.count;
        let is_alike = self.counted_for == counted_for && self.datagrams.to == to;
        is_alike && is_even && length <= segment && self.count < most
    }
}
