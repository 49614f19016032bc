//! What the templates print of constants, enums and interfaces: finished text.

use super::layout::{self, call, list, text};
use super::names;
use super::types::{Scope, Way, parameters};
use crate::ir::{Const, Doc, Enum, Flags, Host, Type};

/// Lines of a TSDoc comment, without its frame.
pub(crate) type Lines = Vec<String>;

pub(crate) struct ConstModel {
    pub doc: Lines,
    pub name: String,
    pub value: String,
}

pub(crate) struct EnumModel {
    pub doc: Lines,
    pub name: String,
    pub values: Vec<ValueModel>,
    /// The type of its values.
    pub declared: Lines,
    pub aliases: Vec<String>,
}

pub(crate) struct ValueModel {
    pub doc: Lines,
    pub name: String,
    pub value: String,
}

/// An alias of a type, or an interface.
pub(crate) struct TypeModel {
    pub doc: Lines,
    pub code: String,
}

pub(crate) struct InterfaceModel {
    pub doc: Lines,
    pub name: String,
    pub fields: Vec<MemberModel>,
    pub aliases: Vec<String>,
}

pub(crate) struct MemberModel {
    pub doc: Lines,
    pub code: String,
}

/// A function or member with a body.
pub(crate) struct BodyModel {
    pub doc: Lines,
    /// Everything up to the brace.
    pub head: String,
    pub body: Vec<String>,
}

/// Lines of a doc.
pub(crate) fn lines(doc: &Doc) -> Lines {
    doc.lines().map(|line| line.replace("*/", "*\\/")).collect()
}

pub(crate) fn constant(scope: &Scope<'_>, item: &Const) -> ConstModel {
    let value = scope.literal(&item.value, &item.ty);
    let value = if matches!(item.ty, Type::List(_)) { format!("{value} as const") } else { value };
    ConstModel { doc: lines(&item.doc), name: names::constant(&item.name), value }
}

pub(crate) fn enumeration(item: &Enum) -> EnumModel {
    let value = |value: &crate::ir::EnumValue| ValueModel {
        doc: lines(&value.doc),
        name: names::key(&names::capital(&value.name)),
        value: if item.numeric { value.tag.to_string() } else { names::text(&value.text) },
    };
    let unlisted = match (item.open, item.numeric) {
        (false, _) => "",
        (true, false) => " | `unknown:${number}`",
        (true, true) => " | (number & {})",
    };
    let name = names::ty(&item.name);
    EnumModel {
        doc: lines(&item.doc),
        declared: declared(&name, unlisted),
        name,
        values: item.values.iter().map(value).collect(),
        aliases: names::types(&item.name),
    }
}

/// The type of an enum's values, and of those that are not listed.
fn declared(name: &str, unlisted: &str) -> Lines {
    let (head, ty) =
        (format!("export type {name} ="), format!("(typeof {name})[keyof typeof {name}]{unlisted};"));
    match head.len() + 1 + ty.len() <= layout::WIDTH {
        true => vec![format!("{head} {ty}")],
        false => vec![head, format!("  {ty}")],
    }
}

pub(crate) fn flags(item: &Flags) -> EnumModel {
    let bit = |bit: &crate::ir::Bit| ValueModel {
        doc: lines(&bit.doc),
        name: names::key(&names::capital(&bit.name)),
        value: names::text(&bit.text),
    };
    let name = names::ty(&item.name);
    EnumModel {
        doc: lines(&item.doc),
        declared: declared(&name, ""),
        name,
        values: item.bits.iter().map(bit).collect(),
        aliases: names::types(&item.name),
    }
}

/// The type alias of a host interface's aliases and the like.
pub(crate) fn host_interface(scope: &Scope<'_>, item: &Host) -> InterfaceModel {
    let mut fields = Vec::new();
    for prop in &item.props {
        let ty = prop.returns.clone().unwrap_or(Type::Bool);
        let (inner, optional) = ty.split_optional();
        let (mark, none) = if optional { ("?", " | null") } else { ("", "") };
        let code =
            format!("readonly {}{mark}: {}{none};", names::member(&prop.name), scope.ty(inner, Way::In));
        fields.push(MemberModel { doc: lines(&prop.doc), code });
    }
    for method in &item.methods {
        let mut params: Vec<_> = method
            .args
            .iter()
            .map(|arg| {
                let name = names::argument(scope.api, &arg.name, &arg.ty);
                text(format!("{name}: {}", scope.ty(&arg.ty, Way::Out)))
            })
            .collect();
        let result = method.returns.as_ref().map_or("void".into(), |ty| scope.ty(ty, Way::In));
        let result = if method.is_async { format!("Promise<{result}> | {result}") } else { result };
        if method.is_async {
            params.push(text("context: k.SignalOptions"));
        }
        let mark = if method.optional { "?" } else { "" };
        let head = format!("{}{mark}", names::member(&method.name));
        let code = layout::print(&layout::concat([call(&head, params), text(format!(": {result};"))]), 1);
        fields.push(MemberModel { doc: lines(&method.doc), code });
    }
    InterfaceModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name) + &parameters(&item.generic),
        fields,
        aliases: names::types(&item.name),
    }
}

/// An array of texts that breaks where it has to.
pub(crate) fn texts(head: &str, items: impl IntoIterator<Item = String>, level: usize) -> String {
    let items = items.into_iter().map(text).collect();
    layout::print(&layout::concat([text(head), list("[", items, "]"), text(",")]), level)
}
