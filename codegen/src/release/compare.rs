//! What has changed since a release, and which version that needs.

use super::lock::Lock;
use super::surface::Item;
use super::version::{Level, Version};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// What has changed since a release.
#[derive(Debug)]
pub struct Verdict {
    /// Version of the release.
    pub released: Version,
    /// What callers can tell.
    pub changes: Vec<Change>,
    /// What is wrong whatever the version.
    pub problems: Vec<String>,
}

/// One change.
#[derive(Debug)]
pub struct Change {
    /// What has changed: `method bus.net_node.emit`.
    pub key: String,
    /// How far it reaches.
    pub level: Level,
    /// What was there before, and what is there now.
    pub shapes: (Option<String>, Option<String>),
}

impl Verdict {
    /// Compares a released interface with another.
    pub fn new(lock: &Lock, items: &[Item]) -> Self {
        let now: HashMap<_, _> = items.iter().map(|item| (item.key.as_str(), item)).collect();
        let mut verdict = Self { released: lock.version, changes: Vec::new(), problems: Vec::new() };
        for (key, old) in &lock.items {
            match now.get(key.as_str()) {
                None => verdict.removed(key, old, &now),
                Some(item) if item.shape != *old => verdict.changed(key, old, &item.shape),
                Some(_) => {}
            }
        }
        let new = items.iter().filter(|item| !lock.items.contains_key(&item.key));
        for item in new.filter(|item| item.owner.is_empty() || lock.items.contains_key(&item.owner)) {
            let level = if is_newer(item, &lock.items) { Level::Minor } else { item.arrival };
            let shapes = (None, Some(item.shape.clone()));
            verdict.changes.push(Change { key: item.key.clone(), level, shapes });
        }
        verdict
    }

    /// The smallest version that the interface may be released as.
    pub fn smallest(&self) -> Version {
        let level = self.changes.iter().map(|change| change.level).max();
        self.released.next(level.unwrap_or(Level::Patch))
    }

    fn removed(&mut self, key: &str, old: &str, now: &HashMap<&str, &Item>) {
        // That a language no longer lacks something is something new.
        let level = if key.starts_with("skip ") { Level::Minor } else { Level::Major };
        self.changes.push(Change { key: key.to_owned(), level, shapes: (Some(old.to_owned()), None) });
        if let Some(path) = key.strip_prefix("kind ")
            && let Some(code) = old.split(' ').next()
            && let Some((family, kind)) = path.split_once('.')
            && now.contains_key(format!("error {family}").as_str())
            && now.get(format!("retired {path}").as_str()).is_none_or(|item| item.shape != code)
        {
            self.problems.push(format!(
                "{key} is removed: `[error.{family}]` has to have `retired = {{ {kind} = {code} }}`"
            ));
        }
    }

    fn changed(&mut self, key: &str, old: &str, new: &str) {
        let is_raised = || new.parse::<u32>().ok() > old.parse().ok();
        let level = if key.starts_with("version ") && is_raised() { Level::Minor } else { Level::Major };
        self.changes.push(Change {
            key: key.to_owned(),
            level,
            shapes: (Some(old.to_owned()), Some(new.to_owned())),
        });
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(out, "{change}")?;
        }
        for problem in &self.problems {
            writeln!(out, "wrong     {problem}")?;
        }
        write!(out, "the smallest version after {} is {}", self.released, self.smallest())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.level == Level::Major { "breaking" } else { "added" };
        write!(out, "{level:<9} {}", self.key)?;
        match &self.shapes {
            (Some(old), Some(new)) => write!(out, ": was `{old}`, is `{new}`"),
            (Some(_), None) => out.write_str(": removed"),
            (None, _) => Ok(()),
        }
    }
}

/// Whether a part of a layout came with a version that the release did not have.
fn is_newer(item: &Item, released: &BTreeMap<String, String>) -> bool {
    let version =
        item.owner.strip_prefix("layout ").and_then(|path| released.get(&format!("version {path}")));
    let version = version.and_then(|version| version.parse().ok());
    item.since.zip(version).is_some_and(|(since, version): (u32, u32)| since > version)
}
