//! What stands in for a session where only routers are looked at: whole messages, once and in order, and single packets.
//!
//! It finds out that a peer is there, that it has restarted, and that it is gone, and it measures round trips. It hides
//! nothing and proves nothing, so only damage by chance is found out.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// How often a peer is told that this node is there.
const HELLO: Duration = Duration::from_millis(250);
/// Silence after which a peer is suspected.
const SUSPECTED: Duration = Duration::from_millis(1_000);
/// Silence after which a peer is gone.
const GONE: Duration = Duration::from_millis(3_000);
/// Messages that are on their way at once.
const WINDOW: usize = 32;
/// Messages that wait at most.
const WAITING: usize = 64;

/// One end of a link.
#[derive(Debug)]
pub(super) struct PlainLink {
    /// Names this end; another number after the link has broken.
    own: u64,
    /// Names the other end.
    other: Option<u64>,
    is_up: bool,
    is_suspected: bool,
    heard: Instant,
    hello_at: Instant,
    /// What stamps count from.
    epoch: Instant,
    rtt: Option<Duration>,
    /// Messages that are not acknowledged, the first of them with the number `acked`.
    unacked: VecDeque<Vec<u8>>,
    acked: u32,
    /// How many of these are on their way.
    flying: usize,
    resend_at: Option<Instant>,
    /// The number of the next message to come.
    expected: u32,
    out: VecDeque<Vec<u8>>,
}

/// What has become of a datagram.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Nothing,
    /// The link stands from now on.
    Up,
    /// The other end has begun anew.
    Down,
    Message(Vec<u8>),
    Packet(Vec<u8>),
    Measured(Duration),
}

/// What silence has led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Silence {
    Suspected,
    Gone,
}

const HELLO_KIND: u8 = 1;
const ECHO_KIND: u8 = 2;
const MESSAGE_KIND: u8 = 3;
const ACK_KIND: u8 = 4;
const PACKET_KIND: u8 = 5;

/// Kind, both names, checksum.
const HEAD: usize = 1 + 8 + 8 + 8;

impl PlainLink {
    pub(super) fn new(now: Instant, own: u64) -> Self {
        Self {
            own,
            other: None,
            is_up: false,
            is_suspected: false,
            heard: now,
            hello_at: now,
            epoch: now,
            rtt: None,
            unacked: VecDeque::new(),
            acked: 0,
            flying: 0,
            resend_at: None,
            expected: 0,
            out: VecDeque::new(),
        }
    }

    /// Both names while the link stands, this end's first.
    pub(super) fn names(&self) -> Option<(u64, u64)> {
        self.is_up.then_some(self.own).zip(self.other)
    }

    pub(super) fn rtt(&self) -> Duration {
        self.rtt.unwrap_or(Duration::from_millis(50))
    }

    pub(super) fn is_writable(&self) -> bool {
        self.is_up && self.unacked.len() < WAITING
    }

    pub(super) fn send_message(&mut self, now: Instant, message: Vec<u8>) {
        self.unacked.push_back(message);
        self.fly(now);
    }

    pub(super) fn send_packet(&mut self, packet: &[u8]) {
        self.put(PACKET_KIND, packet);
    }

    pub(super) fn take_datagram(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    pub(super) fn next_timeout(&self) -> Instant {
        let silence = if self.is_up && !self.is_suspected { SUSPECTED } else { GONE };
        let dead = self.other.map(|_| self.heard + silence);
        [dead, self.resend_at].into_iter().flatten().fold(self.hello_at, Instant::min)
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, fresh: u64) -> Option<Silence> {
        if self.hello_at <= now {
            self.hello_at = now + HELLO;
            let stamp = self.stamp(now);
            self.put(HELLO_KIND, &stamp);
        }
        if self.resend_at.is_some_and(|at| at <= now) {
            self.flying = 0;
            self.fly(now);
        }
        let silence = now.saturating_duration_since(self.heard);
        if self.other.is_some() && silence >= GONE {
            let was_up = self.is_up;
            self.begin(now, fresh, None);
            return was_up.then_some(Silence::Gone);
        }
        if self.is_up && silence >= SUSPECTED && !self.is_suspected {
            self.is_suspected = true;
            return Some(Silence::Suspected);
        }
        None
    }

    /// Takes a datagram. `fresh` is a name for this end if it begins anew.
    pub(super) fn handle(&mut self, now: Instant, datagram: &[u8], fresh: u64) -> Heard {
        let Some((kind, theirs, ours, body)) = opened(datagram) else { return Heard::Nothing };
        if self.other != Some(theirs) {
            // Datagrams of an end that has begun anew since may still come late.
            if kind != HELLO_KIND || (ours != 0 && ours != self.own) {
                return Heard::Nothing;
            }
            let was_up = self.is_up;
            let own = if was_up { fresh } else { self.own };
            self.begin(now, own, Some(theirs));
            let stamp = self.stamp(now);
            self.put(HELLO_KIND, &stamp);
            if was_up {
                return Heard::Down;
            }
        }
        self.heard = now;
        if ours != self.own {
            if kind == HELLO_KIND {
                self.put(ECHO_KIND, body);
            }
            return Heard::Nothing;
        }
        if !self.is_up {
            // Whatever this datagram says is said again.
            self.is_up = true;
            return Heard::Up;
        }
        match kind {
            HELLO_KIND => {
                self.put(ECHO_KIND, body);
                Heard::Nothing
            }
            ECHO_KIND => self.on_echo(now, body),
            MESSAGE_KIND => self.on_message(body),
            ACK_KIND => self.on_ack(now, body),
            PACKET_KIND => Heard::Packet(body.to_vec()),
            _ => Heard::Nothing,
        }
    }

    /// Whether the peer was suspected and is heard again.
    pub(super) fn take_relief(&mut self, now: Instant) -> bool {
        let is_relieved = self.is_suspected && now.saturating_duration_since(self.heard) < SUSPECTED;
        self.is_suspected &= !is_relieved;
        is_relieved
    }

    fn begin(&mut self, now: Instant, own: u64, other: Option<u64>) {
        let out = std::mem::take(&mut self.out);
        let (hello_at, epoch, rtt) = (self.hello_at, self.epoch, self.rtt);
        *self = Self { other, hello_at, epoch, out, rtt, ..Self::new(now, own) };
    }

    fn on_echo(&mut self, now: Instant, body: &[u8]) -> Heard {
        let Some(sent) = number(body) else { return Heard::Nothing };
        let took = now.saturating_duration_since(self.epoch).as_nanos() as u64;
        let sample = Duration::from_nanos(took.saturating_sub(sent));
        let smoothed = self.rtt.map_or(sample, |rtt| (rtt * 7 + sample) / 8);
        self.rtt = Some(smoothed);
        Heard::Measured(smoothed)
    }

    fn on_message(&mut self, body: &[u8]) -> Heard {
        let Some((number, message)) = body.split_first_chunk::<4>() else { return Heard::Nothing };
        let is_next = u32::from_le_bytes(*number) == self.expected;
        self.expected += u32::from(is_next);
        self.put(ACK_KIND, &self.expected.to_le_bytes());
        if is_next { Heard::Message(message.to_vec()) } else { Heard::Nothing }
    }

    fn on_ack(&mut self, now: Instant, body: &[u8]) -> Heard {
        let Some((next, _)) = body.split_first_chunk::<4>() else { return Heard::Nothing };
        let count = u32::from_le_bytes(*next).wrapping_sub(self.acked) as usize;
        if (1..=self.unacked.len()).contains(&count) {
            self.unacked.drain(..count);
            self.acked += count as u32;
            self.flying = self.flying.saturating_sub(count);
            self.resend_at = None;
            self.fly(now);
        }
        Heard::Nothing
    }

    /// Sends what the window allows.
    fn fly(&mut self, now: Instant) {
        while self.flying < self.unacked.len().min(WINDOW) {
            let number = self.acked + self.flying as u32;
            let body = [&number.to_le_bytes(), self.unacked[self.flying].as_slice()].concat();
            self.put(MESSAGE_KIND, &body);
            self.flying += 1;
        }
        let is_waiting = !self.unacked.is_empty();
        let resend_at = is_waiting.then(|| now + self.rtt() * 2 + Duration::from_millis(20));
        self.resend_at = if is_waiting { self.resend_at.filter(|at| *at > now).or(resend_at) } else { None };
    }

    fn put(&mut self, kind: u8, body: &[u8]) {
        let mut datagram = vec![kind];
        datagram.extend_from_slice(&self.own.to_le_bytes());
        datagram.extend_from_slice(&self.other.unwrap_or(0).to_le_bytes());
        datagram.extend_from_slice(&[0; 8]);
        datagram.extend_from_slice(body);
        let sum = checksum(&datagram);
        datagram[HEAD - 8..HEAD].copy_from_slice(&sum);
        self.out.push_back(datagram);
    }

    fn stamp(&self, now: Instant) -> [u8; 8] {
        (now.saturating_duration_since(self.epoch).as_nanos() as u64).to_le_bytes()
    }
}

fn opened(datagram: &[u8]) -> Option<(u8, u64, u64, &[u8])> {
    let head = datagram.get(..HEAD)?;
    let mut bare = datagram.to_vec();
    bare[HEAD - 8..HEAD].fill(0);
    let is_whole = checksum(&bare) == head[HEAD - 8..];
    is_whole.then_some((head[0], number(&head[1..])?, number(&head[9..])?, &datagram[HEAD..]))
}

fn checksum(datagram: &[u8]) -> [u8; 8] {
    let hash = blake3::hash(datagram);
    std::array::from_fn(|at| hash.as_bytes()[at])
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes))
}
