//! To whom an event goes.

use super::{Channel, Member, Peer, Publisher, Registered};
use crate::{Directory, Moment};
use net_gossip::Bucket;
use net_types::channel::ChannelRefusal;
use std::{collections::BTreeMap, time::Instant};

/// Why a subscriber was not given an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Its session had no room.
    NoRoom,
    /// The channel has had as many events as it may have.
    Rate,
    /// Its session has ended.
    Gone,
    /// What permitted it is over.
    Denied,
}

/// A subscriber that an event goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The peer.
    pub peer: Peer,
    /// Its subscription.
    pub subscription: u64,
}

/// Where an event goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Number of the event.
    pub sequence: u64,
    /// How urgent it is.
    pub priority: u8,
    /// Whether it is to arrive.
    pub is_reliable: bool,
    /// Whether who publishes waits for room unless told otherwise.
    pub waits: bool,
    /// Those who get it.
    pub targets: Vec<Target>,
    /// Queue groups of each of which one member gets it: whose turn it is stands first, then who is next.
    pub groups: Vec<Vec<Target>>,
    /// Those who do not, and why.
    pub left_out: Vec<(Target, Reason)>,
}

impl Publisher {
    /// Plans where the next event of a channel goes: to each subscriber that is allowed now and in no group, and to one of
    /// each queue group, in turn, or the next that has room. An event beyond the channel's rate goes to nobody and takes no number.
    ///
    /// `unknown_channel` if the name is not registered, `unauthorized` if this node does not have what publishing takes.
    pub fn plan(&mut self, at: Moment, directory: &Directory, name: &str) -> Result<Plan, ChannelRefusal> {
        if !self.channels.contains_key(name) {
            let registered = self.registry.find(name).ok_or(ChannelRefusal::UnknownChannel)?;
            self.channels.insert(name.to_owned(), Channel::new(at.now, registered));
        }
        let own = self.entity.node_id();
        let channel = self.channels.get_mut(name).ok_or(ChannelRefusal::UnknownChannel)?;
        let config = &channel.registered.config;
        if config.publish_caps.as_ref().is_some_and(|filter| !directory.index().suits(own, filter)) {
            return Err(ChannelRefusal::Unauthorized);
        }
        Ok(channel.plan(at))
    }
}

impl Channel {
    /// Takes another registration.
    pub(super) fn set(&mut self, registered: Registered) {
        if registered.config.max_rate_pps != self.registered.config.max_rate_pps {
            self.budget = None;
        }
        self.registered = registered;
    }

    fn plan(&mut self, at: Moment) -> Plan {
        let config = &self.registered.config;
        let (priority, is_reliable) = (config.priority, config.reliable);
        let mut plan =
            Plan { sequence: self.next, priority, is_reliable, waits: config.waits, ..Plan::default() };
        if !self.is_in_rate(at.now) {
            plan.left_out =
                self.roster.members().iter().map(|member| (target(member), Reason::Rate)).collect();
            return plan;
        }
        let mut groups: BTreeMap<&str, Vec<Target>> = BTreeMap::new();
        for member in self.roster.members() {
            match () {
                () if !member.is_allowed(at.wall) => plan.left_out.push((target(member), Reason::Denied)),
                () if member.group.is_empty() => plan.targets.push(target(member)),
                () => groups.entry(&member.group).or_default().push(target(member)),
            }
        }
        self.turns.retain(|group, _| groups.contains_key(group.as_str()));
        for (group, mut members) in groups {
            let turn = self.turns.entry(group.to_owned()).or_default();
            let first = (*turn % members.len() as u64) as usize;
            members.rotate_left(first);
            plan.groups.push(members);
            *turn = turn.wrapping_add(1);
        }
        self.next += 1;
        plan
    }

    fn is_in_rate(&mut self, now: Instant) -> bool {
        let Some(rate) = self.registered.config.max_rate_pps.map(u64::from) else { return true };
        let budget = self.budget.get_or_insert_with(|| Bucket::new(now, (rate, rate.div_ceil(10))));
        budget.take(now, 1)
    }
}

fn target(member: &Member) -> Target {
    Target { peer: member.peer, subscription: member.subscription }
}
