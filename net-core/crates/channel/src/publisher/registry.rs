//! Which channels there are: some by name, others by what their names begin with.

use super::{Publisher, Subscription};
use crate::{Directory, Filter, Visibility};
use net_crypto::{ChannelName, EntityId};
use net_types::{channel::ChannelEnd, identity::IdentityError};
use std::{collections::BTreeMap, sync::Arc};

/// What a channel demands, and how its events travel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelConfig {
    /// Who may hear it, by subnet.
    pub visibility: Visibility,
    /// Whether each event arrives, once and in order.
    pub reliable: bool,
    /// Whether who publishes waits for room unless told otherwise.
    pub waits: bool,
    /// How urgent its events are: of those that wait for room, what has a greater number goes first.
    pub priority: u8,
    /// Most events in a second.
    pub max_rate_pps: Option<u32>,
    /// What this node has to have to publish.
    pub publish_caps: Option<Filter>,
    /// What a peer has to have to hear it.
    pub subscribe_caps: Option<Filter>,
    /// Whether a peer needs a chain of tokens.
    pub require_token: bool,
    /// Whose tokens a chain may begin with; nobody named means this node.
    pub trusted_issuers: Vec<EntityId>,
}

/// A registration that a name was found under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// What it demands.
    pub config: Arc<ChannelConfig>,
    /// What the name begins with, if that is how it was found; tokens for that count as well.
    pub prefix: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Registry {
    names: BTreeMap<String, Arc<ChannelConfig>>,
    prefixes: BTreeMap<String, Arc<ChannelConfig>>,
}

impl Registry {
    /// All registrations, and whether each is of a prefix.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, bool, &ChannelConfig)> {
        let names = self.names.iter().map(|(name, config)| (name.as_str(), false, &**config));
        names.chain(self.prefixes.iter().map(|(name, config)| (name.as_str(), true, &**config)))
    }

    /// The registration of a name: its own, or that of the longest prefix of whole segments.
    pub(super) fn find(&self, name: &str) -> Option<Registered> {
        if let Some(config) = self.names.get(name) {
            return Some(Registered { config: config.clone(), prefix: None });
        }
        let ends = name.match_indices('/').map(|(at, _)| at).rev();
        ends.map(|end| &name[..end]).find_map(|prefix| {
            let config = self.prefixes.get(prefix)?.clone();
            Some(Registered { config, prefix: Some(prefix.to_owned()) })
        })
    }
}

impl Publisher {
    /// Registers a channel, in place of an earlier registration. Subscriptions that it does not permit end.
    pub fn register(
        &mut self,
        directory: &Directory,
        name: &str,
        config: ChannelConfig,
    ) -> Result<(), IdentityError> {
        ChannelName::parse(name)?;
        self.registry.names.insert(name.to_owned(), Arc::new(config));
        self.reconsider(directory);
        Ok(())
    }

    /// Registers all channels whose names begin with these whole segments: `sensors` is for `sensors/temp`, and not for
    /// `sensors`.
    pub fn register_prefix(
        &mut self,
        directory: &Directory,
        prefix: &str,
        config: ChannelConfig,
    ) -> Result<(), IdentityError> {
        ChannelName::parse(prefix)?;
        self.registry.prefixes.insert(prefix.to_owned(), Arc::new(config));
        self.reconsider(directory);
        Ok(())
    }

    /// Removes a registration by name; its subscriptions end. False if there is none.
    pub fn remove(&mut self, directory: &Directory, name: &str) -> bool {
        let was_there = self.registry.names.remove(name).is_some();
        self.reconsider(directory);
        was_there
    }

    /// Removes the registration of a prefix; subscriptions that rest on it end. False if there is none.
    pub fn remove_prefix(&mut self, directory: &Directory, prefix: &str) -> bool {
        let was_there = self.registry.prefixes.remove(prefix).is_some();
        self.reconsider(directory);
        was_there
    }

    /// Holds all that is heard against the registrations as they are now. Whoever heard a channel without a token that now
    /// takes one has to subscribe anew, and so has whoever has tokens of issuers that are trusted no more.
    fn reconsider(&mut self, directory: &Directory) {
        let mut ended = Vec::new();
        for (peer, state) in &self.peers {
            for (id, subscription) in &state.subscriptions {
                let reason = match self.registry.find(&subscription.channel) {
                    None => ChannelEnd::Removed,
                    Some(found)
                        if self.still_permits(&found, subscription)
                            && self.is_visible(directory, &state.entity, &subscription.channel) =>
                    {
                        continue;
                    }
                    Some(_) => ChannelEnd::Unauthorized,
                };
                ended.push((*peer, *id, reason));
            }
        }
        for (peer, id, reason) in ended {
            self.end(peer, id, reason);
        }
        let registry = &self.registry;
        self.channels.retain(|name, channel| match registry.find(name) {
            Some(found) if found.config == channel.registered.config => true,
            Some(found) => {
                channel.set(found);
                true
            }
            None => false,
        });
    }

    fn still_permits(&self, found: &Registered, subscription: &Subscription) -> bool {
        let is_trusted = |issuer: &EntityId| self.trusted(&found.config).contains(issuer);
        !found.config.require_token
            || subscription.chain.first().is_some_and(|(issuer, _)| is_trusted(issuer))
    }

    /// Whose tokens a chain for a channel may begin with.
    pub(super) fn trusted<'a>(&'a self, config: &'a ChannelConfig) -> &'a [EntityId] {
        match config.trusted_issuers.is_empty() {
            true => std::slice::from_ref(&self.entity),
            false => &config.trusted_issuers,
        }
    }

    /// Whether subnets and capabilities let an entity hear a channel.
    pub(super) fn is_visible(&self, directory: &Directory, entity: &EntityId, channel: &str) -> bool {
        let Some(Registered { config, .. }) = self.registry.find(channel) else { return false };
        let (index, node) = (directory.index(), entity.node_id());
        // Node ids can be ground: what another entity has announced under this one's id says nothing about it.
        let is_its_own = index.get(node).is_some_and(|profile| profile.entity() == *entity);
        let subnet = index.subnet_of(node).filter(|_| is_its_own);
        let suits = |filter: &Filter| is_its_own && index.suits(node, filter);
        config.visibility.permits(index.own_subnet(), subnet)
            && config.subscribe_caps.as_ref().is_none_or(suits)
    }
}
