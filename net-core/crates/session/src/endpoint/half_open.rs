//! Handshakes that were answered and are not confirmed: the first packet that opens with their keys does that.

use crate::{
    Path,
    config::limits,
    session::{Keying, Peer, Terms},
    types::Source,
};
use net_crypto::mesh::PublicKey;
use std::{collections::VecDeque, time::Instant};

/// Times that the same answer is sent.
const RESENDS: u8 = 8;

/// Half-open handshakes of one source, without and with a cookie.
const PER_SOURCE: usize = 16;
const PER_SOURCE_WITH_COOKIE: usize = 256;

#[derive(Debug)]
pub(super) struct HalfOpen {
    pub(super) keying: Keying,
    pub(super) peer: Peer,
    pub(super) terms: Terms,
    pub(super) made: Instant,
    pub(super) answer: [u8; 200],
    ephemeral: [u8; 32],
    source: Source,
    resends: u8,
}

impl HalfOpen {
    pub(super) fn new(
        keying: Keying,
        peer: Peer,
        terms: Terms,
        answer: [u8; 200],
        ephemeral: [u8; 32],
        from: Path,
    ) -> Self {
        let made = keying.made;
        Self { keying, peer, terms, made, answer, ephemeral, source: from.source(), resends: 0 }
    }
}

/// All of them, the oldest first; beyond their number the oldest goes.
#[derive(Debug, Default)]
pub(super) struct HalfOpenTable(VecDeque<HalfOpen>);

impl HalfOpenTable {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds one, and gives back the index of the one that had to go for it. Refused if its source has too many.
    pub(super) fn push(
        &mut self,
        one: HalfOpen,
        is_limited: bool,
        has_cookie: bool,
    ) -> Result<Option<u32>, ()> {
        let most = if has_cookie { PER_SOURCE_WITH_COOKIE } else { PER_SOURCE };
        if is_limited && self.0.iter().filter(|other| other.source == one.source).count() >= most {
            return Err(());
        }
        let oldest = if self.0.len() == limits::HALF_OPEN { self.0.pop_front() } else { None };
        self.0.push_back(one);
        Ok(oldest.map(|oldest| oldest.keying.own_index))
    }

    /// The answer to a handshake whose first message came before; nothing inside if it was sent often enough.
    pub(super) fn answer_again(&mut self, ephemeral: &[u8; 32]) -> Option<Option<[u8; 200]>> {
        let one = self.0.iter_mut().find(|one| one.ephemeral == *ephemeral)?;
        one.resends += 1;
        Some((one.resends <= RESENDS).then_some(one.answer))
    }

    /// The half that this side drew for a peer's half.
    pub(super) fn half_for(&self, peer: &Peer, peer_half: u64) -> Option<u64> {
        let is_same = |one: &&HalfOpen| one.peer.entity == peer.entity && one.terms.peer_half == peer_half;
        self.0.iter().find(is_same).map(|one| one.terms.own_half)
    }

    /// The half that this side drew when it last answered a key.
    pub(super) fn half_by_key(&self, key: PublicKey) -> Option<u64> {
        self.0.iter().rev().find(|one| one.peer.key == key).map(|one| one.terms.own_half)
    }

    pub(super) fn find(&mut self, index: u32) -> Option<&mut HalfOpen> {
        self.0.iter_mut().find(|one| one.keying.own_index == index)
    }

    pub(super) fn remove(&mut self, index: u32) -> Option<HalfOpen> {
        let at = self.0.iter().position(|one| one.keying.own_index == index)?;
        self.0.remove(at)
    }

    /// Takes one whose time is over.
    pub(super) fn take_expired(&mut self, now: Instant) -> Option<u32> {
        let first = self.0.front()?;
        if now < first.made + limits::HALF_OPEN_TIME {
            return None;
        }
        self.0.pop_front().map(|one| one.keying.own_index)
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.0.front().map(|first| first.made + limits::HALF_OPEN_TIME)
    }
}
