//! Packs: the form in which records, unions, lists and errors cross inside one process.
//!
//! | type | form |
//! |---|---|
//! | bool, u8, i8 | 1 byte |
//! | other unsigned numbers, durations, instants, handles, tags | LEB128 varint |
//! | other signed numbers, dates | zigzag varint |
//! | f64 | 8 bytes, little endian |
//! | string, bytes, json | varint length, then the bytes |
//! | bytes of a fixed length | the bytes |
//! | optional | 0, or 1 and the value |
//! | list | varint count, then the items |
//! | map | varint count, then keys and values in the byte order of the keys |
//! | record | varint field count, `u32` little endian length of the body, then the fields in order |
//! | union | varint case, then a record of the case's fields |
//!
//! A reader gives fields that a record lacks their default and skips those it does not know.

mod parcel;
mod reader;
mod values;
mod writer;

use std::collections::BTreeMap;

use bytes::Bytes;
use net_types::Error;

pub use parcel::{Parcel, Shared};
pub use reader::{Reader, RecordReader};
pub use values::Span;
pub use writer::Writer;

/// A value that crosses packed.
pub trait Pack: Sized {
    /// Appends the value.
    fn pack(&self, w: &mut Writer);

    /// Reads a value; the error `codec_decode` names the offset.
    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error>;

    /// Appends items without their count: bytes do so in one piece.
    #[doc(hidden)]
    fn pack_items(items: &[Self], w: &mut Writer) {
        for item in items {
            item.pack(w);
        }
    }

    /// Reads items whose count is known.
    #[doc(hidden)]
    fn unpack_items(r: &mut Reader<'_>, count: usize) -> Result<Vec<Self>, Error> {
        // A count costs a few bytes, room for the items much more: hostile input gets room for what it pays.
        let room = r.remaining() / size_of::<Self>().max(1) + 4;
        let mut items = Vec::with_capacity(count.min(room));
        for _ in 0..count {
            items.push(Self::unpack(r)?);
        }
        Ok(items)
    }
}

/// Packs one value.
pub fn encode<T: Pack>(value: &T) -> Vec<u8> {
    let mut w = Writer::with_capacity(ROOM);
    value.pack(&mut w);
    w.into_vec()
}

/// Most results fit this many bytes, so that writing them allocates once.
const ROOM: usize = 64;

/// Unpacks one value that fills the input.
pub fn decode<T: Pack>(data: &[u8]) -> Result<T, Error> {
    let mut r = Reader::new(data);
    let value = T::unpack(&mut r)?;
    r.finish()?;
    Ok(value)
}

impl Pack for () {
    fn pack(&self, _: &mut Writer) {}

    fn unpack(_: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(())
    }
}

impl Pack for bool {
    fn pack(&self, w: &mut Writer) {
        w.bool(*self);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.bool()
    }
}

impl Pack for u8 {
    fn pack(&self, w: &mut Writer) {
        w.raw(&[*self]);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.u8()
    }

    fn pack_items(items: &[Self], w: &mut Writer) {
        w.raw(items);
    }

    fn unpack_items(r: &mut Reader<'_>, count: usize) -> Result<Vec<Self>, Error> {
        Ok(r.raw(count)?.to_vec())
    }
}

impl Pack for i8 {
    fn pack(&self, w: &mut Writer) {
        w.raw(&self.to_le_bytes());
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self::from_le_bytes([r.u8()?]))
    }
}

macro_rules! varints {
    ($($type:ident as $method:ident),*) => {$(
        impl Pack for $type {
            fn pack(&self, w: &mut Writer) {
                w.$method((*self).into());
            }

            fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
                let at = r.offset();
                Self::try_from(r.$method()?).map_err(|_| reader::malformed(at, concat!("more than fits ", stringify!($type))))
            }
        }
    )*};
}

varints!(u16 as varint, u32 as varint, u64 as varint, i16 as zigzag, i32 as zigzag, i64 as zigzag);

impl Pack for f64 {
    fn pack(&self, w: &mut Writer) {
        w.f64(*self);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.f64()
    }
}

impl Pack for String {
    fn pack(&self, w: &mut Writer) {
        w.str(self);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.str().map(Self::from)
    }
}

impl Pack for Bytes {
    fn pack(&self, w: &mut Writer) {
        w.bytes(self);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.bytes().map(Self::copy_from_slice)
    }
}

impl<const N: usize> Pack for [u8; N] {
    fn pack(&self, w: &mut Writer) {
        w.raw(self);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.array()
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, w: &mut Writer) {
        w.bool(self.is_some());
        if let Some(value) = self {
            value.pack(w);
        }
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        if r.bool()? { T::unpack(r).map(Some) } else { Ok(None) }
    }
}

impl<T: Pack> Pack for Box<T> {
    fn pack(&self, w: &mut Writer) {
        T::pack(self, w);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        T::unpack(r).map(Self::new)
    }
}

impl<T: Pack> Pack for Vec<T> {
    fn pack(&self, w: &mut Writer) {
        w.count(self.len());
        T::pack_items(self, w);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        let count = r.count()?;
        T::unpack_items(r, count)
    }
}

impl<T: Pack> Pack for BTreeMap<String, T> {
    fn pack(&self, w: &mut Writer) {
        w.count(self.len());
        for (key, value) in self {
            w.str(key);
            value.pack(w);
        }
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        let mut map = Self::new();
        for _ in 0..r.count()? {
            map.insert(r.str()?.to_owned(), T::unpack(r)?);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests;
