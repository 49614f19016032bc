//! The types of the C ABI, and its functions that belong to no module.

use std::ffi::{CString, c_char, c_void};
use std::ptr;
use std::sync::OnceLock;

use net_support::pack::{Reader, Writer};
use net_support::{error_of, fault, handles, host, ops, pack_fields, stream};
use net_types::Error;

use crate::call;

/// Major version of this interface: programs of another major do not fit.
pub const NET_ABI_MAJOR: u32 = 1;

/// Minor version of this interface: it grows with each addition.
pub const NET_ABI_MINOR: u32 = 0;

/// An object or stream of the library: `net_handle_free` releases it. 0 is never valid.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Handle(pub u64);

/// Outcome of a call: 0, or the error's family in the upper and its kind in the lower 16 bits.
pub type Code = u32;

/// Bytes of somebody else's, valid for the call.
///
/// `data` is NULL for none at all, never for an empty text.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The first byte.
    pub data: *const u8,
    /// How many there are.
    pub len: usize,
}

/// Bytes of the caller's own: `net_bytes_free` releases them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// The first byte.
    pub data: *const u8,
    /// How many there are.
    pub len: usize,
    /// What keeps them.
    pub owner: *mut c_void,
}

/// An error, all zero for none: `net_error_free` releases one that a call wrote.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// Number of its family.
    pub family: u16,
    /// Number of its kind in the family.
    pub kind: u16,
    /// Whether the same call may succeed later.
    pub retry: bool,
    /// The whole message, UTF-8.
    pub message: View,
    /// What is particular about this one, UTF-8; `data` is NULL for nothing.
    pub detail: View,
    /// Pack of a record of the kind's fields.
    pub fields: View,
    /// What keeps the three.
    pub owner: *mut c_void,
}

/// Hears of an operation's end, exactly once, on any thread.
///
/// `error` is NULL on success. Error and result are borrowed.
pub type Done = Option<unsafe extern "C" fn(ctx: *mut c_void, op: u64, error: *const Failure, result: View)>;

/// An object of the host: what a function takes that calls back.
///
/// All functions may be called on any thread.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// First argument of the functions.
    pub ctx: *mut c_void,
    /// Takes a call of a method: packs of its arguments one after the other, valid until it
    /// returns. The answer goes to `net_reply` or `net_reply_error`, now or later, on any thread.
    pub call: Option<unsafe extern "C" fn(ctx: *mut c_void, method: u32, reply: u64, args: View)>,
    /// Tells that nobody waits for an answer any more; may be NULL.
    pub cancel: Option<unsafe extern "C" fn(ctx: *mut c_void, reply: u64)>,
    /// Tells, exactly once, that the library does not hold the object any more; may be NULL.
    pub drop: Option<unsafe extern "C" fn(ctx: *mut c_void)>,
    /// Optional methods that are not there: bit `i` for method `i`.
    pub absent: u64,
    /// Pack of a record of the object's properties; `data` is NULL if it has none.
    pub props: View,
}

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
    unsafe { call::submit(done, ctx, || Ok(stream::next::<Vec<u8>>(handle.0, max as usize))) }
}

/// Ends a stream: items that are waited for do not come any more. Its handle stays to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_stream_close(handle: Handle, error: *mut Failure) -> Code {
    // SAFETY: the caller passes NULL or room for an error.
    unsafe { call::answer(ptr::null_mut::<()>(), error, || stream::close::<Vec<u8>>(handle.0)) }
}

/// Counts objects and streams that were not freed, and objects of the host that the library holds.
#[unsafe(no_mangle)]
pub extern "C" fn net_live_handles() -> usize {
    net_support::live_handles()
}

/// Tells whether a program that was compiled against this version of the interface fits the library.
#[unsafe(no_mangle)]
pub extern "C" fn net_abi_check(major: u32, minor: u32) -> bool {
    major == NET_ABI_MAJOR && (0..=NET_ABI_MINOR).contains(&minor)
}

/// Gives the hash of the interface spec that the library was generated from, in hex.
#[unsafe(no_mangle)]
pub extern "C" fn net_spec_hash() -> *const c_char {
    static HASH: OnceLock<CString> = OnceLock::new();
    HASH.get_or_init(|| CString::new(net_types::SPEC_HASH).unwrap_or_default()).as_ptr()
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

impl View {
    /// Nothing at all.
    pub(crate) const NONE: Self = Self { data: ptr::null(), len: 0 };

    /// A view of bytes that outlive it.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), len: bytes.len() }
    }
}

impl Bytes {
    fn free(self) {
        if !self.owner.is_null() {
            // SAFETY: `owner` comes from `into_raw` in `from` below, and only the caller's copy of it was left.
            drop(unsafe { Box::from_raw(self.owner.cast::<bytes::Bytes>()) });
        }
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self { data: ptr::null(), len: 0, owner: ptr::null_mut() }
    }
}

impl<T: Into<bytes::Bytes>> From<T> for Bytes {
    fn from(bytes: T) -> Self {
        let bytes = bytes.into();
        let View { data, len } = View::of(&bytes);
        Self { data, len, owner: Box::into_raw(Box::new(bytes)).cast() }
    }
}

/// What the views of a [`Failure`] point into.
struct Texts {
    message: String,
    detail: Option<String>,
    fields: Vec<u8>,
}

impl Failure {
    /// Number of family and kind in one.
    pub(crate) fn code(&self) -> Code {
        Code::from(self.family) << 16 | Code::from(self.kind)
    }

    pub(crate) fn free(self) {
        if !self.owner.is_null() {
            // SAFETY: `owner` comes from `into_raw` in `from` below, and only the caller's copy of it was left.
            drop(unsafe { Box::from_raw(self.owner.cast::<Texts>()) });
        }
    }
}

impl Default for Failure {
    fn default() -> Self {
        let [message, detail, fields] = [View::NONE; 3];
        Self { family: 0, kind: 0, retry: false, message, detail, fields, owner: ptr::null_mut() }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let mut fields = Writer::new();
        pack_fields(error, &mut fields);
        let texts = Texts { message: error.to_string(), detail: error.detail(), fields: fields.into_vec() };
        let texts = Box::new(texts);
        Self {
            family: error.family(),
            kind: error.kind(),
            retry: error.retry(),
            message: View::of(texts.message.as_bytes()),
            detail: texts.detail.as_ref().map_or(View::NONE, |text| View::of(text.as_bytes())),
            fields: View::of(&texts.fields),
            owner: Box::into_raw(texts).cast(),
        }
    }
}
