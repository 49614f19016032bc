//! Byte layouts.

use super::Table;
use schemars::JsonSchema;
use serde::Deserialize;

/// A byte layout.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wire {
    /// How the bytes are laid out.
    pub layout: LayoutKind,
    /// Byte order of its integers.
    pub endian: Option<Endian>,
    /// Length of a fixed layout.
    pub size: Option<u32>,
    /// Leading bytes, in hex.
    pub magic: Option<String>,
    /// Newest version.
    pub version: Option<u32>,
    /// Record or scalar that it encodes.
    pub of: Option<String>,
    /// Template of a text layout.
    pub format: Option<String>,
    /// Longest encoding.
    pub max: Option<u64>,
    /// Family and kind of what every decoder answers to other bytes.
    pub error: Option<String>,
    /// Signature over part of it.
    pub sign: Option<Sign>,
    /// Where it travels.
    pub carrier: Option<String>,
    /// `keep` to allow bytes behind the last field.
    pub trailing: Option<String>,
    /// Fields in order.
    #[serde(default)]
    pub fields: Vec<WireField>,
    /// What it encodes.
    pub doc: String,
}

/// Kinds of layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LayoutKind {
    /// Fields at offsets.
    Fixed,
    /// Fields in order, some of varying length.
    Sequence,
    /// Postcard of a record.
    Packed,
    /// A template that prints and parses.
    Text,
    /// Canonical JSON of a record.
    Json,
}

/// Byte orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Endian {
    /// Lowest byte first.
    Little,
    /// Highest byte first.
    Big,
}

/// A signature in a layout.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// Field with the public key.
    pub key: String,
    /// First and last field covered, `a..b`.
    pub over: String,
    /// Field that takes the signature.
    pub into: String,
}

/// A checksum in a layout.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Hash function: `xxh3_64`, `blake3`, `blake2s256`.
    pub hash: String,
    /// First and last field covered, `a..b`.
    pub over: String,
}

/// A field of a layout.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WireField {
    /// Its name.
    pub name: String,
    /// Offset, in a fixed layout.
    pub at: Option<u32>,
    /// Its type expression; absent for a switch.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// Layout of the rest, chosen by an earlier field.
    ///
    /// The key `on` names the field; every other key is one of its values.
    pub switch: Option<Table<String>>,
    /// Form of its length: `u8`, `u16`, `u32`, `varint`, `rest`; `varint` for an integer that is one.
    pub len: Option<String>,
    /// Form of the count of a list.
    pub count: Option<String>,
    /// Greatest length, count or value.
    pub max: Option<u64>,
    /// Bit of an earlier field that says whether it is there: `flags.has_token`.
    pub when: Option<String>,
    /// Parts of an integer, lowest bits first.
    #[serde(default)]
    pub bits: Table<u8>,
    /// Version that first had it.
    pub since: Option<u32>,
    /// Value for older versions.
    #[schemars(with = "Option<serde_json::Value>")]
    pub default: Option<toml::Value>,
    /// Checksum that it holds.
    pub check: Option<Check>,
    /// What it holds.
    pub doc: String,
}
