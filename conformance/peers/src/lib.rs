//! Programs that `cargo perf --mesh` and `cargo perf --logs` measure beside each other.
//!
//! Of the mesh each system is two processes on this machine; a store of records is one, see [`stores`].
//!
//! A process is asked over its standard input, as a testee of the conformance suite is. The one that is asked to `listen`
//! answers with words, with which the other one is asked to `dial`; after that the second one is asked for what is
//! measured, and both for their `usage`.

#![forbid(unsafe_code)]

mod asked;
mod flow;
mod frames;
pub mod mesh;
pub mod nats;
pub mod quinn;
mod spread;
pub mod stores;
pub mod udp;
mod usage;

pub use asked::{Extra, Peer, run};
pub use flow::{Arrivals, Flow, MESSAGE, WINDOW, WRITE};
pub use spread::Spread;
pub use usage::{Usage, allow_many_files};
