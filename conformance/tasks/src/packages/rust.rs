//! The crates: `net-mesh` and those that it is made of.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{Factory, files};
use crate::job::Job;
use crate::workspace::Workspace;

/// `net-mesh` and the crates of the workspace that it is made of.
pub(super) fn crates(workspace: &Workspace, job: &Job) -> Result<Vec<String>> {
    let mut cargo = workspace.command("cargo", "");
    cargo.args(["tree", "--package", "net-mesh", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let tree = job.capture(&mut cargo)?;
    // Only what lies in a folder of ours has one behind its version.
    let ours = tree.lines().filter(|line| line.contains(" (/"));
    let names: BTreeSet<_> = ours.filter_map(|line| line.split_whitespace().next()).collect();
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// Makes the crates.
pub(super) fn pack(factory: &Factory) -> Result<()> {
    let workspace = factory.workspace;
    let mut cargo = workspace.command("cargo", "");
    // Building what is packaged is left to whoever installs it.
    cargo.args(["package", "--no-verify", "--allow-dirty", "--quiet"]);
    let crates = crates(workspace, factory.job)?;
    factory.job.run(cargo.args(crates.iter().flat_map(|name| ["--package", name])))?;
    let out = factory.dist("crates")?;
    for name in &crates {
        let file = format!("package/{name}-{}.crate", factory.facts.version);
        files::copy(&workspace.target(&file), &out)?;
    }
    Ok(())
}
