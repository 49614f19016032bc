//! Permission tokens: made, passed on, read and verified.

use crate::{ChannelName, EntityId, Keypair, keypair::SIGNED};
use net_types::{
    Error, Timestamp,
    identity::{IdentityError, TokenError, TokenScope},
    wire::identity::PermissionToken,
};
use std::sync::OnceLock;

/// What a new token says.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// Whom it permits something.
    pub subject: EntityId,
    /// What it permits.
    pub scope: TokenScope,
    /// The channel that it is limited to.
    pub channel: ChannelName<'a>,
    /// Seconds for which it is valid.
    pub ttl: u64,
    /// How often it may be passed on.
    pub delegation_depth: u8,
    /// Generation of the issuer's tokens to which it belongs.
    pub generation: u32,
}

/// What is passed on of a token.
#[derive(Debug, Clone, Copy)]
pub struct Delegation {
    /// Whom the new token permits something.
    pub subject: EntityId,
    /// What it permits at most.
    pub scope: TokenScope,
    /// Generation of the signer's tokens to which it belongs; without it, the number of the old one.
    pub generation: Option<u32>,
}

/// A token: its bytes, what they say, and whether the signature holds, once that was asked.
#[derive(Debug, Clone)]
pub struct Token {
    bytes: [u8; PermissionToken::SIZE],
    says: PermissionToken,
    is_genuine: OnceLock<bool>,
}

impl Token {
    /// Makes a token that is valid from `now` on.
    pub fn issue(issuer: &Keypair, grant: &Grant<'_>, now: u64, nonce: u64) -> Result<Self, Error> {
        check_asked(grant.scope)?;
        if grant.ttl == 0 {
            return Err(TokenError::ZeroTtl.into());
        }
        Self::sign(
            issuer,
            PermissionToken {
                issuer: *issuer.entity_id().as_bytes(),
                subject: *grant.subject.as_bytes(),
                scope: grant.scope,
                channel_hash: grant.channel.hash(),
                issuer_generation: grant.generation,
                not_before: Timestamp(now),
                not_after: Timestamp(now.saturating_add(grant.ttl)),
                delegation_depth: grant.delegation_depth,
                nonce,
                signature: [0; 64],
            },
        )
    }

    /// Reads a token; its signature is not checked.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let says = PermissionToken::decode(bytes)?;
        let bytes = bytes
            .try_into()
            .map_err(|_| TokenError::InvalidFormat { detail: format!("{} bytes", bytes.len()) })?;
        Ok(Self { bytes, says, is_genuine: OnceLock::new() })
    }

    /// Passes a part of this token on, from `now` until it ends.
    pub fn delegate(&self, signer: &Keypair, part: &Delegation, now: u64, nonce: u64) -> Result<Self, Error> {
        check_asked(part.scope)?;
        self.check_delegable(signer, now)?;
        let scope = TokenScope::from_bits_retain(self.says.scope.bits() & part.scope.bits());
        if scope.is_empty() {
            return Err(refused("the token permits none of what is to be passed on"));
        }
        Self::sign(
            signer,
            PermissionToken {
                issuer: self.says.subject,
                subject: *part.subject.as_bytes(),
                scope,
                issuer_generation: part.generation.unwrap_or(self.says.issuer_generation),
                not_before: Timestamp(now),
                delegation_depth: self.says.delegation_depth - 1,
                nonce,
                ..self.says.clone()
            },
        )
    }

    /// Whether the signature is the issuer's. The answer is kept.
    pub fn verify(&self) -> bool {
        *self.is_genuine.get_or_init(|| self.issuer().verify(&self.bytes[..SIGNED], &self.says.signature))
    }

    /// Whether its time is over.
    pub fn is_expired(&self, now: u64) -> bool {
        now >= self.says.not_after.0
    }

    /// Answers `not_yet_valid` or `expired` outside its time.
    pub fn check_time(&self, now: u64) -> Result<(), TokenError> {
        match now {
            _ if now < self.says.not_before.0 => Err(TokenError::NotYetValid),
            _ if self.is_expired(now) => Err(TokenError::Expired),
            _ => Ok(()),
        }
    }

    /// What it says.
    pub fn says(&self) -> &PermissionToken {
        &self.says
    }

    /// Who signed it.
    pub fn issuer(&self) -> EntityId {
        EntityId::new(self.says.issuer)
    }

    /// Whom it permits something.
    pub fn subject(&self) -> EntityId {
        EntityId::new(self.says.subject)
    }

    /// The bytes that travel.
    pub fn as_bytes(&self) -> &[u8; PermissionToken::SIZE] {
        &self.bytes
    }

    fn sign(issuer: &Keypair, mut says: PermissionToken) -> Result<Self, Error> {
        says.signature = issuer.sign_any(&says.encode()?[..SIGNED]);
        Self::parse(&says.encode()?)
    }

    /// Whether a signer may pass this token on.
    fn check_delegable(&self, signer: &Keypair, now: u64) -> Result<(), Error> {
        if !self.verify() {
            return Err(TokenError::InvalidSignature.into());
        }
        self.check_time(now)?;
        if self.says.delegation_depth == 0 {
            return Err(TokenError::DelegationExhausted.into());
        }
        if !self.says.scope.contains(TokenScope::DELEGATE) {
            return Err(TokenError::DelegationNotAllowed.into());
        }
        if self.subject() != signer.entity_id() {
            return Err(refused("the signer is not the token's subject"));
        }
        Ok(())
    }
}

/// Refuses scopes that no token is made with.
fn check_asked(scope: TokenScope) -> Result<(), IdentityError> {
    if scope.is_empty() {
        return Err(IdentityError::EmptyScope);
    }
    let offered = TokenScope::PUBLISH | TokenScope::SUBSCRIBE | TokenScope::ADMIN | TokenScope::DELEGATE;
    if offered.contains(scope) {
        return Ok(());
    }
    let unknown: Vec<_> = scope.texts().filter(|text| !offered.texts().any(|known| known == *text)).collect();
    let known: Vec<_> = offered.texts().collect();
    let detail = format!("unknown scope {}; expected {}", unknown.join(", "), known.join(" | "));
    Err(IdentityError::UnknownScope { detail })
}

fn refused(reason: &str) -> Error {
    TokenError::NotAuthorized { link: None, reason: reason.to_owned() }.into()
}
