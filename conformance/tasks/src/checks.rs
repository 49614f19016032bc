//! Tests that take more than a command line.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};

use crate::job::Job;
use crate::language::missing_for_servers;
use crate::prepare::{self, INCLUDES, WARNINGS};
use crate::run::Context;
use crate::workspace::STATIC_LIBRARY;

/// Proves that what is generated from the spec is as the spec says.
pub(crate) fn spec_check(context: &Context, job: &Job) -> Result<()> {
    let this = env::current_exe()?.display().to_string();
    for command in ["check", "tidy"] {
        job.run(context.workspace.command(&this, "").args(["spec", command]))?;
    }
    Ok(())
}

/// Proves that each package has all of the interface, and that the cases test it, or else the spec says why not.
pub(crate) fn coverage(context: &Context, job: &Job) -> Result<()> {
    let this = env::current_exe()?.display().to_string();
    job.run(context.workspace.command(&this, "").args(["spec", "coverage"]))
}

/// Tests the compiler and what runs the tests.
pub(crate) fn tool_tests(context: &Context, job: &Job) -> Result<()> {
    let mut cargo = context.workspace.command("cargo", "");
    cargo.args(["test", "--no-fail-fast", "--features", "conformance"]);
    job.run(cargo.args(TOOLS.iter().flat_map(|tool| ["--package", tool])))
}

/// Tests everything else that is written in Rust, on the crates that the native libraries are made of.
pub(crate) fn rust_tests(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    let mut cargo = workspace.cargo("test");
    cargo.args(["--no-fail-fast", "--features", "conformance", "--workspace"]);
    prepare::check_ours(workspace, &mut cargo)?;
    job.run(cargo.args(TOOLS.iter().flat_map(|tool| ["--exclude", tool])))
}

/// Crates that are tested as they were built to run this: the tools, and one whose tests ask the compiler what is right.
const TOOLS: [&str; 4] = ["net-codegen", "net-conformance", "net-tasks", "net-types"];

/// Looks for the servers that tests start.
pub(crate) fn servers(context: &Context, _: &Job) -> Result<()> {
    let missing = missing_for_servers(&context.languages);
    ensure!(missing.is_empty(), "{}", missing.join("\n"));
    Ok(())
}

/// Fails if gofmt would change a file.
pub(crate) fn go_format(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    // Not every distribution of Go puts gofmt beside go.
    let root = job.capture(workspace.command("go", "").args(["env", "GOROOT"]))?;
    let gofmt = format!("{}/bin/gofmt", root.trim());
    let wrong =
        job.capture(workspace.command(&gofmt, "").args(["-l", "sdks/go", "conformance/testees/go"]))?;
    ensure!(wrong.is_empty(), "gofmt would change {}", wrong.trim().replace('\n', ", "));
    Ok(())
}

/// Compiles each C header on its own, as C11 and as C++17, with and without the echo module.
pub(crate) fn c_headers(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    for folder in INCLUDES {
        for header in files(&workspace.path(folder), "h")? {
            for (compiler, language, standard) in [("cc", "c", "-std=c11"), ("c++", "c++", "-std=c++17")] {
                for module in ["-UNET_HAS_CONFORMANCE", "-DNET_HAS_CONFORMANCE"] {
                    let mut command = workspace.command(compiler, "");
                    command.args(["-x", language, standard, module, "-fsyntax-only"]).args(WARNINGS);
                    job.run(command.args(INCLUDES.map(|folder| format!("-I{folder}"))).arg(&header))?;
                }
            }
        }
    }
    Ok(())
}

/// Builds the C tests with AddressSanitizer and LeakSanitizer, and runs them.
pub(crate) fn c_tests(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    job.run(workspace.command("sdks/c/tests/run.sh", "").env("LIB", workspace.target(STATIC_LIBRARY)))
}

/// The files below a folder that have the extension, in order.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
