//! Writing frames behind what a packet holds.

use super::{Frame, flag, kind};
use crate::{stream::Open, varint};
use std::net::{IpAddr, SocketAddr};

/// Writes frames behind what a buffer holds.
pub(crate) trait WriteFrame {
    /// A varint.
    fn varint(&mut self, value: u64);

    /// Kind and varints of a frame that has nothing else.
    fn numbers(&mut self, kind: u8, numbers: &[u64]);

    /// Up to `most` ranges, the highest first, and counts of the packets that came marked if the peer reads them.
    fn ack(
        &mut self,
        delay: u64,
        marks: Option<[u64; 3]>,
        ranges: impl Iterator<Item = std::ops::Range<u64>> + Clone,
        most: usize,
    );

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

    fn ack(
        &mut self,
        delay: u64,
        marks: Option<[u64; 3]>,
        ranges: impl Iterator<Item = std::ops::Range<u64>> + Clone,
        most: usize,
    ) {
        let more = ranges.clone().take(most).count().saturating_sub(1);
        let mut ranges = ranges.take(most);
        let Some(first) = ranges.next() else { return };
        self.numbers(if marks.is_some() { kind::ACK_MARKS } else { kind::ACK }, &[first.end - 1, delay]);
        marks.into_iter().flatten().for_each(|count| self.varint(count));
        self.varint(more as u64);
        self.varint(first.end - 1 - first.start);
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
