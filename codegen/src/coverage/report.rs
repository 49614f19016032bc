//! The entries against a report of `cargo conform`.

use super::entries::{Entry, entries};
use crate::ir::{Api, Lang};
use anyhow::{Result, bail};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How far the languages have come.
#[derive(Debug)]
pub struct Coverage {
    entries: Vec<Entry>,
    /// What each language has, in the order of the entries.
    states: BTreeMap<Lang, Vec<State>>,
    /// Languages of which nothing is known, and why; whether that is a failure.
    unknown: Vec<(Lang, String, bool)>,
}

/// What a language has of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is there; the name of a case that passed and tests it.
    Present(Option<String>),
    /// It is not there, and nothing says why.
    Missing,
    /// It is not there for a reason.
    Skipped(String),
    /// Another language's own name.
    Foreign,
    /// The testee did not run, or cannot tell.
    Unknown,
}

impl Coverage {
    /// Reads a report.
    pub fn new(api: &Api, report: &Value) -> Self {
        let entries = entries(api);
        let (mut states, mut unknown) = (BTreeMap::new(), Vec::new());
        for lang in Lang::ALL {
            let language = &report["languages"][key(lang)];
            let surface = language["surface"].as_object();
            if surface.is_none() {
                unknown.push(why(lang, language));
            }
            let tests = Tests::new(report, language);
            let of = |entry: &Entry| state(entry, lang, surface, &tests);
            states.insert(lang, entries.iter().map(of).collect());
        }
        Self { entries, states, unknown }
    }

    /// What a language has of the entry with this path.
    pub fn state(&self, lang: Lang, path: &str) -> Option<&State> {
        let position = self.entries.iter().position(|entry| entry.path == path)?;
        self.states.get(&lang)?.get(position)
    }

    /// The holes, the untested entries, and a table by module.
    pub fn to_terminal(&self) -> String {
        let mut text = String::new();
        for (lang, path) in self.missing() {
            let _ = writeln!(text, "{path}  {}  MISSING", key(lang));
        }
        for (path, languages) in self.untested() {
            let _ = writeln!(text, "{path}  not tested in {}", languages.join(", "));
        }
        text += &self.table();
        for (lang, reason, _) in &self.unknown {
            let _ = writeln!(text, " {}: {reason}", key(*lang));
        }
        for (reason, count) in self.skips() {
            let _ = writeln!(text, " {count} skipped: {reason}");
        }
        let _ = writeln!(
            text,
            "{} present, {} missing, {} not tested",
            self.count(|state| matches!(state, State::Present(_))),
            self.missing().len(),
            self.count(|state| *state == State::Present(None))
        );
        text
    }

    /// Every entry with what each language has of it.
    pub fn to_json(&self) -> Value {
        let all = self.entries.iter().enumerate().map(|(position, entry)| {
            let languages = self.states.iter().map(|(lang, states)| {
                let value = match &states[position] {
                    State::Present(case) => json!({ "present": true, "tested": case }),
                    State::Missing => json!({ "present": false }),
                    State::Skipped(reason) => json!({ "skipped": reason }),
                    State::Foreign => json!({ "skipped": "a name of other languages" }),
                    State::Unknown => Value::Null,
                };
                (key(*lang).to_owned(), value)
            });
            (entry.path.clone(), Value::Object(languages.collect()))
        });
        Value::Object(all.collect::<Map<_, _>>())
    }

    /// Fails with holes that nothing explains; with `strict` also for what no case tests.
    pub fn verdict(&self, strict: bool) -> Result<()> {
        let unknown: Vec<_> = self.unknown.iter().filter(|(.., fails)| *fails).collect();
        let missing = self.missing().len();
        let untested = self.count(|state| *state == State::Present(None));
        if let Some((lang, reason, _)) = unknown.first() {
            bail!("nothing is known of {} languages, such as {}: {reason}", unknown.len(), key(*lang));
        }
        if missing > 0 {
            bail!("{missing} holes without a reason");
        }
        if strict && untested > 0 {
            bail!("{untested} not tested");
        }
        Ok(())
    }

    fn missing(&self) -> Vec<(Lang, &str)> {
        let states =
            self.states.iter().flat_map(|(lang, states)| states.iter().map(move |state| (lang, state)));
        let entries = self.entries.iter().cycle();
        let holes = states.zip(entries).filter(|((_, state), _)| **state == State::Missing);
        holes.map(|((lang, _), entry)| (*lang, entry.path.as_str())).collect()
    }

    fn untested(&self) -> Vec<(&str, Vec<&'static str>)> {
        let rows = self.entries.iter().enumerate().map(|(position, entry)| {
            let untested = self.states.iter().filter(|(_, states)| states[position] == State::Present(None));
            (entry.path.as_str(), untested.map(|(lang, _)| key(*lang)).collect::<Vec<_>>())
        });
        rows.filter(|(_, languages)| !languages.is_empty()).collect()
    }

    fn skips(&self) -> BTreeMap<&str, usize> {
        let mut skips = BTreeMap::new();
        for state in self.states.values().flatten() {
            if let State::Skipped(reason) = state {
                *skips.entry(reason.as_str()).or_default() += 1;
            }
        }
        skips
    }

    fn count(&self, is: impl Fn(&State) -> bool) -> usize {
        self.states.values().flatten().filter(|state| is(state)).count()
    }

    /// A row a module, and their sum: present and tested of all, by language.
    fn table(&self) -> String {
        let mut modules: Vec<&str> = self.entries.iter().map(|entry| entry.module.as_str()).collect();
        modules.dedup();
        let mut text = format!(" {:10}", "");
        Lang::ALL.iter().for_each(|lang| text += &format!("  {:>16}", key(*lang)));
        text.push('\n');
        for module in modules.into_iter().map(Some).chain([None]) {
            text += &format!(" {:10}", module.unwrap_or("all"));
            for lang in Lang::ALL {
                text += &format!("  {:>16}", self.cell(lang, module));
            }
            text.push('\n');
        }
        text += " present/all, tested\n";
        text
    }

    fn cell(&self, lang: Lang, module: Option<&str>) -> String {
        let states = self.states.get(&lang).into_iter().flatten().zip(&self.entries);
        let own = states.filter(|(_, entry)| module.is_none_or(|module| entry.module == module));
        let own: Vec<_> = own.map(|(state, _)| state).collect();
        let count = |is: &dyn Fn(&State) -> bool| own.iter().filter(|state| is(state)).count();
        let known = count(&|state| matches!(state, State::Present(_) | State::Missing));
        if known == 0 {
            return "-".into();
        }
        let present = count(&|state| matches!(state, State::Present(_)));
        format!("{present}/{known}, {}", count(&|state| matches!(state, State::Present(Some(_)))))
    }
}

/// The passing cases of a language, by what they test.
struct Tests<'a> {
    by_op: BTreeMap<&'a str, &'a str>,
    by_error: BTreeMap<&'a str, &'a str>,
}

impl<'a> Tests<'a> {
    fn new(report: &'a Value, language: &'a Value) -> Self {
        let mut tests = Self { by_op: BTreeMap::new(), by_error: BTreeMap::new() };
        let passed: BTreeSet<&str> = language["cases"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, case)| case["status"] == "passed")
            .map(|(name, _)| name.as_str())
            .collect();
        for (name, case) in report["cases"].as_object().into_iter().flatten() {
            if passed.contains(name.as_str()) {
                let texts = |list: &'a Value| list.as_array().into_iter().flatten().filter_map(Value::as_str);
                for op in texts(&case["ops"]) {
                    tests.by_op.entry(op).or_insert(name);
                }
                for error in texts(&case["errors"]) {
                    tests.by_error.entry(error).or_insert(name);
                }
            }
        }
        tests
    }

    fn of(&self, entry: &Entry) -> Option<String> {
        let by_op = entry.ops.iter().find_map(|op| self.by_op.get(op.as_str()));
        let by_error = entry.error.as_ref().and_then(|error| self.by_error.get(error.as_str()));
        by_op.or(by_error).map(|name| (*name).to_owned())
    }
}

fn state(entry: &Entry, lang: Lang, surface: Option<&Map<String, Value>>, tests: &Tests<'_>) -> State {
    if let Some(reason) = entry.skip.get(&lang) {
        return State::Skipped(reason.clone());
    }
    if !entry.languages.contains(&lang) {
        return State::Foreign;
    }
    match surface.map(|surface| surface.get(&entry.path)) {
        None => State::Unknown,
        Some(Some(Value::Bool(true))) => State::Present(tested(entry, tests)),
        Some(_) => State::Missing,
    }
}

/// The case that tests an entry; the probe itself compares the values of constants.
fn tested(entry: &Entry, tests: &Tests<'_>) -> Option<String> {
    if entry.sort == super::Sort::Const { Some("surface".into()) } else { tests.of(entry) }
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

/// A language in reports.
fn key(lang: Lang) -> &'static str {
    match lang {
        Lang::Ts => "typescript",
        other => other.key(),
    }
}
