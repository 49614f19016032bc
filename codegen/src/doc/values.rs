//! Types of plain values: enums, flags, unions and named base types.

use super::{OneOrPer, PerLanguage, Style, Table};
use schemars::JsonSchema;
use serde::Deserialize;

/// An enum.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enum {
    /// Integer that carries it.
    pub repr: String,
    /// How the texts are derived.
    pub style: Option<Style>,
    /// Whether hosts see its numbers instead of its texts.
    #[serde(default)]
    pub numeric: bool,
    /// Whether unknown values pass through.
    #[serde(default)]
    pub open: bool,
    /// Kind of error, as `family.kind`, with which an unknown value is refused instead of `argument`.
    pub unknown: Option<String>,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Why no case of the conformance suite can test it.
    pub untested: Option<String>,
    /// Values by name.
    pub value: Table<EnumValue>,
    /// What it distinguishes.
    pub doc: String,
}

/// One value of an enum.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnumValue {
    /// Permanent number.
    pub tag: u64,
    /// Published text where it differs from the derived one.
    pub text: Option<String>,
    /// Texts that are taken as well, never produced.
    #[serde(default)]
    pub alias: Vec<String>,
    /// Why no case of the conformance suite can test it.
    pub untested: Option<String>,
    /// What it means.
    pub doc: String,
}

/// A set of bits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flags {
    /// Integer that carries it.
    pub repr: String,
    /// How the texts are derived.
    pub style: Option<Style>,
    /// Whether unknown bits pass through.
    #[serde(default)]
    pub open: bool,
    /// Whether no bit at all is legal.
    #[serde(default)]
    pub empty: bool,
    /// Kind of error, as `family.kind`, with which an unknown value is refused instead of `argument`.
    pub unknown: Option<String>,
    /// Bits by name.
    pub bit: Table<Bit>,
    /// What it collects.
    pub doc: String,
}

/// One bit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bit {
    /// Permanent position, 0 is the lowest.
    pub bit: u8,
    /// Published text where it differs from the derived one.
    pub text: Option<String>,
    /// What it means.
    pub doc: String,
}

/// A tagged union.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Union {
    /// Name of the member that tells the cases apart.
    pub tag: String,
    /// How the tags are derived.
    pub style: Option<Style>,
    /// Deepest nesting of a recursive union.
    pub depth: Option<u32>,
    /// Whether a case without fields may be given as its bare tag.
    #[serde(default)]
    pub bare: bool,
    /// Name pattern of one constructor per case.
    pub factory: Option<OneOrPer<String>>,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Cases by name.
    pub case: Table<Case>,
    /// What it chooses between.
    pub doc: String,
}

/// One case of a union.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Permanent number where it is not the position.
    pub index: Option<u32>,
    /// Published tag where it differs from the derived one.
    pub text: Option<String>,
    /// Fields by name, or the record whose fields it carries.
    #[serde(default)]
    pub fields: CaseFields,
    /// What it means.
    pub doc: String,
}

/// The fields of a case.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CaseFields {
    /// Those of a record.
    Record(String),
    /// Its own: name to argument expression.
    Own(Table<String>),
}

impl Default for CaseFields {
    fn default() -> Self {
        Self::Own(Table::new())
    }
}

/// A named base type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scalar {
    /// Its base type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Its text in messages, such as `0x{:016x}`.
    pub text: Option<String>,
    /// Texts that an argument may be given as: `hex`, `base64`, `utf8`.
    #[serde(default)]
    pub accept: Vec<String>,
    /// Text that it is handed out as.
    pub out: Option<String>,
    /// Least value.
    pub min: Option<i64>,
    /// Greatest value.
    pub max: Option<i64>,
    /// What it identifies.
    pub doc: String,
}

/// How the scalar of the same name is derived, for everyone to know.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Derive {
    /// Hash function: `blake2s256`, `blake3`, `xxh3_64`.
    pub hash: String,
    /// Key of a keyed hash, ASCII.
    pub key: Option<String>,
    /// What is hashed, one behind the other: arguments of the function that gives it.
    pub over: Vec<String>,
    /// Which bytes are taken, and how: `0..8 little`, or `0..16` for bytes.
    pub take: String,
    /// The function that gives it, or a constructor and a property.
    pub by: Vec<String>,
    /// What it derives.
    pub doc: String,
}
