//! Enums and flags as classes of the package.

use super::{fit, names};
use crate::ir::{Enum, EnumValue, Flags};

pub(crate) struct EnumModel {
    pub name: String,
    pub base: String,
    pub doc: String,
    pub values: Vec<ValueModel>,
    pub missing: Vec<(String, String)>,
    /// What stands for a value that is not listed.
    pub unlisted: Option<&'static str>,
}

pub(crate) struct ValueModel {
    pub line: String,
    pub doc: String,
}

/// Lowers an enum.
pub(crate) fn enumeration(item: &Enum) -> EnumModel {
    let value = |value: &EnumValue| {
        let literal = if item.numeric { value.tag.to_string() } else { names::text(&value.text) };
        ValueModel {
            line: format!("{} = {literal}", names::enum_member(&value.name)),
            doc: fit::doc(4, &value.doc.text),
        }
    };
    let aliases = item.values.iter().flat_map(|value| {
        value.aliases.iter().map(|alias| (names::text(alias), names::enum_member(&value.name)))
    });
    EnumModel {
        name: names::class(&item.name),
        base: if item.numeric { "IntEnum" } else { "StrEnum" }.into(),
        doc: fit::doc(4, &item.doc.text),
        missing: aliases.filter(|_| !item.numeric).collect(),
        unlisted: item.open.then_some(if item.numeric { "unlisted_number" } else { "unlisted_text" }),
        values: item.values.iter().map(value).collect(),
    }
}

/// Lowers flags.
pub(crate) fn flags(item: &Flags) -> EnumModel {
    let values = item.bits.iter().map(|bit| ValueModel {
        line: format!("{} = {}", names::enum_member(&bit.name), names::text(&bit.text)),
        doc: fit::doc(4, &bit.doc.text),
    });
    EnumModel {
        name: names::class(&item.name),
        base: "StrEnum".into(),
        doc: fit::doc(4, &item.doc.text),
        missing: Vec::new(),
        unlisted: None,
        values: values.collect(),
    }
}
