//! The peer's streams of a session, and the credit for them.

use super::{
    Allowance, Broken, Budget, Grants, Inbox, Open, ReliableIn, StreamKind, UnreliableIn, is_own,
    outgoing::own_allowance,
};
use crate::{
    StreamId,
    config::limits,
    ranges::Ranges,
    session::{Control, StreamEvent},
};
use net_types::mesh::StreamError;
use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

/// All streams of the peer.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// Boxed, since a node of the map has room for many.
    streams: BTreeMap<u64, Box<IncomingStream>>,
    /// Streams that are over.
    closed: Ranges,
    closed_count: u64,
    allowance: Allowance,
    /// Streams below this number may be opened.
    max_streams: u64,
    /// Bytes that the peer may send over all streams.
    max_data: u64,
    received: u64,
    consumed: u64,
    /// Credit beyond the allowance, for messages that are longer than their window.
    reserved: u64,
    budget: Budget,
    /// Fire-and-forget messages that were dropped unread.
    dropped: u64,
    /// Nothing that is not whole is given up before.
    next_expiry: Option<Instant>,
}

/// A stream of the peer.
#[derive(Debug)]
pub(crate) struct IncomingStream {
    form: Form,
    /// Whether its reader was told that there is something.
    is_told: bool,
}

#[derive(Debug)]
enum Form {
    Reliable(ReliableIn),
    Unreliable(UnreliableIn),
}

/// Where a stream's effects go.
pub(crate) struct Effects<'a> {
    pub(crate) events: &'a mut VecDeque<StreamEvent>,
    /// What is to be told at once.
    pub(crate) control: &'a mut Vec<Control>,
    /// What can wait for the next packet, or for the next acknowledgement that is due.
    pub(crate) later: &'a mut Vec<Control>,
}

impl Effects<'_> {
    fn due(&mut self, control: Control) {
        if !self.control.contains(&control) {
            self.control.push(control);
        }
    }

    fn credit(&mut self, control: Control, grant: Grants) {
        match grant {
            Grants::Urgent => self.due(control),
            Grants::Later if self.control.contains(&control) || self.later.contains(&control) => {}
            Grants::Later => self.later.push(control),
        }
    }
}

impl Incoming {
    pub(crate) fn new(allowance: Allowance) -> Self {
        let own = |sid| {
            let form = ReliableIn::new(sid, Open::own(sid), &own_allowance());
            (sid, Box::new(IncomingStream { form: Form::Reliable(form), is_told: false }))
        };
        Self {
            streams: [StreamId::CONTROL.0, StreamId::GOSSIP.0].map(own).into(),
            closed: Ranges::default(),
            closed_count: 0,
            allowance,
            max_streams: allowance.max_streams,
            max_data: allowance.max_data,
            received: 0,
            consumed: 0,
            reserved: 0,
            budget: Budget { used: 0, most: allowance.max_data },
            dropped: 0,
            next_expiry: None,
        }
    }

    /// A range of a reliable stream. Whether its stream is still open.
    pub(crate) fn stream(
        &mut self,
        (sid, open): (u64, Option<Open>),
        (offset, bytes, is_last): (u64, &[u8], bool),
        now: Instant,
        effects: &mut Effects<'_>,
    ) -> Result<bool, Broken> {
        let (received, max_data) = (self.received, self.max_data);
        let Some(stream) = self.stream_of(sid, open, effects)? else { return Ok(false) };
        let Form::Reliable(form) = &mut stream.form else { return Err(Broken("a stream of two kinds")) };
        let growth = form.write(offset, bytes, is_last, now)?;
        let expiry = form.stalls();
        stream.tell(sid, effects);
        self.watch(expiry);
        if !is_own(sid) {
            if received + growth > max_data {
                return Err(Broken("more than the session's credit"));
            }
            self.received += growth;
        }
        self.close_if_finished(sid, effects);
        Ok(true)
    }

    /// Fire-and-forget messages. Whether their stream is still open.
    pub(crate) fn batch(
        &mut self,
        (sid, open): (u64, Option<Open>),
        sequence: u64,
        records: &[u8],
        effects: &mut Effects<'_>,
    ) -> Result<bool, Broken> {
        let mut budget = self.budget;
        let Some(stream) = self.stream_of(sid, open, effects)? else { return Ok(false) };
        let Form::Unreliable(form) = &mut stream.form else { return Err(Broken("a stream of two kinds")) };
        let before = form.dropped;
        form.batch(sequence, records, &mut budget)?;
        let dropped = form.dropped - before;
        stream.tell(sid, effects);
        self.budget = budget;
        self.dropped += dropped;
        Ok(true)
    }

    /// A piece of a fire-and-forget message. How many messages were given up for it; nothing if the stream is closed.
    pub(crate) fn piece(
        &mut self,
        (sid, open): (u64, Option<Open>),
        (sequence, total, offset): (u64, u64, u64),
        bytes: &[u8],
        now: Instant,
        effects: &mut Effects<'_>,
    ) -> Result<Option<u64>, Broken> {
        let mut budget = self.budget;
        let Some(stream) = self.stream_of(sid, open, effects)? else { return Ok(None) };
        let Form::Unreliable(form) = &mut stream.form else { return Err(Broken("a stream of two kinds")) };
        let before = form.dropped;
        let given_up = form.piece(sequence, total, offset, bytes, now, &mut budget)?;
        let (expiry, dropped) = (form.expires(), form.dropped - before);
        stream.tell(sid, effects);
        self.watch(expiry);
        self.budget = budget;
        self.dropped += dropped;
        Ok(Some(given_up))
    }

    /// The peer gives a stream up.
    pub(crate) fn reset(
        &mut self,
        sid: u64,
        code: u64,
        end: u64,
        effects: &mut Effects<'_>,
    ) -> Result<(), Broken> {
        if self.closed.contains(sid) {
            return Ok(());
        }
        if sid >= self.max_streams || is_own(sid) {
            return Err(Broken("a stream that cannot be reset"));
        }
        match self.streams.get_mut(&sid).map(|stream| &mut stream.form) {
            Some(Form::Reliable(form)) => {
                let growth = form.reset(end)?;
                if self.received + growth > self.max_data {
                    return Err(Broken("more than the session's credit"));
                }
                self.received += growth;
                let (unread, reserved) = (form.unread(), form.reserved());
                self.give_back(unread, reserved, effects);
            }
            // Messages that wait are still read; the stream is forgotten with the last of them.
            Some(Form::Unreliable(form)) if code == 0 && form.is_readable() => {
                form.is_ended = true;
                effects.events.push_back(StreamEvent::Ended {
                    sid,
                    is_own: false,
                    error: StreamError::Closed,
                });
                return Ok(());
            }
            Some(Form::Unreliable(form)) => form.clear(&mut self.budget),
            None => {
                // Nothing of it has come: only its bytes are counted.
                if self.received + end > self.max_data {
                    return Err(Broken("more than the session's credit"));
                }
                self.received += end;
                self.give_back(end, 0, effects);
            }
        }
        if self.streams.contains_key(&sid) {
            let error = if code == 0 { StreamError::Closed } else { StreamError::Reset { reset_code: code } };
            effects.events.push_back(StreamEvent::Ended { sid, is_own: false, error });
        }
        self.close(sid, effects);
        Ok(())
    }

    /// The reader wants nothing more of a stream.
    pub(crate) fn stop(&mut self, sid: u64, code: u64, effects: &mut Effects<'_>) -> Result<(), StreamError> {
        let stream = self.streams.get_mut(&sid).filter(|_| !is_own(sid)).ok_or(StreamError::Closed)?;
        match &mut stream.form {
            // The sender answers with a reset, which says how many bytes there were; until then the stream is kept.
            Form::Reliable(_) => {}
            Form::Unreliable(form) => form.clear(&mut self.budget),
        }
        effects.due(Control::Stop { sid, code });
        Ok(())
    }

    /// Reads up to so many messages of a stream, and tells how many it were.
    pub(crate) fn read(
        &mut self,
        sid: u64,
        most: usize,
        inbox: &mut Inbox,
        effects: &mut Effects<'_>,
    ) -> Result<u64, Broken> {
        let Some(stream) = self.streams.get_mut(&sid) else { return Ok(0) };
        let messages = match &mut stream.form {
            Form::Reliable(form) => {
                let grant = form.read(most, inbox)?;
                if let Some(grant) = form.new_limit() {
                    effects.credit(Control::MaxStreamData(sid), grant);
                }
                stream.is_told &= form.is_readable();
                if is_own(sid) {
                    return Ok(grant.messages);
                }
                self.give_back(grant.consumed, grant.released, effects);
                grant.messages
            }
            Form::Unreliable(form) => {
                let messages = form.read(most, inbox, &mut self.budget);
                stream.is_told &= form.is_readable();
                report_dropped(form, sid, effects);
                if form.is_ended && !form.is_readable() {
                    self.close(sid, effects);
                }
                messages
            }
        };
        self.close_if_finished(sid, effects);
        Ok(messages)
    }

    /// Reserves room for the messages at the head of streams that are longer than their windows, out of what the node has
    /// left. Gives back how much was taken.
    pub(crate) fn reserve(&mut self, sid: u64, left: u64, effects: &mut Effects<'_>) -> u64 {
        let Some(IncomingStream { form: Form::Reliable(form), .. }) =
            self.streams.get_mut(&sid).map(|stream| &mut **stream)
        else {
            return 0;
        };
        let lacks = form.lacks();
        if lacks == 0 || self.reserved + lacks > limits::REASSEMBLY_PER_PEER.min(self.reserved + left) {
            return 0;
        }
        form.reserve(lacks);
        self.reserved += lacks;
        self.max_data += if is_own(sid) { 0 } else { lacks };
        effects.due(Control::MaxStreamData(sid));
        effects.due(Control::MaxData);
        lacks
    }

    /// What is reserved beyond the allowance.
    pub(crate) fn reserved(&self) -> u64 {
        self.reserved
    }

    /// What the newest frame of a limit says.
    pub(crate) fn stream_limit(&self, sid: u64) -> Option<u64> {
        match &self.streams.get(&sid)?.form {
            Form::Reliable(form) => Some(form.limit()),
            Form::Unreliable(_) => None,
        }
    }

    pub(crate) fn data_limit(&self) -> u64 {
        self.max_data
    }

    pub(crate) fn streams_limit(&self) -> u64 {
        self.max_streams
    }

    /// Fire-and-forget messages of all streams that were dropped unread.
    pub(crate) fn all_dropped(&self) -> u64 {
        self.dropped
    }

    /// Messages of a stream that the queue has dropped.
    pub(crate) fn dropped(&self, sid: u64) -> Option<u64> {
        match &self.streams.get(&sid)?.form {
            Form::Unreliable(form) => Some(form.dropped),
            Form::Reliable(_) => None,
        }
    }

    /// When it is to be looked whether something is not whole for too long.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.next_expiry
    }

    /// Gives up what is not whole for too long, and tells how many messages it were.
    pub(crate) fn expire(&mut self, now: Instant, effects: &mut Effects<'_>) -> u64 {
        if self.next_expiry.is_none_or(|at| now < at) {
            return 0;
        }
        let (mut given_up, mut stalled) = (0, Vec::new());
        for (sid, stream) in &mut self.streams {
            match &mut stream.form {
                Form::Reliable(form) if form.stalls().is_some_and(|at| now >= at) => stalled.push(*sid),
                Form::Reliable(_) => {}
                Form::Unreliable(form) => given_up += form.expire(now, &mut self.budget),
            }
        }
        for sid in stalled.into_iter().filter(|sid| !is_own(*sid)) {
            effects.due(Control::Stop { sid, code: 1 });
            effects.events.push_back(StreamEvent::Ended {
                sid,
                is_own: false,
                error: StreamError::Reset { reset_code: 1 },
            });
            if let Some(IncomingStream { form: Form::Reliable(form), .. }) =
                self.streams.get(&sid).map(|stream| &**stream)
            {
                let (unread, reserved) = (form.unread(), form.reserved());
                self.give_back(unread, reserved, effects);
            }
            self.close(sid, effects);
        }
        let expiries = self.streams.values().filter_map(|stream| match &stream.form {
            Form::Reliable(form) => form.stalls(),
            Form::Unreliable(form) => form.expires(),
        });
        self.next_expiry = expiries.min();
        given_up
    }

    fn watch(&mut self, expiry: Option<Instant>) {
        self.next_expiry = match (self.next_expiry, expiry) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Whether nothing waits to be read.
    pub(crate) fn is_idle(&self) -> bool {
        self.received == self.consumed && self.budget.used == 0
    }

    pub(crate) fn shrink(&mut self) {
        for stream in self.streams.values_mut() {
            match &mut stream.form {
                Form::Reliable(form) => form.shrink(),
                Form::Unreliable(form) => form.shrink(),
            }
        }
    }

    /// The open stream of a number, after opening it if it is new.
    fn stream_of(
        &mut self,
        sid: u64,
        open: Option<Open>,
        effects: &mut Effects<'_>,
    ) -> Result<Option<&mut IncomingStream>, Broken> {
        if self.closed.contains(sid) {
            return Ok(None);
        }
        if sid >= self.max_streams {
            return Err(Broken("more streams than allowed"));
        }
        if !self.streams.contains_key(&sid) {
            let open = open.ok_or(Broken("a stream that was not opened"))?;
            let form = if open.is_reliable() {
                let form = ReliableIn::new(sid, open, &self.allowance);
                if self.allowance.window(open) > form.limit() {
                    effects.due(Control::MaxStreamData(sid));
                }
                Form::Reliable(form)
            } else {
                Form::Unreliable(UnreliableIn::new(sid, self.allowance.window(open)))
            };
            effects.events.push_back(StreamEvent::Opened {
                sid,
                kind: StreamKind(open.kind),
                id: open.id,
                is_reliable: open.is_reliable(),
            });
            let mut stream = IncomingStream { form, is_told: false };
            if let Form::Reliable(form) = &mut stream.form {
                form.new_limit();
            }
            self.streams.insert(sid, Box::new(stream));
        }
        Ok(self.streams.get_mut(&sid).map(|stream| &mut **stream))
    }

    /// Bytes were read, or will never be: they are credit again.
    fn give_back(&mut self, consumed: u64, released: u64, effects: &mut Effects<'_>) {
        self.consumed += consumed;
        self.reserved -= released;
        let most = self.allowance.max_data;
        let next = self.consumed + most + self.reserved;
        let grant = Grants::of(next.saturating_sub(self.max_data), most, self.consumed == self.received);
        if let Some(grant) = grant {
            self.max_data = next;
            effects.credit(Control::MaxData, grant);
        }
    }

    fn close_if_finished(&mut self, sid: u64, effects: &mut Effects<'_>) {
        if let Some(IncomingStream { form: Form::Reliable(form), .. }) =
            self.streams.get(&sid).map(|stream| &**stream)
            && form.is_finished()
        {
            effects.events.push_back(StreamEvent::Ended { sid, is_own: false, error: StreamError::Closed });
            self.close(sid, effects);
        }
    }

    fn close(&mut self, sid: u64, effects: &mut Effects<'_>) {
        self.streams.remove(&sid);
        self.closed_count += self.closed.insert(sid..sid + 1);
        let limit = self.closed_count + self.allowance.max_streams;
        if limit - self.max_streams >= self.allowance.max_streams / 4 {
            self.max_streams = limit;
            effects.due(Control::MaxStreams);
        }
    }
}

/// Has the sender told what was dropped.
fn report_dropped(form: &mut UnreliableIn, sid: u64, effects: &mut Effects<'_>) {
    if form.dropped > form.told {
        form.told = form.dropped;
        effects.due(Control::Dropped(sid));
    }
}

impl IncomingStream {
    /// Tells the reader once that there is something. What was dropped is told to the sender when the rest is read, or now if
    /// nothing is left to read.
    fn tell(&mut self, sid: u64, effects: &mut Effects<'_>) {
        let is_readable = match &mut self.form {
            Form::Reliable(form) => form.is_readable(),
            Form::Unreliable(form) => {
                if !form.is_readable() {
                    report_dropped(form, sid, effects);
                }
                form.is_readable()
            }
        };
        if is_readable && !std::mem::replace(&mut self.is_told, true) {
            effects.events.push_back(StreamEvent::Readable { sid });
        }
    }
}
