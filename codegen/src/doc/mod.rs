//! The documents as they are written: one struct per TOML table of the interface language.
//!
//! Serde refuses unknown keys here, and schemars prints the JSON Schema that editors use from the same structs.
//! Nothing in this folder interprets a value; names, types and texts are resolved in `resolve`.

mod calls;
mod errors;
mod layouts;
mod packages;
mod records;
mod values;

pub use calls::{Combine, Deprecated, Host, KeywordsIn, Method, Object, OneOrMany, Prop, Thread};
pub use errors::{Family, Kind, Style};
pub use layouts::{Check, Endian, LayoutKind, Sign, Wire, WireField};
pub use packages::{Abi, Metric, MetricKind, Package, Packages, Platform, State};
pub use records::{Field, Record, RecordClass, TupleIn, View};
pub use values::{Bit, Case, CaseFields, Derive, Enum, EnumValue, Flags, Scalar, Union};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

/// Tables keep the order in which they are written.
pub type Table<T> = IndexMap<String, T>;

/// One file of `spec/`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What the file is about.
    pub module: Module,
    /// Constants.
    #[serde(default, rename = "const")]
    pub consts: Table<Const>,
    /// Error families.
    #[serde(default)]
    pub error: Table<Family>,
    /// Enums.
    #[serde(default, rename = "enum")]
    pub enums: Table<Enum>,
    /// Sets of bits.
    #[serde(default)]
    pub flags: Table<Flags>,
    /// Tagged unions.
    #[serde(default)]
    pub union: Table<Union>,
    /// Named base types.
    #[serde(default)]
    pub scalar: Table<Scalar>,
    /// Public derivations.
    #[serde(default)]
    pub derive: Table<Derive>,
    /// Records.
    #[serde(default)]
    pub record: Table<Record>,
    /// Byte layouts.
    #[serde(default)]
    pub wire: Table<Wire>,
    /// Objects behind handles.
    #[serde(default)]
    pub object: Table<Object>,
    /// Interfaces that the host language implements.
    #[serde(default)]
    pub host: Table<Host>,
    /// Functions of the module.
    #[serde(default, rename = "fn")]
    pub functions: Table<Method>,
    /// Metrics.
    #[serde(default)]
    pub metric: Table<Metric>,
}

/// The head of a file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Name, as the file is called.
    pub name: String,
    /// Version that first had it.
    pub since: String,
    /// Cargo feature without which it answers `unsupported`.
    pub feature: Option<String>,
    /// Whether the bindings' support implements its functions instead of the core.
    #[serde(default)]
    pub runtime: bool,
    /// The other modules whose types may be named here.
    #[serde(default)]
    pub uses: Vec<String>,
    /// What the module is for.
    pub doc: String,
}

/// A value that may differ by language: `"x"`, or `{ ts = "x", default = "y" }`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerLanguage<T> {
    /// TypeScript.
    pub ts: Option<T>,
    /// Python.
    pub python: Option<T>,
    /// Go.
    pub go: Option<T>,
    /// C.
    pub c: Option<T>,
    /// Rust.
    pub rust: Option<T>,
    /// Every other language.
    pub default: Option<T>,
}

/// Either one value for all languages, or one for each.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrPer<T> {
    /// The same everywhere.
    One(T),
    /// By language.
    Per(PerLanguage<T>),
}

/// A named constant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Const {
    /// Its type expression.
    #[serde(rename = "type")]
    pub ty: String,
    /// Its value.
    #[schemars(with = "serde_json::Value")]
    pub value: toml::Value,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// What it means.
    pub doc: String,
}
