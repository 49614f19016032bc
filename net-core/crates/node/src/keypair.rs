//! Static keys of the Noise handshake.

use std::fmt::Write;

use net_types::{BaseError, Error, bus::NetKeypair};
use x25519_dalek::{PublicKey, StaticSecret};

/// Draws a fresh X25519 key pair from the operating system's generator.
pub fn generate() -> Result<NetKeypair, Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| BaseError::Internal { detail: format!("the system's random generator: {error}") })?;
    Ok(pair_of(seed))
}

/// The pair of a secret key, which X25519 clamps only in use.
fn pair_of(secret: [u8; 32]) -> NetKeypair {
    let secret = StaticSecret::from(secret);
    let public = PublicKey::from(&secret);
    NetKeypair { public_key: hex(public.as_bytes()), secret_key: hex(secret.as_bytes()) }
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_key_belongs_to_the_secret_one() {
        // RFC 7748, section 6.1: Alice's keys.
        let secret = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
        let public = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
        let bytes = std::array::from_fn(|i| u8::from_str_radix(&secret[i * 2..i * 2 + 2], 16).expect("hex"));
        let pair = pair_of(bytes);
        assert_eq!((pair.public_key.as_str(), pair.secret_key.as_str()), (public, secret));
    }

    #[test]
    fn every_pair_is_fresh() {
        let (one, other) = (generate().expect("pair"), generate().expect("pair"));
        assert_ne!(one.secret_key, other.secret_key);
        assert_ne!(one.public_key, other.public_key);
        for key in [&one.public_key, &one.secret_key] {
            assert!(key.len() == 64 && key.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        }
    }
}
