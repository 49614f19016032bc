//! What a run found: as JSON, as a table, and held against the targets.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::figures::{Figure, short, span};
use super::measure::Timing;
use super::plan::{Benchmark, Plan, Target};

/// The whole run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) benchmarks: Vec<Row>,
    /// Import, memory and rest of each language's library.
    pub(crate) footprints: Vec<Footprint>,
    /// What the core says about itself.
    pub(crate) core: Vec<Core>,
    pub(crate) targets: Vec<Verdict>,
    /// Why the wheel is not there, if it is not.
    pub(crate) wheel: Option<String>,
}

/// Where it ran.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) system: String,
    /// Programs that wanted a core when the run ended, this one among them.
    pub(crate) load: f64,
}

/// A method.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) call: String,
    pub(crate) checks: String,
    pub(crate) floor: Option<String>,
    pub(crate) each: usize,
    pub(crate) in_flight: usize,
    pub(crate) waits: bool,
    pub(crate) cells: Vec<Cell>,
}

/// A method in a language.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cell {
    pub(crate) party: String,
    pub(crate) method: Figure,
    pub(crate) floor: Option<Figure>,
}

/// What a library costs that is only there.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Footprint {
    pub(crate) language: String,
    /// Milliseconds of importing it.
    pub(crate) import: f64,
    /// MiB that a process with an idle node has more than one without.
    pub(crate) memory: f64,
    /// Microseconds of processor time of an idle node in a second.
    pub(crate) idle: f64,
    /// Most milliseconds in which a call that waited gave in to Ctrl-C, where a language waits in the library.
    #[serde(default)]
    pub(crate) interrupt: Option<f64>,
}

/// A figure of a bench of the core.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Core {
    pub(crate) name: String,
    pub(crate) nanos: f64,
}

/// Whether a target is reached.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) what: String,
    pub(crate) measured: f64,
    pub(crate) limit: f64,
    pub(crate) rule: String,
    pub(crate) reached: bool,
    /// What crossing and Rust's work take in the same run, where that is known: the figure cannot be much below it.
    #[serde(default)]
    pub(crate) least: Option<f64>,
}

impl Row {
    /// Puts the timings of a benchmark together.
    pub(crate) fn new(benchmark: &Benchmark, timings: Vec<Timing>) -> Self {
        let cell = |timing: Timing| Cell { party: timing.party, method: timing.method, floor: timing.floor };
        Self {
            call: benchmark.call.clone(),
            checks: benchmark.checks.clone(),
            floor: benchmark.floor.clone(),
            each: benchmark.each,
            in_flight: benchmark.in_flight.unwrap_or(1),
            waits: benchmark.is_async,
            cells: timings.into_iter().map(cell).collect(),
        }
    }

    /// What somebody takes.
    pub(crate) fn cell(&self, party: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.party == party)
    }

    /// What the published wheel takes.
    pub(crate) fn wheel(&self) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.party.starts_with("wheel"))
    }

    /// The method, behind its module.
    pub(crate) fn name(&self) -> &str {
        self.call.split_once('.').map_or(self.call.as_str(), |(_, name)| name)
    }

    /// What one figure is about.
    pub(crate) fn unit(&self) -> String {
        match (self.each, self.in_flight) {
            (1, 1) => "a call".into(),
            (1, in_flight) => format!("an operation, {in_flight} under way"),
            (each, _) => format!("an event, {each} a call"),
        }
    }

    /// Its part of the table.
    pub(crate) fn print(&self) {
        println!("\n{} ({}); checks {}", self.call, self.unit(), self.checks);
        let rust = self.cell("rust").map(|cell| cell.method.nanos);
        println!(
            "  {:<14}{:>9} {:>17}{:>9}{:>10}{:>9}{:>9}{:>16}",
            "", "ns", "half of rounds", "M/s", "floor ns", "x floor", "x rust", "x (floor+rust)"
        );
        for cell in &self.cells {
            let Figure { nanos, low, high, .. } = cell.method;
            let floor = cell.floor.map(|floor| floor.nanos);
            let ratio = |of: Option<f64>| of.map_or(String::new(), |of| format!("{:.2}", nanos / of));
            let both = floor.zip(rust).map(|(floor, rust)| floor + rust);
            println!(
                "  {:<14}{:>9} {:>17}{:>9}{:>10}{:>9}{:>9}{:>16}",
                cell.party,
                short(nanos),
                format!("{} to {}", short(low), short(high)),
                short(1e3 / nanos),
                floor.map_or(String::new(), short),
                ratio(floor),
                ratio(rust),
                if cell.party == "rust" { String::new() } else { ratio(both) },
            );
        }
    }
}

impl Verdict {
    /// Holds a figure against a limit.
    pub(crate) fn new(what: String, measured: f64, limit: f64, rule: String) -> Self {
        Self { what, measured, limit, rule, reached: measured <= limit, least: None }
    }

    /// What the figure cannot be much below, if the limit is.
    fn contradiction(&self) -> Option<f64> {
        self.least.filter(|least| !self.reached && *least > self.limit)
    }

    /// Its line.
    pub(crate) fn print(&self) {
        let Self { what, measured, limit, rule, reached, .. } = self;
        let (state, least) = match self.contradiction() {
            Some(least) => ("FLOOR", format!("; the floor and Rust take {}", short(least))),
            None if *reached => ("reached", String::new()),
            None => ("MISSED", String::new()),
        };
        println!(
            "  {state:<8} {what:<44}{:>9} of at most {:<8} {rule}{least}",
            short(*measured),
            short(*limit)
        );
    }
}

impl Report {
    /// Writes it as JSON.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads what an earlier run wrote.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is no report of `cargo perf`", path.display()))
    }

    /// Holds the figures against the targets of the plan; those of what was not timed are left out.
    pub(crate) fn judge(&mut self, plan: &Plan) {
        for target in &plan.targets {
            let Some(row) = self.benchmarks.iter().find(|row| row.call == target.call) else { continue };
            let cells = target.languages.iter().filter_map(|language| row.cell(language));
            self.targets.extend(cells.filter_map(|cell| verdict(target, row, cell)));
        }
        for target in &plan.core {
            let find = |name: &str| self.core.iter().find(|core| core.name == name).map(|core| core.nanos);
            let limit = match &target.of {
                Some(other) => find(other).map(|other| target.part * other),
                None => target.most,
            };
            let rule = target.of.as_ref().map_or("ns".into(), |of| format!("ns: {} of {of}", target.part));
            if let Some((measured, limit)) = find(&target.name).zip(limit) {
                self.targets.push(Verdict::new(format!("core {}", target.name), measured, limit, rule));
            }
        }
        for one in self.footprints.iter().filter(|one| one.language != "wheel") {
            let parts = [
                ("import", one.import, plan.footprint.import, "ms"),
                ("idle node", one.memory, plan.footprint.memory, "MiB above the bare interpreter"),
                ("idle node", one.idle, plan.footprint.idle, "µs of processor time a second"),
            ];
            self.targets.extend(parts.map(|(part, measured, limit, rule)| {
                Verdict::new(format!("{} {part}", one.language), measured, limit, rule.to_owned())
            }));
            self.targets.extend(one.interrupt.map(|measured| {
                let rule = "ms until a call that waits gives in, at most".to_owned();
                Verdict::new(format!("{} Ctrl-C", one.language), measured, plan.footprint.interrupt, rule)
            }));
        }
    }

    /// Everything that is no benchmark.
    pub(crate) fn print_rest(&self) {
        if let Some(reason) = &self.wheel {
            println!("\nwheel: not installable here: {reason}");
        }
        if !self.core.is_empty() {
            println!("\nthe core alone");
            for core in &self.core {
                println!("  {:<40}{:>12}", core.name, span(core.nanos));
            }
        }
        if !self.footprints.is_empty() {
            println!(
                "\n  {:<14}{:>12}{:>24}{:>28}",
                "", "import", "idle node, resident", "idle node, processor time"
            );
            for Footprint { language, import, memory, idle, .. } in &self.footprints {
                println!("  {language:<14}{:>9.1} ms{:>20.1} MiB{:>23.0} µs/s", import, memory, idle);
            }
        }
        if !self.targets.is_empty() {
            println!("\ntargets");
        }
        self.targets.iter().for_each(Verdict::print);
    }
}

fn verdict(target: &Target, row: &Row, cell: &Cell) -> Option<Verdict> {
    let rust = row.cell("rust").map(|cell| cell.method.nanos);
    let wheel = row.wheel().map(|cell| cell.method.nanos);
    let floor = cell.floor.map(|floor| floor.nanos);
    let (limit, rule) = if let Some(most) = target.most {
        (most, "ns".to_owned())
    } else if let Some(more) = target.above_rust {
        let rust = rust?;
        (rust + more, format!("ns: {more} more than the {} of Rust", short(rust)))
    } else if let Some(factor) = target.of_floor_and_rust {
        let (floor, rust) = (floor?, rust?);
        (
            factor * (floor + rust),
            format!("ns: {factor} times the floor, {}, and Rust, {}", short(floor), short(rust)),
        )
    } else {
        let (part, wheel) = (target.of_wheel?, wheel?);
        (part * wheel, format!("ns: {part} of the {} of the wheel", short(wheel)))
    };
    let least = floor.zip(rust).map(|(floor, rust)| floor + rust);
    let verdict = Verdict::new(format!("{} {}", cell.party, row.name()), cell.method.nanos, limit, rule);
    Some(Verdict { least, ..verdict })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_below_the_floor_and_rust_contradicts_them() {
        let verdict = |measured, limit, least| Verdict {
            least,
            ..Verdict::new("what".to_owned(), measured, limit, "ns".to_owned())
        };
        assert_eq!(verdict(300.0, 100.0, Some(200.0)).contradiction(), Some(200.0));
        assert_eq!(verdict(300.0, 250.0, Some(200.0)).contradiction(), None);
        assert_eq!(verdict(90.0, 100.0, Some(200.0)).contradiction(), None);
        assert_eq!(verdict(300.0, 100.0, None).contradiction(), None);
    }
}
