//! Uses the library in a forked child, in a process of its own.
#![cfg(unix)]

use std::sync::Arc;

use net_support::{guard, guard::is_forked, handles};

#[test]
fn a_forked_child_is_refused_and_its_finalizers_do_nothing() {
    let handle = guard(|| Ok(handles::put(Arc::new(5)))).expect("a handle");
    // SAFETY: the child takes no lock, which a thread that is gone could hold, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let refused = guard(|| Ok(())).is_err_and(|error| error.kind_text() == "forked");
        let good = is_forked() && refused && !handles::free(handle);
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(if good { 42 } else { 1 }) }
    }
    let mut status = 0;
    // SAFETY: waits for the child just made, with room for its status.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(libc::WEXITSTATUS(status), 42);
    assert!(handles::free(handle));
}
