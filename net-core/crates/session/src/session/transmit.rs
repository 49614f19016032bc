//! Packets that go out: what is due is written into one, sealed in place and remembered.

use super::{Context, Control, Header, SentFrame, Session, acks, path, path::PathPacket, recovery::Sent};
use crate::{
    Ecn, Path, Transmit,
    config::features,
    frame::{Frame, WriteFrame},
    random::Draw,
};
use net_crypto::mesh::{HEADER, TAG};
use std::time::Instant;

/// Bytes of a packet that are not frames.
const OVERHEAD: usize = HEADER + TAG;

/// What a packet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Only acknowledgements.
    Ack,
    /// Whatever there is.
    All,
}

impl Session {
    /// Writes what is due behind what the buffer holds, which is nothing.
    pub(crate) fn poll_transmit(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<u8>) -> Option<Transmit> {
        if !self.keying().may_seal() {
            return None;
        }
        if self.closing.is_some() {
            return self.transmit_close(cx, buffer);
        }
        if let Some(packet) = self.paths.next_packet(cx.now) {
            return Some(self.transmit_path(cx, packet, buffer));
        }
        let mtu = self.paths.mtu.current;
        let is_marked = self.marking.is_due() && matches!(self.paths.active, Path::Direct(_));
        let mut segment = 0;
        for _ in 0..cx.config.max_segments {
            let Some(plan) = self.plan(cx.now) else { break };
            let size = self.write_packet(cx, plan, mtu, is_marked, buffer);
            segment = segment.max(size);
            if size < mtu {
                break;
            }
        }
        if segment == 0 {
            segment = self.write_probe(cx, is_marked, buffer)?;
        }
        Some(Transmit { path: self.paths.active, segment, ecn: is_marked.then_some(Ecn::Capable) })
    }

    /// Whether there is something to send now.
    pub(crate) fn wants_to_send(&mut self, now: Instant) -> bool {
        match &self.closing {
            Some(closing) => closing.is_due && now >= closing.next,
            None => self.paths.has_packet(now) || self.plan(now).is_some() || self.is_probe_due(now),
        }
    }

    fn plan(&mut self, now: Instant) -> Option<Plan> {
        let mtu = self.paths.mtu.current as u64;
        let has_work = self.is_ping_due
            || !self.control.is_empty()
            || self.outgoing.is_ready()
            || self.is_later_due(now);
        self.paced_until = None;
        if self.probes > 0 {
            return Some(Plan::All);
        }
        if has_work {
            let window = self.congestion.window();
            if self.recovery.in_flight + mtu <= window {
                let rtt = self.recovery.rtt.smoothed;
                match self.pacer.delay(now, mtu, window, rtt) {
                    None => return Some(Plan::All),
                    until => self.paced_until = until,
                }
            }
            self.is_limited = false;
        } else {
            self.is_limited = self.recovery.in_flight + mtu <= self.congestion.window();
        }
        self.acks.is_due(now).then_some(Plan::Ack)
    }

    /// Whether what could wait waits no longer: an acknowledgement is due, or none will be.
    fn is_later_due(&self, now: Instant) -> bool {
        !self.later.is_empty() && (self.acks.is_due(now) || !self.acks.is_wanted())
    }

    /// Writes one packet of at most so many bytes, and gives back how many it has.
    fn write_packet(
        &mut self,
        cx: &mut Context<'_>,
        plan: Plan,
        mtu: usize,
        is_marked: bool,
        buffer: &mut Vec<u8>,
    ) -> usize {
        let start = self.begin(cx, buffer);
        let end = start + mtu - TAG;
        self.write_acks(cx.now, buffer);
        let mut is_asking = false;
        if plan == Plan::All {
            let before = buffer.len();
            self.write_control(buffer, end);
            self.outgoing.fill(buffer, end, mtu - OVERHEAD, self.recovery.frames());
            if self.is_ping_due && buffer.len() < end || buffer.len() == before {
                self.is_ping_due = false;
                buffer.frame(&Frame::Ping);
            }
            is_asking = true;
            self.probes = self.probes.saturating_sub(1);
        }
        self.seal(cx.now, buffer, start, 0, Sent { is_asking, is_probe: false, is_marked })
    }

    /// Writes the header's place, and skips a number now and then: whoever acknowledges it invents acknowledgements.
    fn begin(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<u8>) -> usize {
        if self.recovery.next() >= self.next_skip {
            self.recovery.skip(cx.now);
            self.next_skip = self.recovery.next() + cx.random.between(500, 1_500);
        }
        if self.keyings[self.sending].advance(cx.now) {
            self.is_ping_due = true;
        }
        let start = buffer.len();
        buffer.resize(start + HEADER, 0);
        start
    }

    fn write_acks(&mut self, now: Instant, buffer: &mut Vec<u8>) {
        if !self.acks.is_wanted() {
            return;
        }
        let marks = self.acks.marks().filter(|_| self.terms.features & features::ECN != 0);
        let (ranges, held, written) = self.acks.take(now);
        buffer.ack(held.as_micros() as u64, marks, ranges.descending(), acks::SENT);
        let mut sent = ranges.descending().take(acks::SENT);
        if let Some(high) = sent.next() {
            let low = sent.last().unwrap_or(high.clone()).start;
            self.recovery.frames().push_back(SentFrame::Ack { low, high: high.end - 1, written });
        }
    }

    /// Writes the newest value of each limit and report that is due.
    fn write_control(&mut self, buffer: &mut Vec<u8>, end: usize) {
        self.control.append(&mut self.later);
        while let Some(control) = self.control.last().copied()
            && end - buffer.len() >= 32
        {
            self.control.pop();
            let frame = match control {
                Control::MaxData => Some(Frame::MaxData(self.incoming.data_limit())),
                Control::MaxStreams => Some(Frame::MaxStreams(self.incoming.streams_limit())),
                Control::MaxStreamData(sid) => {
                    self.incoming.stream_limit(sid).map(|limit| Frame::MaxStreamData { sid, limit })
                }
                Control::Dropped(sid) => {
                    self.incoming.dropped(sid).map(|count| Frame::Dropped { sid, count })
                }
                Control::Reset { sid, code, end } => Some(Frame::Reset { sid, code, end }),
                Control::Stop { sid, code } => Some(Frame::Stop { sid, code }),
            };
            if let Some(frame) = frame {
                buffer.frame(&frame);
                self.recovery.frames().push_back(SentFrame::Control(control));
            }
        }
    }

    /// Fills up to a multiple of 16 bytes, and to `least` bytes in all; writes the header, seals and remembers.
    fn seal(&mut self, now: Instant, buffer: &mut Vec<u8>, start: usize, least: usize, how: Sent) -> usize {
        let body = buffer.len() - start - HEADER;
        let padded = body.next_multiple_of(16).max(32).max(least.saturating_sub(OVERHEAD));
        buffer.resize(start + HEADER + padded + TAG, 0);
        let number = self.recovery.next();
        let keying = &mut self.keyings[self.sending];
        let (phase, index) = (keying.phase(), keying.peer_index);
        let packet = &mut buffer[start..];
        Header { is_forward: false, phase, index, number }.write(packet);
        keying.seal(number, packet);
        let size = packet.len();
        self.recovery.sent(now, size, how);
        self.note_departure(now, size, how.is_asking);
        if how.is_marked {
            self.marking.sent();
        }
        size
    }

    fn note_departure(&mut self, now: Instant, size: usize, is_asking: bool) {
        self.sent = now;
        self.are_buffers_kept = true;
        self.stats.packets_sent += 1;
        self.stats.bytes_sent += size as u64;
        if is_asking {
            self.pacer.spend(size as u64);
            self.asked.get_or_insert(now);
        }
    }

    /// Whether the path may be asked for a longer datagram: once something was measured, and while there is room.
    fn is_probe_due(&mut self, now: Instant) -> bool {
        let has_room = self.recovery.in_flight + 4_096 <= self.congestion.window().max(16_384);
        self.recovery.rtt.is_measured()
            && has_room
            && self.paths.mtu.next_timeout().is_some_and(|next| now >= next)
    }

    /// Writes a probe of the path's MTU.
    fn write_probe(&mut self, cx: &mut Context<'_>, is_marked: bool, buffer: &mut Vec<u8>) -> Option<usize> {
        if !self.is_probe_due(cx.now) {
            return None;
        }
        let size = self.paths.mtu.take_probe(cx.now)?;
        let start = self.begin(cx, buffer);
        buffer.frame(&Frame::Ping);
        Some(self.seal(cx.now, buffer, start, size, Sent { is_asking: true, is_probe: true, is_marked }))
    }

    /// Writes a challenge or an answer, alone and short: nothing more goes to an address that has not answered.
    fn transmit_path(&mut self, cx: &mut Context<'_>, packet: PathPacket, buffer: &mut Vec<u8>) -> Transmit {
        let start = self.begin(cx, buffer);
        let path = match packet {
            PathPacket::Challenge(path, token) => {
                buffer.frame(&Frame::PathChallenge(token));
                path
            }
            PathPacket::Response(path, token) => {
                buffer.path_response(token, path::address(path));
                path
            }
        };
        let segment = self.seal(cx.now, buffer, start, 0, Sent::default());
        Transmit { path, segment, ecn: None }
    }

    fn transmit_close(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<u8>) -> Option<Transmit> {
        let wait = self.recovery.timeout();
        let closing = self.closing.as_mut().filter(|closing| closing.is_due && cx.now >= closing.next)?;
        (closing.is_due, closing.next) = (closing.repeats > 0, cx.now + wait);
        closing.repeats = closing.repeats.saturating_sub(1);
        let (code, reason) = (closing.code, closing.reason.clone());
        let start = buffer.len();
        buffer.resize(start + HEADER, 0);
        buffer.close(code, &reason);
        let segment = self.seal(cx.now, buffer, start, 0, Sent::default());
        Some(Transmit { path: self.paths.active, segment, ecn: None })
    }

    /// Seals a packet that is passed on over this session: envelope and head of the inner packet, then the rest in clear.
    pub(crate) fn forward(
        &mut self,
        cx: &mut Context<'_>,
        envelope: &[u8; 24],
        inner: &[u8],
        buffer: &mut Vec<u8>,
    ) -> Option<Transmit> {
        if self.closing.is_some() || !self.keying().may_seal() {
            return None;
        }
        let (head, rest) = inner.split_at_checked(24)?;
        let start = self.begin(cx, buffer);
        let number = self.recovery.next();
        let keying = &mut self.keyings[self.sending];
        let (phase, index) = (keying.phase(), keying.peer_index);
        buffer.extend_from_slice(envelope);
        buffer.extend_from_slice(head);
        buffer.resize(buffer.len() + TAG, 0);
        Header { is_forward: true, phase, index, number }.write(&mut buffer[start..]);
        keying.seal(number, &mut buffer[start..]);
        buffer.extend_from_slice(rest);
        let segment = buffer.len() - start;
        self.recovery.sent(cx.now, segment, Sent::default());
        self.recovery.forget_silent();
        self.note_departure(cx.now, segment, false);
        self.stats.forwarded += 1;
        Some(Transmit { path: self.paths.active, segment, ecn: None })
    }

    /// Asks the peer whether it can be reached another way; packets go there once it has answered.
    pub(crate) fn try_path(&mut self, cx: &mut Context<'_>, path: Path) {
        if path == self.paths.active {
            self.paths.ask_active(cx.random.array());
        } else {
            self.paths.try_other(path, cx.random.array(), cx.random.array(), cx.now);
        }
    }
}
