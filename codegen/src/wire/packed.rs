//! Layouts that are the postcard form of a record.

use super::{Encoded, Fault, Reader, Reason, Role, fault, form, from_hex, leb128, scalar, to_hex};
use crate::doc::Endian;
use crate::ir::{Api, Field, Int, Type, Wire};
use serde_json::{Map, Value, json};

/// Encodes a record.
pub(super) fn encode(api: &Api, wire: &Wire, value: &Value, out: &mut Encoded) -> Result<(), Fault> {
    let at = wire.of.ok_or_else(|| form(&wire.name, "a record"))?;
    put(api, &wire.name, &Type::Record(at), value, out)
}

/// Decodes a record from all of the bytes.
pub(super) fn decode(api: &Api, wire: &Wire, bytes: &[u8]) -> Result<Value, Fault> {
    let at = wire.of.ok_or_else(|| form(&wire.name, "a record"))?;
    let mut reader = Reader { rest: bytes };
    let value = take(api, &wire.name, &Type::Record(at), &mut reader)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(fault(&wire.name, Reason::Trailing)) }
}

fn put(api: &Api, name: &str, ty: &Type, value: &Value, out: &mut Encoded) -> Result<(), Fault> {
    let ty = api.base(ty);
    match (ty, value) {
        (Type::Optional(_), Value::Null) => out.put(name, Role::Bool, &[0]),
        (Type::Optional(inner), _) => {
            out.put(name, Role::Bool, &[1]);
            put(api, name, inner, value, out)?;
        }
        (Type::String | Type::Json(_), Value::String(text)) => {
            put_sized(name, text.as_bytes(), Role::Text, out)
        }
        (Type::Bytes, Value::String(text)) => {
            let bytes = from_hex(text).ok_or_else(|| form(name, "bytes in lowercase hex"))?;
            put_sized(name, &bytes, Role::Value, out);
        }
        (Type::List(of), Value::Array(items)) => {
            out.put(name, Role::Leb128, &leb128(items.len() as u64));
            items.iter().try_for_each(|item| put(api, name, of, item, out))?;
        }
        (Type::Map(of), Value::Object(entries)) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|one, other| one.0.cmp(other.0));
            out.put(name, Role::Leb128, &leb128(sorted.len() as u64));
            for (key, item) in sorted {
                put_sized(name, key.as_bytes(), Role::Text, out);
                put(api, name, of, item, out)?;
            }
        }
        (Type::Record(at), Value::Object(given)) => put_fields(api, &api.record(*at).fields, given, 0, out)?,
        (Type::Union(at), Value::Object(given)) => {
            let item = api.union(*at);
            let position = item.cases.iter().position(|case| given.get(&item.tag) == Some(&json!(case.text)));
            let position = position.ok_or_else(|| form(name, "a case of the union"))?;
            out.put(name, Role::Leb128, &leb128(position as u64));
            put_fields(api, &item.cases[position].fields, given, 1, out)?;
        }
        (Type::F64 | Type::FixedBytes(_) | Type::Bool | Type::Int(Int::U8 | Int::I8), _) => {
            let bytes = scalar::put(api, ty, value, Endian::Little).map_err(|reason| fault(name, reason))?;
            out.put(name, scalar::role(api, ty), &bytes);
        }
        _ => {
            let number = scalar::number(api, ty, value).map_err(|reason| fault(name, reason))?;
            let int = scalar::carrier(api, ty).unwrap_or(Int::U64);
            let number = if int.signed() { number << 1 ^ number >> 127 } else { number };
            out.put(name, Role::Leb128, &leb128(u64::try_from(number).unwrap_or_default()));
        }
    }
    Ok(())
}

fn put_fields(
    api: &Api,
    fields: &[Field],
    given: &Map<String, Value>,
    tags: usize,
    out: &mut Encoded,
) -> Result<(), Fault> {
    for field in fields {
        let value = given.get(&field.name.spec).ok_or_else(|| form(&field.name.spec, "a value"))?;
        put(api, &field.name.spec, &field.ty, value, out)?;
    }
    if given.len() > fields.len() + tags {
        let unknown = given.keys().find(|name| !fields.iter().any(|field| field.name.spec == **name));
        return Err(form(unknown.map_or("", String::as_str), "no such member"));
    }
    Ok(())
}

fn put_sized(name: &str, bytes: &[u8], role: Role, out: &mut Encoded) {
    out.put(name, Role::Leb128, &leb128(bytes.len() as u64));
    out.put(name, role, bytes);
}

fn take(api: &Api, name: &str, ty: &Type, reader: &mut Reader<'_>) -> Result<Value, Fault> {
    let ty = api.base(ty);
    let named = |reason| fault(name, reason);
    Ok(match ty {
        Type::Optional(inner) => match reader.take(name, 1)? {
            [0] => Value::Null,
            [1] => take(api, name, inner, reader)?,
            _ => return Err(fault(name, Reason::NotBool)),
        },
        Type::String | Type::Json(_) => json!(take_text(name, reader)?),
        Type::Bytes => to_hex(take_sized(name, reader)?).into(),
        Type::List(of) => {
            let count = reader.leb128(name)?;
            if count > reader.rest.len() as u64 {
                return Err(fault(name, Reason::EndsEarly));
            }
            (0..count).map(|_| take(api, name, of, reader)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Type::Map(of) => {
            let mut entries: Map<String, Value> = Map::new();
            for _ in 0..reader.leb128(name)? {
                let key = take_text(name, reader)?.to_owned();
                if entries.keys().next_back().is_some_and(|last| *last >= key) {
                    return Err(fault(name, Reason::UnknownValue));
                }
                entries.insert(key, take(api, name, of, reader)?);
            }
            Value::Object(entries)
        }
        Type::Record(at) => Value::Object(take_fields(api, &api.record(*at).fields, Map::new(), reader)?),
        Type::Union(at) => {
            let item = api.union(*at);
            let case = usize::try_from(reader.leb128(name)?).ok().and_then(|case| item.cases.get(case));
            let case = case.ok_or_else(|| fault(name, Reason::UnknownValue))?;
            let tag = Map::from_iter([(item.tag.clone(), json!(case.text))]);
            Value::Object(take_fields(api, &case.fields, tag, reader)?)
        }
        Type::F64 | Type::FixedBytes(_) | Type::Bool | Type::Int(Int::U8 | Int::I8) => {
            let width = scalar::width(api, ty).unwrap_or_default();
            scalar::take(api, ty, reader.take(name, width)?, Endian::Little).map_err(named)?
        }
        _ => {
            let int = scalar::carrier(api, ty).ok_or_else(|| form(name, "a type that can be stored"))?;
            let bits = i128::from(reader.leb128(name)?);
            let number = if int.signed() { bits >> 1 ^ -(bits & 1) } else { bits };
            let (min, max) = int.range();
            if number < min || number > max {
                return Err(fault(name, Reason::Varint));
            }
            scalar::written(api, ty, number).map_err(named)?
        }
    })
}

fn take_fields(
    api: &Api,
    fields: &[Field],
    mut found: Map<String, Value>,
    reader: &mut Reader<'_>,
) -> Result<Map<String, Value>, Fault> {
    for field in fields {
        let value = take(api, &field.name.spec, &field.ty, reader)?;
        found.insert(field.name.spec.clone(), value);
    }
    Ok(found)
}

fn take_text<'a>(name: &str, reader: &mut Reader<'a>) -> Result<&'a str, Fault> {
    std::str::from_utf8(take_sized(name, reader)?).map_err(|_| fault(name, Reason::NotUtf8))
}

fn take_sized<'a>(name: &str, reader: &mut Reader<'a>) -> Result<&'a [u8], Fault> {
    let len = usize::try_from(reader.leb128(name)?).unwrap_or(usize::MAX);
    reader.take(name, len)
}
