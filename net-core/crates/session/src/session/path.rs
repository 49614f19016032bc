//! The path of a session: where packets go, which other way is tried, how long a datagram may be.

use crate::{Path, config::limits};
use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Other ways that are tried at a time.
const CANDIDATES: usize = 4;

/// Challenges that wait for an answer of this side.
const RESPONSES: usize = 8;

/// Time between two challenges to one candidate.
const CHALLENGE_INTERVAL: Duration = Duration::from_secs(1);

/// Challenges to one candidate.
const CHALLENGES: u8 = 3;

#[derive(Debug)]
pub(crate) struct Paths {
    pub(crate) active: Path,
    candidates: Vec<Candidate>,
    responses: VecDeque<(Path, [u8; 8])>,
    /// A challenge to the active path that is to be sent, and the last one that was.
    due: Option<[u8; 8]>,
    asked: Option<[u8; 8]>,
    pub(crate) mtu: Mtu,
}

#[derive(Debug)]
struct Candidate {
    path: Path,
    token: [u8; 8],
    next: Instant,
    left: u8,
}

/// A packet of its own that a path needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathPacket {
    Challenge(Path, [u8; 8]),
    Response(Path, [u8; 8]),
}

impl Paths {
    pub(crate) fn new(active: Path, max_datagram: usize, now: Instant) -> Self {
        let mtu = Mtu::new(active, max_datagram, now);
        Self { active, candidates: Vec::new(), responses: VecDeque::new(), due: None, asked: None, mtu }
    }

    /// Packets go another way from now on; what is still to be answered is.
    pub(crate) fn move_to(&mut self, path: Path, max_datagram: usize, now: Instant) {
        (self.active, self.mtu) = (path, Mtu::new(path, max_datagram, now));
    }

    /// The newest packet came, or something is to be tried, another way.
    pub(crate) fn try_other(&mut self, path: Path, token: [u8; 8], old_token: [u8; 8], now: Instant) {
        if path == self.active || self.candidates.iter().any(|candidate| candidate.path == path) {
            return;
        }
        if self.candidates.len() == CANDIDATES {
            self.candidates.remove(0);
        }
        self.candidates.push(Candidate { path, token, next: now, left: CHALLENGES });
        self.ask_active(old_token);
    }

    /// Asks on the active path: the answer tells from which address the peer sees this side.
    pub(crate) fn ask_active(&mut self, token: [u8; 8]) {
        self.due = Some(token);
    }

    /// Whether an answer is to a challenge of this side.
    pub(crate) fn has_asked(&self, token: [u8; 8]) -> bool {
        self.asked == Some(token) || self.candidates.iter().any(|candidate| candidate.token == token)
    }

    /// Whether another way is tried already.
    pub(crate) fn is_tried(&self, path: Path) -> bool {
        self.candidates.iter().any(|candidate| candidate.path == path)
    }

    /// The peer asks for an answer on the path that it came on.
    pub(crate) fn challenged(&mut self, path: Path, token: [u8; 8]) {
        if self.responses.len() < RESPONSES {
            self.responses.push_back((path, token));
        }
    }

    /// The peer has answered. The candidate is the path if the answer came on it.
    pub(crate) fn answered(&mut self, path: Path, token: [u8; 8]) -> bool {
        let found = self.candidates.iter().position(|other| other.token == token && other.path == path);
        let Some(found) = found else { return false };
        self.candidates.swap_remove(found);
        true
    }

    /// The next packet that some path needs now.
    pub(crate) fn next_packet(&mut self, now: Instant) -> Option<PathPacket> {
        if let Some((path, token)) = self.responses.pop_front() {
            return Some(PathPacket::Response(path, token));
        }
        if let Some(token) = self.due.take() {
            self.asked = Some(token);
            return Some(PathPacket::Challenge(self.active, token));
        }
        let due = self.candidates.iter_mut().find(|candidate| candidate.left > 0 && now >= candidate.next)?;
        due.left -= 1;
        due.next = now + CHALLENGE_INTERVAL;
        Some(PathPacket::Challenge(due.path, due.token))
    }

    /// Gives up candidates that have not answered.
    pub(crate) fn expire(&mut self, now: Instant) {
        self.candidates.retain(|candidate| candidate.left > 0 || now < candidate.next);
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.candidates.iter().map(|candidate| candidate.next).min()
    }

    pub(crate) fn has_packet(&self, now: Instant) -> bool {
        let is_due = |candidate: &Candidate| candidate.left > 0 && now >= candidate.next;
        !self.responses.is_empty() || self.due.is_some() || self.candidates.iter().any(is_due)
    }
}

/// The address of a path, where it has one.
pub(crate) fn address(path: Path) -> Option<SocketAddr> {
    match path {
        Path::Direct(address) => Some(address),
        Path::Routed(_) => None,
    }
}

/// How long a datagram may be (RFC 8899): found by probes, given up when long ones vanish.
#[derive(Debug)]
pub(crate) struct Mtu {
    pub(crate) current: usize,
    base: usize,
    ceiling: usize,
    /// Least size that is known not to pass.
    too_large: usize,
    probe: Option<usize>,
    failures: u32,
    next: Option<Instant>,
    vanished: u8,
}

impl Mtu {
    const SEARCH_AGAIN: Duration = Duration::from_secs(600);
    const SEARCH_AFTER_HOLE: Duration = Duration::from_secs(60);
    const MAX_PROBES: u32 = 3;

    fn new(path: Path, max_datagram: usize, now: Instant) -> Self {
        let less = if matches!(path, Path::Routed(_)) { limits::FORWARD_OVERHEAD } else { 0 };
        let (base, ceiling) = (align(limits::BASE_DATAGRAM - less), align(max_datagram - less));
        let next = (ceiling > base).then_some(now);
        Self {
            current: base,
            base,
            ceiling,
            too_large: ceiling + 16,
            probe: None,
            failures: 0,
            next,
            vanished: 0,
        }
    }

    /// Size of the probe that is to be sent now.
    pub(crate) fn take_probe(&mut self, now: Instant) -> Option<usize> {
        self.next.filter(|next| self.probe.is_none() && now >= *next)?;
        let middle = align(usize::midpoint(self.current, self.too_large));
        let size = if self.too_large > self.ceiling { self.ceiling } else { middle };
        if size <= self.current {
            self.next = Some(now + Self::SEARCH_AGAIN);
            self.too_large = self.ceiling + 16;
            return None;
        }
        self.probe = Some(size);
        Some(size)
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.next.filter(|_| self.probe.is_none() && self.current < self.ceiling)
    }

    /// A probe has arrived or was lost.
    pub(crate) fn probed(&mut self, size: usize, has_arrived: bool, now: Instant) {
        self.probe = None;
        if has_arrived {
            self.current = self.current.max(size);
            self.failures = 0;
        } else {
            self.failures += 1;
            if self.failures == Self::MAX_PROBES {
                (self.too_large, self.failures) = (size, 0);
            }
        }
        self.next = Some(now);
    }

    /// Packets arrived or were lost; the largest of each.
    pub(crate) fn observe(&mut self, arrived: usize, lost: usize, now: Instant) {
        if arrived > self.base {
            self.vanished = 0;
        } else if lost > self.base {
            self.vanished += 1;
        }
        if self.vanished >= 6 {
            self.give_up(now);
        }
    }

    /// The peer has answered none of so many packets in a row, each of which asked whether it is still there. Where long
    /// datagrams vanish and nothing shorter is sent, no answer would ever tell.
    pub(crate) fn unanswered(&mut self, asked: u32, now: Instant) {
        if asked >= Self::MAX_PROBES && self.current > self.base {
            self.give_up(now);
        }
    }

    fn give_up(&mut self, now: Instant) {
        (self.current, self.vanished) = (self.base, 0);
        self.next = Some(now + Self::SEARCH_AFTER_HOLE);
    }
}

/// What is sealed has a multiple of 16 bytes.
const fn align(size: usize) -> usize {
    size / 16 * 16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(limit: usize, max: usize) -> usize {
        let now = Instant::now();
        let path = Path::Direct(([127, 0, 0, 1], 1).into());
        let mut mtu = Mtu::new(path, max, now);
        while let Some(size) = mtu.take_probe(now) {
            mtu.probed(size, size <= limit, now);
        }
        mtu.current
    }

    #[test]
    fn the_longest_datagram_that_passes_is_found() {
        assert_eq!(find(1_500, 1_452), 1_440);
        assert_eq!(find(1_300, 1_452), 1_296);
        assert_eq!(find(1_200, 1_452), 1_200);
        assert_eq!(find(9_000, 8_952), 8_944);
        assert!((4_000 - 32..=4_000).contains(&find(4_000, 8_952)));
        assert_eq!(find(1_500, 1_200), 1_200);
    }

    #[test]
    fn long_datagrams_that_vanish_are_given_up() {
        let now = Instant::now();
        let mut mtu = Mtu::new(Path::Direct(([127, 0, 0, 1], 1).into()), 1_452, now);
        let size = mtu.take_probe(now).expect("a probe");
        mtu.probed(size, true, now);
        (0..5).for_each(|_| mtu.observe(0, 1_440, now));
        mtu.observe(1_440, 0, now);
        (0..5).for_each(|_| mtu.observe(1_200, 1_440, now));
        assert_eq!(mtu.current, 1_440);
        mtu.observe(0, 1_440, now);
        assert_eq!(mtu.current, 1_200);
        assert!(mtu.take_probe(now).is_none() && mtu.next_timeout().is_some());
    }

    #[test]
    fn long_datagrams_are_given_up_when_nothing_is_answered() {
        let now = Instant::now();
        let mut mtu = Mtu::new(Path::Direct(([127, 0, 0, 1], 1).into()), 1_452, now);
        let size = mtu.take_probe(now).expect("a probe");
        mtu.probed(size, true, now);
        mtu.unanswered(2, now);
        assert_eq!(mtu.current, 1_440);
        mtu.unanswered(3, now);
        assert_eq!(mtu.current, 1_200);
        assert!(mtu.take_probe(now).is_none() && mtu.take_probe(now + Mtu::SEARCH_AFTER_HOLE).is_some());
    }
}
