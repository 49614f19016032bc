//! Frames: what stands sealed in a packet, one behind the other.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use read::{Ack, Frames};
pub(crate) use write::{DataForm, DataHead, WriteFrame};

use crate::{config::features, stream::Open};
use std::net::SocketAddr;

/// Kinds of frames.
mod kind {
    pub(super) const PADDING: u8 = 0x00;
    pub(super) const PING: u8 = 0x01;
    pub(super) const ACK: u8 = 0x02;
    pub(super) const ACK_MARKS: u8 = 0x03;
    pub(super) const STREAM: u8 = 0x04;
    pub(super) const BATCH: u8 = 0x05;
    pub(super) const PIECE: u8 = 0x06;
    pub(super) const MAX_DATA: u8 = 0x07;
    pub(super) const MAX_STREAM_DATA: u8 = 0x08;
    pub(super) const MAX_STREAMS: u8 = 0x09;
    pub(super) const RESET: u8 = 0x0a;
    pub(super) const STOP: u8 = 0x0b;
    pub(super) const DROPPED: u8 = 0x0c;
    pub(super) const PATH_CHALLENGE: u8 = 0x0d;
    pub(super) const PATH_RESPONSE: u8 = 0x0e;
    pub(super) const CLOSE: u8 = 0x0f;
}

/// Flags of frames that carry data.
mod flag {
    /// The fields of OPEN follow.
    pub(super) const OPEN: u8 = 1;
    /// The stream ends with these bytes.
    pub(super) const FIN: u8 = 2;
    /// The bytes go to the end of the packet.
    pub(super) const TO_END: u8 = 4;
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    Padding,
    /// Asks for an acknowledgement.
    Ping,
    Ack(Ack<'a>),
    /// A range of a reliable stream.
    Stream {
        sid: u64,
        offset: u64,
        open: Option<Open>,
        is_last: bool,
        bytes: &'a [u8],
    },
    /// Fire-and-forget messages, each behind its length.
    Batch {
        sid: u64,
        sequence: u64,
        open: Option<Open>,
        records: &'a [u8],
    },
    /// A part of a fire-and-forget message.
    Piece {
        sid: u64,
        sequence: u64,
        total: u64,
        offset: u64,
        open: Option<Open>,
        bytes: &'a [u8],
    },
    MaxData(u64),
    MaxStreamData {
        sid: u64,
        limit: u64,
    },
    MaxStreams(u64),
    /// The sender gives a stream up, after so many bytes.
    Reset {
        sid: u64,
        code: u64,
        end: u64,
    },
    /// The receiver wants nothing more of a stream.
    Stop {
        sid: u64,
        code: u64,
    },
    /// So many messages of a stream were dropped by the receiver's queue so far.
    Dropped {
        sid: u64,
        count: u64,
    },
    PathChallenge([u8; 8]),
    /// The answer, and the address that the challenge came from.
    PathResponse([u8; 8], Option<SocketAddr>),
    Close {
        code: u64,
        reason: &'a [u8],
    },
}

impl Frame<'_> {
    /// The feature that both sides must have for it; 0 for what every node reads.
    pub(crate) fn feature(&self) -> u64 {
        match self {
            Self::Ack(Ack { marks: Some(_), .. }) => features::ECN,
            _ => 0,
        }
    }

    /// Whether the other side acknowledges a packet because of it.
    pub(crate) fn is_acknowledged(&self) -> bool {
        !matches!(self, Self::Padding | Self::Ack(_) | Self::Close { .. })
    }
}

/// A frame that cannot be read; the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;
