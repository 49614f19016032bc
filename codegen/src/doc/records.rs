//! Records.

use super::{Deprecated, KeywordsIn, Method, OneOrPer, PerLanguage, Style, Table};
use schemars::JsonSchema;
use serde::Deserialize;

/// A record.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `options` or `fields`: the record is also a class.
    pub class: Option<RecordClass>,
    /// Field as which the whole record may stand.
    #[serde(rename = "as")]
    pub stands_as: Option<String>,
    /// Languages in which it is a tuple of its fields.
    #[serde(default)]
    pub tuple: Vec<TupleIn>,
    /// Whether its fields, all of them numbers, are final within a major version of the C ABI: as the result of a call that
    /// answers at once it crosses as they stand, without a pack.
    #[serde(default)]
    pub fixed: bool,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Languages that keep the names of the spec for the fields.
    pub rename_all: Option<PerLanguage<Style>>,
    /// Fields by name.
    pub field: Table<Field>,
    /// Members that show a field in another type.
    #[serde(default)]
    pub view: Table<View>,
    /// Methods of the value.
    #[serde(default, rename = "fn")]
    pub functions: Table<Method>,
    /// What it describes.
    pub doc: String,
}

/// A language that has tuples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TupleIn {
    /// TypeScript.
    Ts,
    /// Python.
    Python,
}

/// How a record is a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecordClass {
    /// Built from one object of options.
    Options,
    /// Built from its fields in order.
    Fields,
}

/// A field of a record.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its type expression.
    #[serde(rename = "type")]
    pub ty: String,
    /// What a caller who leaves it out gets.
    #[schemars(with = "Option<serde_json::Value>")]
    pub default: Option<toml::Value>,
    /// What absence means, where only the running system knows.
    pub absent: Option<String>,
    /// Least value, or length.
    pub min: Option<i64>,
    /// Greatest value, or length.
    pub max: Option<i64>,
    /// Names that are taken as well, never produced.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Languages in which the fields of the options that it holds are taken by themselves as well: `redis_url`.
    #[serde(default)]
    pub flat: Vec<KeywordsIn>,
    /// Order of a list.
    pub order: Option<String>,
    /// Whether a 64-bit integer is a plain number in TypeScript, exact up to 2^53.
    #[serde(default)]
    pub number: bool,
    /// Never printed or logged.
    #[serde(default)]
    pub secret: bool,
    /// Why no case of the conformance suite can compare it.
    pub untested: Option<String>,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// Version that first had it.
    pub since: Option<String>,
    /// What replaces it.
    pub deprecated: Option<Deprecated>,
    /// What it holds.
    pub doc: String,
}

/// A member that shows a field in another type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The field.
    pub of: String,
    /// The type it is shown in: `bytes` of a string, or `json<t>` of its text.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it gives.
    pub doc: String,
}
