//! The crates: `net-mesh` and those that it is made of.

use anyhow::Result;

use super::{Factory, files};

/// The crates that are published, each behind those that it uses.
pub(super) const CRATES: [&str; 5] = ["net-types", "net-crypto", "net-node", "net-core", "net-mesh"];

/// Makes the crates.
pub(super) fn pack(factory: &Factory) -> Result<()> {
    let workspace = factory.workspace;
    let mut cargo = workspace.command("cargo", "");
    // Building what is packaged is left to whoever installs it.
    cargo.args(["package", "--no-verify", "--allow-dirty", "--quiet"]);
    factory.job.run(cargo.args(CRATES.iter().flat_map(|name| ["--package", name])))?;
    let out = factory.dist("crates")?;
    for name in CRATES {
        let file = format!("package/{name}-{}.crate", factory.facts.version);
        files::copy(&workspace.target(&file), &out)?;
    }
    Ok(())
}
