//! The own streams of a session: who sends next, and what became of what was sent.

use super::{Allowance, Open, OpenStream, ReliableOut, UnreliableOut, is_own, message_limit, unreliable_out};
use crate::{StreamId, config::limits, session::SentFrame, stats::StreamStats};
use bytes::Bytes;
use net_types::mesh::StreamError;
use std::collections::{BTreeMap, VecDeque};

/// All own streams.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Boxed, since a node of the map has room for many.
    streams: BTreeMap<u64, Box<OutgoingStream>>,
    /// Streams that have something to send, each once.
    ready: VecDeque<u64>,
    /// Streams whose user waits for room.
    waiting: Vec<u64>,
    next: u64,
    peer: Allowance,
    /// Streams below this number may be opened.
    max_streams: u64,
    max_data: u64,
    data_sent: u64,
    /// Bytes that all streams keep.
    kept: u64,
}

/// An own stream.
#[derive(Debug)]
pub(crate) struct OutgoingStream {
    pub(super) open: Open,
    /// Whether the peer knows what OPEN says.
    pub(super) is_known: bool,
    pub(super) form: Form,
    is_ready: bool,
    sequence: u64,
    refused: u64,
    /// Bytes that its user waits for room for.
    wanted: Option<u64>,
}

#[derive(Debug)]
pub(super) enum Form {
    Reliable(ReliableOut),
    Unreliable(UnreliableOut),
}

impl Form {
    fn kept(&self) -> u64 {
        match self {
            Self::Reliable(stream) => stream.kept(),
            Self::Unreliable(stream) => stream.kept(),
        }
    }

    fn has_room(&self, cost: u64) -> bool {
        match self {
            Self::Reliable(stream) => stream.has_room(cost),
            Self::Unreliable(stream) => stream.has_room(cost),
        }
    }

    fn keeps_messages(&self) -> bool {
        match self {
            Self::Reliable(stream) => stream.keeps_messages(),
            Self::Unreliable(stream) => stream.kept() > 0,
        }
    }

    fn is_finished(&self) -> bool {
        match self {
            Self::Reliable(stream) => stream.is_finished(),
            Self::Unreliable(stream) => stream.is_finished,
        }
    }
}

/// What an acknowledgement or a loss led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Nothing,
    /// All of a finished stream has arrived.
    Delivered,
    /// The number of lost messages has changed.
    Lost(i64),
}

impl Outgoing {
    pub(crate) fn new(peer: Allowance) -> Self {
        let mut streams = Self {
            streams: BTreeMap::new(),
            ready: VecDeque::new(),
            waiting: Vec::new(),
            next: 0,
            peer,
            max_streams: peer.max_streams,
            max_data: peer.max_data,
            data_sent: 0,
            kept: 0,
        };
        for sid in [StreamId::CONTROL.0, StreamId::GOSSIP.0] {
            let open = Open::own(sid);
            let allowance = own_allowance();
            let form = ReliableOut::new(open, limits::OWN_STREAM_WINDOW, &allowance);
            streams.insert(open, Form::Reliable(form), true);
        }
        streams
    }

    pub(crate) fn open(&mut self, stream: &OpenStream) -> Result<u64, StreamError> {
        if self.next >= self.max_streams {
            return Err(StreamError::WindowFull);
        }
        let (open, window) = (Open::of(stream), u64::from(stream.window));
        let form = if stream.is_reliable {
            Form::Reliable(ReliableOut::new(open, window, &self.peer))
        } else {
            Form::Unreliable(UnreliableOut::new(open, window, &self.peer))
        };
        Ok(self.insert(open, form, false))
    }

    fn insert(&mut self, open: Open, form: Form, is_known: bool) -> u64 {
        let sid = self.next;
        self.next += 1;
        let sequence = open.sequence;
        let stream =
            OutgoingStream { open, is_known, form, is_ready: false, sequence, refused: 0, wanted: None };
        self.streams.insert(sid, Box::new(stream));
        sid
    }

    /// Takes all of the messages or none.
    pub(crate) fn send(&mut self, sid: u64, messages: &[Bytes]) -> Result<(), StreamError> {
        let budget = limits::SEND_BUFFER as u64;
        let is_long = matches!(messages, [only] if only.len() as u64 > budget / 2);
        // What nodes tell each other by themselves keeps nobody's message back.
        let keeps_another =
            || self.streams.iter().any(|(other, stream)| !is_own(*other) && stream.form.keeps_messages());
        let is_alone = is_long && !keeps_another();
        let stream = self.streams.get_mut(&sid).ok_or(StreamError::Closed)?;
        if stream.form.is_finished() {
            return Err(StreamError::Closed);
        }
        let limit = message_limit(matches!(stream.form, Form::Reliable(_)));
        if let Some(long) = messages.iter().find(|message| message.len() > limit) {
            return Err(StreamError::MessageTooLarge { length: long.len() as u64, limit: limit as u64 });
        }
        let cost = match &stream.form {
            Form::Reliable(_) => messages.iter().map(ReliableOut::cost).sum::<u64>(),
            Form::Unreliable(_) => messages.iter().map(unreliable_out::cost).sum(),
        };
        let fits_budget = self.kept + cost <= budget || is_alone;
        if !(stream.form.has_room(cost) && fits_budget) {
            stream.refused += 1;
            if stream.wanted.replace(cost).is_none() {
                self.waiting.push(sid);
            }
            return Err(StreamError::WindowFull);
        }
        let before = stream.form.kept();
        for message in messages {
            match &mut stream.form {
                Form::Reliable(stream) => stream.write(message),
                Form::Unreliable(stream) => stream.write(message),
            }
        }
        stream.sequence += messages.len() as u64;
        self.kept += stream.form.kept() - before;
        self.enqueue(sid);
        Ok(())
    }

    /// Says in a reliable stream that messages were left out here.
    pub(crate) fn skip(&mut self, sid: u64, count: u64) -> Result<(), StreamError> {
        let stream = self.streams.get_mut(&sid).ok_or(StreamError::Closed)?;
        if stream.form.is_finished() {
            return Err(StreamError::Closed);
        }
        stream.sequence += count;
        if let Form::Reliable(form) = &mut stream.form {
            let before = form.kept();
            form.write_skipped(count);
            self.kept += form.kept() - before;
        }
        self.enqueue(sid);
        Ok(())
    }

    /// Ends a stream once all of it has been sent. True if nothing has to be sent any more.
    pub(crate) fn finish(&mut self, sid: u64) -> Result<(), StreamError> {
        let stream = self.streams.get_mut(&sid).filter(|_| !is_own(sid)).ok_or(StreamError::Closed)?;
        match &mut stream.form {
            Form::Reliable(stream) => stream.finish(),
            Form::Unreliable(stream) => stream.is_finished = true,
        }
        self.enqueue(sid);
        Ok(())
    }

    /// Gives a stream up; what it held is gone. How many bytes the peer has to count for it.
    pub(crate) fn remove(&mut self, sid: u64) -> Option<u64> {
        let stream = self.streams.remove(&sid).filter(|_| !is_own(sid))?;
        self.kept -= stream.form.kept();
        self.waiting.retain(|waiting| *waiting != sid);
        match stream.form {
            Form::Reliable(stream) => Some(stream.sent()),
            Form::Unreliable(_) => Some(0),
        }
    }

    /// The fire-and-forget stream that has ended and is settled, so that the peer may be told.
    pub(crate) fn settled(&self, sid: u64) -> bool {
        self.streams.get(&sid).is_some_and(|stream| match &stream.form {
            Form::Unreliable(stream) => stream.is_finished && stream.is_settled(),
            Form::Reliable(_) => false,
        })
    }

    /// Bytes of a stream that can be sent as far as the peer's credit goes.
    pub(crate) fn sendable(&self, sid: u64) -> u64 {
        match self.streams.get(&sid).map(|stream| &stream.form) {
            Some(Form::Reliable(form)) => form.available(u64::MAX, self.max_data - self.data_sent),
            Some(Form::Unreliable(form)) => form.kept(),
            None => 0,
        }
    }

    /// Whether something can be sent.
    pub(crate) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.kept == 0 && self.ready.is_empty()
    }

    pub(crate) fn stats(&self, sid: u64) -> Option<StreamStats> {
        let stream = self.streams.get(&sid)?;
        let (next_sequence, refused) = (stream.sequence, stream.refused);
        let stats = match &stream.form {
            Form::Reliable(form) => StreamStats {
                outstanding: form.outstanding(),
                written: form.written(),
                acknowledged: form.acknowledged(),
                window: form.window(),
                ..StreamStats::default()
            },
            Form::Unreliable(form) => StreamStats {
                outstanding: form.outstanding(),
                window: form.window(),
                lost: form.lost,
                dropped: form.dropped,
                ..StreamStats::default()
            },
        };
        Some(StreamStats { next_sequence, refused, ..stats })
    }

    /// Fills a packet up to `end` with frames of data. `largest` is what an empty packet holds.
    pub(crate) fn fill(
        &mut self,
        out: &mut Vec<u8>,
        end: usize,
        largest: usize,
        sent: &mut VecDeque<SentFrame>,
    ) {
        while let Some(sid) = self.ready.front().copied() {
            let credit = if is_own(sid) { u64::MAX } else { self.max_data - self.data_sent };
            let Some(stream) = self.streams.get_mut(&sid) else {
                self.ready.pop_front();
                continue;
            };
            let before = out.len();
            let kept = stream.form.kept();
            let new = stream.fill(sid, out, end, largest, credit, sent);
            self.kept = self.kept + stream.form.kept() - kept;
            let credit = if is_own(sid) {
                credit
            } else {
                self.data_sent += new;
                credit - new
            };
            if !stream.has_more(credit) {
                stream.is_ready = false;
                self.ready.pop_front();
            } else if out.len() == before || end - out.len() < 48 {
                // Others have their turn in the next packet.
                self.ready.rotate_left(1);
                return;
            }
        }
    }

    /// A frame was acknowledged; `was_lost` if it had been declared lost before.
    pub(crate) fn acknowledge(&mut self, frame: SentFrame, was_lost: bool) -> Outcome {
        let Some((sid, stream)) = frame.sid().and_then(|sid| Some((sid, self.streams.get_mut(&sid)?))) else {
            return Outcome::Nothing;
        };
        let before = stream.form.kept();
        let outcome = match (&mut stream.form, frame) {
            (Form::Reliable(form), SentFrame::Stream { offset, length, is_last, .. }) => {
                form.acknowledge(offset..offset + u64::from(length), is_last);
                if form.is_delivered() { Outcome::Delivered } else { Outcome::Nothing }
            }
            (Form::Unreliable(form), SentFrame::Batch { written, .. }) => {
                Outcome::Lost(form.acknowledge(written, was_lost))
            }
            _ => Outcome::Nothing,
        };
        stream.is_known |= frame.has_open();
        self.kept = self.kept + stream.form.kept() - before;
        if outcome == Outcome::Delivered {
            self.streams.remove(&sid);
        }
        outcome
    }

    /// A frame was lost.
    pub(crate) fn lose(&mut self, frame: SentFrame) -> Outcome {
        let Some((sid, stream)) = frame.sid().and_then(|sid| Some((sid, self.streams.get_mut(&sid)?))) else {
            return Outcome::Nothing;
        };
        match (&mut stream.form, frame) {
            (Form::Reliable(form), SentFrame::Stream { offset, length, is_last, .. }) => {
                form.lose(offset..offset + u64::from(length), is_last);
                self.enqueue(sid);
                Outcome::Nothing
            }
            (Form::Unreliable(form), SentFrame::Batch { written, .. }) => Outcome::Lost(form.lose(written)),
            _ => Outcome::Nothing,
        }
    }

    /// A frame that was lost will not be acknowledged any more.
    pub(crate) fn forget(&mut self, frame: SentFrame) {
        if let SentFrame::Batch { sid, written, .. } = frame
            && let Some(OutgoingStream { form: Form::Unreliable(form), .. }) =
                self.streams.get_mut(&sid).map(|stream| &mut **stream)
        {
            form.forget(written);
        }
    }

    /// The peer takes more of a stream. False if it never can have heard of the stream.
    pub(crate) fn raise_stream(&mut self, sid: u64, limit: u64) -> bool {
        if let Some(OutgoingStream { form: Form::Reliable(form), .. }) =
            self.streams.get_mut(&sid).map(|stream| &mut **stream)
            && form.raise_limit(limit)
        {
            self.enqueue(sid);
        }
        sid < self.next
    }

    /// The peer takes more over all streams.
    pub(crate) fn raise_data(&mut self, limit: u64) {
        if limit > self.max_data {
            self.max_data = limit;
            let credit = limit - self.data_sent;
            for (sid, stream) in &mut self.streams {
                if !stream.is_ready && stream.has_more(credit) {
                    stream.is_ready = true;
                    self.ready.push_back(*sid);
                }
            }
        }
    }

    pub(crate) fn raise_streams(&mut self, limit: u64) {
        self.max_streams = self.max_streams.max(limit);
    }

    /// The peer's queue has dropped so many messages so far.
    pub(crate) fn dropped(&mut self, sid: u64, count: u64) -> bool {
        if let Some(OutgoingStream { form: Form::Unreliable(form), .. }) =
            self.streams.get_mut(&sid).map(|stream| &mut **stream)
        {
            form.dropped = form.dropped.max(count);
        }
        sid < self.next
    }

    /// Takes a stream whose user waited for room that is there now.
    pub(crate) fn take_writable(&mut self) -> Option<u64> {
        if self.waiting.is_empty() {
            return None;
        }
        let has_room = |sid: &u64| {
            self.streams.get(sid).is_none_or(|stream| {
                let cost = stream.wanted.unwrap_or(0);
                let fits = self.kept + cost <= limits::SEND_BUFFER as u64 || self.kept == 0;
                fits && stream.form.has_room(cost)
            })
        };
        let at = self.waiting.iter().position(has_room)?;
        let sid = self.waiting.swap_remove(at);
        if let Some(stream) = self.streams.get_mut(&sid) {
            stream.wanted = None;
        }
        Some(sid)
    }

    pub(crate) fn shrink(&mut self) {
        for stream in self.streams.values_mut() {
            if let Form::Reliable(form) = &mut stream.form {
                form.shrink();
            }
        }
        self.ready.shrink_to_fit();
    }

    fn enqueue(&mut self, sid: u64) {
        let credit = if is_own(sid) { u64::MAX } else { self.max_data - self.data_sent };
        if let Some(stream) = self.streams.get_mut(&sid)
            && !stream.is_ready
            && stream.has_more(credit)
        {
            stream.is_ready = true;
            self.ready.push_back(sid);
        }
    }
}

/// What the control and the gossip stream may hold, apart from the credit of others.
pub(super) fn own_allowance() -> Allowance {
    Allowance {
        max_data: limits::OWN_STREAM_WINDOW,
        stream_window: limits::OWN_STREAM_WINDOW,
        max_streams: 0,
    }
}
