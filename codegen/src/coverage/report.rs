//! The entries against a report of `cargo conform`.

use super::columns::{Column, columns, key};
use super::entries::{Entry, Sort, entries};
use super::names::Listed;
use super::reached::Reach;
use crate::ir::{Api, Lang, Module};
use anyhow::{Result, ensure};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Why published packages lack a module.
const UNPUBLISHED: &str = "The module is left out of published packages.";

/// Why the suite does not call the awaitable methods.
const TWIN: &str = "The suite calls the blocking twin; the package's own tests call this one.";

/// How far the packages have come.
#[derive(Debug)]
pub struct Coverage {
    pub(super) entries: Vec<Entry>,
    pub(super) columns: Vec<Column>,
    /// For each column what it has, in the order of the entries.
    pub(super) states: Vec<Vec<State>>,
    /// Languages of which nothing is known, and why; whether that is a failure.
    pub(super) unknown: Vec<(Lang, String, bool)>,
}

/// What a package has of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is there.
    Present(Tested),
    /// It is not there, and nothing says why: the name that was looked for.
    Missing(String),
    /// It is not there for a reason.
    Skipped(String),
    /// Another language's own name.
    Foreign,
    /// The testee did not run, or cannot tell.
    Unknown,
}

/// How an entry that is there is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tested {
    /// By a case that passed.
    Case(String),
    /// By the probe itself, which read the value.
    Probe,
    /// Not by the suite, for a reason.
    Elsewhere(String),
    /// Not at all.
    Nowhere,
}

impl Coverage {
    /// Reads a report.
    pub fn new(api: &Api, report: &Value) -> Self {
        let (entries, columns) = (entries(api), columns(api));
        let reach = Reach::new(api);
        let cases = report["cases"].as_object().into_iter().flatten();
        let cases: Vec<_> = cases.map(|(name, exchanges)| (name.as_str(), reach.of(exchanges))).collect();
        let mut unknown = Vec::new();
        let mut tests = BTreeMap::new();
        for lang in Lang::ALL {
            let language = &report["languages"][key(lang)];
            if !language["surface"].is_object() {
                unknown.push(why(lang, language));
            }
            tests.insert(lang, tests_of(language, &cases));
        }
        let of = |column: &Column| {
            let view = View {
                column,
                published: published(api, column),
                surface: report["languages"][key(column.lang)]["surface"].as_object(),
                tests: &tests[&column.lang],
            };
            entries.iter().map(|entry| view.state(entry)).collect()
        };
        let states = columns.iter().map(of).collect();
        Self { entries, columns, states, unknown }
    }

    /// What a package has of the entry with this path.
    pub fn state(&self, column: &str, path: &str) -> Option<&State> {
        let column = self.columns.iter().position(|known| known.name == column)?;
        let position = self.entries.iter().position(|entry| entry.path == path)?;
        self.states[column].get(position)
    }

    /// Fails with what is missing, or not tested, and not explained.
    pub fn verdict(&self) -> Result<()> {
        let unknown: Vec<_> = self.unknown.iter().filter(|(.., fails)| *fails).collect();
        if let Some((lang, reason, _)) = unknown.first() {
            anyhow::bail!(
                "nothing is known of {} languages, such as {}: {reason}",
                unknown.len(),
                key(*lang)
            );
        }
        let missing = self.count(|state| matches!(state, State::Missing(_)));
        let untested = self.count(|state| *state == State::Present(Tested::Nowhere));
        ensure!(missing + untested == 0, "{missing} holes and {untested} untested without a reason");
        Ok(())
    }

    pub(super) fn count(&self, is: impl Fn(&State) -> bool) -> usize {
        self.states.iter().flatten().filter(|state| is(state)).count()
    }
}

/// One package's side of a report.
struct View<'a> {
    column: &'a Column,
    /// The modules that the package has.
    published: BTreeSet<&'a str>,
    surface: Option<&'a Map<String, Value>>,
    tests: &'a BTreeMap<String, String>,
}

impl View<'_> {
    fn state(&self, entry: &Entry) -> State {
        if let Some(reason) = entry.skip.get(&self.column.lang) {
            return State::Skipped(reason.clone());
        }
        let Some(names) = entry.names.get(&self.column.lang) else { return State::Foreign };
        if !self.published.contains(entry.module.as_str()) {
            return State::Skipped(UNPUBLISHED.into());
        }
        let Some(surface) = self.surface else { return State::Unknown };
        match names.iter().find(|listed| !self.lists(surface, listed)) {
            Some(listed) => State::Missing(sought(listed)),
            None => State::Present(self.tested(entry)),
        }
    }

    fn lists(&self, surface: &Map<String, Value>, listed: &Listed) -> bool {
        let found = surface.get(&self.column.name).and_then(|package| package.get(&listed.name));
        match &listed.value {
            Some(value) => found == Some(value),
            None => found.is_some(),
        }
    }

    fn tested(&self, entry: &Entry) -> Tested {
        if self.column.name.ends_with(".aio") {
            return Tested::Elsewhere(TWIN.into());
        }
        if entry.sort == Sort::Const {
            return Tested::Probe;
        }
        match (self.tests.get(entry.tested_as()), &entry.untested) {
            (Some(case), _) => Tested::Case(case.clone()),
            (None, Some(reason)) => Tested::Elsewhere(reason.clone()),
            (None, None) => Tested::Nowhere,
        }
    }
}

/// A name, and the value that it should have.
fn sought(listed: &Listed) -> String {
    match &listed.value {
        Some(value) => format!("{} = {value}", listed.name),
        None => listed.name.clone(),
    }
}

/// The modules that a package has; a module of the suite is in the first package of a language, and in its twin.
fn published<'a>(api: &'a Api, column: &Column) -> BTreeSet<&'a str> {
    let first = api.packages.iter().find(|package| package.language == column.lang);
    let is_first = first.is_none_or(|first| column.name.trim_end_matches(".aio") == first.name);
    let has = |module: &&Module| is_first || module.feature.as_deref() != Some("conformance");
    api.modules.iter().filter(has).map(|module| module.name.as_str()).collect()
}

/// For each path the first case that passed in a language.
fn tests_of(language: &Value, cases: &[(&str, BTreeSet<String>)]) -> BTreeMap<String, String> {
    let mut tests = BTreeMap::new();
    for (name, paths) in cases {
        if language["cases"][name]["status"] == "passed" {
            for path in paths {
                tests.entry(path.clone()).or_insert_with(|| (*name).to_owned());
            }
        }
    }
    tests
}

/// Why nothing is known of a language, and whether that fails.
fn why(lang: Lang, language: &Value) -> (Lang, String, bool) {
    let reason = || language["reason"].as_str().unwrap_or_default().to_owned();
    match language["state"].as_str() {
        Some("absent") => (lang, format!("it is absent: {}", reason()), false),
        Some("refused") => (lang, format!("it was refused: {}", reason()), true),
        Some(_) => (lang, "its testee does not answer `surface`".into(), true),
        None => (lang, "it was left out of the last `cargo conform`".into(), true),
    }
}
