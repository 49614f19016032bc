//! What every package says of itself.

use anyhow::{Context as _, Result};
use net_codegen::ir::{Abi, Platform};

use crate::job::Job;
use crate::workspace::Workspace;

/// The facts of all packages.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) version: &'static str,
    pub(crate) license: &'static str,
    pub(crate) repository: &'static str,
    /// Version of the C ABI.
    pub(crate) abi: Abi,
    /// Hash of the interface.
    pub(crate) spec_hash: String,
    /// Modules that are left out of packages.
    pub(crate) unpublished: Vec<String>,
    /// What there are packages for.
    pub(crate) platforms: Vec<Platform>,
    /// The platform that packages are built on.
    pub(crate) host: Platform,
}

impl Facts {
    /// Takes them from the workspace and the spec.
    pub(crate) fn read(workspace: &Workspace, job: &Job) -> Result<Self> {
        let api = net_codegen::cli::api(&workspace.path(""))?;
        let triple = host(workspace, job)?;
        let host = api.platforms.iter().find(|platform| platform.facts.rust == triple);
        let host = host.with_context(|| format!("spec/packages.toml has no platform for {triple}"))?.clone();
        let unpublished =
            api.modules.iter().filter(|module| module.feature.as_deref() == Some("conformance"));
        Ok(Self {
            // Those of the workspace, which every crate takes from there.
            version: env!("CARGO_PKG_VERSION"),
            license: env!("CARGO_PKG_LICENSE"),
            repository: env!("CARGO_PKG_REPOSITORY"),
            abi: api.abi,
            unpublished: unpublished.map(|module| module.name.clone()).collect(),
            spec_hash: api.hash,
            platforms: api.platforms,
            host,
        })
    }

    /// Whether a source belongs to a module that packages leave out: `echo.ts`, `echo_gen.go`, `echo_wire.h`.
    pub(crate) fn leaves_out(&self, file: &str) -> bool {
        let stem = file.split(['.', '_']).next().unwrap_or(file);
        self.unpublished.iter().any(|module| module == stem)
    }
}

/// The target triple that this machine's compiler builds for.
fn host(workspace: &Workspace, job: &Job) -> Result<String> {
    let text = job.capture(workspace.command("rustc", "").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not tell its host")?.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn read(path: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        fs::read_to_string(root.join(path)).unwrap()
    }

    #[test]
    fn every_manifest_has_the_version_of_the_workspace() {
        let version = env!("CARGO_PKG_VERSION");
        for (path, line) in [
            ("sdks/typescript/core/package.json", format!("\"version\": \"{version}\"")),
            ("sdks/typescript/sdk/package.json", format!("\"version\": \"{version}\"")),
            ("sdks/typescript/sdk/package.json", format!("\"@net-mesh/core\": \"{version}\"")),
            ("sdks/python/core/pyproject.toml", format!("\nversion = \"{version}\"\n")),
            ("sdks/python/sdk/pyproject.toml", format!("\nversion = \"{version}\"\n")),
            ("sdks/python/sdk/pyproject.toml", format!("\"net-mesh=={version}\"")),
        ] {
            assert!(read(path).contains(&line), "{path} does not have {line}");
        }
        let crates = read("Cargo.toml");
        let ours = crates.lines().filter(|line| line.starts_with("net-") && line.contains("version"));
        let wrong: Vec<_> = ours.clone().filter(|line| !line.contains(&format!("\"{version}\""))).collect();
        assert!(ours.count() > 0 && wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn the_readme_has_the_platforms() {
        let api = net_codegen::cli::api(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
        let row = |platform: &Platform| {
            let (rust, state) = (&platform.facts.rust, platform.facts.state.text());
            format!("| `{}` | `{rust}` | {state} |\n", platform.name)
        };
        let rows: String = api.platforms.iter().map(row).collect();
        assert!(!rows.is_empty() && read("README.md").contains(&rows), "the README does not have\n{rows}");
    }

    #[test]
    fn sources_of_unpublished_modules_are_left_out() {
        let api = net_codegen::cli::api(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
        let facts = Facts {
            version: "1.0.0",
            license: "",
            repository: "",
            abi: api.abi,
            spec_hash: api.hash,
            unpublished: vec!["echo".to_owned()],
            host: api.platforms[0].clone(),
            platforms: api.platforms,
        };
        assert!(
            ["echo", "echo.d.ts", "echo_gen.go", "echo_wire.h"].iter().all(|file| facts.leaves_out(file))
        );
        assert!(!["echoes.go", "bus.ts", "README.md"].iter().any(|file| facts.leaves_out(file)));
    }
}
