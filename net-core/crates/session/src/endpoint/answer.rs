//! Answering: what a first message has to show before anything is computed for it, and the answer.

use super::{Endpoint, Owner, Timer, half_open::HalfOpen, messages};
use crate::{
    Path,
    random::Draw,
    session::{Keying, Peer},
    stats::DropReason,
};
use net_crypto::{
    EntityId,
    mesh::{Certificate, Cipher, Mac, PublicKey, Received, Responder, keyed_mac, macs_equal},
};
use net_types::{mesh::RejectCode, wire::mesh::HandshakePayload};
use std::time::Instant;
use zeroize::Zeroizing;

/// A first message whose MACs were looked at.
struct Init<'a> {
    packet: &'a [u8; 296],
    index: u32,
    mac_psk: Mac,
    psk: usize,
    has_cookie: bool,
}

impl Endpoint {
    pub(super) fn handle_init(&mut self, now: Instant, from: Path, packet: &[u8]) {
        let Ok(packet) = <&[u8; 296]>::try_from(packet) else {
            return self.stats.drop(DropReason::Malformed);
        };
        if packet[2..4] != [0, 0] {
            return self.stats.drop(DropReason::Malformed);
        }
        let index = u32::from_le_bytes([packet[4], packet[5], packet[6], packet[7]]);
        let (mac_key, mac_psk, mac_cookie) = messages::macs(packet);
        let is_for_this = macs_equal(&keyed_mac(&self.mac_key, &[&packet[..messages::MAC_KEY]]), &mac_key);
        let covered = &packet[..messages::MAC_PSK];
        let psk = self.config.psks.iter().position(|psk| macs_equal(&psk.mac(&[covered]), &mac_psk));
        let reason = match (is_for_this, psk) {
            (false, None) => return self.stats.drop(DropReason::Stranger),
            (true, None) => RejectCode::WrongPsk,
            (false, Some(_)) => RejectCode::WrongKey,
            (true, Some(_)) if !(1..=self.config.version).contains(&packet[1]) => RejectCode::VersionMismatch,
            (true, Some(_)) if self.is_shutting_down => RejectCode::ShuttingDown,
            (true, Some(psk)) => {
                let covered = &packet[..messages::MAC_COOKIE];
                let has_cookie = mac_cookie != [0; 16]
                    && self.load.accepts(now, from, &mut *self.random, &mac_cookie, covered);
                return self.answer(now, from, &Init { packet, index, mac_psk, psk, has_cookie });
            }
        };
        self.refuse(now, from, index, reason, packet, psk);
    }

    /// Answers a member that knows this node's key, within the limits.
    fn answer(&mut self, now: Instant, from: Path, init: &Init<'_>) {
        let ephemeral = std::array::from_fn(|at| init.packet[8 + at]);
        match self.half_open.answer_again(&ephemeral) {
            Some(Some(answer)) => return self.out.push_back((from, answer.to_vec())),
            Some(None) => return self.stats.drop(DropReason::Limited),
            None => {}
        }
        let is_loaded = self.load.asks_for_cookies(now, self.half_open.len());
        if is_loaded && !init.has_cookie {
            let cookie = self.load.cookie(now, from, &mut *self.random);
            let psk = &self.config.psks[init.psk];
            self.out
                .push_back((from, messages::cookie(init.packet[1], init.index, cookie, psk, &init.mac_psk)));
            self.stats.cookies += 1;
            return;
        }
        if !self.load.admits(now, from, init.has_cookie) {
            return self.stats.drop(DropReason::Limited);
        }
        match self.open_init(init) {
            Some((peer, payload, received)) => {
                if is_loaded && !self.load.admits_key(peer.key) {
                    return self.stats.drop(DropReason::Limited);
                }
                self.make_answer(now, from, init, peer, &payload, received);
            }
            None => self.stats.drop(DropReason::Handshake),
        }
    }

    /// Opens a first message and checks whom it is from.
    fn open_init(&mut self, init: &Init<'_>) -> Option<(Peer, HandshakePayload, Received)> {
        let psk = &self.config.psks[init.psk];
        let noise = init.packet[8..messages::MAC_KEY].try_into().ok()?;
        let ephemeral = Zeroizing::new(self.random.array());
        let prologue = messages::prologue(init.packet);
        let received = Responder::read(&self.config.static_key, psk, &prologue, noise, ephemeral).ok()?;
        let payload = HandshakePayload::decode(&received.payload).ok()?;
        let peer = messages::peer(&payload, received.peer);
        let certificate = Certificate::new(payload.certificate);
        let is_other = peer.entity != self.config.identity.entity_id();
        let is_highest = messages::is_highest(&self.config, &payload, init.packet[1]);
        (is_other && is_highest && self.certificates.holds(peer.entity, peer.key, &certificate))
            .then_some((peer, payload, received))
    }

    fn make_answer(
        &mut self,
        now: Instant,
        from: Path,
        init: &Init<'_>,
        peer: Peer,
        payload: &HandshakePayload,
        received: Received,
    ) {
        if !self.admits(&peer) {
            return self.refuse(now, from, init.index, RejectCode::NotAdmitted, init.packet, Some(init.psk));
        }
        let own_half = self.half_for_answer(&peer, payload);
        let own_index = self.new_index(Owner::HalfOpen);
        let cipher = Cipher::chosen(self.config.ciphers, payload.ciphers);
        let halves = (own_half, payload.own_half);
        let own = messages::payload(&self.config, &self.certificate, halves, own_index, Some(cipher));
        let Some(answer) = own.and_then(|own| received.responder.write(&own).ok()) else {
            self.indexes.remove(&own_index);
            return self.stats.drop(DropReason::Handshake);
        };
        let keying = Keying::new(own_index, payload.index, false, cipher, answer.secrets, now);
        let packet = messages::resp(init.packet[1], init.index, &answer.message);
        let ephemeral = std::array::from_fn(|at| init.packet[8 + at]);
        let terms = messages::terms(&self.config, payload, own_half);
        let half_open = HalfOpen::new(keying, peer, terms, packet, ephemeral, from);
        match self.half_open.push(half_open, !from.is_loopback(), init.has_cookie) {
            Ok(evicted) => {
                evicted.map(|index| self.indexes.remove(&index));
                self.out.push_back((from, packet.to_vec()));
                self.stats.answered += 1;
                if let Some(at) = self.half_open.next_timeout() {
                    self.arm(at, Timer::HalfOpen);
                }
            }
            Err(()) => {
                self.indexes.remove(&own_index);
                self.stats.drop(DropReason::Limited);
            }
        }
    }

    /// The half by which this side names the session: that of the live session if the peer is still in it; that of the own
    /// dial, or of an earlier answer, if there is no session; else a fresh one, which tells that the old session is gone.
    fn half_for_answer(&mut self, peer: &Peer, payload: &HandshakePayload) -> u64 {
        if let Some(session) = self.session_of(peer.entity) {
            let is_same = session.peer_half == payload.own_half
                && (payload.peer_half == session.own_half || payload.peer_half == 0);
            if is_same {
                return session.own_half;
            }
        } else if let Some(dial) =
            self.dials.values().find(|dial| dial.target.key == peer.key && dial.renews.is_none())
        {
            return dial.own_half;
        }
        let earlier = self.half_open.half_for(peer, payload.own_half);
        earlier.unwrap_or_else(|| self.random.number().max(1))
    }

    /// Whether a peer may have a session at all.
    fn admits(&mut self, peer: &Peer) -> bool {
        let is_listed = self.config.admitted.as_ref().is_none_or(|admitted| admitted.contains(&peer.entity));
        let has_room =
            self.entities.len() < self.config.max_sessions || self.entities.contains_key(&peer.entity);
        is_listed && has_room && !self.is_refused(peer.entity) && self.may_bind(peer)
    }

    /// Tells why, to somebody who knows the PSK or the key.
    fn refuse(
        &mut self,
        now: Instant,
        from: Path,
        index: u32,
        reason: RejectCode,
        init: &[u8; 296],
        psk: Option<usize>,
    ) {
        if !self.load.admits_reject(now) {
            return self.stats.drop(DropReason::Limited);
        }
        let (mac_key, mac_psk, _) = messages::macs(init);
        let packet = messages::reject(self.config.version, index, reason, |head| {
            let parts: [&[u8]; 3] = [head, &mac_key, &mac_psk];
            match psk {
                Some(psk) => self.config.psks[psk].mac(&parts),
                None => keyed_mac(&self.mac_key, &parts),
            }
        });
        self.out.push_back((from, packet));
        self.stats.rejected += 1;
    }

    /// A packet names half-open keys. If it opens, the handshake is confirmed and a session has them.
    pub(super) fn confirm(&mut self, now: Instant, from: Path, index: u32, packet: &[u8]) -> bool {
        let Some(header) = crate::session::Header::read(packet).filter(|header| !header.is_forward) else {
            return false;
        };
        let Some(one) = self.half_open.find(index) else { return false };
        // Opened in a copy: the session opens it once more.
        let mut copy = packet.to_vec();
        let keep = std::time::Duration::ZERO;
        if one.keying.open(header.phase, header.number, &mut copy, now, keep).is_none() {
            return false;
        }
        let Some(HalfOpen { keying, peer, terms, .. }) = self.half_open.remove(index) else { return false };
        self.join(now, peer, terms, keying, from, None);
        true
    }
}

/// Certificates that were checked before.
#[derive(Debug, Default)]
pub(super) struct Certificates(hashbrown::HashSet<(EntityId, PublicKey)>);

impl Certificates {
    const KEPT: usize = 4_096;

    /// Whether a certificate is an entity's for a key. One that held is not checked again.
    pub(super) fn holds(&mut self, entity: EntityId, key: PublicKey, certificate: &Certificate) -> bool {
        if self.0.contains(&(entity, key)) {
            return true;
        }
        let holds = certificate.is_of(entity, key);
        if holds {
            if self.0.len() == Self::KEPT {
                self.0.clear();
            }
            self.0.insert((entity, key));
        }
        holds
    }
}
