//! Our own nodes, as a user of the Rust package has them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use net_mesh::identity::NodeId;
use net_mesh::mesh::{MeshStream, PublicKey, Reliability};
use net_mesh::prelude::*;
use tokio::sync::Mutex as Turn;

use crate::{Arrivals, Flow, MESSAGE, Peer, Spread, WINDOW, WRITE};

const PSK: &str = "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a";

/// What streams are for; each has an answer of the same id.
const BULK: u64 = 1;
const MESSAGES: u64 = 2;
const PINGS: u64 = 3;

/// Messages that are read at a time.
const BATCH: usize = 1_024;

/// A node, and at the dialling end its streams to the other.
pub struct MeshPeer {
    node: MeshNode,
    other: Option<Other>,
    /// Nodes that only shake hands.
    more: Mutex<Vec<MeshNode>>,
    /// Whether they keep their sessions.
    keeps: bool,
}

struct Other {
    address: String,
    key: PublicKey,
    id: NodeId,
    streams: BTreeMap<u64, MeshStream>,
    answers: Turn<MeshEvents>,
}

impl Peer for MeshPeer {
    /// With the word `no relay` it tells its peers nothing of each other.
    async fn listen(words: Vec<String>) -> Result<(Self, Vec<String>)> {
        let node = node(!words.iter().any(|word| word == "no relay")).await?;
        let words = vec![node.local_addr()?, node.public_key()?.to_string(), node.node_id()?.0.to_string()];
        let messages = node.receive(None)?;
        tokio::spawn(answer(node.clone(), messages));
        Ok((Self { node, other: None, more: Mutex::default(), keeps: false }, words))
    }

    /// With the word `keep` nodes that have shaken hands keep their sessions.
    async fn dial(mut words: Vec<String>) -> Result<Self> {
        let keeps = words.pop_if(|word| word == "keep").is_some();
        let [address, key, id] = <[String; 3]>::try_from(words).ok().context("want address, key and id")?;
        let (key, id) = (key.parse()?, NodeId(id.parse()?));
        let node = node(true).await?;
        node.connect(&address, key, id).await?;
        let answers = Turn::new(node.receive(None)?);
        let mut streams = BTreeMap::new();
        for of in [BULK, MESSAGES, PINGS] {
            streams.insert(of, node.open_stream(id, config(of))?);
        }
        let other = Some(Other { address, key, id, streams, answers });
        Ok(Self { node, other, more: Mutex::default(), keeps })
    }

    async fn bulk(&self, bytes: u64) -> Result<Flow> {
        self.flow(BULK, bytes / WRITE as u64, WRITE).await
    }

    async fn messages(&self, count: u64) -> Result<Flow> {
        self.flow(MESSAGES, count, MESSAGE).await
    }

    async fn pings(&self, count: u64) -> Result<Spread> {
        let other = self.other()?;
        let mut answers = other.answers.lock().await;
        let stream = other.streams.get(&PINGS).context("no stream")?;
        let message = Bytes::from_static(&[7; MESSAGE]);
        let mut spread = Spread::new(count);
        for _ in 0..count {
            let start = Instant::now();
            self.node.send_blocking(stream, [message.clone()]).await?;
            let answer = answers.next().await.context("no answer")??;
            spread.add(start.elapsed());
            ensure!(answer.payload == message, "another answer");
        }
        Ok(spread)
    }

    async fn prepare(&self, count: u64) -> Result<()> {
        let old = std::mem::take(&mut *self.more.lock().unwrap_or_else(PoisonError::into_inner));
        for node in old {
            node.shutdown(None).await?;
        }
        for _ in 0..count {
            let node = node(true).await?;
            self.more.lock().unwrap_or_else(PoisonError::into_inner).push(node);
        }
        Ok(())
    }

    /// Each by a node that the other has never met.
    async fn handshakes(&self, count: u64) -> Result<Spread> {
        let other = self.other()?;
        let nodes = self.more.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut spread = Spread::new(count);
        for node in nodes.iter().take(count as usize) {
            let start = Instant::now();
            node.connect(&other.address, other.key, other.id).await?;
            spread.add(start.elapsed());
            if !self.keeps {
                node.disconnect(other.id).await?;
            }
        }
        Ok(spread)
    }
}

impl MeshPeer {
    async fn flow(&self, of: u64, count: u64, length: usize) -> Result<Flow> {
        let other = self.other()?;
        let mut answers = other.answers.lock().await;
        let stream = other.streams.get(&of).context("no stream")?;
        self.node.send_blocking(stream, [Bytes::copy_from_slice(&count.to_le_bytes())]).await?;
        let message = Bytes::from(vec![7; length]);
        for _ in 0..count {
            self.node.send_blocking(stream, [message.clone()]).await?;
        }
        let report = answers.next().await.context("no report")??;
        Flow::told(count, &report.payload)
    }

    fn other(&self) -> Result<&Other> {
        self.other.as_ref().context("it only listens")
    }
}

/// Counts what comes, reports when all has come, and sends pings back.
async fn answer(node: MeshNode, mut messages: MeshEvents) -> Result<()> {
    let mut flows: BTreeMap<u64, Arrivals> = BTreeMap::new();
    loop {
        let batch = messages.next_batch(BATCH).await?;
        if batch.is_empty() {
            return Ok(());
        }
        for message in batch {
            let (id, of) = (message.sender, message.stream_id);
            let report = match flows.get_mut(&of) {
                _ if of == PINGS => Some(message.payload),
                Some(arrivals) => arrivals.add(1).map(|report| Bytes::copy_from_slice(&report)),
                None => {
                    flows.extend(Arrivals::announced(&message.payload).map(|arrivals| (of, arrivals)));
                    None
                }
            };
            if let Some(report) = report {
                flows.remove(&of);
                let stream = node.open_stream(id, config(of))?;
                node.send_blocking(&stream, [report]).await?;
            }
        }
    }
}

async fn node(relay: bool) -> Result<MeshNode> {
    let config = MeshNodeConfig::new("127.0.0.1:0".to_owned(), PSK.to_owned());
    let config = MeshNodeConfig { relay, ..config };
    Ok(MeshNode::create(config).await?)
}

fn config(of: u64) -> StreamConfig {
    StreamConfig { reliability: Reliability::Reliable, window: WINDOW, ..StreamConfig::new(of) }
}

impl std::fmt::Debug for MeshPeer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MeshPeer")
    }
}
