//! Types, and the values that the spec writes down.

use super::{At, Doc, Name};

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Truth value.
    Bool,
    /// Integer.
    Int(Int),
    /// 64-bit float.
    F64,
    /// UTF-8 text.
    String,
    /// Bytes.
    Bytes,
    /// Exactly so many bytes.
    FixedBytes(usize),
    /// Span of time, an unsigned 64-bit count.
    Duration(Unit),
    /// Point in time since the Unix epoch, an unsigned 64-bit count.
    Instant(Unit),
    /// Calendar time: signed milliseconds since the Unix epoch.
    Date,
    /// Count of bytes, unsigned 64-bit.
    Size,
    /// JSON of a type of the caller; the name of its variable.
    Json(String),
    /// A typed error as a value.
    Error,
    /// Ordered values.
    List(Box<Self>),
    /// Values by text, in byte order of the texts.
    Map(Box<Self>),
    /// Values as they come.
    Stream(Box<Self>),
    /// The object itself.
    SelfType,
    /// A value, or none.
    Optional(Box<Self>),
    /// A named base type.
    Scalar(At),
    /// An enum.
    Enum(At),
    /// A set of bits.
    Flags(At),
    /// A record.
    Record(At),
    /// A union.
    Union(At),
    /// An object, with what its type variables are bound to.
    Object(At, Vec<String>),
    /// An implementation by the host, with what its type variables are bound to.
    Host(At, Vec<String>),
    /// A fixed text, in fields of errors.
    Constant(String),
    /// A layout, as a part of another.
    Layout(At),
    /// One of several layouts: the layout that chooses, and the position of its field.
    Choice(At, usize),
}

impl Type {
    /// What an optional type holds, else the type itself; and whether it was optional.
    pub fn split_optional(&self) -> (&Self, bool) {
        match self {
            Self::Optional(inner) => (inner, true),
            other => (other, false),
        }
    }
}

/// Integer types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Int {
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 8 bits.
    I8,
    /// Signed, 16 bits.
    I16,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
}

impl Int {
    /// Its width.
    pub fn bits(self) -> u32 {
        match self {
            Self::U8 | Self::I8 => 8,
            Self::U16 | Self::I16 => 16,
            Self::U32 | Self::I32 => 32,
            Self::U64 | Self::I64 => 64,
        }
    }

    /// Whether it has a sign.
    pub fn signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64)
    }

    /// Its name in the spec and in Rust.
    pub fn key(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
        }
    }

    /// Least and greatest value.
    pub fn range(self) -> (i128, i128) {
        let bits = self.bits();
        if self.signed() {
            (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
        } else {
            (0, (1i128 << bits) - 1)
        }
    }
}

/// Units of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Nanoseconds.
    Ns,
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
}

impl Unit {
    /// Suffix of a name, in the spelling of the spec.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Ns => "ns",
            Self::Us => "us",
            Self::Ms => "ms",
            Self::S => "secs",
        }
    }

    /// Nanoseconds in one.
    pub fn nanos(self) -> u64 {
        match self {
            Self::Ns => 1,
            Self::Us => 1_000,
            Self::Ms => 1_000_000,
            Self::S => 1_000_000_000,
        }
    }
}

/// A value that the spec writes down.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Truth value.
    Bool(bool),
    /// Integer.
    Int(i128),
    /// Float.
    Float(f64),
    /// Text.
    Text(String),
    /// Position among the values of the enum that the type names.
    EnumValue(usize),
    /// Position of a case without fields in the union that the type names.
    UnionCase(usize),
    /// Flags by position.
    FlagBits(Vec<usize>),
    /// Record with every field at its default.
    Record,
    /// List.
    List(Vec<Self>),
    /// Empty map.
    Map,
}

/// A constant.
#[derive(Debug)]
pub struct Const {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its value.
    pub value: Literal,
    /// What it means.
    pub doc: Doc,
}
