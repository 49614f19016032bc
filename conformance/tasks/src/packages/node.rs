//! The packages of npm: `@net-mesh/core`, one with the native library per platform, and `@net-mesh/sdk`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::{Factory, files};

/// Makes the packages, and has them judged by what npm's users rely on.
pub(super) fn pack(factory: &Factory) -> Result<()> {
    let out = factory.dist("npm")?;
    let staged = [platform(factory)?, library(factory, "core")?, library(factory, "sdk")?];
    for folder in &staged {
        let mut npm = factory.workspace.command("npm", "");
        npm.args(["pack", "--pack-destination"]).arg(&out).arg(folder);
        factory.job.run(&mut npm)?;
    }
    for archive in files::entries(&out)? {
        check(factory, &archive)?;
    }
    Ok(())
}

/// A package of the sources, without what is not published.
fn library(factory: &Factory, name: &str) -> Result<PathBuf> {
    let sources = factory.workspace.path(&format!("sdks/typescript/{name}"));
    let folder = factory.stage(&format!("npm/{name}"))?;
    files::copy_tree(&sources.join("dist"), &folder.join("dist"), &|file| !factory.facts.leaves_out(file))?;
    for file in ["README.md", "CHANGELOG.md"] {
        files::copy(&sources.join(file), &folder)?;
    }
    let text = fs::read_to_string(sources.join("package.json"))?;
    let manifest = serde_json::from_str(&text).context("package.json")?;
    finish(factory, &folder, published(factory, name, manifest))
}

/// The manifest of the sources as users get it.
fn published(factory: &Factory, name: &str, mut manifest: Map<String, Value>) -> Map<String, Value> {
    let facts = &factory.facts;
    manifest.remove("scripts");
    if let Some(Value::Object(exports)) = manifest.get_mut("exports") {
        exports.retain(|path, _| !facts.leaves_out(path.trim_start_matches("./")));
    }
    manifest.insert("files".into(), json!(["CHANGELOG.md", "dist"]));
    match name {
        "core" => {
            let packages = facts.platforms.iter().map(|platform| package_of(&platform.name));
            let all: Map<_, _> = packages.map(|package| (package, json!(facts.version))).collect();
            manifest.insert("optionalDependencies".into(), all.into());
        }
        _ => drop(manifest.insert("dependencies".into(), json!({ "@net-mesh/core": facts.version }))),
    }
    manifest
}

fn package_of(platform: &str) -> String {
    format!("@net-mesh/core-{platform}")
}

/// The package with the library of this platform.
fn platform(factory: &Factory) -> Result<PathBuf> {
    let host = &factory.facts.host;
    let folder = factory.stage(&format!("npm/core-{}", host.name))?;
    let library = format!("net.{}.node", host.name);
    let name = package_of(&host.name);
    fs::copy(factory.built("libnet_napi", "so"), folder.join(&library))?;
    fs::write(
        folder.join("README.md"),
        format!(
            "# {name}\n\nThe native library of `@net-mesh/core` for {}. Install `@net-mesh/sdk`, which brings it.\n",
            host.facts.rust
        ),
    )?;
    let mut manifest = Map::new();
    for (key, value) in [
        ("name", json!(name)),
        ("version", json!(factory.facts.version)),
        ("description", json!(format!("The native library of @net-mesh/core for {}", host.facts.rust))),
        ("main", json!(library)),
        ("files", json!([library])),
        ("os", json!([host.facts.os])),
        ("cpu", json!([host.facts.cpu])),
        ("engines", json!({ "node": ">=20.4" })),
    ] {
        manifest.insert(key.into(), value);
    }
    if let Some(libc) = &host.facts.libc {
        manifest.insert("libc".into(), json!([libc]));
    }
    finish(factory, &folder, manifest)
}

/// Adds what every package has, and writes the manifest.
fn finish(factory: &Factory, folder: &Path, mut manifest: Map<String, Value>) -> Result<PathBuf> {
    let facts = &factory.facts;
    for (key, value) in [
        ("version", json!(facts.version)),
        ("license", json!(facts.license)),
        ("homepage", json!(format!("{}#readme", facts.repository))),
        ("bugs", json!({ "url": format!("{}/issues", facts.repository) })),
        (
            "repository",
            json!({ "type": "git", "url": format!("git+{}.git", facts.repository), "directory": "sdks/typescript" }),
        ),
        ("keywords", json!(["mesh", "peer-to-peer", "event-bus", "encrypted"])),
    ] {
        manifest.insert(key.into(), value);
    }
    files::copy(&factory.workspace.path("LICENSE"), folder)?;
    fs::write(folder.join("package.json"), format!("{:#}\n", Value::Object(manifest)))?;
    Ok(folder.to_owned())
}

fn check(factory: &Factory, archive: &Path) -> Result<()> {
    factory.job.run(factory.workspace.command("publint", "").arg("--strict").arg(archive))?;
    let is_library = !archive.to_string_lossy().contains(&factory.facts.host.name);
    if is_library {
        factory.job.run(
            factory.workspace.command("attw", "").args(["--no-emoji", "--no-definitely-typed"]).arg(archive),
        )?;
    }
    Ok(())
}
