//! What an application does with a session.

use super::{Closing, Context, Control, Ending, Session};
use crate::{
    Haste, StreamId,
    stats::SessionStats,
    stream::{Effects, Inbox, OpenStream},
};
use bytes::Bytes;
use net_types::mesh::StreamError;
use std::time::Duration;

/// Bytes that are worth a call of the system of their own.
const TRAIN: u64 = 32 << 10;

impl Session {
    pub(crate) fn open(&mut self, stream: &OpenStream) -> Result<u64, StreamError> {
        self.is_usable()?;
        self.outgoing.open(stream)
    }

    pub(crate) fn send(&mut self, sid: u64, messages: &[Bytes]) -> Result<(), StreamError> {
        self.is_usable()?;
        self.outgoing.send(sid, messages)?;
        if is_of_application(sid) {
            self.stats.messages_sent += messages.len() as u64;
        }
        Ok(())
    }

    /// When what was sent over a stream has to leave.
    pub(crate) fn haste(&self, sid: u64) -> Haste {
        let has_window =
            self.recovery.in_flight + (self.paths.mtu.current as u64) <= self.congestion.window();
        let sendable = self.outgoing.sendable(sid);
        match (self.recovery.in_flight, sendable) {
            (0, _) => Haste::Now,
            (_, 0) => Haste::None,
            _ if !has_window => Haste::None,
            (_, TRAIN..) => Haste::Now,
            _ => Haste::Soon,
        }
    }

    pub(crate) fn finish(&mut self, sid: u64) -> Result<(), StreamError> {
        self.is_usable()?;
        self.outgoing.finish(sid)?;
        if self.outgoing.settled(sid) {
            self.outgoing.remove(sid);
            self.control.push(Control::Reset { sid, code: 0, end: 0 });
        }
        Ok(())
    }

    pub(crate) fn reset(&mut self, sid: u64, code: u64) -> Result<(), StreamError> {
        self.is_usable()?;
        let end = self.outgoing.remove(sid).ok_or(StreamError::Closed)?;
        self.control.push(Control::Reset { sid, code, end });
        Ok(())
    }

    pub(crate) fn stop(&mut self, sid: u64, code: u64) -> Result<(), StreamError> {
        self.is_usable()?;
        let mut effects =
            Effects { events: &mut self.events, control: &mut self.control, later: &mut self.later };
        self.incoming.stop(sid, code, &mut effects)
    }

    /// Reads up to so many messages. What a stream holds that cannot be read ends the session.
    pub(crate) fn read(
        &mut self,
        cx: &mut Context<'_>,
        sid: u64,
        most: usize,
        inbox: &mut Inbox,
    ) -> Result<u64, StreamError> {
        self.is_usable()?;
        let mut effects =
            Effects { events: &mut self.events, control: &mut self.control, later: &mut self.later };
        let read = self.incoming.read(sid, most, inbox, &mut effects);
        let taken = self.incoming.reserve(sid, cx.reassembly_left, &mut effects);
        cx.reassembly_left -= taken;
        match read {
            Ok(messages) => {
                if is_of_application(sid) {
                    self.stats.messages_received += messages;
                }
                Ok(messages)
            }
            Err(broken) => {
                self.ending.get_or_insert(Ending::Protocol(broken.0));
                Err(StreamError::NotConnected)
            }
        }
    }

    /// Closes the session: the peer is told for three timeouts, once in each, and again while it still sends.
    pub(crate) fn close(&mut self, cx: &Context<'_>, code: u64, reason: &str) {
        if self.closing.is_none() {
            let until = cx.now + self.recovery.timeout() * 3;
            let reason = reason.chars().take(64).collect();
            self.closing = Some(Closing { code, reason, until, next: cx.now, is_due: true, repeats: 2 });
        }
    }

    /// The smoothed round trip.
    pub(crate) fn rtt(&self) -> Duration {
        self.recovery.rtt.smoothed
    }

    pub(crate) fn stats(&self) -> SessionStats {
        let mut stats = self.stats;
        stats.messages_dropped = self.incoming.all_dropped();
        stats.rtt_us = self.recovery.rtt.smoothed.as_micros() as u64;
        stats.congestion_window = self.congestion.window();
        stats.mtu = self.paths.mtu.current as u64;
        stats
    }

    fn is_usable(&self) -> Result<(), StreamError> {
        if self.closing.is_some() || self.ending.is_some() {
            return Err(StreamError::NotConnected);
        }
        Ok(())
    }
}

/// Whether a stream carries what applications send, not what nodes tell each other by themselves.
fn is_of_application(sid: u64) -> bool {
    sid >= StreamId::FIRST.0
}
