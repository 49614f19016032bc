//! The round trip of a path (RFC 9002, section 5).

use std::time::Duration;

/// Before anything was measured.
const INITIAL: Duration = Duration::from_millis(100);

/// Timers are not finer than this.
pub(crate) const GRANULARITY: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Rtt {
    pub(crate) latest: Duration,
    pub(crate) min: Duration,
    pub(crate) smoothed: Duration,
    variation: Duration,
    is_measured: bool,
}

impl Rtt {
    pub(crate) const fn new() -> Self {
        let variation = Duration::from_millis(50);
        Self { latest: INITIAL, min: INITIAL, smoothed: INITIAL, variation, is_measured: false }
    }

    /// A packet was acknowledged after so long, of which the peer says to have held it back for `delay`.
    pub(crate) fn measure(&mut self, sample: Duration, delay: Duration) {
        self.latest = sample;
        if !std::mem::replace(&mut self.is_measured, true) {
            (self.min, self.smoothed, self.variation) = (sample, sample, sample / 2);
            return;
        }
        self.min = self.min.min(sample);
        let adjusted = if sample >= self.min + delay { sample - delay } else { sample };
        self.variation = self.variation * 3 / 4 + self.smoothed.abs_diff(adjusted) / 4;
        self.smoothed = self.smoothed * 7 / 8 + adjusted / 8;
    }

    /// How long an acknowledgement may take.
    pub(crate) fn timeout(&self, peer_delay: Duration) -> Duration {
        self.smoothed + (self.variation * 4).max(GRANULARITY) + peer_delay
    }

    /// How long a packet may be overtaken by later ones.
    pub(crate) fn loss_delay(&self) -> Duration {
        (self.latest.max(self.smoothed) * 9 / 8).max(GRANULARITY)
    }

    pub(crate) fn is_measured(&self) -> bool {
        self.is_measured
    }
}
