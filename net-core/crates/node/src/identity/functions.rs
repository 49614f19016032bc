//! The functions of module `identity`.

use std::sync::Arc;

use net_crypto::{ChannelName, Claim, Delegation, EntityId};
use net_types::{
    Date, Error,
    identity::{AuthorizeOptions, IdentityError, TokenInfo, TokenScope},
};

use super::{Identity, Token, now, random_number, token};

/// Reads what a token says; its signature is not checked.
pub fn parse_token(bytes: &[u8]) -> Result<TokenInfo, Error> {
    net_crypto::Token::parse(bytes).map(|token| token::info(&token))
}

/// Checks the signature of an encoded token and nothing else.
pub fn verify_token(bytes: &[u8]) -> Result<bool, Error> {
    net_crypto::Token::parse(bytes).map(|token| token.verify())
}

/// Tells whether an encoded token's time is over by the system's clock.
pub fn is_token_expired(bytes: &[u8]) -> Result<bool, Error> {
    net_crypto::Token::parse(bytes).map(|token| token.is_expired(now()))
}

/// Passes a part of a token on.
pub fn delegate_token(
    signer: &Identity,
    parent: &Token,
    new_subject: &[u8],
    restricted_scope: TokenScope,
    generation: Option<u32>,
) -> Result<Arc<Token>, Error> {
    let subject = EntityId::try_from(new_subject)?;
    let part = Delegation { subject, scope: restricted_scope, generation };
    let token = parent.as_inner().delegate(signer.keys()?, &part, now(), random_number()?)?;
    Ok(Token::shared(token))
}

/// Decides whether a chain of tokens permits something.
pub fn authorize(chain: &[Arc<Token>], options: &AuthorizeOptions) -> Result<(), Error> {
    if options.scope.is_empty() {
        return Err(IdentityError::EmptyScope.into());
    }
    let entities = options.trusted_issuers.iter().map(|entity| EntityId::try_from(entity.as_ref()));
    let floors = options.floors.iter();
    let floors = floors.map(|floor| Ok((EntityId::try_from(floor.issuer.as_ref())?, floor.generation)));
    let claim = Claim {
        trusted_issuers: &entities.collect::<Result<Vec<_>, _>>()?,
        subject: EntityId::try_from(options.subject.as_ref())?,
        scope: options.scope,
        channel_hash: channel_hash(&options.channel)?,
        now: options.now.map_or_else(now, seconds),
        floors: &floors.collect::<Result<Vec<_>, IdentityError>>()?,
    };
    let chain: Vec<_> = chain.iter().map(|token| token.as_inner()).collect();
    let result = net_crypto::authorize(&chain, &claim);
    if let Err(error) = &result {
        tracing::debug!(subject = %claim.subject, channel = options.channel, %error, "refused a chain of tokens");
    }
    Ok(result?)
}

/// The hash by which tokens name a channel.
pub fn channel_hash(channel: &str) -> Result<u64, Error> {
    Ok(ChannelName::parse(channel)?.hash())
}

/// Whole seconds since the Unix epoch; 0 for what lies before it.
fn seconds(date: Date) -> u64 {
    u64::try_from(date.0.div_euclid(1000)).unwrap_or_default()
}
