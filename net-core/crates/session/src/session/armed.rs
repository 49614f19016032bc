//! The timers that wait for a session.

use std::time::Instant;

/// Timers that are remembered; a later one that is not is set again when the others have gone off.
const REMEMBERED: usize = 4;

/// Times at which timers of a session go off, the earliest first: a timer that is not needed any more cannot be taken out of
/// the queue, but it can be used.
#[derive(Debug, Default)]
pub(crate) struct Armed([Option<Instant>; REMEMBERED]);

impl Armed {
    /// Whether a timer has to be set so that one goes off at a time at the latest.
    pub(crate) fn needs(&mut self, at: Instant) -> bool {
        let is_earlier = self.0[0].is_none_or(|first| at < first);
        if is_earlier {
            self.0.rotate_right(1);
            self.0[0] = Some(at);
        }
        is_earlier
    }

    /// A timer has gone off: whether it is the one that counts.
    pub(crate) fn goes_off(&mut self, at: Instant) -> bool {
        let is_first = self.0[0] == Some(at);
        if is_first {
            self.0[0] = None;
            self.0.rotate_left(1);
        }
        is_first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_timer_that_waits_is_not_set_again() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut armed = Armed::default();
        assert!(armed.needs(at(50)) && !armed.needs(at(60)) && armed.needs(at(40)) && armed.needs(at(1)));
        assert!(!armed.goes_off(at(2)), "it was not set");
        assert!(armed.goes_off(at(1)) && !armed.goes_off(at(1)));
        assert!(!armed.needs(at(45)) && armed.needs(at(3)));
        assert!(armed.goes_off(at(3)) && armed.goes_off(at(40)) && !armed.needs(at(50)));
        assert!(armed.goes_off(at(50)) && armed.needs(at(60)));
    }

    #[test]
    fn the_latest_of_too_many_are_set_again() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut armed = Armed::default();
        assert!((1..=6).rev().all(|seconds| armed.needs(at(seconds))));
        assert!((1..=4).all(|seconds| armed.goes_off(at(seconds))));
        assert!(!armed.goes_off(at(5)) && armed.needs(at(5)));
    }
}
