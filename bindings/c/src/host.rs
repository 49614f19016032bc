//! Objects of the host as the library holds them.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use net_support::host::{HostPort, Request, Sink, drop_reply};
use net_support::pack::Parcel;
use net_support::stream::HostSource;
use net_support::{Pack, fault};
use net_types::{Error, Stream};

use crate::abi::{Host, View};
use crate::queue::Events;

/// The way to an object: arguments are parcels, answers packs.
pub(crate) type Port = HostPort<Parcel, Vec<u8>>;

/// A host object that this library has taken over, and lets go of once.
pub(crate) struct Adopted {
    /// The way to call it; dropping it tells the host.
    pub(crate) port: Port,
    /// Its properties, as a record's pack.
    pub(crate) props: Option<Vec<u8>>,
    absent: u64,
    callable: bool,
}

impl Adopted {
    /// Takes over an object; none for NULL.
    ///
    /// # Safety
    ///
    /// The pointer is NULL or readable, as its properties are, and no other call took the object.
    pub(crate) unsafe fn take(host: *const Host) -> Option<Self> {
        // SAFETY: as promised by the caller.
        let host = unsafe { host.as_ref() }?;
        if is_queued(host) {
            // SAFETY: only `queued` makes such objects, with a box that it gave up.
            return Some(*unsafe { Box::from_raw(host.ctx.cast()) });
        }
        // SAFETY: as promised by the caller.
        let props = unsafe { host.props.copied() };
        let port = HostPort::new(Functions(Host { props: View::NONE, ..*host }), 0);
        Some(Self { port, props, absent: host.absent, callable: host.call.is_some() })
    }

    /// Whether the optional method with that number is there.
    pub(crate) fn has(&self, method: u32) -> bool {
        self.absent >> method & 1 == 0
    }
}

/// A stream of the host: an object with the one method `next`.
pub(crate) fn stream<T: Pack + Send + 'static>(host: Adopted) -> Result<Stream<T>, Error> {
    Ok(Arc::new(HostSource::<T, Parcel, Vec<u8>>::packed(host.port, 0)))
}

/// A host object that an argument must name.
pub(crate) fn required(host: Option<Adopted>, argument: &str) -> Result<Adopted, Error> {
    optional(host, argument)?.ok_or_else(|| fault::argument(argument, "is NULL"))
}

/// A host object that an argument may name.
pub(crate) fn optional(host: Option<Adopted>, argument: &str) -> Result<Option<Adopted>, Error> {
    match host {
        Some(host) if !host.callable => Err(fault::argument(argument, "lacks a function")),
        host => Ok(host),
    }
}

/// An object whose calls arrive on a queue, in the form in which a program hands it on.
pub(crate) fn queued(events: &Events, instance: u64, absent: u64, props: Option<Vec<u8>>) -> Host {
    let adopted = Adopted { port: HostPort::new(events.clone(), instance), props, absent, callable: true };
    Host { ctx: Box::into_raw(Box::new(adopted)).cast(), ..Host::NOBODY }
}

impl Host {
    /// An object that answers no call.
    pub(crate) const NOBODY: Self = Self {
        ctx: ptr::null_mut(),
        call: Some(queued_call),
        cancel: None,
        drop: Some(queued_drop),
        absent: 0,
        props: View::NONE,
    };
}

fn is_queued(host: &Host) -> bool {
    let mark: unsafe extern "C" fn(_, _, _, _) = queued_call;
    !host.ctx.is_null() && host.call.is_some_and(|call| ptr::fn_addr_eq(call, mark))
}

/// Marks the objects of a queue, which the library takes over instead of calling.
unsafe extern "C" fn queued_call(_: *mut c_void, _: u32, reply: u64, _: View) {
    drop_reply(reply);
}

/// Releases an object of a queue that no call took.
unsafe extern "C" fn queued_drop(ctx: *mut c_void) {
    if !ctx.is_null() {
        // SAFETY: the context comes from `queued`.
        drop(unsafe { Box::from_raw(ctx.cast::<Adopted>()) });
    }
}

/// A table of functions of the program.
struct Functions(Host);

// SAFETY: the header demands functions that may be called with `ctx` on any thread.
unsafe impl Send for Functions {}
// SAFETY: as above.
unsafe impl Sync for Functions {}

impl Sink<Parcel> for Functions {
    fn request(&self, request: Request<Parcel>) -> Result<(), Error> {
        let call = self.0.call.ok_or_else(fault::handler_dropped)?;
        let args = request.args.deliver();
        // SAFETY: the header demands that the function takes its context on any thread.
        unsafe { call(self.0.ctx, request.method, request.reply, View::of(&args)) };
        Ok(())
    }

    fn settled(&self, reply: u64, abandoned: bool) {
        if let Some(cancel) = self.0.cancel.filter(|_| abandoned) {
            // SAFETY: the header demands that the function takes its context on any thread.
            unsafe { cancel(self.0.ctx, reply) };
        }
    }

    fn released(&self, _: u64) {
        if let Some(drop) = self.0.drop {
            // SAFETY: the header demands that the function takes its context on any thread; it is called once.
            unsafe { drop(self.0.ctx) };
        }
    }
}
