//! How much may be on its way: CUBIC (RFC 9438) with HyStart++ (RFC 9406), behind a trait.

use std::{fmt, time::Duration, time::Instant};

/// Packets of the first window (RFC 9002, section 7.2).
const INITIAL_PACKETS: u64 = 10;

/// Packets of the least window.
const LEAST_PACKETS: u64 = 2;

/// What CUBIC leaves of the window after a loss.
const BETA: f64 = 0.7;

/// How fast CUBIC grows, in segments per second cubed.
const C: f64 = 0.4;

/// Decides how many bytes may be on their way.
pub(crate) trait Congestion: fmt::Debug + Send {
    /// Bytes that may be on their way.
    fn window(&self) -> u64;

    /// A packet was acknowledged while the window was in use.
    fn acknowledged(&mut self, ack: &Acknowledged);

    /// A packet that was sent at this time was lost, or marked.
    fn congested(&mut self, now: Instant, sent: Instant);

    /// Nothing got through for long.
    fn collapsed(&mut self);

    /// Packets are of this size now.
    fn set_mtu(&mut self, mtu: u64);
}

/// See [`Congestion::acknowledged`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acknowledged {
    pub(crate) now: Instant,
    pub(crate) sent: Instant,
    pub(crate) bytes: u64,
    /// Number of the packet, and of the next one to be sent.
    pub(crate) number: u64,
    pub(crate) next: u64,
    pub(crate) rtt: Duration,
    pub(crate) min_rtt: Duration,
}

#[derive(Debug)]
pub(crate) struct Cubic {
    mtu: u64,
    window: u64,
    threshold: u64,
    /// Packets sent before are not counted as another congestion.
    recovery_since: Option<Instant>,
    epoch: Option<Epoch>,
    /// Window at the last loss, in bytes.
    most: f64,
    start: SlowStart,
}

/// A time of congestion avoidance.
#[derive(Debug, Clone, Copy)]
struct Epoch {
    since: Instant,
    /// Seconds until the window is `most` again.
    k: f64,
    /// What Reno would allow, in bytes.
    reno: f64,
}

/// Rounds of slow start, whose round trips are watched.
#[derive(Debug, Clone, Copy)]
struct SlowStart {
    round_end: u64,
    samples: u32,
    last_min: Duration,
    current_min: Duration,
    /// Rounds of conservative slow start that are left, and the round trip that began it.
    conservative: Option<(u32, Duration)>,
}

impl SlowStart {
    const NEW: Self = Self {
        round_end: 0,
        samples: 0,
        last_min: Duration::MAX,
        current_min: Duration::MAX,
        conservative: None,
    };
}

impl Cubic {
    pub(crate) fn new(mtu: u64) -> Self {
        Self {
            mtu,
            window: INITIAL_PACKETS * mtu,
            threshold: u64::MAX,
            recovery_since: None,
            epoch: None,
            most: 0.0,
            start: SlowStart::NEW,
        }
    }

    /// Grows in slow start; the divisor is 4 once round trips have grown.
    fn start_slowly(&mut self, ack: &Acknowledged) {
        let state = &mut self.start;
        if ack.number >= state.round_end {
            if let Some((rounds, _)) = &mut state.conservative {
                *rounds -= 1;
                if *rounds == 0 {
                    self.threshold = self.window;
                    return;
                }
            }
            state.last_min = state.current_min;
            (state.current_min, state.samples, state.round_end) = (Duration::MAX, 0, ack.next);
        }
        state.current_min = state.current_min.min(ack.rtt);
        state.samples += 1;
        if state.samples >= 8 && state.current_min != Duration::MAX && state.last_min != Duration::MAX {
            let (least, most) = (Duration::from_millis(4), Duration::from_millis(16));
            let threshold = (state.last_min / 8).clamp(least, most);
            match state.conservative {
                None if state.current_min >= state.last_min + threshold => {
                    state.conservative = Some((5, state.current_min));
                }
                Some((_, baseline)) if state.current_min < baseline => state.conservative = None,
                _ => {}
            }
        }
        let most = 8 * self.mtu;
        self.window += if state.conservative.is_some() { ack.bytes / 4 } else { ack.bytes.min(most) };
    }

    fn avoid(&mut self, ack: &Acknowledged) {
        let (mtu, window) = (self.mtu as f64, self.window as f64);
        let most = self.most.max(window);
        let epoch = self.epoch.get_or_insert_with(|| {
            let missing = (most - window) / mtu;
            Epoch { since: ack.now, k: (missing / C).cbrt(), reno: window }
        });
        if self.most < window {
            self.most = window;
        }
        let at = ack.now.saturating_duration_since(epoch.since).as_secs_f64() + ack.min_rtt.as_secs_f64();
        let cubic = self.most + C * mtu * (at - epoch.k).powi(3);
        let alpha = if epoch.reno < self.most { 3.0 * (1.0 - BETA) / (1.0 + BETA) } else { 1.0 };
        epoch.reno += alpha * mtu * ack.bytes as f64 / window;
        let target = cubic.max(epoch.reno).clamp(window, 1.5 * window);
        self.window += ((target - window) * ack.bytes as f64 / window) as u64;
    }
}

impl Congestion for Cubic {
    fn window(&self) -> u64 {
        self.window
    }

    fn acknowledged(&mut self, ack: &Acknowledged) {
        if self.recovery_since.is_some_and(|since| ack.sent <= since) {
            return;
        }
        if self.window < self.threshold {
            self.start_slowly(ack);
        } else {
            self.avoid(ack);
        }
    }

    fn congested(&mut self, now: Instant, sent: Instant) {
        if self.recovery_since.is_some_and(|since| sent <= since) {
            return;
        }
        self.recovery_since = Some(now);
        let window = self.window as f64;
        // Fast convergence: a window that did not come back leaves room for others.
        self.most = if window < self.most { window * (1.0 + BETA) / 2.0 } else { window };
        self.window = ((window * BETA) as u64).max(LEAST_PACKETS * self.mtu);
        self.threshold = self.window;
        self.epoch = None;
    }

    fn collapsed(&mut self) {
        self.window = LEAST_PACKETS * self.mtu;
        (self.recovery_since, self.epoch) = (None, None);
        self.start = SlowStart::NEW;
    }

    fn set_mtu(&mut self, mtu: u64) {
        self.mtu = mtu;
        self.window = self.window.max(LEAST_PACKETS * mtu);
    }
}

/// Spreads packets over the round trip: bursts are one super-datagram, or what a millisecond allows.
#[derive(Debug)]
pub(crate) struct Pacer {
    tokens: u64,
    refilled: Instant,
}

impl Pacer {
    const LEAST_BURST: u64 = 16 << 10;
    const MOST_BURST: u64 = 64 << 10;

    pub(crate) fn new(now: Instant) -> Self {
        Self { tokens: Self::LEAST_BURST, refilled: now }
    }

    /// When a packet may be sent, if not now.
    pub(crate) fn delay(&mut self, now: Instant, bytes: u64, window: u64, rtt: Duration) -> Option<Instant> {
        let rate = (window as f64 * 1.25 / rtt.as_secs_f64().max(1e-6)).max(1.0);
        let burst = ((rate / 1_000.0) as u64).clamp(Self::LEAST_BURST, Self::MOST_BURST);
        let earned = now.saturating_duration_since(self.refilled).as_secs_f64() * rate;
        if earned >= 1.0 {
            self.tokens = (self.tokens + earned as u64).min(burst);
            self.refilled = now;
        }
        let missing = bytes.saturating_sub(self.tokens);
        (missing > 0)
            .then(|| now + Duration::from_secs_f64(missing as f64 / rate).max(Duration::from_micros(10)))
    }

    pub(crate) fn spend(&mut self, bytes: u64) {
        self.tokens = self.tokens.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ack(now: Instant, bytes: u64, number: u64) -> Acknowledged {
        let rtt = Duration::from_millis(50);
        Acknowledged { now, sent: now, bytes, number, next: number + 10, rtt, min_rtt: rtt }
    }

    #[test]
    fn the_window_doubles_shrinks_once_per_round_and_comes_back() {
        let start = Instant::now();
        let mut cubic = Cubic::new(1_200);
        (0..10).for_each(|number| cubic.acknowledged(&ack(start, 1_200, number)));
        assert_eq!(cubic.window(), 24_000);
        let now = start + Duration::from_millis(50);
        cubic.congested(now, start);
        cubic.congested(now, start);
        assert_eq!(cubic.window(), 16_800);
        let back = (1..400)
            .map(|step| now + Duration::from_millis(50 * step))
            .position(|now| {
                (0..14).for_each(|number| cubic.acknowledged(&ack(now, 1_200, 1_000 + number)));
                cubic.window() >= 24_000
            })
            .expect("the window grows back");
        // In so small a window the pace of Reno rules: 0.53 segments per round trip, and 6 were lost.
        assert!((9..=16).contains(&back), "back after {back} round trips");
        cubic.collapsed();
        assert_eq!(cubic.window(), 2_400);
    }
}
