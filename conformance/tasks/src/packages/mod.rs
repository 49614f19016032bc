//! `cargo package-sdks`: what each language's users install, below `target/dist`.

mod c;
mod facts;
mod files;
mod golang;
mod install;
mod node;
mod python;
mod rust;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::args::Args;
use crate::job::Job;
use crate::language::Language;
use crate::run::{Context, Run};
use crate::stages;
use crate::workspace::Workspace;

use facts::Facts;
pub(crate) use install::{check, show};

/// What makes packages.
#[derive(Debug)]
pub(crate) struct Factory<'a> {
    workspace: &'a Workspace,
    job: &'a Job,
    facts: Facts,
}

/// Makes the packages, tries them and prints where they are; tells whether all went well.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    let context = Context::new(workspace, args, false);
    let run = Run::new(&context);
    let wanted = stages::with_needs(|stage| stage.name == "package installs");
    run.stages(|stage| wanted.contains(stage.name))?;
    if run.sum().failed > 0 {
        return Ok(false);
    }
    println!();
    list(workspace, &workspace.target("dist"))?;
    Ok(true)
}

/// Makes the packages of every language that is wanted.
pub(crate) fn build(context: &Context, job: &Job) -> Result<()> {
    let factory = Factory { workspace: context.workspace, job, facts: Facts::read(context.workspace, job)? };
    factory.libraries(context)?;
    for language in &context.languages {
        match language {
            Language::Rust => rust::pack(&factory),
            Language::TypeScript => node::pack(&factory),
            Language::Python => python::pack(&factory),
            Language::Go => golang::pack(&factory),
            Language::C => c::pack(&factory),
        }
        .with_context(|| format!("cannot package {language}"))?;
    }
    Ok(())
}

impl Factory<'_> {
    /// Builds the native libraries as they are published, without the module of the conformance suite.
    fn libraries(&self, context: &Context) -> Result<()> {
        let cargo = |command: &str, package: &str| {
            let mut cargo = self.workspace.cargo(command);
            cargo.args(["--lib", "--package", package]);
            cargo
        };
        if context.uses(&[Language::TypeScript]) {
            self.job.run(&mut cargo("build", "net-napi"))?;
        }
        if context.uses(&[Language::Go, Language::C]) {
            fs::create_dir_all(self.workspace.target("release"))?;
            let print = format!("native-static-libs={}", self.needs().display());
            self.job.run(cargo("rustc", "net-c").args(["--", "--print", &print]))?;
        }
        Ok(())
    }

    /// A library that was built.
    fn built(&self, stem: &str, extension: &str) -> PathBuf {
        self.workspace.target(&format!("release/{stem}.{extension}"))
    }

    /// Where the compiler writes what the static library has to be linked with.
    fn needs(&self) -> PathBuf {
        self.workspace.target("release/libnet_mesh.a.needs")
    }

    /// The flags that link what the static library needs.
    fn native_libraries(&self) -> Result<String> {
        let text = fs::read_to_string(self.needs()).context("the compiler did not tell what to link with")?;
        Ok(text.trim().to_owned())
    }

    /// Copies a library without what only a debugger reads.
    fn without_debug_info(&self, from: &Path, to: &Path) -> Result<()> {
        self.job.run(self.workspace.command("strip", "").arg("--strip-debug").arg("-o").arg(to).arg(from))
    }

    /// An empty folder to put a package together in.
    fn stage(&self, name: &str) -> Result<PathBuf> {
        files::empty(self.workspace.target("packages").join(name))
    }

    /// The folder for the packages of one kind, empty.
    fn dist(&self, kind: &str) -> Result<PathBuf> {
        files::empty(self.workspace.target("dist").join(kind))
    }
}

/// Prints the files below a folder, with their sizes.
fn list(workspace: &Workspace, folder: &Path) -> Result<()> {
    for path in files::entries(folder)? {
        if path.is_dir() {
            list(workspace, &path)?;
        } else {
            let kib = fs::metadata(&path)?.len().div_ceil(1024);
            println!("  {kib:>7} KiB  {}", workspace.shorten(&path).display());
        }
    }
    Ok(())
}
