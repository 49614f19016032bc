//! What the tests share: people with fixed keys, and a channel.

use net_crypto::{ChannelName, EntityId, Grant, Keypair, Seed, Token};
use net_types::identity::TokenScope;

/// When everything happens.
pub(crate) const NOW: u64 = 1_700_000_000;

/// The pair of a seed of one repeated byte.
pub(crate) fn pair(byte: u8) -> Keypair {
    Keypair::from_seed(&Seed::try_from([byte; 32].as_slice()).expect("seed"))
}

/// The channel that everything is about.
pub(crate) fn channel() -> ChannelName<'static> {
    ChannelName::parse("sensors/temp").expect("name")
}

/// A grant for five minutes that may be passed on three times.
pub(crate) fn grant(subject: EntityId, scope: TokenScope) -> Grant<'static> {
    Grant { subject, scope, channel: channel(), ttl: 300, delegation_depth: 3, generation: 0 }
}

/// A token from one pair to another, made now.
pub(crate) fn token(issuer: &Keypair, subject: &Keypair, scope: TokenScope) -> Token {
    Token::issue(issuer, &grant(subject.entity_id(), scope), NOW, 1).expect("token")
}
