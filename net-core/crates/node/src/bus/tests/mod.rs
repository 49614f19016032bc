//! Tests of the bus as a whole.

mod emit;
mod hold;
mod life;
mod naive;
mod order;
mod poll;
mod subscribe;

use std::sync::Arc;

use super::{
    NetNode,
    model::{Backpressure, NetNodeConfig, PollRequest, PollResponse, StoredEvent},
};

fn config(shards: u32, capacity: u32, backpressure: Backpressure) -> NetNodeConfig {
    NetNodeConfig {
        shards: Some(shards),
        buffer_capacity: capacity,
        backpressure,
        ..NetNodeConfig::default()
    }
}

fn node(shards: u32) -> Arc<NetNode> {
    NetNode::new(config(shards, 1 << 20, Backpressure::DropOldest)).expect("node")
}

fn raws(events: &[StoredEvent]) -> Vec<&str> {
    events.iter().map(|event| event.raw.as_str()).collect()
}

async fn poll(node: &NetNode, request: PollRequest) -> PollResponse {
    node.poll(request).await.expect("poll")
}
