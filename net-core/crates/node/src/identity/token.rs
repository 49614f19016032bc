//! Tokens behind handles.

use std::sync::Arc;

use bytes::Bytes;
use net_types::{
    Date, Error, Timestamp, api,
    identity::{TokenInfo, TokenScope},
};

/// A token that was made, read or found.
#[derive(Debug)]
pub struct Token(Arc<net_crypto::Token>);

impl Token {
    pub(super) fn of(token: Arc<net_crypto::Token>) -> Arc<Self> {
        Arc::new(Self(token))
    }

    pub(super) fn shared(token: net_crypto::Token) -> Arc<Self> {
        Self::of(Arc::new(token))
    }

    pub(super) fn inner(&self) -> Arc<net_crypto::Token> {
        self.0.clone()
    }

    /// The bytes that travel.
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(super) fn as_inner(&self) -> &net_crypto::Token {
        &self.0
    }
}

impl api::Token for Token {
    fn parse(bytes: &[u8]) -> Result<Arc<Self>, Error> {
        Ok(Self::shared(net_crypto::Token::parse(bytes)?))
    }

    fn verify(&self) -> Result<bool, Error> {
        Ok(self.0.verify())
    }

    fn is_expired(&self) -> Result<bool, Error> {
        Ok(self.0.is_expired(super::now()))
    }

    fn to_buffer(&self) -> Result<Bytes, Error> {
        Ok(self.bytes())
    }

    fn bytes(&self) -> Bytes {
        Bytes::copy_from_slice(self.0.as_bytes())
    }

    fn issuer(&self) -> Bytes {
        Bytes::copy_from_slice(&self.0.says().issuer)
    }

    fn subject(&self) -> Bytes {
        Bytes::copy_from_slice(&self.0.says().subject)
    }

    fn scopes(&self) -> TokenScope {
        self.0.says().scope
    }

    fn channel_hash(&self) -> u64 {
        self.0.says().channel_hash
    }

    fn issuer_generation(&self) -> u32 {
        self.0.says().issuer_generation
    }

    fn not_before(&self) -> Date {
        date(self.0.says().not_before)
    }

    fn not_after(&self) -> Date {
        date(self.0.says().not_after)
    }

    fn delegation_depth(&self) -> u8 {
        self.0.says().delegation_depth
    }

    fn nonce(&self) -> u64 {
        self.0.says().nonce
    }
}

/// What a token says, as a record.
pub(super) fn info(token: &net_crypto::Token) -> TokenInfo {
    let says = token.says();
    TokenInfo {
        issuer: Bytes::copy_from_slice(&says.issuer),
        subject: Bytes::copy_from_slice(&says.subject),
        scope: says.scope,
        channel_hash: says.channel_hash,
        issuer_generation: says.issuer_generation,
        not_before: says.not_before,
        not_after: says.not_after,
        delegation_depth: says.delegation_depth,
        nonce: says.nonce,
        signature: Bytes::copy_from_slice(&says.signature),
    }
}

/// The last millisecond of the year 9999, up to which every language's calendar goes.
const LAST: i64 = 253_402_300_799_999;

/// Milliseconds; a time that not every calendar has is the last one that they all have.
fn date(at: Timestamp<1_000_000_000>) -> Date {
    Date(i64::try_from(at.0).map_or(LAST, |seconds| seconds.saturating_mul(1000).min(LAST)))
}
