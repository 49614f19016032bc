//! Identities with the system's clock and random numbers, and what the log tells of them.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use net_types::{
    Date, Error,
    api::{Identity as _, Token as _},
    identity::{AuthorizeOptions, GenerationFloor, IdentityError, IssueTokenOptions, TokenError, TokenScope},
};

use super::{Identity, Token, authorize, channel_hash, delegate_token, parse_token, verify_token};

const CHANNEL: &str = "sensors/temp";

fn identity(byte: u8) -> Arc<Identity> {
    Identity::from_seed(&[byte; 32]).expect("identity")
}

fn asked(subject: &Identity, scope: TokenScope) -> IssueTokenOptions {
    IssueTokenOptions {
        subject: subject.entity_id(),
        scope,
        channel: CHANNEL.to_owned(),
        ttl: Duration::from_secs(3600),
        delegation_depth: 1,
        generation: 0,
    }
}

fn claim(issuer: &Identity, subject: &Identity) -> AuthorizeOptions {
    AuthorizeOptions {
        trusted_issuers: vec![issuer.entity_id()],
        subject: subject.entity_id(),
        scope: TokenScope::SUBSCRIBE,
        channel: CHANNEL.to_owned(),
        now: None,
        floors: Vec::new(),
    }
}

#[test]
fn generated_identities_differ_and_survive_as_their_bytes() {
    let (one, other) = (Identity::generate().expect("identity"), Identity::generate().expect("identity"));
    assert_ne!(one.entity_id(), other.entity_id());
    let again = Identity::from_seed(&one.to_bytes().expect("seed")).expect("identity");
    assert_eq!((again.entity_id(), again.node_id()), (one.entity_id(), one.node_id()));
}

#[test]
fn a_token_lives_by_the_systems_clock() {
    let (issuer, subject) = (identity(1), identity(2));
    let token = issuer.issue_token(asked(&subject, TokenScope::SUBSCRIBE)).expect("token");
    assert_eq!(token.is_expired(), Ok(false));
    assert_eq!(verify_token(&token.bytes()), Ok(true));
    assert_eq!(token.not_after().0 - token.not_before().0, 3_600_000);
    let another = issuer.issue_token(asked(&subject, TokenScope::SUBSCRIBE)).expect("token");
    assert_ne!(another.nonce(), token.nonce());
    let info = parse_token(&token.bytes()).expect("info");
    assert_eq!((info.channel_hash, info.nonce), (channel_hash(CHANNEL).expect("hash"), token.nonce()));
}

#[test]
fn tokens_are_kept_and_found() {
    let (issuer, subject) = (identity(1), identity(2));
    let token = issuer.issue_token(asked(&subject, TokenScope::SUBSCRIBE)).expect("token");
    subject.install_token(&token).expect("installed");
    assert_eq!(subject.token_cache_len(), Ok(1));
    let found = subject.lookup_token(&subject.entity_id(), CHANNEL).expect("answer").expect("token");
    assert_eq!(found.bytes(), token.bytes());
    let elsewhere = subject.lookup_token(&subject.entity_id(), "sensors/humidity").expect("answer");
    assert!(elsewhere.is_none());
}

#[test]
fn a_public_key_alone_keeps_tokens_and_signs_nothing() {
    let (issuer, subject) = (identity(1), identity(2));
    let public = Identity::from_entity_id(&subject.entity_id()).expect("identity");
    assert_eq!((public.node_id(), public.origin_hash()), (subject.node_id(), subject.origin_hash()));
    let token = issuer.issue_token(asked(&subject, TokenScope::DELEGATE)).expect("token");
    public.install_token(&token).expect("installed");
    let id = subject.entity_id();
    let refusals = [
        public.to_bytes().err(),
        public.sign(b"hello").err(),
        public.issue_token(asked(&subject, TokenScope::PUBLISH)).err(),
        delegate_token(&public, &token, &id, TokenScope::DELEGATE, None).err(),
    ];
    for refusal in refusals {
        assert_eq!(refusal, Some(Error::from(TokenError::ReadOnly)));
    }
}

#[test]
fn a_chain_is_judged_at_the_given_time_or_now() {
    let (root, middle, leaf) = (identity(1), identity(2), identity(3));
    let scope = TokenScope::SUBSCRIBE | TokenScope::DELEGATE;
    let first = root.issue_token(asked(&middle, scope)).expect("token");
    let id = leaf.entity_id();
    let last = delegate_token(&middle, &first, &id, TokenScope::SUBSCRIBE, None).expect("token");
    let chain = [first, last];
    let claim = claim(&root, &leaf);
    assert_eq!(authorize(&chain, &claim), Ok(()));
    let refused = |options: AuthorizeOptions| authorize(&chain, &options).expect_err("refused").to_string();
    let never = AuthorizeOptions { now: Some(Date(-1)), ..claim.clone() };
    assert_eq!(refused(never), "token: not_authorized: link 0: it is not valid yet");
    let floor = GenerationFloor { issuer: middle.entity_id(), generation: 1 };
    let revoked = AuthorizeOptions { floors: vec![floor], ..claim.clone() };
    assert_eq!(refused(revoked), "token: not_authorized: link 1: its issuer has revoked it");
    let nothing = AuthorizeOptions { scope: TokenScope::default(), ..claim.clone() };
    assert_eq!(authorize(&chain, &nothing), Err(IdentityError::EmptyScope.into()));
    let short = AuthorizeOptions { trusted_issuers: vec![Bytes::from_static(b"short")], ..claim };
    assert_eq!(authorize(&chain, &short), Err(IdentityError::InvalidEntityId { length: 5 }.into()));
}

#[test]
fn no_log_tells_a_seed() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let seed = [0xa7; 32];
    let entity = tracing::subscriber::with_default(subscriber, || {
        let issuer = Identity::from_seed(&seed).expect("identity");
        let subject = Identity::generate().expect("identity");
        let token = issuer.issue_token(asked(&subject, TokenScope::PUBLISH)).expect("token");
        let mut forged = token.bytes().to_vec();
        forged[97] ^= 1;
        let forged = Token::parse(&forged).expect("token");
        assert_eq!(issuer.install_token(&forged), Err(TokenError::InvalidSignature.into()));
        assert!(authorize(&[token], &claim(&subject, &issuer)).is_err());
        assert!(Identity::from_seed(&seed[1..]).is_err());
        tracing::trace!(?issuer, seed = ?net_crypto::Seed::try_from(seed.as_slice()), "everything that has a text");
        net_crypto::EntityId::try_from(issuer.entity_id().as_ref()).expect("id").to_string()
    });
    let text = log.text();
    for expected in ["made an identity", "refused a token", "refused a chain", "everything", entity.as_str()]
    {
        assert!(text.contains(expected), "{expected} is not in: {text}");
    }
    for secret in ["a7a7", "A7A7", "167, 167", "\\xa7", "p6enp6en"] {
        assert!(!text.contains(secret), "{secret} is in: {text}");
    }
}

#[test]
fn a_time_behind_the_calendars_comes_as_their_end() {
    let options = IssueTokenOptions { ttl: Duration::MAX, ..asked(&identity(2), TokenScope::SUBSCRIBE) };
    let token = identity(1).issue_token(options).expect("token");
    assert_eq!(token.not_after(), Date(253_402_300_799_999));
    assert_eq!(token.is_expired(), Ok(false));
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("log").clone()).expect("text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("log").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
