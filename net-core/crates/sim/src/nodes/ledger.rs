//! Messages whose bytes say where they belong, and what has come of them.

use bytes::Bytes;
use net_session::{SessionId, StreamId};
use std::collections::BTreeMap;

/// What every message begins with; whoever sees it on a link sees plain text.
pub const MARKER: &[u8; 16] = b"plain text, mesh";

/// Marker, sender, number of the flow, number in the flow.
const HEAD: usize = 16 + 8 + 8 + 8;

/// A flow of messages from one node to another, each of which is told from every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Whose it is.
    pub sender: u64,
    /// Which of the sender's.
    pub number: u64,
}

impl Flow {
    /// The message of a number, at least that long.
    pub fn message(self, number: u64, length: usize) -> Bytes {
        let mut bytes = MARKER.to_vec();
        for part in [self.sender, self.number, number] {
            bytes.extend_from_slice(&part.to_le_bytes());
        }
        bytes.extend((HEAD..length).map(|at| filler(number, at)));
        bytes.into()
    }
}

fn filler(number: u64, at: usize) -> u8 {
    (number as usize).wrapping_mul(31).wrapping_add(at) as u8
}

/// What a node has read.
#[derive(Debug, Default)]
pub struct Ledger {
    streams: BTreeMap<(SessionId, StreamId), Read>,
    flows: BTreeMap<Flow, u64>,
    fault: Option<String>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Read {
    is_reliable: bool,
    /// Whose messages it carries, and the number in the flow of its first one.
    carries: Option<(Flow, u64)>,
    /// Sequence number after that of the last.
    next: u64,
}

impl Ledger {
    /// How many messages of a flow were read, over all sessions.
    pub fn count(&self, flow: Flow) -> u64 {
        self.flows.get(&flow).copied().unwrap_or(0)
    }

    /// The first thing that was wrong.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// The peer has opened a stream.
    pub(super) fn open(&mut self, session: SessionId, stream: StreamId, is_reliable: bool) {
        let read = Read { is_reliable, ..Read::default() };
        if self.streams.insert((session, stream), read).is_some() {
            self.blame("a stream was opened twice".into());
        }
    }

    /// Takes a message: its bytes are what was sent, and it is the next of its stream, or a later one if the stream is
    /// fire-and-forget.
    pub(super) fn take(&mut self, session: SessionId, stream: StreamId, sequence: u64, bytes: &[u8]) {
        let Some(mut read) = self.streams.get(&(session, stream)).copied() else {
            return self.blame("a message came over a stream that was not opened".into());
        };
        let Some((flow, number)) = parse(bytes) else {
            return self.blame(format!("a message of {} bytes is none that was sent", bytes.len()));
        };
        let first = number.wrapping_sub(sequence);
        if read.carries.is_some_and(|carries| carries != (flow, first)) {
            return self.blame(format!("message {number} does not belong at place {sequence} of its stream"));
        }
        if sequence < read.next || (read.is_reliable && sequence != read.next) {
            return self.blame(format!("message {sequence} was read where {} is next", read.next));
        }
        read.carries = Some((flow, first));
        read.next = sequence + 1;
        self.streams.insert((session, stream), read);
        *self.flows.entry(flow).or_default() += 1;
    }

    /// A session has ended, so that its streams have.
    pub(super) fn end(&mut self, session: SessionId) {
        self.streams.retain(|(other, _), _| *other != session);
    }

    fn blame(&mut self, fault: String) {
        self.fault.get_or_insert(fault);
    }
}

/// The flow and the number of a message whose bytes are what was sent.
fn parse(bytes: &[u8]) -> Option<(Flow, u64)> {
    let head = bytes.strip_prefix(MARKER)?;
    let part = |at: usize| head.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let (flow, number) = (Flow { sender: part(0)?, number: part(8)? }, part(16)?);
    let mut rest = bytes.iter().enumerate().skip(HEAD);
    rest.all(|(at, byte)| *byte == filler(number, at)).then_some((flow, number))
}
