//! Arguments: what stands for events becomes events.

use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

/// Events in a list.
const LIST: usize = 1000;

/// Whether a value has something that differs from set to set.
pub(crate) fn varies(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with('$'),
        Value::Array(items) => items.iter().any(varies),
        Value::Object(members) => members.values().any(varies),
        _ => false,
    }
}

/// The arguments of a set.
pub(crate) fn expand(args: &Map<String, Value>, set: usize) -> Map<String, Value> {
    args.iter().map(|(name, value)| (name.clone(), one(value, set))).collect()
}

fn one(value: &Value, set: usize) -> Value {
    match value {
        Value::String(text) => match text.as_str() {
            "$event" => json!(event(set)),
            "$event.hex" => json!(hex(&event(set))),
            "$event.hash" => json!(xxh3_64(event(set).as_bytes()).to_string()),
            "$events" => (0..LIST).map(event).collect(),
            "$chunks" => (0..LIST).map(|at| hex(&event(at))).collect(),
            "$id" => json!(format!("{set:016x}")),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| one(item, set)).collect(),
        Value::Object(members) => Value::Object(expand(members, set)),
        _ => value.clone(),
    }
}

/// An event of 64 bytes.
fn event(at: usize) -> String {
    let (id, value, n) = (at * 7919, 10_000_000 + at, 1_000_000 + at);
    format!("{{\"id\":\"{id:016x}\",\"value\":{value},\"ok\":true,\"n\":{n}}}")
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_64_bytes_and_differ() {
        assert!((0..LIST).all(|at| event(at).len() == 64));
        assert_ne!(event(0), event(1));
        assert!(serde_json::from_str::<Value>(&event(7)).is_ok());
    }

    #[test]
    fn what_stands_for_an_event_becomes_one() {
        let args = json!({ "a": { "b": "$event" }, "c": "$event.hex", "d": "plain", "e": "$chunks" });
        let args = expand(args.as_object().unwrap(), 3);
        assert_eq!(args["a"]["b"], event(3));
        assert_eq!(args["c"], hex(&event(3)));
        assert_eq!(args["d"], "plain");
        assert_eq!(args["e"].as_array().unwrap().len(), LIST);
    }
}
