//! Layouts with fields of their own: `fixed` and `sequence`.

use super::{Encoded, Fault, Reader, Reason, Role, fault, form, from_hex, scalar, to_hex, varint};
use crate::doc::LayoutKind;
use crate::ir::{Api, Int, Length, Type, Wire, WireField, WireForm};
use blake2::Digest as _;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Member that holds the bytes behind the last field.
const TRAILING: &str = "trailing";

/// The members of a layout's value, in order.
///
/// An integer in parts has one for each part, `<field>_<part>`; what follows from other members has none.
pub fn members(wire: &Wire) -> Vec<String> {
    let mut names = Vec::new();
    for field in &wire.fields {
        match &field.form {
            WireForm::Bits(_, parts) => {
                let mut low = 0;
                for (part, width) in parts {
                    if !is_presence(wire, &field.name, low) {
                        names.push(format!("{}_{part}", field.name));
                    }
                    low += width;
                }
            }
            WireForm::Check { .. } => {}
            _ if is_derived(wire, &field.name) => {}
            _ => names.push(field.name.clone()),
        }
    }
    if wire.keep_trailing {
        names.push(TRAILING.to_owned());
    }
    names
}

/// Whether a field only tells which layout a switch chose, and is not a member for that.
pub fn is_derived(wire: &Wire, field: &str) -> bool {
    wire.fields.iter().any(|other| matches!(&other.form, WireForm::Switch { on, .. } if on == field))
}

/// Whether a bit of a field only tells that another field is there.
fn is_presence(wire: &Wire, field: &str, bit: u8) -> bool {
    wire.fields.iter().any(|other| other.when.as_ref().is_some_and(|when| when.0 == field && when.1 == bit))
}

/// Encodes a value behind what is already written.
pub(super) fn encode(api: &Api, wire: &Wire, value: &Value, out: &mut Encoded) -> Result<(), Fault> {
    let value = value.as_object().ok_or_else(|| form(&wire.name, "an object"))?;
    let known = members(wire);
    if let Some(unknown) = value.keys().find(|name| !known.contains(name)) {
        return Err(form(unknown, "no such member"));
    }
    if !wire.magic.is_empty() {
        out.put("magic", Role::Magic, &wire.magic);
    }
    if let Some(version) = version(wire) {
        out.put("version", Role::Version, &[version]);
    }
    let mut encoder = Encoder { api, wire, value, ranges: HashMap::new() };
    for field in &wire.fields {
        let start = out.bytes.len();
        if encoder.is_there(field)? {
            encoder.field(field, out)?;
        }
        encoder.ranges.insert(&field.name, (start, out.bytes.len()));
    }
    if wire.keep_trailing {
        let rest = value.get(TRAILING).and_then(Value::as_str).and_then(from_hex);
        let rest = rest.ok_or_else(|| form(TRAILING, "bytes in lowercase hex"))?;
        out.put(TRAILING, Role::Value, &rest);
    }
    Ok(())
}

/// Decodes all of the bytes.
pub(super) fn decode(api: &Api, wire: &Wire, bytes: &[u8]) -> Result<Value, Fault> {
    let mut reader = Reader { rest: bytes };
    let value = front(api, wire, &mut reader)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(fault(&wire.name, Reason::Trailing)) }
}

/// Decodes a value from the front of the bytes, which may go on: a layout can be a part of another.
fn front(api: &Api, wire: &Wire, reader: &mut Reader<'_>) -> Result<Value, Fault> {
    let bytes = reader.rest;
    if wire.magic.as_slice() != reader.take("magic", wire.magic.len())? {
        return Err(fault("magic", Reason::Magic));
    }
    let mut read = 1;
    if let Some(newest) = version(wire) {
        read = reader.take("version", 1)?[0];
        if read == 0 || read > newest {
            return Err(fault("version", Reason::Version));
        }
    }
    let value = Map::new();
    let mut decoder = Decoder {
        api,
        wire,
        bytes,
        version: read.into(),
        value,
        raw: HashMap::new(),
        ranges: HashMap::new(),
    };
    for field in &wire.fields {
        let start = bytes.len() - reader.rest.len();
        decoder.field(field, reader)?;
        decoder.ranges.insert(&field.name, (start, bytes.len() - reader.rest.len()));
    }
    if wire.keep_trailing {
        decoder.value.insert(TRAILING.to_owned(), to_hex(reader.rest).into());
        reader.rest = &[];
    }
    Ok(Value::Object(decoder.value))
}

struct Encoder<'a> {
    api: &'a Api,
    wire: &'a Wire,
    value: &'a Map<String, Value>,
    ranges: HashMap<&'a str, (usize, usize)>,
}

impl Encoder<'_> {
    fn field(&self, field: &WireField, out: &mut Encoded) -> Result<(), Fault> {
        let name = &field.name;
        match &field.form {
            WireForm::Plain(ty) if is_derived(self.wire, name) => {
                let int = scalar::carrier(self.api, ty).ok_or_else(|| form(name, "an integer"))?;
                out.put(
                    name,
                    Role::Value,
                    &scalar::int_bytes(self.chosen(name)?.into(), int, self.wire.endian),
                );
            }
            WireForm::Plain(ty) => {
                let value = self.member(name)?;
                if over(self.api, ty, value, field.max) {
                    return Err(fault(name, Reason::TooLarge));
                }
                self.plain(name, ty, value, out)?;
            }
            WireForm::Varint(ty) => {
                let number = match is_derived(self.wire, name) {
                    true => self.chosen(name)?.into(),
                    false => self.number(name, ty, field.max)?,
                };
                self.varint(name, number, out)?;
            }
            WireForm::Bits(int, parts) => {
                let bits = self.parts(field, parts)?;
                out.put(name, Role::Value, &scalar::int_bytes(bits.into(), *int, self.wire.endian));
            }
            WireForm::Sized { ty, len, max } => self.sized(name, ty, *len, *max, out)?,
            WireForm::Counted { of, count, max } => {
                let items = self.member(name)?.as_array().ok_or_else(|| form(name, "a list"))?;
                self.length(name, *count, items.len(), *max, out)?;
                items.iter().try_for_each(|item| self.plain(name, of, item, out))?;
            }
            WireForm::Switch { arms, .. } => {
                let (layout, value) = self.arm(name)?;
                let inner = arms.iter().map(|(_, at)| self.api.wire(*at)).find(|arm| arm.name == layout);
                let inner = inner.ok_or_else(|| form(name, "the name of one of its layouts"))?;
                out.put_part(name, super::encode(self.api, inner, value)?);
            }
            WireForm::Check { int, hash, over } => {
                let covered = covered(self.wire, &self.ranges, over, &out.bytes);
                let sum = checksum(hash, covered, *int);
                out.put(name, Role::Check, &scalar::int_bytes(sum.into(), *int, self.wire.endian));
            }
        }
        Ok(())
    }

    /// The number of a value that an integer carries.
    fn number(&self, name: &str, ty: &Type, max: Option<u64>) -> Result<i128, Fault> {
        let value = self.member(name)?;
        if over(self.api, ty, value, max) {
            return Err(fault(name, Reason::TooLarge));
        }
        scalar::number(self.api, ty, value).map_err(|reason| fault(name, reason))
    }

    fn varint(&self, name: &str, number: i128, out: &mut Encoded) -> Result<(), Fault> {
        let bytes = u64::try_from(number).ok().and_then(varint);
        out.put(name, Role::Varint, &bytes.ok_or_else(|| fault(name, Reason::TooLarge))?);
        Ok(())
    }

    fn plain(&self, name: &str, ty: &Type, value: &Value, out: &mut Encoded) -> Result<(), Fault> {
        if let Type::Layout(at) = ty {
            out.put_part(name, super::encode(self.api, self.api.wire(*at), value)?);
            return Ok(());
        }
        let bytes =
            scalar::put(self.api, ty, value, self.wire.endian).map_err(|reason| fault(name, reason))?;
        out.put(name, scalar::role(self.api, ty), &bytes);
        Ok(())
    }

    fn sized(&self, name: &str, ty: &Type, len: Length, max: u64, out: &mut Encoded) -> Result<(), Fault> {
        let value = self.member(name)?.as_str();
        let (bytes, role) = match ty {
            Type::String => (value.map(|text| text.as_bytes().to_vec()), Role::Text),
            _ => (value.and_then(from_hex), Role::Value),
        };
        let bytes = bytes.ok_or_else(|| form(name, "a text, or bytes in lowercase hex"))?;
        self.length(name, len, bytes.len(), max, out)?;
        out.put(name, role, &bytes);
        Ok(())
    }

    fn length(&self, name: &str, form: Length, len: usize, max: u64, out: &mut Encoded) -> Result<(), Fault> {
        let len = len as u64;
        if len > max {
            return Err(fault(name, Reason::TooLarge));
        }
        match form {
            Length::Rest => {}
            Length::Varint => self.varint(name, len.into(), out)?,
            Length::Int(int) => {
                if i128::from(len) > int.range().1 {
                    return Err(fault(name, Reason::TooLarge));
                }
                out.put(name, Role::Length, &scalar::int_bytes(len.into(), int, self.wire.endian));
            }
        }
        Ok(())
    }

    fn parts(&self, field: &WireField, parts: &[(String, u8)]) -> Result<u64, Fault> {
        let (mut bits, mut low) = (0, 0);
        for (part, width) in parts {
            let name = format!("{}_{part}", field.name);
            let value = if is_presence(self.wire, &field.name, low) {
                self.presence(&field.name, low)?.into()
            } else {
                part_number(self.member(&name)?, *width).ok_or_else(|| fault(&name, Reason::TooLarge))?
            };
            bits |= value << low;
            low += width;
        }
        Ok(bits)
    }

    /// Whether a field is written.
    fn is_there(&self, field: &WireField) -> Result<bool, Fault> {
        field.when.as_ref().map_or(Ok(true), |(on, bit)| self.presence(on, *bit))
    }

    /// Whether the fields of a bit are there: all of them, or none.
    fn presence(&self, on: &str, bit: u8) -> Result<bool, Fault> {
        let fields =
            self.wire.fields.iter().filter(|field| field.when.as_ref() == Some(&(on.to_owned(), bit)));
        let mut there =
            fields.map(|field| (field, self.value.get(&field.name).is_some_and(|value| !value.is_null())));
        let first = there.next().is_some_and(|(_, first)| first);
        match there.find(|(_, other)| *other != first) {
            Some((field, _)) => Err(form(&field.name, "all of the fields of a bit, or none")),
            None => Ok(first),
        }
    }

    fn member(&self, name: &str) -> Result<&Value, Fault> {
        self.value.get(name).ok_or_else(|| form(name, "a value"))
    }

    /// The layout that a switch is given, and the value in it: `{ "<layout>": value }`.
    fn arm(&self, name: &str) -> Result<(&str, &Value), Fault> {
        let arm = self.member(name)?.as_object().filter(|arm| arm.len() == 1);
        let arm = arm.and_then(|arm| arm.iter().next());
        arm.map(|(layout, value)| (layout.as_str(), value))
            .ok_or_else(|| form(name, "an object with the name of a layout"))
    }

    /// The number by which the switch on a field chooses the layout that it is given.
    fn chosen(&self, on: &str) -> Result<u64, Fault> {
        let switch = self.wire.fields.iter().find_map(|field| match &field.form {
            WireForm::Switch { on: field_on, arms } if field_on == on => Some((&field.name, arms)),
            _ => None,
        });
        let (name, arms) = switch.ok_or_else(|| form(on, "a switch"))?;
        let (layout, _) = self.arm(name)?;
        let arm = arms.iter().find(|(_, at)| self.api.wire(*at).name == layout);
        arm.map(|(number, _)| *number).ok_or_else(|| form(name, "the name of one of its layouts"))
    }
}

struct Decoder<'a> {
    api: &'a Api,
    wire: &'a Wire,
    bytes: &'a [u8],
    version: u32,
    value: Map<String, Value>,
    /// Integers by field, for conditions and switches.
    raw: HashMap<&'a str, u64>,
    ranges: HashMap<&'a str, (usize, usize)>,
}

impl<'a> Decoder<'a> {
    fn field(&mut self, field: &'a WireField, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let name = &field.name;
        if field.since.is_some_and(|since| since > self.version) {
            self.stand_in(field);
            return Ok(());
        }
        if let Some((on, bit)) = &field.when
            && self.raw.get(on.as_str()).copied().unwrap_or_default() >> bit & 1 == 0
        {
            self.value.insert(name.clone(), Value::Null);
            return Ok(());
        }
        match &field.form {
            WireForm::Plain(ty) => {
                let value = self.plain(name, ty, reader)?;
                if over(self.api, ty, &value, field.max) {
                    return Err(fault(name, Reason::TooLarge));
                }
                if !is_derived(self.wire, name) {
                    self.value.insert(name.clone(), value);
                }
            }
            WireForm::Varint(ty) => {
                let number = reader.varint(name)?;
                let greatest = scalar::carrier(self.api, ty).map_or(0, |int| int.range().1);
                if i128::from(number) > greatest || field.max.is_some_and(|max| number > max) {
                    return Err(fault(name, Reason::TooLarge));
                }
                self.raw.insert(name, number);
                let value =
                    scalar::written(self.api, ty, number.into()).map_err(|reason| fault(name, reason))?;
                if !is_derived(self.wire, name) {
                    self.value.insert(name.clone(), value);
                }
            }
            WireForm::Bits(int, parts) => {
                let bits = self.unsigned(name, *int, reader)?;
                self.parts(field, parts, bits);
            }
            WireForm::Sized { ty, len, max } => {
                let value = self.sized(name, ty, *len, *max, reader)?;
                self.value.insert(name.clone(), value);
            }
            WireForm::Counted { of, count, max } => {
                let value = self.counted(name, of, *count, *max, reader)?;
                self.value.insert(name.clone(), value);
            }
            WireForm::Switch { on, arms } => {
                let chosen = self.raw.get(on.as_str()).copied().unwrap_or_default();
                let arm = arms.iter().find(|(number, _)| *number == chosen);
                let arm = arm.ok_or_else(|| fault(on, Reason::UnknownValue))?;
                let layout = self.api.wire(arm.1);
                let value = super::decode(self.api, layout, reader.rest)?;
                reader.rest = &[];
                self.value.insert(name.clone(), json!({ layout.name.as_str(): value }));
            }
            WireForm::Check { int, hash, over } => {
                let found = self.unsigned(name, *int, reader)?;
                let covered = covered(self.wire, &self.ranges, over, self.bytes);
                if found != checksum(hash, covered, *int) {
                    return Err(fault(name, Reason::Checksum));
                }
            }
        }
        Ok(())
    }

    /// What a field is in a version that did not have it.
    fn stand_in(&mut self, field: &WireField) {
        let value = match (&field.form, &field.default) {
            (WireForm::Plain(ty) | WireForm::Varint(ty), Some(value)) => scalar::literal(self.api, ty, value),
            (WireForm::Bits(_, parts), _) => return self.parts(field, parts, 0),
            (WireForm::Check { .. }, _) => return,
            _ if field.when.is_some() => Value::Null,
            (WireForm::Sized { .. }, _) => json!(""),
            (WireForm::Counted { .. }, _) => json!([]),
            _ => Value::Null,
        };
        self.value.insert(field.name.clone(), value);
    }

    fn plain(&mut self, name: &'a str, ty: &Type, reader: &mut Reader<'_>) -> Result<Value, Fault> {
        if let Type::Layout(at) = ty {
            return front(self.api, self.api.wire(*at), reader);
        }
        let width = scalar::width(self.api, ty).ok_or_else(|| form(name, "a fixed width"))?;
        let bytes = reader.take(name, width)?;
        if width <= 8 {
            self.raw.insert(name, scalar::unsigned(bytes, self.wire.endian));
        }
        scalar::take(self.api, ty, bytes, self.wire.endian).map_err(|reason| fault(name, reason))
    }

    fn unsigned(&mut self, name: &'a str, int: Int, reader: &mut Reader<'_>) -> Result<u64, Fault> {
        let bits = scalar::unsigned(reader.take(name, scalar::bytes_of(int))?, self.wire.endian);
        self.raw.insert(name, bits);
        Ok(bits)
    }

    fn parts(&mut self, field: &WireField, parts: &[(String, u8)], bits: u64) {
        let mut low = 0;
        for (part, width) in parts {
            if !is_presence(self.wire, &field.name, low) {
                let mask = (1u128 << width) - 1;
                let value = u64::try_from(u128::from(bits >> low) & mask).unwrap_or_default();
                self.value.insert(format!("{}_{part}", field.name), part_value(value, *width));
            }
            low += width;
        }
    }

    fn sized(
        &self,
        name: &str,
        ty: &Type,
        len: Length,
        max: u64,
        reader: &mut Reader<'_>,
    ) -> Result<Value, Fault> {
        let len = self.length(name, len, max, reader, 1)?.unwrap_or(reader.rest.len());
        let bytes = reader.take(name, len)?;
        if bytes.len() as u64 > max {
            return Err(fault(name, Reason::TooLarge));
        }
        match ty {
            Type::String => {
                let text = std::str::from_utf8(bytes).map_err(|_| fault(name, Reason::NotUtf8))?;
                Ok(json!(text))
            }
            _ => Ok(to_hex(bytes).into()),
        }
    }

    fn counted(
        &mut self,
        name: &'a str,
        of: &Type,
        count: Length,
        max: u64,
        reader: &mut Reader<'_>,
    ) -> Result<Value, Fault> {
        let width = scalar::width(self.api, of).unwrap_or(1).max(1);
        let mut items = Vec::new();
        match self.length(name, count, max, reader, width)? {
            Some(count) => {
                for _ in 0..count {
                    items.push(self.plain(name, of, reader)?);
                }
            }
            None => {
                while !reader.rest.is_empty() {
                    if items.len() as u64 == max {
                        return Err(fault(name, Reason::TooLarge));
                    }
                    items.push(self.plain(name, of, reader)?);
                }
            }
        }
        Ok(Value::Array(items))
    }

    /// A length that the remaining bytes can hold at `width` bytes each; none for all that remains.
    fn length(
        &self,
        name: &str,
        form: Length,
        max: u64,
        reader: &mut Reader<'_>,
        width: usize,
    ) -> Result<Option<usize>, Fault> {
        let len = match form {
            Length::Rest => return Ok(None),
            Length::Varint => reader.varint(name)?,
            Length::Int(int) => scalar::unsigned(reader.take(name, scalar::bytes_of(int))?, self.wire.endian),
        };
        if len > max {
            return Err(fault(name, Reason::TooLarge));
        }
        let len = usize::try_from(len).ok().filter(|len| *len <= reader.rest.len() / width);
        len.map(Some).ok_or_else(|| fault(name, Reason::EndsEarly))
    }
}

/// The version that a layout begins with, if it has any.
fn version(wire: &Wire) -> Option<u8> {
    let version = wire.version.filter(|_| wire.layout == LayoutKind::Sequence)?;
    u8::try_from(version).ok()
}

/// Whether a number is above its greatest.
fn over(api: &Api, ty: &Type, value: &Value, max: Option<u64>) -> bool {
    let Some(max) = max else { return false };
    scalar::number(api, ty, value).is_ok_and(|number| number > max.into())
}

/// The number of a part: a truth value if it is one bit wide.
fn part_number(value: &Value, width: u8) -> Option<u64> {
    let number = match (width, value) {
        (1, Value::Bool(value)) => u64::from(*value),
        (2..=32, Value::Number(number)) => number.as_u64()?,
        (33.., Value::String(text)) => text.parse().ok()?,
        _ => return None,
    };
    (u128::from(number) < 1 << width).then_some(number)
}

fn part_value(number: u64, width: u8) -> Value {
    match width {
        1 => json!(number == 1),
        2..=32 => json!(number),
        _ => json!(number.to_string()),
    }
}

/// The bytes from the start of one field to the end of another.
fn covered<'b>(
    wire: &Wire,
    ranges: &HashMap<&str, (usize, usize)>,
    over: &(String, String),
    bytes: &'b [u8],
) -> &'b [u8] {
    let whole = if wire.fields.is_empty() { 0 } else { bytes.len() };
    let start = ranges.get(over.0.as_str()).map_or(0, |range| range.0);
    let end = ranges.get(over.1.as_str()).map_or(whole, |range| range.1);
    bytes.get(start..end).unwrap_or_default()
}

/// The low bits of a hash, as many as the integer has.
fn checksum(hash: &str, bytes: &[u8], int: Int) -> u64 {
    let full = match hash {
        "blake3" => {
            let hash = blake3::hash(bytes);
            scalar::unsigned(&hash.as_bytes()[..8], crate::doc::Endian::Little)
        }
        "blake2s256" => scalar::unsigned(&blake2::Blake2s256::digest(bytes)[..8], crate::doc::Endian::Little),
        _ => xxhash_rust::xxh3::xxh3_64(bytes),
    };
    if int.bits() == 64 { full } else { full & ((1 << int.bits()) - 1) }
}
