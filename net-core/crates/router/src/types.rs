//! Names of what a router deals in.

use net_crypto::EntityId;
use net_types::identity::NodeId;

/// A neighbour: a node with which a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(pub(crate) u32);

/// What orders the beacons of one node: the newer has the greater pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pair {
    /// Grows with each start.
    pub epoch: u64,
    /// Grows within an epoch.
    pub seqno: u32,
}

/// What to send over the gossip stream of a neighbour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// The neighbour.
    pub link: Link,
    /// One message.
    pub message: Vec<u8>,
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

/// What costs a neighbour its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misdeed {
    /// A message that is none.
    Malformed,
    /// Too many signatures that are not whose they claim to be.
    Forged,
    /// More than its stream's credit allows.
    Flood,
}
