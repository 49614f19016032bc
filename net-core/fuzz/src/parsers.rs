//! Parsers that are written by hand.

use crate::target::{Target, pack, text};
use net_node::bus::fuzzing;
use net_types::Error;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// The parsers, by what they read.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "pack/error", run: pack::<Error> },
    Target { name: "text/channel", run: channel },
    Target { name: "text/cursor", run: cursor },
    Target { name: "text/filter", run: filter },
    Target { name: "text/json", run: json },
    Target { name: "wire/token", run: token },
];

/// What is accepted is JSON, and what is refused is not, or is nested too deep.
fn json(data: &[u8]) {
    let found = fuzzing::json(data);
    match (found, text(data)) {
        (Ok(()), text) => parsed::<IgnoredAny>(text.expect("it is a text")).expect("it is JSON"),
        (Err(reason), Some(text)) => {
            assert!(reason.contains("deep") || parsed::<Value>(text).is_err(), "{reason}");
        }
        (Err(_), None) => {}
    }
}

/// Whether another parser takes a text, however deep it is nested.
fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<(), serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_str(text);
    parser.disable_recursion_limit();
    T::deserialize(&mut parser)?;
    parser.end()
}

/// A line with a filter, and an event behind it.
fn filter(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (filter, event) = text.split_once('\n').unwrap_or((text, "{}"));
    fuzzing::filter(filter, event);
}

/// A parsed cursor is printed as a text that says the same.
fn cursor(data: &[u8]) {
    let Some(printed) = text(data).and_then(fuzzing::cursor) else { return };
    assert_eq!(fuzzing::cursor(&printed).as_ref(), Some(&printed));
}

/// A line with the name of a channel, and an event behind it, which comes back as it was published.
fn channel(data: &[u8]) {
    let Some((name, event)) = text(data).and_then(|text| text.split_once('\n')) else { return };
    let Some((tagged, back)) = fuzzing::channel(name, event) else { return };
    assert_eq!(back, event.trim_matches([' ', '\t', '\r', '\n']));
    let tagged: Value = serde_json::from_str(&tagged).expect("an event with a tag is JSON");
    assert_eq!(tagged["_channel"], name);
}

/// A token is parsed and verified, or refused.
fn token(data: &[u8]) {
    let parsed = net_node::identity::parse_token(data);
    let verified = net_node::identity::verify_token(data);
    assert_eq!(parsed.is_ok(), verified.is_ok());
}
