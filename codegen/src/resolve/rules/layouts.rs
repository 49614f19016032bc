//! Layouts that are parts of others: they end by themselves, and none contains itself.

use super::Rules;
use crate::doc::LayoutKind;
use crate::ir::{Api, At, Length, Type, Wire, WireField, WireForm};

/// Checks the layouts of a module.
pub(super) fn check(rules: &mut Rules<'_>, position: usize) {
    let module = rules.module(position);
    for (index, wire) in module.wires.iter().enumerate() {
        let at = At { module: position, index };
        if wire.parts().any(|part| rules.api.has_part(part, at)) {
            rules.wrong(position, &["wire", &wire.name], format!("`{}` is a part of itself", wire.name));
            continue;
        }
        for (index, field) in wire.fields.iter().enumerate() {
            if let Some(message) = part_of(rules.api, field) {
                let index = index.to_string();
                let path = ["wire", &wire.name, "fields", &index];
                rules.wrong(position, &path, format!("`{}`: {message}", field.name));
            }
        }
    }
}

/// Why the layout that a field names cannot stand there.
fn part_of(api: &Api, field: &WireField) -> Option<String> {
    let (at, is_item) = match &field.form {
        WireForm::Plain(Type::Layout(at)) => (*at, false),
        WireForm::Counted { of: Type::Layout(at), .. } => (*at, true),
        _ => return None,
    };
    let part = api.wire(at);
    if part.parts().any(|inner| api.has_part(inner, at)) {
        return None;
    }
    let is_bytes = matches!(part.layout, LayoutKind::Fixed | LayoutKind::Sequence);
    if !is_bytes || part.max.is_some() {
        return Some(format!(
            "only a fixed layout or a sequence without `max` is a part of another, not `{}`",
            part.name
        ));
    }
    if part.keep_trailing || part.fields.iter().any(reaches_end) {
        return Some(format!("`{}` takes all that remains, so it is no part of another", part.name));
    }
    (is_item && least_width(api, part) == 0)
        .then(|| format!("an item has at least one byte, `{}` may have none", part.name))
}

fn reaches_end(field: &WireField) -> bool {
    match field.form {
        WireForm::Sized { len, .. } | WireForm::Counted { count: len, .. } => len == Length::Rest,
        WireForm::Switch { .. } => true,
        _ => false,
    }
}

/// Bytes that every encoding of a layout has at least.
fn least_width(api: &Api, wire: &Wire) -> usize {
    let front = wire.magic.len() + usize::from(wire.version.is_some() && wire.layout == LayoutKind::Sequence);
    let always = wire.fields.iter().filter(|field| field.when.is_none() && field.since.is_none());
    front + always.map(|field| least_field(api, field)).sum::<usize>()
}

fn least_field(api: &Api, field: &WireField) -> usize {
    match &field.form {
        WireForm::Plain(Type::Layout(at)) => least_width(api, api.wire(*at)),
        WireForm::Sized { len: Length::Rest, .. } | WireForm::Counted { count: Length::Rest, .. } => 0,
        _ => 1,
    }
}
