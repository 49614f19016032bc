//! The queue: for programs that hear of everything in a loop of their own.

use std::ffi::{c_int, c_void};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use net_support::host::{Request, Sink};
use net_support::pack::Writer;
use net_support::{Event as Heard, Pack, fault, guard};
use net_types::Error;

use crate::abi::{Bytes, Failure, Host, View};
use crate::call;
use crate::signal::Signal;

/// An operation has ended: `op`, and `error` or the pack of its result in `payload`.
pub const NET_EVENT_COMPLETED: u32 = 1;
/// The library calls a host object: `instance`, `method`, `reply`; `payload` has the arguments.
pub const NET_EVENT_REQUEST: u32 = 2;
/// Nobody waits for the answer `reply` any more.
pub const NET_EVENT_ABANDONED: u32 = 3;
/// The library does not hold the object `instance` of the host any more.
pub const NET_EVENT_RELEASED: u32 = 4;

/// A queue of events.
///
/// Pass it as `ctx`, with `net_queue_done` as `done`, and the operation's end arrives on it.
#[derive(Debug)]
pub struct Queue {
    pub(crate) events: net_support::Queue<Vec<u8>>,
    bell: Arc<Bell>,
}

/// Something that a loop has to hear: `net_event_free` releases it.
///
/// What an event does not need is zero.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Event {
    /// What it is, one of `NET_EVENT_...`.
    pub r#type: u32,
    /// Number of the method that is called.
    pub method: u32,
    /// Operation that has ended.
    pub op: u64,
    /// Where the answer goes.
    pub reply: u64,
    /// Number that the program gave its object.
    pub instance: u64,
    /// Why the operation failed; all zero if it did not.
    pub error: Failure,
    /// Result or arguments.
    pub payload: Bytes,
}

/// Makes a queue; NULL if the system has no more file descriptors.
#[unsafe(no_mangle)]
pub extern "C" fn net_queue_new() -> *mut Queue {
    let made = guard(|| {
        let signal = Signal::new().map_err(|error| fault::internal(error.to_string()))?;
        let bell = Arc::new(Bell { signal, lock: Mutex::new(()), ring: Condvar::new() });
        let rung = Arc::clone(&bell);
        Ok(Box::into_raw(Box::new(Queue { events: net_support::Queue::new(move || rung.ring()), bell })))
    });
    made.unwrap_or(std::ptr::null_mut())
}

/// Ends a queue: operations on it end unheard, calls of its objects fail.
///
/// No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_queue_free(queue: *mut Queue) {
    call::quiet(|| {
        if !queue.is_null() {
            // SAFETY: the queue comes from `net_queue_new` and is given up by the caller.
            unsafe { Box::from_raw(queue) }.events.close();
        }
    });
}

/// Gives a file descriptor that is readable while there are events, and now and then without.
///
/// It is for polling only. -1 where the system has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_queue_fd(queue: *const Queue) -> c_int {
    // SAFETY: the caller passes NULL or a queue.
    unsafe { queue.as_ref() }.map_or(-1, |queue| queue.bell.signal.fd())
}

/// Takes the oldest event out; false if none came in time.
///
/// A time below zero is forever, and zero does not wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_queue_next(queue: *mut Queue, timeout_ms: i64, event: *mut Event) -> bool {
    call::quiet(|| {
        // SAFETY: the caller passes a queue, or NULL.
        let Some(queue) = (unsafe { queue.as_ref() }) else { return false };
        let Some(heard) = queue.wait(timeout_ms) else { return false };
        let heard = Event::from(heard);
        // SAFETY: the caller passes room for an event, or NULL.
        match unsafe { event.as_mut() } {
            Some(event) => *event = heard,
            None => heard.free(),
        }
        true
    })
}

/// Takes up to `max` events without waiting, writes them as one pack, and counts them.
///
/// Each event is a byte with its type and then: for an end the operation, a byte that is 0 for
/// success, and result or error; for a call the instance, method, reply and arguments; else the
/// reply or the instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_queue_drain(queue: *mut Queue, max: u32, events: *mut Bytes) -> u32 {
    call::quiet(|| {
        // SAFETY: the caller passes a queue and room for bytes, or NULL.
        let (Some(queue), Some(events)) = (unsafe { (queue.as_ref(), events.as_mut()) }) else { return 0 };
        let heard = queue.take(max as usize);
        let mut writer = Writer::new();
        heard.iter().for_each(|event| write(&mut writer, event));
        *events = if heard.is_empty() { Bytes::default() } else { writer.into_vec().into() };
        u32::try_from(heard.len()).unwrap_or(u32::MAX)
    })
}

/// Releases what an event holds and zeroes it, so that a second call does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_event_free(event: *mut Event) {
    call::quiet(|| {
        // SAFETY: the caller passes NULL or an event that the library gave it, or zeroes.
        if let Some(event) = unsafe { event.as_mut() } {
            mem::take(event).free();
        }
    });
}

/// Makes an object of the host whose calls arrive on a queue, under the number `instance`.
///
/// It is to be handed to exactly one call. `absent` and `props` are those of `net_host`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_queue_host(
    queue: *const Queue,
    instance: u64,
    absent: u64,
    props: View,
) -> Host {
    // SAFETY: the caller passes a queue, or NULL, and a readable view.
    let made = unsafe {
        queue.as_ref().map(|queue| QueueHost {
            events: queue.events.clone(),
            instance,
            absent,
            props: props.optional(|view| view.bytes("props")).ok().flatten().map(<[u8]>::to_vec),
        })
    };
    let ctx = made.map_or(std::ptr::null_mut(), |made| Box::into_raw(Box::new(made)).cast());
    Host { ctx, call: Some(queue_call), cancel: None, drop: Some(queue_drop), absent, props: View::NONE }
}

/// Whether a host object is one that [`net_queue_host`] made.
pub(crate) fn is_queued(host: &Host) -> bool {
    !host.ctx.is_null()
        && host
            .call
            .is_some_and(|call| std::ptr::fn_addr_eq(call, queue_call as unsafe extern "C" fn(_, _, _, _)))
}

/// An object whose calls arrive on a queue.
pub(crate) struct QueueHost {
    events: net_support::Queue<Vec<u8>>,
    instance: u64,
    pub(crate) absent: u64,
    pub(crate) props: Option<Vec<u8>>,
}

impl QueueHost {
    pub(crate) fn request(&self, request: Request<Vec<u8>>) -> Result<(), Error> {
        self.events.request(Request { instance: self.instance, ..request })
    }

    pub(crate) fn settled(&self, reply: u64, abandoned: bool) {
        self.events.settled(reply, abandoned);
    }
}

impl Drop for QueueHost {
    fn drop(&mut self) {
        self.events.released(self.instance);
    }
}

/// Marks the objects of a queue, which the library takes over instead of calling.
unsafe extern "C" fn queue_call(_: *mut c_void, _: u32, reply: u64, _: View) {
    net_support::host::drop_reply(reply);
}

/// Releases an object of a queue that no call took.
unsafe extern "C" fn queue_drop(ctx: *mut c_void) {
    if !ctx.is_null() {
        // SAFETY: the context comes from `net_queue_host`.
        drop(unsafe { Box::from_raw(ctx.cast::<QueueHost>()) });
    }
}

impl Queue {
    /// The oldest event, if it comes in time.
    fn wait(&self, timeout_ms: i64) -> Option<Heard<Vec<u8>>> {
        let timeout = u64::try_from(timeout_ms).map(Duration::from_millis);
        loop {
            if let Some(event) = self.take(1).pop() {
                return Some(event);
            }
            match timeout {
                Ok(timeout) if !self.bell.wait(timeout, &self.events) => return None,
                Ok(_) => {}
                Err(_) => while !self.bell.wait(Duration::MAX, &self.events) {},
            }
        }
    }

    /// Up to `max` events. The signal goes off with the last one, and on again for one that came meanwhile.
    fn take(&self, max: usize) -> Vec<Heard<Vec<u8>>> {
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
    fn wait(&self, timeout: Duration, events: &net_support::Queue<Vec<u8>>) -> bool {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ring.wait_timeout_while(lock, timeout, |()| events.is_empty());
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Event {
    fn free(self) {
        self.error.free();
        call::Out::discard(self.payload);
    }
}

impl From<Heard<Vec<u8>>> for Event {
    fn from(heard: Heard<Vec<u8>>) -> Self {
        let none = Self::default();
        match heard {
            Heard::Completed { op, result: Ok(result) } => {
                Self { r#type: NET_EVENT_COMPLETED, op, payload: result.into(), ..none }
            }
            Heard::Completed { op, result: Err(error) } => {
                Self { r#type: NET_EVENT_COMPLETED, op, error: Failure::from(&error), ..none }
            }
            Heard::Request(Request { instance, method, reply, args }) => {
                Self { r#type: NET_EVENT_REQUEST, instance, method, reply, payload: args.into(), ..none }
            }
            Heard::Abandoned { reply } => Self { r#type: NET_EVENT_ABANDONED, reply, ..none },
            Heard::Released { instance } => Self { r#type: NET_EVENT_RELEASED, instance, ..none },
        }
    }
}

fn write(w: &mut Writer, event: &Heard<Vec<u8>>) {
    match event {
        Heard::Completed { op, result } => {
            w.varint(NET_EVENT_COMPLETED.into());
            w.varint(*op);
            w.bool(result.is_err());
            match result {
                Ok(result) => w.bytes(result),
                Err(error) => error.pack(w),
            }
        }
        Heard::Request(request) => {
            w.varint(NET_EVENT_REQUEST.into());
            w.varint(request.instance);
            w.varint(request.method.into());
            w.varint(request.reply);
            w.bytes(&request.args);
        }
        Heard::Abandoned { reply } => {
            w.varint(NET_EVENT_ABANDONED.into());
            w.varint(*reply);
        }
        Heard::Released { instance } => {
            w.varint(NET_EVENT_RELEASED.into());
            w.varint(*instance);
        }
    }
}
