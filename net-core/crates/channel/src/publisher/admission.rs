//! Whether a peer may subscribe. What costs least comes first: who was refused often waits before anything is looked at, and
//! signatures are checked when nothing else is wrong.

use super::{Peer, Publisher, Registered, Subscription};
use crate::{Directory, Moment};
use net_crypto::{ChannelName, Claim, EntityId, Token, authorize};
use net_types::{
    channel::{ChannelRefusal, MAX_CHAIN},
    identity::TokenScope,
    wire::{channel::ChannelSubscribe, identity::PermissionToken},
};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Why a peer may not subscribe.
pub type Refused = ChannelRefusal;

/// Refusals after which a peer waits.
const STRIKES: usize = 16;
/// Time in which they are counted.
const STRIKE_TIME: Duration = Duration::from_secs(60);
/// How long it waits.
const WAIT: Duration = Duration::from_secs(30);

/// When a peer was refused.
#[derive(Debug, Default)]
pub(super) struct Strikes {
    at: VecDeque<Instant>,
    waits_until: Option<Instant>,
}

impl Strikes {
    pub(super) fn refused(&mut self, now: Instant, reason: ChannelRefusal) {
        if matches!(reason, ChannelRefusal::RateLimited | ChannelRefusal::TooMany) {
            return;
        }
        self.at.retain(|at| now.saturating_duration_since(*at) < STRIKE_TIME);
        self.at.push_back(now);
        if self.at.len() >= STRIKES {
            self.at.clear();
            self.waits_until = Some(now + WAIT);
        }
    }

    /// Whether there is anything to remember.
    pub(super) fn has_some(&self) -> bool {
        !self.at.is_empty() || self.waits_until.is_some()
    }

    fn waits(&self, now: Instant) -> bool {
        self.waits_until.is_some_and(|until| now < until)
    }
}

impl Publisher {
    /// What a subscription would be, or why there is none.
    pub(super) fn admit(
        &self,
        at: Moment,
        directory: &Directory,
        peer: Peer,
        asks: &ChannelSubscribe,
    ) -> Result<Subscription, Refused> {
        let state = self.peers.get(&peer).ok_or(ChannelRefusal::Unauthorized)?;
        if state.strikes.waits(at.now) {
            return Err(ChannelRefusal::RateLimited);
        }
        let name = ChannelName::parse(&asks.channel).map_err(|_| ChannelRefusal::InvalidName)?;
        if !asks.group.is_empty() && ChannelName::parse(&asks.group).is_err() {
            return Err(ChannelRefusal::InvalidName);
        }
        let found = self.registry.find(&asks.channel).ok_or(ChannelRefusal::UnknownChannel)?;
        if !self.is_visible(directory, &state.entity, &asks.channel) {
            return Err(ChannelRefusal::Unauthorized);
        }
        let (chain, until) = match found.config.require_token {
            true => self.check_chain(at, directory, &state.entity, name, &found, &asks.tokens)?,
            false => (Vec::new(), u64::MAX),
        };
        Ok(Subscription { channel: asks.channel.clone(), chain, until })
    }

    /// Who has signed a chain of tokens that lets an entity hear a channel, and how long it does.
    fn check_chain(
        &self,
        at: Moment,
        directory: &Directory,
        subject: &EntityId,
        name: ChannelName<'_>,
        found: &Registered,
        tokens: &[u8],
    ) -> Result<(Vec<(EntityId, u32)>, u64), Refused> {
        let size = PermissionToken::SIZE;
        if !tokens.len().is_multiple_of(size) || tokens.len() > size * usize::from(MAX_CHAIN) {
            return Err(ChannelRefusal::Unauthorized);
        }
        let read: Result<Vec<_>, _> = tokens.chunks(size).map(Token::parse).collect();
        let read = read.map_err(|_| ChannelRefusal::Unauthorized)?;
        let chain: Vec<_> = read.iter().collect();
        let floors: Vec<_> = read
            .iter()
            .filter_map(|token| Some((token.issuer(), directory.floor(&token.issuer())?)))
            .collect();
        let prefix = found.prefix.as_deref().and_then(|prefix| ChannelName::parse(prefix).ok());
        // A chain is for one channel, so its first link tells whether that is the name or what the name begins with.
        let first = chain.first().map(|token| token.says().channel_hash);
        let channel_hash = match prefix {
            Some(prefix) if first == Some(prefix.hash()) => prefix.hash(),
            _ => name.hash(),
        };
        let claim = Claim {
            trusted_issuers: self.trusted(&found.config),
            subject: *subject,
            scope: TokenScope::SUBSCRIBE,
            channel_hash,
            now: at.wall,
            floors: &floors,
        };
        authorize(&chain, &claim).map_err(|_| ChannelRefusal::Unauthorized)?;
        let signers = read.iter().map(|token| (token.issuer(), token.says().issuer_generation)).collect();
        let until = read.iter().map(|token| token.says().not_after.0).min().unwrap_or(0);
        Ok((signers, until))
    }
}
