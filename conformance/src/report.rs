//! What came out: counts, a matrix for the terminal, Markdown and JSON.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value, json};

/// How many failures of a language a terminal shows.
const MOST_FAILURES: usize = 20;

/// The results of a run.
#[derive(Debug)]
pub struct Report {
    /// Hash of the spec that was tested.
    pub spec_hash: String,
    /// The text that names of cases had to contain, if only some were run.
    pub filter: Option<String>,
    /// One entry per testee, in the order they were given.
    pub languages: Vec<LanguageReport>,
    /// What each case asks for, in the order of the fixtures.
    pub cases: Vec<CaseContent>,
}

/// What a case asks for and expects, whatever the language.
#[derive(Debug, Clone)]
pub struct CaseContent {
    /// `kind/file/case`.
    pub name: String,
    /// Its exchanges: `op`, `args`, and `ok` with a value, or `error` as `family.kind` with the `fields` that it names.
    pub exchanges: Vec<Map<String, Value>>,
}

impl CaseContent {
    /// What it asks for first.
    pub fn op(&self) -> Option<&str> {
        self.exchanges.first()?.get("op")?.as_str()
    }
}

/// The results of one language.
#[derive(Debug, Clone)]
pub struct LanguageReport {
    /// Name of the language.
    pub language: String,
    /// Whether its cases were run.
    pub state: State,
    /// Version of the SDK, if its testee got as far as saying it.
    pub sdk: Option<String>,
    /// What each package of the SDK has, if the testee can tell: names, and `true` or the value of a constant.
    pub surface: Option<Map<String, Value>>,
    /// One entry per case, in the order of the fixtures.
    pub cases: Vec<CaseReport>,
    /// What is wrong with its known-failing list.
    pub problems: Vec<String>,
}

/// Whether the cases of a language were run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// They were.
    Ran,
    /// The testee cannot run here.
    Absent(String),
    /// The testee does not start, or was built from another spec.
    Refused(String),
}

/// The result of one case.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// `kind/file/case`.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// Why, where it did not just pass.
    pub detail: Option<String>,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As expected.
    Passed,
    /// Otherwise.
    Failed,
    /// Otherwise, as the known-failing list says.
    Known,
    /// The testee does not offer what the case needs.
    Unsupported,
    /// A server that the case needs is not installed.
    NoServer,
    /// The testee cannot run here.
    Absent,
}

impl Report {
    /// How many cases passed, failed and were skipped. Each problem of a known-failing list is one more failure.
    pub fn counts(&self) -> (usize, usize, usize) {
        let problems = self.languages.iter().map(|language| language.problems.len()).sum::<usize>();
        self.languages.iter().flat_map(|language| &language.cases).fold(
            (0, problems, 0),
            |(p, f, s), case| match case.status {
                Status::Passed => (p + 1, f, s),
                Status::Failed => (p, f + 1, s),
                Status::Known | Status::Unsupported | Status::NoServer | Status::Absent => (p, f, s + 1),
            },
        )
    }

    /// The closing line, `N passed, N failed, N skipped`.
    pub fn closing_line(&self) -> String {
        let (passed, failed, skipped) = self.counts();
        format!("{passed} passed, {failed} failed, {skipped} skipped")
    }

    /// Failures, the matrix and notes, without the closing line.
    pub fn to_terminal(&self) -> String {
        let mut out = self.failures(MOST_FAILURES);
        let table = self.table();
        let widths: Vec<usize> = (0..=self.languages.len())
            .map(|column| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        for row in &table {
            let first = format!(" {:<width$}", row[0], width = widths[0]);
            let rest = row[1..].iter().zip(&widths[1..]).map(|(cell, width)| format!("  {cell:>width$}"));
            out += rest.fold(first, |line, cell| line + &cell).trim_end();
            out.push('\n');
        }
        for note in self.notes() {
            let _ = writeln!(out, " {note}");
        }
        out
    }

    /// The same as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut out = format!("# Conformance\n\nSpec `{}`: {}.\n\n", self.spec_hash, self.closing_line());
        for (index, row) in self.table().iter().enumerate() {
            let _ = writeln!(out, "| {} |", row.join(" | "));
            if index == 0 {
                let _ = writeln!(out, "|---{}|", "|--:".repeat(self.languages.len()));
            }
        }
        let notes = self.notes();
        if !notes.is_empty() {
            out.push('\n');
            notes.iter().for_each(|note| out += &format!("- {}\n", note.replace('*', "\\*")));
        }
        let failures = self.failures(usize::MAX);
        if !failures.is_empty() {
            let _ = write!(out, "\n## Failures\n\n```\n{failures}```\n");
        }
        out
    }

    /// The same as JSON, with the result of every case.
    pub fn to_json(&self) -> Value {
        let (passed, failed, skipped) = self.counts();
        let languages = self.languages.iter().map(|language| (language.language.clone(), language.to_json()));
        let cases = self.cases.iter().map(|case| (case.name.clone(), json!(case.exchanges)));
        json!({
            "spec_hash": self.spec_hash,
            "filter": self.filter,
            "passed": passed,
            "failed": failed,
            "skipped": skipped,
            "languages": languages.collect::<Map<_, _>>(),
            "cases": cases.collect::<Map<_, _>>(),
        })
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let json = format!("{:#}\n", self.to_json());
        for (name, text) in [("report.json", json), ("report.md", self.to_markdown())] {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }

    /// A header row, then a row per kind.
    fn table(&self) -> Vec<Vec<String>> {
        let kinds: IndexSet<&str> =
            self.languages.iter().flat_map(|language| &language.cases).map(CaseReport::kind).collect();
        let names = self.languages.iter().map(|language| language.language.clone());
        let mut table = vec![std::iter::once(String::new()).chain(names).collect::<Vec<_>>()];
        for kind in kinds {
            let cells = self.languages.iter().map(|language| language.cell(kind));
            table.push(std::iter::once(kind.to_owned()).chain(cells).collect());
        }
        table
    }

    /// The failures, of each language at most so many.
    fn failures(&self, most: usize) -> String {
        let mut out = String::new();
        for language in &self.languages {
            if let State::Refused(reason) = &language.state {
                let _ = writeln!(out, "{}  FAIL\n  {reason}", language.language);
                continue;
            }
            let failed: Vec<_> = language.cases.iter().filter(|case| case.status == Status::Failed).collect();
            for case in failed.iter().take(most) {
                let detail = case.detail.as_deref().unwrap_or_default();
                let _ = writeln!(out, "{}  {}  FAIL\n  {detail}", case.name, language.language);
            }
            if failed.len() > most {
                let _ = writeln!(
                    out,
                    "{}  {} more failures, see report.md",
                    language.language,
                    failed.len() - most
                );
            }
            for problem in &language.problems {
                let _ = writeln!(out, "{}  FAIL\n  {problem}", language.language);
            }
        }
        out
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for language in &self.languages {
            let name = &language.language;
            if let State::Absent(reason) = &language.state {
                notes.push(format!("{name} is absent: {reason}"));
            }
            let known = language.cases.iter().filter(|case| case.status == Status::Known).count();
            if known > 0 {
                notes.push(format!("* {known} known failing, see known/{name}.txt"));
            }
            for (reason, count) in language.reasons(Status::Unsupported) {
                notes.push(format!("{name} does not support {count}: {reason}"));
            }
            for (reason, count) in language.reasons(Status::NoServer) {
                notes.push(format!("{name} did not run {count}: {reason}"));
            }
        }
        notes
    }
}

impl LanguageReport {
    /// How many cases of the kind passed, of how many if not all did; `*` marks known failures.
    fn cell(&self, kind: &str) -> String {
        let of_kind: Vec<_> =
            self.cases.iter().filter(|case| case.kind() == kind).map(|case| case.status).collect();
        let count = |status| of_kind.iter().filter(|found| **found == status).count();
        let (passed, known) = (count(Status::Passed), count(Status::Known));
        if of_kind.len() == count(Status::Absent) {
            "-".to_owned()
        } else if passed + known < of_kind.len() {
            format!("{passed}/{}{}", of_kind.len(), if known > 0 { "*" } else { "" })
        } else {
            format!("{passed}{}", if known > 0 { "*" } else { "" })
        }
    }

    /// Why cases ended in this way, with how many did for each reason.
    fn reasons(&self, status: Status) -> IndexMap<&str, usize> {
        let mut reasons = IndexMap::new();
        for case in self.cases.iter().filter(|case| case.status == status) {
            *reasons.entry(case.detail.as_deref().unwrap_or_default()).or_default() += 1;
        }
        reasons
    }

    fn to_json(&self) -> Value {
        let (state, reason) = match &self.state {
            State::Ran => ("ran", None),
            State::Absent(reason) => ("absent", Some(reason)),
            State::Refused(reason) => ("refused", Some(reason)),
        };
        let cases = self.cases.iter().map(|case| {
            let result = json!({ "status": case.status.name(), "detail": case.detail });
            (case.name.clone(), result)
        });
        json!({
            "state": state,
            "reason": reason,
            "sdk": self.sdk,
            "problems": self.problems,
            "surface": self.surface,
            "cases": cases.collect::<Map<_, _>>(),
        })
    }
}

impl CaseReport {
    fn kind(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Known => "known",
            Self::Unsupported => "unsupported",
            Self::NoServer => "no_server",
            Self::Absent => "absent",
        }
    }
}
