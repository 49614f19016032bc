//! The types of the C ABI, and how the library's values become theirs.

use std::ffi::c_void;
use std::ptr;

use net_support::host::Request;
use net_support::pack::{Parcel, Writer};
use net_support::{Event as Heard, pack_fields};
use net_types::Error;

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

/// An operation has ended: `op`, and `error` or the pack of its result in `payload`.
pub const NET_EVENT_COMPLETED: u32 = 1;
/// The library calls a host object: `instance`, `method`, `reply`; `payload` has the arguments.
pub const NET_EVENT_REQUEST: u32 = 2;
/// Nobody waits for the answer `reply` any more.
pub const NET_EVENT_ABANDONED: u32 = 3;
/// The library does not hold the object `instance` of the host any more.
pub const NET_EVENT_RELEASED: u32 = 4;

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

/// The number of an error's family and kind in one.
pub(crate) fn code(error: &Error) -> Code {
    Code::from(error.family()) << 16 | Code::from(error.kind())
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
    pub(crate) fn free(self) {
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

impl Event {
    pub(crate) fn free(self) {
        self.error.free();
        self.payload.free();
    }
}

impl From<Heard<Parcel>> for Event {
    fn from(heard: Heard<Parcel>) -> Self {
        let none = Self::default();
        match heard {
            Heard::Completed { op, result: Ok(result) } => {
                Self { r#type: NET_EVENT_COMPLETED, op, payload: result.deliver().into(), ..none }
            }
            Heard::Completed { op, result: Err(error) } => {
                Self { r#type: NET_EVENT_COMPLETED, op, error: Failure::from(&error), ..none }
            }
            Heard::Request(Request { instance, method, reply, args }) => Self {
                r#type: NET_EVENT_REQUEST,
                instance,
                method,
                reply,
                payload: args.deliver().into(),
                ..none
            },
            Heard::Abandoned { reply } => Self { r#type: NET_EVENT_ABANDONED, reply, ..none },
            Heard::Released { instance } => Self { r#type: NET_EVENT_RELEASED, instance, ..none },
        }
    }
}
