//! Times of many operations.

use std::time::Duration;

use serde_json::{Value, json};

/// Times in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Spread(Vec<Duration>);

impl Spread {
    /// None yet, with room for so many.
    pub fn new(count: u64) -> Self {
        Self(Vec::with_capacity(count as usize))
    }

    /// One more.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// The same of operations that are about so many each.
    pub(crate) fn of_batches(self, batch: usize) -> Value {
        let sent = self.0.len() * batch;
        let mut shown = self.shown();
        shown["sent"] = json!(sent);
        shown
    }

    pub(crate) fn shown(mut self) -> Value {
        self.0.sort_unstable();
        let at = |part: f64| {
            let place = (self.0.len().saturating_sub(1) as f64 * part).round() as usize;
            self.0.get(place).map_or(0.0, |took| took.as_secs_f64() * 1e6)
        };
        let sum: Duration = self.0.iter().sum();
        json!({ "sent": self.0.len(), "read": self.0.len(), "seconds": sum.as_secs_f64(), "p50": at(0.5), "p99": at(0.99) })
    }
}
