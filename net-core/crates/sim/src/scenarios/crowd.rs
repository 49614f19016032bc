//! Many nodes that all talk at once: what the state machines cost when a world is full of them.

use super::{
    Outcome, Row, Scenario,
    company::{Company, Sending},
    play, row, seconds,
};
use crate::{Chance, Conditions, Host, Violation, random_graph};
use std::time::Duration;

pub(super) const CROWD: Scenario = Scenario {
    name: "crowd",
    about: "in a random graph of degree 6 each node sends ten messages a second to random peers, at 1 % loss",
    nodes: 12,
    weight: 3,
    run,
};

/// Links of a node, on average.
const DEGREE: usize = 6;

/// For how long they talk.
const TALK: Duration = Duration::from_secs(60);

/// Between two messages of a node.
const PAUSE: Duration = Duration::from_millis(100);

/// Groups of nodes that send at different moments of a pause.
const TURNS: usize = 10;

/// Bytes of a message.
const LENGTH: usize = 256;

fn run(seed: u64, nodes: usize) -> Outcome {
    let conditions = Conditions { loss: Chance::percent(1), ..Conditions::GOOD };
    play(Ok(Company::new(seed, conditions, nodes)), crowd)
}

fn crowd(company: &mut Company) -> Result<Vec<Row>, Violation> {
    let mut flows = flows(company);
    company.start(&[])?;
    let met = meet(company, &flows)?;
    talk(company, &mut flows)?;
    let sent: u64 = flows.iter().flatten().map(|flow| flow.sent).sum();
    let took = company.world.run_until(Duration::from_secs(30), |world| {
        let read = |flow: &Sending| world.node(flow.to).map_or(0, |node| node.ledger().count(flow.flow));
        flows.iter().flatten().all(|flow| read(flow) == flow.sent)
    })?;
    let Some(took) = took else {
        return Err(company.world.violation(format!("not all of {sent} messages were read")));
    };
    let rows = vec![
        row("all met after", seconds(met)),
        row("messages", sent),
        row("the last was read after", seconds(took)),
    ];
    Ok([rows, company.counts()].concat())
}

/// Links the nodes, and gives each a flow to each of its peers.
fn flows(company: &mut Company) -> Vec<Vec<Sending>> {
    let nodes = company.ids.len();
    let graph = random_graph(nodes, DEGREE.min(nodes - 1), company.world.random());
    graph.edges.iter().for_each(|(one, other)| company.dial(*one, *other));
    let of = |node| graph.neighbours(node).map(|peer| company.flow(node, peer, peer as u64)).collect();
    (0..nodes).map(of).collect()
}

/// Waits until all that are linked have sessions.
fn meet(company: &mut Company, flows: &[Vec<Sending>]) -> Result<Duration, Violation> {
    let ids = company.ids.clone();
    let met = company.world.run_until(Duration::from_secs(60), |world| {
        let has_met = |flow: &Sending| {
            world.node(flow.from).is_some_and(|node| node.session_with(ids[flow.to.0]).is_some())
        };
        flows.iter().flatten().all(has_met)
    })?;
    met.ok_or_else(|| company.world.violation("not all that are linked have a session after 60 s"))
}

/// Each node sends a message to one of its peers in each pause.
fn talk(company: &mut Company, flows: &mut [Vec<Sending>]) -> Result<(), Violation> {
    let start = company.world.now();
    for turn in 0.. {
        if company.world.now() - start >= TALK {
            break;
        }
        for at in (turn % TURNS..flows.len()).step_by(TURNS) {
            let peer = company.world.random().index(flows[at].len());
            if !company.send(&mut flows[at][peer], LENGTH)? {
                let text = format!("node {at} has no room for a message");
                return Err(Violation { host: Some(Host(at)), ..company.world.violation(text) });
            }
        }
        company.world.run_for(PAUSE / TURNS as u32)?;
    }
    Ok(())
}
