//! Reading packed values out of borrowed bytes.
//!
//! Every length is checked before it is used, so no input panics or makes room for more than it carries.

use net_types::Error;

use super::Pack;
use crate::fault;

/// How deep records may be nested: far above any published type, far below the end of the stack.
const DEPTH: u8 = 64;

/// A position in borrowed packed bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
    depth: u8,
}

impl<'a> Reader<'a> {
    /// The beginning of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self { rest: data, offset: 0, depth: 0 }
    }

    /// Reads a truth value.
    #[inline]
    pub fn bool(&mut self) -> Result<bool, Error> {
        let at = self.offset;
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(malformed(at, &format!("{other} is not 0 or 1"))),
        }
    }

    /// Reads one byte.
    #[inline]
    pub fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    /// Reads an unsigned number, a handle or a tag.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, Error> {
        if let Some((&byte @ ..0x80, rest)) = self.rest.split_first() {
            self.rest = rest;
            self.offset += 1;
            return Ok(byte.into());
        }
        self.long_varint()
    }

    /// Reads a signed number.
    #[inline]
    pub fn zigzag(&mut self) -> Result<i64, Error> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// Reads a floating point number.
    #[inline]
    pub fn f64(&mut self) -> Result<f64, Error> {
        self.array().map(f64::from_le_bytes)
    }

    /// Reads a string.
    #[inline]
    pub fn str(&mut self) -> Result<&'a str, Error> {
        let at = self.offset;
        let bytes = self.bytes()?;
        str::from_utf8(bytes).map_err(|_| malformed(at, "the string is not UTF-8"))
    }

    /// Reads bytes with their length.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let length = self.count()?;
        self.raw(length)
    }

    /// Reads `length` bytes.
    #[inline]
    pub fn raw(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let Some((bytes, rest)) = self.rest.split_at_checked(length) else {
            return Err(malformed(self.offset, &format!("{length} bytes wanted, {} left", self.rest.len())));
        };
        self.rest = rest;
        self.offset += length;
        Ok(bytes)
    }

    /// Reads as many bytes as the array has.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.raw(N)?);
        Ok(array)
    }

    /// Reads the count of a list or map, which is at most the number of bytes left.
    #[inline]
    pub fn count(&mut self) -> Result<usize, Error> {
        let at = self.offset;
        let count = self.varint()?;
        match usize::try_from(count) {
            Ok(count) if count <= self.rest.len() => Ok(count),
            _ => Err(malformed(at, &format!("the count {count} exceeds the {} bytes left", self.rest.len()))),
        }
    }

    /// Reads a list of strings without copying them.
    pub fn strs(&mut self) -> Result<Vec<&'a str>, Error> {
        self.list(Self::str)
    }

    /// Reads a list of bytes without copying them.
    pub fn byte_strs(&mut self) -> Result<Vec<&'a [u8]>, Error> {
        self.list(Self::bytes)
    }

    /// Reads a list, each item by `item`.
    pub fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let count = self.count()?;
        let room = self.rest.len() / size_of::<T>().max(1) + 4;
        let mut items = Vec::with_capacity(count.min(room));
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Reads an optional value by `value`.
    pub fn option<T>(
        &mut self,
        value: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if self.bool()? { value(self).map(Some) } else { Ok(None) }
    }

    /// Passes a record and gives a reader of its fields.
    pub fn record(&mut self) -> Result<RecordReader<'a>, Error> {
        let at = self.offset;
        if self.depth == DEPTH {
            return Err(malformed(at, "records are nested too deep"));
        }
        let fields = self.varint()?;
        let length = u32::from_le_bytes(self.array()?);
        let offset = self.offset;
        let rest = self.raw(usize::try_from(length).unwrap_or(usize::MAX))?;
        Ok(RecordReader { fields, body: Self { rest, offset, depth: self.depth + 1 } })
    }

    /// Passes a union and gives its case with a reader of the case's fields.
    pub fn union(&mut self) -> Result<(u64, RecordReader<'a>), Error> {
        let case = self.varint()?;
        Ok((case, self.record()?))
    }

    /// The error for a value at this place that no reader knows, such as a tag.
    pub fn unknown(&self, what: &str) -> Error {
        malformed(self.offset, &format!("unknown {what}"))
    }

    /// Demands that all is read.
    pub fn finish(&self) -> Result<(), Error> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(malformed(self.offset, &format!("{left} bytes too many"))),
        }
    }

    /// The number of bytes before this place.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The number of bytes after this place.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    fn long_varint(&mut self) -> Result<u64, Error> {
        let at = self.offset;
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(malformed(at, "the number exceeds 64 bits"))
    }
}

/// The fields of a record; the outer reader has already passed them.
#[derive(Clone, Debug)]
pub struct RecordReader<'a> {
    fields: u64,
    body: Reader<'a>,
}

impl<'a> RecordReader<'a> {
    /// Reads the next field, which the record must have.
    pub fn field<T: Pack>(&mut self) -> Result<T, Error> {
        match self.next() {
            Some(body) => T::unpack(body),
            None => Err(self.missing()),
        }
    }

    /// Reads the next field, or gives `default` if the record ends before it.
    pub fn field_or<T: Pack>(&mut self, default: T) -> Result<T, Error> {
        self.field_or_else(|| default)
    }

    /// Reads the next field, or makes its default if the record ends before it.
    pub fn field_or_else<T: Pack>(&mut self, default: impl FnOnce() -> T) -> Result<T, Error> {
        match self.next() {
            Some(body) => T::unpack(body),
            None => Ok(default()),
        }
    }

    /// The place of the next field, for a form that is no [`Pack`]; `None` when the record has ended.
    #[expect(clippy::should_implement_trait, reason = "a lending `next` cannot be an iterator's")]
    pub fn next(&mut self) -> Option<&mut Reader<'a>> {
        self.fields = self.fields.checked_sub(1)?;
        Some(&mut self.body)
    }

    /// The error for a field that the record lacks and that has no default.
    pub fn missing(&self) -> Error {
        malformed(self.body.offset, "the record ends before a field without default")
    }
}

/// The error for bytes at `offset` that cannot be what was expected.
pub(super) fn malformed(offset: usize, what: &str) -> Error {
    fault::codec_decode(format!("at offset {offset}: {what}"))
}
