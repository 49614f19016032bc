//! `cargo perf --logs`: what logs cost, beside raw writes, SQLite, fjall, redb and the published wheel in the same run.

mod plan;
mod plot;
mod report;

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use net_conformance::{Frames, Remote, Testee};
use serde_json::{Map, Value, json};

use super::parties;
use crate::args::Args;
use crate::job::Job;
use crate::language::Language;
use crate::run::{Context, Run};
use crate::stages::Role;
use crate::workspace::Workspace;
use plan::{Plan, Work};
use report::{MEASURES, Report, Row};

/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(300);

/// Rounds that count, and by what the records of a round are divided.
#[derive(Debug, Clone, Copy)]
struct Effort {
    rounds: usize,
    divisor: u64,
}

/// Someone who appends.
struct System {
    name: &'static str,
    remote: Remote,
}

/// Measures what is asked for; prints tables, writes the report and draws the plot.
pub(super) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    let plan = Plan::load(workspace)?;
    let effort =
        if args.quick { Effort { rounds: 2, divisor: 10 } } else { Effort { rounds: 10, divisor: 1 } };
    let works = chosen(&plan, args)?;
    let context = Context::new(workspace, args, true).optimized();
    let job = Job::start("perf of the logs", workspace.target("perf/logs.log"))?;
    let mut report = Report::default();
    let is_wanted = |name: &str| works.iter().any(|work| work.systems.iter().any(|system| system == name));
    let mut systems = stores(workspace, &job, is_wanted)?;
    systems.extend(hosts(&context, &job, is_wanted, &mut report)?);
    for work in &works {
        report
            .rows
            .extend(measure(workspace, work, &mut systems, effort).with_context(|| work.name.clone())?);
        report.print(work);
    }
    systems.into_iter().try_for_each(|system| system.remote.finish().context(system.name))?;
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
        bail!("nothing of logs has `{wanted}` in its name; there are {}", all.join(", "));
    }
    Ok(chosen)
}

/// Builds and starts the stores.
fn stores(workspace: &Workspace, job: &Job, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<System>> {
    let mut cargo = workspace.command("cargo", "conformance/peers");
    cargo.args(["build", "--release", "--locked", "--target-dir"]).arg(workspace.target("peers"));
    job.run(&mut cargo).context("the programs of conformance/peers")?;
    let program = workspace.target("peers/release/store").display().to_string();
    let names = ["raw", "log", "sqlite", "fjall", "redb"].into_iter().filter(|name| is_wanted(name));
    names.map(|name| system(workspace, name, name, vec![program.clone(), name.to_owned()])).collect()
}

/// Builds and starts what is no Rust; lines of the report tell why somebody is not there.
fn hosts(
    context: &Context,
    job: &Job,
    is_wanted: impl Fn(&str) -> bool,
    report: &mut Report,
) -> Result<Vec<System>> {
    let workspace = context.workspace;
    let wanted = [(Language::Python, "python"), (Language::TypeScript, "node")]
        .into_iter()
        .filter(|(language, name)| is_wanted(name) && context.uses(&[*language]));
    let languages: Vec<_> = wanted.map(|(language, _)| language).collect();
    if languages.is_empty() {
        return Ok(Vec::new());
    }
    let builds = Run::new(context);
    builds.stages(|stage| {
        let is_needed = |language: &Language| *language == Language::Rust || languages.contains(language);
        stage.role == Role::Build && stage.languages.iter().all(is_needed)
    })?;
    ensure!(builds.sum().failed == 0, "what is to be timed does not build");
    let mut systems = Vec::new();
    if languages.contains(&Language::Python) {
        let ours = workspace.target("venv/bin/python");
        systems.push(python(workspace, "python", &ours, Some(&workspace.path("sdks/python/core")))?);
        match parties::install_wheel(workspace, job)
            .and_then(|wheel| python(workspace, "wheel", &wheel, None))
        {
            Ok(wheel) => systems.push(wheel),
            Err(error) => report.absent.push(format!("the published wheel is not there: {error:#}")),
        }
    }
    if languages.contains(&Language::TypeScript) {
        let program = workspace.path("conformance/peers/appends.mjs");
        let package = workspace.path("sdks/typescript/sdk/dist/esm/index.js");
        let command = vec!["node".to_owned(), shown(&program), shown(&package)];
        systems.push(system(workspace, "node", "node", command)?);
    }
    Ok(systems)
}

fn python(workspace: &Workspace, name: &'static str, python: &Path, path: Option<&Path>) -> Result<System> {
    let path = format!("PYTHONPATH={}", path.map(shown).unwrap_or_default());
    let program = workspace.path("conformance/peers/appends.py");
    system(workspace, name, "python", vec!["env".to_owned(), path, shown(python), shown(&program)])
}

fn system(workspace: &Workspace, name: &'static str, says: &str, command: Vec<String>) -> Result<System> {
    let testee = Testee { language: says.to_owned(), command, frames: Frames::Json, absent: None };
    let log = workspace.target(&format!("perf/logs-{name}.log"));
    Ok(System { name, remote: Remote::start(&testee, &log, LIMIT).context(name)? })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Does one kind of work by turns: in each round every system does it once. The first round does not count.
fn measure(workspace: &Workspace, work: &Work, systems: &mut [System], effort: Effort) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..=effort.rounds {
        for system in systems.iter_mut().filter(|system| work.systems.iter().any(|name| name == system.name))
        {
            let told = ask(workspace, work, system, effort).context(system.name)?;
            if round == 0 {
                let rounds = BTreeMap::new();
                rows.push(Row { system: system.name.to_owned(), work: work.name.clone(), rounds });
                continue;
            }
            let row = rows.iter_mut().find(|row| row.system == system.name).context("no first round")?;
            for measure in MEASURES {
                let value = figure(work, &told, measure);
                row.rounds.entry(measure.to_owned()).or_default().extend(value);
            }
        }
    }
    rows.iter_mut().for_each(|row| row.rounds.retain(|_, values| !values.is_empty()));
    Ok(rows)
}

fn ask(workspace: &Workspace, work: &Work, system: &mut System, effort: Effort) -> Result<Value> {
    let folder = workspace.target("perf/logs").join(system.name).join(work.name.replace(' ', "-"));
    let count = (work.count / effort.divisor / work.batch).max(1) * work.batch;
    let args = json!({
        "kind": work.kind(), "folder": folder, "count": count, "size": work.size, "batch": work.batch,
        "durable": work.durable,
    });
    let args: Map<String, Value> = serde_json::from_value(args)?;
    system.remote.ask("work", args, None, None)
}

/// A measure of what a system has told; nothing if it does not tell it.
fn figure(work: &Work, told: &Value, measure: &str) -> Option<f64> {
    let number = |name: &str| told[name].as_f64();
    match measure {
        "wall" if work.once => Some(number("seconds")? * 1e9),
        "wall" => Some(number("seconds")? * 1e9 / number("sent")?),
        "kept" => number("kept"),
        // Of a few operations there is no 99th percentile.
        "p99" if work.once || matches!(work.kind(), "waiting" | "memory" | "list") => None,
        "p50" if matches!(work.kind(), "waiting" | "memory" | "list") => None,
        _ => Some(number(measure)? * 1e3),
    }
}

fn finish(workspace: &Workspace, args: &Args, report: &Report) -> Result<()> {
    // Logs that were opened again are kept from round to round.
    let _ = fs::remove_dir_all(workspace.target("perf/logs"));
    let (path, plot) = (workspace.target("perf/logs.json"), workspace.target("perf/logs.svg"));
    let text = serde_json::to_string_pretty(report)? + "\n";
    fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    fs::write(&plot, plot::svg(report)).with_context(|| format!("cannot write {}", plot.display()))?;
    println!(
        "\nreport: {}, plot: {}",
        workspace.shorten(&path).display(),
        workspace.shorten(&plot).display()
    );
    if let Some(copy) = &args.json {
        fs::write(copy, &text).with_context(|| format!("cannot write {}", copy.display()))?;
    }
    Ok(())
}
