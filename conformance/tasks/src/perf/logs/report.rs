//! What a run of the logs found: as JSON, as tables, as a plot, and held against the targets round by round.

use std::collections::BTreeMap;

use serde::Serialize;

use super::plan::{Plan, Work, split};
use crate::perf::figures::{short, span};
use crate::perf::report::Machine;

/// What is measured of each work: nanoseconds for one record; median and 99th percentile of single appends, in nanoseconds; bytes.
pub(super) const MEASURES: [&str; 4] = ["wall", "p50", "p99", "kept"];

/// The whole run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) rows: Vec<Row>,
    pub(super) targets: Vec<Held>,
    /// Why somebody is not there.
    pub(super) absent: Vec<String>,
}

/// A system that does some work: each measure in each round.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) system: String,
    pub(super) work: String,
    pub(super) rounds: BTreeMap<String, Vec<f64>>,
}

/// The middle of what rounds say.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Middle {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

/// A target, and what was measured.
#[derive(Debug, Serialize)]
pub(super) struct Held {
    what: String,
    /// A figure, or how many times another one it is in the same round.
    measured: Middle,
    limit: f64,
    reached: bool,
    /// How many times the same figure the floor is.
    floor: Option<Middle>,
}

impl Middle {
    fn of(values: &[f64]) -> Option<Self> {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let half = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 };
        Some(Self { median, least, most })
    }
}

impl Middle {
    /// How many times others one is, round by round.
    fn part(values: &[f64], others: &[f64]) -> Option<Self> {
        Self::of(&values.iter().zip(others).map(|(one, other)| one / other).collect::<Vec<_>>())
    }
}

impl Row {
    pub(super) fn middle(&self, measure: &str) -> Option<Middle> {
        Middle::of(self.rounds.get(measure)?)
    }

    fn print(&self) {
        let time = |measure| self.middle(measure).map_or(String::new(), |middle| span(middle.median));
        let wall = self.middle("wall");
        let spread =
            wall.map_or(String::new(), |wall| format!("{} to {}", span(wall.least), span(wall.most)));
        let rate = wall.map_or(String::new(), |wall| short(1e9 / wall.median));
        let kept = self.middle("kept").map_or(String::new(), |kept| short(kept.median));
        println!(
            "  {:<10}{:>12}{:>26}{:>12}{:>12}{:>12}{:>12}",
            self.system,
            time("wall"),
            spread,
            rate,
            time("p50"),
            time("p99"),
            kept
        );
    }
}

impl Report {
    /// The table of some work.
    pub(super) fn print(&self, work: &Work) {
        let each = if work.batch > 1 { format!(", {} at once", work.batch) } else { String::new() };
        println!("\n{} ({} bytes{each}); {}", work.name, work.size, work.about);
        let unit = if work.once { "all" } else { "record" };
        println!(
            "  {:<10}{unit:>12}{:>26}{:>12}{:>12}{:>12}{:>12}",
            "", "of rounds", "a second", "p50", "p99", "kept"
        );
        self.rows.iter().filter(|row| row.work == work.name).for_each(Row::print);
    }

    /// Holds the figures against the targets; those of what was not measured are left out.
    pub(super) fn judge(&mut self, plan: &Plan) {
        for target in &plan.targets {
            let Some(values) = self.figure(&target.figure) else { continue };
            let (measured, limit, floor) = match &target.of {
                Some(of) => {
                    let Some(others) = self.figure(of) else { continue };
                    let floor = target.floor.as_ref().and_then(|floor| self.figure(floor));
                    (
                        Middle::part(values, others),
                        target.part,
                        floor.and_then(|one| Middle::part(one, others)),
                    )
                }
                None => (Middle::of(values), target.most.unwrap_or(f64::NAN), None),
            };
            if let Some(measured) = measured {
                let reached = measured.median <= limit;
                self.targets.push(Held { what: target.what.clone(), measured, limit, reached, floor });
            }
        }
    }

    /// Everything that is no table.
    pub(super) fn print_rest(&self) {
        self.absent.iter().for_each(|reason| println!("\n{reason}"));
        if self.targets.is_empty() {
            return;
        }
        println!("\ntargets{:>73}{:>24}{:>12}", "measured", "of rounds", "at most");
        for Held { what, measured, limit, reached, floor } in &self.targets {
            let number = |value: f64| if value < 1_000.0 { format!("{value:.3}") } else { short(value) };
            let spread = format!("{} to {}", number(measured.least), number(measured.most));
            let state = match floor.filter(|floor| floor.median > *limit) {
                _ if *reached => "reached".to_owned(),
                Some(floor) => format!("below the floor, {}", number(floor.median)),
                None => "MISSED".to_owned(),
            };
            println!(
                "  {what:<66}{:>12}{spread:>24}{:>12}  {state}",
                number(measured.median),
                number(*limit),
            );
        }
    }

    fn figure(&self, name: &str) -> Option<&[f64]> {
        let (system, work, measure) = split(name)?;
        let row = self.rows.iter().find(|row| row.system == system && row.work == work)?;
        row.rounds.get(measure).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        let middle = Middle::of(&[4.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!((middle.median, middle.least, middle.most), (2.5, 1.0, 4.0));
        assert!(Middle::of(&[]).is_none());
    }

    #[test]
    fn a_target_is_held_against_the_same_round() {
        let plan: Plan = toml::from_str(
            r#"
            work = []
            target = [
                { what = "part", figure = "log single wall", of = "raw single wall", part = 1.5, floor = "raw single wall" },
                { what = "limit", figure = "log single wall", most = 10 },
                { what = "absent", figure = "log tail p50", most = 10 },
            ]"#,
        )
        .unwrap();
        let row = |system: &str, wall: Vec<f64>| Row {
            system: system.to_owned(),
            work: "single".to_owned(),
            rounds: BTreeMap::from([("wall".to_owned(), wall)]),
        };
        let rows = vec![row("log", vec![10.0, 40.0, 90.0]), row("raw", vec![10.0, 30.0, 60.0])];
        let mut report = Report { rows, ..Report::default() };
        report.judge(&plan);
        let held: Vec<_> = report
            .targets
            .iter()
            .map(|held| (held.what.as_str(), held.measured.median, held.reached))
            .collect();
        assert_eq!(held, [("part", 40.0 / 30.0, true), ("limit", 40.0, false)]);
        let floors: Vec<_> = report.targets.iter().map(|held| held.floor.map(|floor| floor.median)).collect();
        assert_eq!(floors, [Some(1.0), None]);
    }
}
