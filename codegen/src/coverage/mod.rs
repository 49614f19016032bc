//! `cargo spec coverage`: what each language has of the interface, and what of it the last `cargo conform` tested.
//!
//! Presence is what the built testees answered to `surface`, never what the generator believes to have printed.

mod entries;
mod report;

pub use entries::{Entry, Sort, entries};
pub use report::{Coverage, State};

use crate::ir::Api;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::path::Path;

/// Reads the last report, prints the coverage, and fails with what is missing.
pub fn run(root: &Path, api: &Api, options: &[&str]) -> Result<()> {
    let (mut json, mut strict) = (false, false);
    for option in options {
        match *option {
            "--json" => json = true,
            "--strict" => strict = true,
            other => bail!("`coverage` has no option `{other}`"),
        }
    }
    let path = root.join("target/conformance/report.json");
    let text = std::fs::read_to_string(&path).context("there is no report: run `cargo conform`")?;
    let report: Value = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    let tested = report["spec_hash"].as_str().unwrap_or_default();
    ensure!(
        tested == api.hash,
        "the last report is of spec {tested}, this is {}: run `cargo conform`",
        api.hash
    );
    let coverage = Coverage::new(api, &report);
    if json {
        println!("{:#}", coverage.to_json());
    } else {
        print!("{}", coverage.to_terminal());
    }
    coverage.verdict(strict)
}
