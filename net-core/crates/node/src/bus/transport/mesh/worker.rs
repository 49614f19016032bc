//! The thread that has the peer.

use std::{
    cell::Cell,
    future::poll_fn,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::Poll,
    thread,
    time::Duration,
};

use net_crypto::mesh::PublicKey;
use net_types::{
    Error,
    api::{self, MeshNode as _},
    bus::MeshDelivery,
    identity::NodeId,
    mesh::MeshShutdownOptions,
};
use tokio::{
    runtime::Builder,
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{
    super::{
        backoff::Backoff,
        link::Link,
        nonce::Producer,
        server::{Fault, Limits},
        start::invalid,
        worker::{AFTERLIFE, Progress, random},
    },
    batch,
    options::Options,
    outlet::Outlet,
    receiver::Receiver,
    sender::Sender,
};
use crate::{
    bus::{
        bell::{Bell, Waiter},
        core::{Bus, State},
    },
    mesh::{Contact, MeshNode},
};

/// How long the making of a node waits for a peer that is silent.
const FIRST_ANSWER: Duration = Duration::from_secs(1);
/// How long the last acknowledgements have to arrive.
const FAREWELL: Duration = Duration::from_millis(250);
/// A session that was shorter does not make the next attempt come sooner.
const STABLE: Duration = Duration::from_secs(2);
/// How long the peer may take nothing before that is told.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest messages of the mesh, by delivery.
const LONGEST: u64 = 16 << 20;
const LONGEST_UNRELIABLE: u64 = 256 << 10;

/// Starts the thread of a node; the peer's events come into `inbox`.
pub(crate) fn start(
    bus: &Arc<Bus>,
    inbox: &Arc<Bus>,
    producer: Producer,
    options: Options,
) -> Result<Link, Error> {
    let longest = if options.delivery == MeshDelivery::None { LONGEST_UNRELIABLE } else { LONGEST };
    bus.max_event.fetch_min(longest - batch::OVERHEAD, Relaxed);
    let node = MeshNode::bind(options.settings)?;
    let limits =
        Limits { name: format!("mesh at {}", options.peer), has_pairs: false, batch: 0, patience: PATIENCE };
    let outlet = Outlet::new(Arc::clone(bus), producer);
    let (progress, seen) = watch::channel(Progress::default());
    let link = Link::to_peer(Arc::clone(bus), outlet.holder(), limits, seen);
    let worker = Worker {
        bus: Arc::clone(bus),
        inbox: Arc::clone(inbox),
        peer: Peer { node, key: Cell::new(options.key), last: Cell::new(None) },
        address: options.dials.then_some(options.peer),
        delivery: options.delivery,
        progress,
    };
    let failed = |error| invalid("transport", format!("no thread: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let work = move || runtime.block_on(worker.run(outlet));
    thread::Builder::new().name("net-transport".to_owned()).spawn(work).map_err(failed)?;
    Ok(link)
}

/// The peer, and the node that knows it.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) node: Arc<MeshNode>,
    /// Its key; nothing until somebody has dialled, where that is not settled before.
    key: Cell<Option<PublicKey>>,
    last: Cell<Option<NodeId>>,
}

/// The end of a link that has the peer.
struct Worker {
    bus: Arc<Bus>,
    inbox: Arc<Bus>,
    peer: Peer,
    address: Option<String>,
    delivery: MeshDelivery,
    progress: watch::Sender<Progress>,
}

impl Peer {
    /// The session with the peer.
    pub(super) fn contact(&self) -> Option<Contact> {
        let contact = self.node.contact(self.key.get())?;
        self.key.set(Some(contact.key));
        self.last.set(Some(contact.node));
        Some(contact)
    }

    /// Tells whether a message is the peer's.
    pub(super) fn is(&self, sender: NodeId) -> bool {
        // Who has just connected may not have been looked at yet.
        let _ = self.contact();
        self.last.get() == Some(sender)
    }

    /// Waits for a session with the peer.
    pub(super) async fn here(&self) -> Contact {
        let mut waiter = Waiter::new(self.node.moves());
        poll_fn(|cx| {
            waiter.arm(cx.waker());
            self.contact().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Waits for the end of a session.
    pub(super) async fn gone(&self, contact: Contact) {
        hears(self.node.moves(), || self.contact() != Some(contact)).await;
    }
}

impl Worker {
    /// Works until the node is shut down, or is gone and has delivered.
    async fn run(self, outlet: Outlet) {
        if let Err(error) = self.peer.node.start().await {
            self.has(Fault::unreachable(error));
        }
        let mut sender = Sender {
            bus: &self.bus,
            peer: &self.peer,
            progress: &self.progress,
            delivery: self.delivery,
            outlet,
        };
        let mut receiver = Receiver::new(&self.inbox, &self.peer);
        tokio::select! {
            () = self.is_over() => {}
            () = self.keep() => {}
            () = self.answer_at_last() => {}
            () = sender.run() => {}
            () = receiver.run() => {}
        }
        let left: u64 = self.bus.shards.iter().map(|shard| shard.lock().held()).sum();
        if left > 0 && self.bus.is_abandoned() {
            tracing::warn!(events = left, "not delivered");
        }
        // It ends in any case.
        drop(api::MeshNode::shutdown(&*self.peer.node, MeshShutdownOptions { timeout: FAREWELL }).await);
    }

    /// Sees to it that there is a session with the peer.
    async fn keep(&self) {
        let mut backoff = Backoff::default();
        loop {
            let Some(contact) = self.peer.contact() else {
                if let Err(fault) = self.dial().await {
                    self.has(fault);
                    // The peer may dial meanwhile.
                    drop(timeout(backoff.next(random()), self.peer.here()).await);
                }
                continue;
            };
            self.progress.send_modify(|progress| {
                progress.attempts += 1;
                progress.fault = None;
            });
            let since = Instant::now();
            self.peer.gone(contact).await;
            if since.elapsed() >= STABLE {
                backoff.reset();
            }
            drop(timeout(backoff.next(random()), self.peer.here()).await);
        }
    }

    /// Makes a session with the peer, or waits until the peer does.
    async fn dial(&self) -> Result<(), Fault> {
        let (Some(address), Some(key)) = (&self.address, self.peer.key.get()) else {
            self.peer.here().await;
            return Ok(());
        };
        match self.peer.node.dial(address, key).await {
            Ok(()) => Ok(()),
            Err(Error::Mesh(error)) => Err(Fault::of_mesh(error)),
            Err(error) => Err(Fault::unreachable(error)),
        }
    }

    /// Whoever waits for the first attempt to end does so for a while only.
    async fn answer_at_last(&self) {
        sleep(FIRST_ANSWER).await;
        self.progress.send_modify(|progress| progress.attempts += 1);
        std::future::pending().await
    }

    fn has(&self, fault: Fault) {
        tracing::debug!(reason = fault.reason, "no session with the peer");
        self.progress.send_modify(|progress| {
            // Who waits for an answer is told of a refusal; one that is silent may still come.
            progress.attempts += u64::from(fault.refused);
            progress.failures += 1;
            progress.fault = Some(fault);
        });
    }

    /// Waits until the node is shut down, or is gone and has delivered or given up.
    async fn is_over(&self) {
        let is_closed = || self.bus.state() == State::Closed;
        hears(&self.bus.passed, || is_closed() || self.bus.is_abandoned()).await;
        let is_delivered = || self.bus.shards.iter().all(|shard| shard.lock().held() == 0);
        // Both outcomes mean that it is over.
        drop(timeout(AFTERLIFE, hears(&self.bus.passed, || is_closed() || is_delivered())).await);
    }
}

/// Waits until something holds that a bell tells of.
pub(super) async fn hears(bell: &Bell, holds: impl Fn() -> bool) {
    let mut waiter = Waiter::new(bell);
    poll_fn(|cx| {
        waiter.arm(cx.waker());
        if holds() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
