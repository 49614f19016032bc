//! A node of the mesh without socket, clock and randomness: sessions, the routes between them, and what nodes announce.
//!
//! Sessions know nothing of routes and announcements, and these nothing of sessions. A [`Machine`] has all: a session over a
//! direct path is a link of the router and of the directory, the session's gossip stream carries what routers and directories
//! tell each other, packets of a session over relays leave in envelopes, and what a neighbour passes on is taken in, passed on
//! further, or dropped. The UDP node and the simulated one drive the same machine.
//!
//! | module | what it does |
//! |---|---|
//! | `machine` | the five verbs |
//! | `announcing` | what this node announces, and what it knows of others |
//! | `channels` | channels over sessions, and their events over streams |
//! | `publishing` | events on their way to subscribers |
//! | `neighbours` | sessions that are links, and their gossip |
//! | `forwarding` | packets that travel over relays |
//! | `outbox` | datagrams that wait to be sent, put together where they go to one address |

#![forbid(unsafe_code)]

mod announcing;
mod channels;
mod forwarding;
mod machine;
mod neighbours;
mod outbox;
mod publishing;

pub use channels::ChannelEvent;
pub use machine::{Machine, Settings};
pub use outbox::Datagrams;
pub use publishing::{Manner, Mark, Outcome, Published, Ticket};
