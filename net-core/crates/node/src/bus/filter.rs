//! The filter language: which events a reader wants.

use net_types::bus::BusError;

use super::{json, walk};

/// A parsed filter expression.
///
/// `{"path": p, "value": v}`, also written `{"$eq": {"path": p, "value": v}}`, is true for an event that has exactly
/// the value `v` at the path; `{"$and": [..]}`, `{"$or": [..]}` and `{"$not": ..}` combine. The segments of a path are
/// separated by dots and name members, or index arrays when they are decimal numbers; the empty path is the whole
/// event. An empty `$and` is true, an empty `$or` is false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Equal { path: Vec<String>, value: String },
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
}

impl Filter {
    /// What lets through only what both let through.
    pub(crate) fn both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(Self::And(vec![one, other])),
            (one, other) => one.or(other),
        }
    }

    /// Reads the JSON form.
    pub(crate) fn parse(text: &str) -> Result<Self, BusError> {
        json::check(text).map_err(|fault| refuse(format!("byte {}: {}", fault.offset, fault.reason)))?;
        Self::read(walk::trim(text))
    }

    /// The filter of a typed channel: events whose member `name` is the string `value`.
    pub(crate) fn member_is(name: &str, value: &str) -> Self {
        Self::Equal { path: vec![name.to_owned()], value: quote(value) }
    }

    /// Tells whether a checked event matches.
    pub(crate) fn matches(&self, event: &str) -> bool {
        match self {
            Self::Equal { path, value } => {
                find(walk::trim(event), path).is_some_and(|v| walk::equal(v, value))
            }
            Self::And(all) => all.iter().all(|f| f.matches(event)),
            Self::Or(any) => any.iter().any(|f| f.matches(event)),
            Self::Not(inner) => !inner.matches(event),
        }
    }

    fn read(text: &str) -> Result<Self, BusError> {
        if walk::kind(text) != walk::Kind::Object {
            return Err(refuse(format!("an expression is an object, not {}", walk::kind(text).described())));
        }
        let members: Vec<_> = walk::members(text).collect();
        let [(name, value)] = members[..] else {
            return Self::read_equal(text);
        };
        match &*walk::decode(name) {
            b"$eq" if walk::kind(value) == walk::Kind::Object => Self::read_equal(value),
            b"$eq" => Err(refuse("`$eq` takes an object with `path` and `value`")),
            b"$and" => Self::read_list("$and", value).map(Self::And),
            b"$or" => Self::read_list("$or", value).map(Self::Or),
            b"$not" => Ok(Self::Not(Box::new(Self::read(value)?))),
            _ => Self::read_equal(text),
        }
    }

    fn read_list(name: &str, value: &str) -> Result<Vec<Self>, BusError> {
        if walk::kind(value) != walk::Kind::Array {
            return Err(refuse(format!("`{name}` takes an array of expressions")));
        }
        walk::elements(value).map(Self::read).collect()
    }

    fn read_equal(text: &str) -> Result<Self, BusError> {
        let (mut path, mut value) = (None, None);
        for (raw, content) in walk::members(text) {
            let slot = match &*walk::decode(raw) {
                b"path" => &mut path,
                b"value" => &mut value,
                _ => return Err(refuse(format!("unknown member {raw}"))),
            };
            if slot.replace(content).is_some() {
                return Err(refuse(format!("{raw} stands twice")));
            }
        }
        let (Some(path), Some(value)) = (path, value) else {
            return Err(refuse("expected `path` and `value`, or one of `$eq`, `$and`, `$or`, `$not`"));
        };
        if walk::kind(path) != walk::Kind::String {
            return Err(refuse("`path` is a string"));
        }
        let path = String::from_utf8(walk::decode(path).into_owned())
            .map_err(|_| refuse("`path` has an unpaired surrogate"))?;
        let path = if path.is_empty() { vec![] } else { path.split('.').map(str::to_owned).collect() };
        Ok(Self::Equal { path, value: value.to_owned() })
    }
}

/// The JSON string that says `text`.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The value at a path.
fn find<'a>(event: &'a str, path: &[String]) -> Option<&'a str> {
    path.iter().try_fold(event, |value, segment| match walk::kind(value) {
        walk::Kind::Object => walk::member(value, segment),
        walk::Kind::Array => walk::elements(value).nth(index(segment)?),
        _ => None,
    })
}

/// Reads an array index: decimal, without leading zeros.
fn index(segment: &str) -> Option<usize> {
    let digits = segment.bytes().all(|b| b.is_ascii_digit());
    let canonical = segment == "0" || !segment.starts_with('0');
    if digits && canonical { segment.parse().ok() } else { None }
}

fn refuse(detail: impl Into<String>) -> BusError {
    BusError::InvalidFilter { detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(filter: &str, event: &str) -> bool {
        json::check(event).expect("event");
        Filter::parse(filter).expect("filter").matches(event)
    }

    #[test]
    fn compares_at_a_path() {
        let event = r#" {"a":{"b":[10,{"c":null}]},"n":1.0,"":{"":7},"0":"zero","x.y":1} "#;
        for (path, value, expected) in [
            ("a.b.0", "10", true),
            ("a.b.0", "10.0", false),
            ("a.b.1.c", "null", true),
            ("a.b.1.d", "null", false),
            ("a.b.2", "null", false),
            ("a.b.00", "10", false),
            ("a.b.+0", "10", false),
            ("a.b.-1", "10", false),
            ("a.b", r#"[10, {"c":null}]"#, true),
            ("n", "1.0", true),
            ("n", "1", false),
            (".", "7", true),
            ("0", "\"zero\"", true),
            ("x.y", "1", false),
            ("n.z", "1", false),
        ] {
            assert_eq!(
                matches(&format!(r#"{{"path":"{path}","value":{value}}}"#), event),
                expected,
                "{path} {value}"
            );
        }
        assert!(matches(r#"{"path":"","value":5}"#, "5"));
        assert!(matches(r#"{"path":"","value":[1]}"#, " [ 1 ] "));
        assert!(!matches(r#"{"path":"a","value":5}"#, "5"));
        assert!(!matches(r#"{"path":"a","value":null}"#, "{}"));
    }

    #[test]
    fn combines() {
        let event = r#"{"a":1,"b":2}"#;
        let a = r#"{"path":"a","value":1}"#;
        let b = r#"{"$eq":{"value":3,"path":"b"}}"#;
        for (filter, expected) in [
            (a.to_owned(), true),
            (b.to_owned(), false),
            (format!(r#"{{"$and":[{a},{b}]}}"#), false),
            (format!(r#"{{"$or":[{b},{a}]}}"#), true),
            (format!(r#"{{"$not":{b}}}"#), true),
            (format!(r#"{{"$and":[{a},{{"$not":{{"$or":[{b}]}}}}]}}"#), true),
            (r#"{"$and":[]}"#.to_owned(), true),
            (r#"{"$or":[]}"#.to_owned(), false),
        ] {
            assert_eq!(matches(&filter, event), expected, "{filter}");
        }
    }

    #[test]
    fn refuses_what_is_no_expression() {
        for filter in [
            "",
            "1",
            "[]",
            "{}",
            "{",
            r#"{"path":"a"}"#,
            r#"{"value":1}"#,
            r#"{"path":1,"value":1}"#,
            r#"{"path":"a","value":1,"more":2}"#,
            r#"{"path":"a","path":"a","value":1}"#,
            r#"{"path":"\ud800","value":1}"#,
            r#"{"$eq":1}"#,
            r#"{"$and":{}}"#,
            r#"{"$or":[1]}"#,
            r#"{"$not":[]}"#,
            r#"{"$nor":[]}"#,
            r#"{"$and":[],"$or":[]}"#,
        ] {
            assert!(matches!(Filter::parse(filter), Err(BusError::InvalidFilter { .. })), "{filter}");
        }
        let deep = format!("{}{{\"path\":\"\",\"value\":1}}{}", "{\"$not\":".repeat(200), "}".repeat(200));
        assert!(Filter::parse(&deep).is_err());
    }

    #[test]
    fn names_a_member_of_any_spelling() {
        let filter = Filter::member_is("_channel", "a\"b\n\u{1}é");
        assert!(filter.matches(r#"{"_channel":"a\"b\n\u0001é"}"#));
        assert!(!filter.matches(r#"{"_channel":"a"}"#));
        let with_dot = Filter::member_is("x.y", "1");
        assert!(with_dot.matches(r#"{"x.y":"1"}"#));
    }
}
