//! Routes settle, heal, and never loop.

use super::{
    Outcome, Row, Scenario,
    mesh::{Mesh, Node},
    play, row, seconds,
};
use crate::{Conditions, Graph, Host, Random, Skew, Violation, line, random_graph, ring};
use net_router::Drop;
use std::time::Duration;

pub(super) const LINE: Scenario = Scenario {
    name: "line",
    about: "nodes in a line find each other, and packets go from end to end",
    nodes: 5,
    weight: 10,
    run: |seed, nodes| in_mesh(seed, Conditions::GOOD, |_| line(nodes), usual, settles),
};

pub(super) const RING: Scenario = Scenario {
    name: "ring",
    about: "a ring heals when a link is cut, and when a node crashes and returns",
    nodes: 5,
    weight: 15,
    run: |seed, nodes| in_mesh(seed, Conditions::GOOD, |_| ring(nodes), usual, breaks),
};

pub(super) const GRAPH: Scenario = Scenario {
    name: "graph",
    about: "a random graph settles within 10 s, and heals after cuts and crashes",
    nodes: 200,
    weight: 2,
    run: |seed, nodes| {
        in_mesh(seed, Conditions::GOOD, |random| random_graph(nodes, 4, random), usual, is_cut_up)
    },
};

pub(super) const PARTITION: Scenario = Scenario {
    name: "partition",
    about: "two halves that were apart for a while find each other again",
    nodes: 20,
    weight: 10,
    run: |seed, nodes| {
        in_mesh(seed, Conditions::WIDE, |random| random_graph(nodes, 4, random), usual, is_parted)
    },
};

pub(super) const CHURN: Scenario = Scenario {
    name: "churn",
    about: "links and nodes come and go for a minute on bad links, and no route ever loops",
    nodes: 16,
    weight: 20,
    run: |seed, nodes| {
        in_mesh(seed, Conditions::WIDE, |random| random_graph(nodes, 4, random), skewed, is_churned)
    },
};

pub(super) const METRIC: Scenario = Scenario {
    name: "metric",
    about: "a route leaves a link that has become slow, and is not moved by jitter",
    nodes: 4,
    weight: 5,
    run: |seed, _| in_mesh(seed, Conditions::GOOD, |_| ring(4), usual, slows_down),
};

pub(super) const EPOCH: Scenario = Scenario {
    name: "epoch",
    about: "a node that restarts is found again, also with its clock set back",
    nodes: 5,
    weight: 10,
    run: |seed, nodes| in_mesh(seed, Conditions::GOOD, |_| ring(nodes), forgetful, restarts),
};

/// Builds a mesh and plays in it.
pub(super) fn in_mesh(
    seed: u64,
    conditions: Conditions,
    graph: impl FnOnce(&mut Random) -> Graph,
    node: impl Fn(usize) -> Node,
    body: impl FnOnce(&mut Mesh) -> Result<Vec<Row>, Violation>,
) -> Outcome {
    play(Mesh::new(seed, conditions, graph, node), body)
}

fn usual(_: usize) -> Node {
    Node::default()
}

/// Clocks that are up to a tenth of a percent wrong, and calendars up to a day.
fn skewed(at: usize) -> Node {
    let wrong = (at as i32 * 7_919) % 1_000;
    Node { skew: Skew { wall_ms: i64::from(wrong - 500) * 172_800, drift: wrong - 500 }, ..usual(at) }
}

/// Every other node forgets how late it is whenever it restarts.
fn forgetful(at: usize) -> Node {
    Node { set_back: 3_600_000 * (at as u64 % 2), ..usual(at) }
}

fn settles(mesh: &mut Mesh) -> Result<Vec<Row>, Violation> {
    let settled = mesh.settle()?;
    let packets = mesh.exchange(20)?;
    Ok([vec![row("settled after", seconds(settled)), row("packets delivered", packets)], counts(mesh)]
        .concat())
}

fn breaks(mesh: &mut Mesh) -> Result<Vec<Row>, Violation> {
    let settled = mesh.settle()?;
    let (one, other) = random_edge(mesh);
    mesh.world.cut(one, other);
    let healed = mesh.settle()?;
    mesh.exchange(5)?;
    mesh.world.heal(one, other);
    mesh.settle()?;
    let nodes = mesh.graph.nodes;
    let victim = Host(mesh.world.random().index(nodes));
    mesh.world.crash(victim);
    let without = mesh.settle()?;
    mesh.world.start(victim)?;
    let back = mesh.settle()?;
    mesh.exchange(5)?;
    let rows = vec![
        row("settled after", seconds(settled)),
        row("healed after a cut in", seconds(healed)),
        row("healed after a crash in", seconds(without)),
        row("took a node back in", seconds(back)),
    ];
    Ok([rows, counts(mesh)].concat())
}

fn is_cut_up(mesh: &mut Mesh) -> Result<Vec<Row>, Violation> {
    let settled = mesh.settle()?;
    let edges: Vec<_> = mesh.graph.edges.iter().copied().collect();
    let mut cut = Vec::new();
    for _ in 0..edges.len() / 10 {
        let (one, other) = edges[mesh.world.random().index(edges.len())];
        mesh.world.cut(Host(one), Host(other));
        cut.push((one, other));
    }
    let healed = mesh.settle()?;
    let nodes = mesh.graph.nodes;
    let victims: Vec<_> = (0..nodes.div_ceil(40)).map(|_| Host(mesh.world.random().index(nodes))).collect();
    victims.iter().for_each(|victim| mesh.world.crash(*victim));
    cut.iter().for_each(|(one, other)| mesh.world.heal(Host(*one), Host(*other)));
    let without = mesh.settle()?;
    for victim in victims.iter().copied() {
        if mesh.world.node(victim).is_none() {
            mesh.world.start(victim)?;
        }
    }
    let back = mesh.settle()?;
    mesh.exchange(10)?;
    let rows = vec![
        row("settled after", seconds(settled)),
        row("links cut", cut.len()),
        row("healed in", seconds(healed)),
        row("nodes crashed", victims.len()),
        row("healed in", seconds(without)),
        row("took them back in", seconds(back)),
    ];
    Ok([rows, counts(mesh)].concat())
}

fn is_parted(mesh: &mut Mesh) -> Result<Vec<Row>, Violation> {
    let settled = mesh.settle()?;
    let half = mesh.graph.nodes / 2;
    let between = |edge: &&(usize, usize)| (edge.0 < half) != (edge.1 < half);
    let border: Vec<_> = mesh.graph.edges.iter().filter(between).copied().collect();
    for (one, other) in &border {
        mesh.world.cut(Host(*one), Host(*other));
    }
    let parted = mesh.settle()?;
    let apart = Duration::from_secs(mesh.world.random().below(300));
    mesh.world.run_for(apart)?;
    for (one, other) in &border {
        mesh.world.heal(Host(*one), Host(*other));
    }
    let joined = mesh.settle()?;
    let rows = vec![
        row("settled after", seconds(settled)),
        row("settled apart in", seconds(parted)),
        row("were apart for", seconds(apart)),
        row("found each other in", seconds(joined)),
    ];
    Ok([rows, counts(mesh)].concat())
}

fn is_churned(mesh: &mut Mesh) -> Result<Vec<Row>, Violation> {
    let settled = mesh.settle()?;
    let nodes = mesh.graph.nodes;
    for _ in 0..60 {
        let (one, other) = random_edge(mesh);
        let host = Host(mesh.world.random().index(nodes));
        match mesh.world.random().below(6) {
            0 | 1 if !mesh.world.is_cut(one, other) => mesh.world.cut(one, other),
            0..=2 => mesh.world.heal(one, other),
            3 if mesh.world.node(host).is_some() => mesh.world.crash(host),
            3 | 4 if mesh.world.node(host).is_none() => mesh.world.start(host)?,
            _ => {
                let delay = mesh.world.random().span(Duration::from_millis(200));
                let loss = crate::Chance::percent(mesh.world.random().below(20) as u32);
                mesh.world.set_between(one, other, Conditions { delay, loss, ..Conditions::WIDE });
            }
        }
        let pause = mesh.world.random().span(Duration::from_secs(2));
        mesh.world.run_for(pause)?;
    }
    for (one, other) in mesh.graph.edges.iter().copied() {
        mesh.world.heal(Host(one), Host(other));
        mesh.world.set_between(Host(one), Host(other), Conditions::WIDE);
    }
    for host in mesh.world.hosts() {
        if mesh.world.node(host).is_none() {
            mesh.world.start(host)?;
        }
    }
    let healed = mesh.settle()?;
    let rows = vec![row("settled after", seconds(settled)), row("healed in", seconds(healed))];
    Ok([rows, counts(mesh)].concat())
}

fn slows_down(mesh: &mut Mesh) -> Result<Vec<Row>, Violation> {
    let settled = mesh.settle()?;
    let (start, end) = (Host(0), mesh.id(Host(2)));
    let via = |mesh: &Mesh| mesh.world.node(start).and_then(|node| node.way(end)).map(|(host, _)| host);
    let before = via(mesh).ok_or_else(|| mesh.world.violation("there is no way"))?;
    mesh.world.run_for(Duration::from_secs(30))?;
    if via(mesh) != Some(before) {
        return Err(mesh.world.violation("jitter has moved a route"));
    }
    let slow = Conditions { delay: Duration::from_millis(100), ..Conditions::GOOD };
    mesh.world.set_between(start, before, slow);
    let moved = mesh.world.run_until(Duration::from_secs(20), |world| {
        let way = world.node(start).and_then(|node| node.way(end));
        way.is_some_and(|(host, _)| host != before)
    })?;
    let moved = moved.ok_or_else(|| mesh.world.violation("the route has stayed on a slow link"))?;
    mesh.settle()?;
    Ok([
        vec![row("settled after", seconds(settled)), row("left the slow link in", seconds(moved))],
        counts(mesh),
    ]
    .concat())
}

fn restarts(mesh: &mut Mesh) -> Result<Vec<Row>, Violation> {
    let settled = mesh.settle()?;
    let nodes = mesh.graph.nodes;
    let mut slowest = Duration::ZERO;
    for _ in 0..3 {
        let host = Host(mesh.world.random().index(nodes));
        mesh.world.crash(host);
        let pause = mesh.world.random().span(Duration::from_secs(5));
        mesh.world.run_for(pause)?;
        mesh.world.start(host)?;
        slowest = slowest.max(mesh.settle()?);
        mesh.exchange(3)?;
    }
    let taken = mesh.sum(|node| node.epochs().len() as u64);
    let rows = vec![
        row("settled after", seconds(settled)),
        row("found again in at most", seconds(slowest)),
        row("epochs taken over", taken),
    ];
    Ok([rows, counts(mesh)].concat())
}

fn random_edge(mesh: &mut Mesh) -> (Host, Host) {
    let at = mesh.world.random().index(mesh.graph.edges.len());
    let (one, other) = mesh.graph.edges.iter().nth(at).copied().unwrap_or((0, 0));
    (Host(one), Host(other))
}

/// What routers have counted together.
pub(super) fn counts(mesh: &Mesh) -> Vec<Row> {
    vec![
        row("reroutes", mesh.sum(|node| node.router().counters().reroutes)),
        row("signatures checked", mesh.sum(|node| node.router().counters().signatures)),
        row("requests", mesh.sum(|node| node.router().counters().requests)),
        row("packets relayed", mesh.sum(|node| node.router().counters().relayed)),
        row("dropped without a route", mesh.sum(|node| node.router().counters().dropped(Drop::NoRoute))),
        row("beacons missing", mesh.sum(|node| node.router().counters().dropped(Drop::BeaconMissing))),
    ]
}
