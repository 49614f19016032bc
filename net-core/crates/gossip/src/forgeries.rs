//! Forgeries that a neighbour has handed on.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Signatures that do not hold, within their time, after which a neighbour is given up.
const MOST: usize = 8;
/// Time in which they are counted.
const TIME: Duration = Duration::from_secs(60);

/// When the last forgeries came.
#[derive(Debug, Default)]
pub struct Forgeries(VecDeque<Instant>);

impl Forgeries {
    /// Counts one; tells whether it was one too many.
    pub fn count(&mut self, now: Instant) -> bool {
        self.0.retain(|at| now.saturating_duration_since(*at) < TIME);
        if self.0.len() < MOST {
            self.0.push_back(now);
        }
        self.0.len() >= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_within_a_minute_are_too_many() {
        let start = Instant::now();
        let mut forgeries = Forgeries::default();
        assert!((0..7).all(|_| !forgeries.count(start)));
        assert!(!forgeries.count(start + TIME), "the first seven are forgotten");
        assert!((0..6).all(|_| !forgeries.count(start + TIME)) && forgeries.count(start + TIME));
    }
}
