//! Streams of an endpoint's sessions.

use super::Endpoint;
use crate::{
    Haste, Inbox, OpenStream, Path, SessionId, SessionStats, StreamId, StreamStats,
    stream::{Item, Message},
};
use bytes::Bytes;
use net_crypto::{EntityId, mesh::PublicKey};
use net_types::mesh::StreamError;
use std::time::{Duration, Instant};

impl Endpoint {
    /// Opens a stream to the peer. It has the next number of its session; `window_full` if the peer allows no more streams.
    pub fn open_stream(
        &mut self,
        now: Instant,
        session: SessionId,
        stream: &OpenStream,
    ) -> Result<StreamId, StreamError> {
        let opened = self.with_session(now, session, |session, _| session.open(stream));
        opened.unwrap_or(Err(StreamError::NotConnected)).map(StreamId)
    }

    /// Sends messages over an own stream: all of them are taken, or none. `window_full` if the window of the stream or what may
    /// wait for the peer (8 MiB) has no room; [`Event::Writable`](crate::Event::Writable) tells when it has. A call is
    /// always taken if nothing of the stream is outstanding, so a message may be longer than the window.
    /// `message_too_large` beyond 16 MiB, or 256 KiB if the stream is fire-and-forget.
    pub fn send(
        &mut self,
        now: Instant,
        session: SessionId,
        stream: StreamId,
        messages: &[Bytes],
    ) -> Result<(), StreamError> {
        self.on_session(now, session, |session| session.send(stream.0, messages))
    }

    /// When what was sent over an own stream has to leave. Whoever sends much asks this before it polls.
    pub fn haste(&self, session: SessionId, stream: StreamId) -> Haste {
        self.session(session).map_or(Haste::Now, |session| session.haste(stream.0))
    }

    /// Says in a reliable stream that so many messages are left out here.
    pub fn skip(
        &mut self,
        now: Instant,
        session: SessionId,
        stream: StreamId,
        count: u64,
    ) -> Result<(), StreamError> {
        self.on_session(now, session, |session| session.outgoing.skip(stream.0, count))
    }

    /// Ends an own stream after what was sent; [`Event::Delivered`](crate::Event::Delivered) tells when all has arrived.
    pub fn finish(&mut self, now: Instant, session: SessionId, stream: StreamId) -> Result<(), StreamError> {
        self.on_session(now, session, |session| session.finish(stream.0))
    }

    /// Gives an own stream up, whatever of it has arrived.
    pub fn reset(
        &mut self,
        now: Instant,
        session: SessionId,
        stream: StreamId,
        code: u64,
    ) -> Result<(), StreamError> {
        self.on_session(now, session, |session| session.reset(stream.0, code))
    }

    /// Asks the peer to give one of its streams up.
    pub fn stop(
        &mut self,
        now: Instant,
        session: SessionId,
        stream: StreamId,
        code: u64,
    ) -> Result<(), StreamError> {
        self.on_session(now, session, |session| session.stop(stream.0, code))
    }

    /// Reads up to so many messages of a stream of the peer, behind what the inbox holds, and tells how many it were.
    /// Reading is what gives the peer new credit.
    pub fn read(
        &mut self,
        now: Instant,
        session: SessionId,
        stream: StreamId,
        most: usize,
        inbox: &mut Inbox,
    ) -> Result<u64, StreamError> {
        let read = self.with_session(now, session, |session, cx| session.read(cx, stream.0, most, inbox));
        read.unwrap_or(Err(StreamError::NotConnected))
    }

    /// Reads one message of a stream of the peer, if there is one.
    pub fn read_one(
        &mut self,
        now: Instant,
        session: SessionId,
        stream: StreamId,
    ) -> Result<Option<Message>, StreamError> {
        let mut inbox = Inbox::new();
        self.read(now, session, stream, 1, &mut inbox)?;
        let message = inbox.iter().find_map(|item| match item {
            Item::Message { sequence, bytes, .. } => {
                Some(Message { sequence, bytes: Bytes::copy_from_slice(bytes) })
            }
            Item::Skipped { .. } => None,
        });
        Ok(message)
    }

    /// Asks the peer whether it can be reached another way; packets go there once it has answered from there. Asked on the
    /// way that is in use, the answer tells by [`Event::Observed`](crate::Event::Observed) how the peer sees this node.
    pub fn try_path(&mut self, now: Instant, session: SessionId, path: Path) {
        self.with_session(now, session, |session, cx| session.try_path(cx, path));
    }

    /// Counters of an own stream.
    pub fn stream_stats(&self, session: SessionId, stream: StreamId) -> Option<StreamStats> {
        self.session(session)?.outgoing.stats(stream.0)
    }

    /// Counters of a session.
    pub fn session_stats(&self, session: SessionId) -> Option<SessionStats> {
        self.session(session).map(crate::session::Session::stats)
    }

    /// The peer of a session.
    pub fn peer(&self, session: SessionId) -> Option<(EntityId, PublicKey)> {
        self.session(session).map(|session| (session.peer.entity, session.peer.key))
    }

    /// The way of a session.
    pub fn path(&self, session: SessionId) -> Option<Path> {
        self.session(session).map(crate::session::Session::path)
    }

    /// The smoothed round trip of a session.
    pub fn rtt(&self, session: SessionId) -> Option<Duration> {
        self.session(session).map(crate::session::Session::rtt)
    }

    /// All sessions that have not ended.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        let live = self.slots.iter().filter_map(|slot| slot.session.as_deref());
        live.filter(|session| !session.is_closing()).map(|session| session.id)
    }

    fn on_session(
        &mut self,
        now: Instant,
        session: SessionId,
        what: impl FnOnce(&mut crate::session::Session) -> Result<(), StreamError>,
    ) -> Result<(), StreamError> {
        self.with_session(now, session, |session, _| what(session)).unwrap_or(Err(StreamError::NotConnected))
    }
}
