//! Packets that arrive: opened in place, their frames given to whom they concern.

use super::{
    ACK_DELAY_MS, Context, Control, Ending, Session, StreamEvent, recovery::Verdict, settle::Settling,
};
use crate::{
    Ecn, Path,
    frame::{Ack, Frame, Frames},
    random::Draw,
    stats::DropReason,
    stream::{Broken, Effects},
    varint,
};
use net_crypto::mesh::{HEADER, TAG};
use net_types::mesh::StreamError;
use std::{ops::Range, time::Duration};

/// What stands in clear in front of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) is_forward: bool,
    pub(crate) phase: u8,
    pub(crate) index: u32,
    pub(crate) number: u64,
}

impl Header {
    pub(crate) const DATA: u8 = 0x10;
    pub(crate) const FORWARD: u8 = 0x11;

    /// The sealed part of a packet that is passed on: envelope and head of the inner packet.
    pub(crate) const FORWARDED: usize = 48;

    /// Reads it; nothing if the packet is too short, a reserved byte is not zero, or the number too high.
    pub(crate) fn read(packet: &[u8]) -> Option<Self> {
        let (kind, phase, reserved) = (*packet.first()?, *packet.get(1)?, packet.get(2..4)?);
        let is_forward = kind == Self::FORWARD;
        let is_whole = if is_forward {
            packet.len() >= HEADER + Self::FORWARDED + TAG
        } else {
            packet.len() >= HEADER + 32 + TAG && packet.len().is_multiple_of(16)
        };
        let index = u32::from_le_bytes(packet.get(4..8)?.try_into().ok()?);
        let number = u64::from_le_bytes(packet.get(8..16)?.try_into().ok()?);
        // A number that no acknowledgement can name is never sent.
        let is_sound = is_whole && reserved == [0, 0] && number <= varint::MAX;
        is_sound.then_some(Self { is_forward, phase, index, number })
    }

    pub(crate) fn write(self, packet: &mut [u8]) {
        let kind = if self.is_forward { Self::FORWARD } else { Self::DATA };
        packet[..4].copy_from_slice(&[kind, self.phase, 0, 0]);
        packet[4..8].copy_from_slice(&self.index.to_le_bytes());
        packet[8..16].copy_from_slice(&self.number.to_le_bytes());
    }
}

/// What became of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reception {
    Dropped(DropReason),
    Taken,
    /// It is passed on; its envelope stands here.
    Forward(Range<usize>),
}

impl Session {
    /// Takes a packet that names keys of this session.
    pub(crate) fn handle(
        &mut self,
        cx: &mut Context<'_>,
        (from, ecn): (Path, Option<Ecn>),
        header: Header,
        packet: &mut [u8],
    ) -> Reception {
        if !self.replay.is_fresh(header.number) {
            self.stats.drop(DropReason::Replayed);
            return Reception::Dropped(DropReason::Replayed);
        }
        let keep_old = self.recovery.timeout() * 3;
        let Some(at) = self.keyings.iter().position(|keying| keying.own_index == header.index) else {
            return Reception::Dropped(DropReason::UnknownIndex);
        };
        let keying = &mut self.keyings[at];
        let sealed = if header.is_forward { HEADER + Header::FORWARDED + TAG } else { packet.len() };
        let Some(plain) = keying.open(header.phase, header.number, &mut packet[..sealed], cx.now, keep_old)
        else {
            if keying.is_worn_out() {
                self.ending = Some(Ending::Expired);
            }
            self.stats.drop(DropReason::Forged);
            return Reception::Dropped(DropReason::Forged);
        };
        keying.is_confirmed = true;
        let is_newest = self.replay.see(header.number);
        self.note_arrival(cx, packet.len());
        self.acks.count_mark(ecn);
        if let Some(closing) = &mut self.closing {
            closing.is_due = true;
            return Reception::Taken;
        }
        if header.is_forward {
            self.acks.arrived(header.number, 0, (false, false), u64::MAX, Duration::MAX, cx.now);
            return Reception::Forward(plain);
        }
        if let Err(Broken(rule)) = self.frames(cx, from, header.number, &packet[plain], packet.len()) {
            self.ending.get_or_insert(Ending::Protocol(rule));
        }
        if is_newest && from != self.paths.active && !self.paths.is_tried(from) {
            self.paths.try_other(from, cx.random.array(), cx.random.array(), cx.now);
        }
        Reception::Taken
    }

    /// Whatever opens is a sign of life.
    fn note_arrival(&mut self, cx: &mut Context<'_>, bytes: usize) {
        self.received = cx.now;
        self.asked = None;
        self.are_buffers_kept = true;
        self.stats.packets_received += 1;
        self.stats.bytes_received += bytes as u64;
        if std::mem::take(&mut self.is_suspected) {
            self.events.push_back(StreamEvent::Suspected(false));
        }
    }

    fn frames(
        &mut self,
        cx: &mut Context<'_>,
        from: Path,
        number: u64,
        plain: &[u8],
        size: usize,
    ) -> Result<(), Broken> {
        let (mut is_asked, mut has_more_than_ping, mut has_ping) = (false, false, false);
        for frame in Frames::new(plain) {
            let frame = frame.map_err(|_| Broken("a frame that cannot be read"))?;
            if frame.feature() & !self.terms.features != 0 {
                return Err(Broken("a frame that was not agreed on"));
            }
            is_asked |= frame.is_acknowledged();
            has_ping |= frame == Frame::Ping;
            has_more_than_ping |= frame.is_acknowledged() && frame != Frame::Ping;
            self.frame(cx, from, frame)?;
            if self.ending.is_some() {
                return Ok(());
            }
        }
        let is_urgent = has_ping && !has_more_than_ping;
        let delay = Duration::from_millis(ACK_DELAY_MS.into());
        self.acks.arrived(number, size as u64, (is_asked, is_urgent), self.ack_every, delay, cx.now);
        Ok(())
    }

    fn frame(&mut self, cx: &mut Context<'_>, from: Path, frame: Frame<'_>) -> Result<(), Broken> {
        let mut effects =
            Effects { events: &mut self.events, control: &mut self.control, later: &mut self.later };
        match frame {
            Frame::Padding | Frame::Ping => {}
            Frame::Ack(ack) => self.acknowledged(cx, &ack)?,
            Frame::Stream { sid, offset, open, is_last, bytes } => {
                let range = (offset, bytes, is_last);
                if !self.incoming.stream((sid, open), range, cx.now, &mut effects)? {
                    self.stats.drop(DropReason::ClosedStream);
                }
                let taken = self.incoming.reserve(sid, cx.reassembly_left, &mut effects);
                cx.reassembly_left -= taken;
            }
            Frame::Batch { sid, sequence, open, records } => {
                if !self.incoming.batch((sid, open), sequence, records, &mut effects)? {
                    self.stats.drop(DropReason::ClosedStream);
                }
            }
            Frame::Piece { sid, sequence, total, offset, open, bytes } => {
                let place = (sequence, total, offset);
                match self.incoming.piece((sid, open), place, bytes, cx.now, &mut effects)? {
                    Some(given_up) => {
                        (0..given_up).for_each(|_| self.stats.drop(DropReason::Incomplete));
                    }
                    None => self.stats.drop(DropReason::ClosedStream),
                }
            }
            Frame::MaxData(limit) => self.outgoing.raise_data(limit),
            Frame::MaxStreams(limit) => self.outgoing.raise_streams(limit),
            Frame::MaxStreamData { sid, limit } => {
                if !self.outgoing.raise_stream(sid, limit) {
                    return Err(Broken("credit for a stream that was not opened"));
                }
            }
            Frame::Reset { sid, code, end } => self.incoming.reset(sid, code, end, &mut effects)?,
            Frame::Stop { sid, code } => {
                if let Some(end) = self.outgoing.remove(sid) {
                    self.control.push(Control::Reset { sid, code, end });
                    let error = StreamError::Reset { reset_code: code };
                    self.events.push_back(StreamEvent::Ended { sid, is_own: true, error });
                }
            }
            Frame::Dropped { sid, count } => {
                if !self.outgoing.dropped(sid, count) {
                    return Err(Broken("a report of a stream that was not opened"));
                }
            }
            Frame::PathChallenge(token) => self.paths.challenged(from, token),
            Frame::PathResponse(token, observed) => {
                let observed = observed.filter(|_| self.paths.has_asked(token));
                self.events.extend(observed.map(StreamEvent::Observed));
                if self.paths.answered(from, token) {
                    self.change_path(cx, from);
                }
            }
            Frame::Close { code, reason } => {
                let reason = String::from_utf8_lossy(&reason[..reason.len().min(256)]).into_owned();
                self.ending = Some(Ending::ByPeer { code, reason });
            }
        }
        Ok(())
    }

    fn acknowledged(&mut self, cx: &mut Context<'_>, ack: &Ack<'_>) -> Result<(), Broken> {
        let mut settling = Settling {
            outgoing: &mut self.outgoing,
            acks: &mut self.acks,
            control: &mut self.control,
            events: &mut self.events,
            stats: &mut self.stats,
        };
        let verdict = self.recovery.acknowledge(
            ack,
            cx.now,
            &mut *self.congestion,
            self.is_limited,
            &mut |frame, fate| settling.settle(frame, fate),
        )?;
        self.keyings[self.sending].acknowledged(ack.largest);
        if verdict.is_newest && self.marking.acknowledged(verdict.marked, ack.marks) {
            let sent = self.recovery.answered().unwrap_or(cx.now);
            self.congestion.congested(cx.now, sent);
            self.stats.congestion_marks += 1;
        }
        self.judge(cx, verdict);
        Ok(())
    }

    /// Takes what an acknowledgement or a timer said about packets.
    pub(super) fn judge(&mut self, cx: &mut Context<'_>, verdict: Verdict) {
        self.stats.packets_lost += verdict.lost;
        self.stats.packets_late += verdict.late;
        let mtu = &mut self.paths.mtu;
        let before = mtu.current;
        if let Some((size, has_arrived)) = verdict.probe {
            mtu.probed(size.into(), has_arrived, cx.now);
        }
        mtu.observe(verdict.largest_arrived.into(), verdict.largest_lost.into(), cx.now);
        if mtu.current != before {
            self.congestion.set_mtu(mtu.current as u64);
        }
        while let Some(sid) = self.outgoing.take_writable() {
            self.events.push_back(StreamEvent::Writable { sid });
        }
    }
}
