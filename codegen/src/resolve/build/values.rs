//! Types of plain values: enums, flags, unions and named base types.

use super::records::plain_field;
use super::{spelling, text};
use crate::doc::{self, CaseFields, Endian};
use crate::ir::{
    At, Bit, Case, Derive, DeriveHash, Enum, EnumValue, Field, Flags, Int, Scalar, TextForm, Type, Union,
};
use crate::resolve::context::Context;
use std::ops::Range;

impl Context<'_> {
    pub(super) fn enumeration(&mut self, name: &str, item: &doc::Enum) -> Enum {
        Enum {
            name: spelling::name(name, item.rename.as_ref(), item.alias.as_ref()),
            repr: self.repr(&["enum", name, "repr"], &item.repr),
            numeric: item.numeric,
            open: item.open,
            unknown: self.unknown(&["enum", name, "unknown"], item.unknown.as_deref()),
            untested: item.untested.clone(),
            values: item
                .value
                .iter()
                .map(|(value, it)| EnumValue {
                    name: value.clone(),
                    tag: it.tag,
                    text: it.text.clone().unwrap_or_else(|| spelling::styled(value, item.style)),
                    aliases: it.alias.clone(),
                    untested: it.untested.clone(),
                    doc: text(&it.doc),
                })
                .collect(),
            doc: text(&item.doc),
        }
    }

    pub(super) fn flags(&mut self, name: &str, item: &doc::Flags) -> Flags {
        Flags {
            name: spelling::name(name, None, None),
            repr: self.repr(&["flags", name, "repr"], &item.repr),
            open: item.open,
            empty: item.empty,
            unknown: self.unknown(&["flags", name, "unknown"], item.unknown.as_deref()),
            bits: item
                .bit
                .iter()
                .map(|(bit, it)| Bit {
                    name: bit.clone(),
                    bit: it.bit,
                    text: it.text.clone().unwrap_or_else(|| spelling::styled(bit, item.style)),
                    doc: text(&it.doc),
                })
                .collect(),
            doc: text(&item.doc),
        }
    }

    pub(super) fn union(&mut self, name: &str, item: &doc::Union) -> Union {
        let cases = item.case.iter().map(|(case, it)| {
            let (fields, record) = self.case_fields(name, case, it);
            let tag = it.text.clone().unwrap_or_else(|| spelling::styled(case, item.style));
            Case { name: case.clone(), text: tag, fields, record, doc: text(&it.doc) }
        });
        let cases = cases.collect();
        Union {
            name: spelling::name(name, item.rename.as_ref(), item.alias.as_ref()),
            tag: item.tag.clone(),
            depth: item.depth,
            bare: item.bare,
            factory: item.factory.as_ref().map(spelling::by_language).unwrap_or_default(),
            cases,
            doc: text(&item.doc),
        }
    }

    pub(super) fn scalar(&mut self, name: &str, item: &doc::Scalar) -> Scalar {
        let base = self.ty(&["scalar", name, "type"], &item.ty);
        let template = item.text.as_ref().map(|text| {
            let named = text.replacen("{:", "{value:", 1).replacen("{}", "{value}", 1);
            self.template(&["scalar", name, "text"], &named)
        });
        let derived = self.loaded.document.derive.get(name);
        let derive = derived.and_then(|item| self.derive(name, item, &base));
        let mut doc = text(&item.doc);
        if let Some(derive) = &derive {
            doc.text = format!("{}\n\n{}", doc.text.trim_end(), derive.words());
        }
        let accept =
            item.accept.iter().map(|form| self.text_form(&["scalar", name, "accept"], form)).collect();
        Scalar {
            name: spelling::name(name, None, None),
            base,
            text: template,
            accept,
            out: item.out.as_ref().map(|form| self.text_form(&["scalar", name, "out"], form)),
            derive,
            doc,
        }
    }

    fn derive(&mut self, name: &str, item: &doc::Derive, base: &Type) -> Option<Derive> {
        let at = |key: &'static str| ["derive", name, key];
        let hash = match item.hash.as_str() {
            "blake2s256" => Ok(Some(DeriveHash::Blake2s256)),
            "blake3" => Ok(Some(DeriveHash::Blake3)),
            "xxh3_64" => Ok(Some(DeriveHash::Xxh364)),
            other => Err(format!("`{other}` is none of blake2s256, blake3, xxh3_64")),
        };
        let hash = self.or_report(&at("hash"), hash, None)?;
        let key = item.key.clone().unwrap_or_default();
        let fits = hash == DeriveHash::Blake2s256 && (1..=32).contains(&key.len()) && key.is_ascii();
        if item.key.is_some() && !fits {
            self.wrong(&at("key"), "a key is ASCII of 1 to 32 bytes, and `blake2s256` takes one");
        }
        let taken = take(&item.take).filter(|(range, endian)| {
            let width = range.end.saturating_sub(range.start);
            let is_it = match base {
                Type::Int(int) => *int == Int::U64 && width == 8 && endian.is_some(),
                Type::FixedBytes(size) => width == *size && endian.is_none(),
                _ => false,
            };
            is_it && range.end <= hash.size()
        });
        let wanted = "it takes 8 bytes of the hash as a `u64`, `0..8 little`, or so many as the scalar has";
        let (take, endian) = self.or_report(&at("take"), taken.map(Some).ok_or(wanted.to_owned()), None)?;
        let by = item.by.iter().map(|path| format!("{}.{path}", self.loaded.document.module.name));
        Some(Derive {
            hash,
            key,
            over: item.over.clone(),
            take,
            endian,
            by: by.collect(),
            doc: text(&item.doc),
        })
    }

    /// The kind of error that refuses an unknown value.
    fn unknown(&mut self, path: &[&str], named: Option<&str>) -> Option<(At, usize)> {
        let (family, kind) = named?.rsplit_once('.').unwrap_or((named?, ""));
        let found = self.index.family(self.module, family).and_then(|at| {
            let kind = self.index.kind(at, kind);
            kind.map(|kind| (at, kind))
                .ok_or_else(|| format!("`{}` is no kind of error", named.unwrap_or_default()))
        });
        self.or_report(path, found.map(Some), None)
    }

    fn repr(&mut self, path: &[&str], repr: &str) -> Int {
        let int = match self.index.ty(self.module, repr) {
            Ok(Type::Int(int)) if !int.signed() => Ok(int),
            _ => Err(format!("`{repr}` is not an unsigned integer type")),
        };
        self.or_report(path, int, Int::U8)
    }

    fn case_fields(&mut self, union: &str, case: &str, item: &doc::Case) -> (Vec<Field>, Option<At>) {
        match &item.fields {
            CaseFields::Own(fields) => {
                let parsed = fields.iter().map(|(field, expression)| {
                    let path = ["union", union, "case", case, "fields", field];
                    let parsed = self.expression(&path, expression);
                    let default = parsed.default.as_ref().map(|text| self.default(&path, text, &parsed.ty));
                    plain_field(field, parsed.ty, parsed.variadic, default)
                });
                (parsed.collect(), None)
            }
            CaseFields::Record(record) => {
                let path = ["union", union, "case", case, "fields"];
                let Type::Record(at) = self.ty(&path, record) else {
                    self.wrong(&path, format!("`{record}` is not a record"));
                    return (Vec::new(), None);
                };
                if at.module != self.module {
                    self.wrong(&path, "a case takes the fields of a record of its own module");
                    return (Vec::new(), None);
                }
                let Some((name, item)) = self.loaded.document.record.get_index(at.index) else {
                    return (Vec::new(), None);
                };
                (item.field.iter().map(|(field, it)| self.field(name, field, it)).collect(), Some(at))
            }
        }
    }

    fn text_form(&mut self, path: &[&str], form: &str) -> TextForm {
        let parsed = match form {
            "hex" => Ok(TextForm::Hex),
            "base64" => Ok(TextForm::Base64),
            "utf8" => Ok(TextForm::Utf8),
            _ => Err(format!("`{form}` is none of hex, base64, utf8")),
        };
        self.or_report(path, parsed, TextForm::Hex)
    }
}

/// Bytes that are taken, as `0..8 little` writes them.
fn take(text: &str) -> Option<(Range<usize>, Option<Endian>)> {
    let (range, endian) = match text.split_once(' ') {
        Some((range, "little")) => (range, Some(Endian::Little)),
        Some((range, "big")) => (range, Some(Endian::Big)),
        Some(_) => return None,
        None => (text, None),
    };
    let (start, end) = range.split_once("..")?;
    Some((start.parse().ok()?..end.parse().ok()?, endian))
}
