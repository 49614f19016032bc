//! Pull streams with batches.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::Error;

/// A boxed future that any thread may drive.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A shared pull stream: what `stream<T>` of the interface is in the core.
pub type Stream<T> = Arc<dyn Source<T>>;

/// A pull stream with batches: the reader sets the pace by asking.
pub trait Source<T>: Send + Sync + 'static {
    /// Gives up to `max` items and at least one; an empty batch is the end.
    ///
    /// Waits until there is an item. An error does not end the source unless it says so.
    fn next(&self, max: usize) -> BoxFuture<'_, Result<Vec<T>, Error>>;

    /// Ends the source: pending and later calls of [`next`](Self::next) give an empty batch.
    fn close(&self);
}
