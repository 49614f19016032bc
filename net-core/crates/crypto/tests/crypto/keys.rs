//! Derivations of an identity, what it refuses to sign, and that its secret is in no text.

use crate::common::{pair, token};
use net_crypto::{EntityId, Seed};
use net_types::identity::{IdentityError, TokenScope};

#[test]
fn an_existing_seed_keeps_its_ids() {
    // Keyed BLAKE2s-256 of the public key, computed with another implementation.
    let entity = pair(0x42).entity_id();
    assert_eq!(entity.to_string(), "2152f8d19b791d24453242e15f2eab6cb7cffa7b6a5ed30097960e069881db12");
    assert_eq!(entity.node_id().0, 0xc211_b9fd_dfae_f86d);
    assert_eq!(entity.origin_hash().0, 0xc162_c80d_a6be_3de4);
}

#[test]
fn a_seed_comes_back_as_it_was() {
    assert_eq!(pair(7).seed().as_bytes(), &[7; 32]);
}

#[test]
fn other_lengths_than_32_bytes_are_refused() {
    for length in [0, 31, 33, 64] {
        let bytes = vec![0; length];
        let length = length as u64;
        assert_eq!(Seed::try_from(bytes.as_slice()).err(), Some(IdentityError::InvalidSeed { length }));
        assert_eq!(
            EntityId::try_from(bytes.as_slice()).err(),
            Some(IdentityError::InvalidEntityId { length })
        );
    }
}

#[test]
fn what_could_be_a_token_or_a_message_of_the_mesh_is_not_signed() {
    let (pair, other) = (pair(1), pair(2));
    let token = token(&pair, &other, TokenScope::PUBLISH);
    let body = &token.as_bytes()[..105];
    assert_eq!(pair.sign(body), Err(IdentityError::ReservedMessage));
    assert!(other.sign(body).is_ok(), "the body of somebody else's token is harmless");
    assert!(pair.sign(&body[..104]).is_ok());
    assert_eq!(pair.sign(b"net.cert.v1\0\0\0\0\0and a key"), Err(IdentityError::ReservedMessage));
    assert!(pair.sign(b"net.certify").is_ok());
}

#[test]
fn no_text_of_a_key_tells_its_seed() {
    let pair = pair(0xa7);
    let texts = [
        format!("{pair:?}"),
        format!("{:#?}", pair.seed()),
        format!("{:?}", token(&pair, &pair, TokenScope::ADMIN)),
    ];
    for text in texts {
        for secret in ["a7a7a7", "167, 167", "a7, a7", "p6en"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn a_signature_verifies_only_for_its_message_and_entity() {
    let (pair, other) = (pair(3), pair(4));
    let signature = pair.sign(b"hello").expect("signature");
    assert!(pair.entity_id().verify(b"hello", &signature));
    assert!(!pair.entity_id().verify(b"hello!", &signature));
    assert!(!other.entity_id().verify(b"hello", &signature));
    assert!(!EntityId::new([0xff; 32]).verify(b"hello", &signature), "no point of the curve");
}
