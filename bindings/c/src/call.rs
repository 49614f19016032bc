//! The frames of calls: synchronous ones answer at once, others with the end of an operation.

use std::ffi::c_void;
use std::future::Future;

use net_support::pack::{Pack, Parcel};
use net_support::{fault, guard, ops};
use net_types::Error;

use crate::abi::{self, Code, Done, Failure, View};
use crate::queue::Queue;
use crate::value::Out;

/// Runs a synchronous call and writes its result or error.
///
/// # Safety
///
/// The pointers are NULL or writable.
pub(crate) unsafe fn answer<T: Out>(
    result: *mut T::Raw,
    error: *mut Failure,
    body: impl FnOnce() -> Result<T, Error>,
) -> Code {
    let is_wanted = !result.is_null();
    let mut raw = T::Raw::default();
    let ended = guard(|| {
        let value = body()?;
        if is_wanted {
            raw = value.out();
        }
        Ok(())
    });
    // SAFETY: as promised by the caller.
    unsafe {
        if is_wanted {
            result.write(raw);
        }
        end(error, ended)
    }
}

/// Like [`answer`], for a result that may be none.
///
/// # Safety
///
/// The pointers are NULL or writable.
pub(crate) unsafe fn answer_optional<T: Out>(
    found: *mut bool,
    result: *mut T::Raw,
    error: *mut Failure,
    body: impl FnOnce() -> Result<Option<T>, Error>,
) -> Code {
    let mut is_some = false;
    let body = || body().inspect(|value| is_some = value.is_some());
    // SAFETY: as promised by the caller.
    unsafe {
        let code = answer(result, error, body);
        if !found.is_null() {
            found.write(is_some);
        }
        code
    }
}

/// Like [`answer`], for a call without a result.
///
/// # Safety
///
/// The pointer is NULL or writable.
pub(crate) unsafe fn perform(error: *mut Failure, body: impl FnOnce() -> Result<(), Error>) -> Code {
    // SAFETY: as promised by the caller.
    unsafe { end(error, guard(body)) }
}

/// Runs a call that answers with nothing but a code.
pub(crate) fn code(body: impl FnOnce() -> Result<(), Error>) -> Code {
    guard(body).map_or_else(|error| abi::code(&error), |()| 0)
}

/// Runs a call that cannot fail; in a forked child it does nothing.
pub(crate) fn quiet<T: Default>(body: impl FnOnce() -> T) -> T {
    guard(|| Ok(body())).unwrap_or_default()
}

/// Starts an operation, whose result crosses packed; 0 if that is refused.
///
/// # Safety
///
/// `done` may be called with `ctx` on any thread; without it, `ctx` is NULL or a queue.
pub(crate) unsafe fn submit<T, F>(
    done: Done,
    ctx: *mut c_void,
    body: impl FnOnce() -> Result<F, Error>,
) -> u64
where
    T: Pack,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let packing = || body().map(|future| async move { future.await.map(|value| Parcel::of(&value)) });
    // SAFETY: as promised by the caller.
    unsafe { launch(done, ctx, packing) }
}

/// Like [`submit`], for a result that is packed already.
///
/// # Safety
///
/// As for [`submit`].
pub(crate) unsafe fn launch<F>(done: Done, ctx: *mut c_void, body: impl FnOnce() -> Result<F, Error>) -> u64
where
    F: Future<Output = Result<Parcel, Error>> + Send + 'static,
{
    let future = guard(body);
    let is_forked = guard::is_forked();
    let future = async move { future?.await };
    match done {
        Some(_) if is_forked => {
            Callback { done, ctx }.tell(0, Err(fault::forked()));
            0
        }
        Some(_) => {
            let callback = Callback { done, ctx };
            ops::spawn(future, move |op, result| callback.tell(op, result))
        }
        // SAFETY: as promised by the caller.
        None => match unsafe { ctx.cast::<Queue>().as_ref() } {
            Some(queue) if !is_forked => queue.events.submit(future),
            _ => 0,
        },
    }
}

/// Writes how a call ended.
///
/// # Safety
///
/// The pointer is NULL or writable.
pub(crate) unsafe fn end(error: *mut Failure, ended: Result<(), Error>) -> Code {
    let (code, failure) = match &ended {
        Ok(()) => (0, None),
        Err(error) => (abi::code(error), Some(error)),
    };
    if !error.is_null() {
        // SAFETY: as promised by the caller.
        unsafe { error.write(failure.map(Failure::from).unwrap_or_default()) };
    }
    code
}

/// A program's function that hears of an end.
struct Callback {
    done: Done,
    ctx: *mut c_void,
}

// SAFETY: the header demands functions that may be called with `ctx` on any thread.
unsafe impl Send for Callback {}

impl Callback {
    fn tell(self, op: u64, result: Result<Parcel, Error>) {
        let Some(done) = self.done else { return };
        match result.map(Parcel::deliver) {
            // SAFETY: the header demands that the function takes its context on any thread; it is called once.
            Ok(result) => unsafe { done(self.ctx, op, std::ptr::null(), View::of(&result)) },
            Err(error) => {
                let failure = Failure::from(&error);
                // SAFETY: as above.
                unsafe { done(self.ctx, op, &failure, View::NONE) };
                failure.free();
            }
        }
    }
}
