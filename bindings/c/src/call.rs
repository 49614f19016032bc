//! What the generated functions are made of: the frame of a call, arguments, results, host objects.
#![allow(dead_code, reason = "which of it is used depends on the modules that are compiled in")]

use std::ffi::c_void;
use std::future::Future;
use std::sync::Arc;

use net_support::host::{HostPort, Request, Sink};
use net_support::pack::{self, Reader};
use net_support::stream::{HostSource, StreamHandle};
use net_support::{Pack, fault, guard, handles, ops};
use net_types::{Error, Stream};

use crate::abi::{Bytes, Code, Done, Failure, Handle, Host, View};
use crate::queue::{self, Queue, QueueHost};

/// A result that a call writes.
pub(crate) trait Out: Default {
    /// Releases a result that nobody wants.
    fn discard(self) {}
}

impl Out for () {}
impl Out for bool {}
impl Out for u8 {}
impl Out for u16 {}
impl Out for u32 {}
impl Out for u64 {}
impl Out for i8 {}
impl Out for i16 {}
impl Out for i32 {}
impl Out for i64 {}
impl Out for f64 {}

impl Out for Bytes {
    fn discard(mut self) {
        // SAFETY: the bytes are this function's own.
        unsafe { crate::abi::net_bytes_free(&mut self) };
    }
}

impl Out for Handle {
    fn discard(self) {
        handles::free(self.0);
    }
}

/// Runs a synchronous call and writes its result or error.
///
/// # Safety
///
/// The pointers are NULL or writable.
pub(crate) unsafe fn answer<T: Out>(
    result: *mut T,
    error: *mut Failure,
    body: impl FnOnce() -> Result<T, Error>,
) -> Code {
    let (value, failure) = match guard(body) {
        Ok(value) => (value, Failure::default()),
        Err(error) => (T::default(), Failure::from(&error)),
    };
    let code = failure.code();
    // SAFETY: as promised by the caller.
    unsafe {
        if result.is_null() {
            value.discard()
        } else {
            result.write(value)
        }
        if error.is_null() { failure.free() } else { error.write(failure) }
    }
    code
}

/// Like [`answer`], for a result that may be none.
///
/// # Safety
///
/// The pointers are NULL or writable.
pub(crate) unsafe fn answer_optional<T: Out>(
    found: *mut bool,
    result: *mut T,
    error: *mut Failure,
    body: impl FnOnce() -> Result<Option<T>, Error>,
) -> Code {
    let mut is_some = false;
    let body = || {
        let value = body()?;
        is_some = value.is_some();
        Ok(value.unwrap_or_default())
    };
    // SAFETY: as promised by the caller.
    unsafe {
        let code = answer(result, error, body);
        if !found.is_null() {
            found.write(is_some);
        }
        code
    }
}

/// Runs a call that answers with nothing but a code.
pub(crate) fn code(body: impl FnOnce() -> Result<(), Error>) -> Code {
    guard(body).map_or_else(|error| Code::from(error.family()) << 16 | Code::from(error.kind()), |()| 0)
}

/// Runs a call that cannot fail; in a forked child it does nothing.
pub(crate) fn quiet<T: Default>(body: impl FnOnce() -> T) -> T {
    guard(|| Ok(body())).unwrap_or_default()
}

/// Starts an operation; 0 if that is refused.
///
/// # Safety
///
/// `done` may be called with `ctx` on any thread; without it, `ctx` is NULL or a queue.
pub(crate) unsafe fn submit<F>(done: Done, ctx: *mut c_void, body: impl FnOnce() -> Result<F, Error>) -> u64
where
    F: Future<Output = Result<Vec<u8>, Error>> + Send + 'static,
{
    let future = guard(body);
    let forked = guard::is_forked();
    let future = async move { future?.await };
    match done {
        Some(_) if forked => {
            Callback { done, ctx }.tell(0, Err(fault::forked()));
            0
        }
        Some(_) => {
            let callback = Callback { done, ctx };
            ops::spawn(future, move |op, result| callback.tell(op, result))
        }
        // SAFETY: as promised by the caller.
        None => match unsafe { ctx.cast::<Queue>().as_ref() } {
            Some(queue) if !forked => queue.events.submit(future),
            _ => 0,
        },
    }
}

/// The object under a handle.
pub(crate) fn object<T: Send + Sync + 'static>(handle: Handle) -> Result<Arc<T>, Error> {
    handles::get(handle.0)
}

/// A handle of an object.
pub(crate) fn shared<T: Send + Sync + 'static>(object: Arc<T>) -> Handle {
    Handle(handles::put(object))
}

/// A handle of a stream.
pub(crate) fn streamed<T: Pack + Send + 'static>(stream: Stream<T>) -> Handle {
    Handle(handles::put(Arc::new(StreamHandle::packed(stream))))
}

/// A value of an enum or set of bits, if the integer is one.
pub(crate) fn known<T>(argument: &str, value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(|| fault::argument(argument, "is none of the known values"))
}

/// A count of time that fits 64 bits.
pub(crate) fn count(time: u128) -> u64 {
    u64::try_from(time).unwrap_or(u64::MAX)
}

/// All its methods are unsafe: what the view points to is readable for `'a`.
impl View {
    /// What `read` makes of it, or nothing if there is none.
    pub(crate) unsafe fn optional<T>(
        self,
        read: impl FnOnce(Self) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if self.data.is_null() { Ok(None) } else { read(self).map(Some) }
    }

    pub(crate) unsafe fn bytes<'a>(self, argument: &str) -> Result<&'a [u8], Error> {
        if self.data.is_null() {
            return Err(fault::argument(argument, "is NULL"));
        }
        if isize::try_from(self.len).is_err() {
            return Err(fault::argument(argument, "is too long"));
        }
        // SAFETY: readable by promise of the caller, not null, and not longer than an allocation can be.
        Ok(unsafe { std::slice::from_raw_parts(self.data, self.len) })
    }

    pub(crate) unsafe fn text<'a>(self, argument: &str) -> Result<&'a str, Error> {
        // SAFETY: as promised by the caller.
        let bytes = unsafe { self.bytes(argument) }?;
        std::str::from_utf8(bytes).map_err(|_| fault::argument(argument, "is not UTF-8"))
    }

    pub(crate) unsafe fn fixed<const N: usize>(self, argument: &str) -> Result<[u8; N], Error> {
        // SAFETY: as promised by the caller.
        let bytes = unsafe { self.bytes(argument) }?;
        let wrong = |_| fault::argument(argument, format!("has {} bytes, not {N}", bytes.len()));
        bytes.try_into().map_err(wrong)
    }

    pub(crate) unsafe fn pack<T: Pack>(self, argument: &str) -> Result<T, Error> {
        // SAFETY: as promised by the caller.
        pack::decode(unsafe { self.bytes(argument) }?)
    }

    pub(crate) unsafe fn texts<'a>(self, argument: &str) -> Result<Vec<&'a str>, Error> {
        // SAFETY: as promised by the caller.
        let mut reader = Reader::new(unsafe { self.bytes(argument) }?);
        let texts = reader.strs()?;
        reader.finish().map(|()| texts)
    }

    pub(crate) unsafe fn chunks<'a>(self, argument: &str) -> Result<Vec<&'a [u8]>, Error> {
        // SAFETY: as promised by the caller.
        let mut reader = Reader::new(unsafe { self.bytes(argument) }?);
        let chunks = reader.byte_strs()?;
        reader.finish().map(|()| chunks)
    }
}

/// A host object that this library holds and lets go of once.
pub(crate) enum Adopted {
    /// Functions of the program.
    Functions(Functions),
    /// Calls that arrive on a queue.
    Queued(Box<QueueHost>),
}

/// A table of functions of the program, with the properties copied.
pub(crate) struct Functions {
    host: Host,
    props: Option<Vec<u8>>,
}

// SAFETY: the header demands functions that may be called with `ctx` on any thread.
unsafe impl Send for Functions {}
// SAFETY: as above.
unsafe impl Sync for Functions {}

impl Adopted {
    /// Takes over an object; none for NULL.
    ///
    /// # Safety
    ///
    /// The pointer is NULL or readable, and no other call took the object.
    pub(crate) unsafe fn take(host: *const Host) -> Option<Self> {
        // SAFETY: as promised by the caller.
        let host = unsafe { host.as_ref() }?;
        if queue::is_queued(host) {
            // SAFETY: only `net_queue_host` makes such objects, with a box that it gave up.
            return Some(Self::Queued(unsafe { Box::from_raw(host.ctx.cast()) }));
        }
        // SAFETY: the properties are readable for the call, as the struct is.
        let props = unsafe { host.props.optional(|view| view.bytes("props")) }.ok().flatten();
        Some(Self::Functions(Functions { host: *host, props: props.map(<[u8]>::to_vec) }))
    }

    /// Whether the optional method with that number is there.
    pub(crate) fn has(&self, method: u32) -> bool {
        let absent = match self {
            Self::Functions(functions) => functions.host.absent,
            Self::Queued(queued) => queued.absent,
        };
        absent >> method & 1 == 0
    }

    /// Its properties, as a record's pack.
    pub(crate) fn props(&self) -> Option<Vec<u8>> {
        match self {
            Self::Functions(functions) => functions.props.clone(),
            Self::Queued(queued) => queued.props.clone(),
        }
    }

    /// The way to call it.
    pub(crate) fn port(self) -> HostPort<Vec<u8>> {
        HostPort::new(self, 0)
    }

    /// A stream of the host: an object with the one method `next`.
    pub(crate) fn stream<T: Pack + Send + 'static>(self) -> Stream<T> {
        Arc::new(HostSource::<T, Vec<u8>>::packed(self.port(), 0))
    }
}

/// A host object that an argument must name.
pub(crate) fn required(host: Option<Adopted>, argument: &str) -> Result<Adopted, Error> {
    host.ok_or_else(|| fault::argument(argument, "is NULL"))
}

impl Sink<Vec<u8>> for Adopted {
    fn request(&self, request: Request<Vec<u8>>) -> Result<(), Error> {
        match self {
            Self::Functions(functions) => functions.request(request),
            Self::Queued(queued) => queued.request(request),
        }
    }

    fn settled(&self, reply: u64, abandoned: bool) {
        match self {
            Self::Functions(Functions { host, .. }) => {
                if let Some(cancel) = host.cancel.filter(|_| abandoned) {
                    // SAFETY: the header demands that the function takes its context on any thread.
                    unsafe { cancel(host.ctx, reply) };
                }
            }
            Self::Queued(queued) => queued.settled(reply, abandoned),
        }
    }

    /// Dropping it tells the host, also before it ever was a port.
    fn released(&self, _: u64) {}
}

impl Functions {
    fn request(&self, request: Request<Vec<u8>>) -> Result<(), Error> {
        let call = self.host.call.ok_or_else(|| fault::argument("host", "has no function `call`"))?;
        // SAFETY: the header demands that the function takes its context on any thread.
        unsafe { call(self.host.ctx, request.method, request.reply, View::of(&request.args)) };
        Ok(())
    }
}

impl Drop for Functions {
    fn drop(&mut self) {
        if let Some(drop) = self.host.drop {
            // SAFETY: the header demands that the function takes its context on any thread; it is called once.
            unsafe { drop(self.host.ctx) };
        }
    }
}

/// A program's function that hears of an end.
struct Callback {
    done: Done,
    ctx: *mut c_void,
}

// SAFETY: the header demands functions that may be called with `ctx` on any thread.
unsafe impl Send for Callback {}

impl Callback {
    fn tell(self, op: u64, result: Result<Vec<u8>, Error>) {
        let Some(done) = self.done else { return };
        match result {
            // SAFETY: the header demands that the function takes its context on any thread; it is called once.
            Ok(result) => unsafe { done(self.ctx, op, std::ptr::null(), View::of(&result)) },
            Err(error) => {
                let failure = Failure::from(&error);
                // SAFETY: as above.
                unsafe { done(self.ctx, op, &failure, View::NONE) };
                failure.free();
            }
        }
    }
}
