//! The `base` errors that the bindings themselves give.

use net_types::{BaseError, Error};

/// The handle was freed, or never was one.
pub fn closed_handle() -> Error {
    BaseError::Handle { detail: "closed".into() }.into()
}

/// The handle is alive and belongs to an object of another type.
pub fn wrong_handle() -> Error {
    BaseError::Handle { detail: "of another type".into() }.into()
}

/// The handle is alive and belongs to another thread's environment.
pub fn foreign_handle() -> Error {
    BaseError::Handle { detail: "of another thread".into() }.into()
}

/// A defect of the library.
pub fn internal(text: impl Into<String>) -> Error {
    BaseError::Internal { detail: text.into() }.into()
}

/// The caller gave up first.
pub fn cancelled() -> Error {
    BaseError::Cancelled.into()
}

/// `what` was closed before the operation was done.
pub fn closed(what: impl Into<String>) -> Error {
    BaseError::Closed { detail: what.into() }.into()
}

/// The process is a fork of the one that loaded the library.
pub fn forked() -> Error {
    BaseError::Forked.into()
}

/// The argument `name` is refused for `reason`.
pub fn argument(name: impl Into<String>, reason: impl Into<String>) -> Error {
    BaseError::Argument { argument: name.into(), reason: reason.into() }.into()
}

/// Bytes could not be decoded.
pub fn codec_decode(text: impl Into<String>) -> Error {
    BaseError::CodecDecode { detail: text.into() }.into()
}

/// Host code did not answer in time.
pub fn host_timeout() -> Error {
    BaseError::HostTimeout.into()
}

/// Host code let a request go without an answer.
pub fn handler_dropped() -> Error {
    internal("handler dropped")
}
