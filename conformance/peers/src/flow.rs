//! Many messages in one direction.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// Bytes of a short message.
pub const MESSAGE: usize = 64;

/// Bytes that bulk data is written in at a time.
pub const WRITE: usize = 64 << 10;

/// Bytes of a stream that may be unread: what quinn allows by itself.
pub const WINDOW: u64 = 1_250_000;

/// What has come of a flow.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    /// Messages that were sent.
    pub sent: u64,
    /// Messages that were read.
    pub read: u64,
    /// From the first to the last, at the reader.
    pub took: Duration,
}

impl Flow {
    pub(crate) fn shown(self) -> Value {
        let Self { sent, read, took } = self;
        json!({ "sent": sent, "read": read, "seconds": took.as_secs_f64() })
    }

    /// The flow of so many messages that the reader tells of.
    pub(crate) fn told(sent: u64, told: &[u8]) -> Result<Self> {
        let number = |at: usize| -> Result<u64> {
            let bytes = told.get(at..at + 8).context("the reader tells too little")?;
            Ok(u64::from_le_bytes(bytes.try_into()?))
        };
        Ok(Self { sent, read: number(0)?, took: Duration::from_nanos(number(8)?) })
    }
}

/// Counts what arrives, of which it is told beforehand how much it will be.
#[derive(Debug)]
pub struct Arrivals {
    expected: u64,
    arrived: u64,
    began: Instant,
}

impl Arrivals {
    /// Nothing has arrived yet.
    pub fn of(expected: u64) -> Self {
        Self { expected, arrived: 0, began: Instant::now() }
    }

    /// Reads how much is expected from a message that says so, and nothing else.
    pub fn announced(message: &[u8]) -> Option<Self> {
        Some(Self::of(u64::from_le_bytes(message.try_into().ok()?)))
    }

    /// So much more has arrived; the report, if that is all.
    pub fn add(&mut self, count: u64) -> Option<[u8; 16]> {
        if self.arrived == 0 {
            self.began = Instant::now();
        }
        self.arrived += count;
        (self.arrived >= self.expected).then(|| self.report(Instant::now()))
    }

    /// How much has arrived, and how long it took.
    fn report(&self, end: Instant) -> [u8; 16] {
        let mut report = [0; 16];
        let took = end.saturating_duration_since(self.began).as_nanos() as u64;
        report[..8].copy_from_slice(&self.arrived.to_le_bytes());
        report[8..].copy_from_slice(&took.to_le_bytes());
        report
    }
}
