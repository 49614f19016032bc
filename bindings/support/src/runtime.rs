//! The one tokio runtime of the process, built at its first use.

use std::{
    env,
    sync::{Mutex, OnceLock, PoisonError},
    thread,
};

use net_types::Error;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::{fault, guard};

/// Says how many threads the runtime gets; an error once it runs.
///
/// Without this the environment variable `NET_RUNTIME_THREADS` says so, and without that there is one thread
/// for each core, up to 4.
pub fn set_threads(threads: usize) -> Result<(), Error> {
    if !(1..=MOST).contains(&threads) {
        return Err(fault::argument("threads", format!("{threads} is not from 1 to {MOST}")));
    }
    let mut wanted = WANTED.lock().unwrap_or_else(PoisonError::into_inner);
    if RUNTIME.get().is_some() {
        return Err(fault::argument("threads", "the runtime is running already"));
    }
    *wanted = Some(threads);
    Ok(())
}

/// The runtime, which the first call builds.
///
/// It installs no signal handler and lives as long as the process.
pub fn handle() -> Result<&'static Handle, Error> {
    let runtime = RUNTIME.get().unwrap_or_else(|| {
        let wanted = WANTED.lock().unwrap_or_else(PoisonError::into_inner);
        RUNTIME.get_or_init(|| build(*wanted))
    });
    runtime.as_ref().map(Runtime::handle).map_err(Clone::clone)
}

const MOST: usize = 1024;

/// Locked while the runtime is built, so that a number is either heeded or refused.
static WANTED: Mutex<Option<usize>> = Mutex::new(None);
static RUNTIME: OnceLock<Result<Runtime, Error>> = OnceLock::new();

fn build(wanted: Option<usize>) -> Result<Runtime, Error> {
    guard::prepare();
    let threads = match wanted {
        Some(threads) => threads,
        None => threads_for(env::var("NET_RUNTIME_THREADS").ok().as_deref())?,
    };
    tracing::debug!(threads, "the runtime starts");
    Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("net-runtime")
        .enable_all()
        .build()
        .map_err(|error| fault::internal(format!("the runtime does not start: {error}")))
}

fn threads_for(variable: Option<&str>) -> Result<usize, Error> {
    let Some(text) = variable.filter(|text| !text.is_empty()) else {
        return Ok(thread::available_parallelism().map_or(1, usize::from).min(4));
    };
    let threads = text.parse().ok().filter(|threads| (1..=MOST).contains(threads));
    threads.ok_or_else(|| {
        fault::argument("NET_RUNTIME_THREADS", format!("{text:?} is not a number from 1 to {MOST}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_threads_is_bounded() {
        assert_eq!(threads_for(Some("3")), Ok(3));
        assert!((1..=4).contains(&threads_for(None).expect("a default")));
        assert_eq!(threads_for(Some("")), threads_for(None));
        for wrong in ["0", "-1", "many", "1025"] {
            assert!(threads_for(Some(wrong)).is_err(), "{wrong}");
        }
        assert!(set_threads(0).is_err());
    }

    #[test]
    fn a_running_runtime_keeps_its_threads() {
        let running = handle().expect("a runtime");
        assert_eq!(running.id(), handle().expect("the same").id());
        assert!(set_threads(2).expect_err("too late").to_string().contains("running already"));
    }
}
