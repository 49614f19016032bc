//! `cargo conform`: builds the testees, runs the driver and prints its report.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use net_conformance::{Layouts, Options, Testee};

use crate::args::Args;
use crate::workspace::Workspace;

/// Runs the cases; tells whether all passed.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    let testees: Vec<Testee> = Vec::new();
    let options = Options {
        fixtures: workspace.path("fixtures"),
        known: workspace.path("conformance/known"),
        out: workspace.target("conformance"),
        filter: args.filter.clone(),
        spec_hash: String::new(),
        layouts: Layouts::new(),
        jobs: 2,
        limit: Duration::from_secs(10),
    };
    let report = net_conformance::run(&options, &testees)?;
    if let Some(path) = &args.json {
        fs::write(path, format!("{:#}\n", report.to_json()))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    print!("\n{}", report.to_terminal());
    println!("{}", report.closing_line());
    Ok(report.counts().1 == 0)
}
