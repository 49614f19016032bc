//! Tasks that one language writes until it is killed, and that another reads.

use std::{fs, process::Stdio, time::Duration};

use anyhow::{Context as _, Result, ensure};

use crate::examples::program;
use crate::job::Job;
use crate::language::Language;
use crate::meetings::{Running, lines};
use crate::run::Context;

/// How long a line of a program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tasks that a writer has told before it is killed.
const LEAST: usize = 500;

/// What became of the tasks of one writer.
#[derive(Debug, PartialEq)]
struct Survival {
    /// Tasks that the writer has told, and those that were found.
    told: u64,
    found: u64,
}

/// Prints for each language what another has found of its tasks; tells whether all survived.
pub(crate) fn show(context: &Context) -> bool {
    let mut well = true;
    println!("  {:<12} {:>10} {:>10}   read by", "written by", "told", "found");
    for (writer, reader) in pairs(&context.languages) {
        match run(context, writer, reader) {
            Ok(Survival { told, found }) => {
                println!("  {:<12} {told:>10} {found:>10}   {reader}", writer.to_string())
            }
            Err(error) => {
                well = false;
                println!("  {:<12} FAILED: {error:#}", writer.to_string());
            }
        }
    }
    well
}

/// Runs the programs; each pair is a test, which passes if no task is lost.
pub(crate) fn check(context: &Context, job: &Job) -> Result<()> {
    let (mut passed, mut failed) = (0, 0);
    for (writer, reader) in pairs(&context.languages) {
        match run(context, writer, reader) {
            Ok(_) => passed += 1,
            Err(error) => {
                failed += 1;
                job.note(&format!("{writer}, read by {reader}: {error:#}"))?;
            }
        }
    }
    job.note(&format!("{passed} passed, {failed} failed, 0 skipped"))?;
    ensure!(failed == 0, "{failed} languages lost tasks");
    Ok(())
}

/// Each language with the next.
fn pairs(languages: &[Language]) -> impl Iterator<Item = (Language, Language)> {
    languages.iter().copied().zip(languages.iter().copied().cycle().skip(1))
}

/// Kills a writer among its tasks, and has a reader count them.
fn run(context: &Context, writer: Language, reader: Language) -> Result<Survival> {
    let folder = context.workspace.target(&format!("demo/tasks-{writer}"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut writing = program(context.workspace, writer, "tasks");
    writing.arg("write").arg(&folder).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut writing = Running(writing.spawn().with_context(|| format!("cannot start {writer}"))?);
    let told = lines(&mut writing.0)?;
    let mut last = String::new();
    for _ in 0..LEAST {
        last = told.recv_timeout(PATIENCE).with_context(|| format!("{writer} writes nothing"))?;
    }
    drop(writing);
    // What it has told before its end is in the pipe.
    let rest: Vec<String> = told.iter().collect();
    let told = count(rest.last().unwrap_or(&last))? + 1;
    let mut reading = program(context.workspace, reader, "tasks");
    let read = reading.arg("read").arg(&folder).output().with_context(|| format!("cannot start {reader}"))?;
    ensure!(read.status.success(), "{reader} ends with {}", read.status);
    survived(told, &String::from_utf8_lossy(&read.stdout))
}

/// What a reader's line says, unless a task is missing.
fn survived(told: u64, line: &str) -> Result<Survival> {
    let (found, last) = line.trim().split_once(' ').with_context(|| format!("it printed {line:?}"))?;
    let (found, last) = (count(found)?, count(last)?);
    ensure!(found >= told, "{found} of {told} tasks were found");
    ensure!(last + 1 == found, "task {last} is the last of {found}");
    Ok(Survival { told, found })
}

fn count(text: &str) -> Result<u64> {
    text.trim().parse().with_context(|| format!("{text:?} is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_found_or_an_error() {
        assert_eq!(survived(5, "6 5\n").expect("all there"), Survival { told: 5, found: 6 });
        for (told, line) in [(7, "6 5"), (5, "6 6"), (5, "6"), (5, "six 5")] {
            assert!(survived(told, line).is_err(), "{line}");
        }
    }

    #[test]
    fn everybody_reads_once() {
        let languages = [Language::Rust, Language::Go, Language::C];
        let pairs: Vec<_> = pairs(&languages).collect();
        assert_eq!(
            pairs,
            [(Language::Rust, Language::Go), (Language::Go, Language::C), (Language::C, Language::Rust)]
        );
    }
}
