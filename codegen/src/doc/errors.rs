//! Families and kinds of errors.

use super::Table;
use schemars::JsonSchema;
use serde::Deserialize;

/// A family of errors.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Permanent number.
    pub id: u16,
    /// Family of which this is a part.
    pub extends: Option<String>,
    /// Exact start of each message.
    #[serde(default)]
    pub prefix: String,
    /// Template of the message.
    pub format: Option<String>,
    /// How the texts of the kinds are derived from their names.
    pub style: Option<Style>,
    /// Kinds by name.
    #[serde(default)]
    pub kind: Table<Kind>,
    /// Kinds that were removed, with their codes, which are never used again.
    #[serde(default)]
    pub retired: Table<u16>,
    /// When it occurs.
    pub doc: String,
}

/// One kind of error.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Permanent number within the family.
    pub code: u16,
    /// Published text where it differs from the derived one.
    pub text: Option<String>,
    /// Class of its own, below the family's.
    pub class: Option<String>,
    /// Whether the same call may succeed later.
    #[serde(default)]
    pub retry: bool,
    /// Whether hosts may construct it.
    #[serde(default)]
    pub make: bool,
    /// Built-in exception that it also is in Python.
    pub python: Option<String>,
    /// Fields by name.
    #[serde(default)]
    pub fields: Table<String>,
    /// Template of the detail; free text from the core without it.
    pub detail: Option<String>,
    /// Template that replaces the whole message.
    pub message: Option<String>,
    /// Why no case of the conformance suite can test it.
    pub untested: Option<String>,
    /// When it occurs.
    pub doc: String,
}

/// How texts are derived from names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// `two_words`.
    Snake,
    /// `two-words`.
    Kebab,
    /// `twoWords`.
    Camel,
    /// `TwoWords`.
    Pascal,
}
