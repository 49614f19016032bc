//! The coverage for people, and for programs.

use super::columns::key;
use super::entries::Entry;
use super::report::{Coverage, State, Tested};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is said of an entry that no case tests.
const UNTESTED: &str = "not tested";

impl Coverage {
    /// The holes, a table by module, and the reasons of what is left out.
    pub fn to_terminal(&self) -> String {
        let mut text = String::new();
        for (path, holes) in self.holes() {
            let _ = writeln!(text, "{path}\n  {}", holes.join("\n  "));
        }
        text += &self.table("present", |state| match state {
            State::Present(_) => Some(true),
            State::Missing(_) => Some(false),
            _ => None,
        });
        text += &self.table("tested by a case", |state| match state {
            State::Present(Tested::Case(_) | Tested::Probe) => Some(true),
            State::Present(Tested::Nowhere) => Some(false),
            _ => None,
        });
        for (lang, reason, _) in &self.unknown {
            let _ = writeln!(text, " {}: {reason}", key(*lang));
        }
        for (reason, count) in self.reasons() {
            let _ = writeln!(text, " {count:>5} {reason}");
        }
        let _ = writeln!(
            text,
            "{} entries: {} present, {} missing; {} tested, {} not tested",
            self.entries.len(),
            self.count(|state| matches!(state, State::Present(_))),
            self.count(|state| matches!(state, State::Missing(_))),
            self.count(|state| matches!(state, State::Present(Tested::Case(_) | Tested::Probe))),
            self.count(|state| *state == State::Present(Tested::Nowhere)),
        );
        text
    }

    /// Every entry with what each package has of it.
    pub fn to_json(&self) -> Value {
        let entry = |(position, entry): (usize, &Entry)| {
            let columns = self.columns.iter().zip(&self.states);
            let columns = columns.map(|(column, states)| (column.name.clone(), states[position].to_json()));
            let content = json!({
                "module": entry.module,
                "sort": format!("{:?}", entry.sort).to_lowercase(),
                "packages": columns.collect::<Map<_, _>>(),
            });
            (entry.path.clone(), content)
        };
        Value::Object(self.entries.iter().enumerate().map(entry).collect())
    }

    /// What nothing explains, entry by entry; what is not there stands first.
    fn holes(&self) -> Vec<(&str, Vec<String>)> {
        let rows = self.entries.iter().enumerate().map(|(position, entry)| {
            let columns = self.columns.iter().zip(&self.states);
            let holes = columns.filter_map(|(column, states)| match &states[position] {
                State::Missing(name) => Some(format!("{}: no {name}", column.name)),
                State::Present(Tested::Nowhere) => Some(format!("{}: {UNTESTED}", column.name)),
                _ => None,
            });
            (entry.path.as_str(), holes.collect::<Vec<_>>())
        });
        let mut rows: Vec<_> = rows.filter(|(_, holes)| !holes.is_empty()).collect();
        rows.sort_by_key(|(_, holes)| holes.iter().all(|hole| hole.ends_with(UNTESTED)));
        rows
    }

    /// A row a module, and their sum: how many are so, of how many if not all are.
    fn table(&self, title: &str, is: impl Fn(&State) -> Option<bool>) -> String {
        let mut modules: Vec<&str> = self.entries.iter().map(|entry| entry.module.as_str()).collect();
        modules.dedup();
        let head = self.columns.iter().map(|column| column.name.clone());
        let mut rows = vec![std::iter::once(title.to_owned()).chain(head).collect::<Vec<_>>()];
        for module in modules.into_iter().map(Some).chain([None]) {
            let cell = |states: &Vec<State>| {
                let own = states.iter().zip(&self.entries);
                let own = own.filter(|(_, entry)| module.is_none_or(|module| entry.module == module));
                let known: Vec<_> = own.filter_map(|(state, _)| is(state)).collect();
                match (known.iter().filter(|is| **is).count(), known.len()) {
                    (_, 0) => "-".into(),
                    (count, all) if count == all => all.to_string(),
                    (count, all) => format!("{count}/{all}"),
                }
            };
            let cells = self.states.iter().map(cell);
            rows.push(std::iter::once(module.unwrap_or("all").to_owned()).chain(cells).collect());
        }
        aligned(&rows)
    }

    /// Why things are not there, or not tested by the suite, and how often.
    fn reasons(&self) -> BTreeMap<&str, usize> {
        let mut reasons = BTreeMap::new();
        for state in self.states.iter().flatten() {
            if let State::Skipped(reason) | State::Present(Tested::Elsewhere(reason)) = state {
                *reasons.entry(reason.as_str()).or_default() += 1;
            }
        }
        reasons
    }
}

impl State {
    fn to_json(&self) -> Value {
        match self {
            Self::Present(Tested::Case(case)) => json!({ "present": true, "tested": case }),
            Self::Present(Tested::Probe) => json!({ "present": true, "tested": "surface" }),
            Self::Present(Tested::Elsewhere(reason)) => {
                json!({ "present": true, "tested": null, "reason": reason })
            }
            Self::Present(Tested::Nowhere) => json!({ "present": true, "tested": null }),
            Self::Missing(name) => json!({ "present": false, "missing": name }),
            Self::Skipped(reason) => json!({ "present": false, "skipped": reason }),
            Self::Foreign => json!({ "present": false, "skipped": "Another language's own name." }),
            Self::Unknown => Value::Null,
        }
    }
}

/// Rows with the columns of numbers flush right.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| match column {
            0 => format!(" {cell:<width$}", width = width(column)),
            _ => format!("  {cell:>width$}", width = width(column)),
        });
        text += &cells.collect::<String>();
        text.push('\n');
    }
    text + "\n"
}
