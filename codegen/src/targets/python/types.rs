//! How types are written in Python.

use super::names;
use crate::ir::{Api, Field, Lang, Literal, Type};

/// Blocking classes, or their awaitable twins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Blocking,
    Aio,
}

/// The type of what a caller gives.
pub(crate) fn input(api: &Api, ty: &Type, mode: Mode) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::Int(_) | Type::Duration(_) | Type::Instant(_) | Type::Size => "int".into(),
        Type::F64 => "float".into(),
        Type::String => "str".into(),
        Type::Bytes | Type::FixedBytes(_) => "Buffer".into(),
        Type::Date => "datetime".into(),
        Type::Json(_) => "object".into(),
        Type::Error => "NetError".into(),
        Type::List(inner) => format!("Sequence[{}]", input(api, inner, mode)),
        Type::Map(inner) => format!("Mapping[str, {}]", input(api, inner, mode)),
        Type::Stream(inner) => {
            let item = input(api, inner, mode);
            match mode {
                Mode::Blocking => format!("Iterable[{item}]"),
                Mode::Aio => format!("Iterable[{item}] | AsyncIterable[{item}]"),
            }
        }
        Type::Optional(inner) => format!("{} | None", input(api, inner, mode)),
        Type::Scalar(at) => {
            let scalar = api.scalar(*at);
            input(api, &scalar.base, mode) + if scalar.accept.is_empty() { "" } else { " | str" }
        }
        Type::Enum(at) => {
            let item = api.enumeration(*at);
            format!("{} | {}", names::class(&item.name), if item.numeric { "int" } else { "str" })
        }
        Type::Flags(_) => "Sequence[str]".into(),
        Type::Host(at, _) => names::host_input(api.host(*at)),
        Type::SelfType => "Self".into(),
        // A plain tuple is as good as one with names.
        Type::Record(at) if api.record(*at).is_tuple_in(Lang::Python) => {
            let parts = api
                .record(*at)
                .fields
                .iter()
                .map(|field| named_input(api, &names::field(api, field), &field.ty, mode));
            format!("tuple[{}]", parts.collect::<Vec<_>>().join(", "))
        }
        Type::Record(_) | Type::Union(_) => format!("{} | Mapping[str, Any]", output(api, ty, mode)),
        Type::Object(at, _) if let Some((_, arg)) = api.object(*at).accepted() => {
            format!("{} | {}", output(api, ty, mode), input(api, &arg.ty, mode))
        }
        _ => output(api, ty, mode),
    }
}

/// The types of a record that may be given whole in place of its first field.
pub(crate) fn whole(api: &Api, class: &str, first: &Field) -> String {
    let dict = if takes_dict(api, &first.ty) { "" } else { " | Mapping[str, Any]" };
    format!("{class}{dict}")
}

/// Whether a dict is taken for a value of a type.
pub(crate) fn takes_dict(api: &Api, ty: &Type) -> bool {
    match ty {
        Type::Optional(of) => takes_dict(api, of),
        Type::Scalar(at) => takes_dict(api, &api.scalar(*at).base),
        ty => matches!(ty, Type::Record(_) | Type::Union(_) | Type::Map(_) | Type::Json(_)),
    }
}

/// Whether a span of time counts in seconds, as in Python's standard library: its public name ends in no unit.
pub(crate) fn is_seconds(name: &str, ty: &Type) -> bool {
    let has_unit = ["_ns", "_us", "_ms", "_secs", "_seconds"].iter().any(|unit| name.ends_with(unit));
    matches!(ty.split_optional().0, Type::Duration(_)) && !has_unit
}

/// The type of what a caller gives under a name.
pub(crate) fn named_input(api: &Api, name: &str, ty: &Type, mode: Mode) -> String {
    match ty.split_optional() {
        (_, true) if is_seconds(name, ty) => "float | None".into(),
        (_, false) if is_seconds(name, ty) => "float".into(),
        _ => input(api, ty, mode),
    }
}

/// The type of what a caller gets under a name.
pub(crate) fn named_output(api: &Api, name: &str, ty: &Type) -> String {
    match is_seconds(name, ty) {
        true => named_input(api, name, ty, Mode::Blocking),
        false => output(api, ty, Mode::Blocking),
    }
}

/// The type of a record's field, as a caller gives it.
pub(crate) fn field_input(api: &Api, field: &Field) -> String {
    match (&field.ty, field.variadic) {
        (Type::List(inner), true) => {
            let item = input(api, inner, Mode::Blocking);
            format!("{item} | Sequence[{item}]")
        }
        _ => named_input(api, &names::field(api, field), field.ty.split_optional().0, Mode::Blocking),
    }
}

/// The type of what a caller gets.
pub(crate) fn output(api: &Api, ty: &Type, mode: Mode) -> String {
    match ty {
        Type::Bool
        | Type::Int(_)
        | Type::Duration(_)
        | Type::Instant(_)
        | Type::Size
        | Type::F64
        | Type::String
        | Type::Date
        | Type::Error => input(api, ty, mode),
        Type::Bytes | Type::FixedBytes(_) => "bytes".into(),
        Type::Json(_) => "T".into(),
        Type::List(inner) => format!("list[{}]", output(api, inner, mode)),
        Type::Map(inner) => format!("dict[str, {}]", output(api, inner, mode)),
        Type::Stream(inner) => {
            let class = if mode == Mode::Aio { "AsyncStream" } else { "Stream" };
            format!("{class}[{}]", output(api, inner, mode))
        }
        Type::Optional(inner) => format!("{} | None", output(api, inner, mode)),
        Type::SelfType => "Self".into(),
        Type::Scalar(at) => match api.scalar(*at).out {
            Some(_) => "str".into(),
            None => output(api, &api.scalar(*at).base, mode),
        },
        Type::Enum(at) => names::class(&api.enumeration(*at).name),
        Type::Flags(at) => format!("list[{}]", names::class(&api.flags(*at).name)),
        Type::Record(at) => names::class(&api.record(*at).name),
        Type::Union(at) => names::class(&api.union(*at).name),
        Type::Object(at, vars) if vars.is_empty() => names::class(&api.object(*at).name),
        Type::Object(at, _) => format!("{}[T]", names::class(&api.object(*at).name)),
        Type::Host(at, _) => names::class(&api.host(*at).name),
        Type::Layout(_) | Type::Choice(..) => crate::case::pascal(&api.part_name(ty)),
        Type::Constant(_) => "str".into(),
    }
}

/// A value that the spec writes down for what has this name.
pub(crate) fn named_literal(api: &Api, name: &str, value: &Literal, ty: &Type) -> String {
    match (value, ty.split_optional().0) {
        (Literal::Int(count), Type::Duration(unit)) if is_seconds(name, ty) => {
            format!("{:?}", *count as f64 * unit.nanos() as f64 / 1e9)
        }
        _ => literal(api, value, ty),
    }
}

/// A value that the spec writes down, for people or as a constant.
pub(crate) fn literal(api: &Api, value: &Literal, ty: &Type) -> String {
    match (value, ty.split_optional().0) {
        (Literal::Bool(true), _) => "True".into(),
        (Literal::Bool(false), _) => "False".into(),
        (Literal::Int(value), _) => crate::targets::rust::types::grouped(*value),
        (Literal::Float(value), _) => format!("{value:?}"),
        (Literal::Text(value), _) => names::text(value),
        (Literal::EnumValue(at), Type::Enum(of)) => {
            let item = api.enumeration(*of);
            let value = &item.values[*at];
            if item.numeric { value.tag.to_string() } else { names::text(&value.text) }
        }
        (Literal::UnionCase(at), Type::Union(of)) => {
            let union = api.union(*of);
            format!("{}.{}()", names::class(&union.name), names::value(&union.cases[*at].name))
        }
        (Literal::FlagBits(bits), Type::Flags(of)) => {
            let texts: Vec<_> = bits.iter().map(|bit| names::text(&api.flags(*of).bits[*bit].text)).collect();
            format!("[{}]", texts.join(", "))
        }
        (Literal::List(values), Type::List(of)) => {
            let values: Vec<_> = values.iter().map(|value| literal(api, value, of)).collect();
            format!("[{}]", values.join(", "))
        }
        (Literal::Map, _) => "{}".into(),
        (Literal::Record, Type::Record(of)) => format!("{}()", names::class(&api.record(*of).name)),
        _ => "None".into(),
    }
}
