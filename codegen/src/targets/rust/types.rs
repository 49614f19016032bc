//! How types and values are written in Rust, inside `net-types`.

use super::names;
use crate::ir::{Api, At, Literal, Type, Unit};

/// A type that owns what it holds.
pub(crate) fn owned(api: &Api, ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::Int(int) => int.key().into(),
        Type::F64 => "f64".into(),
        Type::String | Type::Json(_) | Type::Constant(_) => "String".into(),
        Type::Bytes => "bytes::Bytes".into(),
        Type::FixedBytes(width) => format!("[u8; {width}]"),
        Type::Duration(_) => "std::time::Duration".into(),
        Type::Instant(unit) => format!("crate::Timestamp<{}>", nanos(*unit)),
        Type::Date => "crate::Date".into(),
        Type::Size => "u64".into(),
        Type::Error => "crate::Error".into(),
        Type::List(inner) => format!("Vec<{}>", owned(api, inner)),
        Type::Map(inner) => format!("std::collections::BTreeMap<String, {}>", owned(api, inner)),
        Type::Stream(inner) => format!("crate::Stream<{}>", owned(api, inner)),
        Type::Optional(inner) => format!("Option<{}>", owned(api, inner)),
        Type::SelfType => "std::sync::Arc<Self>".into(),
        Type::Scalar(at) => path(api, *at, &names::ty(&api.scalar(*at).name.spec)),
        Type::Enum(at) => path(api, *at, &names::ty(&api.enumeration(*at).name.spec)),
        Type::Flags(at) => path(api, *at, &names::ty(&api.flags(*at).name.spec)),
        Type::Record(at) => path(api, *at, &names::ty(&api.record(*at).name.spec)) + &objects(api, *at),
        Type::Union(at) => path(api, *at, &names::ty(&api.union(*at).name.spec)),
        Type::Object(at, _) => format!("std::sync::Arc<Self::{}>", names::ty(&api.object(*at).name.spec)),
        Type::Host(at, _) => {
            let host = names::ty(&api.host(*at).name.spec);
            format!("std::sync::Arc<dyn crate::r#gen::host::{}::{host}>", api.modules[at.module].name)
        }
        Type::Layout(_) | Type::Choice(..) => names::ty(&api.part_name(ty)),
    }
}

/// The objects that a record is filled with, as its type takes them.
fn objects(api: &Api, at: At) -> String {
    let objects = api.objects_in(api.record(at));
    let objects: Vec<_> = objects.into_iter().map(|at| owned(api, &Type::Object(at, Vec::new()))).collect();
    if objects.is_empty() { String::new() } else { format!("<{}>", objects.join(", ")) }
}

/// The error that refuses an unknown value, with an expression of its detail.
pub(crate) fn unknown(api: &Api, (at, kind): (At, usize), detail: &str) -> String {
    let family = api.family(at);
    let path = path(api, at, &names::family(&family.name));
    format!("{path}::{} {{ detail: {detail} }}", names::ty(&family.kinds[kind].name))
}

/// The type of an argument: borrowed where the call is synchronous.
pub(crate) fn argument(api: &Api, ty: &Type, is_async: bool) -> String {
    if is_async {
        return owned(api, ty);
    }
    match ty {
        Type::String => "&str".into(),
        Type::Json(_) => "crate::Json<'_>".into(),
        Type::Bytes => "&[u8]".into(),
        Type::List(inner) if matches!(**inner, Type::Json(_)) => "&[&str]".into(),
        Type::Optional(inner) if is_borrowed(inner) => format!("Option<{}>", argument(api, inner, false)),
        Type::List(inner) if is_text_or_bytes(inner) => format!("&[{}]", argument(api, inner, false)),
        Type::Object(..) => format!("&{}", owned(api, ty)),
        other => owned(api, other),
    }
}

/// Whether a synchronous argument of this type is a reference.
pub(crate) fn is_borrowed(ty: &Type) -> bool {
    is_text_or_bytes(ty)
        || matches!(ty, Type::Object(..))
        || matches!(ty, Type::List(inner) if is_text_or_bytes(inner))
}

/// Whether it is a text or bytes.
pub(crate) fn is_text_or_bytes(ty: &Type) -> bool {
    matches!(ty, Type::String | Type::Json(_) | Type::Bytes)
}

/// A literal of a type.
pub(crate) fn literal(api: &Api, value: &Literal, ty: &Type) -> String {
    match (value, ty.split_optional().0) {
        (Literal::Bool(value), _) => value.to_string(),
        (Literal::Int(value), Type::Duration(unit)) => duration(*value, *unit),
        (Literal::Int(value), Type::Instant(unit)) => {
            format!("crate::Timestamp::<{}>({value})", nanos(*unit))
        }
        (Literal::Int(value), Type::Scalar(_)) => format!("{}({value})", owned(api, ty)),
        (Literal::Int(value), _) => grouped(*value),
        (Literal::Float(value), _) => format!("{value:?}"),
        (Literal::Text(value), _) => format!("{}.to_owned()", names::text(value)),
        (Literal::EnumValue(position), Type::Enum(at)) => {
            let value = &api.enumeration(*at).values[*position];
            format!("{}::{}", owned(api, ty), names::ty(&value.name))
        }
        (Literal::UnionCase(position), Type::Union(at)) => {
            format!("{}::{}", owned(api, ty), names::ty(&api.union(*at).cases[*position].name))
        }
        (Literal::FlagBits(bits), Type::Flags(at)) => {
            let flags = api.flags(*at);
            let bits = bits.iter().fold(0u64, |all, position| all | 1 << flags.bits[*position].bit);
            format!("{}::from_bits_retain({bits:#x})", owned(api, ty))
        }
        (Literal::List(values), Type::List(of)) => {
            let values: Vec<_> = values.iter().map(|value| literal(api, value, of)).collect();
            format!("vec![{}]", values.join(", "))
        }
        _ => "Default::default()".into(),
    }
}

/// Nanoseconds of a unit, as Rust groups digits.
pub(crate) fn nanos(unit: Unit) -> String {
    grouped(i128::from(unit.nanos()))
}

fn duration(value: i128, unit: Unit) -> String {
    let function = match unit {
        Unit::Ns => "from_nanos",
        Unit::Us => "from_micros",
        Unit::Ms => "from_millis",
        Unit::S => "from_secs",
    };
    format!("std::time::Duration::{function}({})", grouped(value))
}

/// An integer with its digits in groups.
pub(crate) fn grouped(value: i128) -> String {
    let digits = value.unsigned_abs().to_string();
    if digits.len() <= 4 {
        return value.to_string();
    }
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

pub(crate) fn path(api: &Api, at: At, name: &str) -> String {
    format!("crate::{}::{name}", api.modules[at.module].name)
}
