//! The thread that talks to a node's server.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{
            AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    task::Poll,
    thread,
    time::Duration,
};

use futures_util::future::join_all;
use net_types::bus::BusError;
use tokio::{
    runtime::Builder,
    sync::{Notify, mpsc, watch},
    task::{JoinSet, LocalSet, spawn_local},
    time::{sleep, timeout},
};

use super::{
    super::{
        bell::{Bell, Waiter},
        core::{Bus, State},
    },
    backoff::Backoff,
    link::{Command, Link},
    nonce::Producer,
    outbox::Outbox,
    server::{Fault, Limits, Server},
    tail,
};

/// How long a worker whose node is gone goes on trying to deliver.
pub(super) const AFTERLIFE: Duration = Duration::from_secs(5);

/// How the delivery goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// Attempts to reach the server or to deliver.
    pub(crate) attempts: u64,
    /// Batches that have arrived.
    pub(crate) arrivals: u64,
    /// Attempts that failed.
    pub(crate) failures: u64,
    /// Why the last attempt failed, if it did.
    pub(crate) fault: Option<Fault>,
}

/// Keeps the delivery back while subscriptions look where the streams end, so that they see all that comes later.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    opening: AtomicUsize,
    opened: Notify,
}

/// A subscription that looks where the streams end.
#[derive(Debug)]
pub(crate) struct Opening(Arc<Gate>);

/// Starts the thread of a node; `make` makes the server there.
pub(crate) fn start<S: Server>(
    bus: &Arc<Bus>,
    producer: Producer,
    limits: Limits,
    make: impl FnOnce() -> S + Send + 'static,
) -> Result<Link, BusError> {
    let outbox = Outbox::new(Arc::clone(bus), producer, limits.batch);
    let (link, end) = ends(bus, &outbox, limits);
    let failed = |error| BusError::InvalidConfig {
        option: "transport".to_owned(),
        reason: format!("no thread: {error}"),
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let work = move || LocalSet::new().block_on(&runtime, end.run(outbox, make()));
    thread::Builder::new().name("net-transport".to_owned()).spawn(work).map_err(failed)?;
    Ok(link)
}

/// The two ends of a link.
pub(crate) fn ends(bus: &Arc<Bus>, outbox: &Outbox, limits: Limits) -> (Link, Worker) {
    let (commands, orders) = mpsc::unbounded_channel();
    let (progress, seen) = watch::channel(Progress::default());
    let (limits, gate) = (Arc::new(limits), Arc::<Gate>::default());
    let link =
        Link::new(Arc::clone(bus), outbox.reader(), Arc::clone(&limits), Arc::clone(&gate), commands, seen);
    let life = Life { bus: Arc::clone(bus), limits, gate };
    (link, Worker { life, orders, progress })
}

/// The worker's end.
#[derive(Debug)]
pub(crate) struct Worker {
    life: Life,
    orders: mpsc::UnboundedReceiver<Command>,
    progress: watch::Sender<Progress>,
}

/// What all tasks of a worker share.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) bus: Arc<Bus>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) gate: Arc<Gate>,
}

impl Worker {
    /// Works until the node is shut down, or is gone and has delivered.
    pub(crate) async fn run<S: Server>(mut self, outbox: Outbox, server: S) {
        let server = Rc::new(server);
        let (ended, end) = watch::channel(false);
        let delivery = Delivery { life: self.life.clone(), outbox, progress: self.progress, ended };
        let delivery = spawn_local(delivery.run(Rc::clone(&server)));
        let life = self.life.clone();
        let mut over = pin!(life.is_over());
        let mut followers = JoinSet::new();
        while let Some(command) = tokio::select! {
            command = self.orders.recv() => command,
            () = &mut over => None,
        } {
            let (server, life) = (Rc::clone(&server), life.clone());
            match command {
                Command::Fetch(wants, answer) => {
                    spawn_local(async move {
                        let found = in_time(&life.limits, server.fetch(&wants)).await;
                        // Whoever asked may have gone.
                        let _ = answer.send(found);
                    });
                }
                Command::Follow(following) => {
                    while followers.try_join_next().is_some() {}
                    followers.spawn_local(tail::follow(server, life, following, end.clone()));
                }
            }
        }
        // An error is a panic, which the thread has reported.
        let _ = delivery.await;
        while followers.join_next().await.is_some() {}
    }
}

/// Brings the events to the server.
struct Delivery {
    life: Life,
    outbox: Outbox,
    progress: watch::Sender<Progress>,
    /// Tells those who follow that nothing more comes.
    ended: watch::Sender<bool>,
}

impl Delivery {
    async fn run<S: Server>(mut self, server: Rc<S>) {
        let life = self.life.clone();
        tokio::select! {
            () = self.deliver(&*server) => {}
            () = life.is_over() => {}
        }
        let left: u64 = life.bus.shards.iter().map(|shard| shard.lock().held()).sum();
        if left > 0 && life.bus.is_abandoned() {
            tracing::warn!(server = life.limits.name, events = left, "not delivered");
        }
        self.ended.send_replace(true);
        // The fields go in their order: who waits for the end of progress finds the producer's file free.
    }

    /// Delivers until no more events can come.
    async fn deliver<S: Server>(&mut self, server: &S) {
        let mut backoff = Backoff::default();
        let mut is_connected = false;
        loop {
            let attempt = if is_connected { self.round(server).await } else { self.connect(server).await };
            match attempt {
                Ok(Step::Next) => {
                    is_connected = true;
                    backoff.reset();
                }
                Ok(Step::End) => return,
                Err(fault) => {
                    tracing::debug!(server = self.life.limits.name, reason = fault.reason, "delivery failed");
                    self.progress.send_modify(|progress| {
                        progress.attempts += 1;
                        progress.failures += 1;
                        progress.fault = Some(fault);
                    });
                    let has_ended = self.life.bus.state() >= State::Sealed;
                    if has_ended && matches!(self.outbox.load(), Ok(false)) {
                        return;
                    }
                    sleep(backoff.next(random())).await;
                }
            }
        }
    }

    async fn connect<S: Server>(&self, server: &S) -> Result<Step, Fault> {
        let terms = in_time(&self.life.limits, server.connect()).await?;
        self.life.bus.max_event.fetch_min(terms.longest_event, Relaxed);
        self.progress.send_modify(|progress| progress.attempts += 1);
        Ok(Step::Next)
    }

    /// Waits for events and sends a batch of each shard.
    async fn round<S: Server>(&mut self, server: &S) -> Result<Step, Fault> {
        loop {
            let has_ended = self.life.bus.state() >= State::Sealed;
            let is_loaded = self.outbox.load();
            if is_loaded.map_err(|error| Fault::refused(format!("the producer's nonce: {error}")))? {
                break;
            }
            if has_ended {
                return Ok(Step::End);
            }
            self.life.hears(&self.life.bus.news, |_| self.outbox.has_news()).await;
        }
        self.life.gate.passed().await;
        let limits = &self.life.limits;
        let sending = self
            .outbox
            .pending()
            .map(|batch| async move { (batch.shard, in_time(limits, server.append(batch)).await) });
        let mut failed = None;
        let mut arrivals = 0;
        for (shard, result) in join_all(sending).await {
            match result {
                Ok(()) => {
                    self.outbox.acknowledge(shard);
                    arrivals += 1;
                }
                Err(fault) => failed = Some(fault),
            }
        }
        self.life.bus.batches.fetch_add(arrivals, Relaxed);
        self.progress.send_modify(|progress| {
            progress.arrivals += arrivals;
            progress.fault.clone_from(&failed);
        });
        failed.map_or(Ok(Step::Next), Err)
    }
}

/// What comes after an attempt.
enum Step {
    Next,
    End,
}

impl Life {
    /// Waits until the node is shut down, or has been gone for long.
    pub(crate) async fn is_over(&self) {
        let is_closed = |bus: &Bus| bus.state() == State::Closed;
        self.hears(&self.bus.passed, |bus| is_closed(bus) || bus.is_abandoned()).await;
        // Both outcomes mean that it is over.
        let _ = timeout(AFTERLIFE, self.hears(&self.bus.passed, is_closed)).await;
    }

    /// Waits until the node is shut down.
    pub(crate) async fn is_closed(&self) {
        self.hears(&self.bus.passed, |bus| bus.state() == State::Closed).await;
    }

    /// Waits until something holds that a bell tells of.
    async fn hears(&self, bell: &Bell, holds: impl Fn(&Bus) -> bool) {
        let mut waiter = Waiter::new(bell);
        poll_fn(|cx| {
            waiter.arm(cx.waker());
            if holds(&self.bus) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Gate {
    /// Waits until no subscription is opening.
    async fn passed(&self) {
        while self.opening.load(SeqCst) > 0 {
            self.opened.notified().await;
        }
    }
}

impl Opening {
    /// Closes the gate until this goes away.
    pub(crate) fn new(gate: &Arc<Gate>) -> Self {
        gate.opening.fetch_add(1, SeqCst);
        Self(Arc::clone(gate))
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.opening.fetch_sub(1, SeqCst);
        self.0.opened.notify_one();
    }
}

/// Waits for a request, but not for longer than it may take.
pub(crate) async fn in_time<T>(
    limits: &Limits,
    request: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let ended = timeout(limits.patience, request).await;
    ended.unwrap_or_else(|_| Err(Fault::unreachable("it does not answer in time")))
}

/// A random number; 0 where there is none, which only makes waits alike.
pub(crate) fn random() -> u32 {
    getrandom::u32().unwrap_or(0)
}
