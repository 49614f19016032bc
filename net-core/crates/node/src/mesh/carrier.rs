//! What the bus needs of a node that carries its events: one peer, known by its key.

use net_crypto::mesh::PublicKey;
use net_session::{Path, SessionId, Target};
use net_types::{Error, identity::NodeId};

use super::{
    node::{MeshNode, resolve},
    peers::Peer,
};
use crate::bus::bell::Bell;

/// A session with a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) node: NodeId,
    pub(crate) key: PublicKey,
    session: SessionId,
}

impl MeshNode {
    /// Dials whoever has the key, once.
    pub(crate) async fn dial(&self, address: &str, key: PublicKey) -> Result<(), Error> {
        let path = Path::Direct(resolve(address).await?);
        self.wait(|hub, now| hub.dial(now, Target { key, node: None, path })).await?;
        Ok(())
    }

    /// The session with the peer that has this key, or with any.
    pub(crate) fn contact(&self, key: Option<PublicKey>) -> Option<Contact> {
        let hub = self.shared.lock();
        let contact = |(node, peer): (NodeId, &Peer)| Contact { node, key: peer.key, session: peer.session };
        hub.peers.iter().map(contact).find(|contact| key.is_none_or(|wanted| wanted == contact.key))
    }

    /// Rings when a session has begun or ended, or when something can be sent.
    pub(crate) fn moves(&self) -> &Bell {
        &self.shared.moved
    }
}
