//! How results, errors and handles cross.

#![cfg_attr(not(feature = "conformance"), allow(dead_code, reason = "only the echo module uses every form"))]

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use napi::bindgen_prelude::{BigInt, Buffer, BufferSlice};
use napi_derive::napi;
use net_support::{
    Pack, fault, guard, handles,
    pack::{self, Reader, Writer},
    stream::HostSource,
};
use net_types::{Error, Stream};

use crate::queue::Home;

/// Runs the body of a function. An error crosses as a thrown `Error` whose message is the mark `net:` and the
/// packed error, one character per byte.
pub(crate) fn call<T>(body: impl FnOnce() -> Result<T, Error>) -> napi::Result<T> {
    guard(body).map_err(|error| {
        let bytes = pack::encode(&error);
        napi::Error::from_reason("net:".chars().chain(bytes.into_iter().map(char::from)).collect::<String>())
    })
}

/// An object of one environment, as it stands in the handle table.
pub(crate) struct Owned<T> {
    home: u64,
    object: Arc<T>,
}

impl<T> Owned<T> {
    pub(crate) fn new(home: u64, object: Arc<T>) -> Arc<Self> {
        Arc::new(Self { home, object })
    }
}

/// The number of the thread's environment.
pub(crate) fn thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static THREAD: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    THREAD.with(|number| *number)
}

/// The object of a handle that this thread's environment made.
pub(crate) fn object<T: Send + Sync + 'static>(handle: f64) -> Result<Arc<T>, Error> {
    shared(handle as u64)
}

/// The object of a handle in a pack.
pub(crate) fn shared<T: Send + Sync + 'static>(handle: u64) -> Result<Arc<T>, Error> {
    let owned = handles::get::<Owned<T>>(handle)?;
    if owned.home != thread() {
        return Err(fault::foreign_handle());
    }
    Ok(owned.object.clone())
}

/// A stream of the host.
pub(crate) fn host_stream<T: Pack + Send + 'static>(
    home: &Home,
    r: &mut Reader<'_>,
) -> Result<Stream<T>, Error> {
    Ok(Arc::new(HostSource::packed(home.port(r.varint()?), 0)))
}

/// Copies a packed result to the caller's buffer and tells its length; one that does not fit waits for `overflow`
/// and is told as -1.
pub(crate) fn answer(mut out: BufferSlice<'_>, w: Writer) -> f64 {
    let bytes = w.as_slice();
    if let Some(room) = out.get_mut(..bytes.len()) {
        room.copy_from_slice(bytes);
        return bytes.len() as f64;
    }
    OVERFLOW.with(|slot| slot.replace(w.into_vec()));
    -1.0
}

/// The result that did not fit.
#[napi(js_name = "kernelOverflow")]
pub fn overflow() -> Buffer {
    OVERFLOW.with(RefCell::take).into()
}

/// The unsigned number that crossed; the caller has checked its range.
pub(crate) fn unsigned(value: &BigInt) -> u64 {
    value.get_u64().1
}

/// A span of so many units.
pub(crate) fn duration(value: &BigInt, nanos: u64) -> Duration {
    let per_second = 1_000_000_000 / nanos;
    let count = unsigned(value);
    Duration::new(count / per_second, u32::try_from(count % per_second * nanos).unwrap_or_default())
}

/// The whole units of a span.
pub(crate) fn units(value: Duration, nanos: u64) -> u64 {
    u64::try_from(value.as_nanos() / u128::from(nanos)).unwrap_or(u64::MAX)
}

thread_local!(static OVERFLOW: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });
