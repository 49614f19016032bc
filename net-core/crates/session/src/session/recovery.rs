//! Packets on their way: which were acknowledged, which are lost (RFC 9002).

use super::{
    SentFrame,
    congestion::{Acknowledged, Congestion},
    rtt::{GRANULARITY, Rtt},
};
use crate::{frame::Ack, stream::Broken};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Later packets that have to arrive before one counts as lost.
const REORDERING: u64 = 3;

/// Packets that are remembered; beyond that the oldest counts as lost.
const REMEMBERED: usize = 1 << 16;

/// Packets beyond which one is not remembered only since it might still be heard of.
const CROWD: usize = 1_024;

/// Longest time between two probes.
const LONGEST_PROBE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(crate) struct Recovery {
    packets: VecDeque<Packet>,
    /// Number of the first packet that is remembered.
    first: u64,
    frames: VecDeque<SentFrame>,
    /// Frames that were forgotten.
    forgotten: u64,
    largest: Option<u64>,
    /// When the newest of the packets that were acknowledged was sent.
    answered: Option<Instant>,
    /// Since when the peer owes an acknowledgement.
    owed: Option<Instant>,
    pub(crate) in_flight: u64,
    /// Lost packets that are remembered, and when the last one was declared so.
    lost: usize,
    lost_at: Option<Instant>,
    loss_time: Option<Instant>,
    probes: u32,
    last_asking: Option<Instant>,
    pub(crate) rtt: Rtt,
    pub(crate) peer_delay: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Packet {
    sent: Instant,
    first_frame: u64,
    size: u16,
    frames: u16,
    state: State,
    is_probe: bool,
    is_marked: bool,
}

/// How a packet counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent {
    /// It asks for an acknowledgement.
    pub(crate) is_asking: bool,
    /// It probes the path's MTU.
    pub(crate) is_probe: bool,
    /// It is marked as one whose sender heeds congestion marks.
    pub(crate) is_marked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Counts as on its way and is acknowledged.
    Asking,
    /// Nobody waits for its acknowledgement.
    Silent,
    Acknowledged,
    Lost(Instant),
    /// The number was left out on purpose.
    Skipped,
}

/// What happens to frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Acknowledged,
    /// Acknowledged after it had been declared lost.
    Late,
    Lost,
    /// Perhaps lost: what is reliable is sent once more.
    Probed,
    /// Lost for good: nothing more will be heard of it.
    Forgotten,
}

/// What an acknowledgement, or time, did to packets.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Verdict {
    pub(crate) acknowledged: u64,
    pub(crate) lost: u64,
    pub(crate) late: u64,
    /// Size of a probe of the path's MTU that arrived, or was lost.
    pub(crate) probe: Option<(u16, bool)>,
    /// Packets that were marked and are acknowledged now.
    pub(crate) marked: u64,
    /// Whether it acknowledged a later packet than any before.
    pub(crate) is_newest: bool,
    /// Largest packet that was lost and is no probe.
    pub(crate) largest_lost: u16,
    /// Largest packet that has arrived.
    pub(crate) largest_arrived: u16,
}

impl Recovery {
    pub(crate) fn new(peer_delay: Duration) -> Self {
        Self {
            packets: VecDeque::new(),
            first: 0,
            frames: VecDeque::new(),
            forgotten: 0,
            largest: None,
            answered: None,
            owed: None,
            in_flight: 0,
            lost: 0,
            lost_at: None,
            loss_time: None,
            probes: 0,
            last_asking: None,
            rtt: Rtt::new(),
            peer_delay,
        }
    }

    /// The next packet number.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.packets.len() as u64
    }

    /// Where the frames of the packet that is being written go.
    pub(crate) fn frames(&mut self) -> &mut VecDeque<SentFrame> {
        &mut self.frames
    }

    /// Frames that belong to no packet yet.
    pub(crate) fn frames_written(&self) -> usize {
        let known =
            self.packets.back().map_or(self.forgotten, |last| last.first_frame + u64::from(last.frames));
        (self.forgotten + self.frames.len() as u64 - known) as usize
    }

    /// A packet was sent, with the frames that were written.
    pub(crate) fn sent(&mut self, now: Instant, size: usize, how: Sent) {
        let Sent { is_asking, is_probe, is_marked } = how;
        let frames = self.frames_written() as u16;
        let first_frame = self.forgotten + self.frames.len() as u64 - u64::from(frames);
        let state = if is_asking { State::Asking } else { State::Silent };
        let packet = Packet { sent: now, first_frame, size: size as u16, frames, state, is_probe, is_marked };
        self.packets.push_back(packet);
        if is_asking {
            self.in_flight += size as u64;
            self.last_asking = Some(now);
            self.owed.get_or_insert(now);
        }
        // Whoever only receives sends nothing that would be acknowledged.
        while self.packets.len() > CROWD
            && self.packets.front().is_some_and(|packet| packet.state == State::Silent)
        {
            self.pop();
        }
    }

    /// Leaves the next number out.
    pub(crate) fn skip(&mut self, now: Instant) {
        self.sent(now, 0, Sent::default());
        if let Some(last) = self.packets.back_mut() {
            last.state = State::Skipped;
        }
    }

    /// The peer has acknowledged packets.
    pub(crate) fn acknowledge(
        &mut self,
        ack: &Ack<'_>,
        now: Instant,
        congestion: &mut dyn Congestion,
        is_limited: bool,
        fate: &mut dyn FnMut(SentFrame, Fate),
    ) -> Result<Verdict, Broken> {
        let next = self.next();
        if ack.largest >= next {
            return Err(Broken("an acknowledgement of a packet that was not sent"));
        }
        let is_newest = self.largest.is_none_or(|largest| ack.largest > largest);
        let mut verdict = Verdict { is_newest, ..Verdict::default() };
        self.largest = self.largest.max(Some(ack.largest));
        if let Some(packet) = self.packet(ack.largest).copied().filter(|_| is_newest) {
            self.answered = Some(packet.sent);
            if packet.state == State::Asking {
                let held = Duration::from_micros(ack.delay.min(1 << 24)).min(self.peer_delay);
                self.rtt.measure(now.saturating_duration_since(packet.sent), held);
            }
        }
        for (low, high) in ack.ranges() {
            if high < self.first {
                break;
            }
            for number in low.max(self.first)..=high {
                let at = (number - self.first) as usize;
                let packet = self.packets[at];
                match packet.state {
                    State::Acknowledged => continue,
                    State::Skipped => return Err(Broken("an acknowledgement of a packet that was left out")),
                    State::Asking => {
                        self.in_flight -= u64::from(packet.size);
                        verdict.acknowledged += 1;
                        verdict.largest_arrived = verdict.largest_arrived.max(packet.size);
                        if packet.is_probe {
                            verdict.probe = Some((packet.size, true));
                        }
                        if !is_limited {
                            congestion.acknowledged(&Acknowledged {
                                now,
                                sent: packet.sent,
                                bytes: packet.size.into(),
                                number,
                                next,
                                rtt: self.rtt.latest,
                                min_rtt: self.rtt.min,
                            });
                        }
                        self.tell(packet, Fate::Acknowledged, fate);
                    }
                    State::Silent => self.tell(packet, Fate::Acknowledged, fate),
                    State::Lost(_) => {
                        verdict.late += 1;
                        self.lost -= 1;
                        self.tell(packet, Fate::Late, fate);
                    }
                }
                verdict.marked += u64::from(packet.is_marked);
                self.packets[at].state = State::Acknowledged;
            }
        }
        if verdict.acknowledged > 0 {
            self.probes = 0;
        }
        if verdict.acknowledged + verdict.late > 0 {
            self.owed = (self.in_flight > 0).then_some(now);
        }
        self.detect(now, congestion, &mut verdict, fate);
        self.forget(now, fate);
        Ok(verdict)
    }

    /// When something is to be done.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.loss_time.or_else(|| self.probe_time())
    }

    /// Time has come: declares packets lost, or says that a probe has to be sent.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Instant,
        congestion: &mut dyn Congestion,
        fate: &mut dyn FnMut(SentFrame, Fate),
    ) -> (Verdict, bool) {
        let mut verdict = Verdict::default();
        if self.loss_time.is_some_and(|at| now >= at) {
            self.detect(now, congestion, &mut verdict, fate);
            return (verdict, false);
        }
        if self.probe_time().is_none_or(|at| now < at) {
            return (verdict, false);
        }
        self.probes += 1;
        // What is oldest is sent once more, so that a probe is not a mere question.
        let asking = |packet: &&Packet| packet.state == State::Asking;
        for packet in self.packets.iter().filter(asking).take(2) {
            self.tell(*packet, Fate::Probed, fate);
        }
        self.last_asking = Some(now);
        (verdict, true)
    }

    /// When the peer is to be asked once more, since it is not known whether lost packets came late, and nothing is on its
    /// way whose acknowledgement would tell.
    pub(crate) fn doubtful_until(&self) -> Option<Instant> {
        let at = self.lost_at.filter(|_| self.lost > 0 && self.in_flight == 0)?;
        Some(at + self.timeout() * 3)
    }

    /// How often the peer was asked since it last acknowledged something.
    pub(crate) fn probes(&self) -> u32 {
        self.probes
    }

    /// When the newest of the packets that were acknowledged was sent.
    pub(crate) fn answered(&self) -> Option<Instant> {
        self.answered
    }

    /// Since when the peer owes an acknowledgement: nothing that asks for one was acknowledged since.
    pub(crate) fn owed_since(&self) -> Option<Instant> {
        self.owed
    }

    /// How long the peer may take for an answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.rtt.timeout(self.peer_delay)
    }

    /// The path is another: what is on its way does not count for it.
    pub(crate) fn start_anew(&mut self) {
        self.rtt = Rtt::new();
        self.probes = 0;
    }

    pub(crate) fn shrink(&mut self) {
        self.packets.shrink_to_fit();
        self.frames.shrink_to_fit();
    }

    fn packet(&self, number: u64) -> Option<&Packet> {
        self.packets.get(number.checked_sub(self.first)? as usize)
    }

    fn probe_time(&self) -> Option<Instant> {
        let since = self.last_asking.filter(|_| self.in_flight > 0)?;
        let wait = self.timeout() * 2_u32.pow(self.probes.min(10));
        Some(since + wait.min(LONGEST_PROBE.max(self.timeout())))
    }

    /// Declares lost what later packets have overtaken.
    fn detect(
        &mut self,
        now: Instant,
        congestion: &mut dyn Congestion,
        verdict: &mut Verdict,
        fate: &mut dyn FnMut(SentFrame, Fate),
    ) {
        self.loss_time = None;
        let Some(largest) = self.largest else { return };
        let delay = self.rtt.loss_delay();
        let (mut first_lost, mut last_lost) = (None, None);
        let end = (largest + 1).saturating_sub(self.first).min(self.packets.len() as u64) as usize;
        for at in 0..end {
            let packet = self.packets[at];
            if packet.state != State::Asking {
                continue;
            }
            let number = self.first + at as u64;
            if largest - number < REORDERING && packet.sent + delay > now {
                self.loss_time = Some(packet.sent + delay);
                break;
            }
            self.lose(at, now, verdict, fate);
            if !packet.is_probe {
                congestion.congested(now, packet.sent);
                first_lost.get_or_insert(packet.sent);
                last_lost = Some(packet.sent);
            }
        }
        if self.in_flight == 0 {
            self.owed = None;
        }
        // Persistent congestion: nothing between these two arrived.
        let span = (self.rtt.timeout(self.peer_delay) + GRANULARITY) * 3;
        if let (Some(first), Some(last)) = (first_lost, last_lost)
            && self.rtt.is_measured()
            && last.saturating_duration_since(first) > span
            && verdict.acknowledged <= 1
        {
            congestion.collapsed();
        }
    }

    fn lose(
        &mut self,
        at: usize,
        now: Instant,
        verdict: &mut Verdict,
        fate: &mut dyn FnMut(SentFrame, Fate),
    ) {
        let packet = self.packets[at];
        self.packets[at].state = State::Lost(now);
        self.lost += 1;
        self.lost_at = Some(now);
        self.in_flight -= u64::from(packet.size);
        if packet.is_probe {
            verdict.probe = Some((packet.size, false));
        } else {
            verdict.lost += 1;
            verdict.largest_lost = verdict.largest_lost.max(packet.size);
        }
        self.tell(packet, Fate::Lost, fate);
    }

    fn tell(&self, packet: Packet, what: Fate, fate: &mut dyn FnMut(SentFrame, Fate)) {
        let start = (packet.first_frame - self.forgotten) as usize;
        for frame in self.frames.range(start..start + usize::from(packet.frames)) {
            fate(*frame, what);
        }
    }

    /// Forgets packets in front about which nothing more will be heard. A lost one may have come late, and the
    /// acknowledgement that tells so may be lost in turn: it is kept until the peer has answered a later packet, whose
    /// acknowledgement tells it again.
    pub(crate) fn forget(&mut self, now: Instant, fate: &mut dyn FnMut(SentFrame, Fate)) {
        let late = self.timeout() * 3;
        let largest = self.largest.unwrap_or(0);
        while let Some(packet) = self.packets.front().copied() {
            let is_over = match packet.state {
                State::Asking => false,
                State::Acknowledged => true,
                State::Silent => {
                    self.first < largest || now >= packet.sent + late || self.packets.len() > CROWD
                }
                State::Skipped => self.first + 1_024 < largest || now >= packet.sent + late,
                State::Lost(at) => {
                    let is_told = self.answered.is_some_and(|sent| sent >= at + late);
                    let is_old = self.packets.len() > CROWD && now >= at + late;
                    is_told || is_old || self.packets.len() > REMEMBERED / 2
                }
            };
            if !is_over {
                return;
            }
            if matches!(packet.state, State::Lost(_)) {
                self.lost -= 1;
                self.tell(packet, Fate::Forgotten, fate);
            }
            self.pop();
        }
    }

    /// Forgets the first of very many packets that nobody acknowledges, as those are that are passed on for others.
    pub(crate) fn forget_silent(&mut self) {
        while self.packets.len() > CROWD
            && self.packets.front().is_some_and(|packet| packet.state == State::Silent)
        {
            self.pop();
        }
    }

    fn pop(&mut self) {
        if let Some(packet) = self.packets.pop_front() {
            self.frames.drain(..usize::from(packet.frames));
            self.forgotten += u64::from(packet.frames);
            self.first += 1;
        }
    }

    /// Makes room if the peer never acknowledges: the oldest packets count as lost.
    pub(crate) fn make_room(&mut self, now: Instant, fate: &mut dyn FnMut(SentFrame, Fate)) {
        if self.packets.len() < REMEMBERED {
            return;
        }
        let mut verdict = Verdict::default();
        for at in 0..REMEMBERED / 2 {
            if self.packets[at].state == State::Asking {
                self.lose(at, now, &mut verdict, fate);
            }
        }
        self.forget(now, fate);
    }
}
