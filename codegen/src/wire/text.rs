//! Layouts that are texts: a template that prints and parses a record.

use super::{Fault, Reason, fault, form, scalar, to_hex};
use crate::ir::{Api, Field, Int, Piece, Type, Wire};
use serde_json::{Map, Value, json};

/// Prints a value.
pub(super) fn encode(api: &Api, wire: &Wire, value: &Value) -> Result<String, Fault> {
    let value = value.as_object().ok_or_else(|| form(&wire.name, "an object"))?;
    let fields = fields(api, wire);
    if let Some(unknown) = value.keys().find(|name| !fields.iter().any(|f| f.name.spec == **name)) {
        return Err(form(unknown, "no such member"));
    }
    let mut text = String::new();
    for piece in pieces(wire) {
        match piece {
            Piece::Text(fixed) => text += fixed,
            Piece::Value(name, shape) => {
                let ty = ty(fields, name).ok_or_else(|| form(name, "a field of the record"))?;
                let value = value.get(name).ok_or_else(|| form(name, "a value"))?;
                text += &print(api, ty, value, *shape).map_err(|reason| fault(name, reason))?;
            }
            Piece::Group(_) => return Err(form(&wire.name, "a template without groups")),
        }
    }
    // A text in which a gap swallows what stands behind it has no way back.
    match decode(api, wire, text.as_bytes()) {
        Ok(back) if back.as_object() == Some(value) => Ok(text),
        _ => Err(fault(&wire.name, Reason::NotText)),
    }
}

/// Parses a text.
pub(super) fn decode(api: &Api, wire: &Wire, bytes: &[u8]) -> Result<Value, Fault> {
    let mut rest = std::str::from_utf8(bytes).map_err(|_| fault(&wire.name, Reason::NotUtf8))?;
    let fields = fields(api, wire);
    let mut found = Map::new();
    let mut pieces = pieces(wire).iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(fixed) => {
                rest = rest.strip_prefix(fixed).ok_or_else(|| fault(&wire.name, Reason::NotText))?;
            }
            Piece::Value(name, shape) => {
                let end = match pieces.peek() {
                    Some(Piece::Text(next)) => rest.find(next.as_str()),
                    _ => Some(rest.len()),
                };
                let end = end.ok_or_else(|| fault(name, Reason::NotText))?;
                let ty = ty(fields, name).ok_or_else(|| fault(name, Reason::NotText))?;
                let value =
                    parse(api, ty, &rest[..end], *shape).ok_or_else(|| fault(name, Reason::NotText))?;
                found.insert(name.clone(), value);
                rest = &rest[end..];
            }
            Piece::Group(_) => return Err(fault(&wire.name, Reason::NotText)),
        }
    }
    if !rest.is_empty() {
        return Err(fault(&wire.name, Reason::Trailing));
    }
    let in_order = fields.iter().filter_map(|f| found.remove(&f.name.spec).map(|v| (f.name.spec.clone(), v)));
    Ok(Value::Object(in_order.collect()))
}

fn fields<'a>(api: &'a Api, wire: &Wire) -> &'a [Field] {
    wire.of.map_or(&[], |at| &api.record(at).fields)
}

fn pieces(wire: &Wire) -> &[Piece] {
    wire.format.as_ref().map_or(&[], |template| &template.pieces)
}

fn ty<'a>(fields: &'a [Field], name: &str) -> Option<&'a Type> {
    fields.iter().find(|field| field.name.spec == name).map(|field| &field.ty)
}

fn print(api: &Api, ty: &Type, value: &Value, shape: Option<(usize, u32)>) -> Result<String, Reason> {
    match api.base(ty) {
        Type::String => value.as_str().map(str::to_owned).ok_or_else(|| scalar::wanted("a text")),
        Type::FixedBytes(width) => Ok(to_hex(&scalar::fixed_bytes(value, *width)?)),
        Type::Enum(_) => {
            scalar::number(api, ty, value)?;
            value.as_str().map(str::to_owned).ok_or_else(|| scalar::wanted("a text"))
        }
        Type::Bool => value.as_bool().map(|value| value.to_string()).ok_or_else(|| scalar::wanted("a bool")),
        _ => {
            let number = scalar::number(api, ty, value)?;
            match shape {
                Some((width, 16)) if number >= 0 => Ok(format!("{number:0width$x}")),
                Some(_) => Err(Reason::TooLarge),
                None => Ok(number.to_string()),
            }
        }
    }
}

/// Reads what `print` wrote, and nothing else.
fn parse(api: &Api, ty: &Type, text: &str, shape: Option<(usize, u32)>) -> Option<Value> {
    let value = match api.base(ty) {
        Type::Bool | Type::Enum(_) | Type::String | Type::FixedBytes(_) => match text {
            "true" | "false" if *api.base(ty) == Type::Bool => json!(text == "true"),
            _ => json!(text),
        },
        base => {
            let number = match shape {
                Some((_, radix)) => u64::from_str_radix(text, radix).ok()?.into(),
                None => text.parse().ok()?,
            };
            let (min, max) = scalar::carrier(api, base).unwrap_or(Int::U64).range();
            let number = Some(number).filter(|number| (min..=max).contains(number))?;
            scalar::written(api, base, number).ok()?
        }
    };
    (print(api, ty, &value, shape).ok()? == text).then_some(value)
}
