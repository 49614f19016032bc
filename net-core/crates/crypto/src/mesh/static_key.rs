//! X25519 static keys, and the certificates that bind them to identities.

use super::hash;
use crate::{EntityId, Keypair, Seed};
use net_types::identity::IdentityError;
use std::fmt;
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

/// Label of certificates, filled up with zeros.
const LABEL: &[u8; 16] = b"net.cert.v1\0\0\0\0\0";

/// The public half of a static key: what a node is dialled by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey([u8; Self::SIZE]);

impl PublicKey {
    /// Bytes of every key.
    pub const SIZE: usize = 32;

    /// The key of these bytes.
    pub const fn new(bytes: [u8; Self::SIZE]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }

    /// Key of the MACs that show whoever dials this node to know its key.
    pub fn mac_key(&self) -> [u8; 32] {
        hash::hash(&[b"net.mac.key.v1", &self.0])
    }
}

impl TryFrom<&[u8]> for PublicKey {
    type Error = IdentityError;

    fn try_from(bytes: &[u8]) -> Result<Self, IdentityError> {
        let wrong = |_| IdentityError::InvalidEntityId { length: bytes.len() as u64 };
        bytes.try_into().map(Self).map_err(wrong)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// An X25519 key pair that decrypts handshakes and nothing else; its secret is wiped when it goes, and in no text.
pub struct StaticKey {
    secret: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

impl StaticKey {
    /// The static key of an identity: stable as long as its seed is kept.
    pub fn derive(seed: &Seed) -> Self {
        Self::from_secret(hash::derive(seed.as_bytes(), &[b"net.static.v1"]))
    }

    /// The key of a secret that was drawn by itself.
    pub fn from_secret(secret: Zeroizing<[u8; 32]>) -> Self {
        let public = PublicKey(public(&secret));
        Self { secret, public }
    }

    /// The seed of an identity for a node that was given nothing but this key: it stays the same as long as the key does.
    pub fn identity(&self) -> Seed {
        Seed::new(hash::derive(&self.secret, &[b"net.identity.v1"]))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Its secret half.
    pub(super) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }
}

impl fmt::Debug for StaticKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// An identity's statement that a static key is its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Certificate([u8; Self::SIZE]);

impl Certificate {
    /// Bytes of every certificate.
    pub const SIZE: usize = 64;

    /// Certifies a static key.
    pub fn issue(identity: &Keypair, key: PublicKey) -> Self {
        Self(identity.sign_any(&signed(key)))
    }

    /// The certificate of these bytes, which may be nobody's.
    pub const fn new(bytes: [u8; Self::SIZE]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }

    /// Whether an entity made it for a key.
    pub fn is_of(&self, entity: EntityId, key: PublicKey) -> bool {
        entity.verify(&signed(key), &self.0)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(..)")
    }
}

/// The public half of a secret, by tables of the base point.
pub(super) fn public(secret: &[u8; 32]) -> [u8; 32] {
    x25519_dalek::PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
}

fn signed(key: PublicKey) -> [u8; 48] {
    let mut message = [0; 48];
    message[..16].copy_from_slice(LABEL);
    message[16..].copy_from_slice(key.as_bytes());
    message
}
