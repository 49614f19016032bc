//! The node as the interface has it.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::Ordering::{Acquire, Release},
    },
    task::Poll,
    time::{Duration, Instant},
};

use bytes::Bytes;
use net_channel::published;
use net_crypto::mesh;
use net_router::Destination;
use net_session::{Path, Target};
use net_types::{
    Error, api,
    capability::{CapabilityFilter, CapabilityRequirement, CapabilitySet, ScopeFilter},
    channel::{ChannelConfig, PublishReport, SubscribeChannelOptions},
    identity::NodeId,
    mesh::{
        AnnounceOptions, MeshError, MeshEvent, MeshNodeConfig, MeshShutdownOptions, MeshStats, PeerInfo,
        PublicKey, PublishConfig, ReceiveOptions, RouteInfo, StreamConfig, StreamError, StreamStats,
    },
};
use tokio::{sync::oneshot, time::timeout};

use super::{
    discovery::CapabilityChanges,
    driver,
    events::MeshEvents,
    hub::{Hub, Life, Shared},
    peers::Outcome,
    settings::{Settings, argument, not_bound},
    socket::Socket,
    state::State,
    stats,
    stream::MeshStream,
    subscription::ChannelSubscription,
};
use crate::{bus::bell::Waiter, identity::Token};

/// Time before a second attempt to send, and the longest before any.
const FIRST_RETRY: Duration = Duration::from_millis(5);
const LAST_RETRY: Duration = Duration::from_millis(200);

/// A node of the encrypted mesh. It ends when the last reference to it goes.
#[derive(Debug)]
pub struct MeshNode {
    pub(super) shared: Arc<Shared>,
    node_id: NodeId,
    entity_id: Bytes,
    public_key: PublicKey,
    address: String,
}

impl api::MeshNode for MeshNode {
    type CapabilityChanges = CapabilityChanges;
    type Token = Token;
    type MeshStream = MeshStream;
    type ChannelSubscription = ChannelSubscription;
    type MeshEvents = MeshEvents;

    async fn create(config: MeshNodeConfig) -> Result<Arc<Self>, Error> {
        let node: Arc<Self> = api::MeshNode::new(config)?;
        node.run()?;
        Ok(node)
    }

    fn new(config: MeshNodeConfig) -> Result<Arc<Self>, Error> {
        Self::bind(Settings::of(&config)?)
    }

    async fn start(&self) -> Result<(), Error> {
        self.run()
    }

    async fn connect(
        &self,
        peer_addr: String,
        peer_public_key: PublicKey,
        peer_node_id: NodeId,
    ) -> Result<(), Error> {
        self.run()?;
        let path = Path::Direct(resolve(&peer_addr).await?);
        let key = mesh::PublicKey::new(peer_public_key.0);
        let target = Target { key, node: Some(peer_node_id), path };
        self.wait(|hub, now| hub.dial(now, target)).await?;
        Ok(())
    }

    async fn connect_routed(&self, peer_node_id: NodeId) -> Result<(), Error> {
        self.run()?;
        let patience = self.shared.lock().patience;
        let mut waiter = Waiter::new(&self.shared.moved);
        let dialled = poll_fn(|cx| {
            waiter.arm(cx.waker());
            let dialled = self.shared.act(|hub, now| {
                hub.check_open()?;
                Ok::<_, MeshError>(hub.dial_routed(now, peer_node_id))
            });
            dialled.transpose().map_or(Poll::Pending, Poll::Ready)
        });
        let no_route = MeshError::NoRoute { node: peer_node_id.0 };
        let answer = timeout(patience, dialled).await.map_err(|_| no_route)??;
        answer.await.unwrap_or(Err(MeshError::ShutDown))?;
        Ok(())
    }

    fn routes(&self) -> Result<Vec<RouteInfo>, Error> {
        let hub = self.shared.lock();
        let router = hub.machine.router();
        let next_hop = |link| router.neighbour(link).map(|entity| entity.node_id());
        let info = |(node_id, known): (NodeId, Destination)| RouteInfo {
            node_id,
            entity_id: Bytes::copy_from_slice(known.entity.as_bytes()),
            public_key: PublicKey(known.static_key),
            next_hop: known.route.and_then(|(link, _)| next_hop(link)),
            cost: known.route.map(|(_, cost)| cost),
        };
        Ok(router.destinations().map(info).collect())
    }

    fn discovered_nodes(&self) -> Result<u32, Error> {
        Ok(self.shared.lock().machine.router().destinations().count() as u32)
    }

    async fn announce_capabilities(
        &self,
        caps: CapabilitySet,
        options: AnnounceOptions,
    ) -> Result<(), Error> {
        self.run()?;
        options.check()?;
        let state = published::state_of(caps)?;
        self.shared.act(|hub, now| hub.announce(now, state, options.ttl))
    }

    async fn withdraw_capabilities(&self) -> Result<(), Error> {
        self.run()?;
        self.shared.act(Hub::withdraw)
    }

    async fn revoke(&self, generation: u32) -> Result<Bytes, Error> {
        self.run()?;
        self.shared.act(|hub, now| hub.revoke(now, generation))
    }

    async fn learn_revocation(&self, record: Bytes) -> Result<(), Error> {
        self.run()?;
        self.shared.act(|hub, now| hub.learn_revocation(now, &record))
    }

    fn generation_floor(&self, issuer: &[u8]) -> Result<u32, Error> {
        self.shared.lock().generation_floor(issuer)
    }

    fn find_nodes(&self, filter: CapabilityFilter) -> Result<Vec<NodeId>, Error> {
        self.shared.lock().find(&filter.into(), &net_channel::ScopeFilter::Any)
    }

    fn find_nodes_scoped(&self, filter: CapabilityFilter, scope: ScopeFilter) -> Result<Vec<NodeId>, Error> {
        let scope = scope.try_into()?;
        self.shared.lock().find(&filter.into(), &scope)
    }

    fn find_best_node(&self, requirement: CapabilityRequirement) -> Result<Option<NodeId>, Error> {
        self.shared.lock().find_best(requirement, &net_channel::ScopeFilter::Any)
    }

    fn find_best_node_scoped(
        &self,
        requirement: CapabilityRequirement,
        scope: ScopeFilter,
    ) -> Result<Option<NodeId>, Error> {
        let scope = scope.try_into()?;
        self.shared.lock().find_best(requirement, &scope)
    }

    fn peer_capabilities(&self, node_id: NodeId) -> Result<Option<CapabilitySet>, Error> {
        self.shared.lock().capabilities_of(node_id)
    }

    fn watch_nodes(
        &self,
        filter: CapabilityFilter,
        scope: Option<ScopeFilter>,
    ) -> Result<Arc<CapabilityChanges>, Error> {
        CapabilityChanges::open(&self.shared, filter.into(), scope)
    }

    async fn accept(&self, peer_node_id: NodeId) -> Result<String, Error> {
        self.run()?;
        let session = self.wait(|hub, _| hub.peers.await_peer(peer_node_id)).await?;
        let path = self.shared.lock().machine.endpoint().path(session);
        Ok(path.map(shown).unwrap_or_default())
    }

    async fn disconnect(&self, peer_node_id: NodeId) -> Result<(), Error> {
        self.shared.act(|hub, now| {
            hub.check_open()?;
            if let Some(key) = hub.peers.get(peer_node_id).map(|peer| peer.key) {
                hub.hang_up(now, key);
            }
            Ok(())
        })
    }

    fn open_stream(&self, peer_node_id: NodeId, config: StreamConfig) -> Result<Arc<MeshStream>, Error> {
        config.check()?;
        self.shared.act(|hub, now| hub.open_stream(now, peer_node_id, &config))?;
        Ok(Arc::new(MeshStream { peer: peer_node_id, id: config.stream_id }))
    }

    fn close_stream(&self, peer_node_id: NodeId, stream_id: u64) -> Result<(), Error> {
        self.shared.act(|hub, now| hub.close_stream(now, peer_node_id, stream_id));
        Ok(())
    }

    async fn send_on_stream(&self, stream: Arc<MeshStream>, events: Vec<Bytes>) -> Result<(), Error> {
        self.run()?;
        Ok(self.send(&stream, &events)?)
    }

    async fn send_with_retry(
        &self,
        stream: Arc<MeshStream>,
        events: Vec<Bytes>,
        max_retries: u32,
    ) -> Result<(), Error> {
        self.run()?;
        let mut pause = FIRST_RETRY;
        for _ in 0..max_retries {
            match self.send(&stream, &events) {
                // Whether there is room again is seen by trying.
                Err(StreamError::WindowFull) => drop(timeout(pause, self.moved()).await),
                done => return Ok(done?),
            }
            pause = LAST_RETRY.min(pause * 2);
        }
        Ok(self.send(&stream, &events)?)
    }

    async fn send_blocking(&self, stream: Arc<MeshStream>, events: Vec<Bytes>) -> Result<(), Error> {
        self.run()?;
        match self.send(&stream, &events) {
            Err(StreamError::WindowFull) => {}
            done => return Ok(done?),
        }
        let mut waiter = Waiter::new(&self.shared.moved);
        let sent = poll_fn(|cx| {
            waiter.arm(cx.waker());
            match self.send(&stream, &events) {
                Err(StreamError::WindowFull) => Poll::Pending,
                done => Poll::Ready(done),
            }
        });
        Ok(sent.await?)
    }

    fn stream_stats(&self, peer_node_id: NodeId, stream_id: u64) -> Result<Option<StreamStats>, Error> {
        Ok(stats::of_stream(&self.shared.lock(), peer_node_id, stream_id))
    }

    fn receive(&self, options: ReceiveOptions) -> Result<Arc<MeshEvents>, Error> {
        self.shared.lock().check_open()?;
        Ok(MeshEvents::open(&self.shared, &options))
    }

    async fn poll(&self, limit: u32) -> Result<Vec<MeshEvent>, Error> {
        self.run()?;
        self.shared.act(|hub, _| {
            hub.check_open()?;
            Ok(hub.poll_common(limit as usize))
        })
    }

    fn register_channel(&self, config: ChannelConfig) -> Result<(), Error> {
        self.shared.act(|hub, _| {
            hub.check_open()?;
            hub.register_channel(&config)
        })
    }

    fn unregister_channel(&self, name: &str, prefix: bool) -> Result<bool, Error> {
        Ok(self.shared.act(|hub, _| hub.machine.remove_channel(name, prefix)))
    }

    async fn subscribe_channel(
        &self,
        publisher_node_id: NodeId,
        channel: String,
        options: SubscribeChannelOptions<Arc<Token>>,
    ) -> Result<Arc<ChannelSubscription>, Error> {
        self.run()?;
        ChannelSubscription::open(&self.shared, publisher_node_id, channel, options).await
    }

    async fn unsubscribe_channel(&self, publisher_node_id: NodeId, channel: String) -> Result<(), Error> {
        self.shared.act(|hub, _| {
            hub.check_open()?;
            hub.unsubscribe(publisher_node_id, &channel);
            Ok::<_, Error>(())
        })?;
        self.shared.news.ring();
        Ok(())
    }

    async fn publish(
        &self,
        channel: String,
        payload: Bytes,
        options: PublishConfig,
    ) -> Result<PublishReport, Error> {
        self.run()?;
        options.check()?;
        self.shared.publish(&channel, &payload, &options).await
    }

    fn peers(&self) -> Result<Vec<PeerInfo>, Error> {
        let hub = self.shared.lock();
        let info = |(node_id, peer): (NodeId, &super::peers::Peer)| PeerInfo {
            node_id,
            entity_id: Bytes::copy_from_slice(peer.entity.as_bytes()),
            public_key: PublicKey(*peer.key.as_bytes()),
            address: hub.machine.endpoint().path(peer.session).map(shown).unwrap_or_default(),
            rtt: hub.machine.endpoint().rtt(peer.session).unwrap_or_default(),
            silent: peer.is_silent,
        };
        Ok(hub.peers.iter().map(info).collect())
    }

    fn peer_count(&self) -> Result<u32, Error> {
        Ok(self.shared.lock().peers.iter().len() as u32)
    }

    fn node_id(&self) -> Result<NodeId, Error> {
        Ok(self.node_id)
    }

    fn entity_id(&self) -> Result<Bytes, Error> {
        Ok(self.entity_id.clone())
    }

    fn public_key(&self) -> Result<PublicKey, Error> {
        Ok(self.public_key)
    }

    fn local_addr(&self) -> Result<String, Error> {
        Ok(self.address.clone())
    }

    fn stats(&self) -> Result<MeshStats, Error> {
        Ok(stats::of_node(&self.shared.lock()))
    }

    fn prometheus_text(&self) -> Result<String, Error> {
        let stats = stats::of_node(&self.shared.lock());
        Ok(stats.prometheus())
    }

    async fn shutdown(&self, options: MeshShutdownOptions) -> Result<(), Error> {
        let is_first = self.shared.act(|hub, now| {
            let is_first = hub.life == Life::Open;
            if is_first {
                self.shared.is_running.store(false, Release);
                hub.life = Life::Closing;
                hub.finish_all(now);
            }
            is_first
        });
        if is_first {
            // What has not arrived by then does not arrive.
            drop(timeout(options.timeout, self.arrived()).await);
            self.close();
        } else {
            self.closed().await;
        }
        let driver = self.shared.lock().driver.take();
        if let Some(driver) = driver {
            // It ends by itself; it has the socket until then.
            drop(driver.await);
        }
        Ok(())
    }
}

impl MeshNode {
    /// The number of those who hear a channel of this node.
    #[doc(hidden)]
    pub fn subscribers(&self, channel: &str) -> usize {
        let hub = self.shared.lock();
        hub.machine.publisher().roster(channel).map_or(0, |roster| roster.snapshot().len())
    }

    /// Binds the socket and makes the node.
    pub(crate) fn bind(mut settings: Settings) -> Result<Arc<Self>, Error> {
        let bind = settings.bind;
        let socket = Socket::bind(bind).map_err(|error| not_bound(bind, &error))?;
        let address = socket.local_addr().map_err(|error| not_bound(bind, &error))?.to_string();
        let entity = settings.machine.session.identity.entity_id();
        let state = settings.state.take().map(|directory| State::of(&directory, entity)).transpose()?;
        if let Some(state) = &state {
            settings.machine.epoch = state.begin(settings.machine.epoch)?;
        }
        let shared = Arc::new(Shared::new(settings, socket, state)?);
        let (entity, key) = {
            let hub = shared.lock();
            (hub.machine.endpoint().entity_id(), hub.machine.endpoint().public_key())
        };
        tracing::debug!(%entity, %address, "made a node");
        Ok(Arc::new(Self {
            shared,
            node_id: entity.node_id(),
            entity_id: Bytes::copy_from_slice(entity.as_bytes()),
            public_key: PublicKey(*key.as_bytes()),
            address,
        }))
    }

    /// Has the node driven, unless it is already or is shut down.
    pub(super) fn run(&self) -> Result<(), Error> {
        if self.shared.is_running.load(Acquire) {
            return Ok(());
        }
        self.shared.lock().check_open()?;
        driver::start(&self.shared)
    }

    fn send(&self, stream: &MeshStream, events: &[Bytes]) -> Result<(), StreamError> {
        self.shared.send(stream.peer, stream.id, events)
    }

    /// Does something that is answered later, and waits for the answer.
    pub(super) async fn wait(
        &self,
        what: impl FnOnce(&mut Hub, Instant) -> oneshot::Receiver<Outcome>,
    ) -> Result<net_session::SessionId, Error> {
        let answer = self.shared.act(|hub, now| {
            hub.check_open()?;
            Ok::<_, MeshError>(what(hub, now))
        })?;
        Ok(answer.await.unwrap_or(Err(MeshError::ShutDown))?)
    }

    /// Waits until something can be sent, has arrived, or has ended.
    async fn moved(&self) {
        let mut waiter = Waiter::new(&self.shared.moved);
        let mut is_armed = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut is_armed, true) {
                return Poll::Ready(());
            }
            waiter.arm(cx.waker());
            Poll::Pending
        })
        .await;
    }

    /// Waits until what was sent has arrived, or cannot any more.
    async fn arrived(&self) {
        let mut waiter = Waiter::new(&self.shared.moved);
        poll_fn(|cx| {
            waiter.arm(cx.waker());
            if self.shared.lock().finishing.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    async fn closed(&self) {
        let mut waiter = Waiter::new(&self.shared.moved);
        poll_fn(|cx| {
            waiter.arm(cx.waker());
            if self.shared.lock().life == Life::Closed { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn close(&self) {
        self.shared.act(|hub, now| {
            if hub.life != Life::Closed {
                self.shared.is_running.store(false, Release);
                hub.close(now);
            }
        });
        self.shared.wake.notify_one();
        self.shared.news.ring();
        self.shared.moved.ring();
        self.shared.changed.ring();
    }
}

impl Drop for MeshNode {
    fn drop(&mut self) {
        self.close();
    }
}

pub(super) async fn resolve(address: &str) -> Result<std::net::SocketAddr, Error> {
    let unknown =
        |reason: String| argument("peer_addr", &format!("{address:?} is no address and port: {reason}"));
    let mut found = tokio::net::lookup_host(address).await.map_err(|error| unknown(error.to_string()))?;
    found.next().ok_or_else(|| unknown("the name has no address".to_owned()))
}

fn shown(path: Path) -> String {
    match path {
        Path::Direct(address) => address.to_string(),
        Path::Routed(node) => format!("by {:016x}", node.0),
    }
}
