//! Panics of the core become errors: to a caller they are defects like any other.

use crate::{BaseError, Error};
use futures_util::FutureExt;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a call of the core.
pub(crate) fn run<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| Err(internal(panic)))
}

/// Awaits a call of the core.
pub(crate) async fn run_async<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|panic| Err(internal(panic)))
}

/// The text of a panic.
pub(crate) fn text(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => {
            panic.downcast_ref::<&str>().map_or_else(|| "panicked".to_owned(), |text| (*text).to_owned())
        }
    }
}

fn internal(panic: Box<dyn Any + Send>) -> Error {
    BaseError::Internal { detail: text(panic) }.into()
}
