//! `cargo conform`: runs the driver on the testees and prints its report.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use net_codegen::ir::{Api, Lang};
use net_codegen::targets::naming::names_in_errors;
use net_conformance::{Alias, Frames, Malformed, Options, Report, Spellings, Testee};

use crate::args::Args;
use crate::job::Job;
use crate::language::Language;
use crate::layouts::layouts;
use crate::run::{Context, Run};
use crate::workspace::{Workspace, shared_library};

/// Builds the testees and runs the cases; tells whether all passed.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    let context = Context::new(workspace, args, false);
    let builds = Run::new(&context);
    builds.stages(|stage| stage.builds_for(&context.languages))?;
    let failed = builds.sum().failed;
    if failed > 0 {
        println!("\n0 passed, {failed} failed, 0 skipped");
        return Ok(false);
    }
    let report = drive(&context, args.filter.clone())?;
    if let Some(path) = &args.json {
        write_json(&report, path)?;
    }
    print!("\n{}", report.to_terminal());
    println!("{}", report.closing_line());
    Ok(report.counts().1 == 0)
}

/// Runs the cases; the report goes to the job's log, and the result is an error if any failed.
pub(crate) fn check(context: &Context, job: &Job) -> Result<()> {
    let report = drive(context, None)?;
    job.note(&report.to_terminal())?;
    job.note(&report.closing_line())?;
    let (_, failed, _) = report.counts();
    ensure!(failed == 0, "{failed} cases failed");
    Ok(())
}

/// Runs the cases whose name contains the filter, in the languages that are wanted.
pub(crate) fn drive(context: &Context, filter: Option<String>) -> Result<Report> {
    let workspace = context.workspace;
    let options = options(workspace, filter, workspace.target("conformance"))?;
    let wanted = Language::ALL.into_iter().filter(|language| context.wants(*language));
    let testees = wanted.map(|language| {
        let absent = context.reason(language).map(str::to_owned);
        Testee { absent, ..testee(workspace, language) }
    });
    net_conformance::run(&options, &testees.collect::<Vec<_>>())
}

/// What the cases whose name contains the filter are run with; the report goes to the folder.
pub(crate) fn options(workspace: &Workspace, filter: Option<String>, out: PathBuf) -> Result<Options> {
    let api = net_codegen::cli::api(&workspace.path(""))?;
    Ok(Options {
        fixtures: workspace.path("fixtures"),
        known: workspace.path("conformance/known"),
        out,
        filter,
        layouts: layouts(&api),
        malformed: malformed(workspace, &api)?,
        aliases: aliases(&api),
        spellings: spellings(&api),
        spec_hash: api.hash,
        jobs: 5,
        limit: Duration::from_secs(10),
    })
}

/// The testee of a language.
pub(crate) fn testee(workspace: &Workspace, language: Language) -> Testee {
    let text = |path: PathBuf| path.display().to_string();
    let command = match language {
        Language::Rust => vec![text(workspace.target("release/net-testee"))],
        Language::TypeScript => {
            vec!["node".to_owned(), text(workspace.path("conformance/testees/node/main.mjs"))]
        }
        Language::Python => vec![
            "env".to_owned(),
            format!("PYTHONPATH={}", workspace.path("sdks/python/core").display()),
            text(workspace.target("venv/bin/python")),
            text(workspace.path("conformance/testees/python/main.py")),
        ],
        Language::Go => vec![text(workspace.target("testees/go"))],
        // Its symbols are those of the shared library; it is itself linked to the static one.
        Language::C => {
            vec![text(workspace.path("target/c/testee")), text(workspace.target(&shared_library()))]
        }
    };
    let frames = if language == Language::C { Frames::Flat } else { Frames::Json };
    Testee { language: language.name().to_owned(), command, frames, absent: None }
}

/// The file of a shared library.
/// The other names of functions, in the languages that have a testee.
fn aliases(api: &Api) -> Vec<Alias> {
    let all = net_codegen::coverage::aliases(api).into_iter();
    all.map(|(language, op, alias)| Alias { language, op, alias }).collect()
}

/// What Go and TypeScript call what the library names in errors; the other languages leave those names as they are.
fn spellings(api: &Api) -> Spellings {
    let own = [(Language::Go, Lang::Go), (Language::TypeScript, Lang::Ts)].into_iter();
    let all = own.flat_map(|(language, lang)| {
        let calls = names_in_errors(api, lang).into_iter();
        calls.map(move |(call, names)| ((language.name().to_owned(), format!("call:{call}")), names))
    });
    all.collect()
}

/// What follows from the cases of the files, each spoiled in its own way.
fn malformed(workspace: &Workspace, api: &Api) -> Result<Vec<Malformed>> {
    let all = net_codegen::fixtures::malformed(&workspace.path(""), api)?;
    let one = |form: net_codegen::fixtures::Malformed| Malformed {
        name: form.name,
        layout: form.layout,
        form: form.form,
        error: form.error,
    };
    Ok(all.into_iter().map(one).collect())
}

fn write_json(report: &Report, path: &Path) -> Result<()> {
    fs::write(path, format!("{:#}\n", report.to_json()))
        .with_context(|| format!("cannot write {}", path.display()))
}
