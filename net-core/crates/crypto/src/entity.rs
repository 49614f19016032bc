//! Entity ids: public keys, and what is derived from them.

use ed25519_dalek::{Signature, VerifyingKey};
use net_types::identity::{IdentityError, NodeId, OriginHash};
use std::fmt;

/// An Ed25519 public key, which names an entity. It need not be a point of the curve; then nothing verifies.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntityId([u8; Self::SIZE]);

impl EntityId {
    /// Bytes of every id.
    pub const SIZE: usize = 32;

    /// The id of these bytes.
    pub const fn new(bytes: [u8; Self::SIZE]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }

    /// The node that this entity is.
    pub fn node_id(&self) -> NodeId {
        NodeId::derive(&self.0)
    }

    /// The origin of what this entity writes.
    pub fn origin_hash(&self) -> OriginHash {
        OriginHash::derive(&self.0)
    }

    /// Whether the signature of a message is this entity's.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

impl TryFrom<&[u8]> for EntityId {
    type Error = IdentityError;

    fn try_from(bytes: &[u8]) -> Result<Self, IdentityError> {
        let wrong = |_| IdentityError::InvalidEntityId { length: bytes.len() as u64 };
        bytes.try_into().map(Self).map_err(wrong)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityId({self})")
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
