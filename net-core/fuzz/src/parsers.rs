//! Parsers that are written by hand.

use crate::target::{Target, pack, text};
use net_node::bus::fuzzing;
use net_types::Error;
use serde::Deserialize as _;
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
    let wanted = strict(data);
    match found {
        Ok(()) => assert!(wanted.is_ok(), "{wanted:?}"),
        Err(reason) => assert!(wanted.is_err() || reason.contains("deep"), "{reason}"),
    }
}

/// The same by another parser, however deep it is nested.
fn strict(data: &[u8]) -> Result<(), serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_slice(data);
    parser.disable_recursion_limit();
    serde::de::IgnoredAny::deserialize(&mut parser)?;
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
