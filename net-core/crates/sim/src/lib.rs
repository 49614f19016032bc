//! Nodes of Net by the hundred, on one virtual clock, over a network that fails in every way.
//!
//! A [`World`] holds nodes, whatever implements [`Node`]: routers alone, sessions alone, or both. It carries their
//! datagrams over links with delay, loss, reordering, duplication, corruption and a limit of length, through NAT boxes
//! and partitions; sets their clocks wrong; ends and restarts them. All that happens follows from one seed, and the
//! hash of the trace proves it. What must hold of a node is checked after each of its events, what must hold of all of
//! them each 100 ms of virtual time. [`scenarios`] are runs with something to prove.

#![forbid(unsafe_code)]

mod clock;
pub mod disk;
mod memo;
mod net;
mod node;
pub mod nodes;
mod random;
pub mod scenarios;
mod topology;
mod trace;
mod world;

pub use clock::Skew;
pub use memo::Memo;
pub use net::{Conditions, NatKind};
pub use node::{Birth, Host, Node, Outgoing};
pub use random::{Chance, Random};
pub use topology::{Graph, line, random_graph, ring};
pub use world::{Counts, Nodes, Tap, Violation, Watch, World, public_address};
