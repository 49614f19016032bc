//! What the codecs of layouts are made of: a reader that trusts nothing, a writer, and the checks of both.

use crate::{BaseError, Error};
use blake2::{Blake2s256, Digest as _};
use std::fmt;

pub use crate::base::ChecksumHash as Hash;

/// Why bytes have no value, or a value has no bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    field: &'static str,
    reason: &'static str,
}

impl Fault {
    /// A fault of a field.
    pub fn new(field: &'static str, reason: &'static str) -> Self {
        Self { field, reason }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}

/// A value that has no bytes is an argument out of its range.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        BaseError::Argument { argument: fault.field.to_owned(), reason: fault.reason.to_owned() }.into()
    }
}

/// Bytes that are read from the front, or at an offset.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// Reads bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Goes on at an offset.
    pub fn at(&mut self, offset: usize) {
        self.position = offset.min(self.bytes.len());
    }

    /// Refuses any other number of bytes.
    pub fn exactly(&self, size: usize) -> Result<(), Fault> {
        match self.bytes.len() {
            len if len < size => Err(Fault::new("size", "ends early")),
            len if len > size => Err(Fault::new("size", "more bytes follow")),
            _ => Ok(()),
        }
    }

    /// Refuses bytes that are left.
    pub fn end(&self) -> Result<(), Fault> {
        if self.is_empty() { Ok(()) } else { Err(Fault::new("end", "more bytes follow")) }
    }

    /// How many bytes are read.
    pub fn position(&self) -> usize {
        self.position
    }

    /// What was read since a position.
    pub fn since(&self, start: usize) -> &'a [u8] {
        &self.bytes[start..self.position]
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.position == self.bytes.len()
    }

    /// The next bytes.
    pub fn take(&mut self, field: &'static str, len: usize) -> Result<&'a [u8], Fault> {
        let rest = &self.bytes[self.position..];
        let taken = rest.get(..len).ok_or_else(|| Fault::new(field, "ends early"))?;
        self.position += len;
        Ok(taken)
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.position..];
        self.position = self.bytes.len();
        rest
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Fault> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(field, N)?);
        Ok(array)
    }

    /// Refuses any other bytes than these.
    pub fn magic(&mut self, magic: &[u8]) -> Result<(), Fault> {
        let found = self.take("magic", magic.len())?;
        if found == magic { Ok(()) } else { Err(Fault::new("magic", "other leading bytes")) }
    }

    /// A version from 1 to the newest.
    pub fn version(&mut self, newest: u8) -> Result<u8, Fault> {
        let version = self.u8("version")?;
        let known = (1..=newest).contains(&version);
        if known { Ok(version) } else { Err(Fault::new("version", "unknown version")) }
    }

    /// A truth value.
    pub fn bool(&mut self, field: &'static str) -> Result<bool, Fault> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Fault::new(field, "neither 0 nor 1")),
        }
    }

    /// A varint in its shortest form.
    ///
    /// The two lowest bits of the first byte tell whether it has 1, 2, 4 or 8 bytes; the integer, lowest byte first,
    /// is shifted by them.
    pub fn varint(&mut self, field: &'static str) -> Result<u64, Fault> {
        let first = self.bytes.get(self.position).copied().unwrap_or_default();
        let len = 1 << (first & 3);
        let mut word = [0; 8];
        word[..len].copy_from_slice(self.take(field, len)?);
        let value = u64::from_le_bytes(word) >> 2;
        if varint_len(value) == len { Ok(value) } else { Err(Fault::new(field, "not a varint")) }
    }

    /// A length that is not above the greatest, and that what is left can hold at `width` bytes each.
    pub fn length(&self, field: &'static str, len: u64, most: u64, width: usize) -> Result<usize, Fault> {
        let len = at_most(field, len, most)?;
        let room = (self.bytes.len() - self.position) / width.max(1);
        let len = usize::try_from(len).ok().filter(|len| *len <= room);
        len.ok_or_else(|| Fault::new(field, "ends early"))
    }

    /// The number of bytes that are left, if it is not above the greatest.
    pub fn remaining(&self, field: &'static str, most: u64) -> Result<usize, Fault> {
        let left = self.bytes.len() - self.position;
        at_most(field, left as u64, most).map(|_| left)
    }

    /// UTF-8.
    pub fn text(&mut self, field: &'static str, len: usize) -> Result<&'a str, Fault> {
        std::str::from_utf8(self.take(field, len)?).map_err(|_| Fault::new(field, "not UTF-8"))
    }

    /// Refuses any other text than this.
    pub fn literal(&mut self, text: &'static str) -> Result<(), Fault> {
        let found = self.take("text", text.len())?;
        if found == text.as_bytes() { Ok(()) } else { Err(Fault::new("text", "not in its form")) }
    }

    /// The text up to another.
    pub fn until(&mut self, field: &'static str, end: &str) -> Result<&'a str, Fault> {
        let rest = &self.bytes[self.position..];
        let len = rest.windows(end.len()).position(|window| window == end.as_bytes());
        self.text(field, len.ok_or_else(|| Fault::new(field, "not in its form"))?)
    }

    /// The text that is left.
    pub fn remainder(&mut self, field: &'static str) -> Result<&'a str, Fault> {
        self.text(field, self.bytes.len() - self.position)
    }
}

/// Bytes that are written at the end, or at an offset.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    position: usize,
}

impl Writer {
    /// Goes on at an offset.
    pub fn at(&mut self, offset: usize) {
        self.position = offset;
    }

    /// How many bytes are written.
    pub fn position(&self) -> usize {
        self.position
    }

    /// What was written since a position.
    pub fn since(&self, start: usize) -> &[u8] {
        &self.bytes[start..self.position]
    }

    /// Writes bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let end = self.position + bytes.len();
        if end > self.bytes.len() {
            self.bytes.resize(end, 0);
        }
        self.bytes[self.position..end].copy_from_slice(bytes);
        self.position = end;
    }

    /// Writes a text.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Writes a number below 2^62 as a varint.
    pub fn varint(&mut self, field: &'static str, value: u64) -> Result<(), Fault> {
        at_most(field, value, (1 << 62) - 1)?;
        let len = varint_len(value);
        let word = value << 2 | u64::from(len.trailing_zeros());
        self.bytes(&word.to_le_bytes()[..len]);
        Ok(())
    }

    /// Writes a part that has offsets of its own.
    pub fn part(&mut self, write: impl FnOnce(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut part = Self::default();
        write(&mut part)?;
        self.bytes(&part.bytes);
        Ok(())
    }

    /// A length that is not above the greatest.
    pub fn length(&self, field: &'static str, len: usize, most: u64) -> Result<u64, Fault> {
        at_most(field, len as u64, most)
    }

    /// What was written.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// The texts that were written.
    pub fn finish_text(self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

macro_rules! integers {
    ($($int:ident $little:ident $big:ident)*) => {
        impl Reader<'_> {
            $(
                /// The next integer, its lowest byte first.
                pub fn $little(&mut self, field: &'static str) -> Result<$int, Fault> {
                    self.array(field).map($int::from_le_bytes)
                }

                /// The next integer, its highest byte first.
                pub fn $big(&mut self, field: &'static str) -> Result<$int, Fault> {
                    self.array(field).map($int::from_be_bytes)
                }
            )*

            /// The next byte.
            pub fn u8(&mut self, field: &'static str) -> Result<u8, Fault> {
                self.array(field).map(|[byte]| byte)
            }

            /// The next byte, with a sign.
            pub fn i8(&mut self, field: &'static str) -> Result<i8, Fault> {
                self.array(field).map(i8::from_le_bytes)
            }

            /// The next float, its lowest byte first.
            pub fn f64_le(&mut self, field: &'static str) -> Result<f64, Fault> {
                float(field, self.u64_le(field)?)
            }

            /// The next float, its highest byte first.
            pub fn f64_be(&mut self, field: &'static str) -> Result<f64, Fault> {
                float(field, self.u64_be(field)?)
            }
        }

        impl Writer {
            $(
                /// Writes an integer, its lowest byte first.
                pub fn $little(&mut self, value: $int) {
                    self.bytes(&value.to_le_bytes());
                }

                /// Writes an integer, its highest byte first.
                pub fn $big(&mut self, value: $int) {
                    self.bytes(&value.to_be_bytes());
                }
            )*

            /// Writes a byte.
            pub fn u8(&mut self, value: u8) {
                self.bytes(&[value]);
            }

            /// Writes a byte with a sign.
            pub fn i8(&mut self, value: i8) {
                self.bytes(&value.to_le_bytes());
            }

            /// Writes a float, its lowest byte first; there is one form of what is no number.
            pub fn f64_le(&mut self, value: f64) {
                self.u64_le(if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() });
            }

            /// Writes a float, its highest byte first; there is one form of what is no number.
            pub fn f64_be(&mut self, value: f64) {
                self.u64_be(if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() });
            }
        }
    };
}

integers! {
    u16 u16_le u16_be
    u32 u32_le u32_be
    u64 u64_le u64_be
    i16 i16_le i16_be
    i32 i32_le i32_be
    i64 i64_le i64_be
}

/// The checksum of bytes: the hash itself if it has 64 bits, else its first eight bytes, lowest byte first.
pub fn checksum(hash: Hash, bytes: &[u8]) -> u64 {
    let first = |digest: &[u8]| digest.iter().take(8).rev().fold(0, |all, byte| all << 8 | u64::from(*byte));
    match hash {
        Hash::Xxh364 => xxhash_rust::xxh3::xxh3_64(bytes),
        Hash::Blake3 => first(blake3::hash(bytes).as_bytes()),
        Hash::Blake2s256 => first(&Blake2s256::digest(bytes)),
    }
}

/// Refuses a checksum that is another.
pub fn same_sum(field: &'static str, found: u64, sum: u64) -> Result<(), Fault> {
    if found == sum { Ok(()) } else { Err(Fault::new(field, "wrong checksum")) }
}

/// Bytes of the shortest varint of a value.
fn varint_len(value: u64) -> usize {
    match value {
        0..=0x3f => 1,
        0x40..=0x3fff => 2,
        0x4000..=0x3fff_ffff => 4,
        _ => 8,
    }
}

/// Reads all of the bytes.
pub fn complete<T>(bytes: &[u8], read: impl FnOnce(&mut Reader<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader)?;
    reader.end().map(|()| value)
}

/// The float of some bits; there is one form of what is no number.
fn float(field: &'static str, bits: u64) -> Result<f64, Fault> {
    let value = f64::from_bits(bits);
    let is_other = value.is_nan() && bits != f64::NAN.to_bits();
    if is_other { Err(Fault::new(field, "not the one NaN")) } else { Ok(value) }
}

/// A number in fewer bits, if they hold it.
pub fn narrow<T: TryFrom<u64>>(field: &'static str, value: u64) -> Result<T, Fault> {
    T::try_from(value).map_err(|_| Fault::new(field, "too large"))
}

/// A value of an enum, if there is one.
pub fn known<T>(field: &'static str, value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::new(field, "unknown value"))
}

/// Flags, if there are such.
pub fn known_bits<T>(field: &'static str, value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::new(field, "unknown bits"))
}

/// A value that is not above the greatest.
pub fn at_most<T: PartialOrd>(field: &'static str, value: T, most: T) -> Result<T, Fault> {
    if value > most { Err(Fault::new(field, "too large")) } else { Ok(value) }
}

/// A span of time that 64 bits hold.
pub fn whole(field: &'static str, count: impl Into<u128>) -> Result<u64, Fault> {
    u64::try_from(count.into()).map_err(|_| Fault::new(field, "too large"))
}

/// Refuses a field that is there without another, or the other without it.
pub fn together(field: &'static str, one: bool, other: bool) -> Result<(), Fault> {
    if one == other { Ok(()) } else { Err(Fault::new(field, "fields of one bit come together")) }
}

/// A number in its one decimal form.
pub fn decimal<T: std::str::FromStr + ToString>(field: &'static str, text: &str) -> Result<T, Fault> {
    let number = text.parse::<T>().ok().filter(|number| number.to_string() == text);
    number.ok_or_else(|| Fault::new(field, "not in its form"))
}

/// A number in its one hexadecimal form of at least so many digits.
pub fn hex<T: TryFrom<u64>>(field: &'static str, text: &str, digits: usize) -> Result<T, Fault> {
    let number = u64::from_str_radix(text, 16).ok();
    let number = number.filter(|number| format!("{number:0digits$x}") == text);
    number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| Fault::new(field, "not in its form"))
}
