//! Types of plain values: enums, flags, unions and named base types.

use super::{At, Doc, Field, Int, Lang, Name, Template, Type};
use std::collections::BTreeMap;

/// An enum.
#[derive(Debug)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// Integer that carries it.
    pub repr: Int,
    /// Whether hosts see its numbers.
    pub numeric: bool,
    /// Whether unknown values pass.
    pub open: bool,
    /// Family and position of the kind of error with which an unknown value is refused.
    pub unknown: Option<(At, usize)>,
    /// Why no case of the conformance suite can test it.
    pub untested: Option<String>,
    /// Values in order.
    pub values: Vec<EnumValue>,
    /// What it distinguishes.
    pub doc: Doc,
}

/// A value of an enum.
#[derive(Debug)]
pub struct EnumValue {
    /// Its name.
    pub name: String,
    /// Permanent number.
    pub tag: u64,
    /// Published text.
    pub text: String,
    /// Texts that are taken as well.
    pub aliases: Vec<String>,
    /// What it means.
    pub doc: Doc,
}

/// A set of bits.
#[derive(Debug)]
pub struct Flags {
    /// Its name.
    pub name: Name,
    /// Integer that carries it.
    pub repr: Int,
    /// Whether unknown bits pass.
    pub open: bool,
    /// Whether no bit at all is legal.
    pub empty: bool,
    /// Family and position of the kind of error with which an unknown value is refused.
    pub unknown: Option<(At, usize)>,
    /// Bits in order.
    pub bits: Vec<Bit>,
    /// What it collects.
    pub doc: Doc,
}

/// One bit.
#[derive(Debug)]
pub struct Bit {
    /// Its name.
    pub name: String,
    /// Its position.
    pub bit: u8,
    /// Published text.
    pub text: String,
    /// What it means.
    pub doc: Doc,
}

/// A union.
#[derive(Debug)]
pub struct Union {
    /// Its name.
    pub name: Name,
    /// Member that tells the cases apart, in the spelling of the spec.
    pub tag: String,
    /// Deepest nesting, if it is recursive.
    pub depth: Option<u32>,
    /// Whether a case without fields may be given as its bare tag.
    pub bare: bool,
    /// Patterns of constructor names, by language.
    pub factory: BTreeMap<Lang, String>,
    /// Cases in order.
    pub cases: Vec<Case>,
    /// What it chooses between.
    pub doc: Doc,
}

/// A case of a union.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Published tag.
    pub text: String,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// Record whose fields it carries, if they are not its own.
    pub record: Option<At>,
    /// What it means.
    pub doc: Doc,
}

/// A named base type.
#[derive(Debug)]
pub struct Scalar {
    /// Its name.
    pub name: Name,
    /// Its base type.
    pub base: Type,
    /// Its text in messages.
    pub text: Option<Template>,
    /// Texts that an argument may be given as.
    pub accept: Vec<TextForm>,
    /// Text that it is handed out as.
    pub out: Option<TextForm>,
    /// What it identifies.
    pub doc: Doc,
}

/// Text forms of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// Lowercase hex out, either case in.
    Hex,
    /// Standard base64 with padding; each sequence of bytes has one text.
    Base64,
    /// The text's own bytes.
    Utf8,
}
