//! Neighbours: what they may, what waits for them.

use crate::config::limits;
use net_crypto::EntityId;
use net_gossip::{Bucket, Forgeries};
use std::{
    collections::{BTreeSet, VecDeque},
    time::Instant,
};

/// A neighbour.
#[derive(Debug)]
pub(crate) struct Neighbour {
    pub(crate) entity: EntityId,
    pub(crate) is_writable: bool,
    /// Whether it has told what it knows, which it does once.
    pub(crate) has_told: bool,
    /// Nodes whose announcements it is to be sent.
    pub(crate) news: BTreeSet<u64>,
    /// Issuers whose revocations it is to be sent.
    pub(crate) revocations: BTreeSet<[u8; 32]>,
    /// Nodes whose full announcements it is asked for.
    pub(crate) pulls: BTreeSet<u64>,
    /// What it is told and asked at once: whole messages.
    pub(crate) messages: VecDeque<Vec<u8>>,
    /// Messages that wait for its signature budget, and how far the first has been read.
    pub(crate) inbox: VecDeque<Vec<u8>>,
    pub(crate) inbox_read: usize,
    pub(crate) inbox_bytes: usize,
    /// Bytes of its announcements whose turn has not come.
    pub(crate) waiting_bytes: usize,
    pub(crate) signatures: Bucket,
    pub(crate) asking: Bucket,
    pub(crate) forgeries: Forgeries,
}

impl Neighbour {
    pub(crate) fn new(now: Instant, entity: EntityId) -> Self {
        Self {
            entity,
            is_writable: true,
            has_told: false,
            news: BTreeSet::new(),
            revocations: BTreeSet::new(),
            pulls: BTreeSet::new(),
            messages: VecDeque::new(),
            inbox: VecDeque::new(),
            inbox_read: 0,
            inbox_bytes: 0,
            waiting_bytes: 0,
            signatures: Bucket::new(now, limits::SIGNATURES),
            asking: Bucket::new(now, limits::ASKING),
            forgeries: Forgeries::default(),
        }
    }

    /// Whether there is something to send it.
    pub(crate) fn has_output(&self) -> bool {
        let is_idle = self.messages.is_empty()
            && self.news.is_empty()
            && self.revocations.is_empty()
            && self.pulls.is_empty();
        self.is_writable && !is_idle
    }
}
