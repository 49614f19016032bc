//! The peer's events on their way into a bus of this process.

use std::{
    collections::{BTreeMap, HashMap},
    future::poll_fn,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::Poll,
    time::{Duration, Instant},
};

use net_crypto::mesh::PublicKey;
use net_types::{
    Error,
    api::{MeshEvents as _, MeshNode as _},
    identity::NodeId,
    mesh::{MeshEvent, ReceiveOptions, Reliability, StreamConfig},
    wire::mesh::{CarriedEvent, CarriedReceipt},
};
use tokio::time::timeout;

use super::{
    super::super::{
        bell::Waiter,
        core::{Bus, Refusal},
        json,
    },
    HEAD, MOST_SHARDS, RECEIPTS, Receipts,
};
use crate::mesh::{MeshEvents, MeshNode};

/// Messages that are taken at a time.
const TURN: u32 = 512;

/// How long a full bus is left alone, unless a subscription says that it has passed something.
const REST: Duration = Duration::from_millis(20);

/// A stream of a sender.
type Origin = (NodeId, u32);

/// Takes in what the peer sends.
pub(super) struct Inbox {
    node: Arc<MeshNode>,
    bus: Arc<Bus>,
    key: Option<PublicKey>,
    started: Instant,
    /// How far each stream has come: who counts its events, and the number behind the last.
    heard: HashMap<Origin, (u64, u64)>,
}

impl Inbox {
    pub(super) fn new(node: Arc<MeshNode>, bus: Arc<Bus>, key: Option<PublicKey>) -> Self {
        Self { node, bus, key, started: Instant::now(), heard: HashMap::new() }
    }

    /// Works until the node ends.
    pub(super) async fn run(mut self, receipts: &Receipts) {
        let options = ReceiveOptions { stream_id: Some(RECEIPTS), ..ReceiveOptions::default() };
        let opened = self
            .node
            .receive(options)
            .and_then(|of_receipts| Ok((of_receipts, self.node.receive(ReceiveOptions::default())?)));
        // A node that is shut down receives nothing.
        let Ok((of_receipts, of_events)) = opened else { return };
        let key = self.key;
        let node = Arc::clone(&self.node);
        tokio::join!(read_receipts(&node, key, &of_receipts, receipts), self.read_events(&of_events));
    }

    async fn read_events(&mut self, events: &MeshEvents) {
        loop {
            let Ok(batch) = events.next(TURN).await else { return };
            if batch.is_empty() {
                return;
            }
            let mut due = BTreeMap::new();
            let mut judged = None;
            for event in &batch {
                let is_of_peer = match judged {
                    Some((sender, verdict)) if sender == event.sender => verdict,
                    _ => is_admitted(&self.node, self.key, event.sender),
                };
                judged = Some((event.sender, is_of_peer));
                if is_of_peer && self.take(event).await.is_err() {
                    // The bus is closed: what it has not taken stays with its sender.
                    return;
                }
                if is_of_peer && event.reliable {
                    due.insert((event.sender, event.stream_id as u32), ());
                }
            }
            self.bus.news.ring();
            for origin in due.into_keys() {
                self.acknowledge(origin).await;
            }
        }
    }

    /// Puts an event into the bus, unless it has been there. One that is no event is counted as rejected.
    async fn take(&mut self, event: &MeshEvent) -> Result<(), Refusal> {
        let Some((head, text)) = event.payload.split_at_checked(HEAD) else {
            self.bus.rejected.fetch_add(1, Relaxed);
            return Ok(());
        };
        let head = CarriedEvent::decode(head).ok().filter(|_| event.stream_id < MOST_SHARDS);
        let Some(head) = head else {
            self.bus.rejected.fetch_add(1, Relaxed);
            return Ok(());
        };
        let origin = (event.sender, event.stream_id as u32);
        if self
            .heard
            .get(&origin)
            .is_some_and(|(producer, end)| *producer == head.producer && head.number < *end)
        {
            return Ok(());
        }
        let is_short = text.len() as u64 <= self.bus.max_event.load(Relaxed);
        match json::check_bytes(text).ok().filter(|_| is_short) {
            Some(text) => self.insert(event.stream_id as usize, text).await?,
            None => {
                self.bus.rejected.fetch_add(1, Relaxed);
            }
        }
        self.heard.insert(origin, (head.producer, head.number.saturating_add(1)));
        Ok(())
    }

    /// Puts an event into its shard; waits for room where no event may be dropped.
    async fn insert(&self, shard: usize, text: &str) -> Result<(), Refusal> {
        let shard = shard % self.bus.shards.len();
        loop {
            let now = self.started.elapsed().as_nanos() as u64;
            match self.bus.insert(shard, text, now) {
                Ok(_) => return Ok(()),
                Err(Refusal::Closed) => return Err(Refusal::Closed),
                Err(_) if !self.bus.stops_at_refusal() || !self.bus.can_fit(text.len() as u64) => {
                    return Ok(());
                }
                Err(_) => {
                    // Readers that are there already want to know what has come so far.
                    self.bus.news.ring();
                    drop(timeout(REST, self.passed()).await);
                }
            }
        }
    }

    async fn passed(&self) {
        let mut waiter = Waiter::new(&self.bus.passed);
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

    /// Tells a sender how far a stream has come. One that is gone sends again what it has no receipt for.
    async fn acknowledge(&self, origin: Origin) {
        let Some((producer, end)) = self.heard.get(&origin).copied() else { return };
        let (sender, shard) = origin;
        if let Err(error) = self.send_receipt(sender, CarriedReceipt { shard, producer, end }).await {
            tracing::debug!(peer = %sender, %error, "no receipt");
        }
    }

    async fn send_receipt(&self, to: NodeId, receipt: CarriedReceipt) -> Result<(), Error> {
        let config =
            StreamConfig { reliability: Reliability::Reliable, window: 0, ..StreamConfig::new(RECEIPTS) };
        let stream = self.node.open_stream(to, config)?;
        self.node.send_blocking(stream, vec![receipt.encode()?.into()]).await
    }
}

async fn read_receipts(node: &MeshNode, key: Option<PublicKey>, events: &MeshEvents, receipts: &Receipts) {
    while let Ok(batch) = events.next(TURN).await {
        if batch.is_empty() {
            return;
        }
        for event in batch {
            let receipt = CarriedReceipt::decode(&event.payload).ok();
            if let Some(receipt) = receipt.filter(|_| is_admitted(node, key, event.sender)) {
                receipts.take(receipt);
            }
        }
    }
}

/// Whether a sender is the peer.
fn is_admitted(node: &MeshNode, key: Option<PublicKey>, sender: NodeId) -> bool {
    key.is_none_or(|key| node.is_of_key(sender, key))
}
