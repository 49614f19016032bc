//! The Go module, as the files that `go` asks a module proxy for, with the static library in it.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::{Factory, files};

const MODULE: &str = "github.com/net-mesh/go";

/// Makes the files of the proxy.
pub(super) fn pack(factory: &Factory) -> Result<()> {
    let folder = module(factory)?;
    let out = factory.dist("go")?.join(MODULE).join("@v");
    let version = format!("v{}", factory.facts.version);
    files::zip(&folder, &format!("{MODULE}@{version}/"), &out.join(format!("{version}.zip")))?;
    fs::copy(folder.join("go.mod"), out.join(format!("{version}.mod")))?;
    fs::write(out.join(format!("{version}.info")), format!("{{\"Version\":\"{version}\"}}\n"))?;
    fs::write(out.join("list"), format!("{version}\n"))?;
    Ok(())
}

/// The module: everything stands beside the package's sources, where `go mod vendor` does not leave it out.
fn module(factory: &Factory) -> Result<PathBuf> {
    let workspace = factory.workspace;
    let folder = factory.stage("go")?;
    // The tests have a module and helpers of their own.
    let is_test = |file: &str| file.ends_with("_test.go") || ["tests", "internal"].contains(&file);
    let wanted = |file: &str| !is_test(file) && !factory.facts.leaves_out(file);
    files::copy_tree(&workspace.path("sdks/go"), &folder, &wanted)?;
    for file in ["LICENSE", "bindings/c/include/net_mesh.h"] {
        files::copy(&workspace.path(file), &folder)?;
    }
    let system = factory.facts.host.facts.go.replace('/', "_");
    let library = format!("libnet_mesh_{system}.a");
    factory.without_debug_info(&factory.built("libnet_mesh", "a"), &folder.join(&library))?;
    fs::write(folder.join("link.go"), link(factory, &library)?)?;
    fs::write(folder.join("link_missing.go"), missing(factory))?;
    Ok(folder)
}

/// How cgo links the library.
fn link(factory: &Factory, library: &str) -> Result<String> {
    let system = factory.facts.host.facts.go.replace('/', ",");
    let needs = factory.native_libraries()?;
    Ok(format!(
        "package net\n\n// #cgo CFLAGS: -I${{SRCDIR}}\n// #cgo {system} LDFLAGS: ${{SRCDIR}}/{library} {needs}\nimport \"C\"\n"
    ))
}

/// What a program for another system is told.
fn missing(factory: &Factory) -> String {
    let system = &factory.facts.host.facts.go;
    let built = system.replace('/', " && ");
    let repository = factory.facts.repository;
    format!(
        "//go:build !({built})\n\npackage net\n\n\
         // #error \"{MODULE} carries the library of {system} only: build it for your system from {repository}\"\nimport \"C\"\n"
    )
}
