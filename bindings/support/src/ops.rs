//! Operations: futures that a host submits, may cancel by number, and hears of exactly once.

use std::{
    future::{Future, poll_fn},
    marker::PhantomData,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    thread,
};

use net_types::Error;
use tokio::task::AbortHandle;

use crate::{
    fault,
    guard::{catch, panicked, swallow},
    handles::Table,
    runtime,
};

/// Runs `future` on the runtime and gives its number, which fits 53 bits.
///
/// `done` hears of the end exactly once, on a thread of the runtime: with the result, with `internal` if the
/// future panics, with `cancelled` after [`cancel`]. It may run before this function returns.
pub fn spawn<P: Send + 'static>(
    future: impl Future<Output = Result<P, Error>> + Send + 'static,
    done: impl FnOnce(u64, Result<P, Error>) + Send + 'static,
) -> u64 {
    let operation = Operation::begin();
    let number = operation.number;
    operation.run(future, done);
    number
}

/// Drops an operation's future, which ends it with `cancelled`, and says whether it was still going on.
///
/// An operation that ends at this moment keeps its result.
pub fn cancel(operation: u64) -> bool {
    TABLE.get::<Switch>(operation).map(|switch| switch.off()).is_ok()
}

/// The number of operations that go on.
pub fn live() -> usize {
    TABLE.live()
}

static TABLE: Table = Table::new();

/// An operation that has a number but does not run yet.
#[must_use]
pub(crate) struct Operation {
    pub(crate) number: u64,
    switch: Arc<Switch>,
}

impl Operation {
    pub(crate) fn begin() -> Self {
        let switch = Arc::new(Switch::default());
        Self { number: TABLE.put(switch.clone()), switch }
    }

    pub(crate) fn run<P: Send + 'static>(
        self,
        future: impl Future<Output = Result<P, Error>> + Send + 'static,
        done: impl FnOnce(u64, Result<P, Error>) + Send + 'static,
    ) {
        let end = End::new(self.number, done);
        match runtime::handle() {
            Ok(runtime) => {
                let task = runtime.spawn(async move {
                    let result = caught(future).await;
                    end.reach(result);
                });
                self.switch.connect(task.abort_handle());
            }
            Err(error) => end.reach(Err(error)),
        }
    }

    /// Like [`run`](Self::run), with a first poll on this thread.
    ///
    /// Many operations find their result at once (events that wait in a ring, a lock that is free). Then this
    /// takes 0.2 microseconds, in place of 1 for a task among many and 10 to 40 for one that wakes a thread;
    /// else it adds one allocation. It is for queues only: their completion runs no code of the host but the wake.
    pub(crate) fn run_eagerly<P: Send + 'static>(
        self,
        future: impl Future<Output = Result<P, Error>> + Send + 'static,
        done: impl FnOnce(u64, Result<P, Error>) + Send + 'static,
    ) {
        let mut future = Box::pin(caught(future));
        match runtime::handle().map(|runtime| first_poll(runtime, future.as_mut())) {
            Ok(Poll::Pending) => self.run(future, done),
            Ok(Poll::Ready(result)) => {
                drop(future);
                self.end(result, done);
            }
            Err(error) => self.end(Err(error), done),
        }
    }

    /// Ends an operation that never ran.
    pub(crate) fn end<P>(self, result: Result<P, Error>, done: impl FnOnce(u64, Result<P, Error>)) {
        End::new(self.number, done).reach(result);
    }
}

/// The first poll wakes nobody: the task that takes the future over polls it again.
fn first_poll<F: Future>(runtime: &tokio::runtime::Handle, future: Pin<&mut F>) -> Poll<F::Output> {
    let _inside = runtime.enter();
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The future with its panics turned into `internal`.
pub(crate) async fn caught<P>(future: impl Future<Output = Result<P, Error>>) -> Result<P, Error> {
    let mut future = pin!(future);
    poll_fn(|context| {
        catch(|| future.as_mut().poll(context)).unwrap_or_else(|payload| Poll::Ready(Err(panicked(payload))))
    })
    .await
}

/// The duty to tell of an operation's end.
///
/// It belongs to the task, which either reaches its end or is dropped, never both: that is what makes the
/// end known exactly once without a flag.
struct End<P, D: FnOnce(u64, Result<P, Error>)> {
    number: u64,
    done: Option<D>,
    result: PhantomData<fn(P)>,
}

impl<P, D: FnOnce(u64, Result<P, Error>)> End<P, D> {
    fn new(number: u64, done: D) -> Self {
        Self { number, done: Some(done), result: PhantomData }
    }

    fn reach(mut self, result: Result<P, Error>) {
        self.tell(result);
    }

    fn tell(&mut self, result: Result<P, Error>) {
        if let Some(done) = self.done.take() {
            TABLE.free(self.number);
            swallow(|| done(self.number, result));
        }
    }
}

impl<P, D: FnOnce(u64, Result<P, Error>)> Drop for End<P, D> {
    fn drop(&mut self) {
        self.tell(Err(if thread::panicking() {
            fault::internal("panic while an operation was dropped")
        } else {
            fault::cancelled()
        }));
    }
}

/// What `cancel` finds under an operation's number.
#[derive(Default)]
struct Switch(Mutex<SwitchState>);

#[derive(Default)]
struct SwitchState {
    off: bool,
    task: Option<AbortHandle>,
}

impl Switch {
    fn connect(&self, task: AbortHandle) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.off {
            task.abort();
        }
        state.task = Some(task);
    }

    fn off(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.off = true;
        if let Some(task) = &state.task {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        sync::mpsc,
    };

    use super::*;

    type Ends<P> = mpsc::Receiver<(u64, Result<P, Error>)>;

    fn start<P: Send + 'static>(
        future: impl Future<Output = Result<P, Error>> + Send + 'static,
    ) -> (u64, Ends<P>) {
        let (sender, ends) = mpsc::channel();
        let number = spawn(future, move |number, result| sender.send((number, result)).expect("a listener"));
        (number, ends)
    }

    /// The sender lives in `done`, so the channel's end proves that there is no second call.
    #[track_caller]
    fn only<P>(ends: Ends<P>) -> (u64, Result<P, Error>) {
        let end = ends.recv().expect("an end");
        assert!(ends.recv().is_err(), "a second end");
        end
    }

    #[test]
    fn a_result_arrives_under_its_number() {
        let (number, ends) = start(ready(Ok(5)));
        assert_eq!(only(ends), (number, Ok(5)));
        assert!(!cancel(number), "it is over");
    }

    #[test]
    fn a_panic_is_an_internal_error_with_its_place() {
        let (_, ends) = start::<()>(async { panic!("lost") });
        let error = only(ends).1.expect_err("must fail").to_string();
        assert!(error.starts_with("internal: panic at ") && error.ends_with(": lost"), "{error}");
    }

    #[test]
    fn cancelling_drops_the_future_first() {
        let (held, dropped) = mpsc::channel::<()>();
        let (number, ends) = start::<()>(async move {
            let _held = held;
            pending().await
        });
        assert!(cancel(number));
        let (_, result) = ends.recv().expect("an end");
        assert_eq!(result, Err(fault::cancelled()));
        assert_eq!(dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected));
        assert!(!cancel(number));
    }

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }

    #[test]
    fn a_future_that_panics_when_dropped_still_ends_once() {
        let (number, ends) = start::<()>(async move {
            let _bomb = Bomb;
            pending().await
        });
        cancel(number);
        let (_, result) = only(ends);
        assert!(result.is_err());
    }

    #[test]
    fn a_callback_that_panics_harms_nobody() {
        let (sender, told) = mpsc::channel();
        spawn(ready(Ok(())), move |_, _| {
            sender.send(()).expect("a listener");
            panic!("in the callback");
        });
        told.recv().expect("called");
        assert_eq!(only(start(ready(Ok(1))).1).1, Ok(1));
    }

    #[test]
    fn an_operation_switched_off_before_it_runs_is_cancelled() {
        let (sender, ends) = mpsc::channel();
        let operation = Operation::begin();
        assert!(cancel(operation.number));
        operation.run(pending::<Result<(), Error>>(), move |n, r| sender.send((n, r)).expect("a listener"));
        assert_eq!(only(ends).1, Err(fault::cancelled()));
    }
}
