//! Nodes on sockets of this machine, and what tests do with them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use net_node::mesh::{MeshEvents, MeshNode, MeshStream};
use net_types::{
    Error,
    api::{MeshEvents as _, MeshNode as _},
    mesh::{MeshError, MeshEvent, MeshNodeConfig, ReceiveOptions, Reliability, StreamConfig, StreamError},
};

pub(crate) const PSK: &str = "8f1c2e5ad0934b7766f2b1a8c3d4e5f60718293a4b5c6d7e8fa0b1c2d3e4f506";
pub(crate) const OTHER_PSK: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

pub(crate) fn config(seed: u8) -> MeshNodeConfig {
    MeshNodeConfig {
        identity_seed: Some(Bytes::from(vec![seed; 32])),
        ..MeshNodeConfig::new("127.0.0.1:0".to_owned(), PSK.to_owned())
    }
}

pub(crate) async fn node(seed: u8) -> Arc<MeshNode> {
    MeshNode::create(config(seed)).await.expect("a node")
}

/// Connects two nodes, and waits until both know.
pub(crate) async fn connect(from: &MeshNode, to: &MeshNode) {
    let (dialled, accepted) = tokio::join!(dial(from, to), to.accept(from.node_id().expect("an id")));
    dialled.and(accepted).expect("a session");
}

pub(crate) async fn dial(from: &MeshNode, to: &MeshNode) -> Result<(), Error> {
    from.connect(to.local_addr()?, to.public_key()?, to.node_id()?).await
}

pub(crate) fn stream(
    from: &MeshNode,
    to: &MeshNode,
    id: u64,
    reliability: Reliability,
    window: u64,
) -> Arc<MeshStream> {
    let config = StreamConfig { reliability, window, ..StreamConfig::new(id) };
    from.open_stream(to.node_id().expect("an id"), config).expect("a stream")
}

pub(crate) fn reader(node: &MeshNode) -> Arc<MeshEvents> {
    node.receive(ReceiveOptions::default()).expect("a reader")
}

pub(crate) async fn receive(reader: &MeshEvents, count: usize) -> Vec<MeshEvent> {
    let mut events = Vec::new();
    while events.len() < count {
        let more = tokio::time::timeout(Duration::from_secs(30), reader.next(64)).await;
        let more = more.expect("messages in time").expect("no error");
        assert!(!more.is_empty(), "the reader has ended after {} of {count}", events.len());
        events.extend(more);
    }
    events
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what}");
}

pub(crate) fn mesh_error<T: std::fmt::Debug>(result: Result<T, Error>) -> MeshError {
    match result.expect_err("an error") {
        Error::Mesh(error) => error,
        other => panic!("{other}"),
    }
}

pub(crate) fn stream_error<T: std::fmt::Debug>(result: Result<T, Error>) -> StreamError {
    match result.expect_err("an error") {
        Error::Stream(error) => error,
        other => panic!("{other}"),
    }
}
