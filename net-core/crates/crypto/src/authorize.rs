//! The decision whether a chain of tokens permits something.

use crate::{EntityId, Token};
use net_types::identity::{TokenError, TokenScope};

/// Who asks for what, and whom one trusts.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Who may permit it on their own.
    pub trusted_issuers: &'a [EntityId],
    /// Who asks.
    pub subject: EntityId,
    /// What is asked for.
    pub scope: TokenScope,
    /// Hash of the channel that is asked for.
    pub channel_hash: u64,
    /// When it is asked.
    pub now: u64,
    /// The least generation of an issuer's tokens that counts, where there is one.
    pub floors: &'a [(EntityId, u32)],
}

/// Answers `not_authorized`, with the link and the reason, unless the chain permits what is asked for. To ask for nothing
/// is refused too, since any chain contains it.
///
/// Everything that costs little is looked at first: signatures are checked once nothing else is wrong.
pub fn authorize(chain: &[&Token], claim: &Claim<'_>) -> Result<(), TokenError> {
    let whole = |reason: &str| TokenError::NotAuthorized { link: None, reason: reason.to_owned() };
    let (Some(first), Some(last)) = (chain.first(), chain.last()) else {
        return Err(whole("the chain is empty"));
    };
    if claim.scope.is_empty() {
        return Err(whole("no scope is asked for"));
    }
    if !claim.trusted_issuers.contains(&first.issuer()) {
        return Err(refused(0, "its issuer is not trusted"));
    }
    for (at, token) in chain.iter().enumerate() {
        let parent = at.checked_sub(1).map(|before| chain[before]);
        permits(token, claim)
            .and_then(|()| parent.map_or(Ok(()), |parent| narrows(parent, token)))
            .map_err(|reason| refused(at, reason))?;
    }
    if last.subject() != claim.subject {
        return Err(refused(chain.len() - 1, "its subject is another than who asks"));
    }
    match chain.iter().position(|token| !token.verify()) {
        Some(at) => Err(refused(at, "its signature is not the issuer's")),
        None => Ok(()),
    }
}

/// Whether a token, taken by itself, permits what is asked for.
fn permits(token: &Token, claim: &Claim<'_>) -> Result<(), &'static str> {
    let says = token.says();
    let floor = claim.floors.iter().filter(|floor| floor.0 == token.issuer()).map(|floor| floor.1).max();
    match () {
        () if !says.scope.contains(claim.scope) => Err("its scope does not permit it"),
        () if !covers(token, claim.channel_hash) => Err("it is for another channel"),
        () if claim.now < says.not_before.0 => Err("it is not valid yet"),
        () if token.is_expired(claim.now) => Err("it has expired"),
        () if floor.is_some_and(|floor| says.issuer_generation < floor) => Err("its issuer has revoked it"),
        () => Ok(()),
    }
}

/// Whether a token is a part of what its parent permits, passed on by the parent's subject.
fn narrows(parent: &Token, token: &Token) -> Result<(), &'static str> {
    let (from, says) = (parent.says(), token.says());
    let is_wider = |bit| says.scope.contains(bit) && !from.scope.contains(bit);
    match () {
        () if parent.subject() != token.issuer() => Err("its issuer is not the subject of the link before"),
        () if !from.scope.contains(TokenScope::DELEGATE) => Err("the link before may not be passed on"),
        () if says.delegation_depth >= from.delegation_depth => Err("it is passed on too often"),
        () if TokenScope::ALL.iter().any(|(bit, _)| is_wider(*bit)) => {
            Err("its scope is wider than that of the link before")
        }
        () if !covers(parent, says.channel_hash) => Err("its channel is not that of the link before"),
        () if says.not_before < from.not_before || says.not_after > from.not_after => {
            Err("its time is longer than that of the link before")
        }
        () => Ok(()),
    }
}

/// Whether a token is for a channel.
fn covers(token: &Token, channel_hash: u64) -> bool {
    token.says().scope.contains(TokenScope::WILDCARD) || token.says().channel_hash == channel_hash
}

fn refused(link: usize, reason: &str) -> TokenError {
    TokenError::NotAuthorized { link: u32::try_from(link).ok(), reason: reason.to_owned() }
}
