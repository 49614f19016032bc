//! A node of the mesh without socket, clock and randomness: sessions, and the routes between them.
//!
//! Sessions know nothing of routes, and routes nothing of sessions. A [`Machine`] has both: a session over a direct path is a
//! link of the router, the session's gossip stream carries what routers tell each other, packets of a session over relays
//! leave in envelopes, and what a neighbour passes on is taken in, passed on further, or dropped. The UDP node and the
//! simulated one drive the same machine.
//!
//! | module | what it does |
//! |---|---|
//! | `machine` | the five verbs |
//! | `neighbours` | sessions that are links, and their gossip |
//! | `forwarding` | packets that travel over relays |
//! | `outbox` | datagrams that wait to be sent, put together where they go to one address |

#![forbid(unsafe_code)]

mod forwarding;
mod machine;
mod neighbours;
mod outbox;

pub use machine::{Machine, Settings};
pub use outbox::Datagrams;
