//! Worlds of routing nodes, and what must hold in them: no loop ever, and soon a way to whatever can be reached.

use super::Cast;
use crate::{
    Conditions, Graph, Host, Memo, Nodes, Random, Skew, Violation, World,
    nodes::{Peer, RoutingNode, Settings},
    public_address,
};
use net_crypto::{EntityId, Keypair, Seed};
use net_types::{identity::NodeId, route::MAX_HOPS};
use std::{collections::BTreeMap, time::Duration};
use zeroize::Zeroizing;

/// How long routes may take to settle.
pub(super) const SETTLED: Duration = Duration::from_secs(10);

/// A world of routing nodes that are linked as a graph says.
pub(super) struct Mesh {
    pub(super) world: World<RoutingNode>,
    pub(super) graph: Graph,
    pub(super) entities: Vec<EntityId>,
}

impl Cast for Mesh {
    type Node = RoutingNode;

    fn world(&self) -> &World<RoutingNode> {
        &self.world
    }
}

/// What differs from node to node.
pub(super) struct Node {
    pub(super) skew: Skew,
    pub(super) relay: bool,
    /// Milliseconds by which its calendar is set back whenever it restarts.
    pub(super) set_back: u64,
}

impl Default for Node {
    fn default() -> Self {
        Self { skew: Skew::default(), relay: true, set_back: 0 }
    }
}

impl Mesh {
    pub(super) fn new(
        seed: u64,
        conditions: Conditions,
        graph: impl FnOnce(&mut Random) -> Graph,
        node: impl Fn(usize) -> Node,
    ) -> Result<Self, Violation> {
        let mut world = World::new(seed, conditions);
        let graph = graph(world.random());
        let seeds: Vec<_> =
            (0..graph.nodes).map(|_| Seed::new(Zeroizing::new(world.random().bytes()))).collect();
        let entities: Vec<_> = seeds.iter().map(|seed| Keypair::from_seed(seed).entity_id()).collect();
        watch_for_loops(&mut world, &entities);
        let memo = Memo::default();
        for (at, seed) in seeds.into_iter().enumerate() {
            let peer = |other| Peer {
                host: Host(other),
                address: public_address(Host(other)),
                entity: entities[other],
            };
            let Node { skew, relay, set_back } = node(at);
            let peers = graph.neighbours(at).map(peer).collect();
            let settings = Settings { seed, peers, memo: memo.clone(), relay };
            world.add(skew, move |mut birth| {
                birth.wall_ms -= set_back * u64::from(birth.generation);
                RoutingNode::new(&settings, birth)
            })?;
        }
        Ok(Self { world, graph, entities })
    }

    pub(super) fn id(&self, host: Host) -> NodeId {
        self.entities[host.0].node_id()
    }

    /// Waits until each node has a way to each that it can reach, and none to others; tells how long that took.
    pub(super) fn settle(&mut self) -> Result<Duration, Violation> {
        let (graph, entities) = (&self.graph, &self.entities);
        let settled = self.world.run_until(SETTLED, |world| fault(world, graph, entities).is_none())?;
        settled.ok_or_else(|| {
            let fault = fault(&self.world, graph, entities).unwrap_or_default();
            self.world.violation(format!("routes have not settled after {} s: {fault}", SETTLED.as_secs()))
        })
    }

    /// Sends packets between random nodes, and expects all of them where links lose nothing.
    pub(super) fn exchange(&mut self, count: u64) -> Result<u64, Violation> {
        let nodes = self.graph.nodes;
        for number in 0..count {
            let (from, to) = (self.world.random().index(nodes), self.world.random().index(nodes));
            let target = self.entities[to].node_id();
            let number = number | self.world.now().as_nanos() as u64 & !0xffff;
            let is_possible = self.reaches(from, to) && from != to;
            let sent = self.world.with(Host(from), |node, now| node.send_packet(now, target, number))?;
            if is_possible && sent != Some(true) {
                return Err(self.world.violation(format!("node {from} has no way to node {to}")));
            }
            self.world.run_for(Duration::from_millis(200))?;
            let arrived = self
                .world
                .node(Host(to))
                .map_or(0, |node| node.arrived().iter().filter(|arrived| **arrived == number).count());
            if is_possible && arrived != 1 {
                let text = format!("a packet from node {from} to node {to} arrived {arrived} times");
                return Err(self.world.violation(text));
            }
        }
        Ok(count)
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        self.graph.hops(from, |one, other| is_live(&self.world, one, other))[to].is_some()
    }

    /// The sum over all nodes of something that they count.
    pub(super) fn sum(&self, count: impl Fn(&RoutingNode) -> u64) -> u64 {
        self.world.nodes().iter().map(|(_, node)| count(node)).sum()
    }
}

/// Checks the routes of each node whose next hop has changed, for just these destinations.
fn watch_for_loops(world: &mut World<RoutingNode>, entities: &[EntityId]) {
    let places: BTreeMap<NodeId, Host> =
        entities.iter().enumerate().map(|(at, entity)| (entity.node_id(), Host(at))).collect();
    world.watch(Box::new(move |nodes, host| {
        let Some(host) = host else { return Ok(()) };
        let changed = nodes.get_mut(host).map(RoutingNode::take_changed).unwrap_or_default();
        for destination in changed {
            let target = places.get(&destination).copied().unwrap_or(host);
            walk(nodes, host, target, destination, |_, _| true)?;
        }
        Ok(())
    }));
}

/// Follows routes from node to node, over links that carry; the hops to the destination, nothing if the way ends before,
/// an error if it loops.
fn walk(
    nodes: &Nodes<RoutingNode>,
    from: Host,
    target: Host,
    destination: NodeId,
    carries: impl Fn(usize, usize) -> bool,
) -> Result<Option<usize>, String> {
    let mut visited = vec![from];
    let mut at = from;
    while at != target {
        let Some((next, names)) = nodes.get(at).and_then(|node| node.way(destination)) else {
            return Ok(None);
        };
        let is_linked = nodes.get(next).is_some_and(|node| node.is_linked(at, names));
        if !is_linked || !carries(at.0, next.0) {
            return Ok(None);
        }
        if visited.contains(&next) {
            let way: Vec<_> = visited.iter().map(|host| host.0.to_string()).collect();
            return Err(format!("the routes to node {} loop: {} -> {}", target.0, way.join(" -> "), next.0));
        }
        visited.push(next);
        at = next;
    }
    Ok(Some(visited.len() - 1))
}

/// Why routes have not settled.
fn fault(world: &World<RoutingNode>, graph: &Graph, entities: &[EntityId]) -> Option<String> {
    for (from, node) in world.nodes().iter() {
        let hops = graph.hops(from.0, |one, other| is_live(world, one, other));
        for (to, hops) in hops.iter().enumerate().filter(|(to, _)| *to != from.0) {
            let destination = entities[to].node_id();
            let live = |one, other| is_live(world, one, other);
            let way = walk(world.nodes(), from, Host(to), destination, live).ok().flatten();
            let has_route = node.router().destination(destination).is_some_and(|known| known.route.is_some());
            let is_near = hops.is_some_and(|hops| hops < usize::from(MAX_HOPS));
            if is_near && way.is_none() {
                return Some(format!("node {} has no way to node {to}", from.0));
            }
            if hops.is_none() && has_route {
                return Some(format!("node {} still has a way to node {to}", from.0));
            }
        }
    }
    None
}

/// Whether a link can carry something.
fn is_live(world: &World<RoutingNode>, one: usize, other: usize) -> bool {
    let lives = |at| world.node(Host(at)).is_some();
    lives(one) && lives(other) && !world.is_cut(Host(one), Host(other))
}
