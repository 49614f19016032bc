//! Families and kinds of errors, and the templates of their texts.

use super::{At, Doc, Type};
use std::collections::BTreeMap;

/// An error family.
#[derive(Debug)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// Permanent number.
    pub id: u16,
    /// Family of which it is a part.
    pub extends: Option<At>,
    /// Exact start of each message.
    pub prefix: String,
    /// Template of messages.
    pub format: Template,
    /// Kinds in order.
    pub kinds: Vec<Kind>,
    /// Kinds that were removed, and their codes.
    pub retired: BTreeMap<String, u16>,
    /// When it occurs.
    pub doc: Doc,
}

/// A kind of error.
#[derive(Debug)]
pub struct Kind {
    /// Its name.
    pub name: String,
    /// Permanent number.
    pub code: u16,
    /// Published text.
    pub text: String,
    /// Class of its own, exact.
    pub class: Option<String>,
    /// Whether the same call may succeed later.
    pub retry: bool,
    /// Whether hosts may construct it.
    pub make: bool,
    /// Built-in exception that it also is in Python.
    pub python: Option<String>,
    /// Fields in order.
    pub fields: Vec<ErrorField>,
    /// Template of the detail; free text from the core without it.
    pub detail: Option<Template>,
    /// Template that replaces the family's.
    pub message: Option<Template>,
    /// Why no case tests it.
    pub untested: Option<String>,
    /// When it occurs.
    pub doc: Doc,
}

/// A field of an error.
#[derive(Debug)]
pub struct ErrorField {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A text with gaps.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Template {
    /// Pieces in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// The named value; width and radix for integers: `{x:04x}` is `Some((4, 16))`.
    Value(String, Option<(usize, u32)>),
    /// Printed when all that it names is present.
    Group(Vec<Self>),
}
