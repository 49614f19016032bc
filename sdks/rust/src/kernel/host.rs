//! Implementations by the caller, as the core calls them.

use super::guard;
use crate::{BaseError, Error};
use futures_util::FutureExt;
use net_types::{BoxFuture, Source};
use std::fmt::Display;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The error for a failure of the caller's own in an implementation: `host_threw`, with its text.
pub fn threw(cause: impl Display) -> Error {
    BaseError::HostThrew { detail: cause.to_string() }.into()
}

/// Runs an implementation: a panic is `host_threw`, and one that takes too long `host_timeout`.
pub(crate) async fn call<T>(
    work: impl Future<Output = Result<T, Error>>,
    limit: Option<Duration>,
) -> Result<T, Error> {
    let work = AssertUnwindSafe(work).catch_unwind();
    let outcome = match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.map_err(|_| BaseError::HostTimeout)?,
        None => work.await,
    };
    outcome.unwrap_or_else(|panic| Err(threw(guard::text(panic))))
}

/// What an optional method answers that is not implemented.
pub(crate) fn left_out<T>(method: &str, _arguments: impl Sized) -> Result<T, Error> {
    Err(BaseError::Unsupported { feature: method.to_owned() }.into())
}

/// Lets one call at a time through.
#[derive(Debug, Default)]
pub(crate) struct Turn(tokio::sync::Mutex<()>);

impl Turn {
    /// Waits until no other call is under way.
    pub(crate) async fn take(&self) -> impl Sized {
        self.0.lock().await
    }
}

/// A stream of the caller as the core pulls it.
pub(crate) fn feed<T: Send + 'static>(
    stream: impl futures_core::Stream<Item = Result<T, Error>> + Send + 'static,
) -> net_types::Stream<T> {
    Arc::new(Feed(Mutex::new(State { stream: Some(Box::pin(stream)), failed: None, reader: None })))
}

/// What callers give as a stream.
type Given<T> = dyn futures_core::Stream<Item = Result<T, Error>> + Send;

struct Feed<T>(Mutex<State<T>>);

struct State<T> {
    /// None once it has ended.
    stream: Option<Pin<Box<Given<T>>>>,
    /// Error that waits behind items which came before it.
    failed: Option<Error>,
    reader: Option<Waker>,
}

impl<T: Send + 'static> Source<T> for Feed<T> {
    fn next(&self, max: usize) -> BoxFuture<'_, Result<Vec<T>, Error>> {
        Box::pin(poll_fn(move |context| self.state().poll(context, max.max(1))))
    }

    fn close(&self) {
        let mut state = self.state();
        state.stream = None;
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }
}

impl<T> Feed<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    /// Takes what is there, up to `max` items; waits only if that is nothing.
    fn poll(&mut self, context: &mut Context<'_>, max: usize) -> Poll<Result<Vec<T>, Error>> {
        let mut items = Vec::new();
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        while items.len() < max
            && let Some(stream) = &mut self.stream
        {
            match stream.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(item))) => items.push(item),
                Poll::Ready(Some(Err(error))) if items.is_empty() => return Poll::Ready(Err(error)),
                Poll::Ready(Some(Err(error))) => {
                    self.failed = Some(error);
                    break;
                }
                Poll::Ready(None) => self.stream = None,
                Poll::Pending if items.is_empty() => {
                    self.reader = Some(context.waker().clone());
                    return Poll::Pending;
                }
                Poll::Pending => break,
            }
        }
        Poll::Ready(Ok(items))
    }
}
