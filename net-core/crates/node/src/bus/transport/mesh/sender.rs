//! From the bus to the peer.

use std::{sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};

use bytes::Bytes;
use net_types::{
    BaseError, Error,
    api::{MeshEvents as _, MeshNode as _},
    bus::MeshDelivery,
    mesh::{MeshEvent, ReceiveOptions, Reliability, StreamConfig},
};
use tokio::{sync::watch, task::yield_now, time::sleep};

use super::{
    super::{server::Fault, worker::Progress},
    batch,
    outlet::Outlet,
    worker::{Peer, hears},
};
use crate::{
    bus::core::Bus,
    mesh::{Contact, MeshEvents, MeshStream},
};

/// The streams of a node that has a bus, by their published ids.
pub(super) const BATCHES: u64 = 1;
pub(super) const RECEIPTS: u64 = 2;

/// Receipts that are read at a time.
const TURN: u32 = 64;
/// Before a stream that has ended within its session is opened again.
const PAUSE: Duration = Duration::from_millis(50);

/// Brings the events of the bus to the peer.
pub(super) struct Sender<'a> {
    pub(super) bus: &'a Bus,
    pub(super) peer: &'a Peer,
    pub(super) progress: &'a watch::Sender<Progress>,
    pub(super) delivery: MeshDelivery,
    pub(super) outlet: Outlet,
}

impl Sender<'_> {
    /// Sends over each session that there is, until the node ends.
    pub(super) async fn run(&mut self) {
        let options = ReceiveOptions { peer: None, stream_id: Some(RECEIPTS) };
        // A node that is shut down already ends.
        let Ok(answers) = self.peer.node.receive(options) else { return };
        loop {
            let contact = self.peer.here().await;
            self.outlet.rewind();
            if self.serve(contact, &answers).await.is_err() {
                sleep(PAUSE).await;
            }
        }
    }

    /// Sends over a session until that ends; an error if the stream does.
    async fn serve(&mut self, contact: Contact, answers: &MeshEvents) -> Result<(), Error> {
        let reliability = match self.delivery {
            MeshDelivery::None => Reliability::FireAndForget,
            MeshDelivery::Light | MeshDelivery::Full => Reliability::Reliable,
        };
        let node = Arc::clone(&self.peer.node);
        let stream = node.open_stream(contact.node, stream_of(BATCHES, reliability))?;
        loop {
            let message = self.outlet.peek().map_err(|error| {
                let fault = Fault::refused(format!("the producer's nonce: {error}"));
                self.progress.send_modify(|progress| {
                    progress.failures += 1;
                    progress.fault = Some(fault);
                });
                BaseError::Internal { detail: error.to_string() }
            })?;
            let is_idle = message.is_none();
            tokio::select! {
                biased;
                () = self.peer.gone(contact) => return Ok(()),
                answers = answers.next(TURN) => self.take(&answers?),
                sent = send(&self.peer.node, &stream, message) => {
                    sent?;
                    self.sent();
                }
                () = hears(&self.bus.news, || self.outlet.has_room() && self.outlet.has_news()), if is_idle => {
                    yield_now().await;
                }
            }
        }
    }

    fn sent(&mut self) {
        self.outlet.advance();
        if self.delivery != MeshDelivery::Full {
            self.outlet.pass();
            self.arrived(1);
        }
    }

    fn take(&mut self, answers: &[MeshEvent]) {
        let own = answers.iter().filter(|answer| self.peer.is(answer.sender));
        let ended = own
            .filter_map(|answer| batch::receipted(&answer.payload))
            .map(|(producer, next)| self.outlet.acknowledge(producer, next))
            .sum();
        self.arrived(ended);
    }

    fn arrived(&self, batches: u64) {
        if batches > 0 {
            self.bus.batches.fetch_add(batches, Relaxed);
            self.progress.send_modify(|progress| {
                progress.arrivals += batches;
                progress.fault = None;
            });
        }
    }
}

/// Sends a batch once there is room; waits for ever if there is none.
async fn send(
    node: &crate::mesh::MeshNode,
    stream: &Arc<MeshStream>,
    message: Option<Bytes>,
) -> Result<(), Error> {
    match message {
        Some(message) => node.send_blocking(Arc::clone(stream), vec![message]).await,
        None => std::future::pending().await,
    }
}

/// How a stream is opened: as wide as the peer allows.
pub(super) fn stream_of(stream_id: u64, reliability: Reliability) -> StreamConfig {
    StreamConfig { reliability, window: 0, ..StreamConfig::new(stream_id) }
}
