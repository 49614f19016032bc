//! Waiting for a future on the calling thread.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use net_types::Error;
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::{ops::caught, runtime};

/// Waits for a future's result on this thread, calling `check` every 50 ms.
///
/// The future is polled here, which is the shortest way for one request at a time; its timers and tasks are
/// the runtime's. If `check` fails, the future is dropped and the failure returned. A panic is `internal`.
///
/// A callback on a thread of the runtime may wait as well: the thread's other tasks move to a new one.
pub fn block_on<T, E: From<Error>>(
    future: impl Future<Output = Result<T, Error>>,
    check: impl FnMut() -> Result<(), E>,
) -> Result<T, E> {
    let runtime = runtime::handle()?;
    let on_a_worker =
        Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    let waits = || {
        let _inside = runtime.enter();
        wait(future, check)
    };
    if on_a_worker { tokio::task::block_in_place(waits) } else { waits() }
}

const CHECK_EVERY: Duration = Duration::from_millis(50);

fn wait<T, E: From<Error>>(
    future: impl Future<Output = Result<T, Error>>,
    mut check: impl FnMut() -> Result<(), E>,
) -> Result<T, E> {
    let mut future = pin!(caught(future));
    let bell = Arc::new(Bell { rung: AtomicBool::new(false), sleeper: thread::current() });
    let waker = Waker::from(Arc::clone(&bell));
    let mut next_check = Instant::now() + CHECK_EVERY;
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Ok(result?);
        }
        loop {
            let left = next_check.saturating_duration_since(Instant::now());
            if left.is_zero() {
                check()?;
                next_check = Instant::now() + CHECK_EVERY;
            }
            if bell.rung.swap(false, Ordering::Acquire) {
                break;
            }
            thread::park_timeout(left);
        }
    }
}

/// Wakes the waiting thread; the flag tells its ring from any other use of the thread's token.
struct Bell {
    rung: AtomicBool,
    sleeper: Thread,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.sleeper.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        sync::mpsc,
    };

    use super::*;
    use crate::{fault, ops};

    #[test]
    fn a_ready_result_returns_at_once() {
        assert_eq!(block_on(ready(Ok::<_, Error>(5)), || Err(fault::cancelled())), Ok(5));
    }

    #[test]
    fn a_result_of_the_runtime_wakes_this_thread() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        ops::spawn(ready(Ok(7)), |_, result| sender.send(result).expect("a listener"));
        let result = block_on(async { receiver.await.expect("an answer") }, || Ok::<_, Error>(()));
        assert_eq!(result, Ok(7));
    }

    #[test]
    fn timers_and_tasks_work_within() {
        let future = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::spawn(ready(Ok(3))).await.expect("no panic")
        };
        assert_eq!(block_on(future, || Ok::<_, Error>(())), Ok(3));
    }

    #[test]
    fn a_failed_check_drops_the_future() {
        let (held, dropped) = mpsc::channel::<()>();
        let future = async move {
            let _held = held;
            pending::<Result<(), Error>>().await
        };
        let mut checks = 0;
        let result = block_on(future, || {
            checks += 1;
            if checks == 2 { Err(fault::argument("check", "interrupted")) } else { Ok(()) }
        });
        assert_eq!(result, Err(fault::argument("check", "interrupted")));
        assert_eq!(dropped.recv(), Err(mpsc::RecvError));
    }

    #[test]
    fn a_busy_future_is_checked_too() {
        let future = std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            Poll::<Result<(), Error>>::Pending
        });
        assert_eq!(block_on(future, || Err(fault::cancelled())), Err(fault::cancelled()));
    }

    #[test]
    fn a_panic_is_internal() {
        let error = block_on(async { panic!("lost") as Result<(), Error> }, || Ok::<_, Error>(()));
        assert!(error.expect_err("must fail").to_string().starts_with("internal: panic at "));
    }

    #[test]
    fn every_thread_of_the_runtime_may_wait_at_once() {
        let (sender, ends) = mpsc::channel();
        for _ in 0..8 {
            let sender = sender.clone();
            ops::spawn(ready(Ok(())), move |_, _| {
                let spawned = async { tokio::spawn(ready(Ok(1))).await.expect("no panic") };
                sender.send(block_on(spawned, || Ok::<_, Error>(()))).expect("a listener");
            });
        }
        drop(sender);
        assert_eq!(ends.iter().collect::<Vec<_>>(), vec![Ok(1); 8]);
    }
}
