//! Where an event stands in the stream of its shard, as the server says it.

use std::fmt;

use super::super::cursor::{Id, decimal};

/// The place of an event: one number, or for Redis two, milliseconds and a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EventId {
    /// A sequence number of JetStream.
    Number(u64),
    /// An entry id of Redis.
    Pair(u64, u64),
}

impl EventId {
    /// Reads `12-3`.
    pub(crate) fn parse_pair(text: &str) -> Option<Self> {
        let (time, count) = text.split_once('-')?;
        Some(Self::Pair(decimal(time)?, decimal(count)?))
    }
}

impl Id for EventId {
    fn parse(text: &str) -> Option<Self> {
        decimal(text).map(Self::Number).or_else(|| Self::parse_pair(text))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Pair(time, count) => write!(f, "{time}-{count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_as_they_are_written() {
        for id in [EventId::Number(0), EventId::Number(u64::MAX), EventId::Pair(0, 0), EventId::Pair(7, 12)] {
            assert_eq!(EventId::parse(&id.to_string()), Some(id));
        }
        for text in ["", "-", "1-", "-1", "01", "1-01", "1-2-3", "a", "1-a", "18446744073709551616"] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
        assert!(EventId::Pair(9, 12) < EventId::Pair(10, 0));
    }
}
