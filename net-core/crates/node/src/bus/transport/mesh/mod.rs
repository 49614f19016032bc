//! A node in another process in the place of a server: events go there, and others come from there, over an encrypted session.
//!
//! What a node emits is read here in the order of emission, over all shards, and goes to the peer in batches over one stream.
//! The events have numbers that grow by one. The peer puts them into a bus of its own, its *inbox*, which its polls and
//! subscriptions read, and sends a receipt. What has none is sent again over the next session, and the numbers tell the peer
//! what it has already: each event comes once and in order as long as both processes live.
//!
//! | module | what it does |
//! |---|---|
//! | `options` | checks the published settings |
//! | `batch` | the form of batches and receipts |
//! | `outlet` | the events that are to leave, in order |
//! | `sender`, `receiver` | the two directions |
//! | `worker` | the thread that has the peer |

mod batch;
mod options;
mod outlet;
mod receiver;
mod sender;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use options::{Options, renamed};
pub(crate) use worker::start;
