//! `spec/LOCK`: the interface of the last release, a line an item.

use super::surface::Item;
use super::version::Version;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const HEAD: &str = "# The interface of the last release, written by `cargo spec release`; `cargo spec check` compares with it.\n";

/// A released interface.
#[derive(Debug)]
pub struct Lock {
    /// Its version.
    pub version: Version,
    /// What callers depend on, by what it is and where it stands.
    pub items: BTreeMap<String, String>,
}

impl Lock {
    /// The lock of an interface that is released.
    pub fn new(version: Version, items: &[Item]) -> Self {
        let items = items.iter().map(|item| (item.key.clone(), item.shape.clone()));
        Self { version, items: items.collect() }
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let version = lines.next().and_then(|line| line.strip_prefix("release "));
        let version = version.context("spec/LOCK does not begin with its release")?.parse()?;
        let item = |line: &str| {
            let (key, shape) = line.split_once(" = ").unwrap_or((line, ""));
            (key.to_owned(), shape.to_owned())
        };
        Ok(Self { version, items: lines.map(item).collect() })
    }

    /// The file's text.
    pub fn print(&self) -> String {
        let mut text = format!("{HEAD}release {}\n", self.version);
        for (key, shape) in &self.items {
            let _ =
                if shape.is_empty() { writeln!(text, "{key}") } else { writeln!(text, "{key} = {shape}") };
        }
        text
    }
}
