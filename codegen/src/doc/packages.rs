//! What is measured, and what each package exports.

use super::Table;
use schemars::JsonSchema;
use serde::Deserialize;

/// A metric.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Published name.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    /// Unit.
    pub unit: Option<String>,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What it counts.
    pub doc: String,
}

/// `spec/packages.toml`: what each package exports where.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// Packages by published name.
    pub package: Table<Package>,
}

/// One package.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its language.
    pub language: String,
    /// What its root exports.
    pub root: String,
    /// Subpaths, and what they export.
    #[serde(default)]
    pub path: Table<Vec<String>>,
    /// Whether it has an `aio` twin.
    #[serde(default)]
    pub aio: bool,
}
