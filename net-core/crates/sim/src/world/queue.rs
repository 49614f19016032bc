//! What is going to happen, in order.

use crate::Host;
use net_session::Ecn;
use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    net::SocketAddr,
    time::Duration,
};

/// Things to happen; those of the same time in the order in which they were put in.
#[derive(Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Scheduled>>,
    sequence: u64,
}

impl Queue {
    pub(super) fn push(&mut self, at: Duration, host: Host, what: Due) {
        self.sequence += 1;
        self.heap.push(Reverse(Scheduled { at, sequence: self.sequence, host, what }));
    }

    pub(super) fn next(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse(scheduled)| scheduled.at)
    }

    pub(super) fn pop(&mut self) -> Option<Scheduled> {
        self.heap.pop().map(|Reverse(scheduled)| scheduled)
    }
}

pub(super) struct Scheduled {
    pub(super) at: Duration,
    sequence: u64,
    pub(super) host: Host,
    pub(super) what: Due,
}

pub(super) enum Due {
    Arrival { from: SocketAddr, ecn: Option<Ecn>, bytes: Vec<u8> },
    Wake,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.sequence == other.sequence
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}
