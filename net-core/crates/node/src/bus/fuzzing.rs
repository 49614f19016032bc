//! The parsers of the bus, for fuzz targets.

use super::{channel::Tag, cursor::Cursor, filter::Filter, json};

/// Checks JSON; gives why it is refused.
pub fn json(bytes: &[u8]) -> Result<(), &'static str> {
    json::check_bytes(bytes).map(drop).map_err(|fault| fault.reason)
}

/// Parses a filter and applies it to an event, if both are what they should be.
pub fn filter(filter: &str, event: &str) {
    if let (Ok(filter), Ok(())) = (Filter::parse(filter), json::check(event)) {
        filter.matches(event);
    }
}

/// Parses a cursor and prints it.
pub fn cursor(text: &str) -> Option<String> {
    Cursor::<u64>::parse(text).ok().map(|cursor| cursor.text())
}

/// An event as it stands in a channel, and as the channel gives it back; none if it cannot be published.
pub fn channel(name: &str, event: &str) -> Option<(String, String)> {
    let tag = Tag::new(name);
    let tagged = tag.add(0, event.into()).ok()?;
    assert!(tag.filter().matches(&tagged), "a channel does not find its event");
    Some((tagged.clone(), tag.remove(tagged)))
}
