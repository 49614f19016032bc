//! The event bus inside one process.
//!
//! A node has shards, each a lock around its newest events. An event's key chooses the shard; a stamp from the one
//! clock of the node, drawn under the shard's lock, places it among the events of all shards. Readers keep their own
//! places: a poll carries them in its cursor, a subscription registers them with the shards, which therefore know what
//! is still *held* for someone and must not be evicted silently.
//!
//! | module | what it does |
//! |---|---|
//! | `json`, `walk`, `filter` | check texts, read checked texts in place, select events |
//! | `store`, `shard` | keep a shard's events; who holds them, what is full, what was dropped |
//! | `heads` | which event goes when the bytes are used up |
//! | `clock`, `merge` | one order over all shards |
//! | `core` | insertion, memory budget, life cycle |
//! | `grant` | room that is promised to hosts ahead |
//! | `emit`, `page`, `subscription` | the three things done with a bus, without waiting |
//! | `cursor` | the text form of a place |
//! | `bell` | wakes who sleeps |
//! | `transport` | servers that keep the events in the place of this process |
//! | `node`, `stream`, `channel` | the published objects: time, sleep, names |

pub(crate) mod bell;
mod channel;
mod clock;
mod core;
mod cursor;
mod emit;
mod filter;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod grant;
mod heads;
mod json;
mod merge;
mod node;
mod page;
mod shard;
mod store;
mod stream;
mod subscription;
#[cfg(test)]
mod tests;
mod transport;
mod walk;

pub use channel::TypedChannel;
pub use node::NetNode;
pub use stream::{EventStream, TypedEventStream};
