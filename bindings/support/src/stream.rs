//! Streams in both directions: of the core under a handle, and of the host as an argument.

use std::{
    collections::VecDeque,
    fmt,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use net_types::{BoxFuture, Error, Source, Stream};
use tokio::sync::{self, Notify, OwnedMutexGuard};

use crate::{
    handles,
    host::HostPort,
    pack::{self, Pack},
};

/// Asks the stream under a handle for its next batch; `P` is what batches cross as.
pub fn next<P: Send + 'static>(
    handle: u64,
    max: usize,
) -> impl Future<Output = Result<P, Error>> + Send + 'static {
    let batch = handles::get::<StreamHandle<P>>(handle).map(|stream| stream.next(max));
    async move { batch?.await }
}

/// Ends the stream under a handle: batches that are asked for come out empty.
pub fn close<P: Send + 'static>(handle: u64) -> Result<(), Error> {
    handles::get::<StreamHandle<P>>(handle).map(|stream| stream.close())
}

/// A stream of the core, for the handle table; dropping it closes the stream.
pub struct StreamHandle<P> {
    batches: Arc<dyn Batches<P>>,
    turn: Arc<sync::Mutex<()>>,
}

impl StreamHandle<Vec<u8>> {
    /// A stream whose batches cross as packed lists; an empty list is the end.
    pub fn packed<T: Pack + Send + 'static>(source: Stream<T>) -> Self {
        Self::new(source, |items: Vec<T>| pack::encode(&items))
    }
}

impl<P: Send + 'static> StreamHandle<P> {
    /// A stream whose batches `pack` turns into what crosses; an empty batch is the end.
    pub fn new<T: Send + 'static>(
        source: Stream<T>,
        pack: impl Fn(Vec<T>) -> P + Send + Sync + 'static,
    ) -> Self {
        Self { batches: Arc::new(Packing { source, pack }), turn: Arc::default() }
    }

    /// Up to `max` items, at least one unless the stream has ended.
    ///
    /// Calls are served one after the other, in the order in which this function was called, whichever
    /// future is polled first. The future does not keep the stream from closing.
    pub fn next(&self, max: usize) -> impl Future<Output = Result<P, Error>> + Send + use<P> {
        let turn = self.line_up();
        let batches = Arc::clone(&self.batches);
        async move {
            let _turn = turn.await;
            batches.next(max.max(1)).await
        }
    }

    /// Ends the stream.
    pub fn close(&self) {
        self.batches.close();
    }

    /// A place in the line of those who wait for a batch, taken before the future is polled.
    fn line_up(&self) -> BoxFuture<'static, OwnedMutexGuard<()>> {
        let mut turn = Box::pin(Arc::clone(&self.turn).lock_owned());
        match turn.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(guard) => Box::pin(async { guard }),
            Poll::Pending => turn,
        }
    }
}

impl<P> Drop for StreamHandle<P> {
    fn drop(&mut self) {
        self.batches.close();
    }
}

impl<P> fmt::Debug for StreamHandle<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamHandle").finish_non_exhaustive()
    }
}

/// A source without its item type.
trait Batches<P>: Send + Sync {
    fn next(&self, max: usize) -> BoxFuture<'_, Result<P, Error>>;
    fn close(&self);
}

struct Packing<T, F> {
    source: Stream<T>,
    pack: F,
}

impl<T: Send + 'static, P, F: Fn(Vec<T>) -> P + Send + Sync> Batches<P> for Packing<T, F> {
    fn next(&self, max: usize) -> BoxFuture<'_, Result<P, Error>> {
        Box::pin(async move { self.source.next(max).await.map(&self.pack) })
    }

    fn close(&self) {
        self.source.close();
    }
}

/// A stream of the host: a host object with a method that gives up to `max` items, none at the end.
///
/// One request is under way at most, so the host is asked no faster than the core reads. Closing abandons
/// that request; closing, the end and dropping release the host's object.
pub struct HostSource<T, P: 'static, R = P> {
    port: Mutex<Option<Arc<HostPort<P, R>>>>,
    method: u32,
    ask: Box<dyn Fn(usize) -> P + Send + Sync>,
    take: Box<dyn Fn(R) -> Result<Vec<T>, Error> + Send + Sync>,
    closing: Notify,
    /// What the host gave beyond what it was asked for; locked while it is asked.
    surplus: sync::Mutex<VecDeque<T>>,
}

impl<T: Pack + Send + 'static, P: From<Vec<u8>> + Send + 'static> HostSource<T, P, Vec<u8>> {
    /// A stream whose method takes a packed `u32` and gives a packed list.
    pub fn packed(port: HostPort<P, Vec<u8>>, method: u32) -> Self {
        let ask = |max: usize| pack::encode(&u32::try_from(max).unwrap_or(u32::MAX)).into();
        Self::new(port, method, ask, |batch| pack::decode(&batch))
    }
}

impl<T: Send + 'static, P: Send + 'static, R: Send + 'static> HostSource<T, P, R> {
    /// A stream whose method takes what `ask` makes of `max` and gives what `take` reads.
    pub fn new(
        port: HostPort<P, R>,
        method: u32,
        ask: impl Fn(usize) -> P + Send + Sync + 'static,
        take: impl Fn(R) -> Result<Vec<T>, Error> + Send + Sync + 'static,
    ) -> Self {
        Self {
            port: Mutex::new(Some(Arc::new(port))),
            method,
            ask: Box::new(ask),
            take: Box::new(take),
            closing: Notify::new(),
            surplus: sync::Mutex::default(),
        }
    }

    async fn ask_host(&self, port: Arc<HostPort<P, R>>, max: usize) -> Result<Vec<T>, Error> {
        let answer = port.call(self.method, (self.ask)(max)).await?;
        let items = (self.take)(answer)?;
        if items.is_empty() {
            drop(self.release());
        }
        Ok(items)
    }

    fn port(&self) -> Option<Arc<HostPort<P, R>>> {
        self.port.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn release(&self) -> Option<Arc<HostPort<P, R>>> {
        self.port.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T: Send + 'static, P: Send + 'static, R: Send + 'static> Source<T> for HostSource<T, P, R> {
    fn next(&self, max: usize) -> BoxFuture<'_, Result<Vec<T>, Error>> {
        let max = max.max(1);
        Box::pin(async move {
            let mut surplus = self.surplus.lock().await;
            let mut closing = pin!(self.closing.notified());
            closing.as_mut().enable();
            let Some(port) = self.port() else {
                surplus.clear();
                return Ok(Vec::new());
            };
            if surplus.is_empty() {
                let items = tokio::select! {
                    biased;
                    () = closing => return Ok(Vec::new()),
                    items = self.ask_host(port, max) => items?,
                };
                surplus.extend(items);
            }
            let count = max.min(surplus.len());
            Ok(surplus.drain(..count).collect())
        })
    }

    fn close(&self) {
        drop(self.release());
        self.closing.notify_waiters();
    }
}

impl<T, P: 'static, R> fmt::Debug for HostSource<T, P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostSource").field("method", &self.method).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
