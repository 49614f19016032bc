//! What only requests about calls hold, and what all of them name.

use crate::fixture::{Failure, Fixture, Item, span, span_of, span_value, wrong};
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) use bytes::Bytes;
pub(crate) use net_mesh::Error;
pub(crate) use serde_json::{Map, Value, json};

impl<T: Fixture> Fixture for BTreeMap<String, T> {
    fn read(value: &Value) -> Result<Self, Failure> {
        let pair = |(name, value): (&String, &Value)| Ok((name.clone(), T::read(value)?));
        object(value)?.iter().map(pair).collect()
    }

    fn write(&self) -> Value {
        let pairs = self.iter().map(|(name, value)| (name.clone(), value.write()));
        Value::Object(pairs.collect())
    }
}

/// A span of time within a list or map, in units of so many nanoseconds.
pub(crate) struct Span<const NANOS: u64>(pub(crate) Duration);

impl<const NANOS: u64> Fixture for Span<NANOS> {
    fn read(value: &Value) -> Result<Self, Failure> {
        span_of(value, NANOS).map(Self)
    }

    fn write(&self) -> Value {
        span_value(self.0, NANOS)
    }
}

impl<const NANOS: u64> Item for Span<NANOS> {}

impl Fixture for () {
    fn read(value: &Value) -> Result<Self, Failure> {
        value.as_null().ok_or_else(|| wrong("null", value))
    }

    fn write(&self) -> Value {
        Value::Null
    }
}

/// The members of an object.
pub(crate) fn object(value: &Value) -> Result<&Map<String, Value>, Failure> {
    value.as_object().ok_or_else(|| wrong("an object", value))
}

/// What stands for a member, if it is there and not null.
pub(crate) fn given<'a>(args: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    args.get(name).filter(|value| !value.is_null())
}

/// A member of a value, if it is there and not null.
pub(crate) fn optional<T: Fixture>(args: &Map<String, Value>, name: &str) -> Result<Option<T>, Failure> {
    args.get(name).map_or(Ok(None), Option::read)
}

/// A span of time in units of so many nanoseconds, if it is there and not null.
pub(crate) fn optional_span(
    args: &Map<String, Value>,
    name: &str,
    nanos: u64,
) -> Result<Option<Duration>, Failure> {
    match args.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => span(args, name, nanos).map(Some),
    }
}

/// A member that has to be there and is not.
pub(crate) fn missing(name: &str) -> Failure {
    Failure::Unsupported(format!("`{name}` is missing"))
}

/// The JSON that a text of a fixture holds.
pub(crate) fn json_of(value: &Value) -> Result<Value, Failure> {
    let text = value.as_str().ok_or_else(|| wrong("JSON in a text", value))?;
    serde_json::from_str(text).map_err(|_| wrong("JSON in a text", value))
}

/// The JSON that the texts of a list hold.
pub(crate) fn json_list(value: &Value) -> Result<Vec<Value>, Failure> {
    value.as_array().ok_or_else(|| wrong("a list", value))?.iter().map(json_of).collect()
}

/// JSON as fixtures write it.
pub(crate) fn json_text(value: &Value) -> Value {
    json!(value.to_string())
}
