//! Builds what the SDKs and their tests run on: the native libraries, node packages and the venv.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

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

/// Libraries that stand beside the sources that load them.
const INSTALLED: [(Language, &str, &str); 1] =
    [(Language::Python, "release/lib_net.so", "sdks/python/core/net/_net.abi3.so")];

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
    for (_, from, to) in INSTALLED.iter().filter(|(language, ..)| context.uses(&[*language])) {
        install(&workspace.target(from), &workspace.path(to))?;
    }
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

/// Makes the venv: the tools that the requirements name, and our packages as they stand in the sources.
pub(crate) fn python_packages(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    let venv = workspace.target("venv");
    let requirements = workspace.path("sdks/python/requirements-dev.txt");
    let there = venv.join("bin/python").exists();
    unless_stamped(workspace, "python-packages", &[&requirements], there, || {
        job.run(workspace.command("python3", "").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--requirement"];
        job.run(workspace.command("python", "").args(pip).arg(&requirements))?;
        link_sources(workspace, &venv)
    })
}

/// Has the venv's interpreter look for modules in our sources.
fn link_sources(workspace: &Workspace, venv: &Path) -> Result<()> {
    let sources =
        ["sdks/python/core", "sdks/python/sdk"].map(|folder| workspace.path(folder).display().to_string());
    for entry in fs::read_dir(venv.join("lib"))? {
        let packages = entry?.path().join("site-packages");
        if packages.is_dir() {
            fs::write(packages.join("net-sources.pth"), sources.join("\n") + "\n")?;
        }
    }
    Ok(())
}

/// Does the work, unless it was done for these very files and its result is still there.
fn unless_stamped(
    workspace: &Workspace,
    name: &str,
    inputs: &[&Path],
    there: bool,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let stamp = workspace.target("stamps").join(name);
    let mut state = Vec::new();
    for input in inputs {
        state.extend(fs::read(input).with_context(|| format!("cannot read {}", input.display()))?);
    }
    if there && fs::read(&stamp).is_ok_and(|found| found == state) {
        return Ok(());
    }
    work()?;
    fs::create_dir_all(workspace.target("stamps"))?;
    fs::write(&stamp, state).context("cannot write a stamp")
}

/// Copies a file, unless the copy is there; a process that still uses the old one keeps it.
fn install(from: &Path, to: &Path) -> Result<()> {
    let copy = || -> io::Result<()> {
        let new = fs::read(from)?;
        if fs::read(to).is_ok_and(|old| old == new) {
            return Ok(());
        }
        let beside = to.with_extension("new");
        fs::write(&beside, new)?;
        fs::rename(beside, to)
    };
    copy().with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
