//! The functions that belong to no module and no queue.

use std::ffi::{CString, c_char, c_void};
use std::sync::OnceLock;

use net_support::pack::{Parcel, Reader, Writer};
use net_support::{error_of, fault, handles, host, ops, stream};
use net_types::Error;
use net_types::base::BaseError;

use crate::abi::{Bytes, Code, Done, Failure, Handle, View};
use crate::call;
use crate::r#gen::version::{NET_ABI_MAJOR, NET_ABI_MINOR};

/// Releases bytes and zeroes the struct, so that a second call does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_bytes_free(bytes: *mut Bytes) {
    // SAFETY: the caller passes NULL or bytes that the library gave it, or zeroes.
    call::quiet(|| unsafe {
        if let Some(bytes) = bytes.as_mut() {
            std::mem::take(bytes).free();
        }
    });
}

/// Releases an error and zeroes the struct, so that a second call does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_error_free(error: *mut Failure) {
    // SAFETY: the caller passes NULL or an error that the library gave it, or zeroes.
    call::quiet(|| unsafe {
        if let Some(error) = error.as_mut() {
            std::mem::take(error).free();
        }
    });
}

/// Releases an object or stream; false if there was none. Operations on it go on; a stream ends.
#[unsafe(no_mangle)]
pub extern "C" fn net_handle_free(handle: Handle) -> bool {
    call::quiet(|| handles::free(handle.0))
}

/// Answers a call of a host object with the pack of its result, empty for none.
///
/// The code is `handle` if nobody waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_reply(reply: u64, result: View) -> Code {
    call::code(|| {
        // SAFETY: the caller keeps the view readable for the call.
        let result = unsafe { result.optional(|view| view.bytes("result")) }?;
        host::reply(reply, Ok(result.unwrap_or_default().to_vec()))
    })
}

/// Answers a call of a host object with an error: detail, and pack of a record of its fields.
///
/// Family 0, kind 9 (`host_threw`) is for whatever the spec has no kind for. The code is `handle`
/// if nobody waits, `argument` if there is no such kind; the call then fails with `internal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_reply_error(
    reply: u64,
    family: u16,
    kind: u16,
    detail: View,
    fields: View,
) -> Code {
    call::code(|| {
        // SAFETY: the caller keeps the views readable for the call.
        let error = unsafe { thrown(family, kind, detail, fields) };
        let refused = error.as_ref().err().cloned();
        let error = error.unwrap_or_else(|refused| fault::internal(format!("bad answer: {refused}")));
        host::reply::<Vec<u8>>(reply, Err(error))?;
        refused.map_or(Ok(()), Err)
    })
}

/// Gives up an operation, which then ends with `cancelled`; false if it had ended.
#[unsafe(no_mangle)]
pub extern "C" fn net_op_cancel(op: u64) -> bool {
    call::quiet(|| ops::cancel(op))
}

/// Asks a stream for up to `max` items.
///
/// The result is the pack of a list, which is empty at the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_stream_next(handle: Handle, max: u32, done: Done, ctx: *mut c_void) -> u64 {
    // SAFETY: the caller keeps `ctx` valid until it hears of the end.
    unsafe { call::launch(done, ctx, || Ok(stream::next::<Parcel>(handle.0, max as usize))) }
}

/// Ends a stream: items that are waited for do not come any more. Its handle stays to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_stream_close(handle: Handle, error: *mut Failure) -> Code {
    // SAFETY: the caller passes NULL or room for an error.
    unsafe { call::perform(error, || stream::close::<Parcel>(handle.0)) }
}

/// Counts objects and streams that were not freed, and objects of the host that the library holds.
#[unsafe(no_mangle)]
pub extern "C" fn net_live_handles() -> usize {
    net_support::live_handles()
}

/// Refuses a program that was compiled against a version of this interface that the library does
/// not fit: another major, or a minor above the library's. The error has both versions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_abi_check(major: u32, minor: u32, error: *mut Failure) -> Code {
    // SAFETY: the caller passes NULL or room for an error. Unlike others it answers in a forked child too.
    unsafe { call::end(error, fits(major, minor)) }
}

/// Gives the hash of the interface spec that the library was generated from, in hex.
#[unsafe(no_mangle)]
pub extern "C" fn net_spec_hash() -> *const c_char {
    static HASH: OnceLock<CString> = OnceLock::new();
    HASH.get_or_init(|| CString::new(net_types::SPEC_HASH).unwrap_or_default()).as_ptr()
}

fn fits(major: u32, minor: u32) -> Result<(), Error> {
    if major == NET_ABI_MAJOR && (0..=NET_ABI_MINOR).contains(&minor) {
        return Ok(());
    }
    Err(BaseError::Mismatch {
        what: "C ABI".to_owned(),
        wanted: format!("{major}.{minor}"),
        found: format!("{NET_ABI_MAJOR}.{NET_ABI_MINOR}"),
    }
    .into())
}

/// The error that a host answers with.
///
/// # Safety
///
/// The views are readable.
unsafe fn thrown(family: u16, kind: u16, detail: View, fields: View) -> Result<Error, Error> {
    let mut none = Writer::new();
    none.record(0, |_| {});
    // SAFETY: as promised by the caller.
    let (detail, fields) = unsafe {
        (detail.optional(|view| view.text("detail"))?, fields.optional(|view| view.bytes("fields"))?)
    };
    let mut fields = Reader::new(fields.unwrap_or(none.as_slice()));
    let error = error_of(family, kind, detail.unwrap_or_default(), &mut fields)?;
    error.ok_or_else(|| fault::argument("kind", format!("family {family} has no kind {kind}")))
}
