//! Fields of structs: how they are declared, packed and read.

use super::layout::comment;
use super::model::Lines;
use super::{names, types};
use crate::ir::{Api, At, Field, Type};
use anyhow::{Result, bail};

pub(crate) struct FieldModel {
    pub doc: Lines,
    pub declarations: Lines,
    pub pack: Lines,
    pub read: Lines,
}

/// What a struct has a member for.
pub(crate) struct Slot<'a> {
    pub name: &'a str,
    pub ty: &'a Type,
    pub doc: String,
    /// Whether a pack without it is whole.
    pub may_be_left_out: bool,
}

/// Lowers a field of a record or case; a union that holds itself does so by address.
pub(crate) fn field(api: &Api, item: &Field, target: &str, own: Option<At>) -> Result<FieldModel> {
    let mut doc = item.doc.text.clone();
    if let Some(absent) = &item.absent {
        doc += &format!(" Left out: {}", lower_first(absent));
    }
    let may_be_left_out = item.may_be_left_out();
    slot(api, &Slot { name: &item.name.spec, ty: &item.ty, doc, may_be_left_out }, target, own)
}

/// Lowers a member of the struct that `target` leads to.
pub(crate) fn slot(api: &Api, item: &Slot<'_>, target: &str, own: Option<At>) -> Result<FieldModel> {
    let name = names::field(api, item.name, item.ty);
    let (ty, optional) = item.ty.split_optional();
    let ctype = types::ctype(api, ty)?;
    let (code, c) = (&ctype.code, &ctype.name);
    let place = format!("{target}{name}");
    let is_view = types::is_view(api, ty);
    let by_address = own.is_some_and(|at| *ty == Type::Union(at));
    if by_address && optional {
        bail!("C cannot hold an optional {} in itself", item.name);
    }
    let mut declarations = Vec::new();
    let (pack, mut read) = if by_address {
        declarations.push(format!("const {c} *{name};"));
        (
            vec![format!("net_{code}_pack(w, {place});")],
            vec![
                format!("{c} *{name} = ({c} *)net_get_room(r, sizeof({c}));"),
                format!("if ({name} != NULL) {{"),
                format!("  net_{code}_read(r, {name});"),
                "}".into(),
                format!("{place} = {name};"),
            ],
        )
    } else if optional && is_view {
        declarations.push(format!("{c} {name};"));
        (
            vec![format!("net_maybe_view_pack(w, &{place});")],
            vec![format!("net_maybe_view_read(r, &{place});")],
        )
    } else if optional {
        declarations.push(format!("bool has_{name};"));
        declarations.push(format!("{c} {name};"));
        let has = format!("{target}has_{name}");
        (
            vec![
                format!("net_bool_pack(w, &{has});"),
                format!("if ({has}) {{"),
                format!("  net_{code}_pack(w, &{place});"),
                "}".into(),
            ],
            vec![
                format!("net_bool_read(r, &{has});"),
                format!("if ({has}) {{"),
                format!("  net_{code}_read(r, &{place});"),
                "}".into(),
            ],
        )
    } else {
        declarations.push(format!("{c} {name};"));
        (vec![format!("net_{code}_pack(w, &{place});")], vec![format!("net_{code}_read(r, &{place});")])
    };
    let there = if item.may_be_left_out { "net_get_more" } else { "net_get_field" };
    read = read.into_iter().map(|line| format!("  {line}")).collect();
    read.insert(0, format!("if ({there}(r, &f)) {{"));
    read.push("}".into());
    Ok(FieldModel { doc: comment(2, &item.doc), declarations, pack, read })
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}
