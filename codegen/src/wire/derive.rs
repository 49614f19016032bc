//! Derivations, computed from what the spec says of them.

use crate::doc::Endian;
use crate::ir::{Derive, DeriveHash};
use crate::wire::to_hex;
use blake2::digest::{KeyInit, Mac};
use blake2::{Blake2s256, Blake2sMac256, Digest};

/// What is derived, as fixtures write it; none if the key does not fit the hash.
pub fn derive(item: &Derive, hashed: &[u8]) -> Option<String> {
    let digest = match item.hash {
        DeriveHash::Xxh364 => xxhash_rust::xxh3::xxh3_64(hashed).to_le_bytes().to_vec(),
        DeriveHash::Blake3 => blake3::hash(hashed).as_bytes().to_vec(),
        DeriveHash::Blake2s256 if item.key.is_empty() => Blake2s256::digest(hashed).to_vec(),
        DeriveHash::Blake2s256 => {
            let keyed = Blake2sMac256::new_from_slice(item.key.as_bytes()).ok()?;
            keyed.chain_update(hashed).finalize().into_bytes().to_vec()
        }
    };
    let taken = digest.get(item.take.clone())?;
    let number =
        |bytes: &mut dyn Iterator<Item = &u8>| bytes.fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    Some(match item.endian {
        Some(Endian::Little) => number(&mut taken.iter().rev()).to_string(),
        Some(Endian::Big) => number(&mut taken.iter()).to_string(),
        None => to_hex(taken),
    })
}
