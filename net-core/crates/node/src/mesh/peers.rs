//! Sessions, and who waits for one.

use std::collections::{BTreeMap, HashMap};

use net_crypto::{EntityId, mesh::PublicKey};
use net_session::{DialId, SessionId};
use net_types::{identity::NodeId, mesh::MeshError};
use tokio::sync::oneshot;

/// How a wait for a session ends.
pub(super) type Outcome = Result<SessionId, MeshError>;

/// The peers of a node.
#[derive(Debug, Default)]
pub(super) struct Peers {
    connected: BTreeMap<NodeId, Peer>,
    sessions: HashMap<SessionId, NodeId>,
    dials: Vec<(DialId, PublicKey, oneshot::Sender<Outcome>)>,
    accepts: Vec<(NodeId, oneshot::Sender<Outcome>)>,
}

/// A peer that there is a session with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub(super) session: SessionId,
    pub(super) entity: EntityId,
    pub(super) key: PublicKey,
    pub(super) is_silent: bool,
}

impl Peers {
    /// Takes a session that has begun, and tells everybody who waits for it.
    pub(super) fn connect(&mut self, session: SessionId, entity: EntityId, key: PublicKey) {
        let node = entity.node_id();
        self.connected.insert(node, Peer { session, entity, key, is_silent: false });
        self.sessions.insert(session, node);
        let dials = std::mem::take(&mut self.dials);
        let (met, others) = dials.into_iter().partition(|(_, wanted, _)| *wanted == key);
        self.dials = others;
        let waiting = std::mem::take(&mut self.accepts);
        let (awaited, others): (Vec<_>, _) = waiting.into_iter().partition(|(wanted, _)| *wanted == node);
        self.accepts = others;
        let met: Vec<(DialId, PublicKey, oneshot::Sender<Outcome>)> = met;
        let told = met.into_iter().map(|(_, _, told)| told).chain(awaited.into_iter().map(|(_, told)| told));
        // Who has stopped waiting needs no answer.
        told.for_each(|told| drop(told.send(Ok(session))));
    }

    /// Takes the end of a session, and tells whose it was.
    pub(super) fn disconnect(&mut self, session: SessionId) -> Option<NodeId> {
        let node = self.sessions.remove(&session)?;
        if self.connected.get(&node).is_some_and(|peer| peer.session == session) {
            self.connected.remove(&node);
        }
        Some(node)
    }

    /// Tells who waits for an attempt that it has failed.
    pub(super) fn fail(&mut self, dial: DialId, error: &MeshError) {
        for (_, _, told) in self.dials.extract_if(.., |(id, ..)| *id == dial) {
            drop(told.send(Err(error.clone())));
        }
    }

    /// Tells everybody who waits that nothing comes any more.
    pub(super) fn fail_all(&mut self, error: &MeshError) {
        let dials = self.dials.drain(..).map(|(_, _, told)| told);
        for told in dials.chain(self.accepts.drain(..).map(|(_, told)| told)) {
            drop(told.send(Err(error.clone())));
        }
    }

    /// Waits for an attempt.
    pub(super) fn await_dial(&mut self, dial: DialId, key: PublicKey) -> oneshot::Receiver<Outcome> {
        let (told, outcome) = oneshot::channel();
        self.dials.retain(|(_, _, told)| !told.is_closed());
        self.dials.push((dial, key, told));
        outcome
    }

    /// Waits for a peer to be there.
    pub(super) fn await_peer(&mut self, node: NodeId) -> oneshot::Receiver<Outcome> {
        let (told, outcome) = oneshot::channel();
        self.accepts.retain(|(_, told)| !told.is_closed());
        match self.connected.get(&node) {
            Some(peer) => drop(told.send(Ok(peer.session))),
            None => self.accepts.push((node, told)),
        }
        outcome
    }

    /// Marks a peer that is silent, or is not any more.
    pub(super) fn suspect(&mut self, session: SessionId, is_silent: bool) {
        let node = self.sessions.get(&session);
        if let Some(peer) = node.and_then(|node| self.connected.get_mut(node)) {
            peer.is_silent = is_silent;
        }
    }

    /// The peer with an id.
    pub(super) fn get(&self, node: NodeId) -> Option<&Peer> {
        self.connected.get(&node)
    }

    /// The node at the other end of a session.
    pub(super) fn node_of(&self, session: SessionId) -> Option<NodeId> {
        self.sessions.get(&session).copied()
    }

    /// All peers, by ascending id.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (NodeId, &Peer)> {
        self.connected.iter().map(|(node, peer)| (*node, peer))
    }
}
