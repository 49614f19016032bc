//! `cargo sim`: runs scenarios from seeds.

#![forbid(unsafe_code)]

use net_sim::{
    disk::Faults,
    scenarios::{self, Outcome, SCENARIOS, Scenario},
};
use std::{
    ops::Range,
    process::ExitCode,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

const USAGE: &str = "\
Runs nodes on a virtual clock, over a network that fails, and checks what must hold.

  cargo sim [--scenario NAME] [--seed N | --seeds A..B] [--nodes M] [--every-fault] [--explore] [--list] [--quiet]

  --scenario NAME  this one; without it the seed chooses
  --seed N         the run of a seed (default 0)
  --seeds A..B     the runs of all seeds from A to B, B not among them
  --nodes M        so many nodes, where a scenario has a choice
  --every-fault    fails unless each kind of fault of a disk has happened in some run
  --explore        new seeds, until something does not hold or the program is stopped
  --list           the scenarios
  --quiet          a line for all runs together, unless something does not hold

The exit status is 0 if all held, 1 if not, 2 if the arguments are wrong.
";

#[derive(Debug, Default)]
struct Args {
    scenario: Option<&'static Scenario>,
    seeds: Option<Range<u64>>,
    nodes: Option<usize>,
    every_fault: bool,
    explore: bool,
    list: bool,
    quiet: bool,
    help: bool,
}

fn main() -> ExitCode {
    let args = match parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("error: {error:#}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if args.help {
        print!("{USAGE}");
    } else if args.list {
        list();
    } else if !run_all(&args) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn parse(mut words: impl Iterator<Item = String>) -> anyhow::Result<Args> {
    let mut args = Args::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| anyhow::anyhow!("{word} needs a value"));
        match word.as_str() {
            "--scenario" => {
                let name = value()?;
                let found = scenarios::find(&name);
                args.scenario = Some(found.ok_or_else(|| anyhow::anyhow!("there is no scenario {name}"))?);
            }
            "--seed" => {
                let seed: u64 = value()?.parse()?;
                args.seeds = Some(seed..seed.saturating_add(1));
            }
            "--seeds" => {
                let text = value()?;
                let bounds = text.split_once("..").ok_or_else(|| anyhow::anyhow!("want A..B, got {text}"))?;
                args.seeds = Some(bounds.0.parse()?..bounds.1.parse()?);
            }
            "--nodes" => args.nodes = Some(value()?.parse()?),
            "--every-fault" => args.every_fault = true,
            "--explore" => args.explore = true,
            "--list" => args.list = true,
            "--quiet" => args.quiet = true,
            "--help" | "-h" => args.help = true,
            other => anyhow::bail!("{other} is not an argument"),
        }
    }
    // Where a scenario has no choice, its own number is one that a failure says to repeat it with.
    let is_own = |nodes| args.scenario.is_some_and(|scenario| scenario.nodes == nodes);
    let is_enough = args.nodes.is_none_or(|nodes| nodes >= 3 || is_own(nodes));
    anyhow::ensure!(is_enough, "a scenario needs at least 3 nodes");
    Ok(args)
}

fn list() {
    for scenario in SCENARIOS {
        println!("{:<12} {:>5} nodes  {}", scenario.name, scenario.nodes, scenario.about);
    }
}

/// Runs all seeds that were asked for; tells whether all held.
fn run_all(args: &Args) -> bool {
    let started = Instant::now();
    let first = if args.explore { new_seed() } else { 0 };
    let seeds = args.seeds.clone().unwrap_or(if args.explore { first..u64::MAX } else { 0..1 });
    let is_quiet = args.quiet || args.explore;
    let mut runs = 0u64;
    let mut failed = 0u64;
    let mut faults = Faults::default();
    for seed in seeds {
        let scenario = args.scenario.unwrap_or_else(|| scenarios::of_seed(seed));
        let nodes = args.nodes.unwrap_or(scenario.nodes);
        let outcome = (scenario.run)(seed, nodes);
        runs += 1;
        faults.add_all(&outcome.faults);
        if let Err(violation) = &outcome.result {
            failed += 1;
            print!("{}", outcome.trace);
            println!("\nscenario {}, seed {seed}, {nodes} nodes: {violation}", scenario.name);
            println!("again: {}\n", again(scenario, seed, nodes));
            if args.explore {
                return false;
            }
        } else if !is_quiet {
            print_outcome(scenario, seed, nodes, &outcome);
        } else if args.explore && runs.is_multiple_of(100) {
            println!("{runs} runs, all held, {} s", started.elapsed().as_secs());
        }
    }
    let have_happened = print_faults(&faults, args.every_fault);
    println!("{:.1} s", started.elapsed().as_secs_f64());
    println!("{} passed, {failed} failed", runs - failed);
    failed == 0 && have_happened
}

/// The command that repeats a run.
fn again(scenario: &Scenario, seed: u64, nodes: usize) -> String {
    format!("cargo sim --scenario {} --seed {seed} --nodes {nodes}", scenario.name)
}

/// Tells how often each fault has happened, if any has; false if one has not that had to.
fn print_faults(faults: &Faults, every_fault: bool) -> bool {
    if !every_fault && *faults == Faults::default() {
        return true;
    }
    for (fault, count) in faults.iter() {
        println!("  {:<32} {count}", fault.text());
    }
    let never: Vec<_> =
        faults.iter().filter(|(_, count)| *count == 0).map(|(fault, _)| fault.text()).collect();
    if every_fault && !never.is_empty() {
        println!("never happened: {}", never.join(", "));
    }
    !every_fault || never.is_empty()
}

fn print_outcome(scenario: &Scenario, seed: u64, nodes: usize, outcome: &Outcome) {
    println!("scenario {}, seed {seed}, {nodes} nodes: all held", scenario.name);
    let (events, hash) = outcome.fingerprint;
    let counts = outcome.counts;
    let usual = [
        ("virtual time", format!("{:.1} s", outcome.time.as_secs_f64())),
        ("events", events.to_string()),
        ("datagrams sent", format!("{}, {} bytes", counts.sent, counts.bytes)),
        ("datagrams lost", counts.lost.to_string()),
        ("trace", hash.to_hex()[..16].to_owned()),
    ];
    let usual = usual.iter().map(|(name, value)| (*name, value.as_str()));
    let special = outcome.result.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in special.chain(usual) {
        println!("  {name:<32} {value}");
    }
    println!();
}

/// A seed that no earlier exploration began with.
fn new_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64 >> 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_run_names_the_command_that_repeats_it() {
        for scenario in SCENARIOS {
            let line = again(scenario, u64::MAX - 1, scenario.nodes);
            let words = line.strip_prefix("cargo sim ").expect("the command of this program");
            let args = parse(words.split_whitespace().map(str::to_owned)).expect("a command");
            assert_eq!(args.scenario.map(|named| named.name), Some(scenario.name));
            assert_eq!((args.seeds, args.nodes), (Some(u64::MAX - 1..u64::MAX), Some(scenario.nodes)));
        }
        assert!(parse(["--nodes", "1"].map(str::to_owned).into_iter()).is_err());
    }
}
