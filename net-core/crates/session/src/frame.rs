//! Frames: what stands sealed in a packet, one behind the other.

use crate::{stream::Open, varint};
use std::net::{IpAddr, SocketAddr};

/// Kinds of frames.
mod kind {
    pub(super) const PADDING: u8 = 0x00;
    pub(super) const PING: u8 = 0x01;
    pub(super) const ACK: u8 = 0x02;
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
    /// Whether the other side acknowledges a packet because of it.
    pub(crate) fn is_acknowledged(&self) -> bool {
        !matches!(self, Self::Padding | Self::Ack(_) | Self::Close { .. })
    }
}

/// Ranges of packet numbers that have arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ack<'a> {
    pub(crate) largest: u64,
    /// Microseconds for which it was held back.
    pub(crate) delay: u64,
    first: u64,
    more: &'a [u8],
}

impl Ack<'_> {
    /// Lowest and highest number of each range, the highest range first.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut reader = Reader(self.more);
        let mut low = self.largest - self.first;
        std::iter::once((low, self.largest)).chain(std::iter::from_fn(move || {
            let (gap, length) = (reader.varint()?, reader.varint()?);
            let high = low - gap - 2;
            low = high - length;
            Some((low, high))
        }))
    }
}

/// A frame that cannot be read; the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Reads the frames of a packet.
pub(crate) struct Frames<'a>(Reader<'a>);

impl<'a> Frames<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(Reader(bytes))
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.0.byte()?;
        if kind == kind::PADDING {
            let padding = self.0.0.iter().take_while(|byte| **byte == 0).count();
            self.0.0 = &self.0.0[padding..];
            return Some(Ok(Frame::Padding));
        }
        let frame = self.0.frame(kind).ok_or(Malformed);
        if frame.is_err() {
            self.0.0 = &[];
        }
        Some(frame)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn frame(&mut self, kind: u8) -> Option<Frame<'a>> {
        Some(match kind {
            kind::PING => Frame::Ping,
            kind::ACK => Frame::Ack(self.ack()?),
            kind::STREAM => {
                let flags = self.flags(flag::OPEN | flag::FIN | flag::TO_END)?;
                let (sid, offset) = (self.varint()?, self.varint()?);
                let open = self.open(flags)?;
                let bytes = self.data(flags)?;
                (offset + bytes.len() as u64 <= varint::MAX).then_some(())?;
                Frame::Stream { sid, offset, open, is_last: flags & flag::FIN != 0, bytes }
            }
            kind::BATCH => {
                let flags = self.flags(flag::OPEN | flag::TO_END)?;
                let (sid, sequence) = (self.varint()?, self.varint()?);
                let open = self.open(flags)?;
                Frame::Batch { sid, sequence, open, records: self.data(flags)? }
            }
            kind::PIECE => {
                let flags = self.flags(flag::OPEN | flag::TO_END)?;
                let (sid, sequence) = (self.varint()?, self.varint()?);
                let (total, offset) = (self.varint()?, self.varint()?);
                let open = self.open(flags)?;
                Frame::Piece { sid, sequence, total, offset, open, bytes: self.data(flags)? }
            }
            kind::MAX_DATA => Frame::MaxData(self.varint()?),
            kind::MAX_STREAM_DATA => Frame::MaxStreamData { sid: self.varint()?, limit: self.varint()? },
            kind::MAX_STREAMS => Frame::MaxStreams(self.varint()?),
            kind::RESET => Frame::Reset { sid: self.varint()?, code: self.varint()?, end: self.varint()? },
            kind::STOP => Frame::Stop { sid: self.varint()?, code: self.varint()? },
            kind::DROPPED => Frame::Dropped { sid: self.varint()?, count: self.varint()? },
            kind::PATH_CHALLENGE => Frame::PathChallenge(self.array()?),
            kind::PATH_RESPONSE => Frame::PathResponse(self.array()?, self.address()?),
            kind::CLOSE => {
                let code = self.varint()?;
                let length = self.varint()?;
                Frame::Close { code, reason: self.take(length)? }
            }
            _ => return None,
        })
    }

    /// An acknowledgement whose ranges do not fall below zero.
    fn ack(&mut self) -> Option<Ack<'a>> {
        let (largest, delay, count, first) =
            (self.varint()?, self.varint()?, self.varint()?, self.varint()?);
        let mut low = largest.checked_sub(first)?;
        let before = self.0;
        for _ in 0..count {
            let (gap, length) = (self.varint()?, self.varint()?);
            low = low.checked_sub(gap)?.checked_sub(2)?.checked_sub(length)?;
        }
        let more = &before[..before.len() - self.0.len()];
        Some(Ack { largest, delay, first, more })
    }

    fn open(&mut self, flags: u8) -> Option<Option<Open>> {
        if flags & flag::OPEN == 0 {
            return Some(None);
        }
        let (kind, id, options) = (self.byte()?, u64::from_le_bytes(self.array()?), self.byte()?);
        Some(Some(Open { kind, id, options, sequence: self.varint()? }))
    }

    fn data(&mut self, flags: u8) -> Option<&'a [u8]> {
        if flags & flag::TO_END != 0 {
            return Some(std::mem::take(&mut self.0));
        }
        let length = self.varint()?;
        self.take(length)
    }

    fn address(&mut self) -> Option<Option<SocketAddr>> {
        let ip: IpAddr = match self.byte()? {
            0 => return Some(None),
            4 => self.array::<4>()?.into(),
            6 => self.array::<16>()?.into(),
            _ => return None,
        };
        Some(Some(SocketAddr::new(ip, u16::from_le_bytes(self.array()?))))
    }

    fn flags(&mut self, known: u8) -> Option<u8> {
        self.byte().filter(|flags| flags & !known == 0)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let (value, size) = varint::decode(self.0)?;
        self.0 = &self.0[size..];
        Some(value)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N as u64)?.try_into().ok()
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }
}

/// Writes frames behind what a buffer holds.
pub(crate) trait WriteFrame {
    /// A varint.
    fn varint(&mut self, value: u64);

    /// Kind and varints of a frame that has nothing else.
    fn numbers(&mut self, kind: u8, numbers: &[u64]);

    /// Up to `most` ranges, the highest first.
    fn ack(&mut self, delay: u64, ranges: impl Iterator<Item = std::ops::Range<u64>> + Clone, most: usize);

    /// A frame that carries data, up to the data. With a length the data is followed by other frames, without one by nothing.
    fn data(&mut self, head: &DataHead, length: Option<usize>);

    fn close(&mut self, code: u64, reason: &str);

    fn path_response(&mut self, token: [u8; 8], address: Option<SocketAddr>);

    /// A frame without data.
    fn frame(&mut self, frame: &Frame<'_>);
}

/// What stands in front of the data of a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DataHead {
    pub(crate) form: DataForm,
    pub(crate) sid: u64,
    pub(crate) open: Option<Open>,
}

/// See [`DataHead`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum DataForm {
    Stream { offset: u64, is_last: bool },
    Batch { sequence: u64 },
    Piece { sequence: u64, total: u64, offset: u64 },
}

impl DataHead {
    /// Bytes in front of the length.
    pub(crate) fn size(&self) -> usize {
        let numbers = match self.form {
            DataForm::Stream { offset, .. } => varint::size(offset),
            DataForm::Batch { sequence } => varint::size(sequence),
            DataForm::Piece { sequence, total, offset } => {
                varint::size(sequence) + varint::size(total) + varint::size(offset)
            }
        };
        let open = self.open.map_or(0, |open| 10 + varint::size(open.sequence));
        2 + varint::size(self.sid) + numbers + open
    }
}

impl WriteFrame for Vec<u8> {
    fn varint(&mut self, value: u64) {
        let (bytes, size) = varint::encode(value);
        self.extend_from_slice(&bytes[..size]);
    }

    fn numbers(&mut self, kind: u8, numbers: &[u64]) {
        self.push(kind);
        numbers.iter().for_each(|number| self.varint(*number));
    }

    fn ack(&mut self, delay: u64, ranges: impl Iterator<Item = std::ops::Range<u64>> + Clone, most: usize) {
        let more = ranges.clone().take(most).count().saturating_sub(1);
        let mut ranges = ranges.take(most);
        let Some(first) = ranges.next() else { return };
        self.numbers(kind::ACK, &[first.end - 1, delay, more as u64, first.end - 1 - first.start]);
        let mut low = first.start;
        for range in ranges {
            self.varint(low - range.end - 1);
            self.varint(range.end - 1 - range.start);
            low = range.start;
        }
    }

    fn data(&mut self, head: &DataHead, length: Option<usize>) {
        let open = if head.open.is_some() { flag::OPEN } else { 0 };
        let to_end = if length.is_none() { flag::TO_END } else { 0 };
        match head.form {
            DataForm::Stream { offset, is_last } => {
                let fin = if is_last { flag::FIN } else { 0 };
                self.extend_from_slice(&[kind::STREAM, open | fin | to_end]);
                self.varint(head.sid);
                self.varint(offset);
            }
            DataForm::Batch { sequence } => {
                self.extend_from_slice(&[kind::BATCH, open | to_end]);
                self.varint(head.sid);
                self.varint(sequence);
            }
            DataForm::Piece { sequence, total, offset } => {
                self.extend_from_slice(&[kind::PIECE, open | to_end]);
                [head.sid, sequence, total, offset].iter().for_each(|number| self.varint(*number));
            }
        }
        if let Some(open) = head.open {
            self.push(open.kind);
            self.extend_from_slice(&open.id.to_le_bytes());
            self.push(open.options);
            self.varint(open.sequence);
        }
        if let Some(length) = length {
            self.varint(length as u64);
        }
    }

    fn close(&mut self, code: u64, reason: &str) {
        self.numbers(kind::CLOSE, &[code, reason.len() as u64]);
        self.extend_from_slice(reason.as_bytes());
    }

    fn path_response(&mut self, token: [u8; 8], address: Option<SocketAddr>) {
        self.push(kind::PATH_RESPONSE);
        self.extend_from_slice(&token);
        match address.map(|address| address.ip()) {
            None => self.push(0),
            Some(IpAddr::V4(ip)) => {
                self.push(4);
                self.extend_from_slice(&ip.octets());
            }
            Some(IpAddr::V6(ip)) => {
                self.push(6);
                self.extend_from_slice(&ip.octets());
            }
        }
        if let Some(address) = address {
            self.extend_from_slice(&address.port().to_le_bytes());
        }
    }

    fn frame(&mut self, frame: &Frame<'_>) {
        match *frame {
            Frame::Ping => self.push(kind::PING),
            Frame::MaxData(limit) => self.numbers(kind::MAX_DATA, &[limit]),
            Frame::MaxStreamData { sid, limit } => self.numbers(kind::MAX_STREAM_DATA, &[sid, limit]),
            Frame::MaxStreams(limit) => self.numbers(kind::MAX_STREAMS, &[limit]),
            Frame::Reset { sid, code, end } => self.numbers(kind::RESET, &[sid, code, end]),
            Frame::Stop { sid, code } => self.numbers(kind::STOP, &[sid, code]),
            Frame::Dropped { sid, count } => self.numbers(kind::DROPPED, &[sid, count]),
            Frame::PathChallenge(token) => {
                self.push(kind::PATH_CHALLENGE);
                self.extend_from_slice(&token);
            }
            Frame::PathResponse(token, address) => self.path_response(token, address),
            Frame::Padding => self.push(kind::PADDING),
            Frame::Ack(_)
            | Frame::Stream { .. }
            | Frame::Batch { .. }
            | Frame::Piece { .. }
            | Frame::Close { .. } => {
                unreachable!("these have writers of their own")
            }
        }
    }
}
