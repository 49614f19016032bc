//! The crates: `net-mesh`, the program `net`, and those that they are made of.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{Factory, files};
use crate::job::Job;
use crate::workspace::Workspace;

/// The library, and the crate of the program `net`.
pub(super) const LIBRARY: &str = "net-mesh";
pub(super) const PROGRAM: &str = "net-cli";

/// All crates that are published.
fn all(workspace: &Workspace, job: &Job) -> Result<BTreeSet<String>> {
    let mut all = crates(workspace, job, LIBRARY)?;
    all.extend(crates(workspace, job, PROGRAM)?);
    Ok(all)
}

/// A crate and those of the workspace that it is made of.
pub(super) fn crates(workspace: &Workspace, job: &Job, of: &str) -> Result<BTreeSet<String>> {
    let mut cargo = workspace.command("cargo", "");
    cargo.args(["tree", "--package", of, "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let tree = job.capture(&mut cargo)?;
    // Only what lies in a folder of ours has one behind its version.
    let ours = tree.lines().filter(|line| line.contains(" (/"));
    Ok(ours.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

/// Makes the crates.
pub(super) fn pack(factory: &Factory) -> Result<()> {
    let workspace = factory.workspace;
    let mut cargo = workspace.command("cargo", "");
    // Building what is packaged is left to whoever installs it.
    cargo.args(["package", "--no-verify", "--allow-dirty", "--quiet"]);
    let crates = all(workspace, factory.job)?;
    factory.job.run(cargo.args(crates.iter().flat_map(|name| ["--package", name])))?;
    let out = factory.dist("crates")?;
    for name in &crates {
        let file = format!("package/{name}-{}.crate", factory.facts.version);
        files::copy(&workspace.target(&file), &out)?;
    }
    Ok(())
}
