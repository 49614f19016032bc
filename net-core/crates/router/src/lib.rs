//! Which neighbour a packet goes to next: one [`Router`] per node.
//!
//! Routes are found by distance vector with the feasibility condition of Babel (RFC 8966), over signed beacons and measured
//! round trips. A neighbour's word is taken for a route only if it is closer to the destination than this node has ever
//! said to be itself since the destination's last beacon; so the next hops of all nodes form no loop at any time,
//! whatever is lost or late. Stored updates stand for what a neighbour has said least since that beacon: a neighbour
//! that gets farther away stays usable, since it is still closer than what this node has said.
//!
//! The router reads no clock, draws no random number and sends nothing. Its owner tells it which sessions stand
//! ([`Router::link_up`]), hands it what comes over their gossip streams ([`Router::handle`]), sends what it has to say
//! ([`Router::poll_transmit`]), and asks it where packets go ([`Router::relay`], [`Router::next_hop`]). It is a crate of
//! its own, beside that of sessions, so that a change of either does not build the other.

#![forbid(unsafe_code)]

mod beacon;
mod config;
mod counters;
mod gossip;
mod link;
mod pending;
mod relay;
mod requests;
mod router;
mod select;
mod table;
mod types;

pub use config::Config;
pub use counters::{Counters, Drop};
pub use net_gossip::{Link, Misdeed, Signatures, Strict, Transmit};
pub use relay::{Packet, Verdict};
pub use router::Router;
pub use types::{Destination, Event, Pair};
