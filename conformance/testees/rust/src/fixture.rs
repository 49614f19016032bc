//! Values of a fixture as those of Rust, and back.

use bytes::Bytes;
use net_types::Error;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Why a request has no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The codec's error.
    Error(Error),
    /// The request is malformed, or about nothing that there is.
    Unsupported(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A value of a fixture.
pub(crate) trait Fixture: Sized {
    /// Reads it.
    fn read(value: &Value) -> Result<Self, Failure>;

    /// Writes it.
    fn write(&self) -> Value;
}

macro_rules! numbers {
    ($($int:ty)*) => {
        $(impl Fixture for $int {
            fn read(value: &Value) -> Result<Self, Failure> {
                let number = value.as_i64().and_then(|number| Self::try_from(number).ok());
                number.ok_or_else(|| wrong(stringify!($int), value))
            }

            fn write(&self) -> Value {
                json!(self)
            }
        })*
    };
}

numbers!(u8 u16 u32 i8 i16 i32);

macro_rules! decimals {
    ($($int:ty)*) => {
        $(impl Fixture for $int {
            fn read(value: &Value) -> Result<Self, Failure> {
                value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| wrong(stringify!($int), value))
            }

            fn write(&self) -> Value {
                json!(self.to_string())
            }
        })*
    };
}

decimals!(u64 i64);

impl<const NANOS: u64> Fixture for net_types::Timestamp<NANOS> {
    fn read(value: &Value) -> Result<Self, Failure> {
        Fixture::read(value).map(Self)
    }

    fn write(&self) -> Value {
        self.0.write()
    }
}

impl Fixture for net_types::Date {
    fn read(value: &Value) -> Result<Self, Failure> {
        Fixture::read(value).map(Self)
    }

    fn write(&self) -> Value {
        self.0.write()
    }
}

impl Fixture for bool {
    fn read(value: &Value) -> Result<Self, Failure> {
        value.as_bool().ok_or_else(|| wrong("a bool", value))
    }

    fn write(&self) -> Value {
        json!(self)
    }
}

impl Fixture for f64 {
    fn read(value: &Value) -> Result<Self, Failure> {
        match value.as_str() {
            Some("nan") => Ok(Self::NAN),
            Some("inf") => Ok(Self::INFINITY),
            Some("-inf") => Ok(Self::NEG_INFINITY),
            Some("-0") => Ok(-0.0),
            _ => value.as_f64().ok_or_else(|| wrong("a float", value)),
        }
    }

    fn write(&self) -> Value {
        match *self {
            float if float.is_nan() => json!("nan"),
            Self::INFINITY => json!("inf"),
            Self::NEG_INFINITY => json!("-inf"),
            float if float == 0.0 && float.is_sign_negative() => json!("-0"),
            float => json!(float),
        }
    }
}

impl Fixture for String {
    fn read(value: &Value) -> Result<Self, Failure> {
        value.as_str().map(str::to_owned).ok_or_else(|| wrong("a text", value))
    }

    fn write(&self) -> Value {
        json!(self)
    }
}

impl Fixture for Vec<u8> {
    fn read(value: &Value) -> Result<Self, Failure> {
        let digits = value.as_str().ok_or_else(|| wrong("hex", value))?.as_bytes().chunks(2);
        let pairs = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        pairs.collect::<Option<_>>().ok_or_else(|| wrong("hex", value))
    }

    fn write(&self) -> Value {
        self.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
    }
}

impl Fixture for Bytes {
    fn read(value: &Value) -> Result<Self, Failure> {
        Vec::read(value).map(Self::from)
    }

    fn write(&self) -> Value {
        self.to_vec().write()
    }
}

impl<const N: usize> Fixture for [u8; N] {
    fn read(value: &Value) -> Result<Self, Failure> {
        Vec::read(value)?.try_into().map_err(|_| wrong("so many bytes", value))
    }

    fn write(&self) -> Value {
        self.to_vec().write()
    }
}

/// What a list may hold.
pub(crate) trait Item: Fixture {}

macro_rules! items {
    ($($item:ty)*) => {
        $(impl Item for $item {})*
    };
}

items!(bool u16 u32 u64 i8 i16 i32 i64 f64 String Bytes net_types::Date);

impl<T: Item> Item for Vec<T> {}

impl<T: Item> Fixture for Vec<T> {
    fn read(value: &Value) -> Result<Self, Failure> {
        value.as_array().ok_or_else(|| wrong("a list", value))?.iter().map(T::read).collect()
    }

    fn write(&self) -> Value {
        self.iter().map(Fixture::write).collect()
    }
}

impl<T: Fixture> Fixture for Option<T> {
    fn read(value: &Value) -> Result<Self, Failure> {
        if value.is_null() { Ok(None) } else { T::read(value).map(Some) }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, Fixture::write)
    }
}

/// An argument of a request.
pub(crate) fn argument<'a>(args: &'a Map<String, Value>, name: &str) -> Result<&'a Value, Failure> {
    args.get(name).ok_or_else(|| Failure::Unsupported(format!("`{name}` is missing")))
}

/// A member of a value.
pub(crate) fn member<T: Fixture>(args: &Map<String, Value>, name: &str) -> Result<T, Failure> {
    T::read(argument(args, name)?)
}

/// A span of time in units of so many nanoseconds.
pub(crate) fn span(args: &Map<String, Value>, name: &str, nanos: u64) -> Result<Duration, Failure> {
    span_of(argument(args, name)?, nanos)
}

/// The span of time that a count of units of so many nanoseconds stands for.
pub(crate) fn span_of(value: &Value, nanos: u64) -> Result<Duration, Failure> {
    let count = value.as_u64().ok_or_else(|| wrong("a number", value))?;
    let per_second = 1_000_000_000 / nanos;
    let rest = u32::try_from(count % per_second * nanos).map_err(|_| wrong("a number", value))?;
    Ok(Duration::new(count / per_second, rest))
}

/// A span of time as fixtures write it.
pub(crate) fn span_value(span: Duration, nanos: u64) -> Value {
    json!(u64::try_from(span.as_nanos() / u128::from(nanos)).unwrap_or(u64::MAX))
}

/// A value that is not what it should be.
pub(crate) fn wrong(wanted: &str, value: &Value) -> Failure {
    Failure::Unsupported(format!("want {wanted}, got {value}"))
}
