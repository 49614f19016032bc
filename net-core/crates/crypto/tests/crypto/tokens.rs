//! How tokens are made, read, verified and passed on.

use crate::common::{NOW, channel, grant, pair, token};
use net_crypto::{Delegation, Grant, Token};
use net_types::{
    Error,
    identity::{IdentityError, TokenError, TokenScope},
    wire::identity::PermissionToken,
};

fn kind(result: Result<Token, Error>) -> TokenError {
    match result.expect_err("refused") {
        Error::Token(error) => error,
        other => panic!("{other}"),
    }
}

/// The token that a body signed by somebody else than its issuer makes.
fn forged(says: &PermissionToken) -> Token {
    Token::parse(&says.encode().expect("bytes")).expect("token")
}

#[test]
fn a_token_says_what_was_granted() {
    let (issuer, subject) = (pair(1), pair(2));
    let scope = TokenScope::PUBLISH | TokenScope::DELEGATE;
    let asked = Grant { generation: 9, ..grant(subject.entity_id(), scope) };
    let token = Token::issue(&issuer, &asked, NOW, 77).expect("token");
    let says = token.says();
    assert_eq!((token.issuer(), token.subject()), (issuer.entity_id(), subject.entity_id()));
    assert_eq!((says.scope, says.channel_hash), (scope, channel().hash()));
    assert_eq!((says.not_before.0, says.not_after.0), (NOW, NOW + 300));
    assert_eq!((says.delegation_depth, says.nonce, says.issuer_generation), (3, 77, 9));
    assert_eq!(token.as_bytes().len(), 169);
    assert!(token.verify());
    let read = Token::parse(token.as_bytes()).expect("token");
    assert_eq!(read.says(), says);
}

#[test]
fn nothing_is_granted_without_scope_or_time() {
    let issuer = pair(1);
    let issue =
        |scope, ttl| Token::issue(&issuer, &Grant { ttl, ..grant(pair(2).entity_id(), scope) }, NOW, 0);
    assert_eq!(kind(issue(TokenScope::PUBLISH, 0)), TokenError::ZeroTtl);
    assert!(matches!(issue(TokenScope::default(), 1), Err(Error::Identity(IdentityError::EmptyScope))));
    let detail = "unknown scope wildcard; expected publish | subscribe | admin | delegate".to_owned();
    match issue(TokenScope::PUBLISH | TokenScope::WILDCARD, 1) {
        Err(Error::Identity(error)) => assert_eq!(error, IdentityError::UnknownScope { detail }),
        other => panic!("{other:?}"),
    }
    assert_eq!(issue(TokenScope::PUBLISH, u64::MAX).expect("token").says().not_after.0, u64::MAX);
}

#[test]
fn other_lengths_and_unknown_bits_are_no_token() {
    let bytes = token(&pair(1), &pair(2), TokenScope::ADMIN).as_bytes().to_vec();
    let longer = [bytes.as_slice(), &[0]].concat();
    let mut unknown = bytes.clone();
    unknown[64] |= 0x20;
    for wrong in [&[], &bytes[..168], &bytes[..161], &bytes[..159], &longer, &unknown] {
        assert!(matches!(kind(Token::parse(wrong)), TokenError::InvalidFormat { .. }), "{}", wrong.len());
    }
}

#[test]
fn every_bit_of_a_token_is_under_the_signature() {
    let token = token(&pair(1), &pair(2), TokenScope::SUBSCRIBE);
    for at in 0..169 {
        let mut bytes = *token.as_bytes();
        bytes[at] ^= 1 << (at % 5);
        assert!(!Token::parse(&bytes).is_ok_and(|token| token.verify()), "byte {at}");
    }
}

#[test]
fn verifying_looks_at_the_signature_and_expiry_at_the_clock() {
    let token = token(&pair(1), &pair(2), TokenScope::SUBSCRIBE);
    for (now, time, expired) in [
        (NOW - 1, Err(TokenError::NotYetValid), false),
        (NOW, Ok(()), false),
        (NOW + 299, Ok(()), false),
        (NOW + 300, Err(TokenError::Expired), true),
    ] {
        assert_eq!((token.check_time(now), token.is_expired(now)), (time, expired));
        assert!(token.verify());
    }
}

#[test]
fn a_part_is_passed_on() {
    let (root, middle, leaf) = (pair(1), pair(2), pair(3));
    let parent = token(&root, &middle, TokenScope::PUBLISH | TokenScope::SUBSCRIBE | TokenScope::DELEGATE);
    let part = Delegation {
        subject: leaf.entity_id(),
        scope: TokenScope::SUBSCRIBE | TokenScope::ADMIN,
        generation: None,
    };
    let child = parent.delegate(&middle, &part, NOW + 10, 5).expect("token");
    let says = child.says();
    assert_eq!((child.issuer(), child.subject()), (middle.entity_id(), leaf.entity_id()));
    assert_eq!((says.scope, says.delegation_depth, says.nonce), (TokenScope::SUBSCRIBE, 2, 5));
    assert_eq!((says.not_before.0, says.not_after), (NOW + 10, parent.says().not_after));
    assert_eq!((says.channel_hash, says.issuer_generation), (parent.says().channel_hash, 0));
    assert!(child.verify());
    let later = parent.delegate(&middle, &Delegation { generation: Some(4), ..part }, NOW, 5).expect("token");
    assert_eq!(later.says().issuer_generation, 4);
}

#[test]
fn what_may_not_be_passed_on_says_why() {
    let (root, middle) = (pair(1), pair(2));
    let parent = token(&root, &middle, TokenScope::PUBLISH | TokenScope::DELEGATE);
    let part = |scope| Delegation { subject: pair(3).entity_id(), scope, generation: None };
    let publish = part(TokenScope::PUBLISH);
    let from = |parent: &Token, now| kind(parent.delegate(&middle, &publish, now, 0));
    assert_eq!(from(&parent, NOW - 1), TokenError::NotYetValid);
    assert_eq!(from(&parent, NOW + 300), TokenError::Expired);
    assert_eq!(from(&token(&root, &middle, TokenScope::PUBLISH), NOW), TokenError::DelegationNotAllowed);
    let last = Grant { delegation_depth: 0, ..grant(middle.entity_id(), TokenScope::DELEGATE) };
    let last = Token::issue(&root, &last, NOW, 0).expect("token");
    assert_eq!(from(&last, NOW), TokenError::DelegationExhausted);
    let foreign = PermissionToken { delegation_depth: 9, ..parent.says().clone() };
    assert_eq!(from(&forged(&foreign), NOW), TokenError::InvalidSignature);
    let stolen = kind(parent.delegate(&pair(9), &publish, NOW, 0));
    assert!(stolen.message().ends_with("the signer is not the token's subject"), "{stolen}");
    let too_much = kind(parent.delegate(&middle, &part(TokenScope::ADMIN), NOW, 0));
    assert!(too_much.message().ends_with("permits none of what is to be passed on"), "{too_much}");
    let nothing = parent.delegate(&middle, &part(TokenScope::default()), NOW, 0);
    assert!(matches!(nothing, Err(Error::Identity(IdentityError::EmptyScope))));
}
