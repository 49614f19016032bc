//! Members that lie.

use super::{
    Row, Scenario,
    mesh::{Mesh, Node},
    routing::{counts, in_mesh},
    row, seconds,
};
use crate::{Conditions, Host, Violation, ring};
use net_router::Drop;
use net_types::{
    route::GossipKind,
    wire::route::{Beacon, Route},
};
use std::time::Duration;

pub(super) const FORGED: Scenario = Scenario {
    name: "forged",
    about: "beacons that are not their origins' are counted, change nothing, and cost their giver its session",
    nodes: 5,
    weight: 10,
    run: |seed, nodes| in_mesh(seed, Conditions::GOOD, |_| ring(nodes), |_| Node::default(), forges),
};

pub(super) const LIAR: Scenario = Scenario {
    name: "liar",
    about: "a neighbour that understates how far destinations are, and swallows packets, is avoided",
    nodes: 5,
    weight: 10,
    run: |seed, nodes| in_mesh(seed, Conditions::GOOD, |_| ring(nodes), |_| Node::default(), lies),
};

/// Node 0 makes up beacons of the node opposite, each newer than the last.
fn forges(mesh: &mut Mesh) -> Result<Vec<Row>, Violation> {
    let settled = mesh.settle()?;
    let (forger, witness, victim) = (Host(0), Host(1), Host(2));
    let target = mesh.id(victim);
    let known = |mesh: &Mesh| mesh.world.node(witness).and_then(|node| node.router().destination(target));
    let before = known(mesh);
    for count in 0..8u32 {
        let beacon = Beacon {
            entity_id: *mesh.entities[victim.0].as_bytes(),
            static_key: mesh.world.random().bytes(),
            epoch: u64::MAX - 1,
            seqno: count,
            flags_relays: true,
            flags_rest: 0,
            signature: mesh.world.random().bytes(),
        };
        let route = Route {
            node_id: target,
            epoch: beacon.epoch,
            seqno: beacon.seqno,
            distance_metric: 0,
            distance_hops: 0,
        };
        say(mesh, forger, witness, GossipKind::Beacons, &beacon.encode())?;
        say(mesh, forger, witness, GossipKind::Routes, &route.encode())?;
        mesh.world.run_for(Duration::from_millis(50))?;
    }
    mesh.world.run_for(Duration::from_millis(500))?;
    let Some(node) = mesh.world.node(witness) else {
        return Err(mesh.world.violation("the witness is gone"));
    };
    let forged = node.router().counters().dropped(Drop::Forged);
    if forged != 8 || node.misbehaved() != [forger] {
        return Err(mesh
            .world
            .violation(format!("{forged} of 8 forgeries were counted, and the session stands")));
    }
    let said = |known: net_router::Destination| (known.pair.epoch, known.static_key);
    if known(mesh).map(said) != before.map(said) {
        return Err(mesh.world.violation("a forged beacon was believed"));
    }
    mesh.world.cut(forger, witness);
    let healed = mesh.settle()?;
    let rows = vec![
        row("settled after", seconds(settled)),
        row("forgeries counted", forged),
        row("went on without the forger in", seconds(healed)),
    ];
    Ok([rows, counts(mesh)].concat())
}

/// Node 1 tells node 0 that the node opposite is right behind it, and lets nothing through.
fn lies(mesh: &mut Mesh) -> Result<Vec<Row>, Violation> {
    let settled = mesh.settle()?;
    let (deceived, liar, behind) = (Host(0), Host(1), Host(3));
    let target = mesh.id(behind);
    let known = mesh.world.node(deceived).and_then(|node| node.router().destination(target));
    let pair = known.map(|known| known.pair).unwrap_or_default();
    let lie =
        Route { node_id: target, epoch: pair.epoch, seqno: pair.seqno, distance_metric: 0, distance_hops: 0 };
    say(mesh, liar, deceived, GossipKind::Routes, &lie.encode())?;
    let way = |mesh: &Mesh| mesh.world.node(deceived).and_then(|node| node.way(target)).map(|(host, _)| host);
    let is_deceived = mesh.world.run_until(Duration::from_secs(1), |world| {
        world.node(deceived).and_then(|node| node.way(target)).is_some_and(|(host, _)| host == liar)
    })?;
    if is_deceived.is_none() {
        return Err(mesh.world.violation("the lie was not believed, so there is nothing to prove"));
    }
    // Probes through the liar are lost until the route leaves it.
    let mut probes = 0;
    while way(mesh) == Some(liar) {
        probes += 1;
        if probes > 100 {
            return Err(mesh.world.violation("100 lost probes have not moved the route"));
        }
        mesh.world.with(deceived, |node, now| node.probed(now, liar, true))?;
        mesh.world.run_for(Duration::from_millis(100))?;
    }
    let rows = vec![row("settled after", seconds(settled)), row("probes until the route moved", probes)];
    Ok([rows, counts(mesh)].concat())
}

/// Has a node say something to another over the gossip stream.
fn say(
    mesh: &mut Mesh,
    from: Host,
    to: Host,
    kind: GossipKind,
    layout: &Result<Vec<u8>, net_types::Error>,
) -> Result<(), Violation> {
    let Ok(layout) = layout else { return Err(mesh.world.violation("a layout has no bytes")) };
    let message = [&[kind.tag()], layout.as_slice()].concat();
    mesh.world.with(from, |node, now| node.gossip(now, to, message)).map(|_| ())
}
