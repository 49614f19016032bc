//! Signatures that are checked once in a world, not once in each node: the answer is the same everywhere.

use net_crypto::EntityId;
use net_router::Signatures;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A memory of checked signatures that nodes share.
#[derive(Debug, Clone, Default)]
pub struct Memo(Arc<Mutex<HashMap<blake3::Hash, bool>>>);

impl Signatures for Memo {
    fn hold(&mut self, entity: &EntityId, message: &[u8], signature: &[u8; 64]) -> bool {
        let mut hasher = blake3::Hasher::new();
        hasher.update(entity.as_bytes()).update(signature).update(message);
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry(hasher.finalize()).or_insert_with(|| entity.verify(message, signature))
    }
}
