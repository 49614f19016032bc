//! BLAKE2s as the mesh uses it: derivations of 32 bytes and MACs of 16.

use blake2::{
    Blake2s256, Blake2sMac, Blake2sMac256,
    digest::{Digest, KeyInit, Mac as _, consts::U16},
};
use zeroize::Zeroizing;

/// Bytes of a MAC.
pub const MAC_SIZE: usize = 16;

/// A MAC of the mesh.
pub type Mac = [u8; MAC_SIZE];

/// Keyed BLAKE2s-128 of the parts, one behind the other. The key has 16 to 32 bytes.
pub fn keyed_mac(key: &[u8], parts: &[&[u8]]) -> Mac {
    let mut mac = Blake2sMac::<U16>::new_from_slice(key).expect("a key of at most 32 bytes");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// Compares MACs in a time that does not depend on where they differ.
pub fn macs_equal(one: &Mac, other: &Mac) -> bool {
    let differences = one.iter().zip(other).fold(0, |differences, (one, other)| differences | (one ^ other));
    std::hint::black_box(differences) == 0
}

/// Keyed BLAKE2s-256 of the parts, one behind the other: a secret derived from a secret.
pub(super) fn derive(key: &[u8; 32], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut mac = Blake2sMac256::new_from_slice(key).expect("a key of at most 32 bytes");
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// BLAKE2s-256 of the parts, one behind the other.
pub(super) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Blake2s256::new();
    parts.iter().for_each(|part| Digest::update(&mut hash, part));
    hash.finalize().into()
}
