//! Names of what a directory deals in.

use net_crypto::EntityId;
use net_gossip::{Link, Misdeed};
use net_types::identity::NodeId;
use std::time::Instant;

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By the clock that every timer goes by.
    pub now: Instant,
    /// By the calendar: seconds since the Unix epoch.
    pub wall: u64,
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// What a node has announced is another, or nothing any more.
    Changed {
        /// The node.
        node: NodeId,
    },
    /// Somebody has heard of this node in a later epoch than its own, so it has taken the next one; to be stored.
    EpochTaken {
        /// The new epoch.
        epoch: u64,
    },
    /// Tokens of an issuer below a generation count no more; to be stored by who trusts the issuer.
    Revoked {
        /// The issuer.
        issuer: EntityId,
        /// The least generation that counts.
        floor: u32,
    },
    /// The session with a neighbour is to be closed.
    Misbehaved {
        /// The neighbour.
        link: Link,
        /// What it did.
        misdeed: Misdeed,
    },
}
