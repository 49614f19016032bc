//! What nodes announce and revoke reaches all, over links that lose, and links carry it no more often than they have to.

use super::{Outcome, Row, Scenario, company::Company, play, row, seconds};
use crate::{Chance, Conditions, Graph, Host, Violation, random_graph};
use net_channel::State;
use net_crypto::Keypair;
use net_types::identity::NodeId;
use std::time::Duration;

pub(super) const ANNOUNCE: Scenario = Scenario {
    name: "announce",
    about: "announcements reach every node of a random graph of degree 6 with at most 3 sends a link, at 1 % loss",
    nodes: 30,
    weight: 6,
    run: |seed, nodes| run(seed, nodes, announce),
};

pub(super) const REVOKE: Scenario = Scenario {
    name: "revoke",
    about: "a revocation reaches every node, also those that were cut off or down when it was signed",
    nodes: 12,
    weight: 6,
    run: |seed, nodes| run(seed, nodes, revoke),
};

/// Links of a node, on average.
const DEGREE: usize = 6;

/// How long anything may take to reach all.
const REACHED: Duration = Duration::from_secs(30);

fn run(
    seed: u64,
    nodes: usize,
    body: impl FnOnce(&mut Company, &Graph) -> Result<Vec<Row>, Violation>,
) -> Outcome {
    let conditions = Conditions { loss: Chance::percent(1), ..Conditions::GOOD };
    let mut company = Company::new(seed, conditions, nodes);
    let graph = random_graph(nodes, DEGREE.min(nodes - 1), company.world.random());
    graph.edges.iter().for_each(|(one, other)| company.dial(*one, *other));
    play(Ok(company), |company| {
        company.start(&[])?;
        meet(company, &graph)?;
        body(company, &graph)
    })
}

fn meet(company: &mut Company, graph: &Graph) -> Result<(), Violation> {
    let ids = company.ids.clone();
    let met = company.world.run_until(Duration::from_secs(60), |world| {
        let has_met = |&(one, other): &(usize, usize)| {
            world.node(Host(one)).is_some_and(|node| node.session_with(ids[other]).is_some())
        };
        graph.edges.iter().all(has_met)
    })?;
    met.map(|_| ())
        .ok_or_else(|| company.world.violation("not all that are linked have a session after 60 s"))
}

fn announce(company: &mut Company, graph: &Graph) -> Result<Vec<Row>, Violation> {
    let origin = pick(company);
    let before = sends(company);
    say(company, origin, "first")?;
    let first = reach(company, origin, "first")?;
    company.world.run_for(Duration::from_secs(2))?;
    let sent = sends(company) - before;
    if sent > 2 * graph.edges.len() as u64 {
        let text = format!("{sent} sends of one announcement over {} links", graph.edges.len());
        return Err(company.world.violation(text));
    }
    say(company, origin, "second")?;
    let second = reach(company, origin, "second")?;
    let victim = loop {
        let other = pick(company);
        if other != origin {
            break other;
        }
    };
    company.world.crash(Host(victim));
    say(company, origin, "third")?;
    company.world.run_for(Duration::from_secs(5))?;
    company.world.start(Host(victim))?;
    let back = reach(company, origin, "third")?;
    Ok(vec![
        row("reached all after", seconds(first)),
        row("a change reached all after", seconds(second)),
        row("reached a restarted node after", seconds(back)),
        row("sends", sent),
        row("links", graph.edges.len()),
    ])
}

fn revoke(company: &mut Company, graph: &Graph) -> Result<Vec<Row>, Violation> {
    let origin = pick(company);
    let issuer = Keypair::from_seed(&company.settings[origin].seed).entity_id();
    let away = (origin + 1) % company.ids.len();
    for other in graph.neighbours(away) {
        company.world.cut(Host(away), Host(other));
    }
    let down = (origin + 2) % company.ids.len();
    company.world.crash(Host(down));
    let revoked = company.world.with(Host(origin), |node, now| node.revoke(now, 5))?;
    if revoked != Some(true) {
        return Err(company.world.violation("a node cannot revoke"));
    }
    company.world.run_for(Duration::from_secs(5))?;
    for other in graph.neighbours(away) {
        company.world.heal(Host(away), Host(other));
    }
    company.world.start(Host(down))?;
    let reached = company.world.run_until(2 * REACHED, |world| {
        world.nodes().iter().all(|(_, node)| node.directory().floor(&issuer) == Some(5))
    })?;
    let Some(reached) = reached else {
        return Err(company.world.violation("a revocation has not reached all"));
    };
    Ok(vec![row("reached all after", seconds(reached))])
}

fn pick(company: &mut Company) -> usize {
    let nodes = company.ids.len();
    company.world.random().index(nodes)
}

fn say(company: &mut Company, at: usize, tag: &str) -> Result<(), Violation> {
    let state = State::new([tag.to_owned()], []);
    match company.world.with(Host(at), |node, now| node.announce(now, state))? {
        Some(true) => Ok(()),
        _ => Err(company.world.violation(format!("node {at} cannot announce"))),
    }
}

/// Waits until all nodes know that one has a tag.
fn reach(company: &mut Company, origin: usize, tag: &str) -> Result<Duration, Violation> {
    let id: NodeId = company.ids[origin];
    let reached = company.world.run_until(REACHED, |world| {
        let knows = |node: &crate::nodes::MeshNode| {
            node.directory().index().get(id).is_some_and(|profile| profile.tags().contains(tag))
        };
        world.nodes().iter().all(|(_, node)| knows(node))
    })?;
    reached.ok_or_else(|| company.world.violation(format!("{tag:?} has not reached all")))
}

/// Announcements that all nodes have sent.
fn sends(company: &Company) -> u64 {
    company.world.nodes().iter().map(|(_, node)| node.directory().counters().announcements).sum()
}
