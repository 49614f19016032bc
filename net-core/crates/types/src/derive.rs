//! What is derived by a hash.

use crate::cursor::Hash;
use blake2::{
    Blake2s256, Blake2sMac256, Digest,
    digest::{KeyInit, Mac},
};

/// Bytes of the hash of some parts, one behind the other, from one byte on; zero behind its end. Only BLAKE2s has a key.
pub(crate) fn taken<const N: usize>(hash: Hash, key: &[u8], parts: &[&[u8]], from: usize) -> [u8; N] {
    let mut digest = [0; 32];
    match (hash, Blake2sMac256::new_from_slice(key)) {
        (Hash::Xxh364, _) => {
            digest[..8].copy_from_slice(&xxhash_rust::xxh3::xxh3_64(&parts.concat()).to_le_bytes());
        }
        (Hash::Blake3, _) => digest = *blake3::hash(&parts.concat()).as_bytes(),
        (Hash::Blake2s256, Ok(mut mac)) if !key.is_empty() => {
            parts.iter().for_each(|part| mac.update(part));
            digest.copy_from_slice(&mac.finalize().into_bytes());
        }
        (Hash::Blake2s256, _) => digest.copy_from_slice(&Blake2s256::digest(parts.concat())),
    }
    std::array::from_fn(|at| digest.get(from + at).copied().unwrap_or_default())
}
