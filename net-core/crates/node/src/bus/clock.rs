//! The one clock of a node: every event of every shard gets its own tick.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
};

/// Gives strictly increasing stamps that follow a time in nanoseconds.
///
/// A stamp is drawn while the shard that gets the event is locked. That makes two things true, on which readers rely:
///
/// 1. The stamps of one shard increase with its ids, since the lock orders the draws.
/// 2. A reader that loads [`latest`](Self::latest) and *then* locks a shard sees every event of the shard with a stamp
///    up to that value: the draw happened before the load, within a critical section that has ended once the reader
///    holds the lock. So it can merge shards by stamp up to the loaded value, and nothing can come in before it later.
///
/// Both operations are sequentially consistent, because waking sleeping readers is decided against them, see
/// [`Bell`](super::bell::Bell).
#[derive(Debug, Default)]
pub(crate) struct Clock {
    last: AtomicU64,
}

impl Clock {
    /// Draws a stamp: `now`, or one more than the stamp before it if that is later.
    #[inline]
    pub(crate) fn draw(&self, now: u64) -> u64 {
        let mut last = self.last.load(Relaxed);
        loop {
            let stamp = now.max(last + 1);
            match self.last.compare_exchange_weak(last, stamp, SeqCst, Relaxed) {
                Ok(_) => return stamp,
                Err(current) => last = current,
            }
        }
    }

    /// The last stamp drawn.
    pub(crate) fn latest(&self) -> u64 {
        self.last.load(SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_follow_time_and_never_repeat() {
        let clock = Clock::default();
        let stamps: Vec<u64> = [5, 5, 3, 10, 0].map(|now| clock.draw(now)).into();
        assert_eq!(stamps, [5, 6, 7, 10, 11]);
        assert_eq!(clock.latest(), 11);
    }

    #[test]
    fn threads_never_share_a_stamp() {
        let clock = Clock::default();
        let mut all: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..1000).map(|_| clock.draw(0)).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().flat_map(|t| t.join().expect("thread")).collect()
        });
        all.sort_unstable();
        assert_eq!(all, (1..=4000).collect::<Vec<_>>());
    }
}
