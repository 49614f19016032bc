//! What a run found: as JSON, as tables, and held against the targets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pair::Sample;
use super::plan::{Plan, Work};
use crate::perf::figures::{short, span};
use crate::perf::report::{Machine, Verdict};

/// What is measured of each work: nanoseconds of processor time of all, of the sender, of the reader and of a server
/// between them for one unit; nanoseconds on the wall for one unit; median and 99th percentile of single ones; and what
/// part has arrived.
pub(crate) const MEASURES: [&str; 8] = ["cpu", "sender", "reader", "broker", "wall", "p50", "p99", "arrived"];

/// Figures that stand alone: nanoseconds of a packet, bytes of a peer, nanoseconds of processor time in a second, seconds.
pub(crate) const ALONE: [&str; 5] =
    ["forward/1,200 bytes", "find/one_hit", "idle peer of 1000", "idle node of 1000", "crowd of 1000"];

/// The whole run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<Row>,
    pub(crate) alone: BTreeMap<String, f64>,
    pub(crate) targets: Vec<Verdict>,
    /// Why somebody is not there.
    pub(crate) absent: Option<String>,
}

/// A system that does some work.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) system: String,
    pub(crate) work: String,
    /// Times that a round does it.
    pub(crate) count: f64,
    pub(crate) measures: BTreeMap<String, Middle>,
}

/// What rounds say together.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Middle {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Middle {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        Self { median: at(values.len() / 2), least: at(0), most: at(values.len().saturating_sub(1)) }
    }
}

impl Row {
    /// Puts rounds together.
    pub(crate) fn new(system: &str, work: &Work, samples: &[Sample]) -> Self {
        let of = |measure: &str| {
            let value = |sample: &Sample| match measure {
                "cpu" => (sample.sender + sample.reader + sample.broker) / sample.count,
                "sender" => sample.sender / sample.count,
                "reader" => sample.reader / sample.count,
                "broker" => sample.broker / sample.count,
                "wall" => sample.wall / sample.count,
                "p50" => sample.p50,
                "p99" => sample.p99,
                _ => sample.arrived,
            };
            Middle::of(samples.iter().map(value).collect())
        };
        let measures = MEASURES.iter().map(|measure| ((*measure).to_owned(), of(measure)));
        let count = samples.first().map_or(0.0, |sample| sample.count);
        Self {
            system: system.to_owned(),
            work: work.name.clone(),
            count,
            measures: measures.filter(|(_, middle)| middle.median.is_finite()).collect(),
        }
    }

    fn median(&self, measure: &str) -> f64 {
        self.measures.get(measure).map_or(f64::NAN, |middle| middle.median)
    }

    fn print(&self) {
        let cpu = self.measures.get("cpu");
        let spread = cpu.map_or(String::new(), |cpu| format!("{} to {}", short(cpu.least), short(cpu.most)));
        let time = |measure| {
            let nanos = self.median(measure);
            if nanos.is_finite() { span(nanos) } else { String::new() }
        };
        println!(
            "  {:<10}{:>9} {:>17}{:>9}{:>9}{:>9}{:>11}{:>11}{:>11}{:>9.1} %",
            self.system,
            short(self.median("cpu")),
            spread,
            short(self.median("sender")),
            short(self.median("reader")),
            if self.median("broker") > 0.0 { short(self.median("broker")) } else { String::new() },
            short(1e9 / self.median("wall")),
            time("p50"),
            time("p99"),
            self.median("arrived") * 100.0,
        );
    }
}

impl Report {
    /// The table of some work.
    pub(crate) fn print(&self, work: &Work) {
        println!("\n{} (nanoseconds of processor time for a {}); {}", work.name, work.unit, work.about);
        println!(
            "  {:<10}{:>9} {:>17}{:>9}{:>9}{:>9}{:>11}{:>11}{:>11}{:>11}",
            "", "all", "of rounds", "sender", "reader", "server", "a second", "p50", "p99", "arrived"
        );
        self.rows.iter().filter(|row| row.work == work.name).for_each(Row::print);
    }

    /// Holds the figures against the targets; those of what was not measured are left out.
    pub(crate) fn judge(&mut self, plan: &Plan) {
        for target in &plan.targets {
            let Some(measured) = self.figure(&target.figure) else { continue };
            let (limit, rule) = match (&target.of, target.most) {
                (Some(of), _) => match self.figure(of) {
                    Some(other) => {
                        (target.part * other, format!("{} of the {} of {of}", target.part, short(other)))
                    }
                    None => continue,
                },
                (None, most) => (most.unwrap_or(f64::NAN), String::new()),
            };
            self.targets.push(Verdict::new(target.what.clone(), measured, limit, rule));
        }
    }

    /// Everything that is no table.
    pub(crate) fn print_rest(&self) {
        if let Some(reason) = &self.absent {
            println!("\n{reason}");
        }
        if !self.alone.is_empty() {
            println!("\nalone");
            self.alone.iter().for_each(|(name, value)| println!("  {name:<24}{:>12}", short(*value)));
        }
        if !self.targets.is_empty() {
            println!("\ntargets");
            self.targets.iter().for_each(Verdict::print);
        }
    }

    fn figure(&self, name: &str) -> Option<f64> {
        if let Some(alone) = self.alone.get(name) {
            return Some(*alone);
        }
        let words: Vec<_> = name.split(' ').collect();
        let [system, work, measure] = words[..] else { return None };
        let row = self.rows.iter().find(|row| row.system == system && row.work == work)?;
        row.measures.get(measure).map(|middle| middle.median)
    }
}
