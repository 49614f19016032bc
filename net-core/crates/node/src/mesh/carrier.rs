//! What the bus needs of a node that carries its events.

use std::{future::poll_fn, task::Poll};

use net_crypto::mesh::PublicKey;
use net_session::{Path, SessionId, Target};
use net_types::{Error, identity::NodeId};

use super::node::{MeshNode, resolve};
use crate::bus::bell::Waiter;

impl MeshNode {
    /// Dials a peer, and dials it again whenever there is no session with it.
    pub(crate) async fn keep_connected(&self, address: &str, key: PublicKey) -> Result<(), Error> {
        self.run()?;
        let target = Target { key, node: None, path: Path::Direct(resolve(address).await?) };
        self.shared.act(|hub, now| {
            hub.check_open()?;
            hub.machine.endpoint_mut().keep_connected(now, target);
            Ok(())
        })
    }

    /// Waits for a session with the peer of a key, or with any; tells whose it is.
    pub(crate) async fn await_peer(&self, key: Option<PublicKey>) -> Result<(NodeId, SessionId), Error> {
        self.run()?;
        let mut waiter = Waiter::new(&self.shared.moved);
        poll_fn(|cx| {
            waiter.arm(cx.waker());
            let hub = self.shared.lock();
            if let Err(error) = hub.check_open() {
                return Poll::Ready(Err(error.into()));
            }
            let mut peers = hub.peers.iter();
            let found = peers.find(|(_, peer)| key.is_none_or(|key| peer.key == key));
            found.map_or(Poll::Pending, |(node, peer)| Poll::Ready(Ok((node, peer.session))))
        })
        .await
    }

    /// Whether a peer has this key.
    pub(crate) fn is_of_key(&self, node: NodeId, key: PublicKey) -> bool {
        self.shared.lock().peers.get(node).is_some_and(|peer| peer.key == key)
    }

    /// Waits until a session has ended.
    pub(crate) async fn ended(&self, node: NodeId, session: SessionId) {
        let mut waiter = Waiter::new(&self.shared.moved);
        poll_fn(|cx| {
            waiter.arm(cx.waker());
            let is_there = self.shared.lock().peers.get(node).is_some_and(|peer| peer.session == session);
            if is_there { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}
