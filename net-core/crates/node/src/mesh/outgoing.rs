//! Streams to peers, and what is sent over them.

use std::{collections::BTreeMap, time::Instant};

use net_session::{OpenStream, SessionId, StreamId};
use net_types::{
    identity::NodeId,
    mesh::{Reliability, StreamConfig, StreamError},
};

/// The streams of a node to its peers, by peer and published id.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    streams: BTreeMap<(NodeId, u64), Own>,
}

/// A stream to a peer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) session: SessionId,
    pub(super) stream: StreamId,
    pub(super) is_reliable: bool,
    /// Why nothing can be sent any more.
    pub(super) ended: Option<End>,
    /// Whether something was sent that may be on its way.
    pub(super) is_used: bool,
    pub(super) last_activity: Option<Instant>,
}

/// Why a stream has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its session is gone.
    Disconnected,
    /// It was closed.
    Closed,
    /// The peer gave it up.
    Reset(u64),
}

impl Outgoing {
    /// How a stream is opened.
    pub(super) fn opening(config: &StreamConfig) -> OpenStream {
        let window = u32::try_from(config.window).unwrap_or(u32::MAX);
        let plain = match config.reliability {
            Reliability::Reliable => OpenStream::reliable(config.stream_id),
            Reliability::FireAndForget => OpenStream::fire_and_forget(config.stream_id),
        };
        OpenStream { window, ..plain }
    }

    /// Takes a stream that was opened.
    pub(super) fn insert(
        &mut self,
        peer: NodeId,
        id: u64,
        session: SessionId,
        stream: StreamId,
        is_reliable: bool,
    ) {
        let own = Own { session, stream, is_reliable, ended: None, is_used: false, last_activity: None };
        self.streams.insert((peer, id), own);
    }

    /// A stream, whether it has ended or not.
    pub(super) fn get(&self, peer: NodeId, id: u64) -> Option<&Own> {
        self.streams.get(&(peer, id))
    }

    /// A stream over which something can be sent.
    pub(super) fn live(&mut self, peer: NodeId, id: u64) -> Result<&mut Own, StreamError> {
        let own = self.streams.get_mut(&(peer, id)).ok_or(StreamError::Closed)?;
        match own.ended {
            None => Ok(own),
            Some(End::Disconnected) => Err(StreamError::NotConnected),
            Some(End::Closed) => Err(StreamError::Closed),
            Some(End::Reset(reset_code)) => Err(StreamError::Reset { reset_code }),
        }
    }

    /// Streams of a session have ended with it.
    pub(super) fn disconnect(&mut self, session: SessionId) {
        let its = self.streams.values_mut().filter(|own| own.session == session && own.ended.is_none());
        its.for_each(|own| own.ended = Some(End::Disconnected));
    }

    /// The peer has ended a stream.
    pub(super) fn end(&mut self, session: SessionId, stream: StreamId, error: &StreamError) {
        let end = match error {
            StreamError::Reset { reset_code } => End::Reset(*reset_code),
            StreamError::NotConnected => End::Disconnected,
            _ => End::Closed,
        };
        let mut all = self.streams.values_mut();
        if let Some(own) = all.find(|own| own.session == session && own.stream == stream) {
            own.ended.get_or_insert(end);
        }
    }

    /// Streams over which something may be on its way.
    pub(super) fn used(&self) -> impl Iterator<Item = &Own> {
        self.streams
            .values()
            .filter(|own| own.is_used && own.is_reliable && own.ended != Some(End::Disconnected))
    }
}
