//! Which chains permit something, and which link of the others is named.

use crate::common::{NOW, channel, grant, pair, token};
use net_crypto::{ChannelName, Claim, Delegation, EntityId, Grant, Keypair, Token, authorize};
use net_types::{
    Timestamp,
    identity::{TokenError, TokenScope},
    wire::identity::PermissionToken,
};

const FULL: TokenScope = TokenScope::from_bits_retain(0b1111);

/// A root, who trusts nobody else, a middle and a leaf.
struct People {
    root: Keypair,
    middle: Keypair,
    leaf: Keypair,
    trusted: [EntityId; 1],
}

impl People {
    fn new() -> Self {
        let root = pair(1);
        let trusted = [root.entity_id()];
        Self { root, middle: pair(2), leaf: pair(3), trusted }
    }

    fn claim(&self) -> Claim<'_> {
        Claim {
            trusted_issuers: &self.trusted,
            subject: self.leaf.entity_id(),
            scope: TokenScope::SUBSCRIBE,
            channel_hash: channel().hash(),
            now: NOW,
            floors: &[],
        }
    }

    /// Root to middle, middle to leaf.
    fn chain(&self) -> [Token; 2] {
        let first = token(&self.root, &self.middle, FULL);
        let part = Delegation { subject: self.leaf.entity_id(), scope: FULL, generation: None };
        let last = first.delegate(&self.middle, &part, NOW, 2).expect("token");
        [first, last]
    }

    /// The same, but with a second link that says something else; the middle does sign it.
    fn chain_with(&self, change: impl FnOnce(&mut PermissionToken)) -> [Token; 2] {
        let [first, last] = self.chain();
        let mut says = last.says().clone();
        change(&mut says);
        [first, signed(&self.middle, says)]
    }
}

/// A token whose holder signs whatever he likes, with an implementation of his own.
fn signed(issuer: &Keypair, mut says: PermissionToken) -> Token {
    use ed25519_dalek::{Signer, SigningKey};
    let key = SigningKey::from_bytes(issuer.seed().as_bytes());
    says.signature = key.sign(&says.encode().expect("bytes")[..105]).to_bytes();
    Token::parse(&says.encode().expect("bytes")).expect("token")
}

#[track_caller]
fn refuses(chain: &[Token], claim: &Claim<'_>, link: u32, reason: &str) {
    let chain: Vec<_> = chain.iter().collect();
    let expected = TokenError::NotAuthorized { link: Some(link), reason: reason.to_owned() };
    assert_eq!(authorize(&chain, claim), Err(expected));
}

#[track_caller]
fn permits(chain: &[Token], claim: &Claim<'_>) {
    assert_eq!(authorize(&chain.iter().collect::<Vec<_>>(), claim), Ok(()));
}

#[test]
fn a_chain_from_a_trusted_issuer_permits_what_each_link_does() {
    let people = People::new();
    permits(&people.chain(), &people.claim());
    permits(&people.chain_with(|says| says.scope = TokenScope::SUBSCRIBE), &people.claim());
    let [first, _] = people.chain();
    permits(&[first], &Claim { subject: people.middle.entity_id(), ..people.claim() });
}

#[test]
fn an_issuer_outside_the_set_opens_nothing() {
    let people = People::new();
    let own = token(&people.leaf, &people.leaf, FULL);
    refuses(&[own], &people.claim(), 0, "its issuer is not trusted");
    let stranger = token(&pair(9), &people.leaf, FULL);
    refuses(&[stranger], &people.claim(), 0, "its issuer is not trusted");
    let [_, last] = people.chain();
    refuses(&[last], &people.claim(), 0, "its issuer is not trusted");
    let nobody = Claim { trusted_issuers: &[], ..people.claim() };
    refuses(&people.chain(), &nobody, 0, "its issuer is not trusted");
}

#[test]
fn an_empty_chain_permits_nothing() {
    let refused = authorize(&[], &People::new().claim()).expect_err("refused");
    assert_eq!(refused.message(), "token: not_authorized: the chain is empty");
}

#[test]
fn the_links_hold_together() {
    let people = People::new();
    let [first, last] = people.chain();
    let other = token(&people.root, &pair(8), FULL);
    refuses(&[other, last.clone()], &people.claim(), 1, "its issuer is not the subject of the link before");
    let thief = Claim { subject: pair(9).entity_id(), ..people.claim() };
    refuses(&[first, last], &thief, 1, "its subject is another than who asks");
}

#[test]
fn each_link_narrows() {
    let people = People::new();
    let narrow = token(&people.root, &people.middle, TokenScope::SUBSCRIBE | TokenScope::DELEGATE);
    let [_, wide] = people.chain();
    refuses(&[narrow, wide], &people.claim(), 1, "its scope is wider than that of the link before");
    let wild = people.chain_with(|says| says.scope |= TokenScope::WILDCARD);
    refuses(&wild, &people.claim(), 1, "its scope is wider than that of the link before");
    let deep = people.chain_with(|says| says.delegation_depth = 3);
    refuses(&deep, &people.claim(), 1, "it is passed on too often");
    let long = people.chain_with(|says| says.not_after = Timestamp(NOW + 301));
    refuses(&long, &people.claim(), 1, "its time is longer than that of the link before");
    let early = people.chain_with(|says| says.not_before = Timestamp(NOW - 1));
    refuses(&early, &people.claim(), 1, "its time is longer than that of the link before");
    let closed = token(&people.root, &people.middle, TokenScope::SUBSCRIBE);
    let [_, last] = people.chain_with(|says| says.scope = TokenScope::SUBSCRIBE);
    refuses(&[closed, last], &people.claim(), 1, "the link before may not be passed on");
}

#[test]
fn a_link_for_another_channel_permits_nothing() {
    let people = People::new();
    let elsewhere = ChannelName::parse("sensors/humidity").expect("name").hash();
    let claim = Claim { channel_hash: elsewhere, ..people.claim() };
    refuses(&people.chain(), &claim, 0, "it is for another channel");
    let moved = people.chain_with(|says| says.channel_hash = elsewhere);
    refuses(&moved, &people.claim(), 1, "it is for another channel");
}

#[test]
fn a_wildcard_covers_every_channel_until_it_is_narrowed() {
    let people = People::new();
    let mut says = token(&people.root, &people.middle, FULL).says().clone();
    (says.scope, says.channel_hash) = (FULL | TokenScope::WILDCARD, 0);
    let wild = signed(&people.root, says);
    let [_, last] = people.chain();
    permits(&[wild.clone(), last.clone()], &people.claim());
    let elsewhere = Claim { channel_hash: 7, ..people.claim() };
    refuses(&[wild, last], &elsewhere, 1, "it is for another channel");
}

#[test]
fn each_link_is_looked_at_by_itself() {
    let people = People::new();
    let claim = people.claim();
    let late = Claim { now: NOW + 300, ..claim };
    refuses(&people.chain(), &late, 0, "it has expired");
    refuses(&people.chain(), &Claim { now: NOW - 1, ..claim }, 0, "it is not valid yet");
    let short = people.chain_with(|says| says.not_after = Timestamp(NOW + 10));
    refuses(&short, &Claim { now: NOW + 10, ..claim }, 1, "it has expired");
    let less = people.chain_with(|says| says.scope = TokenScope::PUBLISH);
    refuses(&less, &claim, 1, "its scope does not permit it");
}

#[test]
fn a_floor_revokes_what_an_issuer_made_before_and_all_that_follows_from_it() {
    let people = People::new();
    let (root, middle) = (people.root.entity_id(), people.middle.entity_id());
    for (issuer, link) in [(root, 0), (middle, 1)] {
        let floors = [(issuer, 1)];
        refuses(
            &people.chain(),
            &Claim { floors: &floors, ..people.claim() },
            link,
            "its issuer has revoked it",
        );
    }
    let floors = [(root, 0), (pair(9).entity_id(), 5)];
    permits(&people.chain(), &Claim { floors: &floors, ..people.claim() });
    let newer = Grant { generation: 2, ..grant(people.leaf.entity_id(), FULL) };
    let newer = Token::issue(&people.root, &newer, NOW, 0).expect("token");
    let floors = [(root, 2), (root, 1)];
    permits(&[newer], &Claim { floors: &floors, ..people.claim() });
}

#[test]
fn each_signature_is_checked() {
    let people = People::new();
    let forge = |token: &Token| {
        let mut bytes = *token.as_bytes();
        bytes[168] ^= 0x10;
        Token::parse(&bytes).expect("token")
    };
    let [first, last] = people.chain();
    refuses(&[forge(&first), last.clone()], &people.claim(), 0, "its signature is not the issuer's");
    refuses(&[first, forge(&last)], &people.claim(), 1, "its signature is not the issuer's");
}

#[test]
fn to_ask_for_nothing_is_refused() {
    let people = People::new();
    let chain = people.chain();
    let claim = Claim { scope: TokenScope::default(), ..people.claim() };
    let reason = "no scope is asked for".to_owned();
    let refused = authorize(&chain.each_ref(), &claim);
    assert_eq!(refused, Err(TokenError::NotAuthorized { link: None, reason }));
}
