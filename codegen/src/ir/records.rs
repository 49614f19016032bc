//! Records.

use super::{Doc, Lang, Literal, Name, Type};
use crate::doc::RecordClass;

/// A record.
#[derive(Debug)]
pub struct Record {
    /// Its name.
    pub name: Name,
    /// How it is also a class.
    pub class: Option<RecordClass>,
    /// Position of the field as which it may stand.
    pub stands_as: Option<usize>,
    /// Languages in which it is a tuple of its fields.
    pub tuple: Vec<Lang>,
    /// Whether its fields are final, so that a result crosses the C ABI as numbers.
    pub fixed: bool,
    /// Languages that keep the spec's names for the fields.
    pub keep_names: Vec<Lang>,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// Members that show a field in another type.
    pub views: Vec<View>,
    /// Whether hosts hand it in (as an argument, or in one).
    pub is_input: bool,
    /// Whether the core hands it out (as a result, or in one).
    pub is_output: bool,
    /// What it describes.
    pub doc: Doc,
}

impl Record {
    /// Whether a field of its own has a range.
    pub fn has_limits(&self) -> bool {
        self.fields.iter().any(Field::has_range)
    }

    /// Whether it is a tuple in a language.
    pub fn is_tuple_in(&self, lang: Lang) -> bool {
        self.tuple.contains(&lang)
    }

    /// Whether a caller may leave every field out.
    pub fn all_optional(&self) -> bool {
        self.fields.iter().all(Field::may_be_left_out)
    }
}

/// A field of a record or of a union's case.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its type; a field that takes one or many is a list with `variadic`.
    pub ty: Type,
    /// What a caller who leaves it out gets.
    pub default: Option<Literal>,
    /// One value or a list of them.
    pub variadic: bool,
    /// What absence means.
    pub absent: Option<String>,
    /// Least value, or length.
    pub min: Option<i64>,
    /// Greatest value, or length.
    pub max: Option<i64>,
    /// Whether the fields of the options that it holds are keywords of their own in Python.
    pub python_flat: bool,
    /// Order of a list.
    pub order: Option<String>,
    /// Whether a 64-bit integer is a plain number in TypeScript.
    pub number: bool,
    /// Never printed or logged.
    pub secret: bool,
    /// Why no case of the conformance suite can compare it.
    pub untested: Option<String>,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// What it holds.
    pub doc: Doc,
}

impl Field {
    /// A required field with nothing else to it.
    pub fn plain(name: Name, ty: Type) -> Self {
        Self {
            name,
            ty,
            default: None,
            variadic: false,
            absent: None,
            min: None,
            max: None,
            python_flat: false,
            order: None,
            number: false,
            secret: false,
            untested: None,
            feature: None,
            doc: Doc { text: String::new() },
        }
    }

    /// Whether it has a least or greatest value, or length.
    pub fn has_range(&self) -> bool {
        self.min.is_some() || self.max.is_some() || self.feature.is_some()
    }

    /// Whether a caller may leave it out.
    pub fn may_be_left_out(&self) -> bool {
        self.default.is_some() || matches!(self.ty, Type::Optional(_))
    }
}

/// A member that shows a field in another type.
#[derive(Debug)]
pub struct View {
    /// Its name.
    pub name: Name,
    /// Position of the field.
    pub of: usize,
    /// The type it is shown in: bytes, or JSON of a type of the caller.
    pub ty: Type,
    /// What it gives.
    pub doc: Doc,
}
