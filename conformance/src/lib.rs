//! The conformance driver: loads fixtures, runs testees, compares bytes, reports.
//!
//! `conformance/README.md` describes the fixtures, the protocol and the report. [`run`] does all of it; what the
//! testees are and how they are built is the caller's business.

#![forbid(unsafe_code)]

mod compare;
mod exit;
mod fixture;
mod flat;
mod frame;
mod known;
mod link;
mod proxy;
mod remote;
mod report;
mod server;
mod session;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use anyhow::{Context, Result, ensure};

pub use compare::{Layouts, Span, Spellings};
pub use exit::exit_of;
pub use proxy::{Proxy, Way};
pub use remote::Remote;
pub use report::{CaseContent, CaseReport, LanguageReport, Report, State, Status};
pub use server::Server;

/// A program that speaks the protocol for one language.
#[derive(Debug, Clone)]
pub struct Testee {
    /// Name of the language, which is also that of its known-failing list and of its log.
    pub language: String,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Form of its messages.
    pub frames: Frames,
    /// Why it cannot run here, if it cannot.
    pub absent: Option<String>,
}

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// A length and JSON.
    Json,
    /// A line of `path=value` fields.
    Flat,
}

/// A malformed form of a layout.
#[derive(Debug, Clone)]
pub struct Malformed {
    /// `wire/file/case/how`, or `text/...`.
    pub name: String,
    /// The layout.
    pub layout: String,
    /// Its bytes in hex, or its text.
    pub form: String,
    /// Family and kind of the error: `echo.bad_frame`.
    pub error: String,
}

/// Another name of a function in one language.
#[derive(Debug, Clone)]
pub struct Alias {
    /// The language.
    pub language: String,
    /// The operation that calls the function.
    pub op: String,
    /// The one that calls it by the other name: `call:bus.net_node.emit/ingest`.
    pub alias: String,
}

/// What to run, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Directory of the fixture files, with one folder per kind.
    pub fixtures: PathBuf,
    /// Directory of the known-failing lists.
    pub known: PathBuf,
    /// Where the report and the testees' logs go.
    pub out: PathBuf,
    /// Run only cases whose name contains this text.
    pub filter: Option<String>,
    /// Hash of the spec that every testee must have been generated from.
    pub spec_hash: String,
    /// Layouts of the wire forms, for the messages about bytes.
    pub layouts: Layouts,
    /// Forms that follow from the cases of the files, and that decoders refuse.
    pub malformed: Vec<Malformed>,
    /// Other names of functions; for each the first case that calls the function is repeated under that name.
    pub aliases: Vec<Alias>,
    /// What languages call what the library names in errors.
    pub spellings: Spellings,
    /// How many testees run at once.
    pub jobs: usize,
    /// How long one case, a start or an exit may take.
    pub limit: Duration,
}

/// Runs every case in every testee and writes `report.json` and `report.md`.
///
/// The testees run side by side; the report is in their order whichever ends first.
pub fn run(options: &Options, testees: &[Testee]) -> Result<Report> {
    fs::create_dir_all(&options.out).with_context(|| format!("cannot create {}", options.out.display()))?;
    let mut all = fixture::load(&options.fixtures)?;
    for malformed in &options.malformed {
        all.push(fixture::malformed(malformed)?);
    }
    let repeated =
        options.aliases.iter().filter_map(|alias| all.iter().find_map(|case| case.with_alias(alias)));
    let repeated: Vec<_> = repeated.collect();
    all.extend(repeated);
    let cases = fixture::select(&all, options.filter.as_deref());
    ensure!(!all.is_empty(), "no fixtures in {}", options.fixtures.display());
    ensure!(!cases.is_empty(), "no case has `{}` in its name", options.filter.as_deref().unwrap_or_default());

    let queue = Mutex::new(testees.iter().enumerate());
    let done = Mutex::new(Vec::new());
    let servers = server::Servers::default();
    thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, testees.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((index, testee)) = next else { break };
                    let report = session::run(options, testee, testees, &servers, &all, &cases);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, report));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    let languages = done.into_iter().map(|(_, report)| report).collect::<Result<Vec<_>>>()?;
    let report = Report {
        spec_hash: options.spec_hash.clone(),
        filter: options.filter.clone(),
        languages,
        cases: cases.iter().map(|case| case.content()).collect(),
    };
    report.write(&options.out)?;
    Ok(report)
}
