//! What is measured, what each package exports, and where packages run.

use super::Table;
use schemars::JsonSchema;
use serde::Deserialize;

/// A metric.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The number: fields by their names, from a record of the module on, with dots between.
    pub of: String,
    /// The name that is exposed.
    pub name: String,
    /// Whether it only grows.
    pub kind: MetricKind,
    /// Unit, which the name ends with.
    pub unit: Option<String>,
    /// What tells the values apart that are in a list or a map on the way: a label for each, and the field of the list's
    /// records that gives its value, or `key` of a map.
    #[serde(default)]
    pub labels: Table<String>,
    /// What it counts.
    pub doc: String,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl MetricKind {
    /// Its name in the spec, and for scrapers.
    pub fn key(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

/// `spec/packages.toml`: what each package exports where, and the platforms that there are packages for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// Version of the C ABI.
    pub abi: Abi,
    /// Platforms by the name that packages have for them, such as `linux-x64-gnu`.
    pub platform: Table<Platform>,
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

/// The version of the C ABI, apart from that of the packages.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Abi {
    /// Programs that were compiled for another one do not run correctly; it stands in the soname.
    pub major: u32,
    /// It grows with each addition.
    pub minor: u32,
}

/// A platform.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Target triple of Rust.
    pub rust: String,
    /// Operating system, as Node.js names it.
    pub os: String,
    /// Processor, as Node.js names it.
    pub cpu: String,
    /// C library, where one system has several: `glibc` or `musl`.
    pub libc: Option<String>,
    /// System and processor, as Go names them: `linux/amd64`.
    pub go: String,
    /// How far it is known to work.
    pub state: State,
}

/// How far a platform is known to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Every test runs on it.
    Tested,
    /// Its packages are built, and no test runs on it.
    Built,
    /// Nothing in the code stands against it; nobody has built it.
    Expected,
}

impl State {
    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::Tested => "tested",
            Self::Built => "built",
            Self::Expected => "expected",
        }
    }
}
