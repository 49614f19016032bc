//! Signatures, checked.

use net_crypto::EntityId;

/// Checks signatures. An implementation may remember answers: the same question has always the same.
pub trait Signatures: Send {
    /// Whether the signature of a message is that entity's.
    fn hold(&mut self, entity: &EntityId, message: &[u8], signature: &[u8; 64]) -> bool;
}

/// Checks each signature anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct Strict;

impl Signatures for Strict {
    fn hold(&mut self, entity: &EntityId, message: &[u8], signature: &[u8; 64]) -> bool {
        entity.verify(message, signature)
    }
}
