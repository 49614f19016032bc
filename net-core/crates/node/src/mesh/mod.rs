//! Nodes of the encrypted mesh, over UDP.
//!
//! What a node is to its peers is the state machine of `net-session`; here it gets a socket, the system's clock and random
//! numbers. Everything stands under one lock, the hub. A call locks it, does something to the state machine, and then
//! *settles* it: takes the events, reads what there is room for, sends what there is to send. One task drives a node: it
//! waits for datagrams and for the time, and settles the hub in the same way.
//!
//! | module | what it does |
//! |---|---|
//! | `settings` | checks the published settings |
//! | `socket` | datagrams in and out, many at a time |
//! | `state` | what a node keeps between its runs |
//! | `hub` | the state of a node, and how it settles |
//! | `peers` | sessions, and who waits for one |
//! | `outgoing` | streams to peers, and what is sent over them |
//! | `queue` | messages that wait to be read, and by whom |
//! | `discovery` | what nodes announce, and who watches that |
//! | `hearing` | channels that are heard, and their events that wait to be read |
//! | `publishing` | channels of this node, and how an event is published |
//! | `driver` | the task that waits |
//! | `control` | the socket at which others ask how the node is |
//! | `carrier` | what the bus needs of a node that carries its events |
//! | `node`, `stream`, `events`, `subscription` | the published objects |
//! | `stats` | counters, and their Prometheus text |

mod carrier;
mod control;
mod discovery;
mod driver;
mod events;
mod hearing;
mod hub;
mod node;
mod outgoing;
mod peers;
mod publishing;
mod queue;
mod settings;
mod socket;
mod state;
mod stats;
mod stream;
mod subscription;
#[cfg(test)]
mod tests;

pub(crate) use carrier::Contact;
pub use discovery::CapabilityChanges;
pub use events::MeshEvents;
pub use node::MeshNode;
pub(crate) use settings::{Settings, secret_bytes};
pub use stream::MeshStream;
pub use subscription::ChannelSubscription;
