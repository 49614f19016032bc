//! A node's link to the thread that talks to its server.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use net_types::{Error, bus::BusError};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, timeout_at},
};

use super::{
    super::{
        core::Bus,
        cursor::{self, Cursor},
        shard::Reader,
    },
    EventId,
    server::{Fault, Found, Limits, Want},
    tail::Following,
    worker::{Gate, Progress},
};

/// What a node asks of its worker.
#[derive(Debug)]
pub(crate) enum Command {
    /// Read on in some shards.
    Fetch(Vec<Want>, oneshot::Sender<Result<Vec<Vec<Found>>, Fault>>),
    /// Serve a subscription.
    Follow(Following),
}

/// The node's end. Dropping it ends the worker, once that has delivered what was accepted or given up.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) limits: Arc<Limits>,
    pub(crate) gate: Arc<Gate>,
    /// Whether it leads to a peer, which may come later.
    is_to_peer: bool,
    bus: Arc<Bus>,
    reader: Arc<Reader>,
    commands: mpsc::UnboundedSender<Command>,
    progress: Mutex<watch::Receiver<Progress>>,
}

impl Link {
    /// A link to a worker that takes these commands and tells its progress.
    pub(crate) fn new(
        bus: Arc<Bus>,
        reader: Arc<Reader>,
        limits: Arc<Limits>,
        gate: Arc<Gate>,
        commands: mpsc::UnboundedSender<Command>,
        progress: watch::Receiver<Progress>,
    ) -> Self {
        Self { limits, gate, is_to_peer: false, bus, reader, commands, progress: Mutex::new(progress) }
    }

    /// A link to a peer.
    pub(crate) fn to_peer(
        bus: Arc<Bus>,
        reader: Arc<Reader>,
        limits: Limits,
        progress: watch::Receiver<Progress>,
    ) -> Self {
        let (commands, _) = mpsc::unbounded_channel();
        let link = Self::new(bus, reader, Arc::new(limits), Arc::default(), commands, progress);
        Self { is_to_peer: true, ..link }
    }

    /// Waits for the first attempt to reach the server. A peer may come later.
    pub(crate) async fn connected(&self) -> Result<(), Error> {
        let mut progress = self.progress();
        let ended =
            progress.wait_for(|progress| progress.attempts > 0).await.map_err(|_| BusError::Closed)?;
        let fault = ended.fault.clone().filter(|fault| fault.refused || !self.is_to_peer);
        fault.map_or(Ok(()), |fault| Err(fault.told(&self.limits)))
    }

    /// Reads on in some shards.
    pub(crate) async fn fetch(&self, wants: Vec<Want>) -> Result<Vec<Vec<Found>>, BusError> {
        let (answer, answered) = oneshot::channel();
        self.send(Command::Fetch(wants, answer))?;
        match answered.await {
            Ok(result) => result.map_err(|fault| fault.error(&self.limits)),
            Err(_) => Err(BusError::Closed),
        }
    }

    /// Reads a cursor of this server.
    pub(crate) fn place(&self, text: &str) -> Result<Cursor<EventId>, BusError> {
        let cursor = Cursor::parse(text)?;
        if cursor.ids().any(|id| matches!(id, EventId::Pair(..)) != self.limits.has_pairs) {
            return Err(cursor::refuse("it is of another transport"));
        }
        Ok(cursor)
    }

    /// Has the worker do something.
    pub(crate) fn send(&self, command: Command) -> Result<(), BusError> {
        self.commands.send(command).map_err(|_| BusError::Closed)
    }

    /// Waits until the server has everything that was accepted before; gives up when nothing has arrived for as long as a
    /// request may take.
    pub(crate) async fn flushed(&self) -> Result<(), Error> {
        let ends: Vec<u64> = self.bus.shards.iter().map(|shard| shard.lock().store.next()).collect();
        let is_there = || ends.iter().enumerate().all(|(shard, end)| self.reader.place(shard) >= *end);
        let mut progress = self.progress();
        let failures = progress.borrow_and_update().failures;
        self.arrived(&mut progress, is_there, |progress, waited| {
            let fault = progress.fault.clone();
            let hopeless = fault.as_ref().is_some_and(|fault| fault.refused) && progress.failures > failures;
            if hopeless || waited { Some(fault) } else { None }
        })
        .await
    }

    /// Waits until the server has everything, at most so long; tells what it has not.
    pub(crate) async fn drained(&self, patience: Duration) -> Result<(), BusError> {
        let is_there = || self.left() == 0;
        let mut progress = self.progress();
        let waiting = self.arrived(&mut progress, is_there, |_, _| None);
        let arrived = match Instant::now().checked_add(patience) {
            Some(end) => timeout_at(end, waiting).await.is_ok_and(|result| result.is_ok()),
            None => waiting.await.is_ok(),
        };
        if arrived {
            return Ok(());
        }
        let fault = self.progress().borrow().fault.clone();
        let reason = fault.map_or_else(|| "the time was up".to_owned(), |fault| fault.reason);
        Err(BusError::Undelivered { events: self.left(), reason })
    }

    /// Waits until the worker of a closed bus has let go of everything.
    pub(crate) async fn ended(&self) {
        let mut progress = self.progress();
        while progress.changed().await.is_ok() {}
    }

    /// Waits for events to arrive; `verdict` may end that with a fault, told whether nothing has arrived for long.
    async fn arrived(
        &self,
        progress: &mut watch::Receiver<Progress>,
        is_there: impl Fn() -> bool,
        verdict: impl Fn(&Progress, bool) -> Option<Option<Fault>>,
    ) -> Result<(), Error> {
        let mut seen = 0;
        let mut end = Instant::now() + self.limits.patience;
        loop {
            let now = progress.borrow_and_update().clone();
            if is_there() {
                return Ok(());
            }
            if now.arrivals != seen {
                seen = now.arrivals;
                end = Instant::now() + self.limits.patience;
            }
            let late = Instant::now() >= end;
            if let Some(fault) = verdict(&now, late) {
                let fault = fault.unwrap_or_else(|| Fault::unreachable("it does not answer in time"));
                return Err(fault.told(&self.limits));
            }
            let next = if late { Instant::now() + self.limits.patience } else { end };
            if let Ok(Err(_)) = timeout_at(next, progress.changed()).await {
                return Err(BusError::Closed.into());
            }
        }
    }

    /// How many events the server does not have.
    fn left(&self) -> u64 {
        self.bus.shards.iter().map(|shard| shard.lock().held()).sum()
    }

    fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
