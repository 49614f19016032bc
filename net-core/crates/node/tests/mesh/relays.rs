//! Nodes that reach each other over relays.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use net_node::mesh::MeshNode;
use net_types::{
    api::MeshNode as _,
    mesh::{
        MeshError, MeshNodeConfig, MeshShutdownOptions, PeerInfo, Reliability, StreamConfig, StreamError,
    },
};

use crate::{nodes::*, wire::Wire};

/// A node that notices soon that a peer is gone.
async fn brisk(seed: u8) -> Arc<MeshNode> {
    let config = MeshNodeConfig {
        heartbeat_interval: Duration::from_millis(100),
        session_timeout: Duration::from_secs(1),
        ..config(seed)
    };
    MeshNode::create(config).await.expect("a node")
}

/// Connects each node with the next.
async fn line(nodes: &[Arc<MeshNode>]) {
    for pair in nodes.windows(2) {
        connect(&pair[0], &pair[1]).await;
    }
}

async fn connect_routed(from: &MeshNode, to: &MeshNode) {
    from.connect_routed(to.node_id().expect("an id")).await.expect("a session over relays");
}

/// Has one node send messages to another, which reads them.
async fn exchange(from: &MeshNode, to: &MeshNode, id: u64, count: usize) {
    let events = reader(to);
    let stream = stream(from, to, id, Reliability::Reliable, 0);
    let sent: Vec<_> = (0..count).map(|number| Bytes::from(vec![number as u8; 700])).collect();
    for batch in sent.chunks(50) {
        from.send_blocking(Arc::clone(&stream), batch.to_vec()).await.expect("taken");
    }
    let received = receive(&events, count).await;
    assert!(
        received.iter().all(|event| event.sender == from.node_id().expect("an id") && event.stream_id == id)
    );
    assert_eq!(received.into_iter().map(|event| event.payload).collect::<Vec<_>>(), sent);
}

#[tokio::test]
async fn two_nodes_meet_over_a_relay() {
    let nodes = [node(1).await, node(2).await, node(3).await];
    line(&nodes).await;
    let [one, relay, other] = &nodes;
    connect_routed(one, other).await;
    other.accept(one.node_id().unwrap()).await.expect("a session");
    exchange(one, other, 7, 300).await;
    exchange(other, one, 8, 300).await;
    assert!(relay.stats().unwrap().relayed > 100);
    assert_eq!(relay.stats().unwrap().queued, 0);
    let peers = one.peers().unwrap();
    let peer = peers.iter().find(|peer| peer.node_id == other.node_id().unwrap()).expect("the peer");
    assert_eq!(peer.address, format!("by {:016x}", other.node_id().unwrap().0));
    assert_eq!(peer.public_key, other.public_key().unwrap());
    let routes = one.routes().unwrap();
    assert_eq!(one.discovered_nodes().unwrap() as usize, routes.len());
    let route = routes.iter().find(|route| route.node_id == other.node_id().unwrap()).expect("a route");
    assert_eq!(route.next_hop, Some(relay.node_id().unwrap()));
    assert_eq!(route.entity_id, other.entity_id().unwrap());
    other.shutdown(MeshShutdownOptions::default()).await.unwrap();
    let knows = |peer: &PeerInfo| peer.node_id == other.node_id().unwrap();
    eventually("the peer is gone", || !one.peers().unwrap().iter().any(knows)).await;
    let text = relay.prometheus_text().unwrap();
    assert!(text.contains("net_mesh_route_dropped_total{reason=\"no_route\"} 0"), "{text}");
}

#[tokio::test]
async fn the_ends_of_a_line_of_five_meet() {
    let nodes = [node(1).await, node(2).await, node(3).await, node(4).await, node(5).await];
    // The ends ask before there is anybody on the way.
    let (_, met) = tokio::join!(line(&nodes), nodes[0].connect_routed(nodes[4].node_id().unwrap()));
    met.expect("a session over three relays");
    exchange(&nodes[0], &nodes[4], 1, 100).await;
    for relay in &nodes[1..4] {
        assert!(relay.stats().unwrap().relayed > 0);
    }
}

#[tokio::test]
async fn traffic_takes_another_relay_when_one_falls_silent() {
    let (one, other) = (brisk(1).await, brisk(2).await);
    let relays = [brisk(3).await, brisk(4).await];
    for relay in &relays {
        line(&[Arc::clone(&one), Arc::clone(relay), Arc::clone(&other)]).await;
    }
    connect_routed(&one, &other).await;
    let hop = || {
        let routes = one.routes().unwrap();
        routes.into_iter().find(|route| route.node_id == other.node_id().unwrap())?.next_hop
    };
    exchange(&one, &other, 1, 50).await;
    let used = hop().expect("a relay");
    let [gone, stays] = if relays[0].node_id().unwrap() == used { [0, 1] } else { [1, 0] };
    relays[gone].shutdown(MeshShutdownOptions::default()).await.unwrap();
    let next = relays[stays].node_id().unwrap();
    eventually("the other relay is used", || hop() == Some(next)).await;
    exchange(&one, &other, 2, 50).await;
}

/// Connects over a wire that can be cut.
async fn connect_by_wire(from: &MeshNode, to: &MeshNode) -> Wire {
    let wire = Wire::to(to.local_addr().expect("an address").parse().expect("an address"));
    from.connect(wire.address.to_string(), to.public_key().expect("a key"), to.node_id().expect("an id"))
        .await
        .expect("a session");
    wire
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_goes_on_over_another_relay_when_the_wires_of_one_are_cut() {
    let patient = |seed| MeshNodeConfig {
        heartbeat_interval: Duration::from_millis(100),
        session_timeout: Duration::from_secs(10),
        ..config(seed)
    };
    let mut nodes = Vec::new();
    for seed in 1..5 {
        nodes.push(MeshNode::create(patient(seed)).await.expect("a node"));
    }
    let [one, other, relays @ ..] = &nodes[..] else { panic!("four nodes") };
    let mut wires = Vec::new();
    for relay in relays {
        wires.push([connect_by_wire(one, relay).await, connect_by_wire(other, relay).await]);
    }
    connect_routed(one, other).await;
    exchange(one, other, 1, 50).await;
    let hop = || {
        let routes = one.routes().unwrap();
        routes.into_iter().find(|route| route.node_id == other.node_id().unwrap())?.next_hop
    };
    let used = hop().expect("a relay");
    let gone = relays.iter().position(|relay| relay.node_id().unwrap() == used).expect("one of them");
    wires[gone].iter().for_each(Wire::cut);
    exchange(one, other, 2, 50).await;
    exchange(other, one, 3, 50).await;
    assert_eq!(hop(), Some(relays[1 - gone].node_id().unwrap()));
    // The session is the one that there was.
    let peers = one.stats().unwrap().peers;
    let peer = peers.iter().find(|peer| peer.node_id == other.node_id().unwrap()).expect("the peer");
    assert_eq!((peer.messages_sent, peer.messages_received), (100, 50));
}

#[tokio::test]
async fn a_stream_needs_a_session_and_not_only_a_route() {
    let nodes = [node(1).await, node(2).await, node(3).await];
    line(&nodes).await;
    let [one, _, other] = &nodes;
    let id = other.node_id().unwrap();
    let is_known =
        || one.routes().unwrap().iter().any(|route| route.node_id == id && route.next_hop.is_some());
    eventually("a route is known", is_known).await;
    let refused = one.open_stream(id, StreamConfig::new(1));
    assert_eq!(stream_error(refused), StreamError::NotConnected);
    connect_routed(one, other).await;
    exchange(one, other, 1, 10).await;
}

#[tokio::test]
async fn where_nobody_relays_there_is_no_route() {
    let quick = |seed| MeshNodeConfig { connect_timeout: Duration::from_millis(300), ..config(seed) };
    let one = MeshNode::create(quick(1)).await.unwrap();
    let between = MeshNode::create(MeshNodeConfig { relay: false, ..config(2) }).await.unwrap();
    let other = node(3).await;
    line(&[Arc::clone(&one), between, Arc::clone(&other)]).await;
    let id = other.node_id().unwrap();
    let error = mesh_error(one.connect_routed(id).await);
    assert_eq!(error, MeshError::NoRoute { node: id.0 });
    let waits = one.connect_routed(id);
    let (ended, _) = tokio::join!(waits, one.shutdown(MeshShutdownOptions::default()));
    assert_eq!(mesh_error(ended), MeshError::ShutDown);
}
