//! Nodes that scenarios are made of.

mod plain;
mod routing;

pub use routing::{Peer, RoutingNode, Settings};
