//! Names of what an endpoint deals in: paths, sessions, streams, transmits, events.

use crate::stream::StreamKind;
use net_crypto::{EntityId, mesh::PublicKey};
use net_types::{
    identity::NodeId,
    mesh::{MeshError, StreamError},
};
use std::net::{IpAddr, SocketAddr};

/// Where packets go, or come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// A socket address.
    Direct(SocketAddr),
    /// A node, through relays.
    Routed(NodeId),
}

impl Path {
    /// Whether both are the same node behind the same address of the network layer; only ports may differ.
    pub(crate) fn differs_in_port_only(self, other: Self) -> bool {
        matches!((self, other), (Self::Direct(one), Self::Direct(other)) if one.ip() == other.ip())
    }

    /// What limits of a source are counted by: an IPv4 address, an IPv6 /56, or a node.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::Direct(address) => match address.ip() {
                IpAddr::V4(ip) => Source::V4(ip.octets()),
                IpAddr::V6(ip) => {
                    let octets = ip.octets();
                    Source::V6(std::array::from_fn(|at| octets[at]))
                }
            },
            Self::Routed(node) => Source::Node(node.0),
        }
    }

    /// Whether it is on this machine, where nothing is limited per source.
    pub(crate) fn is_loopback(self) -> bool {
        matches!(self, Self::Direct(address) if address.ip().is_loopback())
    }
}

/// What a datagram says about congestion on its way (RFC 3168).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ecn {
    /// Its sender heeds marks: ECT(0), which is what this node sends.
    Capable,
    /// The same by ECT(1).
    CapableToo,
    /// The network has marked it as congested: CE.
    Congested,
}

/// See [`Path::source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    V4([u8; 4]),
    V6([u8; 7]),
    Node(u64),
}

/// A session of an endpoint. The id of one that has ended names nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

/// An attempt to reach a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DialId(pub(crate) u64);

/// A stream within its session and direction; its sender counts them up and never uses one again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u64);

impl StreamId {
    /// The stream of control messages, open from the start of every session, in both directions.
    pub const CONTROL: Self = Self(0);
    /// The stream of routes and announcements, open from the start of every session, in both directions.
    pub const GOSSIP: Self = Self(1);
    /// The first that can be opened.
    pub(crate) const FIRST: Self = Self(2);
}

/// Whom to reach, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Public key of the peer.
    pub key: PublicKey,
    /// The node that is expected behind it; another one is `wrong_identity`.
    pub node: Option<NodeId>,
    /// Where it is.
    pub path: Path,
}

/// When what was sent over a stream has to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// At once: nothing is on its way, or a whole train of datagrams has gathered.
    Now,
    /// Before long; what comes meanwhile leaves with it.
    Soon,
    /// Not before something arrives from the peer, or a timer goes off.
    None,
}

/// What to send: the bytes are in the buffer that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub path: Path,
    /// The buffer holds datagrams of this size, one behind the other; the last may be shorter.
    pub segment: usize,
    /// How all of them are marked.
    pub ecn: Option<Ecn>,
}

/// A packet that a neighbour passes on, found in the datagram that was handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forwarded {
    /// The session that it came over.
    pub hop: SessionId,
    /// The node that it is for.
    pub destination: NodeId,
    /// The node that it claims to be from.
    pub source: NodeId,
    /// Hops that it may still make.
    pub ttl: u8,
    /// How urgent it is.
    pub priority: u8,
    /// The inner packet begins here, and ends with the datagram.
    pub inner: usize,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A session has begun: both sides have proven who they are.
    Connected {
        /// The session.
        session: SessionId,
        /// The peer.
        peer: EntityId,
        /// Its public key.
        key: PublicKey,
        /// The attempt that led to it, if this node dialled.
        dial: Option<DialId>,
    },
    /// An attempt has failed. A peer that is to stay connected is dialled again by itself.
    DialFailed {
        /// The attempt.
        dial: DialId,
        /// Why.
        error: MeshError,
    },
    /// Nothing has come from the peer for a while, or it has come back.
    Suspected {
        /// The session.
        session: SessionId,
        /// Whether the peer is still silent.
        is_silent: bool,
    },
    /// A session has ended, and all of its streams with it.
    Disconnected {
        /// The session.
        session: SessionId,
        /// The peer.
        peer: EntityId,
        /// Why.
        error: MeshError,
    },
    /// Packets now go another way.
    PathChanged {
        /// The session.
        session: SessionId,
        /// The way.
        path: Path,
    },
    /// The peer tells from which address it has seen this node's packets come.
    Observed {
        /// The session.
        session: SessionId,
        /// The address.
        address: SocketAddr,
    },
    /// The peer has opened a stream.
    StreamOpened {
        /// The session.
        session: SessionId,
        /// The stream.
        stream: StreamId,
        /// What it is for.
        kind: StreamKind,
        /// The id that its user gave it.
        id: u64,
        /// Whether it delivers each message once and in order.
        is_reliable: bool,
    },
    /// There is something to read; told once until all has been read.
    Readable {
        /// The session.
        session: SessionId,
        /// The stream of the peer.
        stream: StreamId,
    },
    /// A stream that had no room has some again.
    Writable {
        /// The session.
        session: SessionId,
        /// The own stream.
        stream: StreamId,
    },
    /// All that was sent over a finished stream has arrived.
    Delivered {
        /// The session.
        session: SessionId,
        /// The own stream.
        stream: StreamId,
    },
    /// The peer takes nothing more from an own stream, or has given one of its own up.
    StreamEnded {
        /// The session.
        session: SessionId,
        /// The stream.
        stream: StreamId,
        /// Whether it is one of this node's.
        is_own: bool,
        /// Why.
        error: StreamError,
    },
}
