//! What the benches of the core crates say, for what no language has a method for.

use anyhow::{Context as _, Result};

use super::report::Core;
use crate::job::Job;
use crate::workspace::Workspace;

/// Packages with the bench of each, and what of it is run.
const BENCHES: [(&str, &str, &[&str]); 2] =
    [("net-node", "bus", &["emit, serialized"]), ("net-crypto", "tokens", &[])];

/// Runs the benches.
pub(crate) fn figures(workspace: &Workspace, job: &Job, quick: bool) -> Result<Vec<Core>> {
    let mut all = Vec::new();
    for (package, bench, filters) in BENCHES {
        let mut cargo = workspace.command("cargo", "");
        cargo.args(["bench", "--package", package, "--bench", bench, "--"]).args(filters);
        if quick && filters.is_empty() {
            cargo.args(["--quick", "--noplot"]);
        }
        let printed = job.capture(&mut cargo).with_context(|| format!("the bench {bench}"))?;
        all.extend(printed.lines().filter_map(of_bus));
        all.extend(of_criterion(&printed));
    }
    Ok(all)
}

/// Runs all of one bench.
pub(crate) fn of(workspace: &Workspace, job: &Job, package: &str, bench: &str) -> Result<Vec<Core>> {
    let mut cargo = workspace.command("cargo", "");
    cargo.args(["bench", "--package", package, "--bench", bench, "--", "--noplot"]);
    let printed = job.capture(&mut cargo).with_context(|| format!("the bench {bench}"))?;
    Ok(of_criterion(&printed))
}

/// A line such as `  emit, serialized: 48.1 ns per event, median 51.0`.
fn of_bus(line: &str) -> Option<Core> {
    let (name, rest) = line.trim().split_once(": ")?;
    let (_, median) = rest.split_once(" ns per event, median ")?;
    Some(Core { name: name.to_owned(), nanos: median.trim().parse().ok()? })
}

/// Names, and times such as `time:   [50.1 µs 51.0 µs 52.3 µs]` behind them or in the line after.
fn of_criterion(printed: &str) -> Vec<Core> {
    let mut name = "";
    let mut all = Vec::new();
    for line in printed.lines() {
        let Some((before, times)) = line.split_once("time:") else {
            name = if line.starts_with(' ') || line.trim().is_empty() { name } else { line.trim() };
            continue;
        };
        let before = before.trim();
        let words: Vec<_> = times.trim().trim_matches(['[', ']']).split_whitespace().collect();
        let scale = match words.get(3) {
            Some(&"ps") => 1e-3,
            Some(&"ns") => 1.0,
            Some(&"µs") => 1e3,
            Some(&"ms") => 1e6,
            _ => continue,
        };
        if let Some(median) = words.get(2).and_then(|word| word.parse::<f64>().ok()) {
            let name = if before.is_empty() { name } else { before };
            all.push(Core { name: name.to_owned(), nanos: median * scale });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_benches_are_read() {
        let core = of_bus("  emit, serialized: 48.1 ns per event, median 51.0").unwrap();
        assert_eq!((core.name.as_str(), core.nanos), ("emit, serialized", 51.0));
        assert!(of_bus("4 shards, buffers of 2^20").is_none());
        let printed = "token/parse and verify  time:   [50.1 µs 51.0 µs 52.3 µs]\nFound 3 outliers\n\
                       token/known to the cache, with a long name\n                time:   [19.5 ns 20.0 ns 20.6 ns]\n";
        let found: Vec<_> = of_criterion(printed).into_iter().map(|core| (core.name, core.nanos)).collect();
        let long = "token/known to the cache, with a long name".to_owned();
        assert_eq!(found, [("token/parse and verify".to_owned(), 51_000.0), (long, 20.0)]);
    }
}
