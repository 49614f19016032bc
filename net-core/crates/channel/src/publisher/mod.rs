//! Channels of this node: who has asked for them, who may hear them, and to whom an event goes.
//!
//! | module | what it does |
//! |---|---|
//! | `registry` | which channels there are, and what each demands |
//! | `admission` | whether a peer may subscribe: throttle, name, policy, and only then signatures |
//! | `roster` | who hears a channel, as a snapshot that any thread reads without a lock |
//! | `fan_out` | to whom an event goes, and why not to others |

mod admission;
mod fan_out;
mod registry;
mod roster;

pub use admission::Refused;
pub use fan_out::{Plan, Reason, Target};
pub use registry::{ChannelConfig, Registered};
pub use roster::{Member, Roster};

use crate::{Directory, Moment};
use admission::Strikes;
use net_crypto::EntityId;
use net_gossip::Timers;
use net_types::{
    channel::{ChannelEnd, ChannelRefusal, MAX_SUBSCRIPTIONS},
    identity::NodeId,
    wire::channel::{
        ChannelControl, ChannelControlBody, ChannelEnded, ChannelRefused, ChannelSubscribe, ChannelSubscribed,
    },
};
use registry::Registry;
use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

/// Entities without a session whose refusals are remembered.
const ABSENT: usize = 1_024;

/// A peer with which a session stands, as its owner numbers them; a number is not used for another one as long as the peer is
/// known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub u64);

/// A message for the control stream of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The peer.
    pub peer: Peer,
    /// One message.
    pub message: Vec<u8>,
}

/// What has become of subscriptions to channels of this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A peer hears a channel from now on: a stream to it is to be opened, whose first event has the number.
    Admitted {
        /// The peer.
        peer: Peer,
        /// Its subscription, which is the id of the stream.
        subscription: u64,
        /// The channel.
        channel: String,
        /// Number of the first event.
        next: u64,
        /// Whether each event is to arrive.
        is_reliable: bool,
        /// How urgent its events are.
        priority: u8,
    },
    /// A peer hears a channel no more: the stream is to be ended.
    Ended {
        /// The peer.
        peer: Peer,
        /// Its subscription.
        subscription: u64,
        /// Why.
        reason: ChannelEnd,
    },
}

/// The channels of one node.
#[derive(Debug)]
pub struct Publisher {
    entity: EntityId,
    epoch: u64,
    registry: Registry,
    channels: BTreeMap<String, Channel>,
    peers: BTreeMap<Peer, PeerState>,
    /// Refusals of entities that have no session at present, the oldest in front: another session does not make up for them.
    absent: VecDeque<(EntityId, Strikes)>,
    timers: Timers<(Peer, u64)>,
    outbox: VecDeque<Control>,
    changes: VecDeque<Change>,
}

/// A channel that somebody has subscribed to, or that was published to.
#[derive(Debug)]
struct Channel {
    registered: Registered,
    /// Number of the next event.
    next: u64,
    roster: Roster,
    budget: Option<net_gossip::Bucket>,
    /// Where each queue group goes on.
    turns: BTreeMap<String, u64>,
}

/// A peer and what it hears.
#[derive(Debug)]
struct PeerState {
    entity: EntityId,
    node: NodeId,
    next_id: u64,
    subscriptions: BTreeMap<u64, Subscription>,
    strikes: Strikes,
}

/// A subscription of a peer.
#[derive(Debug, Clone)]
struct Subscription {
    channel: String,
    /// Who has signed what permits it, and of which generation.
    chain: Vec<(EntityId, u32)>,
    /// First second in which it is permitted no more.
    until: u64,
}

impl Publisher {
    /// The channels of an entity, in the epoch of its announcements.
    pub fn new(entity: EntityId, epoch: u64) -> Self {
        Self {
            entity,
            epoch,
            registry: Registry::default(),
            channels: BTreeMap::new(),
            peers: BTreeMap::new(),
            absent: VecDeque::new(),
            timers: Timers::default(),
            outbox: VecDeque::new(),
            changes: VecDeque::new(),
        }
    }

    /// A session with a peer stands.
    pub fn peer_up(&mut self, peer: Peer, entity: EntityId) {
        let before = self.absent.iter().position(|(other, _)| *other == entity);
        let strikes =
            before.and_then(|at| self.absent.remove(at)).map(|(_, strikes)| strikes).unwrap_or_default();
        let node = entity.node_id();
        let state = PeerState { entity, node, next_id: 1, subscriptions: BTreeMap::new(), strikes };
        self.peers.insert(peer, state);
    }

    /// The session with a peer has ended, and with it its subscriptions; nobody is told.
    pub fn peer_down(&mut self, peer: Peer) {
        let Some(gone) = self.peers.remove(&peer) else { return };
        for (id, subscription) in gone.subscriptions {
            self.timers.clear((peer, id));
            self.leave(&subscription.channel, peer, id);
        }
        if gone.strikes.has_some() {
            self.absent.push_back((gone.entity, gone.strikes));
            if self.absent.len() > ABSENT {
                self.absent.pop_front();
            }
        }
    }

    /// Answers a peer that asks for a channel.
    pub fn subscribe(&mut self, at: Moment, directory: &Directory, peer: Peer, asks: &ChannelSubscribe) {
        let Some(state) = self.peers.get(&peer) else { return };
        let is_replacement = state.subscriptions.values().any(|before| before.channel == asks.channel);
        let is_full = !is_replacement && state.subscriptions.len() >= MAX_SUBSCRIPTIONS as usize;
        let admitted = match self.admit(at, directory, peer, asks) {
            Ok(_) if is_full => Err(ChannelRefusal::TooMany),
            other => other,
        };
        match admitted {
            Ok(subscription) => self.enter(at, peer, asks, subscription),
            Err(reason) => {
                if let Some(state) = self.peers.get_mut(&peer) {
                    state.strikes.refused(at.now, reason);
                }
                let refused = ChannelRefused { request: asks.request, reason };
                self.say(peer, ChannelControlBody::ChannelRefused(refused));
            }
        }
    }

    /// Ends a subscription that a peer wants no more.
    pub fn unsubscribe(&mut self, peer: Peer, subscription: u64) {
        if !self.end(peer, subscription, ChannelEnd::Closed) {
            let reason = ChannelEnd::Closed;
            self.say(peer, ChannelControlBody::ChannelEnded(ChannelEnded { subscription, reason }));
        }
    }

    /// Ends a subscription whose events cannot be sent, since there is no stream for them.
    pub fn unserved(&mut self, peer: Peer, subscription: u64) {
        self.end(peer, subscription, ChannelEnd::NoStream);
    }

    /// Ends what a node hears that it may not hear any more, since what it has announced is another.
    pub fn announced(&mut self, directory: &Directory, node: NodeId) {
        let is_own = node == self.entity.node_id();
        let mut ended = Vec::new();
        for (peer, state) in &self.peers {
            if is_own || state.node == node {
                let stays = |subscription: &Subscription| {
                    self.is_visible(directory, &state.entity, &subscription.channel)
                };
                let gone = state.subscriptions.iter().filter(|(_, subscription)| !stays(subscription));
                ended.extend(gone.map(|(id, _)| (*peer, *id)));
            }
        }
        for (peer, id) in ended {
            self.end(peer, id, ChannelEnd::Unauthorized);
        }
    }

    /// Ends what rests on a token that its issuer has revoked.
    pub fn revoked(&mut self, issuer: EntityId, floor: u32) {
        let is_hit = |subscription: &Subscription| {
            subscription.chain.iter().any(|(signer, generation)| *signer == issuer && *generation < floor)
        };
        let mut ended = Vec::new();
        for (peer, state) in &self.peers {
            let hit = state.subscriptions.iter().filter(|(_, subscription)| is_hit(subscription));
            ended.extend(hit.map(|(id, _)| (*peer, *id)));
        }
        for (peer, id) in ended {
            self.end(peer, id, ChannelEnd::Revoked);
        }
    }

    /// Ends all that is heard of this node.
    pub fn shut_down(&mut self) {
        let all =
            self.peers.iter().flat_map(|(peer, state)| state.subscriptions.keys().map(|id| (*peer, *id)));
        for (peer, id) in all.collect::<Vec<_>>() {
            self.end(peer, id, ChannelEnd::ShuttingDown);
        }
    }

    /// The next message for a peer.
    pub fn poll_control(&mut self) -> Option<Control> {
        self.outbox.pop_front()
    }

    /// What has become of a subscription.
    pub fn poll(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    /// When [`Publisher::handle_timeout`] is to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Ends what rests on tokens whose time is over.
    pub fn handle_timeout(&mut self, at: Moment) {
        while let Some((peer, id)) = self.timers.take_due(at.now) {
            let found = self.peers.get(&peer).and_then(|state| state.subscriptions.get(&id));
            let Some(until) = found.map(|subscription| subscription.until) else { continue };
            if until <= at.wall {
                self.end(peer, id, ChannelEnd::Expired);
            } else {
                self.set_time(at, peer, id, until);
            }
        }
    }

    /// The node of a peer with which a session stands.
    pub fn node_of(&self, peer: Peer) -> Option<NodeId> {
        self.peers.get(&peer).map(|state| state.node)
    }

    /// Whether events of a channel arrive once they are taken; nothing if there is no such channel.
    pub fn is_reliable(&self, channel: &str) -> Option<bool> {
        self.registry.find(channel).map(|found| found.config.reliable)
    }

    /// The channels and prefixes that are registered: name, whether it is a prefix, and what is demanded.
    pub fn registrations(&self) -> impl Iterator<Item = (&str, bool, &ChannelConfig)> {
        self.registry.all()
    }

    /// Subscriptions to what is registered under a name.
    pub fn subscribers(&self, name: &str, is_prefix: bool) -> usize {
        let is_its = |(channel, found): &(&String, &Channel)| match is_prefix {
            true => found.registered.prefix.as_deref() == Some(name),
            false => found.registered.prefix.is_none() && channel.as_str() == name,
        };
        let rosters = self.channels.iter().filter(is_its).map(|(_, found)| found.roster.members().len());
        rosters.sum()
    }

    /// Who hears a channel, if anybody has asked for it.
    pub fn roster(&self, channel: &str) -> Option<&Roster> {
        self.channels.get(channel).map(|channel| &channel.roster)
    }

    fn enter(&mut self, at: Moment, peer: Peer, asks: &ChannelSubscribe, subscription: Subscription) {
        let Some(registered) = self.registry.find(&asks.channel) else { return };
        let Some(state) = self.peers.get_mut(&peer) else { return };
        let before = state.subscriptions.iter().find(|(_, before)| before.channel == asks.channel);
        let before = before.map(|(id, _)| *id);
        if let Some(before) = before {
            self.end(peer, before, ChannelEnd::Replaced);
        }
        let Some(state) = self.peers.get_mut(&peer) else { return };
        let id = state.next_id;
        state.next_id += 1;
        let until = subscription.until;
        let member = Member { peer, subscription: id, group: asks.group.clone(), until };
        state.subscriptions.insert(id, subscription);
        let (is_reliable, priority) = (registered.config.reliable, registered.config.priority);
        let channel =
            self.channels.entry(asks.channel.clone()).or_insert_with(|| Channel::new(at.now, registered));
        channel.roster.add(member);
        let next = channel.next;
        self.set_time(at, peer, id, until);
        let subscribed =
            ChannelSubscribed { request: asks.request, subscription: id, epoch: self.epoch, next };
        self.say(peer, ChannelControlBody::ChannelSubscribed(subscribed));
        let channel = asks.channel.clone();
        let admitted = Change::Admitted { peer, subscription: id, channel, next, is_reliable, priority };
        self.changes.push_back(admitted);
    }

    /// Ends a subscription and tells the peer; false if there is none.
    fn end(&mut self, peer: Peer, id: u64, reason: ChannelEnd) -> bool {
        let found = self.peers.get_mut(&peer).and_then(|state| state.subscriptions.remove(&id));
        let Some(subscription) = found else { return false };
        self.timers.clear((peer, id));
        self.leave(&subscription.channel, peer, id);
        self.say(peer, ChannelControlBody::ChannelEnded(ChannelEnded { subscription: id, reason }));
        self.changes.push_back(Change::Ended { peer, subscription: id, reason });
        true
    }

    fn leave(&mut self, channel: &str, peer: Peer, id: u64) {
        let Some(found) = self.channels.get_mut(channel) else { return };
        found.roster.remove(peer, id);
        // What peers only ask for leaves nothing behind; what was published to goes on counting.
        if found.next == 0 && found.roster.members().is_empty() {
            self.channels.remove(channel);
        }
    }

    /// Looks at a subscription again when its time is over, or after a day, since calendars are set.
    fn set_time(&mut self, at: Moment, peer: Peer, id: u64, until: u64) {
        if until < u64::MAX {
            let left = Duration::from_secs(until.saturating_sub(at.wall).clamp(1, 86_400));
            self.timers.set((peer, id), at.now + left);
        }
    }

    fn say(&mut self, peer: Peer, body: ChannelControlBody) {
        let message = ChannelControl { body }.encode().expect("what this node says keeps the limits");
        self.outbox.push_back(Control { peer, message });
    }
}

impl Channel {
    fn new(now: Instant, registered: Registered) -> Self {
        let rate = registered.config.max_rate_pps.map(u64::from);
        let budget = rate.map(|rate| net_gossip::Bucket::new(now, (rate, rate.div_ceil(10))));
        Self { registered, next: 0, roster: Roster::default(), budget, turns: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests;
