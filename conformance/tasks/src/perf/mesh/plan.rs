//! What is measured, and what figures have to reach: `conformance/mesh.toml`.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::report::{ALONE, MEASURES};
use crate::workspace::Workspace;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    #[serde(rename = "work")]
    pub(crate) works: Vec<Work>,
    #[serde(rename = "target")]
    pub(crate) targets: Vec<Target>,
}

/// Something that several systems do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Work {
    pub(crate) name: String,
    /// What it is, for people.
    pub(crate) about: String,
    /// Who does it, in the order of the table.
    pub(crate) systems: Vec<String>,
    /// How often, in a round.
    pub(crate) count: u64,
    /// What one of it is: a byte, a message, a ping, a handshake.
    pub(crate) unit: String,
}

/// What a figure has to reach.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    pub(crate) what: String,
    /// System, work and measure, or the name of a figure that stands alone.
    pub(crate) figure: String,
    /// At most this.
    pub(crate) most: Option<f64>,
    /// At most a part of this figure.
    pub(crate) of: Option<String>,
    #[serde(default)]
    pub(crate) part: f64,
}

/// How thorough a run is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Rounds that count.
    pub(crate) rounds: usize,
    /// By what the work of a round is divided.
    pub(crate) divisor: u64,
    /// Seconds for which idle nodes are watched.
    pub(crate) watch: u64,
    /// Nodes that only are there, and nodes of the simulated world.
    pub(crate) crowd: u64,
}

impl Effort {
    /// Enough for figures that one can rely on.
    pub(crate) const FULL: Self = Self { rounds: 5, divisor: 1, watch: 20, crowd: 1_000 };
    /// Enough to see whether something is wrong.
    pub(crate) const QUICK: Self = Self { rounds: 2, divisor: 10, watch: 2, crowd: 50 };

    /// How often a round does some work.
    pub(crate) fn count(self, work: &Work) -> u64 {
        // Bytes are written by so many.
        let whole = if work.unit == "byte" { 64 << 10 } else { 1 };
        (work.count / self.divisor / whole).max(1) * whole
    }
}

impl Plan {
    /// Reads the file.
    pub(crate) fn load(workspace: &Workspace) -> Result<Self> {
        const FILE: &str = "conformance/mesh.toml";
        let text = fs::read_to_string(workspace.path(FILE)).with_context(|| format!("cannot read {FILE}"))?;
        let plan: Self = toml::from_str(&text).with_context(|| FILE.to_owned())?;
        for Target { what, figure, most, of, .. } in &plan.targets {
            ensure!(most.is_some() != of.is_some(), "{what}: a target is a limit or a part of a figure");
            for figure in std::iter::once(figure).chain(of) {
                ensure!(plan.measures(figure), "{what}: nobody measures `{figure}`");
            }
        }
        Ok(plan)
    }

    /// Whether a figure is one of a system that does some work, or stands alone.
    fn measures(&self, figure: &str) -> bool {
        let words: Vec<_> = figure.split(' ').collect();
        let is_of_work = match words[..] {
            [system, work, measure] => {
                let does = |one: &Work| one.name == work && one.systems.iter().any(|other| other == system);
                self.works.iter().any(does) && MEASURES.contains(&measure)
            }
            _ => false,
        };
        is_of_work || ALONE.contains(&figure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_is_one_of_what_is_measured() {
        let plan = Plan::load(&Workspace::find().unwrap()).unwrap();
        assert!(plan.measures("mesh bulk cpu") && plan.measures("crowd of 1000"));
        assert!(!plan.measures("udp bulk cpu") && !plan.measures("mesh bulk colour"));
    }
}
