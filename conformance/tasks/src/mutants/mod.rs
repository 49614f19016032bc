//! `cargo conform --mutants`: spoils each language's generated codecs, and requires that the cases find it.
//!
//! A mutant is a copy of the checkout in which the codecs of one language have one mistake. Its testee answers the wire
//! cases; the testees of the other languages are those of the checkout, so that they run once for all mutants.

mod copy;
mod verdict;

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, iter, thread};

use anyhow::{Context as _, Result, ensure};
use net_codegen::ir::Lang;
use net_codegen::mutation::{Mutant, Mutation};
use net_conformance::Report;

use crate::args::Args;
use crate::conform;
use crate::job::Job;
use crate::language::Language;
use crate::prepare;
use crate::run::{Context, Run};
use crate::workspace::Workspace;
use verdict::Catch;

/// The cases that codecs have to pass.
const CASES: &str = "wire/";

/// Builds the testees and the mutants, and prints what found each; tells whether none survived.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    let context = Context::new(workspace, args, false);
    let builds = Run::new(&context);
    builds.stages(|stage| stage.builds_for(&context.languages))?;
    ensure!(builds.sum().failed == 0, "without these parts there is nothing to spoil");
    let job = Job::start("mutants", workspace.target("mutants/mutants.log"))?;
    let outcomes = outcomes(&context, &job)?;
    println!("\n{}{}", table(&outcomes), closing_line(&outcomes));
    Ok(outcomes.iter().all(|outcome| outcome.result.is_ok()))
}

/// The same as a stage; the table goes to its log.
pub(crate) fn check(context: &Context, job: &Job) -> Result<()> {
    let outcomes = outcomes(context, job)?;
    job.note(&table(&outcomes))?;
    job.note(&closing_line(&outcomes))?;
    let survivors = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    ensure!(survivors == 0, "{survivors} mutants are not found as they should be");
    Ok(())
}

/// What became of a mutant.
#[derive(Debug)]
struct Outcome {
    language: Language,
    mutation: Mutation,
    result: Result<Catch>,
}

fn outcomes(context: &Context, job: &Job) -> Result<Vec<Outcome>> {
    let control = drive(context.workspace, &context.languages)?;
    let (_, failed, _) = control.counts();
    ensure!(failed == 0, "{failed} cases fail without a mistake; see `cargo conform`");
    let of = |language: Language| {
        Mutation::ALL.map(|mutation| Outcome {
            language,
            mutation,
            result: outcome(context.workspace, job, &control, language, mutation),
        })
    };
    // Most builds of one codec keep one core busy. Those of one language share what they build, one after the other.
    let next = AtomicUsize::new(0);
    let lane = || {
        let taken = iter::from_fn(|| context.languages.get(next.fetch_add(1, Ordering::Relaxed)));
        taken.flat_map(|language| of(*language)).collect::<Vec<_>>()
    };
    let mut outcomes = thread::scope(|scope| {
        let other = scope.spawn(lane);
        let mut outcomes = lane();
        outcomes.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        outcomes
    });
    outcomes.sort_by_key(|outcome| context.languages.iter().position(|one| *one == outcome.language));
    Ok(outcomes)
}

fn outcome(
    workspace: &Workspace,
    job: &Job,
    control: &Report,
    language: Language,
    mutation: Mutation,
) -> Result<Catch> {
    let api = net_codegen::cli::api(&workspace.path(""))?;
    let Mutant { layouts, shielded, files } = mutation.codecs(api, lang(language))?;
    let folder = format!("mutants/{language}/{}", mutation.name().replace(' ', "-"));
    let copy = copy::make(workspace, &workspace.target(&folder), files.iter().collect())?;
    build(workspace, &copy, job, language, mutation).context("the mutant cannot be built")?;
    let mut spoiled = drive(&copy, &[language])?;
    let judge = |report: &Report| verdict::judge(report, language.name(), mutation, &layouts, &shielded);
    // A judge who finds something in the run without a mistake finds it everywhere.
    ensure!(judge(control).is_err(), "found without being there");
    let others = control.languages.iter().filter(|other| other.language != language.name());
    spoiled.languages.extend(others.cloned());
    judge(&spoiled)
}

fn lang(language: Language) -> Lang {
    match language {
        Language::Rust => Lang::Rust,
        Language::TypeScript => Lang::Ts,
        Language::Python => Lang::Python,
        Language::Go => Lang::Go,
        Language::C => Lang::C,
    }
}

/// Builds the testee of a copy.
fn build(
    workspace: &Workspace,
    copy: &Workspace,
    job: &Job,
    language: Language,
    mutation: Mutation,
) -> Result<()> {
    match language {
        Language::Rust => {
            // The mutants share the crates of others. Cargo knows ours by their profile, not by where they lie, so that
            // each mutant has a profile of its own.
            let target = workspace.target("mutants/rust/target");
            let units = format!("profile.dev.package.net-types.codegen-units={}", 1 + mutation as usize);
            let mut cargo = copy.command("cargo", "");
            cargo.args(["build", "--package", "net-testee", "--bin", "net-codecs", "--no-default-features"]);
            cargo.args(["--config", "profile.dev.debug=false", "--config", &units]);
            job.run(cargo.arg("--target-dir").arg(&target))?;
            let testee = copy.target("release/net-testee");
            fs::create_dir_all(copy.target("release"))?;
            fs::copy(target.join("debug/net-codecs"), &testee).context("cannot copy the testee").map(drop)
        }
        Language::TypeScript => {
            job.run(copy.command("npm", "sdks/typescript").args(["run", "build", "--workspace", "core"]))
        }
        Language::Python => Ok(()),
        Language::Go => {
            prepare::link_for_go(copy)?;
            prepare::go_testee(copy, job)
        }
        Language::C => prepare::c_testee(copy, job),
    }
}

/// Runs the cases in the testees of a checkout.
fn drive(workspace: &Workspace, languages: &[Language]) -> Result<Report> {
    let names: Vec<_> = languages.iter().map(Language::to_string).collect();
    let out = workspace.target(&format!("mutants/report-{}", names.join("-")));
    fs::create_dir_all(&out)?;
    let options = conform::options(workspace, Some(CASES.to_owned()), out)?;
    let testees: Vec<_> = languages.iter().map(|language| conform::testee(workspace, *language)).collect();
    net_conformance::run(&options, &testees)
}

/// A row for each mutant: what found it, where, and how many cases did.
fn table(outcomes: &[Outcome]) -> String {
    let mut rows = vec![["language", "mistake", "found by", "at", "cases"].map(str::to_owned)];
    for Outcome { language, mutation, result } in outcomes {
        let [found, place, failed] = match result {
            Ok(Catch { case, place, failed }) => [case.clone(), place.clone(), failed.to_string()],
            Err(error) => ["NOT FOUND".to_owned(), format!("{error:#}"), String::new()],
        };
        rows.push([language.to_string(), mutation.name().to_owned(), found, place, failed]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3, 4].map(width);
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn closing_line(outcomes: &[Outcome]) -> String {
    let found = outcomes.iter().filter(|outcome| outcome.result.is_ok()).count();
    format!("{found} passed, {} failed, 0 skipped", outcomes.len() - found)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_survivor_is_a_failure_that_names_its_language() {
        let catch = Catch { case: "wire/frame/a".into(), place: "byte 4".into(), failed: 12 };
        let outcomes = [
            Outcome { language: Language::Go, mutation: Mutation::ByteOrder, result: Ok(catch) },
            Outcome {
                language: Language::C,
                mutation: Mutation::ByteOrder,
                result: Err(anyhow!("it survives")),
            },
        ];
        let expected = "\
language  mistake           found by      at           cases
go        wrong byte order  wire/frame/a  byte 4       12
c         wrong byte order  NOT FOUND     it survives
";
        assert_eq!(table(&outcomes), expected);
        assert_eq!(closing_line(&outcomes), "1 passed, 1 failed, 0 skipped");
    }
}
