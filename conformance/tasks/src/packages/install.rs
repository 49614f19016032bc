//! Installs the packages the way that users do, where nothing of the repository is in reach, and runs the quick starts.
//!
//! Each language gets an empty project in the system's folder for temporary files. Its commands know nothing of our
//! environment, find no network, and see empty folders where the sources and build products are.

mod c;
mod golang;
mod node;
mod python;
mod rust;
mod sandbox;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::facts::Facts;
use super::files;
use crate::examples;
use crate::job::Job;
use crate::language::Language;
use crate::run::Context;
use crate::workspace::Workspace;
use sandbox::Sandbox;

/// What the programs of `conformance/install` print.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    version: String,
    spec_hash: String,
    features: Vec<String>,
    /// From where the package was loaded; nothing where it is a part of the program.
    from: PathBuf,
}

/// A language's project.
#[derive(Debug)]
struct Project<'a> {
    workspace: &'a Workspace,
    job: &'a Job,
    facts: &'a Facts,
    sandbox: &'a Sandbox,
    folder: PathBuf,
}

/// What came of a language's packages.
#[derive(Debug)]
pub(crate) struct Installed {
    /// How they were installed.
    how: &'static str,
    /// The quick starts and the programs that ask what a package is, which have all run.
    programs: usize,
    /// What could not be tried here.
    untried: Vec<&'static str>,
}

/// Installs and runs all; each program that does what it should is a test that passes.
pub(crate) fn check(context: &Context, job: &Job) -> Result<()> {
    let facts = Facts::read(context.workspace, job)?;
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for language in &context.languages {
        match install(context, job, &facts, *language) {
            Ok(installed) => {
                passed += installed.programs;
                skipped += installed.untried.len();
                installed
                    .untried
                    .iter()
                    .try_for_each(|what| job.note(&format!("{language}: no {what} here")))?;
            }
            Err(error) => {
                failed += 1;
                job.note(&format!("error: {language}: {error:#}"))?;
            }
        }
    }
    job.note(&format!("{passed} passed, {failed} failed, {skipped} skipped"))?;
    ensure!(failed == 0, "the packages of {failed} languages do not work");
    Ok(())
}

/// Installs and runs all, with a line for each language; tells whether all went well.
pub(crate) fn show(context: &Context) -> Result<bool> {
    let workspace = context.workspace;
    let job = Job::start("packages", workspace.target("demo/packages.log"))?;
    let facts = Facts::read(workspace, &job)?;
    let mut well = true;
    for language in &context.languages {
        match install(context, &job, &facts, *language) {
            Ok(Installed { how, programs, .. }) => {
                println!("  {language:<12} {how:<44} {programs} programs ran");
            }
            Err(error) => {
                well = false;
                println!(
                    "  {language:<12} FAILED: {error:#}; see {}",
                    workspace.shorten(job.log()).display()
                );
            }
        }
    }
    Ok(well)
}

fn install(context: &Context, job: &Job, facts: &Facts, language: Language) -> Result<Installed> {
    let folder = files::empty(std::env::temp_dir().join(folder_name(context.workspace, language)))?;
    // Programs tell where they are without the links that lead there.
    let folder = folder.canonicalize()?;
    let sandbox = Sandbox::new(context.workspace, job)?;
    let project = Project { workspace: context.workspace, job, facts, sandbox: &sandbox, folder };
    let result = match language {
        Language::Rust => rust::install(&project),
        Language::TypeScript => node::install(&project),
        Language::Python => python::install(&project),
        Language::Go => golang::install(&project),
        Language::C => c::install(&project),
    };
    fs::remove_dir_all(&project.folder).context("cannot remove the project")?;
    result
}

/// The same name every time, since compilers keep what they made of sources by their path.
fn folder_name(workspace: &Workspace, language: Language) -> String {
    format!("net-install{}-{language}", workspace.path("").display().to_string().replace(['/', '.'], "-"))
}

impl Project<'_> {
    /// A command in a folder of the project.
    fn command(&self, program: &str, folder: &str) -> Command {
        let mut command = self.sandbox.command(program);
        command.current_dir(self.path(folder));
        command
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Copies packages of one kind into the project: the only things of ours that its commands get.
    fn bring(&self, kind: &str) -> Result<Vec<PathBuf>> {
        let folder = self.path("packages");
        files::copy_tree(&self.workspace.target("dist").join(kind), &folder, &|_| true)?;
        files::entries(&folder)
    }

    /// Writes a source of the repository into the project; `@VERSION@` is that of the packages.
    fn write(&self, source: &str, to: &str) -> Result<()> {
        let text = fs::read_to_string(self.workspace.path(source))?;
        let path = self.path(to);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(&path, text.replace("@VERSION@", self.facts.version))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Runs a quick start, which has to print its events.
    fn quick_start(&self, command: &mut Command) -> Result<()> {
        examples::check(&self.job.capture(command)?)
    }

    /// Runs a program that asks the package what it is: this very one, and none of that name from elsewhere.
    fn about(&self, command: &mut Command) -> Result<()> {
        let text = self.job.capture(command)?;
        let about: About = serde_json::from_str(&text).with_context(|| format!("it printed {text:?}"))?;
        about.is_ours(self.facts, &self.folder)
    }
}

/// The features of what is shipped.
const SHIPPED: [&str; 2] = ["jetstream", "redis"];

impl About {
    fn is_ours(&self, facts: &Facts, folder: &Path) -> Result<()> {
        ensure!(self.version == facts.version, "it is version {}, not {}", self.version, facts.version);
        ensure!(self.spec_hash == facts.spec_hash, "it has spec {}, not {}", self.spec_hash, facts.spec_hash);
        ensure!(self.features == SHIPPED, "it was built with {:?}", self.features);
        let inside = self.from.as_os_str().is_empty() || self.from.starts_with(folder);
        ensure!(inside, "it was loaded from {}", self.from.display());
        Ok(())
    }
}
