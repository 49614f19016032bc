//! A stream to one peer: its name, by which the node knows it.

use net_types::{api, identity::NodeId};

/// A stream to one peer.
#[derive(Debug)]
pub struct MeshStream {
    pub(super) peer: NodeId,
    pub(super) id: u64,
}

impl api::MeshStream for MeshStream {
    fn peer_node_id(&self) -> NodeId {
        self.peer
    }

    fn stream_id(&self) -> u64 {
        self.id
    }
}
