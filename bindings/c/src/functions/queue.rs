//! The functions of the queue: for programs that hear of everything in a loop of their own.

use std::ffi::c_int;
use std::{mem, ptr};

use net_support::pack::{Parcel, Writer};
use net_support::{Event as Heard, Pack, fault, guard};

use crate::abi::{
    Bytes, Event, Host, NET_EVENT_ABANDONED, NET_EVENT_COMPLETED, NET_EVENT_RELEASED, NET_EVENT_REQUEST, View,
};
use crate::call;
use crate::host;
use crate::queue::Queue;

/// Makes a queue; NULL if the system has no more file descriptors.
#[unsafe(no_mangle)]
pub extern "C" fn net_queue_new() -> *mut Queue {
    let made = guard(|| Queue::new().map_err(|error| fault::internal(error.to_string())));
    made.map_or(ptr::null_mut(), |queue| Box::into_raw(Box::new(queue)))
}

/// Ends a queue: operations on it end unheard, calls of its objects fail.
///
/// No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_queue_free(queue: *mut Queue) {
    call::quiet(|| {
        if !queue.is_null() {
            // SAFETY: the queue comes from `net_queue_new` and is given up by the caller.
            drop(unsafe { Box::from_raw(queue) });
        }
    });
}

/// Gives a file descriptor that is readable while there are events, and now and then without.
///
/// It is for polling only. -1 where the system has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_queue_fd(queue: *const Queue) -> c_int {
    // SAFETY: the caller passes NULL or a queue.
    unsafe { queue.as_ref() }.map_or(-1, Queue::fd)
}

/// Waits for an event and leaves it in the queue; false if none came in time.
///
/// A time below zero is forever. It is for threads that drain the queue where `net_queue_fd` gives
/// nothing to poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_queue_wait(queue: *const Queue, timeout_ms: i64) -> bool {
    // SAFETY: the caller passes a queue, or NULL.
    call::quiet(|| unsafe { queue.as_ref() }.is_some_and(|queue| queue.has_event(timeout_ms)))
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
        if !event.is_null() {
            // SAFETY: the caller passes room for an event, or NULL.
            unsafe { event.write(heard.into()) };
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
        // SAFETY: the caller passes a queue, or NULL.
        let Some(queue) = (unsafe { queue.as_ref() }).filter(|_| !events.is_null()) else { return 0 };
        let heard = queue.take(max as usize);
        let count = u32::try_from(heard.len()).unwrap_or(u32::MAX);
        let mut w = Writer::new();
        heard.into_iter().for_each(|event| write(&mut w, event));
        let pack = if count == 0 { Bytes::default() } else { w.into_vec().into() };
        // SAFETY: the caller passes room for bytes.
        unsafe { events.write(pack) };
        count
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
    let (queue, props) = unsafe { (queue.as_ref(), props.copied()) };
    queue.map_or(Host::NOBODY, |queue| host::queued(&queue.events, instance, absent, props))
}

fn write(w: &mut Writer, event: Heard<Parcel>) {
    match event {
        Heard::Completed { op, result } => {
            w.varint(NET_EVENT_COMPLETED.into());
            w.varint(op);
            w.bool(result.is_err());
            match result {
                Ok(result) => w.bytes(&result.deliver()),
                Err(error) => error.pack(w),
            }
        }
        Heard::Request(request) => {
            w.varint(NET_EVENT_REQUEST.into());
            w.varint(request.instance);
            w.varint(request.method.into());
            w.varint(request.reply);
            w.bytes(&request.args.deliver());
        }
        Heard::Abandoned { reply } => {
            w.varint(NET_EVENT_ABANDONED.into());
            w.varint(reply);
        }
        Heard::Released { instance } => {
            w.varint(NET_EVENT_RELEASED.into());
            w.varint(instance);
        }
    }
}
