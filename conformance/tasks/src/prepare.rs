//! Builds what the SDKs and their tests run on: the native libraries, node packages and the venv.

use std::fs;
use std::os::unix::fs::symlink;

use anyhow::{Context as _, Result};

use crate::job::Job;
use crate::language::Language;
use crate::run::Context;
use crate::workspace::{STATIC_LIBRARY, Workspace};

/// The Rust packages that each language needs; those of all languages are built at once, so that they share their crates.
const PACKAGES: [(Language, &[&str]); 5] = [
    (Language::Rust, &["net-mesh", "net-testee"]),
    (Language::TypeScript, &["net-napi"]),
    (Language::Python, &["net-py"]),
    (Language::Go, &["net-c"]),
    (Language::C, &["net-c"]),
];

/// Builds the native libraries, the Rust testee and the Rust examples.
pub(crate) fn native_libraries(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    let mut cargo = workspace.command("cargo", "");
    cargo.args(["build", "--release", "--features", "conformance", "--lib", "--bins", "--examples"]);
    for (_, packages) in PACKAGES.iter().filter(|(language, _)| context.uses(&[*language])) {
        for package in *packages {
            cargo.args(["--package", package]);
        }
    }
    job.run(&mut cargo)?;
    if context.uses(&[Language::Go]) {
        link_for_go(workspace)?;
    }
    Ok(())
}

/// Makes the folder in which Go finds the static library, and removes those of earlier builds.
fn link_for_go(workspace: &Workspace) -> Result<()> {
    let folder = workspace.go_library()?;
    let link = folder.join("libnet_mesh.a");
    if link.exists() {
        return Ok(());
    }
    let all = workspace.target("go-link");
    if all.exists() {
        fs::remove_dir_all(&all).context("cannot remove old links")?;
    }
    fs::create_dir_all(&folder)?;
    symlink(workspace.target(STATIC_LIBRARY), &link).context("cannot link the static library")
}
