//! Compares what came back with what is expected, and says where they differ.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

use crate::fixture::{Expect, ExpectedError};
use crate::frame::{Failure, Outcome, shorten};

/// The fields of each wire layout, by its name.
pub type Layouts = IndexMap<String, Vec<Span>>;

/// Where a field of a layout stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Name of the field.
    pub name: String,
    /// Its form, such as `u64 LE`.
    pub form: String,
    /// Offset of its first byte.
    pub start: usize,
    /// Number of its bytes; to the end of the form if it has no fixed length.
    pub len: Option<usize>,
}

/// What a language calls what the library names in the errors of a call: by language and operation.
#[derive(Debug, Clone, Default)]
pub struct Spellings(HashMap<(String, String), Names>);

/// Names of a language by those of the library; the others are the same.
pub(crate) type Names = BTreeMap<String, String>;

impl Spellings {
    /// Those of an operation, also where it calls a function by another name.
    pub(crate) fn of(&self, language: &str, op: &str) -> Option<&Names> {
        let op = op.split('/').next().unwrap_or(op);
        self.0.get(&(language.to_owned(), op.to_owned()))
    }
}

impl FromIterator<((String, String), Names)> for Spellings {
    fn from_iter<I: IntoIterator<Item = ((String, String), Names)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

/// Compares; an `Err` is the difference in words.
pub(crate) fn check(
    expect: &Expect,
    outcome: &Outcome,
    layouts: &Layouts,
    names: Option<&Names>,
) -> Result<(), String> {
    match (expect, outcome) {
        (Expect::Value(want), Outcome::Ok(got)) => same("", want, got),
        (Expect::Bytes { layout, hex }, Outcome::Ok(got)) => {
            same_bytes(hex, got, layouts.get(layout).map_or(&[], Vec::as_slice))
        }
        (Expect::Error(want), Outcome::Err(got)) => same_error(want, got, names),
        (Expect::Error(want), Outcome::Ok(got)) => {
            Err(format!("want the error {}.{}, got {}", want.family, want.kind, shorten(got)))
        }
        (_, Outcome::Err(got)) => Err(format!("got the error {}", describe(got))),
        (_, Outcome::Unsupported(reason)) => Err(format!("unsupported: {reason}")),
    }
}

fn same_error(want: &ExpectedError, got: &Failure, names: Option<&Names>) -> Result<(), String> {
    if (&want.family, &want.kind) != (&got.family, &got.kind) {
        return Err(format!("want the error {}.{}, got {}", want.family, want.kind, describe(got)));
    }
    for (name, value) in &want.fields {
        let field = got.fields.get(name).ok_or_else(|| format!("the error has no field {name}"))?;
        let own = value.as_str().filter(|_| is_naming(name)).and_then(|value| names?.get(value));
        let value = own.map_or_else(|| value.clone(), |own| Value::from(own.as_str()));
        same(&format!("error field {name}"), &value, field)?;
    }
    match &want.message {
        Some(message) if *message != got.message => {
            Err(format!("want message {message:?}, got {:?}", got.message))
        }
        _ => Ok(()),
    }
}

/// Whether a field of an error holds the name of an argument.
fn is_naming(field: &str) -> bool {
    matches!(field, "argument" | "option")
}

fn describe(failure: &Failure) -> String {
    let Failure { family, kind, fields, message } = failure;
    if fields.is_empty() {
        return format!("{family}.{kind}: {message}");
    }
    format!("{family}.{kind} {}: {message}", shorten(&Value::Object(fields.clone())))
}

/// Compares two values; `path` is where they stand.
fn same(path: &str, want: &Value, got: &Value) -> Result<(), String> {
    let differ = || Err(format!("{}want {}, got {}", place(path), shorten(want), shorten(got)));
    match (want, got) {
        (Value::Object(members), _) if matcher(members).is_some() => {
            let (name, argument) = matcher(members).unwrap_or_default();
            matches(path, name, argument, got)
        }
        (Value::Object(wanted), Value::Object(found)) => same_members(path, wanted, found),
        (Value::Array(wanted), Value::Array(found)) => {
            for (index, (want, got)) in wanted.iter().zip(found).enumerate() {
                same(&join(path, &index.to_string()), want, got)?;
            }
            if wanted.len() != found.len() {
                return Err(format!("{}want {} items, got {}", place(path), wanted.len(), found.len()));
            }
            Ok(())
        }
        (Value::Number(wanted), Value::Number(found)) if same_number(wanted, found) => Ok(()),
        (Value::Number(_), _) => differ(),
        _ if want == got => Ok(()),
        _ => differ(),
    }
}

fn same_members(path: &str, want: &Map<String, Value>, got: &Map<String, Value>) -> Result<(), String> {
    for (name, value) in want {
        let found = got.get(name).ok_or_else(|| format!("{}no member {name}", place(path)))?;
        same(&join(path, name), value, found)?;
    }
    match got.keys().find(|name| !want.contains_key(*name)) {
        Some(extra) => Err(format!("{}one member too many: {extra}", place(path))),
        None => Ok(()),
    }
}

/// The matcher that an expected object stands for, if it stands for one.
fn matcher(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = members.iter().next()?;
    (members.len() == 1 && name.starts_with('$')).then_some((name.as_str(), argument))
}

fn matches(path: &str, name: &str, argument: &Value, got: &Value) -> Result<(), String> {
    match (name, got) {
        ("$any", _) => Ok(()),
        ("$json", Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(value) => same(path, argument, &value),
            Err(error) => Err(format!("{}not JSON, {error}: {text}", place(path))),
        },
        ("$json", _) => Err(format!("{}want JSON text, got {}", place(path), shorten(got))),
        _ => Err(format!("{}the fixture has an unknown matcher {name}", place(path))),
    }
}

/// Numbers are the same if they are the same integer, or the same float: `64.0` and `64` may both be meant by 64.
fn same_number(want: &Number, got: &Number) -> bool {
    match (want.as_i128(), got.as_i128()) {
        (Some(want), Some(got)) => want == got,
        _ => want.as_f64().map(f64::to_bits) == got.as_f64().map(f64::to_bits),
    }
}

fn same_bytes(want: &str, got: &Value, layout: &[Span]) -> Result<(), String> {
    let Value::String(got) = got else {
        return Err(format!("want bytes in hex, got {}", shorten(got)));
    };
    if want == got {
        return Ok(());
    }
    let (wanted, found) = (pairs(want), pairs(got));
    let first = wanted.iter().zip(&found).take_while(|(want, got)| want == got).count();
    let lengths = match (wanted.len(), found.len()) {
        (want, got) if want == got => String::new(),
        (want, got) => format!("; want {want} bytes, got {got}"),
    };
    let field = layout
        .iter()
        .rfind(|span| span.start <= first && span.len.is_none_or(|len| first < span.start + len));
    let (head, start, len) = match field {
        Some(Span { name, form, start, len }) => {
            let size = len.map(|len| format!(", {len} bytes")).unwrap_or_default();
            (format!("byte {first} ({name} at {start}, {form}{size})"), *start, len.unwrap_or(usize::MAX))
        }
        None => (format!("byte {first}"), first, usize::MAX),
    };
    let show = |bytes: &[&str]| {
        const MOST: usize = 16;
        let shown = bytes.iter().skip(start).take(len.min(MOST)).copied().collect::<Vec<_>>().join(" ");
        if shown.is_empty() { "nothing".to_owned() } else { shown }
    };
    Err(format!("{head}: want {}   got {}{lengths}", show(&wanted), show(&found)))
}

fn pairs(hex: &str) -> Vec<&str> {
    let mut rest = hex;
    let mut pairs = Vec::new();
    while let Some((pair, after)) = rest.split_at_checked(2) {
        pairs.push(pair);
        rest = after;
    }
    if !rest.is_empty() {
        pairs.push(rest);
    }
    pairs
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn difference(want: Value, got: Value) -> String {
        same("", &want, &got).unwrap_err()
    }

    #[test]
    fn strings_and_numbers_are_never_the_same() {
        assert_eq!(difference(json!("7"), json!(7)), r#"want "7", got 7"#);
        assert_eq!(difference(json!(7), json!("7")), r#"want 7, got "7""#);
    }

    #[test]
    fn floats_are_compared_bit_by_bit() {
        assert_eq!(same("", &json!(64.0), &json!(64)), Ok(()));
        assert_eq!(same("", &json!(0.1), &json!(0.1)), Ok(()));
        assert!(same("", &json!(0.3), &json!(0.1 + 0.2)).is_err());
        assert!(same("", &json!(0.0), &json!(-0.0)).is_err());
    }

    #[test]
    fn names_of_arguments_are_in_the_spelling_of_the_language() {
        let fields = |field: &str, name: &str| {
            let mut fields = Map::new();
            fields.insert(field.to_owned(), json!(name));
            fields
        };
        let check = |field: &str, want: &str, got: &str| {
            let (family, kind) = ("bus".to_owned(), "invalid_config".to_owned());
            let got = Failure { family, kind, fields: fields(field, got), message: String::new() };
            let (family, kind) = ("bus".to_owned(), "invalid_config".to_owned());
            let names = Names::from([("secret_key".to_owned(), "SecretKey".to_owned())]);
            let want = ExpectedError { family, kind, fields: fields(field, want), message: None };
            same_error(&want, &got, Some(&names))
        };
        assert_eq!(check("option", "secret_key", "SecretKey"), Ok(()));
        assert_eq!(check("argument", "psk", "psk"), Ok(()));
        assert!(check("option", "secret_key", "secret_key").is_err());
        assert!(check("option", "psk", "Psk").is_err());
        assert!(check("reason", "secret_key", "SecretKey").is_err());
    }

    #[test]
    fn large_integers_are_not_rounded() {
        assert!(same("", &json!(9_007_199_254_740_993_u64), &json!(9_007_199_254_740_992_u64)).is_err());
        assert!(same("", &json!(-1), &json!(u64::MAX)).is_err());
    }

    #[test]
    fn the_place_of_a_difference_is_named() {
        let want = json!({ "events": [{ "raw": "a" }, { "raw": "b" }] });
        let got = json!({ "events": [{ "raw": "a" }, { "raw": "c" }] });
        assert_eq!(difference(want, got), r#"events.1.raw: want "b", got "c""#);
        assert_eq!(difference(json!([1]), json!([1, 2])), "want 1 items, got 2");
        assert_eq!(difference(json!({ "a": 1 }), json!({})), "no member a");
        assert_eq!(difference(json!({}), json!({ "a": 1 })), "one member too many: a");
    }

    #[test]
    fn matchers_stand_for_values() {
        assert_eq!(same("", &json!({ "at": { "$any": true } }), &json!({ "at": "17" })), Ok(()));
        assert_eq!(
            same("", &json!({ "$json": { "a": 1, "b": 2 } }), &json!(r#"{ "b": 2, "a": 1 }"#)),
            Ok(())
        );
        assert!(difference(json!({ "$json": 1 }), json!("{")).starts_with("not JSON"));
        assert!(difference(json!({ "$most": 1 }), json!(1)).contains("unknown matcher"));
    }

    #[test]
    fn a_byte_difference_names_the_field() {
        let layout = [
            Span { name: "version".into(), form: "u8".into(), start: 0, len: Some(1) },
            Span { name: "channel_hash".into(), form: "u64 LE".into(), start: 1, len: Some(8) },
            Span { name: "body".into(), form: "bytes".into(), start: 9, len: None },
        ];
        let check = |want: &str, got: &str| same_bytes(want, &json!(got), &layout).unwrap_err();
        assert_eq!(
            check("017856341200000000", "011234561200000000"),
            "byte 1 (channel_hash at 1, u64 LE, 8 bytes): want 78 56 34 12 00 00 00 00   got 12 34 56 12 00 00 00 00"
        );
        assert_eq!(
            check("0178563412000000000a0b", "0178563412000000000a"),
            "byte 10 (body at 9, bytes): want 0a 0b   got 0a; want 11 bytes, got 10"
        );
        assert_eq!(same_bytes("0102", &json!("01ff"), &[]).unwrap_err(), "byte 1: want 02   got ff");
        assert_eq!(
            same_bytes("01", &json!(""), &[]).unwrap_err(),
            "byte 0: want 01   got nothing; want 1 bytes, got 0"
        );
    }

    #[test]
    fn errors_are_compared_as_far_as_they_are_named() {
        let failure = |kind: &str| {
            Outcome::Err(Failure {
                family: "bus".into(),
                kind: kind.into(),
                fields: Map::from_iter([("index".to_owned(), json!(3))]),
                message: "bus: closed".into(),
            })
        };
        let want = |fields: Value, message: Option<&str>| {
            Expect::Error(ExpectedError {
                family: "bus".into(),
                kind: "closed".into(),
                fields: fields.as_object().cloned().unwrap_or_default(),
                message: message.map(str::to_owned),
            })
        };
        let check = |expect: &Expect, outcome: &Outcome| check(expect, outcome, &Layouts::new(), None);
        assert_eq!(check(&want(json!({}), None), &failure("closed")), Ok(()));
        assert_eq!(check(&want(json!({ "index": 3 }), Some("bus: closed")), &failure("closed")), Ok(()));
        assert_eq!(
            check(&want(json!({}), None), &failure("lagged")).unwrap_err(),
            r#"want the error bus.closed, got bus.lagged {"index":3}: bus: closed"#
        );
        assert!(check(&want(json!({ "index": 4 }), None), &failure("closed")).is_err());
        assert!(check(&want(json!({ "offset": 4 }), None), &failure("closed")).is_err());
        assert!(check(&want(json!({}), Some("closed")), &failure("closed")).is_err());
        assert!(check(&want(json!({}), None), &Outcome::Ok(json!(1))).unwrap_err().ends_with("got 1"));
        assert!(check(&Expect::Value(json!(1)), &failure("closed")).is_err());
    }
}
