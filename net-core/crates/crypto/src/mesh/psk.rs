//! Pre-shared keys: who holds one is a member of the mesh.

use super::hash::{self, Mac};
use std::fmt;
use zeroize::Zeroizing;

/// What is derived from a pre-shared key; wiped when it goes, and in no text.
#[derive(Clone)]
pub struct Psk {
    noise: Zeroizing<[u8; 32]>,
    mac: Zeroizing<[u8; 32]>,
    is_patterned: bool,
}

impl Psk {
    /// Bytes of every pre-shared key.
    pub const SIZE: usize = 32;

    /// The key of these bytes.
    pub fn new(bytes: &[u8; Self::SIZE]) -> Self {
        let distinct = (0..Self::SIZE).filter(|at| !bytes[..*at].contains(&bytes[*at])).count();
        let step = |at: usize| bytes[at + 1].wrapping_sub(bytes[at]);
        Self {
            noise: hash::derive(bytes, &[b"net.noise.v1"]),
            mac: hash::derive(bytes, &[b"net.mac.v1"]),
            is_patterned: distinct < 12 || (1..Self::SIZE - 1).all(|at| step(at) == step(0)),
        }
    }

    /// MAC by which a member knows a member.
    pub fn mac(&self, parts: &[&[u8]]) -> Mac {
        hash::keyed_mac(&*self.mac, parts)
    }

    /// Whether the key looks written and not drawn: a MAC lets anybody check guesses, so such a key is soon found.
    pub fn is_patterned(&self) -> bool {
        self.is_patterned
    }

    /// What it is to Noise.
    pub(super) fn noise(&self) -> &[u8; 32] {
        &self.noise
    }
}

impl PartialEq for Psk {
    fn eq(&self, other: &Self) -> bool {
        self.mac(&[b"equal"]) == other.mac(&[b"equal"])
    }
}

impl fmt::Debug for Psk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Psk(..)")
    }
}
