//! How types and values are written in Go.

use super::names;
use crate::ir::{Api, Field, Int, Literal, Type, Unit};

/// The type variables that are in scope; any other is `any`.
pub(crate) type Variables = [String];

/// A type as Go writes it.
pub(crate) fn go(api: &Api, ty: &Type, vars: &Variables) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::Int(int) => integer(*int).into(),
        Type::F64 => "float64".into(),
        Type::String | Type::Constant(_) => "string".into(),
        Type::Bytes => "[]byte".into(),
        Type::FixedBytes(width) => format!("[{width}]byte"),
        Type::Duration(_) => "time.Duration".into(),
        Type::Instant(_) | Type::Date => "time.Time".into(),
        Type::Size => "uint64".into(),
        Type::Json(variable) => variable_of(variable, vars),
        Type::Error => "error".into(),
        Type::List(inner) => format!("[]{}", go(api, inner, vars)),
        Type::Map(inner) => format!("map[string]{}", go(api, inner, vars)),
        Type::Stream(inner) => format!("*Stream[{}]", go(api, inner, vars)),
        Type::SelfType => String::new(),
        Type::Optional(inner) if is_nilable(inner) => go(api, inner, vars),
        Type::Optional(inner) => format!("*{}", go(api, inner, vars)),
        Type::Scalar(at) => names::item(&api.scalar(*at).name),
        Type::Enum(at) => names::item(&api.enumeration(*at).name),
        Type::Flags(at) => names::item(&api.flags(*at).name),
        Type::Record(at) => names::item(&api.record(*at).name),
        Type::Union(at) => names::item(&api.union(*at).name),
        Type::Object(at, bound) => {
            format!("*{}{}", names::item(&api.object(*at).name), bindings(bound, vars))
        }
        Type::Host(at, bound) => format!("{}{}", names::item(&api.host(*at).name), bindings(bound, vars)),
        Type::Layout(_) | Type::Choice(..) => names::public(&api.part_name(ty)),
    }
}

/// The function that packs a type.
pub(crate) fn pack(api: &Api, ty: &Type, vars: &Variables) -> String {
    let name = go(api, ty, vars);
    match ty {
        Type::Optional(inner) if is_nilable(inner) => {
            format!("packNilable({})", pack(api, inner, vars))
        }
        Type::Optional(inner) => format!("packOptional({})", pack(api, inner, vars)),
        Type::List(inner) => format!("packList({})", pack(api, inner, vars)),
        Type::Map(inner) => format!("packMap({})", pack(api, inner, vars)),
        Type::Error => "packError".into(),
        Type::Json(_) => format!("packJSON[{name}]"),
        Type::Duration(unit) => format!("packDuration({})", unit_of(*unit)),
        Type::Instant(unit) => format!("packInstant({})", unit_of(*unit)),
        Type::Date => "packDate".into(),
        Type::Scalar(at) => base(&api.scalar(*at).base, &name, "pack"),
        Type::Enum(_) | Type::Flags(_) | Type::Record(_) | Type::Union(_) => format!("pack{name}"),
        Type::Object(..) => format!("pack{}", name.trim_start_matches('*')),
        other => base(other, &name, "pack"),
    }
}

/// The function that unpacks a type.
pub(crate) fn unpack(api: &Api, ty: &Type, vars: &Variables) -> String {
    let name = go(api, ty, vars);
    match ty {
        Type::Optional(inner) if is_nilable(inner) => format!("unpackOr({})", unpack(api, inner, vars)),
        Type::Optional(inner) => format!("unpackOptional({})", unpack(api, inner, vars)),
        Type::List(inner) => format!("unpackList({})", unpack(api, inner, vars)),
        Type::Map(inner) => format!("unpackMap({})", unpack(api, inner, vars)),
        Type::Stream(inner) => format!("unpackStream({})", unpack(api, inner, vars)),
        Type::Error => "unpackError".into(),
        Type::Json(_) => format!("unpackJSON[{name}]"),
        Type::Duration(unit) => format!("unpackDuration({})", unit_of(*unit)),
        Type::Instant(unit) => format!("unpackInstant({})", unit_of(*unit)),
        Type::Date => "unpackDate".into(),
        Type::Scalar(at) => base(&api.scalar(*at).base, &name, "unpack"),
        Type::Flags(_) => format!("unpackUint[{name}]"),
        Type::Enum(_) | Type::Record(_) | Type::Union(_) => format!("unpack{name}"),
        Type::Object(..) => format!("unpack{}", name.trim_start_matches('*')),
        other => base(other, &name, "unpack"),
    }
}

/// Whether nil says that a value of this type is not there.
pub(crate) fn is_nilable(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Bytes
            | Type::List(_)
            | Type::Map(_)
            | Type::Union(_)
            | Type::Object(..)
            | Type::Host(..)
            | Type::Stream(_)
            | Type::Error
    )
}

/// Whether packing a value of this type can fail with an error that names it.
pub(crate) fn is_fallible(api: &Api, ty: &Type) -> bool {
    match api.base(ty) {
        Type::String
        | Type::Duration(_)
        | Type::Instant(_)
        | Type::Enum(_)
        | Type::Flags(_)
        | Type::Union(_)
        | Type::Object(..)
        | Type::Error => true,
        Type::Map(_) => true,
        Type::List(inner) | Type::Optional(inner) => is_fallible(api, inner),
        _ => false,
    }
}

/// How a field that a caller may leave out is declared.
pub(crate) enum Left {
    /// It has no default, or its zero value is the default.
    Plain,
    /// Its zero value is out of range and stands for the default.
    Zero(String),
    /// Nil stands for the default of a union.
    Nil(String),
    /// A pointer.
    Pointer(String),
}

/// How a field is declared, and its default.
pub(crate) fn left_out(api: &Api, field: &Field) -> Left {
    let Some(default) = &field.default else { return Left::Plain };
    let below = field.min.is_some_and(|min| min > 0) || field.max.is_some_and(|max| max < 0);
    let value = literal(api, default, &field.ty);
    let zero_is_out = match (default, api.base(&field.ty)) {
        (Literal::Bool(false) | Literal::Map | Literal::Record, _) => return Left::Plain,
        (Literal::Int(0), _) => return Left::Plain,
        (Literal::Float(float), _) if *float == 0.0 => return Left::Plain,
        (Literal::Text(text), _) if text.is_empty() => return Left::Plain,
        (Literal::List(items), _) if items.is_empty() => return Left::Plain,
        (Literal::FlagBits(bits), _) if bits.is_empty() => return Left::Plain,
        (_, Type::Union(_)) => return Left::Nil(value),
        (Literal::EnumValue(position), Type::Enum(at)) => {
            let item = api.enumeration(*at);
            if item.numeric && item.values[*position].tag == 0 {
                return Left::Plain;
            }
            !item.numeric || item.values.iter().all(|value| value.tag != 0)
        }
        (_, Type::Flags(at)) => !api.flags(*at).empty,
        (_, Type::List(_)) => false,
        _ => below,
    };
    if zero_is_out { Left::Zero(value) } else { Left::Pointer(value) }
}

/// A literal of a type.
pub(crate) fn literal(api: &Api, value: &Literal, ty: &Type) -> String {
    let name = go(api, ty, &[]);
    match (value, ty.split_optional().0) {
        (Literal::Bool(value), _) => value.to_string(),
        (Literal::Int(value), Type::Duration(unit)) => format!("{value} * {}", unit_of(*unit)),
        (Literal::Int(value), Type::Instant(unit)) => format!("instantOf({value}, {})", unit_of(*unit)),
        (Literal::Int(value), _) => value.to_string(),
        (Literal::Float(value), _) => format!("{value:?}"),
        (Literal::Text(value), _) => names::text(value),
        (Literal::EnumValue(position), Type::Enum(at)) => {
            format!("{name}{}", names::public(&api.enumeration(*at).values[*position].name))
        }
        (Literal::UnionCase(position), Type::Union(at)) => {
            format!("{name}{}{{}}", names::public(&api.union(*at).cases[*position].name))
        }
        (Literal::FlagBits(bits), Type::Flags(at)) => {
            let bits =
                bits.iter().map(|bit| format!("{name}{}", names::public(&api.flags(*at).bits[*bit].name)));
            bits.collect::<Vec<_>>().join(" | ")
        }
        (Literal::List(values), Type::List(of)) => {
            let values: Vec<_> = values.iter().map(|value| literal(api, value, of)).collect();
            format!("{name}{{{}}}", values.join(", "))
        }
        _ => format!("{name}{{}}"),
    }
}

/// A unit of time.
pub(crate) fn unit_of(unit: Unit) -> &'static str {
    match unit {
        Unit::Ns => "time.Nanosecond",
        Unit::Us => "time.Microsecond",
        Unit::Ms => "time.Millisecond",
        Unit::S => "time.Second",
    }
}

/// An integer type.
pub(crate) fn integer(int: Int) -> &'static str {
    match int {
        Int::U8 => "uint8",
        Int::U16 => "uint16",
        Int::U32 => "uint32",
        Int::U64 => "uint64",
        Int::I8 => "int8",
        Int::I16 => "int16",
        Int::I32 => "int32",
        Int::I64 => "int64",
    }
}

/// Type variables in a declaration or a use: `[T]`, nothing for none.
pub(crate) fn bindings(bound: &[String], vars: &Variables) -> String {
    let names: Vec<_> = bound.iter().map(|variable| variable_of(variable, vars)).collect();
    if names.is_empty() { String::new() } else { format!("[{}]", names.join(", ")) }
}

/// Whether a scalar over this type is a type of its own, and not another name for it.
pub(crate) fn is_named(base: &Type) -> bool {
    matches!(base, Type::Int(_) | Type::Size | Type::String | Type::Bytes | Type::FixedBytes(_))
}

fn variable_of(variable: &String, vars: &Variables) -> String {
    if vars.contains(variable) { names::variable(variable) } else { "any".into() }
}

/// The function for a type that has no other types in it.
fn base(ty: &Type, name: &str, verb: &str) -> String {
    match ty {
        Type::Bool => format!("{verb}Bool"),
        Type::F64 => format!("{verb}Float"),
        Type::Int(Int::U8 | Int::I8) => format!("{verb}Byte[{name}]"),
        Type::Int(int) if int.signed() => format!("{verb}Int[{name}]"),
        Type::Int(_) | Type::Size => format!("{verb}Uint[{name}]"),
        Type::Bytes => format!("{verb}Bytes[{name}]"),
        Type::Duration(unit) => format!("{verb}Duration({})", unit_of(*unit)),
        Type::Instant(unit) => format!("{verb}Instant({})", unit_of(*unit)),
        Type::Date => format!("{verb}Date"),
        Type::FixedBytes(_) => format!("{verb}Array[{name}]"),
        _ => format!("{verb}Text[{name}]"),
    }
}
