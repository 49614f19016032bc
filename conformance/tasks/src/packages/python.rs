//! The wheels of PyPI: `net-mesh` with the extension module, and `net-mesh-sdk`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{Factory, files};

/// Makes the wheels, and has them judged by what PyPI and pip rely on.
pub(super) fn pack(factory: &Factory) -> Result<()> {
    let (workspace, job) = (factory.workspace, factory.job);
    let out = factory.dist("pypi")?;
    let core = sources(factory, "core", "net")?;
    // maturin builds the extension, and finds in its symbols which systems can load it: that is the wheel's tag.
    let mut maturin = workspace.command("maturin", "");
    maturin.current_dir(&core).args(["build", "--release", "--out"]).arg(&out);
    workspace.build_natively(&mut maturin);
    // What maturin tells pyo3 it finds out by itself; told of it, it would be built once for tests and once for the wheel.
    let cargo = workspace.path("conformance/tasks/src/packages/python/cargo.sh");
    maturin.env("CARGO", cargo);
    job.run(&mut maturin)?;
    let sdk = sources(factory, "sdk", "net_sdk")?;
    let mut pip = workspace.command("python", "");
    pip.args(["-m", "pip", "wheel", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]);
    job.run(pip.arg("--wheel-dir").arg(&out).arg(sdk))?;
    let wheels = files::entries(&out)?;
    job.run(workspace.command("twine", "").args(["check", "--strict"]).args(&wheels))?;
    wheels.iter().try_for_each(|wheel| check_tag(factory, wheel))
}

/// A package of the sources, without what is not published.
fn sources(factory: &Factory, name: &str, module: &str) -> Result<PathBuf> {
    let workspace = factory.workspace;
    let from = workspace.path(&format!("sdks/python/{name}"));
    let folder = factory.stage(&format!("pypi/{name}"))?;
    let wanted = |file: &str| {
        !factory.facts.leaves_out(file)
            && file != "__pycache__"
            && Path::new(file).extension() != Some("so".as_ref())
    };
    files::copy_tree(&from.join(module), &folder.join(module), &wanted)?;
    for file in [from.join("README.md"), workspace.path("LICENSE")] {
        files::copy(&file, &folder)?;
    }
    let text = fs::read_to_string(from.join("pyproject.toml"))?;
    let crates = workspace.path("bindings/python/Cargo.toml").display().to_string();
    let text = text.replace("../../../bindings/python/Cargo.toml", &crates);
    fs::write(folder.join("pyproject.toml"), text)?;
    Ok(folder)
}

/// Has auditwheel find the tag of a wheel in its own way.
fn check_tag(factory: &Factory, wheel: &Path) -> Result<()> {
    let name = wheel.file_stem().context("a wheel has a name")?.to_string_lossy().into_owned();
    if name.ends_with("-py3-none-any") {
        return Ok(());
    }
    let shown = factory.job.capture(factory.workspace.command("auditwheel", "").arg("show").arg(wheel))?;
    factory.job.note(&shown)?;
    let tag = name.rsplit('-').next().unwrap_or_default();
    let known = tag.split('.').any(|tag| shown.contains(&format!("\"{tag}\"")));
    ensure!(
        known && name.contains("-cp311-abi3-manylinux_"),
        "{name} does not run where its name says: {shown}"
    );
    Ok(())
}
