//! What a state is made by.

use net_types::{
    cortex::{CortexError, StateModel},
    redex::RedexEvent,
};

/// What became of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// How many of them were taken, from the first on. It is all of them unless there is a failure.
    pub taken: usize,
    /// Numbers of those among them that could not be read and changed nothing, rising.
    pub unreadable: Vec<u64>,
    /// Why the event behind those that were taken cannot be applied. It has changed nothing.
    pub failure: Option<String>,
}

/// Makes a state from events. Equal events give an equal state, and an equal state equal bytes.
pub trait Fold: Sized {
    /// What its snapshots hold.
    const MODEL: StateModel;

    /// Takes events, none of which is a gap, in the order of their numbers.
    fn apply(&mut self, events: &[RedexEvent]) -> Applied;

    /// The state as bytes; `too_large` if its form does not hold it.
    fn encode(&self) -> Result<Vec<u8>, CortexError>;

    /// The state of bytes; `bad_snapshot` if they are none.
    fn decode(bytes: &[u8]) -> Result<Self, CortexError>;
}

/// Events in a row, for tests.
#[cfg(test)]
pub(crate) fn events(first: u64, payloads: &[&[u8]]) -> Vec<RedexEvent> {
    let event = |(seq, payload): (u64, &&[u8])| RedexEvent {
        seq,
        payload: bytes::Bytes::copy_from_slice(payload),
        checksum: 0,
        is_inline: false,
        skipped: 0,
    };
    (first..).zip(payloads).map(event).collect()
}
