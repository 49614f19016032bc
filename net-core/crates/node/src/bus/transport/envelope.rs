//! The public form of an entry: what other programs read in the streams.

use std::fmt::Write;

use super::{
    super::{json, walk},
    server::Content,
};

/// The field `d` of a Redis entry: event, time of insertion, shard.
pub(crate) fn wrap(event: &str, time: u64, shard: usize) -> String {
    let mut text = String::with_capacity(event.len() + 48);
    // Writing to a string cannot fail.
    let _ = write!(text, r#"{{"r":{event},"t":{time},"s":{shard}}}"#);
    text
}

/// The event and its time of insertion; `None` if the text is of another form.
///
/// An event in the form of [`wrap`] comes out as it went in, with the space around it.
pub(crate) fn unwrap(text: &[u8]) -> Option<Content> {
    let text = json::check_bytes(text).ok()?;
    if let Some((event, time)) = cut(text) {
        return Some(Content { event: event.to_owned(), time });
    }
    let object = walk::trim(text);
    if walk::kind(object) != walk::Kind::Object {
        return None;
    }
    let event = walk::member(object, "r")?.to_owned();
    let time = walk::member(object, "t").and_then(|time| time.parse().ok()).unwrap_or(0);
    Some(Content { event, time })
}

/// Takes the text apart if it is exactly what [`wrap`] writes.
fn cut(text: &str) -> Option<(&str, u64)> {
    let inner = text.strip_prefix(r#"{"r":"#)?.strip_suffix('}')?;
    let (rest, shard) = inner.rsplit_once(r#","s":"#)?;
    let (event, time) = rest.rsplit_once(r#","t":"#)?;
    shard.parse::<u16>().ok()?;
    json::check(event).ok()?;
    Some((event, time.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrapped(text: &str) -> Option<(String, u64)> {
        unwrap(text.as_bytes()).map(|content| (content.event, content.time))
    }

    #[test]
    fn the_form_is_pinned() {
        assert_eq!(
            wrap(r#"{"a": 1}"#, 1_700_000_000_000_000_000, 3),
            r#"{"r":{"a": 1},"t":1700000000000000000,"s":3}"#
        );
    }

    #[test]
    fn an_event_comes_out_as_it_went_in() {
        for event in ["1", " [1, 2] ", "\"\"", r#"{"r":1,"t":2,"s":3}"#, r#"",\"t\":5,\"s\":6}""#, "null"] {
            assert_eq!(unwrapped(&wrap(event, 7, 1)), Some((event.to_owned(), 7)), "{event}");
        }
    }

    #[test]
    fn other_writers_may_order_and_space_the_members() {
        assert_eq!(
            unwrapped(r#" { "s": 0, "t": 12, "r": {"x": [1]} } "#),
            Some((r#"{"x": [1]}"#.into(), 12))
        );
        assert_eq!(unwrapped(r#"{"r":true}"#), Some(("true".into(), 0)));
    }

    #[test]
    fn what_is_no_entry_is_told_apart() {
        for text in ["", "{", "[]", "7", "{}", r#"{"t":1}"#, r#"{"r":not json,"t":1,"s":0}"#] {
            assert_eq!(unwrapped(text), None, "{text}");
        }
        assert!(unwrap(b"\xff").is_none());
    }
}
