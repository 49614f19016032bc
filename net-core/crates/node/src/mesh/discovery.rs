//! What this node announces, what it finds of others, and who watches that.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use net_channel::{Filter, Index, Preferences, ScopeFilter, State, published};
use net_crypto::EntityId;
use net_types::{
    Error, api,
    capability::{self, CapabilityRequirement, CapabilitySet},
    identity::NodeId,
    mesh::{CapabilityChange, MeshError},
};

use super::{
    driver,
    hub::{Hub, Shared},
};
use crate::bus::bell::Waiter;

impl Hub {
    /// Announces what this node has.
    pub(super) fn announce(&mut self, now: Instant, state: State, ttl: Duration) -> Result<(), Error> {
        self.check_open()?;
        self.machine.set_ttl(ttl);
        self.machine.announce(now, state)
    }

    /// Takes back what this node has announced.
    pub(super) fn withdraw(&mut self, now: Instant) -> Result<(), Error> {
        self.check_open()?;
        self.machine.withdraw(now);
        Ok(())
    }

    /// Says for ever that tokens of this node below a generation count no more: the record that says so, which is kept.
    pub(super) fn revoke(&mut self, now: Instant, generation: u32) -> Result<Bytes, Error> {
        self.check_open()?;
        let record = self.machine.revoke(now, generation)?;
        self.keep_revocations()?;
        Ok(record.into())
    }

    /// Takes what an issuer has revoked, and tells all others.
    pub(super) fn learn_revocation(&mut self, now: Instant, record: &[u8]) -> Result<(), Error> {
        self.check_open()?;
        self.machine.learn_revocation(now, record)
    }

    /// The least generation of an issuer's tokens that counts.
    pub(super) fn generation_floor(&self, issuer: &[u8]) -> Result<u32, Error> {
        self.check_open()?;
        let issuer = EntityId::try_from(issuer)?;
        Ok(self.machine.directory().floor(&issuer).unwrap_or(0))
    }

    /// The nodes that a filter and a scope ask for.
    pub(super) fn find(&self, filter: &Filter, scope: &ScopeFilter) -> Result<Vec<NodeId>, Error> {
        Ok(self.index()?.find(filter, scope))
    }

    /// The node that suits best.
    pub(super) fn find_best(
        &self,
        requirement: CapabilityRequirement,
        scope: &ScopeFilter,
    ) -> Result<Option<NodeId>, Error> {
        let preferences = Preferences::try_from(&requirement)?;
        Ok(self.index()?.find_best(&requirement.filter.into(), scope, &preferences))
    }

    /// What a node has announced.
    pub(super) fn capabilities_of(&self, node: NodeId) -> Result<Option<CapabilitySet>, Error> {
        self.check_open()?;
        Ok(self.machine.directory().announced_by(node).map(published::set_of))
    }

    /// Has watchers told what has changed; whether there is something to tell any of them.
    pub(super) fn heed_changes(&mut self) -> bool {
        let changed = self.machine.take_changed();
        self.watches.note(&changed, self.machine.directory().index())
    }

    fn index(&self) -> Result<&Index, MeshError> {
        self.check_open()?;
        Ok(self.machine.directory().index())
    }

    fn watch(&mut self, filter: Filter, scope: ScopeFilter) -> Result<u64, MeshError> {
        self.check_open()?;
        let index = self.machine.directory().index();
        let nodes = index.iter().map(|(node, _)| node);
        let id = self.watches.open(Watch::new(filter, scope, nodes));
        self.machine.tell_changes(true);
        Ok(id)
    }

    fn unwatch(&mut self, id: u64) {
        self.watches.open.remove(&id);
        self.machine.tell_changes(!self.watches.open.is_empty());
    }

    /// What a watcher has not read yet; nothing any more once it has ended.
    fn take_changes(&mut self, id: u64, most: usize) -> Option<Vec<CapabilityChange>> {
        let directory = self.machine.directory();
        let watch = self.watches.open.get_mut(&id)?;
        let nodes = watch.take(directory.index(), most).into_iter();
        let told = |(node_id, is_found): (NodeId, bool)| {
            let state = directory.announced_by(node_id).filter(|_| is_found);
            CapabilityChange { node_id, capabilities: state.map(published::set_of) }
        };
        Some(nodes.map(told).collect())
    }
}

/// All who watch.
#[derive(Debug, Default)]
pub(super) struct Watches {
    open: BTreeMap<u64, Watch>,
    next: u64,
}

impl Watches {
    /// Ends them.
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    fn open(&mut self, watch: Watch) -> u64 {
        self.next += 1;
        self.open.insert(self.next, watch);
        self.next
    }

    fn note(&mut self, changed: &BTreeSet<NodeId>, index: &Index) -> bool {
        for watch in self.open.values_mut() {
            changed.iter().for_each(|node| watch.note(*node, index.get(*node).is_some()));
        }
        !changed.is_empty() && self.open.values().any(|watch| !watch.line.is_empty())
    }
}

/// Nodes that a watcher has to be told of, in the order in which they changed.
///
/// A node is in the line once. Those that announce nothing any more are in it only if the watcher was told of them, and it
/// is told so in turn: whoever makes nodes come and go fills no more than two places for each that the directory has room for.
#[derive(Debug)]
struct Watch {
    filter: Filter,
    scope: ScopeFilter,
    line: VecDeque<NodeId>,
    in_line: BTreeSet<NodeId>,
    /// Nodes that it was told of.
    told: BTreeSet<NodeId>,
}

impl Watch {
    fn new(filter: Filter, scope: ScopeFilter, nodes: impl Iterator<Item = NodeId>) -> Self {
        let line: VecDeque<_> = nodes.collect();
        let in_line = line.iter().copied().collect();
        Self { filter, scope, line, in_line, told: BTreeSet::new() }
    }

    fn note(&mut self, node: NodeId, is_there: bool) {
        let concerns = is_there || self.told.contains(&node);
        if concerns && self.in_line.insert(node) {
            self.line.push_back(node);
        } else if !concerns && self.in_line.remove(&node) {
            self.line.retain(|waiting| *waiting != node);
        }
    }

    /// The next nodes to tell of, and whether each is one of those that are asked for.
    fn take(&mut self, index: &Index, most: usize) -> Vec<(NodeId, bool)> {
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(node) = self.line.pop_front()
        {
            self.in_line.remove(&node);
            if index.is_found(node, &self.filter, &self.scope) {
                self.told.insert(node);
                taken.push((node, true));
            } else if self.told.remove(&node) {
                taken.push((node, false));
            }
        }
        taken
    }
}

/// Nodes that are asked for, as what they have announced changes.
#[derive(Debug)]
pub struct CapabilityChanges {
    shared: Arc<Shared>,
    id: u64,
}

impl CapabilityChanges {
    /// Begins to watch.
    pub(super) fn open(
        shared: &Arc<Shared>,
        filter: Filter,
        scope: Option<capability::ScopeFilter>,
    ) -> Result<Arc<Self>, Error> {
        let scope = scope.map(ScopeFilter::try_from).transpose()?.unwrap_or_default();
        let id = shared.act(|hub, _| hub.watch(filter, scope))?;
        Ok(Arc::new(Self { shared: Arc::clone(shared), id }))
    }

    fn poll_next(
        &self,
        cx: &mut Context<'_>,
        most: usize,
        waiter: &mut Waiter<'_>,
    ) -> Poll<Vec<CapabilityChange>> {
        waiter.arm(cx.waker());
        match self.shared.act(|hub, _| hub.take_changes(self.id, most)) {
            Some(changes) if changes.is_empty() => Poll::Pending,
            changes => Poll::Ready(changes.unwrap_or_default()),
        }
    }

    fn end(&self) {
        self.shared.act(|hub, _| hub.unwatch(self.id));
        self.shared.changed.ring();
    }
}

impl api::CapabilityChanges for CapabilityChanges {
    fn stop(&self) -> Result<(), Error> {
        self.end();
        Ok(())
    }

    async fn next(&self, max: u32) -> Result<Vec<CapabilityChange>, Error> {
        match driver::start(&self.shared) {
            // A node that is shut down has ended those who watch it.
            Ok(()) | Err(Error::Mesh(MeshError::ShutDown)) => {}
            Err(error) => return Err(error),
        }
        let mut waiter = Waiter::new(&self.shared.changed);
        Ok(poll_fn(|cx| self.poll_next(cx, max as usize, &mut waiter)).await)
    }

    fn close(&self) {
        self.end();
    }
}

impl Drop for CapabilityChanges {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(nodes: &[u64]) -> Watch {
        Watch::new(Filter::default(), ScopeFilter::Any, nodes.iter().copied().map(NodeId))
    }

    #[test]
    fn a_node_waits_once_however_often_it_changes() {
        let mut watch = watch(&[1, 2]);
        (0..100).for_each(|_| watch.note(NodeId(2), true));
        watch.note(NodeId(3), true);
        assert_eq!(watch.line, [1, 2, 3].map(NodeId));
    }

    #[test]
    fn nodes_that_come_and_go_untold_leave_nothing() {
        let mut watch = watch(&[]);
        for node in 0..10_000 {
            watch.note(NodeId(node), true);
            watch.note(NodeId(node), false);
        }
        assert!(watch.line.is_empty() && watch.in_line.is_empty() && watch.told.is_empty());
    }

    #[test]
    fn only_who_was_told_of_a_node_is_told_that_it_is_gone() {
        let index = Index::default();
        let mut watch = watch(&[]);
        watch.told.insert(NodeId(1));
        watch.note(NodeId(1), false);
        watch.note(NodeId(2), true);
        assert_eq!(watch.take(&index, 10), [(NodeId(1), false)]);
        assert!(watch.told.is_empty() && watch.take(&index, 10).is_empty());
    }
}
