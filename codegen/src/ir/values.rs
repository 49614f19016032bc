//! Types of plain values: enums, flags, unions and named base types.

use super::{At, Doc, Field, Int, Lang, Name, Template, Type};
use crate::doc::Endian;
use std::collections::BTreeMap;
use std::ops::Range;

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
    /// Why no case tests it.
    pub untested: Option<String>,
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
    /// How it is derived.
    pub derive: Option<Derive>,
    /// What it identifies.
    pub doc: Doc,
}

/// How a scalar is derived: bytes of a hash.
#[derive(Debug)]
pub struct Derive {
    /// The hash.
    pub hash: DeriveHash,
    /// Key of a keyed hash; empty without one.
    pub key: String,
    /// Names of the texts or bytes that are hashed, one behind the other.
    pub over: Vec<String>,
    /// The bytes of the hash that are taken.
    pub take: Range<usize>,
    /// How they are an integer, if they are.
    pub endian: Option<Endian>,
    /// Paths of the function that gives it, or of a constructor and a property.
    pub by: Vec<String>,
    /// What it is.
    pub doc: Doc,
}

impl Derive {
    /// What is done, in words.
    pub fn words(&self) -> String {
        let order = match self.endian {
            Some(Endian::Little) => ", the lowest first,",
            Some(Endian::Big) => ", the highest first,",
            None => "",
        };
        let key = match self.key.as_str() {
            "" => String::new(),
            key => format!(", keyed by `{key}`"),
        };
        let over: Vec<_> = self.over.iter().map(|name| format!("`{name}`")).collect();
        let (from, to, hash) = (self.take.start, self.take.end - 1, self.hash.published());
        format!("Bytes {from} to {to}{order} of {hash} of {}{key}.", over.join(" and "))
    }
}

/// A hash of derivations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeriveHash {
    /// BLAKE2s with 32 bytes.
    Blake2s256,
    /// BLAKE3 with 32 bytes.
    Blake3,
    /// XXH3 with 64 bits, of which the lowest are the first byte.
    Xxh364,
}

impl DeriveHash {
    /// Bytes that it has.
    pub fn size(self) -> usize {
        if self == Self::Xxh364 { 8 } else { 32 }
    }

    /// As it is called everywhere.
    pub fn published(self) -> &'static str {
        match self {
            Self::Blake2s256 => "BLAKE2s-256",
            Self::Blake3 => "BLAKE3",
            Self::Xxh364 => "XXH3-64",
        }
    }
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
