//! Tests of the bus as a whole.

mod emit;
mod grant;
mod hold;
mod life;
mod naive;
mod order;
mod poll;
mod subscribe;

use std::sync::Arc;

use net_types::{
    Error,
    api::{EventStream as _, NetNode as _, TypedChannel as _, TypedEventStream as _},
    bus::{
        Backpressure, BusError, NetNodeConfig, PollRequest, PollResponse, Stats, StoredEvent,
        SubscribeOptions,
    },
};

use super::{EventStream, NetNode};

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

fn stats(node: &NetNode) -> Stats {
    node.stats().expect("stats")
}

fn subscribe(node: &NetNode) -> Arc<EventStream> {
    node.subscribe(SubscribeOptions::default()).expect("subscribe")
}

/// The result of a refused call.
fn refused<T>(error: BusError) -> Result<T, Error> {
    Err(Error::Bus(error))
}
