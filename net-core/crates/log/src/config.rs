//! How a log is kept.

use std::time::Duration;

/// How a log is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// When appends are brought to the disk.
    pub fsync: Fsync,
    /// What is given up.
    pub retention: Retention,
    /// Bytes at which a segment is full.
    pub segment_bytes: u64,
}

/// When appends are brought to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fsync {
    /// When the system likes, and when somebody asks for it.
    Never,
    /// With each append that makes it so many since the last time, which returns when they are there.
    Every(u64),
    /// So long after an append at the latest.
    Interval(Duration),
}

/// What is kept at most. The oldest segments are given up for it, whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Events.
    pub events: Option<u64>,
    /// Bytes of their records.
    pub bytes: Option<u64>,
    /// Age of an event.
    pub age: Option<Duration>,
}

/// Segments that a limit of retention is made of, so that what is given up at once is a small part of it.
const PARTS: u64 = 16;

impl Default for Config {
    fn default() -> Self {
        Self { fsync: Fsync::Never, retention: Retention::default(), segment_bytes: 64 << 20 }
    }
}

impl Config {
    /// Bytes at which a segment is full.
    pub(crate) fn segment_bytes(&self) -> u64 {
        self.retention.bytes.map_or(self.segment_bytes, |most| self.segment_bytes.min(most / PARTS).max(1))
    }
}

impl Retention {
    /// Events at which a segment is full.
    pub(crate) fn segment_events(&self) -> u64 {
        self.events.map_or(u64::MAX, |most| (most / PARTS).max(1))
    }

    /// Nanoseconds after which a segment takes no more.
    pub(crate) fn segment_age(&self) -> Option<u64> {
        self.age_nanos().map(|age| (age / PARTS).max(1))
    }

    /// Age of an event, in nanoseconds.
    pub(crate) fn age_nanos(&self) -> Option<u64> {
        self.age.map(|age| u64::try_from(age.as_nanos()).unwrap_or(u64::MAX))
    }
}
