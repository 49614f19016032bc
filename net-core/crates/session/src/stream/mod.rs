//! Streams: whole messages in one direction, reliable and in order, or fire and forget.

mod buffer;
mod fill;
mod inbox;
mod incoming;
mod outgoing;
mod reassembly;
mod reliable_in;
mod reliable_out;
mod unreliable_in;
mod unreliable_out;

pub use inbox::{Inbox, Item, Message};

pub(crate) use incoming::{Effects, Incoming};
pub(crate) use outgoing::{Outcome, Outgoing};
pub(crate) use reliable_in::{Broken, Grants, ReliableIn};
pub(crate) use reliable_out::ReliableOut;
pub(crate) use unreliable_in::{Budget, UnreliableIn};
pub(crate) use unreliable_out::{UnreliableOut, Written};

use crate::config::limits;

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamKind(pub u8);

impl StreamKind {
    /// Messages of an application.
    pub const USER: Self = Self(0);
    /// Control messages of the mesh.
    pub const CONTROL: Self = Self(1);
    /// Routes and announcements.
    pub const GOSSIP: Self = Self(2);
    /// Events of a channel; the id is the subscription.
    pub const CHANNEL: Self = Self(3);
    /// A call; the id is the call's.
    pub const CALL: Self = Self(4);
    /// The answer to a call, with the same id.
    pub const ANSWER: Self = Self(5);
}

/// How to open a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenStream {
    /// What it is for.
    pub kind: StreamKind,
    /// Id that its user gives it; several streams may have the same.
    pub id: u64,
    /// Whether each message arrives once and in order. Without it each one arrives whole or not at all.
    pub is_reliable: bool,
    /// Bytes that may be outstanding: queued, on their way, or unread at the peer. 0 for as much as the peer allows.
    pub window: u32,
    /// Number of the first message.
    pub first_sequence: u64,
}

impl OpenStream {
    /// A reliable stream of an application, with a window of 64 KiB.
    pub fn reliable(id: u64) -> Self {
        Self { kind: StreamKind::USER, id, is_reliable: true, window: 64 << 10, first_sequence: 0 }
    }

    /// A fire-and-forget stream of an application, with a window of 64 KiB.
    pub fn fire_and_forget(id: u64) -> Self {
        Self { is_reliable: false, ..Self::reliable(id) }
    }
}

/// The fields of OPEN: they stand in every frame of a stream until one of these is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) kind: u8,
    pub(crate) id: u64,
    /// Bit 0: fire and forget. Bits 1 to 6: binary logarithm of the window, rounded up; 0 for the greatest.
    pub(crate) options: u8,
    pub(crate) sequence: u64,
}

impl Open {
    pub(crate) fn of(stream: &OpenStream) -> Self {
        let exponent = match stream.window {
            0 => 0,
            window => window.next_power_of_two().trailing_zeros().max(1) as u8,
        };
        Self {
            kind: stream.kind.0,
            id: stream.id,
            options: u8::from(!stream.is_reliable) | exponent << 1,
            sequence: stream.first_sequence,
        }
    }

    /// That of the control or the gossip stream.
    pub(crate) fn own(sid: u64) -> Self {
        let kind = if sid == 0 { StreamKind::CONTROL } else { StreamKind::GOSSIP };
        Self::of(&OpenStream { kind, ..OpenStream::reliable(sid) })
    }

    pub(crate) fn is_reliable(self) -> bool {
        self.options & 1 == 0
    }

    /// What may be unread of it at the receiver, which allows `most`. Both sides compute it.
    pub(crate) fn window(self, most: u64) -> u64 {
        match self.options >> 1 & 63 {
            0 => most,
            exponent => most.min(1 << exponent.min(32)),
        }
    }
}

/// What a receiver allows, as its handshake message says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// Over all streams, to begin with, and the most that a stream's window may be.
    pub(crate) max_data: u64,
    /// By stream, to begin with.
    pub(crate) stream_window: u64,
    /// Streams that may be open.
    pub(crate) max_streams: u64,
}

impl Allowance {
    /// What a stream may send before the receiver says anything.
    pub(crate) fn initial(&self, open: Open) -> u64 {
        open.window(self.max_data).min(self.stream_window)
    }

    /// What may be unread of a stream.
    pub(crate) fn window(&self, open: Open) -> u64 {
        open.window(self.max_data)
    }
}

/// Whether a stream is one of the two that every session has.
pub(crate) fn is_own(sid: u64) -> bool {
    sid < crate::StreamId::FIRST.0
}

/// Longest message of a stream.
pub(crate) fn message_limit(is_reliable: bool) -> usize {
    if is_reliable { limits::RELIABLE_MESSAGE } else { limits::UNRELIABLE_MESSAGE }
}
