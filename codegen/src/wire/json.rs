//! Layouts that are canonical JSON of a record: declared key order, no blanks, the shortest float with a fraction.

use super::{Fault, Reason, fault, form, from_hex, scalar};
use crate::ir::{Api, Case, Field, Type, Wire};
use serde_json::{Map, Value, json};

/// Encodes a record.
pub(super) fn encode(api: &Api, wire: &Wire, value: &Value) -> Result<String, Fault> {
    let at = wire.of.ok_or_else(|| form(&wire.name, "a record"))?;
    canonical(api, &wire.name, &Type::Record(at), value).map(|value| value.to_string())
}

/// Decodes a record, if it is written in the canonical way.
pub(super) fn decode(api: &Api, wire: &Wire, bytes: &[u8]) -> Result<Value, Fault> {
    let broken = || fault(&wire.name, Reason::NotText);
    let at = wire.of.ok_or_else(broken)?;
    let value: Value = serde_json::from_slice(bytes).map_err(|_| broken())?;
    let value = fixture(api, &Type::Record(at), &value).ok_or_else(broken)?;
    match encode(api, wire, &value) {
        Ok(text) if text.as_bytes() == bytes => Ok(value),
        _ => Err(broken()),
    }
}

/// A value of a fixture as the JSON that is published; an optional that is null is left out.
fn canonical(api: &Api, name: &str, ty: &Type, value: &Value) -> Result<Value, Fault> {
    let named = |reason| fault(name, reason);
    Ok(match (api.base(ty), value) {
        (Type::Optional(_), Value::Null) => Value::Null,
        (Type::Optional(inner), _) => canonical(api, name, inner, value)?,
        (Type::String | Type::Json(_), Value::String(_)) => value.clone(),
        (Type::Bytes, Value::String(text)) if from_hex(text).is_some() => value.clone(),
        (Type::FixedBytes(width), _) => {
            scalar::fixed_bytes(value, *width).map_err(named)?;
            value.clone()
        }
        (Type::F64, _) => {
            let float = scalar::float(value).map_err(named)?;
            if !float.is_finite() {
                return Err(form(name, "a finite float"));
            }
            json!(float)
        }
        (Type::List(of), Value::Array(items)) => {
            items.iter().map(|item| canonical(api, name, of, item)).collect::<Result<_, _>>()?
        }
        (Type::Map(of), Value::Object(entries)) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|one, other| one.0.cmp(other.0));
            let entry = |(key, item): (&String, &Value)| Ok((key.clone(), canonical(api, key, of, item)?));
            Value::Object(sorted.into_iter().map(entry).collect::<Result<_, _>>()?)
        }
        (Type::Record(at), Value::Object(given)) => {
            Value::Object(canonical_fields(api, &api.record(*at).fields, given, &[])?)
        }
        (Type::Union(at), Value::Object(given)) => {
            let item = api.union(*at);
            let case = case_of(&item.cases, given.get(&item.tag)).ok_or_else(|| form(name, "a case"))?;
            let mut fields = Map::new();
            fields.insert(item.tag.clone(), json!(case.text));
            fields.extend(canonical_fields(api, &case.fields, given, &[&item.tag])?);
            Value::Object(fields)
        }
        (base, _) => {
            scalar::number(api, base, value).map_err(named)?;
            value.clone()
        }
    })
}

fn canonical_fields(
    api: &Api,
    fields: &[Field],
    given: &Map<String, Value>,
    known: &[&String],
) -> Result<Map<String, Value>, Fault> {
    let is_known = |name: &String| known.contains(&name) || fields.iter().any(|f| f.name.spec == *name);
    if let Some(unknown) = given.keys().find(|name| !is_known(name)) {
        return Err(form(unknown, "no such member"));
    }
    let mut written = Map::new();
    for field in fields {
        let name = &field.name.spec;
        let value = given.get(name).ok_or_else(|| form(name, "a value"))?;
        let value = canonical(api, name, &field.ty, value)?;
        if !value.is_null() {
            written.insert(name.clone(), value);
        }
    }
    Ok(written)
}

/// The way back; what is not canonical is found by writing the value again.
fn fixture(api: &Api, ty: &Type, value: &Value) -> Option<Value> {
    Some(match (api.base(ty), value) {
        (Type::Optional(inner), _) => fixture(api, inner, value)?,
        (Type::List(of), Value::Array(items)) => {
            items.iter().map(|item| fixture(api, of, item)).collect::<Option<_>>()?
        }
        (Type::Map(of), Value::Object(entries)) => {
            let entry = |(key, item): (&String, &Value)| Some((key.clone(), fixture(api, of, item)?));
            Value::Object(entries.iter().map(entry).collect::<Option<_>>()?)
        }
        (Type::Record(at), Value::Object(given)) => {
            Value::Object(fixture_fields(api, &api.record(*at).fields, given)?)
        }
        (Type::Union(at), Value::Object(given)) => {
            let item = api.union(*at);
            let case = case_of(&item.cases, given.get(&item.tag))?;
            let mut fields = Map::new();
            fields.insert(item.tag.clone(), json!(case.text));
            fields.extend(fixture_fields(api, &case.fields, given)?);
            Value::Object(fields)
        }
        (Type::F64, _) => scalar::float_value(value.as_f64()?),
        _ => value.clone(),
    })
}

fn fixture_fields(api: &Api, fields: &[Field], given: &Map<String, Value>) -> Option<Map<String, Value>> {
    let field = |field: &Field| {
        let value = match given.get(&field.name.spec) {
            Some(value) => fixture(api, &field.ty, value)?,
            None => matches!(field.ty, Type::Optional(_)).then_some(Value::Null)?,
        };
        Some((field.name.spec.clone(), value))
    };
    fields.iter().map(field).collect()
}

fn case_of<'a>(cases: &'a [Case], tag: Option<&Value>) -> Option<&'a Case> {
    cases.iter().find(|case| tag.is_some_and(|tag| *tag == case.text))
}
