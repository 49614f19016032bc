//! From the peer to the inbox.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Instant,
};

use net_types::{
    api::{MeshEvents as _, MeshNode as _},
    mesh::{ReceiveOptions, Reliability},
};

use super::{
    batch::{self, Received},
    sender::{BATCHES, RECEIPTS, stream_of},
    worker::Peer,
};
use crate::bus::{
    bell::Waiter,
    core::{Bus, Refusal},
    json,
};

/// Batches that are read at a time.
const TURN: u32 = 64;

/// Puts the peer's events into the inbox, each once.
pub(super) struct Receiver<'a> {
    inbox: &'a Bus,
    peer: &'a Peer,
    started: Instant,
    /// Whose events these are, and the number of the next.
    place: Option<(u64, u64)>,
    /// Whether the peer is to be told that.
    is_owed: bool,
}

/// The inbox takes nothing any more.
struct Sealed;

impl<'a> Receiver<'a> {
    /// With nothing received yet.
    pub(super) fn new(inbox: &'a Bus, peer: &'a Peer) -> Self {
        Self { inbox, peer, started: Instant::now(), place: None, is_owed: false }
    }

    /// Receives until the node ends.
    pub(super) async fn run(&mut self) {
        let options = ReceiveOptions { peer: None, stream_id: Some(BATCHES) };
        if let Ok(batches) = self.peer.node.receive(options) {
            while let Ok(events) = batches.next(TURN).await
                && !events.is_empty()
            {
                for event in events.iter().filter(|event| self.peer.is(event.sender)) {
                    if self.take(&event.payload).await.is_err() {
                        return std::future::pending().await;
                    }
                }
                self.inbox.news.ring();
                self.acknowledge().await;
            }
        }
        std::future::pending().await
    }

    /// Takes the events of a batch that are not here yet.
    async fn take(&mut self, message: &[u8]) -> Result<(), Sealed> {
        let Some(received) = Received::parse(message) else {
            tracing::debug!("a message of the peer is no batch");
            return Ok(());
        };
        let (producer, first) = (received.producer, received.first);
        let known = self.place.filter(|(known, _)| *known == producer);
        let next = known.map_or(first, |(_, next)| next);
        self.is_owed = true;
        self.place = Some((producer, next.max(first)));
        for (number, (shard, text)) in (first..).zip(received) {
            if number >= next {
                self.put(shard, text).await?;
                self.place = Some((producer, number + 1));
            }
        }
        Ok(())
    }

    /// Puts an event into the inbox once there is room. One that is none is counted.
    async fn put(&mut self, shard: u32, text: &[u8]) -> Result<(), Sealed> {
        let event = json::check_bytes(text).ok().filter(|text| self.inbox.can_fit(text.len() as u64));
        let Some(event) = event else {
            self.inbox.rejected.fetch_add(1, Relaxed);
            return Ok(());
        };
        let shard = shard as usize % self.inbox.shards.len();
        if let Some(done) = self.try_put(shard, event) {
            return done;
        }
        self.inbox.news.ring();
        self.acknowledge().await;
        let inbox = self.inbox;
        let mut waiter = Waiter::new(&inbox.passed);
        std::future::poll_fn(|cx| {
            waiter.arm(cx.waker());
            self.try_put(shard, event).map_or(std::task::Poll::Pending, std::task::Poll::Ready)
        })
        .await
    }

    /// Puts an event into the inbox; nothing if there is no room.
    fn try_put(&self, shard: usize, event: &str) -> Option<Result<(), Sealed>> {
        let now = self.started.elapsed().as_nanos() as u64;
        match self.inbox.insert(shard, event, now) {
            Ok(_) => Some(Ok(())),
            Err(Refusal::Closed) => Some(Err(Sealed)),
            Err(Refusal::Full | Refusal::Memory) => None,
        }
    }

    /// Tells the peer what is here. What does not arrive is told again after the peer has sent again.
    async fn acknowledge(&mut self) {
        let Some((producer, next)) = self.place.filter(|_| self.is_owed) else { return };
        self.is_owed = false;
        let (Some(contact), Some(message)) = (self.peer.contact(), batch::receipt(producer, next)) else {
            return;
        };
        let node = &self.peer.node;
        let opened = node.open_stream(contact.node, stream_of(RECEIPTS, Reliability::Reliable));
        if let Ok(stream) = opened {
            drop(node.send_blocking(Arc::clone(&stream), vec![message]).await);
        }
    }
}
