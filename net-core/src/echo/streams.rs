//! Streams from and to the host.

use super::{BATCH, lock};
use net_types::{BoxFuture, Error, Source, Stream, echo::Label};
use std::{future::ready, ops::Range, sync::Mutex};

/// The numbers of a range.
pub(super) struct Count {
    left: Mutex<Range<u32>>,
}

impl Count {
    pub(super) fn to(end: u32) -> Self {
        Self { left: Mutex::new(0..end) }
    }
}

impl Source<u32> for Count {
    fn next(&self, max: usize) -> BoxFuture<'_, Result<Vec<u32>, Error>> {
        let batch = lock(&self.left).by_ref().take(max.max(1)).collect();
        Box::pin(ready(Ok(batch)))
    }

    fn close(&self) {
        *lock(&self.left) = 0..0;
    }
}

/// A stream that asks another one for no more than is asked of itself.
pub(super) struct Relay {
    from: Stream<Label>,
}

impl Relay {
    pub(super) fn of(from: Stream<Label>) -> Self {
        Self { from }
    }
}

impl Source<Label> for Relay {
    fn next(&self, max: usize) -> BoxFuture<'_, Result<Vec<Label>, Error>> {
        self.from.next(max.clamp(1, BATCH))
    }

    fn close(&self) {
        self.from.close();
    }
}

/// Adds what a stream gives; the stream is closed if it fails.
pub(super) async fn sum(values: Stream<u32>) -> Result<u64, Error> {
    let mut total = 0u64;
    loop {
        let batch = values.next(BATCH).await.inspect_err(|_| values.close())?;
        if batch.is_empty() {
            return Ok(total);
        }
        total = batch.into_iter().map(u64::from).fold(total, u64::saturating_add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use net_types::base::BaseError;
    use std::sync::Arc;

    fn next<T: 'static>(source: &dyn Source<T>, max: usize) -> Vec<T> {
        source.next(max).now_or_never().unwrap().unwrap()
    }

    #[test]
    fn counts_in_batches() {
        let count = Count::to(5);
        assert_eq!(next(&count, 2), [0, 1]);
        assert_eq!(next(&count, 0), [2]);
        assert_eq!(next(&count, 9), [3, 4]);
        assert!(next(&count, 9).is_empty());
    }

    #[test]
    fn stops_counting_when_closed() {
        let count = Count::to(5);
        next(&count, 1);
        count.close();
        assert!(next(&count, 1).is_empty());
    }

    /// Gives its items and records what was asked; fails at the end if told to.
    struct Probe<T> {
        items: Mutex<Vec<T>>,
        asked: Mutex<Vec<usize>>,
        fails: bool,
        closed: Mutex<bool>,
    }

    impl<T> Probe<T> {
        fn over(items: Vec<T>, fails: bool) -> Arc<Self> {
            Arc::new(Self { items: items.into(), asked: Mutex::default(), fails, closed: Mutex::default() })
        }
    }

    impl<T: Send + 'static> Source<T> for Probe<T> {
        fn next(&self, max: usize) -> BoxFuture<'_, Result<Vec<T>, Error>> {
            lock(&self.asked).push(max);
            let mut items = lock(&self.items);
            let count = items.len().min(max);
            let batch: Vec<_> = items.drain(..count).collect();
            let fails = batch.is_empty() && self.fails;
            Box::pin(ready(if fails { Err(BaseError::Cancelled.into()) } else { Ok(batch) }))
        }

        fn close(&self) {
            *lock(&self.closed) = true;
        }
    }

    #[test]
    fn sums_in_small_batches() {
        let probe = Probe::over((0..40).collect(), false);
        assert_eq!(sum(probe.clone()).now_or_never().unwrap(), Ok(780));
        assert_eq!(*lock(&probe.asked), [BATCH; 4]);
    }

    #[test]
    fn closes_a_stream_that_fails() {
        let probe = Probe::over(vec![1u32], true);
        assert_eq!(sum(probe.clone()).now_or_never().unwrap(), Err(BaseError::Cancelled.into()));
        assert!(*lock(&probe.closed));
    }

    #[test]
    fn relays_only_what_is_taken() {
        let labels =
            ["a", "b", "c"].map(|text| Label { text: text.into(), color: net_types::echo::Color::Red });
        let probe = Probe::over(labels.to_vec(), false);
        let relay = Relay::of(probe.clone());
        assert!(lock(&probe.asked).is_empty());
        assert_eq!(next(&relay, 2), labels[..2]);
        assert_eq!(next(&relay, 1000), labels[2..]);
        assert_eq!(*lock(&probe.asked), [2, BATCH]);
        relay.close();
        assert!(*lock(&probe.closed));
    }
}
