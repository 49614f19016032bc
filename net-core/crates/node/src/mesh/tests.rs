//! Nodes whose clocks are set.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use net_types::{
    api::MeshNode as _,
    identity::NodeId,
    mesh::{MeshNodeConfig, MeshShutdownOptions},
};

use super::{MeshNode, Settings};

const PSK: &str = "8f1c2e5ad0934b7766f2b1a8c3d4e5f60718293a4b5c6d7e8fa0b1c2d3e4f506";

/// A node whose clock gives it an epoch.
async fn node(seed: u8, epoch: u64, state: Option<PathBuf>) -> Arc<MeshNode> {
    let config = MeshNodeConfig {
        identity_seed: Some(Bytes::from(vec![seed; 32])),
        state_dir: state.map(|path| path.display().to_string()),
        ..MeshNodeConfig::new("127.0.0.1:0".to_owned(), PSK.to_owned())
    };
    let mut settings = Settings::of(&config).expect("settings");
    settings.machine.epoch = epoch;
    let node = MeshNode::bind(settings).expect("a node");
    node.start().await.expect("a runtime");
    node
}

async fn connect(from: &MeshNode, to: &MeshNode) {
    let (address, key, id) = (to.local_addr().unwrap(), to.public_key().unwrap(), to.node_id().unwrap());
    from.connect(address, key, id).await.expect("a session");
}

fn own_epoch(node: &MeshNode) -> u64 {
    node.shared.lock().machine.epoch()
}

/// The epoch in which a node has last heard of another.
fn heard_epoch(node: &MeshNode, of: NodeId) -> Option<u64> {
    node.shared.lock().machine.router().destination(of).map(|known| known.pair.epoch)
}

async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what}");
}

#[tokio::test]
async fn a_node_whose_clock_was_set_back_goes_on_above_its_last_epoch() {
    let directory = std::env::temp_dir().join(format!("net-clock-{}", std::process::id()));
    for state in [Some(directory.clone()), None] {
        drop(std::fs::remove_dir_all(&directory));
        let other = node(2, 3, None).await;
        let one = node(1, 5_000, state.clone()).await;
        let id = one.node_id().unwrap();
        connect(&one, &other).await;
        eventually("the first run is heard of", || heard_epoch(&other, id) == Some(5_000)).await;
        one.shutdown(MeshShutdownOptions::default()).await.unwrap();
        drop(one);

        let one = node(1, 1_000, state.clone()).await;
        // Without a directory it hears from others that it had a later epoch.
        assert_eq!(own_epoch(&one), if state.is_some() { 5_001 } else { 1_000 });
        connect(&one, &other).await;
        eventually("the second run is heard of", || heard_epoch(&other, id) == Some(5_001)).await;
        eventually("the node knows it", || own_epoch(&one) == 5_001).await;
        one.shutdown(MeshShutdownOptions::default()).await.unwrap();
        assert_eq!(std::fs::remove_dir_all(&directory).is_ok(), state.is_some());
    }
}

#[tokio::test]
async fn an_epoch_that_was_heard_of_is_kept() {
    let directory = std::env::temp_dir().join(format!("net-heard-{}", std::process::id()));
    drop(std::fs::remove_dir_all(&directory));
    let other = node(2, 3, None).await;
    let one = node(1, 5_000, None).await;
    let id = one.node_id().unwrap();
    connect(&one, &other).await;
    eventually("the first run is heard of", || heard_epoch(&other, id) == Some(5_000)).await;
    one.shutdown(MeshShutdownOptions::default()).await.unwrap();

    let one = node(1, 1_000, Some(directory.clone())).await;
    connect(&one, &other).await;
    eventually("the node knows of its first run", || own_epoch(&one) == 5_001).await;
    one.shutdown(MeshShutdownOptions::default()).await.unwrap();
    let one = node(1, 1_000, Some(directory.clone())).await;
    assert_eq!(own_epoch(&one), 5_002);
    one.shutdown(MeshShutdownOptions::default()).await.unwrap();
    std::fs::remove_dir_all(&directory).expect("a directory that is there");
}
