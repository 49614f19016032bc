//! Who hears a channel.

use super::Peer;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Somebody who hears a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The peer.
    pub peer: Peer,
    /// Its subscription.
    pub subscription: u64,
    /// Its queue group, or nothing.
    pub group: String,
    /// First second in which it may hear nothing any more.
    pub until: u64,
}

impl Member {
    /// Whether it may hear an event now. What else could forbid it takes it off the roster at once.
    pub fn is_allowed(&self, wall: u64) -> bool {
        wall < self.until
    }
}

/// All who hear a channel, by peer and subscription. A snapshot of it stays as it is; whoever holds one asks without a lock
/// whether there is a newer one.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    members: Arc<Vec<Member>>,
    edition: Arc<AtomicU64>,
}

impl Roster {
    /// Those who hear the channel now.
    pub fn snapshot(&self) -> Arc<Vec<Member>> {
        self.members.clone()
    }

    /// A number that grows with each change, to be watched from other threads.
    pub fn edition(&self) -> Arc<AtomicU64> {
        self.edition.clone()
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(super) fn add(&mut self, member: Member) {
        let members = Arc::make_mut(&mut self.members);
        let place = members
            .partition_point(|other| (other.peer, other.subscription) < (member.peer, member.subscription));
        members.insert(place, member);
        self.edition.fetch_add(1, Ordering::Release);
    }

    pub(super) fn remove(&mut self, peer: Peer, subscription: u64) {
        let found = self
            .members
            .binary_search_by_key(&(peer, subscription), |member| (member.peer, member.subscription));
        if let Ok(place) = found {
            Arc::make_mut(&mut self.members).remove(place);
            self.edition.fetch_add(1, Ordering::Release);
        }
    }
}
