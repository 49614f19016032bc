//! What is called: objects, functions, and interfaces of the host.

use super::{OneOrPer, PerLanguage, Table};
use schemars::JsonSchema;
use serde::Deserialize;

/// An object behind a handle.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// Type variables.
    #[serde(default)]
    pub generic: Vec<String>,
    /// What it is a stream of.
    pub iterates: Option<String>,
    /// Option that holds a stream's initial credit.
    pub credit: Option<String>,
    /// Method that ends it.
    pub close: Option<String>,
    /// Constructor whose argument stands for the object.
    #[serde(default)]
    pub accept: Vec<String>,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// Constructors by name.
    #[serde(default)]
    pub new: Table<Method>,
    /// Methods by name.
    #[serde(default, rename = "fn")]
    pub functions: Table<Method>,
    /// Properties by name.
    #[serde(default)]
    pub prop: Table<Prop>,
    /// What it is.
    pub doc: String,
}

/// A function, method or constructor.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Whether it completes later.
    #[serde(default, rename = "async")]
    pub is_async: bool,
    /// Whether it needs no object.
    #[serde(default, rename = "static")]
    pub is_static: bool,
    /// Arguments in order: name to argument expression.
    #[serde(default)]
    pub args: Table<String>,
    /// Type of its result.
    pub returns: Option<String>,
    /// Error families it can answer with, besides `base`.
    #[serde(default)]
    pub throws: OneOrMany,
    /// Type variables.
    #[serde(default)]
    pub generic: Vec<String>,
    /// One crossing a call, no allocation at the boundary.
    #[serde(default)]
    pub hot: bool,
    /// Whether `cargo perf` can time it; `hot` ones always.
    #[serde(default)]
    pub timed: bool,
    /// Whether it may keep the calling thread for long: it waits for the disk, or for a lock, or has much to do.
    #[serde(default)]
    pub blocks: bool,
    /// Collected in a buffer of the host.
    pub combine: Option<Combine>,
    /// Function that wraps it: `with(acquire)`.
    pub sugar: Option<String>,
    /// Method of which it is another signature.
    pub overload: Option<String>,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Order of a list that it returns.
    pub order: Option<String>,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// For the kernels of the bindings only: it crosses, and no package publishes it.
    #[serde(default)]
    pub internal: bool,
    /// What replaces it.
    pub deprecated: Option<Deprecated>,
    /// Whether a host may leave it out (host interfaces).
    #[serde(default)]
    pub optional: bool,
    /// Milliseconds that a host has to answer (host interfaces).
    pub timeout: Option<u64>,
    /// Region of the examples that shows it.
    pub example: Option<String>,
    /// Whether it is the text of a record: what Python's `str`, TypeScript's `toString` and Go's `String` give.
    #[serde(default)]
    pub shows: bool,
    /// Languages in which it is a property.
    #[serde(default)]
    pub property: Vec<KeywordsIn>,
    /// Languages that do not have it, each with the reason.
    pub skip: Option<PerLanguage<String>>,
    /// Why no case of the conformance suite can test it.
    pub untested: Option<String>,
    /// What it does.
    pub doc: String,
}

/// A language whose callers name what they give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeywordsIn {
    /// Python.
    Python,
}

/// One name or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    /// The names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// How calls are combined.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Combine {
    /// Method that takes the combined calls.
    pub into: String,
    /// Method that reserves room.
    pub reserve: String,
}

/// What replaces an item.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deprecated {
    /// Version that deprecated it.
    pub since: String,
    /// What to use.
    #[serde(rename = "use")]
    pub instead: String,
}

/// A property.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prop {
    /// Its type expression.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it never changes.
    #[serde(default)]
    pub fixed: bool,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Order of a list.
    pub order: Option<String>,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// For the kernels of the bindings only: it crosses, and no package publishes it.
    #[serde(default)]
    pub internal: bool,
    /// Languages that do not have it, each with the reason.
    pub skip: Option<PerLanguage<String>>,
    /// Why no case of the conformance suite can test it.
    pub untested: Option<String>,
    /// What it tells.
    pub doc: String,
}

/// An interface of the host language.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// From which threads it is called.
    pub thread: Thread,
    /// Whether a plain function is an implementation.
    #[serde(default)]
    pub callable: bool,
    /// Type variables.
    #[serde(default)]
    pub generic: Vec<String>,
    /// Properties, read once when the object is handed over.
    #[serde(default)]
    pub prop: Table<Prop>,
    /// Methods by name.
    #[serde(rename = "fn")]
    pub functions: Table<Method>,
    /// What it does.
    pub doc: String,
}

/// How an interface of the host is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Thread {
    /// From any thread, also at once.
    Any,
    /// Never two calls at once on one instance.
    Serial,
}
