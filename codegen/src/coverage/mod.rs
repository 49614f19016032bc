//! `cargo spec coverage`: what each language has of the interface, and what of it the last `cargo conform` tested.
//!
//! Presence is what the built testees answered to `surface`, never what the generator believes to have printed;
//! the names that are looked for there are those that the reference prints.

mod columns;
mod entries;
mod names;
mod print;
mod reached;
mod report;

pub use columns::{Column, columns};
pub use entries::{Entry, Sort, aliases, entries};
pub use names::Listed;
pub(crate) use names::alias;
pub use report::{Coverage, State, Tested};

use crate::ir::Api;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::path::Path;

/// Reads the last report, prints the coverage, and fails with what is missing.
pub fn run(root: &Path, api: &Api, options: &[&str]) -> Result<()> {
    let json = match options {
        [] => false,
        ["--json"] => true,
        other => bail!("`coverage` has no option `{}`", other.join(" ")),
    };
    let path = root.join("target/conformance/report.json");
    let text = std::fs::read_to_string(&path).context("there is no report: run `cargo conform`")?;
    let report: Value = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    check(api, &report)?;
    let coverage = Coverage::new(api, &report);
    if json {
        println!("{:#}", coverage.to_json());
    } else {
        print!("{}", coverage.to_terminal());
    }
    coverage.verdict()
}

/// Fails unless a report is one of this spec and of all cases.
pub fn check(api: &Api, report: &Value) -> Result<()> {
    let tested = report["spec_hash"].as_str().unwrap_or_default();
    ensure!(
        tested == api.hash,
        "the last report is of spec {tested}, this is {}: run `cargo conform`",
        api.hash
    );
    if let Some(filter) = report["filter"].as_str() {
        bail!("the last report has only the cases with `{filter}` in their names: run `cargo conform`");
    }
    Ok(())
}
