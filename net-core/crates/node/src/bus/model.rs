//! The records, enums and errors of the bus.

use std::{fmt, time::Duration};

/// Why the bus refused an event, a query or a setting.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusError {
    /// An event is not one JSON text.
    InvalidJson {
        /// Place of the event in the call.
        index: u32,
        /// First byte that cannot stand where it does.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// An event is longer than `max_event`.
    EventTooLarge {
        /// Place of the event in the call.
        index: u32,
        /// Its bytes.
        size: u64,
        /// Bytes that are allowed.
        limit: u64,
    },
    /// The shard's buffer is full of events that are still held.
    Backpressure,
    /// The node's events fill `max_buffer`.
    MemoryFull {
        /// Bytes that are allowed.
        limit: u64,
    },
    /// The filter is not an expression of the filter language.
    InvalidFilter {
        /// Why.
        detail: String,
    },
    /// The cursor was not made by this bus.
    InvalidCursor {
        /// Why.
        detail: String,
    },
    /// A setting lies outside its range.
    InvalidConfig {
        /// Which.
        option: String,
        /// Why.
        reason: String,
    },
    /// The node was shut down.
    Closed,
    /// A subscription missed events that were evicted before it read them.
    Lagged {
        /// Their shard.
        shard: u32,
        /// The first one.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// A typed channel carries JSON objects only.
    NotAnObject {
        /// What came instead.
        detail: String,
    },
}

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bus: {self:?}")
    }
}

impl std::error::Error for BusError {}

/// What happens to a new event when its shard's buffer is full of held events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backpressure {
    /// Refuse the new event and count it as dropped.
    DropNewest,
    /// Evict the oldest event, count it as dropped, and accept the new one.
    DropOldest,
    /// Refuse the new event without counting it.
    FailProducer,
}

/// How a bus node is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetNodeConfig {
    /// Number of independent rings.
    pub shards: Option<u32>,
    /// Newest events that each shard keeps.
    pub buffer_capacity: u32,
    /// What happens when a shard is full of held events.
    pub backpressure: Backpressure,
    /// Longest event that is accepted.
    pub max_event: u64,
    /// Most bytes of events that the node keeps.
    pub max_buffer: u64,
}

impl Default for NetNodeConfig {
    fn default() -> Self {
        Self {
            shards: None,
            buffer_capacity: 1 << 20,
            backpressure: Backpressure::DropOldest,
            max_event: 1 << 20,
            max_buffer: 256 << 20,
        }
    }
}

/// Where and when an event landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Shard that took the event.
    pub shard_id: u32,
    /// Nanoseconds since the node started.
    pub timestamp: u64,
}

/// A point in time, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

/// An event as a reader gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Number of the event within its shard.
    pub id: String,
    /// The JSON text.
    pub raw: String,
    /// When the event was inserted.
    pub insertion_ts: Timestamp,
    /// Shard that holds it.
    pub shard_id: u32,
}

/// An event with the hash that chooses its shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedEvent {
    /// The JSON text as UTF-8.
    pub data: Vec<u8>,
    /// XXH3-64 of the text.
    pub hash: u64,
}

/// In which order events of several shards come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordering {
    /// Shard by shard.
    None,
    /// By time of insertion, over all shards.
    InsertionTs,
}

/// Where a subscription without a cursor begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the oldest event that is kept.
    Oldest,
    /// Behind the newest event.
    Latest,
}

/// What one poll asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollRequest {
    /// Most events in the answer.
    pub limit: u32,
    /// Where to continue.
    pub cursor: Option<String>,
    /// An expression of the filter language.
    pub filter: Option<String>,
    /// Order of the events in the answer.
    pub ordering: Ordering,
}

impl Default for PollRequest {
    fn default() -> Self {
        Self { limit: 100, cursor: None, filter: None, ordering: Ordering::None }
    }
}

/// One page of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollResponse {
    /// The events of this page.
    pub events: Vec<StoredEvent>,
    /// Cursor that continues behind this page.
    pub next_id: Option<String>,
    /// Whether events that match were left for the next page.
    pub has_more: bool,
}

/// Counters since the node was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events that were accepted.
    pub events_ingested: u64,
    /// Events lost to back-pressure.
    pub events_dropped: u64,
    /// Batches that readers took.
    pub batches_dispatched: u64,
    /// Events of the fire-and-forget calls that were not JSON or too large.
    pub rejected: u64,
    /// Events that some reader has yet to see.
    pub held: u64,
    /// Bytes of the events that are kept.
    pub buffered_bytes: u64,
}

/// How a subscription reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeOptions {
    /// Most events that cross to the host at once.
    pub limit: u32,
    /// An expression of the filter language.
    pub filter: Option<String>,
    /// Order of the events of one batch.
    pub ordering: Ordering,
    /// Cursor of a poll.
    pub cursor: Option<String>,
    /// Where to begin without a cursor.
    pub from: Start,
    /// End the iteration after this long without an event.
    pub timeout: Option<Duration>,
}

impl Default for SubscribeOptions {
    fn default() -> Self {
        Self {
            limit: 100,
            filter: None,
            ordering: Ordering::None,
            cursor: None,
            from: Start::Oldest,
            timeout: None,
        }
    }
}

/// How a node is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutdownOptions {
    /// Most time to wait for readers to take what was accepted.
    pub timeout: Duration,
}

impl Default for ShutdownOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(5) }
    }
}
