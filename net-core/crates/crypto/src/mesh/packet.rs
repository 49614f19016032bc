//! Protection of packets: one key per direction and phase, sealed and opened in place.

use super::hash::derive;
use ring::aead::{AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey};
use std::{fmt, ops::Range};
use zeroize::Zeroizing;

/// Bytes in front of what is sealed; they are authenticated.
pub const HEADER: usize = 16;

/// Bytes of a tag.
pub const TAG: usize = 16;

/// How packets are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// ChaCha20-Poly1305 (RFC 8439), which every node has.
    ChaCha20Poly1305 = 0,
    /// AES-256-GCM, where processors have instructions for it.
    Aes256Gcm = 1,
}

impl Cipher {
    /// Mask of ChaCha20-Poly1305 alone.
    pub const CHACHA_ONLY: u8 = 1;

    /// Mask of both ciphers.
    pub const BOTH: u8 = 3;

    /// Mask of what this processor does well: AES only with instructions for it and for carry-less multiplication.
    pub fn of_this_processor() -> u8 {
        if has_aes() { Self::BOTH } else { Self::CHACHA_ONLY }
    }

    /// The cipher of two nodes: AES if both have it.
    pub fn chosen(one: u8, other: u8) -> Self {
        if one & other & 2 == 2 { Self::Aes256Gcm } else { Self::ChaCha20Poly1305 }
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn has_aes() -> bool {
    std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("pclmulqdq")
}

#[cfg(target_arch = "aarch64")]
fn has_aes() -> bool {
    std::arch::is_aarch64_feature_detected!("aes") && std::arch::is_aarch64_feature_detected!("pmull")
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
fn has_aes() -> bool {
    false
}

/// The secret of one direction and phase, from which its key and the next phase's secret are derived. Wiped when it goes.
#[derive(Clone)]
pub struct PhaseSecret(Zeroizing<[u8; 32]>);

impl PhaseSecret {
    /// The secret of the first phase.
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self(secret)
    }

    /// The key of this phase.
    pub fn key(&self, cipher: Cipher) -> PacketKey {
        let algorithm = match cipher {
            Cipher::ChaCha20Poly1305 => &CHACHA20_POLY1305,
            Cipher::Aes256Gcm => &AES_256_GCM,
        };
        let key = derive(&self.0, &[b"net.key", &[cipher as u8]]);
        let iv = derive(&self.0, &[b"net.iv", &[cipher as u8]]);
        let key = UnboundKey::new(algorithm, &*key).expect("both ciphers have keys of 32 bytes");
        PacketKey { key: LessSafeKey::new(key), iv: std::array::from_fn(|at| iv[at]) }
    }

    /// The secret of the next phase; this one does not follow from it.
    pub fn next(&self) -> Self {
        Self(derive(&self.0, &[b"net.next"]))
    }
}

impl fmt::Debug for PhaseSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhaseSecret(..)")
    }
}

/// Seals or opens the packets of one direction and phase. The caller uses each number once.
pub struct PacketKey {
    key: LessSafeKey,
    iv: [u8; 12],
}

impl PacketKey {
    /// Seals a packet in place: 16 bytes of header, what is to be sealed, 16 bytes for the tag.
    ///
    /// # Panics
    /// If the packet is shorter than header and tag.
    pub fn seal(&self, number: u64, packet: &mut [u8]) {
        let (header, rest) = packet.split_at_mut(HEADER);
        let (body, room) = rest.split_at_mut(rest.len() - TAG);
        let tag = self
            .key
            .seal_in_place_separate_tag(self.nonce(number), Aad::from(&*header), body)
            .expect("a packet is shorter than the ciphers' limits");
        room.copy_from_slice(tag.as_ref());
    }

    /// Opens a sealed packet in place, and tells where in it the plain bytes stand; nothing if it is not genuine.
    pub fn open(&self, number: u64, packet: &mut [u8]) -> Option<Range<usize>> {
        let end = packet.len().checked_sub(TAG).filter(|end| *end >= HEADER)?;
        let (packet, tag) = packet.split_at_mut(end);
        let (header, body) = packet.split_at_mut(HEADER);
        let tag = Tag::try_from(&*tag).ok()?;
        self.key
            .open_in_place_separate_tag(self.nonce(number), Aad::from(&*header), tag, body, 0..)
            .ok()
            .map(|_| HEADER..end)
    }

    /// The number, exclusive or the phase's initial vector.
    fn nonce(&self, number: u64) -> Nonce {
        let mut nonce = self.iv;
        let low = u64::from_le_bytes(std::array::from_fn(|at| self.iv[4 + at])) ^ number;
        nonce[4..].copy_from_slice(&low.to_le_bytes());
        Nonce::assume_unique_for_key(nonce)
    }
}

impl fmt::Debug for PacketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PacketKey(..)")
    }
}
