//! Points in time as they cross: counts since the Unix epoch.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time: a count since the Unix epoch, in units of `NANOS` nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp<const NANOS: u64 = 1>(
    /// The count.
    pub u64,
);

impl<const NANOS: u64> Timestamp<NANOS> {
    /// The time on the system's clock; none if that cannot hold it.
    pub fn to_system_time(self) -> Option<SystemTime> {
        let per_second = 1_000_000_000 / NANOS;
        let nanos = u32::try_from(self.0 % per_second * NANOS).ok()?;
        UNIX_EPOCH.checked_add(Duration::new(self.0 / per_second, nanos))
    }
}

/// A calendar time: signed milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Date(
    /// The milliseconds.
    pub i64,
);

impl Date {
    /// The time on the system's clock; none if that cannot hold it.
    pub fn to_system_time(self) -> Option<SystemTime> {
        let span = Duration::from_millis(self.0.unsigned_abs());
        if self.0 < 0 { UNIX_EPOCH.checked_sub(span) } else { UNIX_EPOCH.checked_add(span) }
    }
}
