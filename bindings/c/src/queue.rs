//! A queue of events that threads wait for and loops poll.

use std::ffi::c_int;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use net_support::pack::Parcel;
use net_support::{Event, Queue as Completions};

use crate::signal::Signal;

/// A queue of events.
///
/// Pass it as `ctx`, with `net_queue_done` as `done`, and the operation's end arrives on it.
#[derive(Debug)]
pub struct Queue {
    pub(crate) events: Events,
    bell: Arc<Bell>,
}

/// What a queue shares with the operations and host objects on it.
pub(crate) type Events = Completions<Parcel>;

impl Queue {
    /// An empty queue.
    pub(crate) fn new() -> io::Result<Self> {
        let bell = Arc::new(Bell { signal: Signal::new()?, lock: Mutex::new(()), ring: Condvar::new() });
        let rung = Arc::clone(&bell);
        Ok(Self { events: Events::new(move || rung.ring()), bell })
    }

    /// The descriptor to poll; -1 where the system has none.
    pub(crate) fn fd(&self) -> c_int {
        self.bell.signal.fd()
    }

    /// The oldest event, if it comes in time.
    pub(crate) fn wait(&self, timeout_ms: i64) -> Option<Event<Parcel>> {
        loop {
            if let Some(event) = self.take(1).pop() {
                return Some(event);
            }
            if !self.has_event(timeout_ms) {
                return None;
            }
        }
    }

    /// Whether an event comes in time; it stays in the queue.
    pub(crate) fn has_event(&self, timeout_ms: i64) -> bool {
        match u64::try_from(timeout_ms).map(Duration::from_millis) {
            Ok(timeout) => self.bell.wait(timeout, &self.events),
            Err(_) => loop {
                if self.bell.wait(Duration::MAX, &self.events) {
                    return true;
                }
            },
        }
    }

    /// Up to `max` events. The signal goes off with the last one, and on again for one that came meanwhile.
    pub(crate) fn take(&self, max: usize) -> Vec<Event<Parcel>> {
        let events = self.events.drain(max);
        if self.events.is_empty() {
            self.bell.signal.clear();
            if !self.events.is_empty() {
                self.bell.signal.raise();
            }
        }
        events
    }
}

/// Operations end unheard, calls of the host's objects fail, and what nobody took out is released.
impl Drop for Queue {
    fn drop(&mut self) {
        self.events.close();
        drop(self.events.drain(usize::MAX));
    }
}

/// Wakes those who wait for events.
#[derive(Debug)]
struct Bell {
    signal: Signal,
    lock: Mutex<()>,
    ring: Condvar,
}

impl Bell {
    fn ring(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.ring.notify_all();
        self.signal.raise();
    }

    /// Waits for an event and tells whether there is one.
    fn wait(&self, timeout: Duration, events: &Events) -> bool {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ring.wait_timeout_while(lock, timeout, |()| events.is_empty());
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}
