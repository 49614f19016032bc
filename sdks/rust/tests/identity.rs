//! Identities and permission tokens as a program uses them.

use net_mesh::prelude::*;
use net_mesh::{
    AuthorizeOptions, IdentityError, IssueTokenOptions, TokenError, TokenScope, authorize, channel_hash,
    delegate_token, parse_token, verify_token,
};
use std::time::Duration;

const CHANNEL: &str = "sensors/temp";

fn identity(byte: u8) -> Identity {
    Identity::from_seed([byte; 32]).expect("identity")
}

fn issue(issuer: &Identity, subject: &Identity, scope: TokenScope) -> Token {
    let options = IssueTokenOptions {
        subject: subject.entity_id(),
        scope,
        channel: CHANNEL.into(),
        ttl: Duration::from_secs(300),
        delegation_depth: 1,
        generation: 0,
    };
    issuer.issue_token(options).expect("token")
}

#[test]
fn a_seed_keeps_its_ids() {
    let identity = identity(0x42);
    assert_eq!(identity.node_id().0, 13_984_162_817_992_751_213);
    assert_eq!(identity.origin_hash().0, 13_934_920_157_995_351_524);
    assert_eq!(identity.to_bytes().unwrap().as_ref(), [0x42; 32]);
    assert_eq!(
        Identity::from_seed([0; 31]).err(),
        Some(Error::from(IdentityError::InvalidSeed { length: 31 }))
    );
}

#[test]
fn no_text_tells_the_seed() {
    let text = format!("{:?}", identity(0xa7));
    assert!(!text.contains("a7a7") && !text.contains("167, 167"), "{text}");
}

#[test]
fn tokens_are_verified_and_kept() {
    let (issuer, subject) = (identity(1), identity(2));
    let token = issue(&issuer, &subject, TokenScope::SUBSCRIBE);
    assert_eq!((token.verify(), token.is_expired()), (Ok(true), Ok(false)));
    assert_eq!(verify_token(token.bytes()), Ok(true));
    assert_eq!(parse_token(token.bytes()).unwrap().channel_hash, channel_hash(CHANNEL).unwrap());
    subject.install_token(&token).unwrap();
    let found = subject.lookup_token(subject.entity_id(), CHANNEL).unwrap().expect("token");
    assert_eq!(found.bytes(), token.bytes());
    assert_eq!(subject.token_cache_len(), Ok(1));
}

#[test]
fn a_chain_is_authorized_by_its_root() {
    let (root, middle, leaf) = (identity(1), identity(2), identity(3));
    let first = issue(&root, &middle, TokenScope::SUBSCRIBE | TokenScope::DELEGATE);
    let last = delegate_token(&middle, &first, leaf.entity_id(), TokenScope::SUBSCRIBE, None).unwrap();
    let options = AuthorizeOptions {
        trusted_issuers: vec![root.entity_id()],
        subject: leaf.entity_id(),
        scope: TokenScope::SUBSCRIBE,
        channel: CHANNEL.into(),
        now: None,
        floors: Vec::new(),
    };
    authorize(&[first, last], options.clone()).unwrap();
    let own = issue(&leaf, &leaf, TokenScope::SUBSCRIBE);
    let reason = "its issuer is not trusted".to_owned();
    let refused = TokenError::NotAuthorized { link: Some(0), reason };
    assert_eq!(authorize(&[own], options), Err(refused.into()));
}

#[test]
fn dedup_remembers_the_ids_that_were_asked_for_last() {
    let dedup = RedisStreamDedup::new(2).unwrap();
    let asked = ["a", "b", "a", "c", "b"].map(|id| dedup.is_duplicate(id).unwrap());
    assert_eq!(asked, [false, false, true, false, false]);
    assert_eq!((dedup.len(), dedup.capacity()), (Ok(2), 2));
}
