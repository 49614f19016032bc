//! Two nodes of the mesh, each in a terminal of its own.
//!
//! ```text
//! mesh listen 127.0.0.1:9000        prints how to dial it, then what it receives
//! mesh dial ADDRESS KEY ID TEXT...  sends each text as one message
//! ```
//!
//! `NET_PSK` is the pre-shared key of the mesh, 64 hex digits.

use net_mesh::identity::NodeId;
use net_mesh::mesh::{PublicKey, Reliability};
use net_mesh::prelude::*;

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
        _ => Err("usage: mesh listen ADDRESS [COUNT] | mesh dial ADDRESS KEY ID TEXT...".into()),
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
    node.connect(address, key, id).await?;
    let options = StreamConfig { reliability: Reliability::Reliable, ..StreamConfig::new(1) };
    let stream = node.open_stream(id, options)?;
    node.send_blocking(&stream, texts.iter().map(|text| text.as_bytes().to_vec())).await?;
    Ok(node.shutdown(None).await?)
}

fn config(address: &str) -> MeshNodeConfig {
    let psk = std::env::var("NET_PSK");
    let drawn = "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a";
    MeshNodeConfig::new(address.to_owned(), psk.unwrap_or_else(|_| drawn.to_owned()))
}
