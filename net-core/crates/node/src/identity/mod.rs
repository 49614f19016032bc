//! Identities and tokens as the interface has them: `net-crypto` with the system's clock and random numbers.

mod functions;
#[cfg(test)]
mod tests;
mod token;

pub use functions::{authorize, channel_hash, delegate_token, is_token_expired, parse_token, verify_token};
pub use token::Token;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use net_crypto::{ChannelName, EntityId, Grant, Keypair, Seed, TokenCache};
use net_types::{
    BaseError, Error, api,
    identity::{IssueTokenOptions, NodeId, OriginHash, TokenError},
};
use zeroize::Zeroizing;

/// A key pair, or its public half alone, and the tokens that were given to it.
pub struct Identity {
    entity: EntityId,
    keys: Option<Keypair>,
    tokens: Mutex<TokenCache>,
}

impl Identity {
    fn of(entity: EntityId, keys: Option<Keypair>) -> Result<Arc<Self>, Error> {
        tracing::debug!(%entity, can_sign = keys.is_some(), "made an identity");
        let tokens = Mutex::new(TokenCache::new(random_number()?));
        Ok(Arc::new(Self { entity, keys, tokens }))
    }

    fn of_seed(seed: &Seed) -> Result<Arc<Self>, Error> {
        let keys = Keypair::from_seed(seed);
        Self::of(keys.entity_id(), Some(keys))
    }

    /// The keys, or `read_only` without the secret one.
    fn keys(&self) -> Result<&Keypair, TokenError> {
        self.keys.as_ref().ok_or(TokenError::ReadOnly)
    }

    fn tokens(&self) -> MutexGuard<'_, TokenCache> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("entity", &self.entity).finish_non_exhaustive()
    }
}

impl api::Identity for Identity {
    type Token = Token;

    fn generate() -> Result<Arc<Self>, Error> {
        let mut seed = Zeroizing::new([0; Seed::SIZE]);
        fill(seed.as_mut_slice())?;
        Self::of_seed(&Seed::new(seed))
    }

    fn from_seed(seed: &[u8]) -> Result<Arc<Self>, Error> {
        Self::of_seed(&Seed::try_from(seed)?)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Arc<Self>, Error> {
        Self::from_seed(bytes)
    }

    fn from_entity_id(entity_id: &[u8]) -> Result<Arc<Self>, Error> {
        Self::of(EntityId::try_from(entity_id)?, None)
    }

    /// The bytes wipe themselves once the last reference to them goes.
    fn to_bytes(&self) -> Result<Bytes, Error> {
        Ok(Bytes::from_owner(self.keys()?.seed()))
    }

    fn sign(&self, message: &[u8]) -> Result<Bytes, Error> {
        Ok(Bytes::copy_from_slice(&self.keys()?.sign(message)?))
    }

    fn verify(entity_id: &[u8], message: &[u8], signature: &[u8]) -> Result<bool, Error> {
        let (entity, signature) = (EntityId::try_from(entity_id), signature.try_into());
        Ok(entity.is_ok_and(|entity| signature.is_ok_and(|signature| entity.verify(message, signature))))
    }

    fn issue_token(&self, options: IssueTokenOptions) -> Result<Arc<Token>, Error> {
        let grant = Grant {
            subject: EntityId::try_from(options.subject.as_ref())?,
            scope: options.scope,
            channel: ChannelName::parse(&options.channel)?,
            ttl: options.ttl.as_secs(),
            delegation_depth: options.delegation_depth,
            generation: options.generation,
        };
        let token = net_crypto::Token::issue(self.keys()?, &grant, now(), random_number()?)?;
        Ok(Token::shared(token))
    }

    fn revoke(&self, generation: u32) -> Result<Bytes, Error> {
        Ok(self.keys()?.revoke(generation, now())?.into())
    }

    fn install_token(&self, token: &Arc<Token>) -> Result<(), Error> {
        let result = self.tokens().install(token.inner(), now());
        if let Err(error) = &result {
            tracing::debug!(entity = %self.entity, issuer = %token.inner().issuer(), %error, "refused a token");
        }
        Ok(result?)
    }

    fn lookup_token(&self, subject: &[u8], channel: &str) -> Result<Option<Arc<Token>>, Error> {
        let subject = EntityId::try_from(subject)?;
        let channel = ChannelName::parse(channel)?;
        Ok(self.tokens().lookup(subject, channel.hash(), now()).map(Token::of))
    }

    fn from_native(inner: &Arc<Self>) -> Result<Arc<Self>, Error> {
        Ok(inner.clone())
    }

    fn to_native(&self) -> Result<(), Error> {
        Ok(())
    }

    fn entity_id(&self) -> Bytes {
        Bytes::copy_from_slice(self.entity.as_bytes())
    }

    fn node_id(&self) -> NodeId {
        self.entity.node_id()
    }

    fn origin_hash(&self) -> OriginHash {
        self.entity.origin_hash()
    }

    fn token_cache_len(&self) -> Result<u32, Error> {
        Ok(u32::try_from(self.tokens().len()).unwrap_or(u32::MAX))
    }
}

/// Seconds since the Unix epoch; 0 on a clock that stands before it, where every token has yet to begin.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |span| span.as_secs())
}

fn random_number() -> Result<u64, Error> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    let broken = |error| BaseError::Internal { detail: format!("the system's random generator: {error}") };
    Ok(getrandom::fill(bytes).map_err(broken)?)
}
