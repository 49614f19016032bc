//! `cargo perf`: what each hot method costs in each language, beside an empty call, Rust, and the published wheel.

mod benches;
mod compare;
mod figures;
mod footprint;
mod logs;
mod measure;
mod mesh;
mod parties;
mod plan;
mod plot;
mod report;
mod values;

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};

use crate::args::Args;
use crate::job::Job;
use crate::language::Language;
use crate::run::{Context, Run};
use crate::workspace::Workspace;
use measure::Effort;
use plan::Plan;
use report::{Machine, Report, Row};

/// Times what is asked for; prints a table, writes the report and draws the plot.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    if args.mesh {
        return mesh::run(workspace, args);
    }
    if args.logs {
        return logs::run(workspace, args);
    }
    let before = args.compare.as_deref().map(Report::read).transpose()?;
    let api = net_codegen::cli::api(&workspace.path(""))?;
    let plan = Plan::load(workspace, &api)?;
    let chosen = chosen(&plan, args)?;
    let context = Context::new(workspace, args, true).optimized();
    for (language, reason) in &context.missing {
        println!("  {language}: {reason}");
    }
    let builds = Run::new(&context);
    builds.stages(|stage| stage.builds_for(&context.languages))?;
    ensure!(builds.sum().failed == 0, "what is to be timed does not build");
    let job = Job::start("perf", workspace.target("perf/perf.log"))?;
    if context.uses(&[Language::C]) {
        parties::build_c(workspace, &job)?;
    }
    let mut report = Report::default();
    let mut parties = parties::start(&context, &plan)?;
    if context.uses(&[Language::Python]) {
        match parties::wheel(workspace, &job) {
            Ok(party) => parties.push(party),
            Err(error) => report.wheel = Some(format!("{error:#}")),
        }
    }
    let effort = if args.quick { Effort::QUICK } else { Effort::FULL };
    for benchmark in chosen {
        let timings = measure::benchmark(&api, &plan, benchmark, &mut parties, effort)
            .with_context(|| benchmark.call.clone())?;
        let row = Row::new(benchmark, timings);
        row.print();
        report.benchmarks.push(row);
    }
    let has_wheel = parties.iter().any(|party| party.language.is_none());
    parties.into_iter().try_for_each(|party| party.remote.finish())?;
    if args.filter.is_none() {
        report.core = benches::figures(workspace, &job, args.quick)?;
        report.footprints = footprint::all(&context, &job, if args.quick { 3 } else { 9 }, has_wheel)?;
    }
    report.machine = machine();
    report.judge(&plan);
    report.print_rest();
    finish(workspace, args, &report)?;
    if let Some(before) = &before {
        compare::print(before, &report);
    }
    Ok(true)
}

/// The benchmarks whose method contains the text.
fn chosen<'a>(plan: &'a Plan, args: &Args) -> Result<Vec<&'a plan::Benchmark>> {
    let wanted = args.filter.as_deref().unwrap_or_default();
    let chosen: Vec<_> = plan.benchmarks.iter().filter(|benchmark| benchmark.call.contains(wanted)).collect();
    if chosen.is_empty() {
        let all: Vec<_> = plan.benchmarks.iter().map(|benchmark| benchmark.call.as_str()).collect();
        bail!("no benchmark has `{wanted}` in its name; there are {}", all.join(", "));
    }
    Ok(chosen)
}

fn finish(workspace: &Workspace, args: &Args, report: &Report) -> Result<()> {
    let (json, plot) = (workspace.target("perf/report.json"), workspace.target("perf/plot.svg"));
    report.write(&json)?;
    fs::write(&plot, plot::svg(report)).with_context(|| format!("cannot write {}", plot.display()))?;
    println!(
        "\nreport: {}, plot: {}",
        workspace.shorten(&json).display(),
        workspace.shorten(&plot).display()
    );
    if let Some(copy) = &args.json {
        report.write(copy)?;
    }
    Ok(())
}

fn machine() -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model =
        cpu.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    Machine {
        processor: model.map_or("unknown".into(), |(_, model)| model.to_owned()),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        load: read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN),
    }
}
