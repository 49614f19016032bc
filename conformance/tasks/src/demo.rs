//! `cargo demo`: sends a file of events through the bus from every language.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::args::Args;
use crate::company;
use crate::conform;
use crate::examples;
use crate::job::Job;
use crate::language::Language;
use crate::members;
use crate::packages;
use crate::run::{Context, Run};
use crate::stages::{Role, Stage};
use crate::survival;
use crate::workspace::Workspace;

const EVENTS: &str = "fixtures/events.jsonl";

/// What a demo program prints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcome {
    language: String,
    published: u64,
    read: u64,
    seconds: f64,
    matched: bool,
}

/// Builds everything, runs the programs and the conformance cases; tells whether all went well.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    let context = Context::new(workspace, args, false).optimized();
    println!("Checking the generated code and building the SDKs\n");
    let builds = Run::new(&context);
    let chosen = |stage: &Stage| ["spec", "packages"].contains(&stage.name) || stage.role == Role::Build;
    builds.stages(chosen)?;
    ensure!(builds.sum().failed == 0, "without these parts there is nothing to show");

    let sizes =
        fs::read_to_string(workspace.path(EVENTS)).with_context(|| format!("cannot read {EVENTS}"))?;
    let (events, bytes) = (sizes.lines().count() as u64, sizes.len() / 1024);
    println!("\n{} events ({bytes} KiB of {EVENTS}) through the bus, and back\n", grouped(events));
    println!(
        "  {:<12} {:>10} {:>10} {:>9} {:>12}   ",
        "language", "published", "read", "seconds", "events/s"
    );
    let mut well = true;
    for language in &context.languages {
        well &= show(&context, *language, events)?;
    }
    for (language, reason) in &context.missing {
        println!("  {language:<12} absent: {reason}");
    }

    println!(
        "\nA node of each language, joined by a relay and sealed end to end: messages, and their median delay\n"
    );
    well &= company::show(&context)?;

    println!(
        "\nA channel that needs a token: who is given one finds the others and hears it until it is revoked, nobody else does\n"
    );
    well &= members::show(&context);

    println!(
        "\nTasks on disk: each language is killed while it writes, and another reads what it has left\n"
    );
    well &= survival::show(&context);

    println!("\nThe packages, installed outside the repository and without a network\n");
    well &= packages::show(&context)?;

    println!("\nConformance\n");
    let report = conform::drive(&context, None)?;
    print!("{}", report.to_terminal());
    println!("{}", report.closing_line());
    Ok(well && report.counts().1 == 0)
}

/// Runs the programs; each is a test, which passes if every event comes back as it was.
pub(crate) fn check(context: &Context, job: &Job) -> Result<()> {
    let events = fs::read_to_string(context.workspace.path(EVENTS))?.lines().count() as u64;
    let (mut passed, mut failed) = (0, 0);
    for language in &context.languages {
        match job.capture(&mut program(context.workspace, *language)).and_then(|line| parse(&line, *language))
        {
            Ok(outcome) if outcome.is_complete(events) => passed += 1,
            result => {
                failed += 1;
                job.note(&format!("{language}: {result:?}"))?;
            }
        }
    }
    job.note(&format!("{passed} passed, {failed} failed, 0 skipped"))?;
    ensure!(failed == 0, "{failed} programs did not get their events back");
    Ok(())
}

/// Runs the program of a language and prints its row; tells whether it got back what it sent.
fn show(context: &Context, language: Language, events: u64) -> Result<bool> {
    let job =
        Job::start(&format!("{language} demo"), context.workspace.target(&format!("demo/{language}.log")))?;
    let result =
        job.capture(&mut program(context.workspace, language)).and_then(|line| parse(&line, language));
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(error) => {
            println!(
                "  {language:<12} FAILED: {error:#}; see {}",
                context.workspace.shorten(job.log()).display()
            );
            return Ok(false);
        }
    };
    let well = outcome.is_complete(events);
    let Outcome { published, read, seconds, .. } = outcome;
    let rate = (published as f64 / seconds.max(1e-9)) as u64;
    let verdict = if well { "every event came back as it was" } else { "NOT what was sent" };
    println!(
        "  {language:<12} {:>10} {:>10} {seconds:>9.3} {:>12}   {verdict}",
        grouped(published),
        grouped(read),
        grouped(rate)
    );
    Ok(well)
}

impl Outcome {
    fn is_complete(&self, events: u64) -> bool {
        self.matched && self.published == events && self.read == events
    }
}

/// The program with its file.
fn program(workspace: &Workspace, language: Language) -> Command {
    let mut command = examples::program(workspace, language, "demo");
    command.arg(workspace.path(EVENTS));
    command
}

fn parse(text: &str, language: Language) -> Result<Outcome> {
    let outcome: Outcome =
        serde_json::from_str(text.trim()).with_context(|| format!("it printed {text:?}"))?;
    ensure!(outcome.language == language.name(), "it says it is {}", outcome.language);
    Ok(outcome)
}

/// A number with a comma before each group of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_program_has_to_print_its_line() {
        let line = r#"{"language":"go","published":4,"read":4,"seconds":0.021,"matched":true}"#;
        assert_eq!(parse(line, Language::Go).unwrap().published, 4);
        assert!(parse(line, Language::C).is_err());
        assert!(parse("", Language::Go).is_err());
    }
}
