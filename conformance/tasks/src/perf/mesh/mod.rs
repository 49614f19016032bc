//! `cargo perf --mesh`: what the mesh costs, beside quinn, raw UDP, NATS and the published wheel in the same run.

mod alone;
mod pair;
mod plan;
mod report;

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};

use super::parties;
use crate::args::Args;
use crate::job::Job;
use crate::language::Language;
use crate::run::{Context, Run};
use crate::stages::Role;
use crate::workspace::Workspace;
use pair::{Pair, Sample};
use plan::{Effort, Plan, Work};
use report::{Report, Row};

/// Measures what is asked for; prints tables and writes the report.
pub(super) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    let plan = Plan::load(workspace)?;
    let effort = if args.quick { Effort::QUICK } else { Effort::FULL };
    let works = chosen(&plan, args)?;
    let context = Context::new(workspace, args, true).optimized();
    let job = Job::start("perf of the mesh", workspace.target("perf/mesh.log"))?;
    build(workspace, &job)?;
    let mut report = Report::default();
    let mut pairs = Vec::new();
    if works.iter().any(|work| work.systems.iter().any(|system| system == "python")) {
        add_python(&context, &job, &mut pairs, &mut report)?;
    }
    pairs.extend(self::pairs(&works, workspace)?);
    for work in &works {
        for row in measure(work, &mut pairs, effort).with_context(|| work.name.clone())? {
            report.rows.push(row);
        }
        report.print(work);
    }
    pairs.into_iter().try_for_each(Pair::finish)?;
    if args.filter.is_none() {
        report.alone = alone::all(workspace, &job, effort)?;
    }
    report.machine = super::machine();
    report.judge(&plan);
    report.print_rest();
    finish(workspace, args, &report)?;
    Ok(true)
}

/// The kinds of work whose name contains the text.
fn chosen<'a>(plan: &'a Plan, args: &Args) -> Result<Vec<&'a Work>> {
    let wanted = args.filter.as_deref().unwrap_or_default();
    let chosen: Vec<_> = plan.works.iter().filter(|work| work.name.contains(wanted)).collect();
    if chosen.is_empty() {
        let all: Vec<_> = plan.works.iter().map(|work| work.name.as_str()).collect();
        bail!("nothing of the mesh has `{wanted}` in its name; there are {}", all.join(", "));
    }
    Ok(chosen)
}

/// Builds the programs of all systems.
fn build(workspace: &Workspace, job: &Job) -> Result<()> {
    let mut cargo = workspace.command("cargo", "conformance/peers");
    cargo.args(["build", "--release", "--locked", "--target-dir"]).arg(workspace.target("peers"));
    job.run(&mut cargo).context("the programs of conformance/peers")
}

/// Starts both ends of each system that is asked for.
fn pairs(works: &[&Work], workspace: &Workspace) -> Result<Vec<Pair>> {
    let is_wanted = |name: &str| works.iter().any(|work| work.systems.iter().any(|system| system == name));
    let systems = ["mesh", "quinn", "udp", "nats"].into_iter().filter(|name| is_wanted(name));
    systems.map(|name| Pair::start(workspace, name).with_context(|| name.to_owned())).collect()
}

/// Starts both ends in Python, of this SDK and of the wheel; a line of the report tells why one is not there.
fn add_python(context: &Context, job: &Job, pairs: &mut Vec<Pair>, report: &mut Report) -> Result<()> {
    let workspace = context.workspace;
    if !context.uses(&[Language::Python]) {
        report.absent = context.reason(Language::Python).map(str::to_owned);
        return Ok(());
    }
    let builds = Run::new(context);
    builds.stages(|stage| {
        let is_needed = |language| [Language::Rust, Language::Python].contains(language);
        stage.role == Role::Build && stage.languages.iter().all(is_needed)
    })?;
    ensure!(builds.sum().failed == 0, "the Python package does not build");
    let ours = workspace.target("venv/bin/python");
    pairs.push(Pair::python(workspace, "python", &ours, true)?);
    match parties::install_wheel(workspace, job) {
        Ok(python) => match Pair::python(workspace, "wheel", &python, false) {
            Ok(pair) => pairs.push(pair),
            Err(error) => report.absent = Some(format!("the wheel's nodes do not meet: {error:#}")),
        },
        Err(error) => report.absent = Some(format!("the wheel is not installable here: {error:#}")),
    }
    Ok(())
}

/// Does one kind of work by turns: in each round every system does it once. The first round does not count.
fn measure(work: &Work, pairs: &mut [Pair], effort: Effort) -> Result<Vec<Row>> {
    let count = effort.count(work);
    let mut samples: Vec<Vec<Sample>> = pairs.iter().map(|_| Vec::new()).collect();
    for round in 0..=effort.rounds {
        for (pair, samples) in pairs.iter_mut().zip(&mut samples) {
            if !work.systems.contains(&pair.name) {
                continue;
            }
            let sample = pair.measure(work, count).with_context(|| pair.name.clone())?;
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    let rows = pairs.iter().zip(&samples).filter(|(_, samples)| !samples.is_empty());
    Ok(rows.map(|(pair, samples)| Row::new(&pair.name, work, samples)).collect())
}

fn finish(workspace: &Workspace, args: &Args, report: &Report) -> Result<()> {
    let path = workspace.target("perf/mesh.json");
    let text = serde_json::to_string_pretty(report)? + "\n";
    fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("\nreport: {}", workspace.shorten(&path).display());
    if let Some(copy) = &args.json {
        fs::write(copy, &text).with_context(|| format!("cannot write {}", copy.display()))?;
    }
    Ok(())
}
