//! Transports: servers that take the events of a node, keep them, and give them back to every process that asks.
//!
//! Events go into the shards of the bus as ever. The [`outbox`] is one more reader of these: what it has not passed is
//! held, and so fills the buffers and pushes back. It passes a batch when the server has acknowledged it, and sends it again,
//! with the same ids, until then. Polls and subscriptions of such a node read from the server.
//!
//! | module | what it does |
//! |---|---|
//! | `envelope`, `id` | the public forms of entries, their dedup ids and their places |
//! | `nonce` | who the producer is, and which of its ids are used up |
//! | `outbox`, `backoff` | which batches there are, and when to try again |
//! | `server` | what a server has to offer |
//! | `page` | a poll, as a series of requests |
//! | `link`, `worker`, `tail` | the thread that talks to the server, and what it does for nodes and streams |
//! | `redis`, `jetstream` | the servers |
//! | `mesh` | a node in another process, over an encrypted session |
//!
//! Only `redis`, `jetstream`, `mesh`, `worker`, `tail` and `nonce::File` touch the world.

mod backoff;
mod envelope;
mod id;
#[cfg(feature = "jetstream")]
mod jetstream;
mod link;
mod mesh;
mod nonce;
mod outbox;
mod page;
#[cfg(feature = "redis")]
mod redis;
mod server;
mod start;
mod tail;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use id::EventId;
pub(crate) use link::Link;
pub(crate) use page::Pager;
pub(crate) use start::{Started, start};
pub(crate) use tail::Tail;
