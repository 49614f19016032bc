//! Streams as callers read them.

use crate::{BaseError, BoxFuture, Error};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

/// Items that are asked for at once when they are read one by one.
const BATCH: u32 = 64;

/// Values as they come: a [`futures_core::Stream`] that also gives batches.
///
/// An error is an item like any other: reading goes on behind it. Dropping the stream closes it.
pub struct Stream<T> {
    next: Box<dyn Fn(u32) -> Batch<T> + Send + Sync>,
    close: Box<dyn Fn() + Send + Sync>,
    /// Items that have crossed and were not read yet.
    ready: VecDeque<Result<T, Error>>,
    /// The call of the core that is under way.
    pending: Option<Batch<T>>,
    has_ended: AtomicBool,
}

type Batch<T> = BoxFuture<'static, Result<VecDeque<Result<T, Error>>, Error>>;

impl<T> Stream<T> {
    /// Waits for the next item; none at the end. Dropping the call loses nothing.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| self.poll_item(context)).await
    }

    /// Waits for up to `max` items and at least one; an empty list is the end. Dropping the call loses nothing.
    ///
    /// An error is given alone: items before it in one call, the error in the next.
    pub async fn next_batch(&mut self, max: usize) -> Result<Vec<T>, Error> {
        if max == 0 {
            return Err(BaseError::Argument { argument: "max".into(), reason: "0 is below 1".into() }.into());
        }
        let ask = u32::try_from(max).unwrap_or(u32::MAX);
        poll_fn(|context| self.poll_ready(context, ask)).await;
        if let Some(Err(_)) = self.ready.front() {
            return self.ready.pop_front().into_iter().collect();
        }
        let mut batch = Vec::new();
        while batch.len() < ask as usize && matches!(self.ready.front(), Some(Ok(_))) {
            batch.extend(self.ready.pop_front().into_iter().flatten());
        }
        Ok(batch)
    }

    /// Ends the stream at once.
    pub fn close(&self) {
        self.end();
        (self.close)();
    }

    /// Gives out nothing more.
    pub(crate) fn end(&self) {
        self.has_ended.store(true, Ordering::Release);
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        ready!(self.poll_ready(context, BATCH));
        Poll::Ready(self.ready.pop_front())
    }

    /// Waits until an item is ready or the stream has ended; then nothing is.
    fn poll_ready(&mut self, context: &mut Context<'_>, ask: u32) -> Poll<()> {
        while self.ready.is_empty() && !*self.has_ended.get_mut() {
            let batch = self.pending.get_or_insert_with(|| (self.next)(ask));
            let batch = ready!(batch.as_mut().poll(context));
            self.pending = None;
            match batch {
                Ok(items) if items.is_empty() => self.end(),
                Ok(items) => self.ready = items,
                Err(error) => self.ready.push_back(Err(error)),
            }
        }
        if *self.has_ended.get_mut() {
            self.ready.clear();
            self.pending = None;
        }
        Poll::Ready(())
    }
}

impl<T: Send + 'static> Stream<T> {
    /// A stream of what a function of the core gives, each item as `take` makes it.
    pub(crate) fn new<F, R: 'static>(
        next: impl Fn(u32) -> F + Send + Sync + 'static,
        close: impl Fn() + Send + Sync + 'static,
        take: fn(R) -> Result<T, Error>,
    ) -> Self
    where
        F: Future<Output = Result<Vec<R>, Error>> + Send + 'static,
    {
        let next = move |max| -> Batch<T> {
            let batch = next(max);
            Box::pin(async move { Ok(batch.await?.into_iter().map(take).collect()) })
        };
        Self {
            next: Box::new(next),
            close: Box::new(close),
            ready: VecDeque::new(),
            pending: None,
            has_ended: AtomicBool::new(false),
        }
    }

    /// A stream of the core, each item as `take` makes it.
    #[cfg_attr(
        not(feature = "conformance"),
        allow(dead_code, reason = "only echo gives streams without a name")
    )]
    pub(crate) fn from_core<R: 'static>(
        source: net_types::Stream<R>,
        take: fn(R) -> Result<T, Error>,
    ) -> Self {
        let closed = source.clone();
        let next = move |max| {
            let source = source.clone();
            async move { source.next(max as usize).await }
        };
        Self::new(next, move || closed.close(), take)
    }
}

impl<T> Unpin for Stream<T> {}

impl<T> futures_core::Stream for Stream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(context)
    }
}

impl<T> Drop for Stream<T> {
    fn drop(&mut self) {
        (self.close)();
    }
}

impl<T> std::fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}
