//! The frames that this crate writes and reads are those of the spec.

use super::{DataForm, DataHead, Frame, Frames, WriteFrame};
use crate::{ranges::Ranges, stream::Open, varint};
use net_types::wire::mesh::*;

/// Numbers of every size, from a seed.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bits = self.0 >> 58;
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) & varint::MAX) >> (bits % 62)
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.next() % 100).map(|_| self.next() as u8).collect()
    }

    fn open(&mut self) -> Option<Open> {
        let (kind, options) = (self.next() as u8, self.next() as u8 & 127);
        self.next().is_multiple_of(2).then(|| Open { kind, id: self.next(), options, sequence: self.next() })
    }
}

fn only(bytes: &[u8]) -> Frame<'_> {
    let mut frames = Frames::new(bytes);
    let frame = frames.next().expect("a frame").expect("sound");
    assert!(frames.next().is_none(), "nothing follows");
    frame
}

fn spec(open: Option<Open>) -> Option<StreamOpen> {
    open.map(|open| StreamOpen {
        kind: open.kind,
        id: open.id,
        options_fire_and_forget: open.options & 1 == 1,
        options_window: open.options >> 1 & 63,
        options_rest: false,
        sequence: open.sequence,
    })
}

#[test]
fn frames_of_data_are_those_of_the_spec() {
    let mut numbers = Numbers(1);
    for round in 0..2_000 {
        let (sid, sequence, open, bytes) = (numbers.next(), numbers.next(), numbers.open(), numbers.bytes());
        let (offset, total, is_last) = (numbers.next() / 2, numbers.next(), round % 2 == 0);
        let write = |form| {
            let mut out = Vec::new();
            let head = DataHead { form, sid, open };
            out.data(&head, Some(bytes.len()));
            assert_eq!(out.len(), head.size() + varint::size(bytes.len() as u64));
            out.extend_from_slice(&bytes);
            out
        };
        let written = write(DataForm::Stream { offset, is_last });
        let data = bytes.clone().into();
        let layout = StreamFrame {
            flags_is_last: is_last,
            flags_to_end: false,
            flags_rest: 0,
            stream: sid,
            offset,
            open: spec(open),
            data,
        };
        assert_eq!(layout.encode().expect("encodes"), written);
        assert_eq!(only(&written), Frame::Stream { sid, offset, open, is_last, bytes: &bytes });

        let written = write(DataForm::Batch { sequence });
        let layout = BatchFrame {
            flags_unused: false,
            flags_to_end: false,
            flags_rest: 0,
            stream: sid,
            sequence,
            open: spec(open),
            records: bytes.clone().into(),
        };
        assert_eq!(layout.encode().expect("encodes"), written);
        assert_eq!(only(&written), Frame::Batch { sid, sequence, open, records: &bytes });

        let written = write(DataForm::Piece { sequence, total, offset });
        let layout = PieceFrame {
            flags_unused: false,
            flags_to_end: false,
            flags_rest: 0,
            stream: sid,
            sequence,
            total,
            offset,
            open: spec(open),
            data: bytes.clone().into(),
        };
        assert_eq!(layout.encode().expect("encodes"), written);
        assert_eq!(only(&written), Frame::Piece { sid, sequence, total, offset, open, bytes: &bytes });
    }
}

#[test]
fn frames_of_numbers_are_those_of_the_spec() {
    let mut numbers = Numbers(2);
    for _ in 0..500 {
        let (stream, code, limit, count, end) =
            (numbers.next(), numbers.next(), numbers.next(), numbers.next(), numbers.next());
        let pairs = [
            (Frame::MaxData(limit), MaxDataFrame { limit }.encode()),
            (Frame::MaxStreamData { sid: stream, limit }, MaxStreamDataFrame { stream, limit }.encode()),
            (Frame::MaxStreams(limit), MaxStreamsFrame { limit }.encode()),
            (Frame::Reset { sid: stream, code, end }, ResetFrame { stream, code, end }.encode()),
            (Frame::Stop { sid: stream, code }, StopFrame { stream, code }.encode()),
            (Frame::Dropped { sid: stream, count }, DroppedFrame { stream, count }.encode()),
            (Frame::PathChallenge([7; 8]), PathChallengeFrame { token: [7; 8] }.encode()),
        ];
        for (frame, layout) in pairs {
            let mut written = Vec::new();
            written.frame(&frame);
            assert_eq!(layout.expect("encodes"), written, "{frame:?}");
            assert_eq!(only(&written), frame);
        }
        let (mut written, reason) = (Vec::new(), "a text".repeat(count as usize % 8));
        written.close(code, &reason);
        let layout = CloseFrame { code, reason: reason.clone().into_bytes().into() };
        assert_eq!(layout.encode().expect("encodes"), written);
        assert_eq!(only(&written), Frame::Close { code, reason: reason.as_bytes() });
    }
}

#[test]
fn answers_on_paths_are_those_of_the_spec() {
    for (address, family, bytes) in [
        (None, 0, vec![]),
        (Some(([127, 0, 0, 1], 513).into()), 4, vec![127, 0, 0, 1, 1, 2]),
        (Some(([1_u16, 0, 0, 0, 0, 0, 0, 2], 513).into()), 6, {
            vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2]
        }),
    ] {
        let mut written = Vec::new();
        written.path_response([9; 8], address);
        let layout = PathResponseFrame { token: [9; 8], family, address: bytes.into() };
        assert_eq!(layout.encode().expect("encodes"), written);
        assert_eq!(only(&written), Frame::PathResponse([9; 8], address));
    }
}

#[test]
fn acknowledgements_are_those_of_the_spec() {
    let mut numbers = Numbers(3);
    for _ in 0..500 {
        let mut ranges = Ranges::default();
        for _ in 0..numbers.next() % 40 + 1 {
            let start = numbers.next() % 5_000;
            ranges.insert(start..start + numbers.next() % 50 + 1);
        }
        let (mut written, delay) = (Vec::new(), numbers.next());
        written.ack(delay, None, ranges.descending(), 32);
        let layout = AckFrame::decode(&written).expect("decodes");
        assert_eq!(layout.encode().expect("encodes"), written);
        let mut more = layout.more.as_ref();
        let mut decoded = vec![(layout.largest - layout.first, layout.largest)];
        for _ in 0..layout.count {
            // Ranges stand one behind the other, so each one's end is found by encoding it again.
            let length = (2..=more.len()).find(|length| AckRange::decode(&more[..*length]).is_ok());
            let (one, rest) = more.split_at(length.expect("a range"));
            let one = AckRange::decode(one).expect("decodes");
            let (low, _) = decoded[decoded.len() - 1];
            let high = low - one.gap - 2;
            decoded.push((high - one.length, high));
            more = rest;
        }
        let expected: Vec<_> =
            ranges.descending().take(32).map(|range| (range.start, range.end - 1)).collect();
        assert_eq!(decoded, expected);
        let Frame::Ack(ack) = only(&written) else { panic!("another frame") };
        assert_eq!((ack.largest, ack.delay), (expected[0].1, delay));
        assert!(ack.marks.is_none() && ack.ranges().eq(expected.iter().copied()));

        let (mut written, marks) = (Vec::new(), [numbers.next(), numbers.next(), numbers.next()]);
        written.ack(delay, Some(marks), ranges.descending(), 32);
        let marked = AckMarksFrame::decode(&written).expect("decodes");
        assert_eq!(marked.encode().expect("encodes"), written);
        assert_eq!([marked.capable, marked.capable_too, marked.congested], marks);
        assert_eq!((marked.largest, marked.count, marked.more), (layout.largest, layout.count, layout.more));
        let Frame::Ack(ack) = only(&written) else { panic!("another frame") };
        assert!(ack.marks == Some(marks) && ack.ranges().eq(expected));
    }
}

#[test]
fn nothing_that_can_come_makes_reading_fail() {
    let mut numbers = Numbers(4);
    for _ in 0..200_000 {
        let mut bytes = numbers.bytes();
        if let Some(first) = bytes.first_mut() {
            *first %= 18;
        }
        for frame in Frames::new(&bytes) {
            if let Ok(Frame::Ack(ack)) = frame {
                assert!(ack.ranges().all(|(low, high)| low <= high && high <= ack.largest));
            }
        }
    }
}
