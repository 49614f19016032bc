//! Rates.

use std::time::{Duration, Instant};

/// Lets so much through in a second, and so much at once.
#[derive(Debug, Clone)]
pub struct Bucket {
    rate: u64,
    burst: u64,
    /// When it is full; later than now by what was taken.
    full_at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub fn new(now: Instant, (rate, burst): (u64, u64)) -> Self {
        Self { rate, burst, full_at: now }
    }

    /// Takes as much as that, if there is as much.
    pub fn take(&mut self, now: Instant, amount: u64) -> bool {
        let after = self.full_at.max(now) + self.time_of(amount);
        let fits = after.saturating_duration_since(now) <= self.time_of(self.burst);
        if fits {
            self.full_at = after;
        }
        fits
    }

    /// When as much as that can be taken.
    pub fn ready_at(&self, now: Instant, amount: u64) -> Instant {
        let after = self.full_at.max(now) + self.time_of(amount);
        now + after.saturating_duration_since(now).saturating_sub(self.time_of(self.burst))
    }

    fn time_of(&self, amount: u64) -> Duration {
        Duration::from_nanos((amount.saturating_mul(1_000_000_000)).div_ceil(self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_a_burst_through_and_then_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start, (10, 3));
        assert_eq!((0..5).filter(|_| bucket.take(start, 1)).count(), 3);
        assert_eq!(bucket.ready_at(start, 1), start + Duration::from_millis(100));
        assert!(!bucket.take(start + Duration::from_millis(99), 1));
        assert!(bucket.take(start + Duration::from_millis(100), 1));
        let later = start + Duration::from_secs(60);
        assert_eq!((0..5).filter(|_| bucket.take(later, 1)).count(), 3);
    }
}
