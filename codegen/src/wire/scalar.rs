//! Values of fixed width: JSON to numbers or bytes and back.

use super::{Reason, Role, from_hex, to_hex};
use crate::doc::Endian;
use crate::ir::{Api, Enum, Flags, Int, Literal, Type};
use serde_json::{Number, Value, json};

/// The bits of what is no number.
const ONE_NAN: u64 = 0x7ff8_0000_0000_0000;

/// Bytes that a value takes; none if that varies.
pub(crate) fn width(api: &Api, ty: &Type) -> Option<usize> {
    match api.base(ty) {
        Type::F64 => Some(8),
        Type::FixedBytes(width) => Some(*width),
        other => carrier(api, other).map(bytes_of),
    }
}

/// Bytes that an integer takes.
pub(super) fn bytes_of(int: Int) -> usize {
    int.bits() as usize / 8
}

/// What stands where the type does.
pub(super) fn role(api: &Api, ty: &Type) -> Role {
    match api.base(ty) {
        Type::Bool => Role::Bool,
        Type::F64 => Role::Float,
        Type::Enum(at) if !api.enumeration(*at).open => Role::Enum(*at),
        Type::Flags(at) if !api.flags(*at).open => Role::Flags(*at),
        _ => Role::Value,
    }
}

/// Encodes a value of fixed width.
pub(super) fn put(api: &Api, ty: &Type, value: &Value, endian: Endian) -> Result<Vec<u8>, Reason> {
    match api.base(ty) {
        Type::F64 => Ok(ordered(float(value)?.to_bits().to_le_bytes().to_vec(), endian)),
        Type::FixedBytes(width) => fixed_bytes(value, *width),
        other => {
            let int = carrier(api, other).ok_or_else(|| wanted("a value of fixed width"))?;
            Ok(int_bytes(number(api, other, value)?, int, endian))
        }
    }
}

/// Decodes a value of fixed width from exactly its bytes.
pub(super) fn take(api: &Api, ty: &Type, bytes: &[u8], endian: Endian) -> Result<Value, Reason> {
    match api.base(ty) {
        Type::F64 => {
            let bits = unsigned(bytes, endian);
            let value = f64::from_bits(bits);
            if value.is_nan() && bits != ONE_NAN { Err(Reason::Nan) } else { Ok(float_value(value)) }
        }
        Type::FixedBytes(_) => Ok(to_hex(bytes).into()),
        other => {
            let int = carrier(api, other).ok_or(Reason::EndsEarly)?;
            written(api, other, signed(unsigned(bytes, endian), int))
        }
    }
}

/// The integer that carries a type, if one does.
pub(super) fn carrier(api: &Api, ty: &Type) -> Option<Int> {
    match api.base(ty) {
        Type::Bool => Some(Int::U8),
        Type::Int(int) => Some(*int),
        Type::Duration(_) | Type::Instant(_) | Type::Size => Some(Int::U64),
        Type::Date => Some(Int::I64),
        Type::Enum(at) => Some(api.enumeration(*at).repr),
        Type::Flags(at) => Some(api.flags(*at).repr),
        _ => None,
    }
}

/// The integer of a value that an integer carries.
pub(super) fn number(api: &Api, ty: &Type, value: &Value) -> Result<i128, Reason> {
    match api.base(ty) {
        Type::Bool => value.as_bool().map(i128::from).ok_or_else(|| wanted("true or false")),
        Type::Int(int) => integer(*int, value),
        Type::Duration(_) => value.as_u64().map(i128::from).ok_or_else(|| wanted("a number")),
        Type::Instant(_) | Type::Size => integer(Int::U64, value),
        Type::Date => integer(Int::I64, value),
        Type::Enum(at) => enum_tag(api.enumeration(*at), value),
        Type::Flags(at) => flag_bits(api.flags(*at), value),
        _ => Err(wanted("a number")),
    }
}

/// A value that an integer carries, as fixtures write it.
pub(super) fn written(api: &Api, ty: &Type, number: i128) -> Result<Value, Reason> {
    let decimal = || Ok(Value::String(number.to_string()));
    match api.base(ty) {
        Type::Bool if number == 0 || number == 1 => Ok(Value::Bool(number == 1)),
        Type::Bool => Err(Reason::NotBool),
        Type::Int(Int::U64 | Int::I64) | Type::Instant(_) | Type::Size | Type::Date => decimal(),
        Type::Enum(at) => enum_text(api.enumeration(*at), number),
        Type::Flags(at) => flag_texts(api.flags(*at), number),
        _ => Ok(Number::from_i128(number).map_or(Value::Null, Value::Number)),
    }
}

/// A float, also one that JSON has no number for.
pub(super) fn float(value: &Value) -> Result<f64, Reason> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "nan" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            "-0" => Some(-0.0),
            _ => None,
        },
        _ => None,
    }
    .ok_or_else(|| wanted("a float"))
}

/// A float as fixtures write it.
pub(super) fn float_value(value: f64) -> Value {
    if value.is_nan() {
        json!("nan")
    } else if value.is_infinite() {
        json!(if value > 0.0 { "inf" } else { "-inf" })
    } else if value == 0.0 && value.is_sign_negative() {
        json!("-0")
    } else {
        json!(value)
    }
}

/// A default of the spec as fixtures write it.
pub(super) fn literal(api: &Api, ty: &Type, value: &Literal) -> Value {
    match (api.base(ty.split_optional().0), value) {
        (Type::Enum(at), Literal::EnumValue(position)) => {
            json!(api.enumeration(*at).values[*position].text)
        }
        (Type::Flags(at), Literal::FlagBits(positions)) => {
            let flags = api.flags(*at);
            positions.iter().map(|position| flags.bits[*position].text.clone()).collect()
        }
        (_, Literal::Bool(value)) => json!(value),
        (ty, Literal::Int(value)) => written(api, ty, *value).unwrap_or(Value::Null),
        (_, Literal::Float(value)) => float_value(*value),
        (_, Literal::Text(value)) => json!(value),
        _ => Value::Null,
    }
}

/// Bytes of a number, as many as the integer has.
pub(super) fn int_bytes(number: i128, int: Int, endian: Endian) -> Vec<u8> {
    ordered(number.to_le_bytes()[..bytes_of(int)].to_vec(), endian)
}

/// An unsigned integer of any width up to 64 bits.
pub(super) fn unsigned(bytes: &[u8], endian: Endian) -> u64 {
    let join = |all: u64, byte: &u8| all << 8 | u64::from(*byte);
    match endian {
        Endian::Big => bytes.iter().fold(0, join),
        Endian::Little => bytes.iter().rev().fold(0, join),
    }
}

/// The value of bits that an integer type holds.
pub(super) fn signed(bits: u64, int: Int) -> i128 {
    let value = i128::from(bits);
    let (_, max) = int.range();
    if int.signed() && value > max { value - (1 << int.bits()) } else { value }
}

/// What a value should have been.
pub(super) fn wanted(what: &str) -> Reason {
    Reason::Form(what.to_owned())
}

/// Exactly so many bytes.
pub(super) fn fixed_bytes(value: &Value, width: usize) -> Result<Vec<u8>, Reason> {
    let bytes = value.as_str().and_then(from_hex).filter(|bytes| bytes.len() == width);
    bytes.ok_or_else(|| Reason::Form(format!("{width} bytes in lowercase hex")))
}

fn integer(int: Int, value: &Value) -> Result<i128, Reason> {
    let (min, max) = int.range();
    let number = match value {
        Value::Number(number) if int.bits() < 64 => number.as_i128(),
        Value::String(text) if int.bits() == 64 => {
            text.parse::<i128>().ok().filter(|number| number.to_string() == *text)
        }
        _ => None,
    };
    let form = if int.bits() == 64 { "a decimal string" } else { "a number" };
    let number = number.ok_or_else(|| Reason::Form(format!("{form} for {}", int.key())))?;
    if number < min || number > max { Err(Reason::TooLarge) } else { Ok(number) }
}

fn enum_tag(item: &Enum, value: &Value) -> Result<i128, Reason> {
    let found = value.as_str().and_then(|text| item.values.iter().find(|v| v.text == text));
    let unknown = || {
        let number = value.as_str().filter(|_| item.open)?.strip_prefix("unknown:")?;
        let tag = number.parse::<u64>().ok().filter(|tag| tag.to_string() == number)?;
        let is_new = item.values.iter().all(|value| value.tag != tag);
        Some(i128::from(tag)).filter(|tag| is_new && *tag <= item.repr.range().1)
    };
    found.map(|v| i128::from(v.tag)).or_else(unknown).ok_or_else(|| {
        let texts: Vec<_> = item.values.iter().map(|v| v.text.as_str()).collect();
        Reason::Form(format!("one of {}", texts.join(", ")))
    })
}

fn enum_text(item: &Enum, number: i128) -> Result<Value, Reason> {
    match item.values.iter().find(|v| i128::from(v.tag) == number) {
        Some(value) => Ok(json!(value.text)),
        None if item.open => Ok(json!(format!("unknown:{number}"))),
        None => Err(Reason::UnknownValue),
    }
}

fn flag_bits(item: &Flags, value: &Value) -> Result<i128, Reason> {
    let names = value.as_array().filter(|names| item.empty || !names.is_empty());
    let names = names.ok_or_else(|| wanted("a list of flags"))?;
    names.iter().try_fold(0, |all, name| {
        let known = name.as_str().and_then(|text| item.bits.iter().find(|bit| bit.text == text));
        let unknown = || name.as_u64().filter(|bit| item.open && *bit < u64::from(item.repr.bits()));
        let bit = known.map(|bit| u64::from(bit.bit)).or_else(unknown);
        bit.map(|bit| all | 1 << bit).ok_or_else(|| Reason::Form(format!("a flag of {}", item.name.spec)))
    })
}

fn flag_texts(item: &Flags, number: i128) -> Result<Value, Reason> {
    if number == 0 && !item.empty {
        return Err(Reason::UnknownBits);
    }
    let set = (0..item.repr.bits()).filter(|bit| number >> bit & 1 == 1);
    let text = |bit: u32| match item.bits.iter().find(|known| u32::from(known.bit) == bit) {
        Some(known) => Ok(json!(known.text)),
        None if item.open => Ok(json!(bit)),
        None => Err(Reason::UnknownBits),
    };
    set.map(text).collect()
}

fn ordered(mut little: Vec<u8>, endian: Endian) -> Vec<u8> {
    if endian == Endian::Big {
        little.reverse();
    }
    little
}
