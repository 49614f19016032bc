//! cargo, with a folder as its only registry.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::super::files;
use super::super::rust::{LIBRARY, PROGRAM, crates};
use super::{Installed, Project};

pub(super) fn install(project: &Project) -> Result<Installed> {
    let library = crates(project.workspace, project.job, LIBRARY)?;
    let program = crates(project.workspace, project.job, PROGRAM)?;
    let registry = registry(project, &library.union(&program).cloned().collect())?;
    project.write("sdks/rust/examples/quickstart.rs", "quickstart.rs")?;
    project.write("conformance/install/rust/about.rs", "about.rs")?;
    project.write("conformance/install/rust/manifest.toml", "Cargo.toml")?;
    files::copy(&project.workspace.path("Cargo.lock"), &project.folder)?;
    fs::create_dir_all(project.path("home"))?;
    let source = format!(
        "[source.crates-io]\nreplace-with = \"folder\"\n\n[source.folder]\ndirectory = {:?}\n",
        registry.display().to_string()
    );
    fs::write(project.path("home/config.toml"), source)?;
    let programs = project.workspace.target("install/rust");
    let cargo = |args: &[&str]| {
        let mut cargo = project.command("cargo", "");
        cargo.env("CARGO_HOME", project.path("home")).env("CARGO_TARGET_DIR", &programs);
        project.job.run(cargo.args(args).arg("--offline"))
    };
    // Cargo takes a crate of the same version for the same crate, so that it would keep what it made of earlier ones.
    let (archives, built) = (archives(project)?, programs.join("crates"));
    if fs::read(&built).is_ok_and(|earlier| earlier != archives) {
        let mut clean = vec!["clean"];
        clean.extend(library.iter().flat_map(|name| ["--package", name]));
        cargo(&clean)?;
        // It is no part of the project, so that cargo does not know it there.
        forget(&programs, PROGRAM)?;
    }
    fs::create_dir_all(&programs)?;
    fs::write(&built, archives)?;
    cargo(&["build"])?;
    let program = |name: &str| programs.join("debug").join(name).display().to_string();
    project.quick_start(&mut project.command(&program("quickstart"), ""))?;
    project.about(&mut project.command(&program("about"), ""))?;
    let root = project.path("installed").display().to_string();
    cargo(&["install", PROGRAM, "--version", project.facts.version, "--debug", "--root", &root])?;
    export(project, &root)?;
    Ok(Installed { how: "cargo build and install, directory source", programs: 3, untried: vec![] })
}

/// Has the program `net` tell its version, and export a log.
fn export(project: &Project, root: &str) -> Result<()> {
    let net = format!("{root}/bin/net");
    let version = project.job.capture(project.command(&net, "").arg("--version"))?;
    ensure!(version.trim() == format!("net {}", project.facts.version), "it says {version:?}");
    let log = project.path("log");
    files::copy_tree(&project.workspace.path("fixtures/logs/version_1/closed.log"), &log, &|_| true)?;
    let events = project.job.capture(project.command(&net, "").args(["log", "export", "log"]))?;
    ensure!(events.lines().count() == 33, "it exports {events:?}");
    Ok(())
}

/// Lets cargo build a crate anew.
fn forget(programs: &Path, name: &str) -> Result<()> {
    let marks = programs.join("debug/.fingerprint");
    for mark in if marks.exists() { files::entries(&marks)? } else { Vec::new() } {
        let is_of_it =
            mark.file_name().is_some_and(|mark| mark.to_string_lossy().starts_with(&format!("{name}-")));
        if is_of_it {
            fs::remove_dir_all(mark)?;
        }
    }
    Ok(())
}

/// The crates, one behind the other.
fn archives(project: &Project) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for archive in files::entries(&project.path("packages"))? {
        all.extend(fs::read(archive)?);
    }
    Ok(all)
}

/// A folder of unpacked crates: ours, and those of others that ours name.
fn registry(project: &Project, crates: &BTreeSet<String>) -> Result<PathBuf> {
    let (workspace, registry) = (project.workspace, project.path("registry"));
    let sources = files::empty(project.path("sources"))?;
    for archive in project.bring("crates")? {
        let mut tar = workspace.command("tar", "");
        project
            .job
            .run(tar.args(["--extract", "--gzip", "--directory"]).arg(&sources).arg("--file").arg(archive))?;
    }
    let folder = |name: &str| format!("{name}-{}", project.facts.version);
    let manifest = fs::read_to_string(workspace.path("conformance/install/rust/manifest.toml"))?;
    let mut manifest = manifest.replace("@VERSION@", project.facts.version);
    manifest += &format!("\n[dependencies.{PROGRAM}]\nversion = \"{}\"\n", project.facts.version);
    manifest += "\n[patch.crates-io]\n";
    for name in crates {
        manifest += &format!("{name} = {{ path = \"../sources/{}\" }}\n", folder(name));
    }
    let others = files::empty(project.path("others"))?;
    fs::write(others.join("Cargo.toml"), manifest)?;
    for program in ["quickstart.rs", "about.rs"] {
        fs::write(others.join(program), "fn main() {}\n")?;
    }
    files::copy(&workspace.path("Cargo.lock"), &others)?;
    let vendor = |how: &[&str]| {
        let mut cargo = workspace.command("cargo", "");
        cargo.current_dir(&others).args(["vendor", "--quiet", "--versioned-dirs"]).args(how);
        project.job.run(cargo.arg(&registry))
    };
    // What no build here needs, such as crates for other systems, may not have been downloaded yet.
    vendor(&["--offline"]).or_else(|_| vendor(&[]))?;
    for name in crates {
        let unpacked = registry.join(folder(name));
        fs::rename(sources.join(folder(name)), &unpacked)?;
        fs::write(unpacked.join(".cargo-checksum.json"), "{\"files\":{}}")?;
    }
    Ok(registry)
}
