//! Names of what a router deals in.

use net_crypto::EntityId;
use net_gossip::{Link, Misdeed};
use net_types::identity::NodeId;

/// What orders the beacons of one node: the newer has the greater pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pair {
    /// Grows with each start.
    pub epoch: u64,
    /// Grows within an epoch.
    pub seqno: u32,
}

/// What a router knows of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    /// Who it is.
    pub entity: EntityId,
    /// The X25519 static key by which it is dialled.
    pub static_key: [u8; 32],
    /// Its newest beacon.
    pub pair: Pair,
    /// The neighbour towards it, and the sum of the costs of the hops; nothing while it cannot be reached.
    pub route: Option<(Link, u32)>,
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Packets for a destination go to another neighbour from now on, or nowhere.
    Rerouted {
        /// The destination.
        node: NodeId,
        /// The neighbour.
        link: Option<Link>,
    },
    /// Somebody has heard of this node in a later epoch than its own, so it has taken the next one; to be stored.
    EpochTaken {
        /// The new epoch.
        epoch: u64,
    },
    /// The session with a neighbour is to be closed.
    Misbehaved {
        /// The neighbour.
        link: Link,
        /// What it did.
        misdeed: Misdeed,
    },
}

/// What is to be done at some point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Tell neighbours what has changed.
    Flush,
    /// Sign a higher sequence number.
    Seqno,
    /// Go on with what a neighbour has sent.
    Resume(Link),
    /// Trust a neighbour again.
    Trust(Link),
    /// Ask for a higher sequence number of a destination.
    Ask(u64),
    /// Forget the distance of a destination.
    Forget(u64),
}
