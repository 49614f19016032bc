//! The keys of one handshake: indexes, and the phases of each direction.

use net_crypto::mesh::{Cipher, HandshakeSecrets, PacketKey, PhaseSecret};
use std::time::{Duration, Instant};

/// Packets after which a direction takes its next key.
const PACKETS_PER_PHASE: u64 = 1 << 22;

/// Time after which a direction takes its next key.
const TIME_PER_PHASE: Duration = Duration::from_secs(600);

/// Packets that AES-GCM seals with a key at most (RFC 9001, section 6.6).
const MOST_PACKETS_PER_KEY: u64 = 1 << 23;

/// Failed openings after which keys are given up.
const MOST_FORGERIES: u64 = 1 << 35;

/// The result of one handshake.
#[derive(Debug)]
pub(crate) struct Keying {
    /// Index by which the peer names it.
    pub(crate) own_index: u32,
    /// Index by which the peer knows it.
    pub(crate) peer_index: u32,
    pub(crate) is_initiator: bool,
    pub(crate) made: Instant,
    /// When a packet was last opened.
    pub(crate) used: Instant,
    /// Whether the peer has used it.
    pub(crate) is_confirmed: bool,
    cipher: Cipher,
    send: Sending,
    receive: Receiving,
    forgeries: u64,
}

#[derive(Debug)]
struct Sending {
    phase: u8,
    key: PacketKey,
    next: PhaseSecret,
    sealed: u64,
    since: Instant,
    /// First packet of the phase; none before one is sealed.
    first: Option<u64>,
    is_acknowledged: bool,
}

#[derive(Debug)]
struct Receiving {
    phase: u8,
    previous: Option<(PacketKey, Instant)>,
    current: PacketKey,
    next: PacketKey,
    after_next: PhaseSecret,
}

impl Keying {
    pub(crate) fn new(
        own_index: u32,
        peer_index: u32,
        is_initiator: bool,
        cipher: Cipher,
        secrets: HandshakeSecrets,
        now: Instant,
    ) -> Self {
        let send = PhaseSecret::new(secrets.send);
        let receive = PhaseSecret::new(secrets.receive);
        let next = receive.next();
        Self {
            own_index,
            peer_index,
            is_initiator,
            made: now,
            used: now,
            is_confirmed: is_initiator,
            cipher,
            send: Sending {
                phase: 0,
                key: send.key(cipher),
                next: send.next(),
                sealed: 0,
                since: now,
                first: None,
                is_acknowledged: false,
            },
            receive: Receiving {
                phase: 0,
                previous: None,
                current: receive.key(cipher),
                after_next: next.next(),
                next: next.key(cipher),
            },
            forgeries: 0,
        }
    }

    /// Opens a packet in place and tells where its plain bytes stand. The first one of the peer's next phase makes that
    /// the current one; the old key stays for packets that are late.
    pub(crate) fn open(
        &mut self,
        phase: u8,
        number: u64,
        packet: &mut [u8],
        now: Instant,
        keep_old: Duration,
    ) -> Option<std::ops::Range<usize>> {
        let receive = &mut self.receive;
        if receive.previous.as_ref().is_some_and(|(_, until)| now >= *until) {
            receive.previous = None;
        }
        let distance = phase.wrapping_sub(receive.phase);
        let key = match distance {
            0 => Some(&receive.current),
            1 => Some(&receive.next),
            u8::MAX => receive.previous.as_ref().map(|(key, _)| key),
            _ => None,
        };
        let Some(plain) = key.and_then(|key| key.open(number, packet)) else {
            self.forgeries += 1;
            return None;
        };
        if distance == 1 {
            let next = receive.after_next.key(self.cipher);
            let current = std::mem::replace(&mut receive.next, next);
            let previous = std::mem::replace(&mut receive.current, current);
            receive.previous = Some((previous, now + keep_old));
            receive.after_next = receive.after_next.next();
            receive.phase = phase;
        }
        self.used = now;
        Some(plain)
    }

    /// Seals a packet in place, its header included.
    pub(crate) fn seal(&mut self, number: u64, packet: &mut [u8]) {
        self.send.sealed += 1;
        self.send.first.get_or_insert(number);
        self.send.key.seal(number, packet);
    }

    /// Phase of what is sealed next.
    pub(crate) fn phase(&self) -> u8 {
        self.send.phase
    }

    /// Whether a packet may be sealed at all.
    pub(crate) fn may_seal(&self) -> bool {
        self.send.sealed < MOST_PACKETS_PER_KEY
    }

    /// Whether too many packets were not genuine.
    pub(crate) fn is_worn_out(&self) -> bool {
        self.forgeries >= MOST_FORGERIES
    }

    /// Takes the next key for sending if it is time and the peer has acknowledged the current phase; true if it did, so that
    /// the caller opens the phase with a PING.
    pub(crate) fn advance(&mut self, now: Instant) -> bool {
        let send = &self.send;
        let is_due = send.sealed >= PACKETS_PER_PHASE || now >= send.since + TIME_PER_PHASE;
        if !(is_due && send.is_acknowledged) {
            return false;
        }
        self.take_next_key(now);
        true
    }

    fn take_next_key(&mut self, now: Instant) {
        let next = self.send.next.next();
        self.send = Sending {
            phase: self.send.phase.wrapping_add(1),
            key: self.send.next.key(self.cipher),
            next,
            sealed: 0,
            since: now,
            first: None,
            is_acknowledged: false,
        };
    }

    /// The peer has acknowledged a packet that was sealed with these keys.
    pub(crate) fn acknowledged(&mut self, number: u64) {
        if self.send.first.is_some_and(|first| number >= first) {
            self.send.is_acknowledged = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use net_crypto::mesh::{HEADER, TAG};
    use zeroize::Zeroizing;

    fn pair(cipher: Cipher, now: Instant) -> (Keying, Keying) {
        let secrets = |send, receive| HandshakeSecrets {
            send: Zeroizing::new([send; 32]),
            receive: Zeroizing::new([receive; 32]),
        };
        (
            Keying::new(1, 2, true, cipher, secrets(1, 2), now),
            Keying::new(2, 1, false, cipher, secrets(2, 1), now),
        )
    }

    fn sealed(keying: &mut Keying, number: u64) -> (u8, Vec<u8>) {
        let mut packet = vec![7; HEADER + 32 + TAG];
        let phase = keying.phase();
        keying.seal(number, &mut packet);
        (phase, packet)
    }

    #[test]
    fn phases_follow_each_other_and_late_packets_open() {
        let now = Instant::now();
        for cipher in [Cipher::ChaCha20Poly1305, Cipher::Aes256Gcm] {
            let (mut one, mut other) = pair(cipher, now);
            let keep = Duration::from_secs(1);
            let late = sealed(&mut one, 0);
            for number in 1..600 {
                one.take_next_key(now);
                let (phase, mut packet) = sealed(&mut one, number);
                assert_eq!(phase, number as u8);
                assert!(other.open(phase, number, &mut packet, now, keep).is_some(), "phase {number}");
                if number == 1 {
                    assert!(other.open(late.0, 0, &mut late.1.clone(), now, keep).is_some());
                    assert!(other.open(late.0, 0, &mut late.1.clone(), now + keep, keep).is_none());
                }
            }
        }
    }

    #[test]
    fn a_phase_is_left_only_after_time_and_an_acknowledgement() {
        let now = Instant::now();
        let (mut one, _) = pair(Cipher::ChaCha20Poly1305, now);
        sealed(&mut one, 5);
        let later = now + TIME_PER_PHASE;
        assert!(!one.advance(later), "nothing is acknowledged");
        one.acknowledged(4);
        assert!(!one.advance(later), "only a packet of the last phase is acknowledged");
        one.acknowledged(5);
        assert!(!one.advance(now) && one.advance(later) && !one.advance(later + TIME_PER_PHASE));
    }

    #[test]
    fn a_changed_bit_anywhere_is_noticed() {
        let now = Instant::now();
        let (mut one, mut other) = pair(Cipher::ChaCha20Poly1305, now);
        let (phase, packet) = sealed(&mut one, 9);
        for bit in 0..packet.len() * 8 {
            let mut spoilt = packet.clone();
            spoilt[bit / 8] ^= 1 << (bit % 8);
            assert!(other.open(phase, 9, &mut spoilt, now, Duration::ZERO).is_none(), "bit {bit}");
        }
        assert!(other.open(phase, 10, &mut packet.clone(), now, Duration::ZERO).is_none(), "another number");
    }
}
