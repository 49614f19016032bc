//! Our own nodes, as a user of the Rust package has them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use net_mesh::channel::ChannelConfig;
use net_mesh::identity::NodeId;
use net_mesh::mesh::{ChannelSubscription, MeshStream, PublicKey, PublishConfig, Reliability};
use net_mesh::prelude::*;
use tokio::sync::Mutex as Turn;

use crate::{Arrivals, Flow, MESSAGE, Peer, Spread, WINDOW, WRITE};

const PSK: &str = "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a";

/// What streams are for; each has an answer of the same id.
const BULK: u64 = 1;
const MESSAGES: u64 = 2;
const PINGS: u64 = 3;
/// Who sends over it has channels that the other is to hear, and is told once it does.
const CHANNELS: u64 = 4;

/// Channels of the dialling end, and that of the other one.
const FLOW: &str = "flow";
const ECHOES: &str = "echoes";
const ANSWERS: &str = "answers";

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
    /// What the other end publishes.
    published: Turn<ChannelSubscription>,
}

impl Peer for MeshPeer {
    /// With the word `no relay` it tells its peers nothing of each other.
    async fn listen(words: Vec<String>) -> Result<(Self, Vec<String>)> {
        let node = node(!words.iter().any(|word| word == "no relay")).await?;
        let words = vec![node.local_addr()?, node.public_key()?.to_string(), node.node_id()?.0.to_string()];
        let messages = node.receive(None)?;
        node.register_channel(ChannelConfig::new(ANSWERS.to_owned()))?;
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
        let mut answers = node.receive(None)?;
        let mut streams = BTreeMap::new();
        for of in [BULK, MESSAGES, PINGS, CHANNELS] {
            streams.insert(of, node.open_stream(id, config(of))?);
        }
        for name in [FLOW, ECHOES] {
            node.register_channel(ChannelConfig::new(name.to_owned()))?;
        }
        node.send_blocking(&streams[&CHANNELS], [Bytes::from_static(b"hear")]).await?;
        answers.next().await.context("the other end does not hear")??;
        let published = Turn::new(node.subscribe_channel(id, ANSWERS, None).await?);
        let answers = Turn::new(answers);
        let other = Some(Other { address, key, id, streams, answers, published });
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

    async fn events(&self, count: u64) -> Result<Flow> {
        let mut answers = self.other()?.published.lock().await;
        self.publish(FLOW, Bytes::copy_from_slice(&count.to_le_bytes())).await?;
        let message = Bytes::from_static(&[7; MESSAGE]);
        for _ in 0..count {
            self.publish(FLOW, message.clone()).await?;
        }
        let report = answers.next().await.context("no report")??;
        Flow::told(count, &report.payload)
    }

    async fn echoes(&self, count: u64) -> Result<Spread> {
        let mut answers = self.other()?.published.lock().await;
        let message = Bytes::from_static(&[7; MESSAGE]);
        let mut spread = Spread::new(count);
        for _ in 0..count {
            let start = Instant::now();
            self.publish(ECHOES, message.clone()).await?;
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

    async fn publish(&self, channel: &str, payload: Bytes) -> Result<()> {
        publish(&self.node, channel, payload).await
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
                _ if of == CHANNELS => {
                    hear(&node, id).await?;
                    Some(message.payload)
                }
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

/// Hears the channels of the dialling end: of one it counts what comes, what comes on the other it publishes as well.
async fn hear(node: &MeshNode, publisher: NodeId) -> Result<()> {
    let mut flow = node.subscribe_channel(publisher, FLOW, None).await?;
    let mut echoes = node.subscribe_channel(publisher, ECHOES, None).await?;
    let (counting, echoing) = (node.clone(), node.clone());
    tokio::spawn(async move {
        let mut arrivals: Option<Arrivals> = None;
        loop {
            let batch = flow.next_batch(BATCH).await?;
            if batch.is_empty() {
                return Ok::<_, anyhow::Error>(());
            }
            for event in batch {
                let Some(counted) = &mut arrivals else {
                    arrivals = Arrivals::announced(&event.payload);
                    continue;
                };
                if let Some(report) = counted.add(1) {
                    arrivals = None;
                    publish(&counting, ANSWERS, Bytes::copy_from_slice(&report)).await?;
                }
            }
        }
    });
    tokio::spawn(async move {
        while let Some(event) = echoes.next().await.transpose()? {
            publish(&echoing, ANSWERS, event.payload).await?;
        }
        Ok::<_, anyhow::Error>(())
    });
    Ok(())
}

/// Publishes an event, which waits for room.
async fn publish(node: &MeshNode, channel: &str, payload: Bytes) -> Result<()> {
    let options = PublishConfig { reliability: Some(Reliability::Reliable), ..PublishConfig::default() };
    let report = node.publish(channel, payload, options).await?;
    ensure!(report.delivered == 1, "nobody has heard an event: {report:?}");
    Ok(())
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
