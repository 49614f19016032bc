//! Layouts that are parts of others: they end by themselves, and none contains itself.

use super::Rules;
use crate::doc::LayoutKind;
use crate::ir::{Api, At, Int, Length, Type, Wire, WireField, WireForm};
use std::collections::HashSet;

/// Checks the layouts of a module.
pub(super) fn check(rules: &mut Rules<'_>, position: usize) {
    let module = rules.module(position);
    for (index, wire) in module.wires.iter().enumerate() {
        let at = At { module: position, index };
        if let Some(message) = members(wire) {
            rules.wrong(position, &["wire", &wire.name, "fields"], message);
        }
        if wire.parts().any(|part| rules.api.has_part(part, at)) {
            rules.wrong(position, &["wire", &wire.name], format!("`{}` is a part of itself", wire.name));
            continue;
        }
        for (index, field) in wire.fields.iter().enumerate() {
            let wrong = part_of(rules.api, field)
                .or_else(|| choice(rules.api, wire, index))
                .or_else(|| sum(wire, index));
            if let Some(message) = wrong {
                let index = index.to_string();
                let path = ["wire", &wire.name, "fields", &index];
                rules.wrong(position, &path, format!("`{}`: {message}", field.name));
            }
        }
    }
}

/// Why a layout cannot have the members that it has.
fn members(wire: &Wire) -> Option<String> {
    let mut seen = HashSet::new();
    crate::wire::members(wire).into_iter().find_map(|name| match name.as_str() {
        "encode" | "decode" => Some(format!("`{name}` is a function of every layout, so it is no member")),
        _ => (!seen.insert(name.clone())).then(|| format!("two members are called `{name}`")),
    })
}

/// Why a field does not choose among layouts.
fn choice(api: &Api, wire: &Wire, index: usize) -> Option<String> {
    let field = &wire.fields[index];
    let WireForm::Switch { on, arms } = &field.form else { return None };
    let is_last =
        index + 1 == wire.fields.len() && !wire.keep_trailing && wire.layout == LayoutKind::Sequence;
    if !is_last || field.when.is_some() || field.since.is_some() {
        return Some(
            "what a switch chooses is the rest: the last field of a sequence, in every version".into(),
        );
    }
    let earlier = wire.fields[..index].iter().find(|field| field.name == *on);
    let number = earlier.filter(|on| on.when.is_none() && on.since.is_none()).and_then(|on| match &on.form {
        WireForm::Plain(ty) => tag(api, ty).filter(|int| int.bits() <= 32),
        WireForm::Varint(ty) => tag(api, ty),
        _ => None,
    });
    let Some(int) = number else {
        return Some(format!(
            "`on` names an earlier number of at most 32 bits that is always there, not `{on}`"
        ));
    };
    let greatest = int.range().1.min(u32::MAX.into());
    let mut seen = HashSet::new();
    let mut layouts = HashSet::new();
    arms.iter().find_map(|(number, at)| {
        let part = api.wire(*at);
        if i128::from(*number) > greatest {
            Some(format!("{number} does not fit `{on}`"))
        } else if !seen.insert(number) || !layouts.insert(at) {
            Some(format!("{number} is not the only number of `{}`", part.name))
        } else {
            (part.layout == LayoutKind::Text)
                .then(|| format!("`{}` is a text, which has no bytes of its own", part.name))
        }
    })
}

/// The unsigned integer that carries a number or an enum.
fn tag(api: &Api, ty: &Type) -> Option<Int> {
    match api.base(ty) {
        Type::Int(int) => Some(*int).filter(|int| !int.signed()),
        Type::Enum(at) => Some(api.enumeration(*at).repr),
        _ => None,
    }
}

/// Why a checksum does not cover what it says.
fn sum(wire: &Wire, index: usize) -> Option<String> {
    let field = &wire.fields[index];
    let WireForm::Check { over, .. } = &field.form else { return None };
    let position = |name: &str| wire.fields[..index].iter().position(|field| field.name == name);
    if field.when.is_some() || field.since.is_some() {
        return Some("a checksum is always there".into());
    }
    match (position(&over.0), position(&over.1)) {
        (Some(first), Some(last)) if first <= last && last + 1 == index => None,
        _ => Some(
            "a checksum covers fields in front of it, up to the one before: `over = \"first..last\"`".into(),
        ),
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
