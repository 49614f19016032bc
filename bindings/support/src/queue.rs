//! The completion queue: everything that a host's event loop has to hear, in one place.

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use net_types::Error;

use crate::{
    fault,
    guard::swallow,
    host::{self, Request, Sink},
    ops::{self, Operation},
};

/// What a host's event loop hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<P> {
    /// An operation has ended.
    Completed {
        /// Its number.
        op: u64,
        /// How it ended.
        result: Result<P, Error>,
    },
    /// The core calls a host object.
    Request(Request<P>),
    /// The core no longer wants the answer to a request: the host cancels its work.
    Abandoned {
        /// The request's reply.
        reply: u64,
    },
    /// The core no longer holds a host object.
    Released {
        /// The object's number.
        instance: u64,
    },
}

/// One host event loop's queue; clones share it.
///
/// `P` is what results and arguments cross as: packed bytes, or a closure that builds the host's value.
pub struct Queue<P>(Arc<Shared<P>>);

impl<P: Send + 'static> Queue<P> {
    /// An empty queue. `wake` is called, on any thread, each time it becomes non-empty.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared { wake: Box::new(wake), state: Mutex::new(State::default()) }))
    }

    /// Runs `future` on the runtime and gives the number under which its end is queued, exactly once.
    ///
    /// On a closed queue the operation ends with `closed` at once.
    pub fn submit(&self, future: impl Future<Output = Result<P, Error>> + Send + 'static) -> u64 {
        let operation = Operation::begin();
        let number = operation.number;
        let queue = self.clone();
        let end = move |op, result| queue.complete(op, result);
        if self.expect(number) {
            operation.run_eagerly(future, end);
        } else {
            operation.end(Err(fault::closed("the queue")), end);
        }
        number
    }

    /// Drops an operation's future, which ends it with `cancelled`; says whether it was still going on.
    pub fn cancel(&self, op: u64) -> bool {
        ops::cancel(op)
    }

    /// Takes up to `max` events out, oldest first.
    ///
    /// A queue that stays non-empty wakes nobody again: drain until there are fewer than `max`.
    pub fn drain(&self, max: usize) -> Vec<Event<P>> {
        let mut state = self.lock();
        let count = max.min(state.events.len());
        let events: Vec<_> = state.events.drain(..count).collect();
        let ended = events.iter().filter(|event| matches!(event, Event::Completed { .. })).count();
        state.pending -= ended;
        events
    }

    /// The number of operations whose end is not drained yet.
    pub fn pending(&self) -> usize {
        self.lock().pending
    }

    /// The number of events to drain.
    pub fn len(&self) -> usize {
        self.lock().events.len()
    }

    /// Says whether there is no event to drain.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends what goes on: operations with `closed`, the core's requests with `internal: handler dropped`.
    ///
    /// What is queued can still be drained. Later requests of the core fail at once.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let operations = std::mem::take(&mut state.operations);
        let requests = std::mem::take(&mut state.requests);
        let ends =
            operations.iter().map(|&op| Event::Completed { op, result: Err(fault::closed("the queue")) });
        let woken = state.events.is_empty() && !operations.is_empty();
        state.events.extend(ends);
        drop(state);
        if woken {
            swallow(|| (self.0.wake)());
        }
        for op in operations {
            ops::cancel(op);
        }
        for reply in requests {
            host::drop_reply(reply);
        }
    }

    /// Notes an operation that begins; false if the queue is closed.
    fn expect(&self, op: u64) -> bool {
        let mut state = self.lock();
        state.pending += 1;
        state.operations.insert(op);
        !state.closed
    }

    /// Queues an operation's end unless `close` has done so.
    fn complete(&self, op: u64, result: Result<P, Error>) {
        let mut state = self.lock();
        if state.operations.remove(&op) {
            self.push(state, Event::Completed { op, result });
        } else {
            // The result's destructor may be the host's code.
            drop(state);
            drop(result);
        }
    }

    fn push(&self, mut state: MutexGuard<'_, State<P>>, event: Event<P>) {
        let woken = state.events.is_empty();
        state.events.push_back(event);
        drop(state);
        if woken {
            swallow(|| (self.0.wake)());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<P>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Send + 'static> Sink<P> for Queue<P> {
    fn request(&self, request: Request<P>) -> Result<(), Error> {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return Err(fault::handler_dropped());
        }
        state.requests.insert(request.reply);
        self.push(state, Event::Request(request));
        Ok(())
    }

    fn settled(&self, reply: u64, abandoned: bool) {
        let mut state = self.lock();
        if state.requests.remove(&reply) && abandoned {
            self.push(state, Event::Abandoned { reply });
        }
    }

    fn released(&self, instance: u64) {
        let state = self.lock();
        if !state.closed {
            self.push(state, Event::Released { instance });
        }
    }
}

impl<P> Clone for Queue<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P> fmt::Debug for Queue<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

struct Shared<P> {
    wake: Box<dyn Fn() + Send + Sync>,
    state: Mutex<State<P>>,
}

struct State<P> {
    events: VecDeque<Event<P>>,
    /// Operations whose end is not queued yet.
    operations: HashSet<u64>,
    /// Requests that are neither answered nor abandoned, by their reply.
    requests: HashSet<u64>,
    pending: usize,
    closed: bool,
}

impl<P> Default for State<P> {
    fn default() -> Self {
        Self {
            events: VecDeque::new(),
            operations: HashSet::new(),
            requests: HashSet::new(),
            pending: 0,
            closed: false,
        }
    }
}

#[cfg(test)]
mod tests;
