//! Who is linked with whom.

use crate::Random;
use std::collections::{BTreeSet, VecDeque};

/// An undirected graph over `0..nodes`.
#[derive(Debug, Clone)]
pub struct Graph {
    /// How many nodes it has.
    pub nodes: usize,
    /// Its edges, each once, the lower node first.
    pub edges: BTreeSet<(usize, usize)>,
}

/// Each node linked with the next.
pub fn line(nodes: usize) -> Graph {
    Graph { nodes, edges: (1..nodes).map(|at| (at - 1, at)).collect() }
}

/// A line whose ends are linked too.
pub fn ring(nodes: usize) -> Graph {
    let mut graph = line(nodes);
    if nodes > 2 {
        graph.edges.insert((0, nodes - 1));
    }
    graph
}

/// A connected graph in which nodes have so many links on average, at least 2.
pub fn random_graph(nodes: usize, degree: usize, random: &mut Random) -> Graph {
    let mut order: Vec<_> = (0..nodes).collect();
    random.shuffle(&mut order);
    let mut graph = Graph { nodes, edges: BTreeSet::new() };
    for at in 1..nodes {
        graph.link(order[at], order[random.index(at)]);
    }
    let wanted = (nodes * degree / 2).min(nodes * nodes.saturating_sub(1) / 2);
    while graph.edges.len() < wanted {
        graph.link(random.index(nodes), random.index(nodes));
    }
    graph
}

impl Graph {
    fn link(&mut self, one: usize, other: usize) {
        if one != other {
            self.edges.insert((one.min(other), one.max(other)));
        }
    }

    /// The nodes that a node is linked with.
    pub fn neighbours(&self, node: usize) -> impl Iterator<Item = usize> {
        let other = move |(one, two): &(usize, usize)| match node {
            _ if node == *one => Some(*two),
            _ if node == *two => Some(*one),
            _ => None,
        };
        self.edges.iter().filter_map(other)
    }

    /// How many hops each node is from one, where there is a way over edges and nodes that count.
    pub fn hops(&self, from: usize, counts: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
        let mut adjacent = vec![Vec::new(); self.nodes];
        for &(one, other) in self.edges.iter().filter(|(one, other)| counts(*one, *other)) {
            adjacent[one].push(other);
            adjacent[other].push(one);
        }
        let mut hops = vec![None; self.nodes];
        hops[from] = Some(0);
        let mut queue = VecDeque::from([(from, 0)]);
        while let Some((node, count)) = queue.pop_front() {
            for &next in &adjacent[node] {
                if hops[next].is_none() {
                    hops[next] = Some(count + 1);
                    queue.push_back((next, count + 1));
                }
            }
        }
        hops
    }
}
