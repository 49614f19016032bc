//! Nodes of the mesh, each in a terminal of its own.
//!
//! ```text
//! mesh listen 127.0.0.1:9000        prints how to dial it, then what it receives
//! mesh dial ADDRESS KEY ID TEXT...  sends each text as one message
//! mesh join ADDRESS KEY ID N COUNT  finds N others over that relay, and exchanges COUNT messages with each
//! ```
//!
//! `NET_PSK` is the pre-shared key of the mesh, 64 hex digits.

use net_mesh::identity::NodeId;
use net_mesh::mesh::{PublicKey, Reliability};
use net_mesh::prelude::*;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["listen", address] => listen(address, usize::MAX).await,
        ["listen", address, count] => listen(address, count.parse()?).await,
        ["dial", address, key, id, ref texts @ ..] if !texts.is_empty() => {
            dial(address, key.parse()?, NodeId(id.parse()?), texts).await
        }
        ["join", address, key, id, others, count] => {
            join(address, key.parse()?, NodeId(id.parse()?), others.parse()?, count.parse()?).await
        }
        _ => Err("usage: mesh listen ADDRESS [COUNT] | mesh dial ADDRESS KEY ID TEXT... | \
                  mesh join ADDRESS KEY ID N COUNT"
            .into()),
    }
}

async fn listen(address: &str, most: usize) -> Result<(), Box<dyn std::error::Error>> {
    let node = MeshNode::create(config(address)).await?;
    println!("dial {} {} {}", node.local_addr()?, node.public_key()?, node.node_id()?.0);
    let mut messages = node.receive(None)?;
    for _ in 0..most {
        let Some(message) = messages.next().await.transpose()? else { break };
        println!("{} {} {}", message.sender.0, message.sequence, String::from_utf8_lossy(&message.payload));
    }
    Ok(node.shutdown(None).await?)
}

async fn dial(
    address: &str,
    key: PublicKey,
    id: NodeId,
    texts: &[&str],
) -> Result<(), Box<dyn std::error::Error>> {
    let node = MeshNode::create(config("127.0.0.1:0")).await?;
    // region connect
    node.connect(address, key, id).await?;
    let options = StreamConfig { reliability: Reliability::Reliable, ..StreamConfig::new(1) };
    let stream = node.open_stream(id, options)?;
    node.send_blocking(&stream, texts.iter().map(|text| text.as_bytes().to_vec())).await?;
    // endregion
    Ok(node.shutdown(None).await?)
}

async fn join(
    address: &str,
    key: PublicKey,
    relay: NodeId,
    others: usize,
    count: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let node = MeshNode::create(config("127.0.0.1:0")).await?;
    println!("node {}", node.node_id()?.0);
    let mut messages = node.receive(None)?;
    node.connect(address, key, relay).await?;
    let mut peers = Vec::new();
    while peers.len() < others {
        tokio::time::sleep(Duration::from_millis(20)).await;
        peers = node.routes()?.into_iter().map(|route| route.node_id).filter(|id| *id != relay).collect();
    }
    let mut streams = Vec::new();
    for peer in peers {
        node.connect_routed(peer).await?;
        let options = StreamConfig { reliability: Reliability::Reliable, ..StreamConfig::new(1) };
        streams.push(node.open_stream(peer, options)?);
    }
    let send = async {
        for _ in 0..count {
            for stream in &streams {
                node.send_blocking(stream, [microseconds().to_string().into_bytes()]).await?;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok::<_, Error>(())
    };
    let receive = async {
        let mut delays = BTreeMap::<u64, Vec<u64>>::new();
        for _ in 0..others * count {
            let Some(message) = messages.next().await.transpose()? else { break };
            let sent: u64 = String::from_utf8_lossy(&message.payload).parse().unwrap_or_default();
            delays.entry(message.sender.0).or_default().push(microseconds().saturating_sub(sent));
        }
        Ok::<_, Error>(delays)
    };
    let (sent, received) = tokio::join!(send, receive);
    sent?;
    for (sender, mut delays) in received? {
        delays.sort_unstable();
        println!("{sender} {} {}", delays.len(), delays[delays.len() / 2]);
    }
    Ok(node.shutdown(None).await?)
}

/// Since the Unix epoch.
fn microseconds() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_micros() as u64)
}

fn config(address: &str) -> MeshNodeConfig {
    let psk = std::env::var("NET_PSK");
    let drawn = "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a";
    MeshNodeConfig::new(address.to_owned(), psk.unwrap_or_else(|_| drawn.to_owned()))
}
