//! Reading frames; what they hold stays where it is.

use super::{Frame, Malformed, flag, kind};
use crate::{stream::Open, varint};
use std::net::{IpAddr, SocketAddr};

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
            kind::ACK => Frame::Ack(self.ack(false)?),
            kind::ACK_MARKS => Frame::Ack(self.ack(true)?),
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
    fn ack(&mut self, has_marks: bool) -> Option<Ack<'a>> {
        let (largest, delay) = (self.varint()?, self.varint()?);
        let marks = if has_marks { Some([self.varint()?, self.varint()?, self.varint()?]) } else { None };
        let (count, first) = (self.varint()?, self.varint()?);
        let mut low = largest.checked_sub(first)?;
        let before = self.0;
        for _ in 0..count {
            let (gap, length) = (self.varint()?, self.varint()?);
            low = low.checked_sub(gap)?.checked_sub(2)?.checked_sub(length)?;
        }
        let more = &before[..before.len() - self.0.len()];
        Some(Ack { largest, delay, marks, first, more })
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

/// Ranges of packet numbers that have arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ack<'a> {
    pub(crate) largest: u64,
    /// Microseconds for which it was held back.
    pub(crate) delay: u64,
    /// Packets that came marked: as capable in either way, and as congested.
    pub(crate) marks: Option<[u64; 3]>,
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
