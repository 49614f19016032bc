//! The text form of a reader's place: standard padded base64 of `{"<shard>":"<last id>"}`, shards ascending.

use std::{
    collections::BTreeMap,
    fmt::{Display, Write},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use net_types::bus::BusError;

use super::{json, walk};

/// The last event read of each shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor<I = u64> {
    last: BTreeMap<u16, I>,
}

/// What tells the events of a shard apart.
pub(crate) trait Id: Copy + Display {
    /// Reads the canonical text.
    fn parse(text: &str) -> Option<Self>;
}

impl Id for u64 {
    fn parse(text: &str) -> Option<Self> {
        decimal(text)
    }
}

impl<I> Default for Cursor<I> {
    fn default() -> Self {
        Self { last: BTreeMap::new() }
    }
}

impl<I: Id> Cursor<I> {
    /// Reads the text form; shards and ids in their canonical form only, each shard once.
    pub(crate) fn parse(text: &str) -> Result<Self, BusError> {
        let bytes = STANDARD.decode(text).map_err(|_| refuse("not base64"))?;
        let text = json::check_bytes(&bytes).map(walk::trim).map_err(|_| refuse("not JSON inside"))?;
        if walk::kind(text) != walk::Kind::Object {
            return Err(refuse("not an object inside"));
        }
        let mut last = BTreeMap::new();
        for (shard, id) in walk::members(text) {
            let shard_number = inner(shard).and_then(decimal).and_then(|n| u16::try_from(n).ok());
            let Some(shard_number) = shard_number else {
                return Err(refuse(format!("{shard} is no shard")));
            };
            let Some(id_number) = inner(id).and_then(I::parse) else {
                return Err(refuse(format!("{id} is no event of shard {shard_number}")));
            };
            if last.insert(shard_number, id_number).is_some() {
                return Err(refuse(format!("shard {shard_number} stands twice")));
            }
        }
        Ok(Self { last })
    }

    /// Notes the last event read of a shard.
    pub(crate) fn set(&mut self, shard: usize, id: I) {
        if let Ok(shard) = u16::try_from(shard) {
            self.last.insert(shard, id);
        }
    }

    /// The last event read of a shard, if one was.
    pub(crate) fn last(&self, shard: usize) -> Option<I> {
        u16::try_from(shard).ok().and_then(|shard| self.last.get(&shard)).copied()
    }

    /// The last event read of each shard of which one was.
    pub(crate) fn ids(&self) -> impl Iterator<Item = I> {
        self.last.values().copied()
    }

    /// The text form.
    pub(crate) fn text(&self) -> String {
        let mut json = String::from("{");
        for (index, (shard, id)) in self.last.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(json, "{comma}\"{shard}\":\"{id}\"");
        }
        json.push('}');
        STANDARD.encode(json)
    }
}

/// What stands in a raw JSON string, unless it is no string; escapes stay.
fn inner(raw: &str) -> Option<&str> {
    raw.strip_prefix('"')?.strip_suffix('"')
}

/// The number that a text spells in canonical decimal.
pub(crate) fn decimal(digits: &str) -> Option<u64> {
    let canonical = digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()));
    if canonical { digits.parse().ok() } else { None }
}

pub(crate) fn refuse(detail: impl Into<String>) -> BusError {
    BusError::InvalidCursor { detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_is_pinned() {
        let mut cursor = Cursor::<u64>::default();
        assert_eq!(cursor.text(), "e30=");
        cursor.set(10, 7);
        cursor.set(0, 41);
        cursor.set(2, 0);
        assert_eq!(cursor.text(), STANDARD.encode(r#"{"0":"41","2":"0","10":"7"}"#));
        assert_eq!(cursor.text(), "eyIwIjoiNDEiLCIyIjoiMCIsIjEwIjoiNyJ9");
        assert_eq!(Cursor::parse(&cursor.text()), Ok(cursor));
    }

    #[test]
    fn refuses_other_texts() {
        for inner in [
            "",
            "[]",
            "1",
            "{",
            r#"{"00":"1"}"#,
            r#"{"01":"1"}"#,
            r#"{"+1":"1"}"#,
            r#"{"-1":"1"}"#,
            r#"{"65536":"1"}"#,
            r#"{"a":"1"}"#,
            r#"{"":"1"}"#,
            r#"{"\u0030":"1"}"#,
            r#"{"0":1}"#,
            r#"{"0":"01"}"#,
            r#"{"0":""}"#,
            r#"{"0":"1-0"}"#,
            r#"{"0":"18446744073709551616"}"#,
            r#"{"0":"1","0":"1"}"#,
            r#"{"0":"1"}x"#,
        ] {
            assert!(Cursor::<u64>::parse(&STANDARD.encode(inner)).is_err(), "{inner}");
        }
        for text in ["", "%", "eyIwIjoiNDEifQ", "eyIwIjoiNDEifQ= ", "_w=="] {
            assert!(Cursor::<u64>::parse(text).is_err(), "{text}");
        }
        assert!(Cursor::<u64>::parse("eyIwIjoiNDEifQ==").is_ok());
    }
}
