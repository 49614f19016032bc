//! What this node announces, and what it knows of others.

use crate::Machine;
use net_channel::{Directory, Moment, State, SubnetId, SubnetPolicy};
use net_crypto::EntityId;
use net_types::{Error, identity::NodeId, wire::identity::Revocation};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

impl Machine {
    /// What all nodes have announced and revoked, as far as it has come here.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Says what the calendar shows: milliseconds since the Unix epoch. Until it is said again, it goes on with the clock.
    pub fn set_calendar(&mut self, now: Instant, wall_ms: u64) {
        self.calendar = (now, wall_ms);
    }

    /// Announces what this node has, in place of what it has announced before; `argument` if it is too long.
    pub fn announce(&mut self, now: Instant, state: State) -> Result<(), Error> {
        self.directory.announce(self.moment(now), state)
    }

    /// Says how long own announcements hold from now on.
    pub fn set_ttl(&mut self, ttl: Duration) {
        self.directory.set_ttl(ttl);
    }

    /// Takes back what this node has announced.
    pub fn withdraw(&mut self, now: Instant) {
        self.directory.withdraw(self.moment(now));
    }

    /// Says for ever that tokens of this node below a generation count no more; the signed statement is to be kept.
    pub fn revoke(&mut self, now: Instant, floor: u32) -> Result<Vec<u8>, Error> {
        self.has_revoked = true;
        self.directory.revoke(self.moment(now), floor)
    }

    /// Takes a revocation that came another way than from a neighbour.
    pub fn learn_revocation(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Error> {
        self.directory.learn_revocation(self.moment(now), bytes)
    }

    /// Takes a revocation that was kept when its issuer was trusted.
    pub fn restore_revocation(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Error> {
        self.directory.trust([EntityId::new(Revocation::decode(bytes)?.issuer)]);
        self.learn_revocation(now, bytes)
    }

    /// Whether there are other revocations to keep than when it was last asked.
    pub fn take_revoked(&mut self) -> bool {
        std::mem::take(&mut self.has_revoked)
    }

    /// Trusts issuers, so that what they revoke is kept.
    pub(crate) fn trust(&mut self, issuers: &[EntityId]) {
        self.directory.trust(issuers.iter().copied());
        self.has_revoked |= issuers.iter().any(|issuer| self.directory.floor(issuer).is_some());
    }

    /// Says where this node is, and how the subnets of nodes follow from their tags.
    pub fn set_geometry(&mut self, own: Option<SubnetId>, policy: SubnetPolicy) {
        self.directory.set_geometry(own, policy);
        self.channels.publisher.announced(&self.directory, self.router.node_id());
    }

    /// Whether nodes whose announcements change are kept for [`take_changed`](Self::take_changed).
    pub fn tell_changes(&mut self, tells: bool) {
        match tells {
            true => drop(self.changed.get_or_insert_default()),
            false => self.changed = None,
        }
    }

    /// Nodes whose announcements have changed since that was last taken.
    pub fn take_changed(&mut self) -> BTreeSet<NodeId> {
        self.changed.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Both times.
    pub(crate) fn moment(&self, now: Instant) -> Moment {
        let (at, wall_ms) = self.calendar;
        let since = now.saturating_duration_since(at).as_millis() as u64;
        Moment { now, wall: wall_ms.saturating_add(since) / 1_000 }
    }

    /// Does what follows from what the directory has found out.
    pub(crate) fn heed_directory(&mut self, now: Instant, event: net_channel::Event) {
        match event {
            net_channel::Event::Misbehaved { link, .. } => self.give_up(now, link),
            net_channel::Event::EpochTaken { epoch } => {
                self.epoch = epoch;
                self.router.raise_epoch(now, epoch);
            }
            net_channel::Event::Changed { node } => {
                if let Some(changed) = &mut self.changed {
                    changed.insert(node);
                }
                self.channels.publisher.announced(&self.directory, node);
            }
            net_channel::Event::Revoked { issuer, floor } => {
                self.has_revoked |= self.directory.keeps(&issuer);
                self.channels.publisher.revoked(issuer, floor);
            }
        }
    }
}
