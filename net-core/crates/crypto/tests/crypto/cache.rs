//! What the cache keeps, finds and gives up.

use crate::common::{NOW, channel, grant, pair, token};
use net_crypto::{ChannelName, Grant, Keypair, Token, TokenCache};
use net_types::identity::{TokenError, TokenScope};
use std::sync::Arc;

fn cache() -> TokenCache {
    TokenCache::new(0x5eed)
}

/// A subscription for so many seconds.
fn lasting(issuer: &Keypair, subject: &Keypair, ttl: u64) -> Arc<Token> {
    let grant = Grant { ttl, ..grant(subject.entity_id(), TokenScope::SUBSCRIBE) };
    Arc::new(Token::issue(issuer, &grant, NOW, ttl).expect("token"))
}

#[test]
fn finds_a_token_by_its_subject_and_exact_channel() {
    let (mut cache, subject) = (cache(), pair(2));
    let token = Arc::new(token(&pair(1), &subject, TokenScope::PUBLISH));
    cache.install(token.clone(), NOW).expect("installed");
    let find = |entity, channel, now| cache.lookup(entity, channel, now).map(|found| *found.as_bytes());
    let here = channel().hash();
    assert_eq!(find(subject.entity_id(), here, NOW), Some(*token.as_bytes()));
    assert_eq!(find(pair(3).entity_id(), here, NOW), None);
    let other = ChannelName::parse("sensors/temp/1").expect("name").hash();
    assert_eq!(find(subject.entity_id(), other, NOW), None);
    assert_eq!(find(subject.entity_id(), here, NOW - 1), None, "not valid yet");
    assert_eq!(find(subject.entity_id(), here, NOW + 300), None, "expired");
}

#[test]
fn keeps_only_what_is_genuine_and_not_over() {
    let mut cache = cache();
    let token = token(&pair(1), &pair(2), TokenScope::PUBLISH);
    let mut bytes = *token.as_bytes();
    bytes[97] ^= 1;
    let forged = Arc::new(Token::parse(&bytes).expect("token"));
    assert_eq!(cache.install(forged, NOW), Err(TokenError::InvalidSignature));
    assert_eq!(cache.install(Arc::new(token), NOW + 300), Err(TokenError::Expired));
    assert!(cache.is_empty());
}

#[test]
fn a_kept_token_is_known_whoever_hands_it_in() {
    let mut cache = cache();
    let token = Arc::new(token(&pair(1), &pair(2), TokenScope::PUBLISH));
    let copy = Token::parse(token.as_bytes()).expect("token");
    assert!(!cache.holds(&copy));
    cache.install(token, NOW).expect("installed");
    assert!(cache.holds(&copy));
    cache.install(Arc::new(copy), NOW).expect("installed");
    assert_eq!(cache.len(), 1);
}

#[test]
fn a_longer_token_takes_the_place_of_a_shorter_one() {
    let (mut cache, issuer, subject) = (cache(), pair(1), pair(2));
    for ttl in [20, 30, 10] {
        cache.install(lasting(&issuer, &subject, ttl), NOW).expect("installed");
    }
    cache.install(lasting(&pair(9), &subject, 25), NOW).expect("another issuer's");
    assert_eq!(cache.len(), 2);
    let found = cache.lookup(subject.entity_id(), channel().hash(), NOW).expect("token");
    assert_eq!(found.says().not_after.0, NOW + 30);
}

#[test]
fn a_token_of_a_later_generation_takes_the_place_of_a_longer_one() {
    let (mut cache, issuer, subject) = (cache(), pair(1), pair(2));
    let of = |generation, ttl| {
        let grant = Grant { ttl, generation, ..grant(subject.entity_id(), TokenScope::SUBSCRIBE) };
        Arc::new(Token::issue(&issuer, &grant, NOW, ttl).expect("token"))
    };
    let (old, new) = (of(0, 300), of(1, 100));
    for token in [&old, &new, &old] {
        cache.install(token.clone(), NOW).expect("installed");
    }
    assert!(cache.holds(&new) && !cache.holds(&old));
    assert_eq!(cache.len(), 1);
}

#[test]
fn a_token_that_begins_later_leaves_what_is_valid_now() {
    let (mut cache, issuer, subject) = (cache(), pair(1), pair(2));
    let from = |start| {
        let grant = grant(subject.entity_id(), TokenScope::SUBSCRIBE);
        Arc::new(Token::issue(&issuer, &grant, start, start).expect("token"))
    };
    let (now, later) = (from(NOW), from(NOW + 200));
    for token in [&now, &later] {
        cache.install(token.clone(), NOW).expect("installed");
    }
    let found = |at| cache.lookup(subject.entity_id(), channel().hash(), at).map(|found| *found.as_bytes());
    assert_eq!(found(NOW), Some(*now.as_bytes()));
    assert_eq!(found(NOW + 200), Some(*later.as_bytes()));
    cache.install(from(NOW + 250), NOW + 250).expect("installed");
    assert_eq!(cache.len(), 1, "the others begin no earlier from then on, and end before it");
}

#[test]
fn a_full_slot_gives_up_what_ends_first() {
    let (mut cache, subject) = (cache(), pair(250));
    let most = u8::try_from(TokenCache::MAX_TOKENS_PER_SLOT).expect("a byte");
    for issuer in 0..=most {
        cache.install(lasting(&pair(issuer), &subject, 100 + u64::from(issuer)), NOW).expect("installed");
    }
    assert_eq!(cache.len(), usize::from(most));
    assert!(!cache.holds(&lasting(&pair(0), &subject, 100)));
    assert!(cache.holds(&lasting(&pair(1), &subject, 101)));
}
