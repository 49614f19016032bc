//! Nodes that scenarios are made of.

mod ledger;
mod mesh;
mod plain;
mod routing;

pub use ledger::{Flow, Ledger, MARKER};
pub use mesh::{MeshNode, MeshSettings};
pub use routing::{Peer, RoutingNode, Settings};
