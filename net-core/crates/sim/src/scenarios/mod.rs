//! Runs with something to prove.

mod announcing;
mod attacks;
mod channels;
mod company;
mod crowd;
mod mesh;
mod routing;
mod sessions;
mod storage;
mod subnets;

use crate::{Counts, Node, Violation, World, disk::Faults};
use std::time::Duration;

/// A kind of run.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// What it is called.
    pub name: &'static str,
    /// What it proves.
    pub about: &'static str,
    /// How many nodes it has, unless it is told otherwise.
    pub nodes: usize,
    /// How often it comes among a hundred runs of all scenarios: never, if it has runs of its own.
    pub weight: u32,
    /// Runs it from a seed with so many nodes.
    pub run: fn(seed: u64, nodes: usize) -> Outcome,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What happened, or what must not.
    pub result: Result<Vec<Row>, Violation>,
    /// What was counted.
    pub counts: Counts,
    /// How much time has passed in the world.
    pub time: Duration,
    /// How many events there were, and the hash of all of them.
    pub fingerprint: (u64, blake3::Hash),
    /// The last events as text.
    pub trace: String,
    /// What has happened to its disk.
    pub faults: Faults,
}

/// A line of the table of what happened.
pub type Row = (String, String);

/// All scenarios.
pub const SCENARIOS: &[Scenario] = &[
    routing::LINE,
    routing::RING,
    routing::GRAPH,
    routing::PARTITION,
    routing::CHURN,
    routing::METRIC,
    routing::EPOCH,
    attacks::FORGED,
    attacks::LIAR,
    sessions::RELIABLE,
    sessions::SIMULTANEOUS,
    sessions::RESTART,
    sessions::REBIND,
    sessions::SLOW,
    sessions::UNANSWERED,
    sessions::REPLAY,
    sessions::GARBAGE,
    sessions::RELAYED,
    sessions::REROUTED,
    sessions::UPGRADE,
    announcing::ANNOUNCE,
    announcing::REVOKE,
    channels::CHANNELS,
    subnets::SUBNETS,
    crowd::CROWD,
    storage::STORAGE,
];

/// The scenario of a name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

/// The scenario that a seed runs when none is named: each as often as its weight says.
pub fn of_seed(seed: u64) -> &'static Scenario {
    let sum: u64 = SCENARIOS.iter().map(|scenario| u64::from(scenario.weight)).sum();
    let mut place = seed % sum;
    for scenario in SCENARIOS {
        match place.checked_sub(u64::from(scenario.weight)) {
            Some(rest) => place = rest,
            None => return scenario,
        }
    }
    &SCENARIOS[0]
}

/// A world with what a scenario knows of it.
trait Cast {
    type Node: Node;

    fn world(&self) -> &World<Self::Node>;
}

/// Runs the body of a scenario, unless the world could not even begin.
fn play<C: Cast>(
    cast: Result<C, Violation>,
    body: impl FnOnce(&mut C) -> Result<Vec<Row>, Violation>,
) -> Outcome {
    match cast {
        Ok(mut cast) => {
            let result = body(&mut cast);
            let world = cast.world();
            Outcome {
                result,
                counts: world.counts(),
                time: world.now(),
                fingerprint: world.fingerprint(),
                trace: world.trace(),
                faults: Faults::default(),
            }
        }
        Err(violation) => Outcome {
            time: violation.at,
            result: Err(violation),
            counts: Counts::default(),
            fingerprint: (0, blake3::hash(&[])),
            trace: String::new(),
            faults: Faults::default(),
        },
    }
}

fn row(name: &str, value: impl std::fmt::Display) -> Row {
    (name.to_owned(), value.to_string())
}

fn seconds(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}
