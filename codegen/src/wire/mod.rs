//! The layouts, interpreted: values as fixtures write them to bytes and back.
//!
//! The bytes of fixtures come from here, and the generated codecs are compared with it, so it shares nothing with them.

mod derive;
mod fields;
mod json;
mod packed;
mod scalar;
mod text;

use crate::doc::LayoutKind;
use crate::ir::{Api, At, Wire};
use serde_json::Value;
use std::fmt;

pub use derive::derive;
pub use fields::{is_derived, members};
pub(crate) use scalar::width;

/// Why a value has no bytes, or bytes have no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Field where it shows.
    pub field: String,
    /// What is wrong there.
    pub reason: Reason,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The bytes end before the field does.
    EndsEarly,
    /// There are bytes behind the last field.
    Trailing,
    /// The leading bytes are others.
    Magic,
    /// The version is zero or newer than the layout's.
    Version,
    /// No value of the enum has this tag, or no layout is chosen by it.
    UnknownValue,
    /// A bit is set that the flags do not have.
    UnknownBits,
    /// A truth value is neither 0 nor 1.
    NotBool,
    /// A length or value is above its greatest.
    TooLarge,
    /// A float is no number, and not in the one form that this has.
    Nan,
    /// The text is not UTF-8.
    NotUtf8,
    /// A varint is longer than its value needs, or its value is than its type.
    Varint,
    /// The checksum is another.
    Checksum,
    /// The text does not follow the template.
    NotText,
    /// The value to encode is not written as the field's type demands.
    Form(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.field)?;
        match &self.reason {
            Reason::EndsEarly => f.write_str("ends early"),
            Reason::Trailing => f.write_str("more bytes follow"),
            Reason::Magic => f.write_str("other leading bytes"),
            Reason::Version => f.write_str("unknown version"),
            Reason::UnknownValue => f.write_str("unknown value"),
            Reason::UnknownBits => f.write_str("unknown bits"),
            Reason::NotBool => f.write_str("neither 0 nor 1"),
            Reason::TooLarge => f.write_str("too large"),
            Reason::Nan => f.write_str("not the one NaN"),
            Reason::NotUtf8 => f.write_str("not UTF-8"),
            Reason::Varint => f.write_str("not a varint"),
            Reason::Checksum => f.write_str("wrong checksum"),
            Reason::NotText => f.write_str("not in the form of the text"),
            Reason::Form(wanted) => write!(f, "want {wanted}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Bytes, and which field each of them belongs to.
#[derive(Debug, Default)]
pub struct Encoded {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where the parts of the fields stand, in order.
    pub spans: Vec<Span>,
}

/// Where a part of a field stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The field.
    pub field: String,
    /// Offset of the first byte.
    pub start: usize,
    /// Number of bytes.
    pub len: usize,
    /// What stands there.
    pub role: Role,
}

/// What a part of an encoded field is; it decides how the part can be spoiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Leading bytes.
    Magic,
    /// The version.
    Version,
    /// A truth value.
    Bool,
    /// The tag of an enum.
    Enum(At),
    /// A set of bits.
    Flags(At),
    /// A length or count of fixed width.
    Length,
    /// A varint.
    Varint,
    /// A number in LEB128.
    Leb128,
    /// A float.
    Float,
    /// UTF-8.
    Text,
    /// A checksum.
    Check,
    /// Anything else.
    Value,
}

/// Encodes a value.
pub fn encode(api: &Api, wire: &Wire, value: &Value) -> Result<Encoded, Fault> {
    let mut out = Encoded::default();
    match wire.layout {
        LayoutKind::Fixed | LayoutKind::Sequence => fields::encode(api, wire, value, &mut out)?,
        LayoutKind::Text => out.bytes = text::encode(api, wire, value)?.into_bytes(),
        LayoutKind::Packed => packed::encode(api, wire, value, &mut out)?,
        LayoutKind::Json => out.bytes = json::encode(api, wire, value)?.into_bytes(),
    }
    if too_long(wire, out.bytes.len()) {
        return Err(fault(&wire.name, Reason::TooLarge));
    }
    Ok(out)
}

/// Decodes bytes; whatever they are, the answer is a value or a fault.
pub fn decode(api: &Api, wire: &Wire, bytes: &[u8]) -> Result<Value, Fault> {
    if too_long(wire, bytes.len()) {
        return Err(fault(&wire.name, Reason::TooLarge));
    }
    match wire.layout {
        LayoutKind::Fixed | LayoutKind::Sequence => fields::decode(api, wire, bytes),
        LayoutKind::Text => text::decode(api, wire, bytes),
        LayoutKind::Packed => packed::decode(api, wire, bytes),
        LayoutKind::Json => json::decode(api, wire, bytes),
    }
}

/// Bytes as fixtures write them.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that a fixture writes; none if they are not lowercase hex.
pub fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

impl Encoded {
    fn put(&mut self, field: &str, role: Role, bytes: &[u8]) {
        self.spans.push(Span { field: field.to_owned(), start: self.bytes.len(), len: bytes.len(), role });
        self.bytes.extend_from_slice(bytes);
    }

    /// Puts a layout that is a part: the whole of it, and then its own parts under longer names.
    fn put_part(&mut self, field: &str, part: Self) {
        let start = self.bytes.len();
        self.put(field, Role::Value, &part.bytes);
        self.spans.extend(part.spans.into_iter().map(|span| Span {
            field: format!("{field}_{}", span.field),
            start: start + span.start,
            ..span
        }));
    }
}

/// What remains of the bytes.
#[derive(Debug, Clone, Copy)]
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, field: &str, len: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or_else(|| fault(field, Reason::EndsEarly))?;
        self.rest = rest;
        Ok(taken)
    }

    /// A varint in its shortest form: the two lowest bits of the first byte tell the length.
    fn varint(&mut self, field: &str) -> Result<u64, Fault> {
        let first = *self.rest.first().ok_or_else(|| fault(field, Reason::EndsEarly))?;
        let len = 1 << (first & 3);
        let mut word = [0; 8];
        word[..len].copy_from_slice(self.take(field, len)?);
        let value = u64::from_le_bytes(word) >> 2;
        if varint(value).is_some_and(|shortest| shortest.len() == len) {
            Ok(value)
        } else {
            Err(fault(field, Reason::Varint))
        }
    }

    /// LEB128 in its shortest form.
    fn leb128(&mut self, field: &str) -> Result<u64, Fault> {
        let mut value = 0u128;
        for position in 0..10 {
            let byte = self.take(field, 1)?[0];
            value |= u128::from(byte & 0x7f) << (7 * position);
            if byte & 0x80 == 0 {
                let shortest = position == 0 || byte != 0;
                let value = u64::try_from(value).ok().filter(|_| shortest);
                return value.ok_or_else(|| fault(field, Reason::Varint));
            }
        }
        Err(fault(field, Reason::Varint))
    }
}

/// A number below 2^62 in as few of one, two, four or eight bytes as hold it.
pub(crate) fn varint(value: u64) -> Option<Vec<u8>> {
    let class = (0..4).find(|class| value < 1 << (8 * (1 << class) - 2))?;
    Some((value << 2 | class).to_le_bytes()[..1 << class].to_vec())
}

pub(crate) fn leb128(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn too_long(wire: &Wire, len: usize) -> bool {
    wire.max.is_some_and(|max| len as u64 > max)
}

fn fault(field: &str, reason: Reason) -> Fault {
    Fault { field: field.to_owned(), reason }
}

fn form(field: &str, wanted: &str) -> Fault {
    fault(field, Reason::Form(wanted.to_owned()))
}
