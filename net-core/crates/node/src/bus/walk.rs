//! Reads checked JSON texts in place: members, elements, strings and exact equality.
//!
//! Every text that comes in here has passed [`super::json::check`], so nothing is checked again.

use std::{borrow::Cow, cmp::Ordering};

use super::json::plain_prefix;

/// The kinds of JSON value that are told apart by their first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// The kind with its article, for messages.
    pub(crate) const fn described(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// The kind of a value without space around it.
pub(crate) fn kind(value: &str) -> Kind {
    match value.as_bytes().first() {
        Some(b'n') | None => Kind::Null,
        Some(b't' | b'f') => Kind::Bool,
        Some(b'"') => Kind::String,
        Some(b'[') => Kind::Array,
        Some(b'{') => Kind::Object,
        Some(_) => Kind::Number,
    }
}

/// The text without the space around it.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// The members of an object in the order of the text: raw names with their quotes, and raw values.
pub(crate) fn members(object: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Rest { text: object, at: 1 };
    std::iter::from_fn(move || {
        if rest.ended() {
            return None;
        }
        let name = rest.value();
        rest.skip_one();
        Some((name, rest.value()))
    })
}

/// The elements of an array.
pub(crate) fn elements(array: &str) -> impl Iterator<Item = &str> {
    let mut rest = Rest { text: array, at: 1 };
    std::iter::from_fn(move || if rest.ended() { None } else { Some(rest.value()) })
}

/// The value of the member `name`; the last one counts if several have the name.
pub(crate) fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    members(object).filter(|(raw, _)| string_is(raw, name)).last().map(|(_, value)| value)
}

/// What a raw string says, as UTF-8 in which an unpaired surrogate keeps its own three bytes.
pub(crate) fn decode(raw: &str) -> Cow<'_, [u8]> {
    let inner = &raw[1..raw.len() - 1];
    if inner.contains('\\') { Cow::Owned(unescape(inner)) } else { Cow::Borrowed(inner.as_bytes()) }
}

/// Tells whether a raw string says `wanted`.
pub(crate) fn string_is(raw: &str, wanted: &str) -> bool {
    *decode(raw) == *wanted.as_bytes()
}

/// Exact equality of two values.
///
/// Objects are equal when the same names have equal values, in any order; of members with one name the last counts.
/// Integers are equal by value, and so are numbers written with a fraction or an exponent, without rounding and at
/// any length. An integer never equals a number of the other class: `1` is not `1.0`, and `1.0` is `1e0`.
pub(crate) fn equal(a: &str, b: &str) -> bool {
    let kind = kind(a);
    if kind != self::kind(b) {
        return false;
    }
    match kind {
        Kind::Null => true,
        Kind::Bool => a == b,
        Kind::Number => a == b || Number::parse(a) == Number::parse(b),
        Kind::String => a == b || decode(a) == decode(b),
        Kind::Array => {
            let (mut a, mut b) = (elements(a), elements(b));
            loop {
                match (a.next(), b.next()) {
                    (None, None) => return true,
                    (Some(a), Some(b)) if equal(a, b) => {}
                    _ => return false,
                }
            }
        }
        Kind::Object => {
            let (a, b) = (sorted_members(a), sorted_members(b));
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.0 == b.0 && equal(a.1, b.1))
        }
    }
}

fn sorted_members(object: &str) -> Vec<(Cow<'_, [u8]>, &str)> {
    let mut all: Vec<_> = members(object).map(|(name, value)| (decode(name), value)).collect();
    all.reverse();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.dedup_by(|later, kept| later.0.cmp(&kept.0) == Ordering::Equal);
    all
}

/// A number as its text says it: `0.digits * 10^exponent`, digits without zeros at either end.
#[derive(PartialEq, Eq)]
struct Number {
    integer: bool,
    negative: bool,
    digits: Vec<u8>,
    exponent: i128,
}

impl Number {
    fn parse(text: &str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading = all.iter().take_while(|&&d| d == b'0').count();
        let trailing = all[leading..].iter().rev().take_while(|&&d| d == b'0').count();
        let digits = all[leading..all.len() - trailing].to_vec();
        let zero = digits.is_empty();
        let shift = whole.len() as i128 - leading as i128;
        Self {
            integer: text.len() == whole.len(),
            negative: negative && !zero,
            exponent: if zero { 0 } else { power(exponent).saturating_add(shift) },
            digits,
        }
    }
}

/// The value of an exponent; beyond 38 digits all exponents of one sign count as the same.
fn power(text: &str) -> i128 {
    let negative = text.starts_with('-');
    let size = text.trim_start_matches(['+', '-']).parse::<i128>().unwrap_or(i128::MAX);
    if negative { -size } else { size }
}

fn unescape(inner: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = rest.as_bytes()[at + 1];
        rest = &rest[at + 2..];
        match escape {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let unit = unit(rest);
                rest = &rest[4..];
                let low = if matches!(unit, 0xd800..0xdc00) {
                    rest.strip_prefix("\\u").map(self::unit)
                } else {
                    None
                };
                match low {
                    Some(low @ 0xdc00..0xe000) => {
                        rest = &rest[6..];
                        push_code(&mut out, 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00)));
                    }
                    _ => push_code(&mut out, unit),
                }
            }
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

fn unit(hex: &str) -> u32 {
    u32::from_str_radix(&hex[..4], 16).unwrap_or_default()
}

/// Writes a code point as UTF-8 would, surrogates too.
fn push_code(out: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => {
            out.extend([0xe0 | (code >> 12) as u8, 0x80 | (code >> 6 & 63) as u8, 0x80 | (code & 63) as u8])
        }
    }
}

/// What is left of a container.
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    /// Skips to the next value; true at the end of the container.
    fn ended(&mut self) -> bool {
        self.space();
        if self.byte() == b',' {
            self.at += 1;
            self.space();
        }
        matches!(self.byte(), b']' | b'}')
    }

    /// Skips space and the colon of a member.
    fn skip_one(&mut self) {
        self.space();
        self.at += 1;
        self.space();
    }

    /// Reads one value of any kind.
    fn value(&mut self) -> &'a str {
        let start = self.at;
        match self.byte() {
            b'"' => self.string(),
            b'{' | b'[' => self.container(),
            _ => {
                let rest = &self.text.as_bytes()[self.at..];
                self.at += rest
                    .iter()
                    .position(|b| matches!(b, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n'))
                    .unwrap_or(rest.len());
            }
        }
        &self.text[start..self.at]
    }

    fn container(&mut self) {
        let mut depth = 0_u32;
        loop {
            match self.byte() {
                b'"' => {
                    self.string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.at += 1;
        loop {
            self.at += plain_prefix(&self.text.as_bytes()[self.at..]);
            if self.byte() == b'"' {
                self.at += 1;
                return;
            }
            self.at += 2;
        }
    }

    fn space(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }

    fn byte(&self) -> u8 {
        self.text.as_bytes()[self.at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_members_and_elements() {
        let object = r#"{ "a" : 1 , "b\"":[ 1, {"x":"}"} ] ,"c":"\\" , "d":{} }"#;
        let found: Vec<_> = members(object).collect();
        assert_eq!(
            found,
            [("\"a\"", "1"), ("\"b\\\"\"", r#"[ 1, {"x":"}"} ]"#), ("\"c\"", "\"\\\\\""), ("\"d\"", "{}")]
        );
        assert_eq!(
            elements("[ 1 ,\"]\", [2,3] , null]").collect::<Vec<_>>(),
            ["1", "\"]\"", "[2,3]", "null"]
        );
        assert_eq!(elements("[ ]").count(), 0);
        assert_eq!(members("{ }").count(), 0);
        assert_eq!(member(r#"{"a":1,"a":2}"#, "a"), Some("2"));
        assert_eq!(member(r#"{"\u0061":1}"#, "a"), Some("1"));
        assert_eq!(member("{}", "a"), None);
    }

    #[test]
    fn decodes_strings() {
        assert_eq!(*decode(r#""a\n\u00e9\ud83d\ude00\/""#), *"a\n\u{e9}\u{1f600}/".as_bytes());
        assert_eq!(*decode(r#""\ud800x""#), *b"\xed\xa0\x80x");
        assert_eq!(*decode(r#""\ud800\u0041""#), *b"\xed\xa0\x80A");
        assert_ne!(decode(r#""\ud800""#), decode(r#""\ud801""#));
    }

    #[test]
    fn equality_is_exact() {
        for (a, b) in [
            ("1", "1"),
            ("0", "-0"),
            ("1.0", "1.00"),
            ("1.0", "1e0"),
            ("10e-1", "1.0"),
            ("0.0", "0e9"),
            ("-2.50", "-25e-1"),
            ("0.001", "1e-3"),
            ("100.0", "1E+2"),
            ("\"a\"", r#""\u0061""#),
            ("[1, 2]", "[1,2]"),
            (r#"{"a":1,"b":[2]}"#, r#"{ "b": [ 2 ], "a": 1 }"#),
            (r#"{"a":0,"a":1}"#, r#"{"a":1}"#),
            ("18446744073709551617", "18446744073709551617"),
        ] {
            assert!(equal(a, b) && equal(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("1", "1.0"),
            ("1", "1e0"),
            ("1", "-1"),
            ("1", "\"1\""),
            ("0", "false"),
            ("null", "false"),
            ("true", "false"),
            ("9007199254740993", "9007199254740992"),
            ("0.1", "0.1000000000000000055511151231257827"),
            ("1e1", "1e2"),
            ("1.0", "10.0"),
            ("10", "1"),
            ("[1]", "[1,1]"),
            ("{}", "[]"),
            (r#"{"a":1}"#, r#"{"a":1,"b":1}"#),
            (r#"{"a":1}"#, r#"{"b":1}"#),
            ("\"a\"", "\"A\""),
        ] {
            assert!(!equal(a, b) && !equal(b, a), "{a} {b}");
        }
    }
}
