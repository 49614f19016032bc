//! Builds what the SDKs and their tests run on: the native libraries, node packages and the venv.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::job::Job;
use crate::language::Language;
use crate::run::{Context, Speed};
use crate::workspace::{STATIC_LIBRARY, Workspace, shared_library};

/// The Rust packages that each language needs; those of all languages are built at once, so that they share their crates.
/// What the bindings share names features of the crates of others, which Rust alone is therefore built with as well.
const PACKAGES: [(Language, &[&str]); 5] = [
    (Language::Rust, &["net-mesh", "net-support", "net-testee"]),
    (Language::TypeScript, &["net-napi"]),
    (Language::Python, &["net-py"]),
    (Language::Go, &["net-c"]),
    (Language::C, &["net-c"]),
];

/// Where the C headers are.
pub(crate) const INCLUDES: [&str; 2] = ["sdks/c/include", "bindings/c/include"];

/// What C sources have to compile without.
pub(crate) const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

/// Builds the native libraries, the Rust testee and the Rust examples.
pub(crate) fn native_libraries(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    let mut cargo = workspace.cargo("build");
    cargo.args(["--features", "conformance", "--lib", "--bins", "--examples"]);
    for (_, packages) in PACKAGES.iter().filter(|(language, _)| context.uses(&[*language])) {
        for package in *packages {
            cargo.args(["--package", package]);
        }
    }
    if context.speed == Speed::Checked {
        check_ours(workspace, &mut cargo)?;
    }
    job.run(&mut cargo)?;
    if context.uses(&[Language::TypeScript]) {
        let library = format!("sdks/typescript/core/native/{}", node_library());
        install(&workspace.target("release/libnet_napi.so"), &workspace.path(&library))?;
    }
    if context.uses(&[Language::Python]) {
        install(
            &workspace.target("release/lib_net.so"),
            &workspace.path("sdks/python/core/net/_net.abi3.so"),
        )?;
    }
    if context.uses(&[Language::Go, Language::C]) {
        // Cargo's own copy is that of its last build, which may be one for a package.
        for library in [STATIC_LIBRARY.to_owned(), shared_library()] {
            let built = library.replace("native/", "release/");
            install(&workspace.target(&built), &workspace.target(&library))?;
        }
        link_for_go(workspace)?;
    }
    Ok(())
}

/// Has cargo build our crates with checks and without optimization; those of others stay as they are in packages.
///
/// Nearly all the time that optimizing takes goes into what is generated, of which each function runs briefly.
pub(crate) fn check_ours(workspace: &Workspace, cargo: &mut Command) -> Result<()> {
    for package in our_crates(workspace)? {
        for setting in ["opt-level=0", "debug-assertions=true", "overflow-checks=true"] {
            cargo.args(["--config", &format!("profile.release.package.{package}.{setting}")]);
        }
    }
    Ok(())
}

/// The names of all crates of the workspace.
fn our_crates(workspace: &Workspace) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
    }
    let mut cargo = workspace.command("cargo", "");
    let output = cargo.args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cargo does not tell what the workspace has")?;
    Ok(metadata.packages.into_iter().map(|package| package.name).collect())
}

/// What the TypeScript package calls its library on this machine.
fn node_library() -> String {
    let arch = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("net.linux-{arch}-gnu.node")
}

/// Makes the folder in which Go finds the static library, and removes those of earlier builds.
pub(crate) fn link_for_go(workspace: &Workspace) -> Result<()> {
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

/// Installs the packages of the lock file, unless they are there.
pub(crate) fn node_packages(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    let folder = "sdks/typescript";
    let there = workspace.path(folder).join("node_modules").is_dir();
    let lock = workspace.path(folder).join("package-lock.json");
    unless_stamped(workspace, "node-packages", &[&lock], there, || {
        job.run(workspace.command("npm", folder).args(["ci", "--no-audit", "--no-fund"]))
    })
}

/// Makes the venv: the tools that the requirements name, and our packages as they stand in the sources.
pub(crate) fn python_packages(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    let venv = workspace.target("venv");
    let requirements = workspace.path("sdks/python/requirements-dev.txt");
    let there = venv.join("bin/python").exists();
    unless_stamped(workspace, "python-packages", &[&requirements], there, || {
        // The interpreter of the old venv would be found first, and cannot make the new one.
        if venv.exists() {
            fs::remove_dir_all(&venv).context("cannot remove the old venv")?;
        }
        job.run(workspace.command("python3", "").args(["-m", "venv"]).arg(&venv))?;
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

/// Does the work, unless it was done for these very files, in this folder, and its result is still there.
fn unless_stamped(
    workspace: &Workspace,
    name: &str,
    inputs: &[&Path],
    there: bool,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let stamp = workspace.target("stamps").join(name);
    // A venv names its folder, so that it breaks when the checkout moves.
    let mut state = workspace.path("").into_os_string().into_encoded_bytes();
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
        fs::create_dir_all(to.parent().unwrap_or(to))?;
        let beside = to.with_extension("new");
        fs::write(&beside, new)?;
        fs::rename(beside, to)
    };
    copy().with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// Examples that are compiled, in each language that compiles.
const EXAMPLES: [&str; 6] = ["channel", "demo", "journal", "mesh", "quickstart", "tasks"];

/// Builds the Go testee and the Go examples.
pub(crate) fn go_programs(context: &Context, job: &Job) -> Result<()> {
    go_testee(context.workspace, job)?;
    for name in EXAMPLES {
        let (package, program) = (format!("./examples/{name}"), format!("examples/go-{name}"));
        go_program(context.workspace, job, "sdks/go", &package, &program)?;
    }
    Ok(())
}

/// Builds the Go testee.
pub(crate) fn go_testee(workspace: &Workspace, job: &Job) -> Result<()> {
    go_program(workspace, job, "conformance/testees/go", ".", "testees/go")
}

fn go_program(workspace: &Workspace, job: &Job, folder: &str, package: &str, program: &str) -> Result<()> {
    let mut go = workspace.command("go", folder);
    job.run(go.args(["build", "-tags", "conformance", "-o"]).arg(workspace.target(program)).arg(package))
}

/// Builds the C testee and the C examples.
pub(crate) fn c_programs(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    c_testee(workspace, job)?;
    fs::create_dir_all(workspace.target("examples"))?;
    for name in EXAMPLES {
        let mut cc = workspace.command("cc", "");
        cc.args(["-std=c11", "-O2", "-g"]).args(WARNINGS).args(INCLUDES.map(|folder| format!("-I{folder}")));
        cc.arg(format!("sdks/c/examples/{name}.c")).arg(workspace.target(STATIC_LIBRARY));
        let program = workspace.target(&format!("examples/c-{name}"));
        job.run(cc.args(["-lpthread", "-ldl", "-lm", "-o"]).arg(program))?;
    }
    Ok(())
}

/// Builds the C testee.
pub(crate) fn c_testee(workspace: &Workspace, job: &Job) -> Result<()> {
    let mut build = workspace.command("conformance/testees/c/build.sh", "");
    job.run(build.env("LIB", workspace.target(STATIC_LIBRARY)))
}
