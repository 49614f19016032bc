//! Secret seeds, and the key pairs that sign.

use crate::EntityId;
use ed25519_dalek::{Signer, SigningKey};
use net_types::{
    Error, Timestamp,
    identity::IdentityError,
    wire::identity::{PermissionToken, Revocation},
};
use std::fmt;
use zeroize::Zeroizing;

/// Starts of what the mesh itself signs; an application that signs foreign bytes must not sign one of these.
const LABELS: [&[u8]; 5] =
    [b"net.announce.v1", b"net.beacon.v1", b"net.cert.v1", b"net.revoke.v1", b"net.seal.v1"];

/// Bytes of a token in front of its signature.
pub(crate) const SIGNED: usize = PermissionToken::SIZE - 64;

/// The secret that an identity is: wiped when it goes, and in no text.
#[derive(Clone)]
pub struct Seed(Zeroizing<[u8; Self::SIZE]>);

impl Seed {
    /// Bytes of every seed.
    pub const SIZE: usize = 32;

    /// The seed of these bytes.
    pub fn new(bytes: Zeroizing<[u8; Self::SIZE]>) -> Self {
        Self(bytes)
    }

    /// Its bytes, which stay secret.
    pub fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }
}

impl TryFrom<&[u8]> for Seed {
    type Error = IdentityError;

    fn try_from(bytes: &[u8]) -> Result<Self, IdentityError> {
        if bytes.len() != Self::SIZE {
            return Err(IdentityError::InvalidSeed { length: bytes.len() as u64 });
        }
        let mut seed = Zeroizing::new([0; Self::SIZE]);
        seed.copy_from_slice(bytes);
        Ok(Self(seed))
    }
}

impl AsRef<[u8]> for Seed {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// An Ed25519 key pair; its secret half is wiped when it goes, and in no text.
pub struct Keypair {
    secret: SigningKey,
    entity: EntityId,
}

impl Keypair {
    /// The pair of a seed.
    pub fn from_seed(seed: &Seed) -> Self {
        let secret = SigningKey::from_bytes(seed.as_bytes());
        let entity = EntityId::new(secret.verifying_key().to_bytes());
        Self { secret, entity }
    }

    /// The seed that it was made from.
    pub fn seed(&self) -> Seed {
        Seed(Zeroizing::new(self.secret.to_bytes()))
    }

    /// Its public half.
    pub fn entity_id(&self) -> EntityId {
        self.entity
    }

    /// Signs a message of an application; what has the form of a token or of a message of the mesh is refused.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], IdentityError> {
        let is_token = message.len() == SIGNED && message.starts_with(self.entity.as_bytes());
        if is_token || LABELS.iter().any(|label| message.starts_with(label)) {
            return Err(IdentityError::ReservedMessage);
        }
        Ok(self.sign_any(message))
    }

    /// Says for ever that tokens of this identity below a generation count no more; `issued` is the second of its calendar.
    pub fn revoke(&self, floor: u32, issued: u64) -> Result<Vec<u8>, Error> {
        let mut says = Revocation {
            issuer: *self.entity.as_bytes(),
            floor,
            reserved: 0,
            issued: Timestamp(issued),
            signature: [0; 64],
        };
        let unsigned = says.encode()?;
        says.signature = self.sign_any(&unsigned[..Revocation::SIZE - 64]);
        says.encode()
    }

    /// Signs whatever it is: for what the mesh itself says.
    pub fn sign_any(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }
}

impl fmt::Debug for Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keypair").field("entity", &self.entity).finish_non_exhaustive()
    }
}
