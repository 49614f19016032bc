//! What is measured of logs, and what figures have to reach: `conformance/logs.toml`.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::report::MEASURES;
use crate::workspace::Workspace;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    #[serde(rename = "work")]
    pub(super) works: Vec<Work>,
    #[serde(rename = "target")]
    pub(super) targets: Vec<Target>,
}

/// Something that several systems do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Work {
    pub(super) name: String,
    /// What it is, for people.
    pub(super) about: String,
    /// What a system is asked for, where the name does not say it.
    kind: Option<String>,
    /// Who does it, in the order of the table.
    pub(super) systems: Vec<String>,
    /// Records of a round.
    pub(super) count: u64,
    /// Bytes of a record.
    pub(super) size: u64,
    /// Records that are appended in one go, or by so many at the same time.
    #[serde(default = "one")]
    pub(super) batch: u64,
    /// Whether an append is on disk when it returns.
    #[serde(default)]
    pub(super) durable: bool,
    /// Whether a round is about one operation, whatever the number of records.
    #[serde(default)]
    pub(super) once: bool,
}

/// What a figure has to reach.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    pub(super) what: String,
    /// System, work and measure.
    pub(super) figure: String,
    /// At most this.
    pub(super) most: Option<f64>,
    /// At most a part of this figure, round by round.
    pub(super) of: Option<String>,
    #[serde(default)]
    pub(super) part: f64,
    /// What no store can be much below, a part of the same figure.
    pub(super) floor: Option<String>,
}

const fn one() -> u64 {
    1
}

impl Work {
    /// What a system is asked for.
    pub(super) fn kind(&self) -> &str {
        match (&self.kind, self.name.as_str()) {
            (Some(kind), _) => kind,
            (None, name @ ("waiting" | "memory" | "tail" | "reopen" | "create" | "filter" | "list")) => name,
            (None, _) => "append",
        }
    }
}

impl Plan {
    /// Reads the file.
    pub(super) fn load(workspace: &Workspace) -> Result<Self> {
        const FILE: &str = "conformance/logs.toml";
        let text = fs::read_to_string(workspace.path(FILE)).with_context(|| format!("cannot read {FILE}"))?;
        let plan: Self = toml::from_str(&text).with_context(|| FILE.to_owned())?;
        for Target { what, figure, most, of, floor, .. } in &plan.targets {
            ensure!(most.is_some() != of.is_some(), "{what}: a target is a limit or a part of a figure");
            ensure!(floor.is_none() || of.is_some(), "{what}: a floor is a part of a figure");
            for figure in std::iter::once(figure).chain(of).chain(floor) {
                ensure!(plan.measures(figure), "{what}: nobody measures `{figure}`");
            }
        }
        Ok(plan)
    }

    /// Whether a figure is one of a system that does some work.
    fn measures(&self, figure: &str) -> bool {
        split(figure).is_some_and(|(system, work, measure)| {
            let does = |one: &Work| one.name == work && one.systems.iter().any(|other| other == system);
            self.works.iter().any(does) && MEASURES.contains(&measure)
        })
    }
}

/// System, work and measure of a figure.
pub(super) fn split(figure: &str) -> Option<(&str, &str, &str)> {
    let (system, rest) = figure.split_once(' ')?;
    let (work, measure) = rest.rsplit_once(' ')?;
    Some((system, work, measure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_is_one_of_what_is_measured() {
        let plan = Plan::load(&Workspace::find().unwrap()).unwrap();
        assert!(plan.measures("log large batches wall") && plan.measures("log reopen kept"));
        assert!(!plan.measures("wheel tail wall") && !plan.measures("log single colour"));
    }

    #[test]
    fn a_work_is_of_the_kind_that_it_says() {
        let plan = Plan::load(&Workspace::find().unwrap()).unwrap();
        let kind = |name: &str| plan.works.iter().find(|work| work.name == name).unwrap().kind();
        assert_eq!(
            ["single", "waiting", "large waiting", "memory batches"].map(kind),
            ["append", "waiting", "waiting", "memory"]
        );
    }
}
