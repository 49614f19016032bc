//! The frame around every entry from a host language.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    env, mem,
    panic::{self, AssertUnwindSafe},
    sync::Once,
    thread,
};

use net_types::Error;

use crate::{control, fault, platform};

/// Runs the body of an entry point: a panic becomes `internal`, and in a forked child the body does not run.
///
/// The runtime's threads do not exist in a forked child, so a call there could wait forever; it answers
/// `forked` instead. A child forked before the first guarded call may use the library.
pub fn guard<T>(body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    prepare();
    if is_forked() {
        return Err(fault::forked());
    }
    match catch(body) {
        Ok(result) => result,
        Err(payload) => Err(panicked(payload)),
    }
}

/// Says whether this process is a forked child of one that had used the library.
pub fn is_forked() -> bool {
    platform::is_forked()
}

/// The error for a caught panic, with the place where it happened if it happened on this thread.
pub fn panicked(payload: Box<dyn Any + Send>) -> Error {
    let place = PLACE.try_with(|place| place.borrow_mut().take()).ok().flatten();
    let text = message(&*payload);
    let text = match place {
        Some(place) => format!("panic at {place}: {text}"),
        None => format!("panic: {text}"),
    };
    // The destructor of another payload may panic; a few bytes are cheaper than an abort.
    if !payload.is::<&'static str>() && !payload.is::<String>() {
        mem::forget(payload);
    }
    tracing::error!("{text}");
    fault::internal(text)
}

/// Runs a destructor or callback of foreign code whose panic has nowhere to go.
pub(crate) fn swallow(body: impl FnOnce()) {
    if let Err(payload) = catch(body) {
        mem::forget(payload);
    }
}

/// Runs what may panic. The panic is an error or a record of the log, so that standard error stays silent.
pub(crate) fn catch<T>(body: impl FnOnce() -> T) -> thread::Result<T> {
    let count = |change: i32| CATCHERS.try_with(|count| count.set(count.get() + change)).ok();
    count(1);
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    count(-1);
    result
}

thread_local! {
    /// Where the last panic on this thread began.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
    /// How many calls of this thread would catch a panic now.
    static CATCHERS: Cell<i32> = const { Cell::new(0) };
}

/// Registers the fork handler and the panic hook, once.
pub(crate) fn prepare() {
    static ONCE: Once = Once::new();
    // A hook cannot be set while a destructor runs in a panic; the next call sets it.
    if ONCE.is_completed() || thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        platform::watch_forks();
        let printing = panic::take_hook();
        let wants_backtraces = env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
            // The thread local is gone when a destructor of the thread's own locals panics.
            let _ = PLACE.try_with(|slot| slot.replace(place));
            let is_caught = CATCHERS.try_with(Cell::get).is_ok_and(|count| count > 0);
            if wants_backtraces || !is_caught {
                printing(info);
            }
        }));
        control::follow_environment();
    });
}

fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "of unknown type"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_pass_through() {
        assert_eq!(guard(|| Ok(7)), Ok(7));
        assert_eq!(guard::<()>(|| Err(fault::cancelled())), Err(fault::cancelled()));
    }

    #[test]
    fn a_panic_becomes_internal_with_its_place() {
        let line = line!() + 1;
        let error = guard::<()>(|| panic!("lost {}", 3)).expect_err("must fail");
        assert_eq!(error.to_string(), format!("internal: panic at {}:{line}: lost 3", file!()));
    }

    #[test]
    fn a_payload_of_any_type_is_named() {
        let error = guard::<()>(|| panic::panic_any(5_u8)).expect_err("must fail");
        assert!(error.to_string().ends_with("of unknown type"), "{error}");
    }

    #[test]
    fn a_place_is_told_once() {
        let _ = guard::<()>(|| panic!("first"));
        assert_eq!(panicked(Box::new("second")).to_string(), "internal: panic: second");
    }
}
