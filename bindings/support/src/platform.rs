//! Whether the process is a fork: the code of this crate that depends on the platform.

use std::sync::atomic::{AtomicBool, Ordering};

static FORKED: AtomicBool = AtomicBool::new(false);

/// Whether this process was forked since `watch_forks`.
pub(crate) fn is_forked() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// Has each forked child note that it is one.
#[cfg(unix)]
pub(crate) fn watch_forks() {
    extern "C" fn in_child() {
        FORKED.store(true, Ordering::Relaxed);
    }
    // SAFETY: the handler only stores to an atomic, which is async-signal-safe, and is a static function.
    // A failure (out of memory) only means that forks go unnoticed.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}

/// Without forks there is nothing to watch.
#[cfg(not(unix))]
pub(crate) fn watch_forks() {}
