//! What routes, announcements and revocations have in common: they come from neighbours over gossip streams, are signed by
//! their origins, and are taken at rates that keep a neighbour from costing much.

#![forbid(unsafe_code)]

mod bucket;
mod forgeries;
mod link;
mod signatures;
mod timers;

pub use bucket::Bucket;
pub use forgeries::Forgeries;
pub use link::{Link, LinkSet};
pub use signatures::{Signatures, Strict};
pub use timers::Timers;

/// What to send over the gossip stream of a neighbour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// The neighbour.
    pub link: Link,
    /// One message.
    pub message: Vec<u8>,
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
