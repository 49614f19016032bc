//! `cargo conform`: runs the driver on the testees and prints its report.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use net_codegen::ir::Api;
use net_conformance::{Malformed, Options, Report};

use crate::args::Args;
use crate::layouts::layouts;
use crate::run::{Context, Run};
use crate::stages::Role;
use crate::workspace::Workspace;

/// Builds the testees and runs the cases; tells whether all passed.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    let context = Context::new(workspace, args, false);
    let mut builds = Run::new(&context);
    builds.stages(|stage| stage.role == Role::Build && context.uses(stage.languages))?;
    let failed = builds.sum().failed;
    if failed > 0 {
        println!("\n0 passed, {failed} failed, 0 skipped");
        return Ok(false);
    }
    let report = drive(&context, args.filter.clone())?;
    if let Some(path) = &args.json {
        write_json(&report, path)?;
    }
    print!("\n{}", report.to_terminal());
    println!("{}", report.closing_line());
    Ok(report.counts().1 == 0)
}

/// Runs the cases whose name contains the filter.
pub(crate) fn drive(context: &Context, filter: Option<String>) -> Result<Report> {
    let workspace = context.workspace;
    let api = net_codegen::cli::api(&workspace.path(""))?;
    let options = Options {
        fixtures: workspace.path("fixtures"),
        known: workspace.path("conformance/known"),
        out: workspace.target("conformance"),
        filter,
        layouts: layouts(&api),
        malformed: malformed(workspace, &api)?,
        spec_hash: api.hash,
        jobs: 2,
        limit: Duration::from_secs(10),
    };
    net_conformance::run(&options, &[])
}

/// What follows from the cases of the files, each spoiled in its own way.
fn malformed(workspace: &Workspace, api: &Api) -> Result<Vec<Malformed>> {
    let all = net_codegen::fixtures::malformed(&workspace.path(""), api)?;
    let one = |form: net_codegen::fixtures::Malformed| Malformed {
        name: form.name,
        layout: form.layout,
        form: form.form,
        error: form.error,
    };
    Ok(all.into_iter().map(one).collect())
}

fn write_json(report: &Report, path: &Path) -> Result<()> {
    fs::write(path, format!("{:#}\n", report.to_json()))
        .with_context(|| format!("cannot write {}", path.display()))
}
