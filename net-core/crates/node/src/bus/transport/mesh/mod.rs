//! A node in another process in the place of a server: events go there, and others come from there, over the streams of an
//! encrypted session.
//!
//! Stream `n` carries the events of shard `n`, each behind a `carried_event`; receipts have a stream of their own. A sender
//! holds its events until their receipt, and sends over a new session what has none. The receiver passes over what it has
//! had, so that each event comes once and in order as long as both processes live.

mod inbox;
mod options;
mod receipts;

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc, time::Duration};

use bytes::Bytes;
use net_crypto::mesh::PublicKey;
use net_session::SessionId;
use net_types::{
    Error,
    api::MeshNode as _,
    identity::NodeId,
    mesh::{MeshShutdownOptions, Reliability, StreamConfig},
    wire::mesh::CarriedEvent,
};

use super::{
    super::core::Bus,
    Link,
    nonce::Producer,
    outbox::{Batch, Outbox},
    server::{Fault, Limits, Sink, Terms},
    worker,
};
use crate::mesh::{MeshNode, MeshStream};
use inbox::Inbox;
pub(crate) use options::{Options, renamed};
use receipts::Receipts;

/// The stream of receipts; those below are shards.
const RECEIPTS: u64 = 1 << 32;
/// Most shards of a bus.
const MOST_SHARDS: u64 = 4_096;
/// Bytes before each event.
const HEAD: usize = CarriedEvent::SIZE;
/// Longest events: those of a message, less what stands before them.
const LONGEST: u64 = (16 << 20) - HEAD as u64;
const LONGEST_UNRELIABLE: u64 = (256 << 10) - HEAD as u64;
/// Most events in a batch.
const BATCH: usize = 4_096;
/// Bytes of messages that are sent at once, unless one is longer.
const CHUNK: usize = 16 << 10;
/// How long the peer may take to take a batch before the delay is told.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last receipts may take to arrive.
const FAREWELL: Duration = Duration::from_millis(200);

/// Starts to carry the events of a bus to the peer, and the peer's into another bus.
pub(crate) fn start(
    bus: &Arc<Bus>,
    inbound: &Arc<Bus>,
    producer: Producer,
    options: Options,
) -> Result<Link, Error> {
    let node = MeshNode::bind(options.settings)?;
    let limits = Limits {
        name: format!("mesh at {}", options.peer),
        has_pairs: false,
        batch: BATCH,
        patience: PATIENCE,
    };
    let outbox = Outbox::new(Arc::clone(bus), producer, BATCH);
    let (link, worker) = worker::ends(bus, &outbox, limits);
    let inbox = Inbox::new(Arc::clone(&node), Arc::clone(inbound), options.key);
    let (peer, key, dials, is_reliable) = (options.peer, options.key, options.dials, options.is_reliable);
    worker::run_thread(move || async move {
        // Whoever waits for the end finds the address free.
        let _alive = worker.alive();
        let receipts = Rc::new(Receipts::default());
        let carrier = Carrier {
            node: Arc::clone(&node),
            peer,
            key,
            dials,
            is_reliable,
            receipts: Rc::clone(&receipts),
            sent: RefCell::default(),
        };
        tokio::select! {
            () = worker.deliver(outbox, carrier) => {}
            // It ends when the node does, which the worker ends.
            () = inbox.run(&receipts) => {}
        }
        // Nobody is left to tell.
        let _ = node.shutdown(MeshShutdownOptions { timeout: FAREWELL }).await;
    })?;
    Ok(link)
}

/// The way to the peer.
struct Carrier {
    node: Arc<MeshNode>,
    /// Its address.
    peer: String,
    key: Option<PublicKey>,
    dials: bool,
    is_reliable: bool,
    receipts: Rc<Receipts>,
    /// How far a shard has been sent, and over which session.
    sent: RefCell<HashMap<usize, Sent>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sent {
    session: SessionId,
    producer: u64,
    end: u64,
}

impl Sink for Carrier {
    /// A peer that is not there yet is waited for.
    async fn connect(&self) -> Result<Terms, Fault> {
        if let Some(key) = self.key.filter(|_| self.dials) {
            self.node.keep_connected(&self.peer, key).await.map_err(fault)?;
        }
        Ok(Terms { longest_event: if self.is_reliable { LONGEST } else { LONGEST_UNRELIABLE } })
    }

    async fn append(&self, batch: &Batch) -> Result<(), Fault> {
        let (node, session) = self.node.await_peer(self.key).await.map_err(fault)?;
        self.send(node, session, batch).await.map_err(fault)?;
        if !self.is_reliable {
            return Ok(());
        }
        tokio::select! {
            () = self.receipts.come(batch.shard, batch.producer, batch.end()) => Ok(()),
            () = self.node.ended(node, session) => Err(Fault::unreachable("the peer is gone")),
        }
    }
}

impl Carrier {
    /// Sends what of a batch has not been sent over the session.
    async fn send(&self, node: NodeId, session: SessionId, batch: &Batch) -> Result<(), Error> {
        let stream = self.stream(node, batch.shard)?;
        let begin = Sent { session, producer: batch.producer, end: batch.number };
        let mut sent = self.sent.borrow().get(&batch.shard).copied().unwrap_or(begin);
        if (sent.session, sent.producer) != (session, batch.producer) || sent.end < batch.number {
            sent = begin;
        }
        let mut events = batch.events().skip((sent.end - batch.number) as usize).peekable();
        while events.peek().is_some() {
            let (mut messages, mut bytes) = (Vec::new(), 0);
            while let Some(event) = events.next_if(|event| bytes == 0 || bytes + event.event.len() <= CHUNK) {
                let number = sent.end + messages.len() as u64;
                bytes += HEAD + event.event.len();
                messages.push(message(batch.producer, number, event.event)?);
            }
            let count = messages.len() as u64;
            self.node.send_blocking(Arc::clone(&stream), messages).await?;
            sent.end += count;
            self.sent.borrow_mut().insert(batch.shard, sent);
        }
        Ok(())
    }

    fn stream(&self, node: NodeId, shard: usize) -> Result<Arc<MeshStream>, Error> {
        let reliability = if self.is_reliable { Reliability::Reliable } else { Reliability::FireAndForget };
        self.node
            .open_stream(node, StreamConfig { reliability, window: 0, ..StreamConfig::new(shard as u64) })
    }
}

fn message(producer: u64, number: u64, event: &str) -> Result<Bytes, Error> {
    let mut message = CarriedEvent { producer, number }.encode()?;
    message.extend_from_slice(event.as_bytes());
    Ok(message.into())
}

fn fault(error: Error) -> Fault {
    Fault::unreachable(error)
}
