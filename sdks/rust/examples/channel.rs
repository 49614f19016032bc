//! A channel that only those may hear who were given a token.
//!
//! ```text
//! channel serve 127.0.0.1:9000 N        gives N members a token, publishes to them, and revokes the tokens
//! channel join ADDRESS KEY ID NAME N    finds N members, is given a token, and hears the channel
//! channel intrude ADDRESS KEY ID        tries to hear it without a token, and with one of its own
//! ```
//!
//! `serve` prints how to dial it, and ends with its input. `NET_PSK` is the pre-shared key of the mesh, 64 hex digits.

use bytes::Bytes;
use net_mesh::capability::{CapabilityFilter, CapabilitySet};
use net_mesh::channel::{ChannelConfig, PublishWait, SubscribeChannelOptions};
use net_mesh::identity::{Identity, IssueTokenOptions, NodeId, Token, TokenScope};
use net_mesh::mesh::{PublicKey, PublishConfig, Reliability};
use net_mesh::prelude::*;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::time::Duration;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["serve", address, members] => serve(address, members.parse()?).await,
        ["join", address, key, id, name, members] => {
            join(address, key.parse()?, NodeId(id.parse()?), name, members.parse()?).await
        }
        ["intrude", address, key, id] => intrude(address, key.parse()?, NodeId(id.parse()?)).await,
        _ => Err("usage: channel serve ADDRESS N | channel join ADDRESS KEY ID NAME N | \
                  channel intrude ADDRESS KEY ID"
            .into()),
    }
}

async fn serve(address: &str, members: usize) -> Outcome {
    let issuer = Identity::generate()?;
    let node =
        MeshNode::create(MeshNodeConfig { identity_seed: Some(issuer.to_bytes()?), ..config(address) })
            .await?;
    // region protect
    node.register_channel(ChannelConfig { require_token: true, ..ChannelConfig::new("plans".to_owned()) })?;
    // endregion
    println!("dial {} {} {}", node.local_addr()?, node.public_key()?, node.node_id()?.0);
    for member in found(&node, "member", members).await?.into_keys() {
        let peers = node.peers()?;
        let peer = peers.iter().find(|peer| peer.node_id == member).ok_or("the member has gone")?;
        // region grant
        let token = issuer.issue_token(subscribing(peer.entity_id.clone()))?;
        let options = StreamConfig { reliability: Reliability::Reliable, ..StreamConfig::new(1) };
        let stream = node.open_stream(member, options)?;
        node.send_blocking(&stream, [token.to_buffer()?]).await?;
        // endregion
    }
    found(&node, "ready", members).await?;
    for text in ["one", "two", "three"] {
        let options = PublishConfig { wait: PublishWait::Acked, ..PublishConfig::default() };
        let report = node.publish("plans", text, options).await?;
        println!("delivered {}", report.delivered);
    }
    // region revoke
    node.revoke(1).await?;
    // endregion
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(node.shutdown(None).await?)
}

async fn join(address: &str, key: PublicKey, server: NodeId, name: &str, members: usize) -> Outcome {
    let node = MeshNode::create(config("127.0.0.1:0")).await?;
    let mut messages = node.receive(None)?;
    node.connect(address, key, server).await?;
    // region announce
    let mut tags = vec!["member".to_owned(), format!("speaks-{name}")];
    node.announce_capabilities(CapabilitySet { tags: tags.clone(), ..Default::default() }, None).await?;
    // endregion
    let all: Vec<_> = found(&node, "member", members).await?.into_values().flat_map(|set| set.tags).collect();
    let mut names: Vec<_> = all.iter().filter_map(|tag| tag.strip_prefix("speaks-")).collect();
    names.sort_unstable();
    println!("found {}", names.join(" "));
    // region subscribe
    let message = messages.next().await.transpose()?.ok_or("the node has ended")?;
    let token = Some(Token::parse(&message.payload)?);
    let options = SubscribeChannelOptions { token, ..Default::default() };
    let mut events = node.subscribe_channel(server, "plans", options).await?;
    tags.push("ready".to_owned());
    node.announce_capabilities(CapabilitySet { tags, ..Default::default() }, None).await?;
    loop {
        match events.next().await {
            Some(Ok(event)) => println!("heard {}", String::from_utf8_lossy(&event.payload)),
            Some(Err(Error::Channel(error))) => println!("ended {error}"),
            Some(Err(error)) => return Err(error.into()),
            None => break,
        }
    }
    // endregion
    Ok(node.shutdown(None).await?)
}

async fn intrude(address: &str, key: PublicKey, server: NodeId) -> Outcome {
    let own = Identity::generate()?;
    let config = MeshNodeConfig { identity_seed: Some(own.to_bytes()?), ..config("127.0.0.1:0") };
    let node = MeshNode::create(config).await?;
    node.connect(address, key, server).await?;
    let made = own.issue_token(subscribing(node.entity_id()?))?;
    for token in [None, Some(made)] {
        let options = SubscribeChannelOptions { token, ..Default::default() };
        match node.subscribe_channel(server, "plans", options).await {
            Ok(_) => println!("heard"),
            Err(Error::Channel(error)) => println!("refused {error}"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(node.shutdown(None).await?)
}

/// So many nodes that announce a tag, with what they announce.
async fn found(node: &MeshNode, tag: &str, count: usize) -> Outcome<BTreeMap<NodeId, CapabilitySet>> {
    let filter = CapabilityFilter { require_tags: vec![tag.to_owned()], ..Default::default() };
    let mut changes = node.watch_nodes(filter, None)?;
    let mut nodes = BTreeMap::new();
    while nodes.len() < count {
        let change = changes.next().await.transpose()?.ok_or("the node has ended")?;
        if let Some(capabilities) = change.capabilities {
            nodes.insert(change.node_id, capabilities);
        }
    }
    Ok(nodes)
}

fn subscribing(subject: Bytes) -> IssueTokenOptions {
    IssueTokenOptions::new(subject, TokenScope::SUBSCRIBE, "plans".to_owned(), Duration::from_secs(300))
}

fn config(address: &str) -> MeshNodeConfig {
    let psk = std::env::var("NET_PSK");
    let drawn = "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a";
    MeshNodeConfig::new(address.to_owned(), psk.unwrap_or_else(|_| drawn.to_owned()))
}
