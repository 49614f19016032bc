//! Dialling: the first message, its repetition, and what comes back.

use super::{Endpoint, Owner, messages};
use crate::{
    DialId, Event, Path, SessionId, Target, config::Config, random::Draw, session::Keying, stats::DropReason,
};
use net_crypto::{
    EntityId,
    mesh::{Certificate, Cipher, Initiator, Mac, PublicKey},
};
use net_types::{
    mesh::{MeshError, RejectCode},
    wire::mesh::{CookiePacket, HandshakePayload, RejectPacket, RespPacket},
};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// After a refusal an answer is waited for this long: a refusal is easier to fake.
const REJECT_WAIT: Duration = Duration::from_millis(250);

/// Longest time between two repetitions.
const LONGEST_INTERVAL: Duration = Duration::from_secs(1);

/// Times between attempts to reach a peer that is to stay connected.
const FIRST_REDIAL: Duration = Duration::from_millis(500);
const LAST_REDIAL: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Dial {
    pub(super) target: Target,
    pub(super) own_half: u64,
    peer_half: u64,
    version: u8,
    /// The session that is to have fresh keys.
    pub(super) renews: Option<SessionId>,
    index: u32,
    initiator: Initiator,
    packet: [u8; 296],
    started: Instant,
    next: Instant,
    interval: Duration,
    refusal: Option<(Instant, MeshError)>,
    /// Nobody waits for it: it only settles or renews keys.
    is_satisfied: bool,
}

/// A peer that is to stay connected.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) target: Target,
    /// Whether it is dialled again when an attempt fails or a session ends.
    pub(super) is_kept: bool,
    backoff: Duration,
    /// When it is dialled next; nothing while it is connected or dialled.
    pub(super) next: Option<Instant>,
}

impl Endpoint {
    /// Dials a peer once. After a session with it has begun, it is dialled again whenever the session ends, until
    /// [`disconnect`](Self::disconnect).
    pub fn connect(&mut self, now: Instant, target: Target) -> DialId {
        let kept = self.wanted.get(&target.key).is_some_and(|wanted| wanted.is_kept);
        self.want(target, kept);
        self.dial(now, target, None, false)
    }

    /// Dials a peer now, and again from 0.5 s to 30 s apart, until it is connected, and whenever it is not any more.
    pub fn keep_connected(&mut self, now: Instant, target: Target) -> DialId {
        self.want(target, true);
        self.dial(now, target, None, false)
    }

    fn want(&mut self, target: Target, is_kept: bool) {
        let wanted = Wanted { target, is_kept, backoff: FIRST_REDIAL, next: None };
        self.wanted.insert(target.key, wanted);
    }

    /// Dials. If there is a session with the peer already, that is all, unless its keys are to be renewed or it is silent.
    pub(super) fn dial(
        &mut self,
        now: Instant,
        target: Target,
        mut renews: Option<SessionId>,
        is_satisfied: bool,
    ) -> DialId {
        let id = DialId(self.next_dial);
        self.next_dial += 1;
        let live = self.slots.iter().filter_map(|slot| slot.session.as_deref());
        let mut live = live.filter(|session| session.peer.key == target.key && !session.is_closing());
        if let Some((session, peer, is_silent)) =
            live.next().map(|session| (session.id, session.peer, session.is_suspected()))
            && renews.is_none()
        {
            if is_silent {
                renews = Some(session);
            } else {
                self.satisfy_dials(target.key);
                self.events.push_back(Event::Connected {
                    session,
                    peer: peer.entity,
                    key: peer.key,
                    dial: Some(id),
                });
                return id;
            }
        }
        let halves = renews.and_then(|session| {
            let session = self.session(session)?;
            Some((session.own_half, session.peer_half))
        });
        let (own_half, peer_half) = halves.unwrap_or_else(|| (self.half_for(target.key), 0));
        let index = self.new_index(Owner::Dial(id));
        let version = self.config.version;
        match self.first_message(&target, version, index, (own_half, peer_half)) {
            Some((initiator, packet)) => {
                let interval = Duration::from_millis(200);
                let dial = Dial {
                    target,
                    own_half,
                    peer_half,
                    version,
                    renews,
                    index,
                    initiator,
                    packet,
                    started: now,
                    next: now,
                    interval,
                    refusal: None,
                    is_satisfied,
                };
                self.dials.insert(id, dial);
                self.handle_dial(now, id);
            }
            // A key of small order: nobody can have it.
            None => {
                self.indexes.remove(&index);
                self.events.push_back(Event::DialFailed { dial: id, error: MeshError::WrongKey });
            }
        }
        id
    }

    /// While this side only dials or answers a peer, it keeps the half that it drew first.
    fn half_for(&mut self, key: PublicKey) -> u64 {
        let dialled = self.dials.values().find(|dial| dial.target.key == key && dial.renews.is_none());
        let known = dialled.map(|dial| dial.own_half).or_else(|| self.half_open.half_by_key(key));
        known.unwrap_or_else(|| self.random.number().max(1))
    }

    fn first_message(
        &mut self,
        target: &Target,
        version: u8,
        index: u32,
        halves: (u64, u64),
    ) -> Option<(Initiator, [u8; 296])> {
        let head = messages::init_head(version, index);
        let psk = self.config.psks.first()?;
        let ephemeral = Zeroizing::new(self.random.array());
        let prologue = messages::prologue(&head);
        let mut initiator =
            Initiator::new(&self.config.static_key, target.key, psk, &prologue, ephemeral).ok()?;
        let payload = messages::payload(&self.config, &self.certificate, halves, index, None)?;
        let noise = initiator.write(&payload).ok()?;
        Some((initiator, messages::init(&head, &noise, target.key, psk)))
    }

    /// Sends what a dial has due, or ends it.
    pub(super) fn handle_dial(&mut self, now: Instant, id: DialId) {
        let Some(dial) = self.dials.get_mut(&id) else { return };
        if let Some((at, error)) = &dial.refusal
            && now >= *at
        {
            let error = error.clone();
            return match error {
                MeshError::VersionMismatch { highest } if self.dial_lower(id, highest) => {
                    self.handle_dial(now, id);
                }
                error => self.end_dial(now, id, error),
            };
        }
        if now >= dial.started + self.config.connect_timeout {
            return self.end_dial(now, id, MeshError::NoAnswer);
        }
        if now >= dial.next && dial.refusal.is_none() {
            self.out.push_back((dial.target.path, dial.packet.to_vec()));
            let jitter = self.random.between(900, 1_101) as u32;
            dial.next = now + dial.interval * jitter / 1_000;
            dial.interval = (dial.interval * 3 / 2).min(LONGEST_INTERVAL);
        }
        let deadline = dial.started + self.config.connect_timeout;
        let next = dial.refusal.as_ref().map_or(dial.next, |(at, _)| *at).min(deadline);
        self.arm(next, super::Timer::Dial(id));
    }

    /// Has a dial go on in a version that the peer speaks; false if this side does not, or has tried it. The peer says in its
    /// answer which is its highest, sealed, so that nobody can talk the two down.
    fn dial_lower(&mut self, id: DialId, highest: u16) -> bool {
        let Some(dial) = self.dials.get(&id) else { return false };
        let Some(version) = u8::try_from(highest).ok().filter(|version| (1..dial.version).contains(version))
        else {
            return false;
        };
        let (target, index, halves) = (dial.target, dial.index, (dial.own_half, dial.peer_half));
        let first = self.first_message(&target, version, index, halves);
        let (Some(dial), Some((initiator, packet))) = (self.dials.get_mut(&id), first) else { return false };
        (dial.version, dial.initiator, dial.packet, dial.refusal) = (version, initiator, packet, None);
        true
    }

    /// Ends a dial without a session.
    pub(super) fn end_dial(&mut self, now: Instant, id: DialId, error: MeshError) {
        let Some(dial) = self.remove_dial(id) else { return };
        if dial.is_satisfied {
            return;
        }
        self.events.push_back(Event::DialFailed { dial: id, error });
        self.redial_later(now, dial.target.key);
    }

    pub(super) fn remove_dial(&mut self, id: DialId) -> Option<Dial> {
        let dial = self.dials.remove(&id)?;
        self.indexes.remove(&dial.index);
        Some(dial)
    }

    /// Plans the next attempt to reach a peer that is to stay connected.
    pub(super) fn redial_later(&mut self, now: Instant, key: PublicKey) {
        let Some(wanted) = self.wanted.get_mut(&key) else { return };
        if !wanted.is_kept {
            self.wanted.remove(&key);
            return;
        }
        let at = now + wanted.backoff * self.random.between(900, 1_101) as u32 / 1_000;
        wanted.backoff = (wanted.backoff * 2).min(LAST_REDIAL);
        wanted.next = Some(at);
        self.arm(at, super::Timer::Redial(key));
    }

    /// Dials again, if that is still wanted.
    pub(super) fn redial(&mut self, now: Instant, key: PublicKey) {
        let Some(wanted) = self.wanted.get_mut(&key).filter(|wanted| wanted.next.is_some_and(|at| now >= at))
        else {
            return;
        };
        wanted.next = None;
        let target = wanted.target;
        self.dial(now, target, None, false);
    }

    /// A session with a peer has begun: its dials have what they wanted, though they go on to settle the keys.
    pub(super) fn satisfy_dials(&mut self, key: PublicKey) -> Vec<DialId> {
        if let Some(wanted) = self.wanted.get_mut(&key) {
            (wanted.is_kept, wanted.backoff, wanted.next) = (true, FIRST_REDIAL, None);
        }
        let waiting = self.dials.iter_mut().filter(|(_, dial)| dial.target.key == key && !dial.is_satisfied);
        waiting
            .map(|(id, dial)| {
                dial.is_satisfied = true;
                *id
            })
            .collect()
    }

    pub(super) fn handle_resp(&mut self, now: Instant, from: Path, packet: &[u8]) {
        let Ok(resp) = RespPacket::decode(packet) else { return self.stats.drop(DropReason::Malformed) };
        let Some(Owner::Dial(id)) = self.indexes.get(&resp.receiver_index).copied() else {
            return self.stats.drop(DropReason::Handshake);
        };
        match self.read_resp(id, &resp, packet) {
            Ok(Some((payload, keying))) => self.answered(now, id, from, &payload, keying),
            // An answer that does not open changes nothing; the right one may still come.
            Ok(None) => self.stats.drop(DropReason::Handshake),
            Err(error) => self.end_dial(now, id, error),
        }
    }

    /// Opens an answer, and checks who gave it.
    fn read_resp(
        &mut self,
        id: DialId,
        resp: &RespPacket,
        packet: &[u8],
    ) -> Result<Option<(HandshakePayload, PendingKeying)>, MeshError> {
        let Some(dial) = self.dials.get_mut(&id) else { return Ok(None) };
        let Ok(noise) = packet[8..].try_into() else { return Ok(None) };
        let Ok((payload, secrets)) = dial.initiator.read(noise) else { return Ok(None) };
        let Ok(payload) = HandshakePayload::decode(&payload) else { return Ok(None) };
        let entity = EntityId::new(payload.entity_id);
        let cipher = Cipher::chosen(self.config.ciphers, payload.ciphers);
        if payload.peer_half != dial.own_half
            || payload.chosen != cipher as u8
            || resp.protocol != dial.version
            || !messages::is_highest(&self.config, &payload, dial.version)
        {
            return Ok(None);
        }
        let (found, expected) = (entity.node_id(), dial.target.node);
        let is_expected = expected.is_none_or(|expected| expected == found);
        let certificate = Certificate::new(payload.certificate);
        if !is_expected || !self.certificates.holds(entity, dial.target.key, &certificate) {
            return Err(MeshError::WrongIdentity { expected: expected.unwrap_or(found).0, found: found.0 });
        }
        if self.config.admitted.as_ref().is_some_and(|admitted| !admitted.contains(&entity)) {
            return Err(MeshError::NotAdmitted);
        }
        Ok(Some((payload, PendingKeying { index: resp.receiver_index, cipher, secrets })))
    }

    fn answered(
        &mut self,
        now: Instant,
        id: DialId,
        from: Path,
        payload: &HandshakePayload,
        pending: PendingKeying,
    ) {
        let Some(dial) = self.dials.remove(&id) else { return };
        let peer = messages::peer(payload, dial.target.key);
        let terms = messages::terms(&self.config, payload, dial.own_half);
        let PendingKeying { index, cipher, secrets } = pending;
        let keying = Keying::new(index, payload.index, true, cipher, secrets, now);
        // The answer may come from another address than the one that was dialled: packets go where the answer came from.
        let path = if dial.renews.is_some() { dial.target.path } else { from };
        let dial = (!dial.is_satisfied).then_some(id);
        self.join(now, peer, terms, keying, path, dial);
    }

    pub(super) fn handle_reject(&mut self, now: Instant, packet: &[u8]) {
        let Ok(reject) = RejectPacket::decode(packet) else { return self.stats.drop(DropReason::Malformed) };
        let dial = match self.indexes.get(&reject.receiver_index) {
            Some(Owner::Dial(id)) => self.dials.get_mut(id).map(|dial| (*id, dial)),
            _ => None,
        };
        let Some((id, dial)) = dial.filter(|(_, dial)| is_genuine(&self.config, dial, &reject, packet))
        else {
            return self.stats.drop(DropReason::Handshake);
        };
        if dial.refusal.is_none() {
            let error = match RejectCode::from_tag(reject.reason) {
                Some(RejectCode::WrongKey) => MeshError::WrongKey,
                Some(RejectCode::WrongPsk) => MeshError::WrongPsk,
                Some(RejectCode::VersionMismatch) => {
                    MeshError::VersionMismatch { highest: reject.highest_version }
                }
                Some(RejectCode::ShuttingDown) => MeshError::ShuttingDown,
                Some(RejectCode::NotAdmitted | RejectCode::Unknown(_)) | None => MeshError::NotAdmitted,
            };
            dial.refusal = Some((now + REJECT_WAIT, error));
            self.handle_dial(now, id);
        }
    }

    pub(super) fn handle_cookie(&mut self, now: Instant, packet: &[u8]) {
        let Ok(cookie) = CookiePacket::decode(packet) else { return self.stats.drop(DropReason::Malformed) };
        let Some(Owner::Dial(id)) = self.indexes.get(&cookie.receiver_index).copied() else {
            return self.stats.drop(DropReason::Handshake);
        };
        let (Some(dial), Some(psk)) = (self.dials.get_mut(&id), self.config.psks.first()) else { return };
        let (_, mac_psk, _) = messages::macs(&dial.packet);
        if psk.mac(&[&cookie.cookie, &mac_psk]) != cookie.mac {
            return self.stats.drop(DropReason::Handshake);
        }
        messages::add_cookie(&mut dial.packet, &cookie.cookie);
        dial.next = now;
        self.handle_dial(now, id);
    }
}

/// Keys whose index at the peer is in its answer.
struct PendingKeying {
    index: u32,
    cipher: Cipher,
    secrets: net_crypto::mesh::HandshakeSecrets,
}

/// Whether a refusal is by somebody who knows the PSK, or the key if that is what was right.
fn is_genuine(config: &Config, dial: &Dial, reject: &RejectPacket, packet: &[u8]) -> bool {
    let (mac_key, mac_psk, _) = messages::macs(&dial.packet);
    let parts: [&[u8]; 3] = [&packet[..16], &mac_key, &mac_psk];
    let expected: Option<Mac> = if reject.reason == RejectCode::WrongPsk.tag() {
        Some(net_crypto::mesh::keyed_mac(&dial.target.key.mac_key(), &parts))
    } else {
        config.psks.first().map(|psk| psk.mac(&parts))
    };
    expected.is_some_and(|expected| net_crypto::mesh::macs_equal(&expected, &reject.mac))
}
