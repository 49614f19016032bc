//! Layouts: forms of the fields, and offsets that are written and recomputed.

use super::text;
use crate::doc::{self, Endian, LayoutKind};
use crate::ir::{At, Doc, Int, Length, Type, Wire, WireField, WireForm};
use crate::resolve::context::Context;

/// Hash functions of checksums.
const HASHES: [&str; 3] = ["xxh3_64", "blake3", "blake2s256"];

impl Context<'_> {
    /// Resolves a layout.
    pub(super) fn layout(&mut self, name: &str, item: &doc::Wire) -> Wire {
        let of = item.of.as_ref().and_then(|of| match self.ty(&["wire", name, "of"], of) {
            Type::Record(at) => Some(at),
            _ => {
                self.wrong(&["wire", name, "of"], format!("`{of}` is not a record"));
                None
            }
        });
        let fields: Vec<_> = item
            .fields
            .iter()
            .enumerate()
            .map(|(index, field)| wire_field(self, name, index, field))
            .collect();
        if item.layout == LayoutKind::Fixed {
            check_offsets(self, name, item, &fields);
        }
        if item.version.is_some_and(|version| version == 0 || version > 255) {
            self.wrong(&["wire", name, "version"], "a version is one byte, from 1");
        }
        Wire {
            name: name.to_owned(),
            layout: item.layout,
            endian: item.endian.unwrap_or(Endian::Little),
            size: item.size,
            magic: magic(self, name, item.magic.as_deref().unwrap_or_default()),
            version: item.version,
            of,
            format: item.format.as_ref().map(|format| self.template(&["wire", name, "format"], format)),
            max: item.max,
            error: item.error.as_ref().and_then(|error| decode_error(self, name, error)),
            keep_trailing: item.trailing.as_deref() == Some("keep"),
            fields,
            doc: text(&item.doc),
        }
    }
}

fn wire_field(cx: &mut Context<'_>, layout: &str, index: usize, item: &doc::WireField) -> WireField {
    let index = index.to_string();
    let path = ["wire", layout, "fields", &index];
    let form = form(cx, &path, item);
    let when = item.when.as_ref().and_then(|when| {
        let bit = when
            .split_once('.')
            .and_then(|(field, part)| bit_of(cx, layout, field, part).map(|bit| (field.to_owned(), bit)));
        if bit.is_none() {
            cx.wrong(
                &path,
                format!("`{}`: `when` names a one-bit part of an earlier field: `flags.has_it`", item.name),
            );
        }
        bit
    });
    let default = match (&item.default, &form) {
        (Some(value), WireForm::Plain(ty) | WireForm::Varint(ty)) => Some(cx.literal(&path, value, ty)),
        _ => None,
    };
    WireField {
        name: item.name.clone(),
        at: item.at.unwrap_or_default(),
        max: item.max.filter(|_| matches!(form, WireForm::Plain(_) | WireForm::Varint(_))),
        form,
        when,
        since: item.since,
        default,
        doc: Doc { text: item.doc.trim().to_owned() },
    }
}

fn form(cx: &mut Context<'_>, path: &[&str], item: &doc::WireField) -> WireForm {
    if let Some(switch) = &item.switch {
        let mut arms = Vec::new();
        for (value, layout) in switch.iter().filter(|(key, _)| *key != "on") {
            match (value.parse(), cx.index.wire(cx.module, layout)) {
                (Ok(_), Ok(at)) if at.module != cx.module => {
                    cx.wrong(path, format!("`{}`: `{layout}` is a layout of another module", item.name));
                }
                (Ok(value), Ok(at)) => arms.push((value, at)),
                (Err(_), _) => cx.wrong(path, format!("`{}`: `{value}` is not a number", item.name)),
                (_, Err(message)) => cx.wrong(path, format!("`{}`: {message}", item.name)),
            }
        }
        return WireForm::Switch { on: switch.get("on").cloned().unwrap_or_default(), arms };
    }
    let Some(text) = &item.ty else {
        cx.wrong(path, format!("`{}` has neither `type` nor `switch`", item.name));
        return WireForm::Plain(Type::Bool);
    };
    let ty = layout_type(cx, path, text);
    let max = item.max.unwrap_or(u64::MAX);
    if text == "varint"
        || (item.len.as_deref() == Some("varint") && !matches!(ty, Type::String | Type::Bytes))
    {
        if !cx.index.is_unsigned(&ty) {
            cx.wrong(
                path,
                format!("`{}`: no unsigned integer carries `{text}`, so it is no varint", item.name),
            );
        }
        return WireForm::Varint(ty);
    }
    match (&ty, &item.check) {
        (Type::Int(int), Some(check)) => {
            let over = check.over.split_once("..").unwrap_or((&check.over, &check.over));
            let over = (over.0.to_owned(), over.1.to_owned());
            if !HASHES.contains(&check.hash.as_str()) {
                cx.wrong(path, format!("`{}`: the hash is one of {}", item.name, HASHES.join(", ")));
            }
            return WireForm::Check { int: *int, hash: check.hash.clone(), over };
        }
        (Type::Int(int), None) if !item.bits.is_empty() => {
            let total: u32 = item.bits.values().map(|bits| u32::from(*bits)).sum();
            if total != int.bits() {
                cx.wrong(
                    path,
                    format!("`{}`: the parts have {total} bits, `{text}` has {}", item.name, int.bits()),
                );
            }
            return WireForm::Bits(
                *int,
                item.bits.iter().map(|(name, bits)| (name.clone(), *bits)).collect(),
            );
        }
        _ => {}
    }
    match ty {
        Type::String | Type::Bytes => match length(item.len.as_deref()) {
            Some(len) => WireForm::Sized { ty, len, max },
            None => {
                cx.wrong(
                    path,
                    format!("`{}` varies in length: `len` is one of u8, u16, u32, varint, rest", item.name),
                );
                WireForm::Plain(Type::Bool)
            }
        },
        Type::List(of) => match length(item.count.as_deref()) {
            Some(_) if cx.index.width(&of).is_none() && !matches!(*of, Type::Layout(_)) => {
                cx.wrong(
                    path,
                    format!("`{}`: the elements of a list have a fixed width, or are layouts", item.name),
                );
                WireForm::Plain(Type::Bool)
            }
            Some(count) => WireForm::Counted { of: *of, count, max },
            None => {
                cx.wrong(path, format!("`{}` is a list: `count` is one of u8, u16, u32, varint", item.name));
                WireForm::Plain(Type::Bool)
            }
        },
        ty => {
            if cx.index.width(&ty).is_none() && !matches!(ty, Type::Layout(_)) {
                cx.wrong(path, format!("`{}`: `{text}` has no form in a layout", item.name));
            }
            WireForm::Plain(ty)
        }
    }
}

/// The type of a field: `varint` is a number, and a layout may stand where a type does.
fn layout_type(cx: &mut Context<'_>, path: &[&str], text: &str) -> Type {
    if text == "varint" {
        return Type::Int(Int::U64);
    }
    let (of, is_list) = match text.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
        Some(of) => (of, true),
        None => (text, false),
    };
    let is_layout = cx.loaded.document.wire.contains_key(of) && cx.index.ty(cx.module, of).is_err();
    match cx.index.wire(cx.module, of) {
        Ok(at) if is_layout && is_list => Type::List(Box::new(Type::Layout(at))),
        Ok(at) if is_layout => Type::Layout(at),
        _ => cx.ty(path, text),
    }
}

fn length(text: Option<&str>) -> Option<Length> {
    Some(match text? {
        "u8" => Length::Int(Int::U8),
        "u16" => Length::Int(Int::U16),
        "u32" => Length::Int(Int::U32),
        "varint" => Length::Varint,
        "rest" => Length::Rest,
        _ => return None,
    })
}

/// Position of a one-bit part within its field.
fn bit_of(cx: &Context<'_>, layout: &str, field: &str, part: &str) -> Option<u8> {
    let field = cx.loaded.document.wire.get(layout)?.fields.iter().find(|f| f.name == field)?;
    let mut at = 0;
    for (name, bits) in &field.bits {
        if name == part {
            return (*bits == 1).then_some(at);
        }
        at += bits;
    }
    None
}

fn magic(cx: &mut Context<'_>, layout: &str, hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    let bytes =
        digits.map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()));
    let bytes: Option<Vec<_>> = bytes.collect();
    cx.or_report(&["wire", layout, "magic"], bytes.ok_or_else(|| format!("`{hex}` is not hex")), Vec::new())
}

fn decode_error(cx: &mut Context<'_>, layout: &str, error: &str) -> Option<(At, usize)> {
    let path = ["wire", layout, "error"];
    let Some((family, kind)) = error.rsplit_once('.') else {
        cx.wrong(&path, "write family and kind: `token.invalid_format`");
        return None;
    };
    let found = cx.index.family(cx.module, family).map(Some);
    let at = cx.or_report(&path, found, None)?;
    let position = cx.index.kind(at, kind);
    if position.is_none() {
        cx.wrong(&path, format!("family `{family}` has no kind `{kind}`"));
    }
    Some((at, position?))
}

fn check_offsets(cx: &mut Context<'_>, name: &str, item: &doc::Wire, fields: &[WireField]) {
    let mut offset = u32::try_from(item.magic.as_deref().unwrap_or_default().len() / 2).unwrap_or_default();
    for (index, (field, written)) in fields.iter().zip(&item.fields).enumerate() {
        let index = index.to_string();
        let path = ["wire", name, "fields", &index, "at"];
        if written.at != Some(offset) {
            let found = written.at.map_or("none".into(), |at| at.to_string());
            cx.wrong(&path, format!("`{}` begins at offset {offset}, not {found}", field.name));
        }
        let width = match &field.form {
            WireForm::Plain(ty) => cx.index.width(ty),
            WireForm::Bits(int, _) | WireForm::Check { int, .. } => Some(int.bits() / 8),
            _ => None,
        };
        match width {
            Some(width) => offset += width,
            None => {
                return cx.wrong(
                    &path,
                    format!("`{}` varies in length, which a fixed layout cannot hold", field.name),
                );
            }
        }
    }
    if item.size != Some(offset) {
        cx.wrong(&["wire", name, "size"], format!("the fields have {offset} bytes"));
    }
}
