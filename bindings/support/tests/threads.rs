//! Chooses the runtime's threads, which a process does once.

use net_support::runtime;

#[test]
fn the_runtime_has_the_threads_that_were_asked_for() {
    runtime::set_threads(3).expect("it does not run yet");
    runtime::set_threads(2).expect("it does not run yet");
    assert_eq!(runtime::handle().expect("a runtime").metrics().num_workers(), 2);
    let late = runtime::set_threads(4).expect_err("it runs");
    assert_eq!(late.to_string(), "argument: threads: the runtime is running already");
}
