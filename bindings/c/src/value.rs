//! How arguments become values of the core, and results become what crosses.

use std::slice;
use std::sync::Arc;

use net_support::pack::{self, Pack, Parcel, Reader, Shared};
use net_support::stream::StreamHandle;
use net_support::{fault, handles};
use net_types::{BaseError, Error, Stream};

use crate::abi::{Bytes, Handle, View};

/// The object under a handle.
pub(crate) fn object<T: Send + Sync + 'static>(handle: Handle) -> Result<Arc<T>, Error> {
    handles::get(handle.0)
}

/// A stream as an object.
pub(crate) fn stream<T: Pack + Send + 'static>(stream: Stream<T>) -> Shared<StreamHandle<Parcel>> {
    Shared(Arc::new(StreamHandle::new(stream, |items: Vec<T>| Parcel::of(&items))))
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
        Ok(unsafe { slice::from_raw_parts(self.data, self.len) })
    }

    /// A copy of the bytes, if there are any.
    pub(crate) unsafe fn copied(self) -> Option<Vec<u8>> {
        // SAFETY: as promised by the caller.
        unsafe { self.bytes("") }.ok().map(<[u8]>::to_vec)
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
        unsafe { self.unpacked(argument, T::unpack) }
    }

    pub(crate) unsafe fn texts<'a>(self, argument: &str) -> Result<Vec<&'a str>, Error> {
        // SAFETY: as promised by the caller.
        unsafe { self.unpacked(argument, |r: &mut Reader<'a>| r.strs()) }
    }

    pub(crate) unsafe fn chunks<'a>(self, argument: &str) -> Result<Vec<&'a [u8]>, Error> {
        // SAFETY: as promised by the caller.
        unsafe { self.unpacked(argument, |r: &mut Reader<'a>| r.byte_strs()) }
    }

    /// What `read` makes of the whole pack; an error that the pack is malformed names the argument.
    unsafe fn unpacked<'a, T>(
        self,
        argument: &str,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        // SAFETY: as promised by the caller.
        let mut reader = Reader::new(unsafe { self.bytes(argument) }?);
        let value = read(&mut reader).and_then(|value| reader.finish().map(|()| value));
        value.map_err(|error| match error {
            Error::Base(BaseError::CodecDecode { detail }) => {
                fault::codec_decode(format!("{argument}: {detail}"))
            }
            other => other,
        })
    }
}

/// A result that a call writes; one that nobody wants is dropped instead.
pub(crate) trait Out {
    /// What stands for it on the other side; its default stands for none.
    type Raw: Default;

    /// Hands the result over.
    fn out(self) -> Self::Raw;
}

/// A result that crosses packed.
pub(crate) struct Packed<T>(pub(crate) T);

impl<T: Pack> Out for Packed<T> {
    type Raw = Bytes;

    fn out(self) -> Bytes {
        pack::encode(&self.0).into()
    }
}

impl<T: Send + Sync + 'static> Out for Shared<T> {
    type Raw = Handle;

    fn out(self) -> Handle {
        Handle(handles::put(self.0))
    }
}

impl<T: Out> Out for Option<T> {
    type Raw = T::Raw;

    fn out(self) -> T::Raw {
        self.map(T::out).unwrap_or_default()
    }
}

impl<const N: usize> Out for [u8; N] {
    type Raw = Bytes;

    fn out(self) -> Bytes {
        self.to_vec().into()
    }
}

macro_rules! out {
    ($($type:ty => $raw:ty),*) => {$(
        impl Out for $type {
            type Raw = $raw;

            fn out(self) -> $raw {
                self.into()
            }
        }
    )*};
}

out!(bool => bool, u8 => u8, u16 => u16, u32 => u32, u64 => u64, i8 => i8, i16 => i16, i32 => i32, i64 => i64);
out!(f64 => f64, String => Bytes, bytes::Bytes => Bytes);
