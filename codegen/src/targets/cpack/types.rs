//! How types and values are written in C.

use super::names;
use crate::ir::{Api, Literal, Type};
use anyhow::{Result, bail};

/// A type in C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CType {
    /// Middle of the names of its codecs: `net_<code>_pack`.
    pub code: String,
    /// Its name.
    pub name: String,
}

impl CType {
    fn new(code: impl Into<String>, name: impl Into<String>) -> Self {
        Self { code: code.into(), name: name.into() }
    }
}

/// How a value is handed to a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    /// As it is: numbers, texts, handles.
    Value,
    /// By address: records and unions.
    Address,
    /// Address of the first item and their number.
    Items,
}

/// The type in C, apart from whether it is optional.
pub(crate) fn ctype(api: &Api, ty: &Type) -> Result<CType> {
    Ok(match ty {
        Type::Bool => CType::new("bool", "bool"),
        Type::Int(int) => CType::new(int.key(), int_name(int.bits(), int.signed())),
        Type::F64 => CType::new("f64", "double"),
        Type::String | Type::Json(_) | Type::Bytes => CType::new("view", "net_view"),
        Type::FixedBytes(size) => CType::new(format!("fixed_{size}"), format!("net_fixed_{size}")),
        Type::Duration(_) | Type::Instant(_) | Type::Size => CType::new("u64", "uint64_t"),
        Type::Date => CType::new("i64", "int64_t"),
        Type::Error => CType::new("error", "net_error"),
        Type::List(of) => {
            let of = ctype(api, of)?;
            CType::new(format!("{}_list", of.code), format!("net_{}_list", of.code))
        }
        Type::Map(of) => {
            let of = ctype(api, of)?;
            CType::new(format!("{}_map", of.code), format!("net_{}_map", of.code))
        }
        Type::Stream(_) | Type::Object(..) | Type::SelfType => CType::new("handle", "net_handle"),
        Type::Scalar(at) => {
            let scalar = api.scalar(*at);
            CType::new(ctype(api, &scalar.base)?.code, names::ty(&scalar.name.spec))
        }
        Type::Enum(at) => named(&api.enumeration(*at).name.spec),
        Type::Flags(at) => named(&api.flags(*at).name.spec),
        Type::Record(at) => named(&api.record(*at).name.spec),
        Type::Union(at) => named(&api.union(*at).name.spec),
        Type::Host(at, _) => named(&api.host(*at).name.spec),
        Type::Optional(_) | Type::Constant(_) | Type::Layout(_) | Type::Choice(..) => {
            bail!("C has no type for {ty:?} inside of another")
        }
    })
}

/// The name of an integer type.
pub(crate) fn int_name(bits: u32, signed: bool) -> String {
    format!("{}int{bits}_t", if signed { "" } else { "u" })
}

/// How a value of a type is handed over.
pub(crate) fn passing(api: &Api, ty: &Type) -> Passing {
    match api.base(ty) {
        Type::Record(_)
        | Type::Union(_)
        | Type::Error
        | Type::Host(..)
        | Type::Stream(_)
        | Type::FixedBytes(_) => Passing::Address,
        Type::List(_) | Type::Map(_) => Passing::Items,
        _ => Passing::Value,
    }
}

/// The type of the items of a list or map.
pub(crate) fn item(api: &Api, ty: &Type) -> Result<String> {
    Ok(match ty {
        Type::List(of) => ctype(api, of)?.name,
        Type::Map(of) => format!("net_{}_entry", ctype(api, of)?.code),
        other => ctype(api, other)?.name,
    })
}

/// Whether it crosses the C ABI as a view, whose `data` is NULL for none.
pub(crate) fn is_view(api: &Api, ty: &Type) -> bool {
    matches!(api.base(ty), Type::String | Type::Json(_) | Type::Bytes)
}

/// Whether what is unpacked has memory of its own.
pub(crate) fn is_owned(ty: &Type) -> bool {
    matches!(ty, Type::Record(_) | Type::Union(_) | Type::List(_) | Type::Map(_))
}

/// A literal of a type; none if it is all zero.
pub(crate) fn literal(api: &Api, value: &Literal, ty: &Type) -> Result<Option<String>> {
    let base = api.base(ty.split_optional().0);
    Ok(Some(match (value, base) {
        (Literal::Bool(false), _) | (Literal::Map, _) => return Ok(None),
        (Literal::List(items), _) if items.is_empty() => return Ok(None),
        (Literal::Bool(true), _) => "true".into(),
        (Literal::Int(0), _) => return Ok(None),
        (Literal::Int(value), _) => integer(*value, base),
        (Literal::Float(value), _) => format!("{value:?}"),
        (Literal::Text(text), _) => format!("net_str({})", quoted(text)),
        (Literal::EnumValue(position), Type::Enum(at)) => {
            let item = api.enumeration(*at);
            names::constant(&[&item.name.spec, &item.values[*position].name])
        }
        (Literal::FlagBits(bits), Type::Flags(at)) => {
            let item = api.flags(*at);
            let bits: Vec<_> =
                bits.iter().map(|bit| names::constant(&[&item.name.spec, &item.bits[*bit].name])).collect();
            bits.join(" | ")
        }
        (Literal::UnionCase(position), Type::Union(at)) => {
            let item = api.union(*at);
            format!("net_{}_{}()", item.name.spec, item.cases[*position].name)
        }
        (Literal::Record, Type::Record(at)) => format!("net_{}_init()", api.record(*at).name.spec),
        (value, ty) => bail!("C has no literal for {value:?} of {ty:?}"),
    }))
}

/// An integer with the width of its type.
pub(crate) fn integer(value: i128, ty: &Type) -> String {
    let (bits, signed) = match ty {
        Type::Int(int) => (int.bits(), int.signed()),
        Type::Date => (64, true),
        _ => (64, false),
    };
    match (bits, signed) {
        (64, false) => format!("UINT64_C({value})"),
        (64, true) if value == i128::from(i64::MIN) => "INT64_MIN".into(),
        (64, true) => format!("INT64_C({value})"),
        (32, false) if value > i128::from(i32::MAX) => format!("UINT32_C({value})"),
        _ => value.to_string(),
    }
}

/// A text as a C literal.
pub(crate) fn quoted(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' => literal += "\\\"",
            b'\\' => literal += "\\\\",
            b'\n' => literal += "\\n",
            b'\r' => literal += "\\r",
            b'\t' => literal += "\\t",
            b'?' => literal += "\\?",
            0x20..=0x7e => literal.push(byte.into()),
            _ => literal += &format!("\\{byte:03o}"),
        }
    }
    literal + "\""
}

fn named(name: &str) -> CType {
    CType::new(name, names::ty(name))
}
