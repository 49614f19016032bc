//! Clocks that are set wrong, and go too fast or too slow.

use std::time::{Duration, Instant};

/// How a node's clock differs from the time of the world.
#[derive(Debug, Clone, Copy, Default)]
pub struct Skew {
    /// How far its calendar is ahead, in milliseconds.
    pub wall_ms: i64,
    /// How much faster it goes, in parts per million.
    pub drift: i32,
}

/// The clock of a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    base: Instant,
    skew: Skew,
}

/// What the calendar shows when a world begins.
const WALL_MS: u64 = 1_767_225_600_000;

impl Clock {
    pub(crate) fn new(base: Instant, skew: Skew) -> Self {
        Self { base, skew }
    }

    /// What it shows at a time of the world.
    pub(crate) fn at(&self, world: Duration) -> Instant {
        self.base + Duration::from_nanos(self.scaled(world.as_nanos()) as u64)
    }

    /// What its calendar shows at a time of the world.
    pub(crate) fn wall_ms(&self, world: Duration) -> u64 {
        (WALL_MS + world.as_millis() as u64).saturating_add_signed(self.skew.wall_ms)
    }

    /// The first time of the world at which it shows that, or more.
    pub(crate) fn world_time(&self, shown: Instant) -> Duration {
        let local = shown.saturating_duration_since(self.base).as_nanos();
        let near = local * 1_000_000 / self.rate();
        let exact = (near..).find(|world| self.scaled(*world) >= local);
        Duration::from_nanos(exact.unwrap_or(near) as u64)
    }

    fn scaled(&self, nanos: u128) -> u128 {
        nanos * self.rate() / 1_000_000
    }

    fn rate(&self) -> u128 {
        (1_000_000 + i128::from(self.skew.drift)).max(1) as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_goes_off_at_the_first_moment_that_its_clock_shows() {
        let base = Instant::now();
        for drift in [-500_000, -37, 0, 1, 250_000] {
            let clock = Clock::new(base, Skew { wall_ms: 0, drift });
            for nanos in [0, 1, 999, 1_234_567_891] {
                let shown = base + Duration::from_nanos(nanos);
                let world = clock.world_time(shown);
                assert!(clock.at(world) >= shown);
                assert!(world.is_zero() || clock.at(world - Duration::from_nanos(1)) < shown);
            }
        }
    }
}
