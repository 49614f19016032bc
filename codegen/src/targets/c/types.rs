//! How types cross the C ABI, and the Rust that turns them into the core's.

use super::names;
use crate::ir::{Api, At, Literal, Type, Unit};
use crate::targets::rust::{names as rust_names, spans, types as rust};

/// What stands in for an argument or a result in a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// A value of this type.
    Plain(String),
    /// A view in, bytes out.
    Bytes,
    /// A handle.
    Handle,
    /// A pointer to an object of the host; arguments only.
    Host,
}

/// The form of a type, apart from whether it is optional.
pub(crate) fn form(api: &Api, ty: &Type) -> Form {
    match api.base(ty.split_optional().0) {
        Type::Bool => Form::Plain("bool".into()),
        Type::Int(int) => Form::Plain(int.key().into()),
        Type::F64 => Form::Plain("f64".into()),
        Type::Duration(_) | Type::Instant(_) | Type::Size => Form::Plain("u64".into()),
        Type::Date => Form::Plain("i64".into()),
        Type::Enum(at) => Form::Plain(api.enumeration(*at).repr.key().into()),
        Type::Flags(at) => Form::Plain(api.flags(*at).repr.key().into()),
        Type::Object(..) | Type::SelfType => Form::Handle,
        Type::Host(..) => Form::Host,
        _ => Form::Bytes,
    }
}

/// A type of the core, named from outside of `net-types`; the core's own objects for associated types.
pub(crate) fn owned(api: &Api, ty: &Type) -> String {
    rust::owned(api, ty)
        .replace("crate::r#gen::", "net_types::")
        .replace("crate::", "net_types::")
        .replace("Arc<Self::", "Arc<net_core::")
}

/// A literal of a type.
pub(crate) fn literal(api: &Api, value: &Literal, ty: &Type) -> String {
    rust::literal(api, value, ty).replace("crate::", "net_types::")
}

/// The core's object of an object type.
pub(crate) fn object(api: &Api, ty: &Type) -> Option<String> {
    match ty {
        Type::Object(at, _) => Some(format!("net_core::{}", rust_names::ty(&api.object(*at).name.spec))),
        _ => None,
    }
}

/// The expression of a plain value of the core out of what crossed as `value`.
pub(crate) fn plain_in(api: &Api, ty: &Type, value: &str, label: &str) -> String {
    match ty {
        Type::Duration(unit) => {
            let function = match unit {
                Unit::Ns => "from_nanos",
                Unit::Us => "from_micros",
                Unit::Ms => "from_millis",
                Unit::S => "from_secs",
            };
            format!("std::time::Duration::{function}({value})")
        }
        Type::Instant(_) => format!("net_types::Timestamp({value})"),
        Type::Date => format!("net_types::Date({value})"),
        Type::Enum(at) => {
            known(api, label, &format!("{}::from_tag({value})", owned(api, ty)), api.enumeration(*at).unknown)
        }
        Type::Flags(at) => {
            known(api, label, &format!("{}::from_bits({value})", owned(api, ty)), api.flags(*at).unknown)
        }
        Type::Scalar(at) => {
            format!("{}({})", owned(api, ty), plain_in(api, &api.scalar(*at).base, value, label))
        }
        _ => value.to_owned(),
    }
}

/// The expression of a value of an enum or set of bits, if the integer is one.
fn known(api: &Api, label: &str, value: &str, unknown: Option<(At, usize)>) -> String {
    match unknown {
        Some(kind) => {
            let detail = format!("\"{label} is none of the known values\".into()");
            let error = rust::unknown(api, kind, &detail).replace("crate::", "net_types::");
            format!("{value}.ok_or_else(|| net_types::Error::from({error}))?")
        }
        None => format!("value::known({label:?}, {value})?"),
    }
}

/// The expression of what crosses out of a plain value of the core.
pub(crate) fn plain_out(api: &Api, ty: &Type, value: &str) -> String {
    match ty {
        Type::Duration(unit) => {
            let function = match unit {
                Unit::Ns => "as_nanos",
                Unit::Us => "as_micros",
                Unit::Ms => "as_millis",
                Unit::S => return format!("{value}.as_secs()"),
            };
            format!("value::count({value}.{function}())")
        }
        Type::Instant(_) | Type::Date => format!("{value}.0"),
        Type::Enum(_) => format!("{value}.tag()"),
        Type::Flags(_) => format!("{value}.bits()"),
        Type::Scalar(at) => plain_out(api, &api.scalar(*at).base, &format!("{value}.0")),
        _ => value.to_owned(),
    }
}

/// The expression that reads a view; `owns` for the forms that the core owns.
pub(crate) fn view_in(api: &Api, ty: &Type, view: &str, label: &str, owns: bool) -> String {
    let read = match ty {
        Type::String | Type::Json(_) if owns => format!("text({label:?})?.to_owned()"),
        Type::String => format!("text({label:?})?"),
        Type::Json(_) => format!("text({label:?})?.into()"),
        Type::Bytes if owns => {
            return format!("bytes::Bytes::copy_from_slice({view}.bytes({label:?})?)");
        }
        Type::Bytes => format!("bytes({label:?})?"),
        Type::FixedBytes(width) => format!("fixed::<{width}>({label:?})?"),
        Type::Scalar(at) => {
            return format!("{}({})", owned(api, ty), view_in(api, &api.scalar(*at).base, view, label, true));
        }
        Type::List(of) if !owns && matches!(**of, Type::String | Type::Json(_)) => {
            format!("texts({label:?})?")
        }
        Type::List(of) if !owns && **of == Type::Bytes => format!("chunks({label:?})?"),
        Type::List(of) if object(api, of).is_some() => {
            let of = object(api, of).unwrap_or_default();
            return format!(
                "{view}.pack::<Vec<Shared<{of}>>>({label:?})?.into_iter().map(|item| item.0).collect::<Vec<_>>()"
            );
        }
        other if let Some(crossing) = spans::spans(other) => {
            return spans::taken(other, &format!("{view}.pack::<{crossing}>({label:?})?"));
        }
        other => format!("pack::<{}>({label:?})?", owned(api, other)),
    };
    format!("{view}.{read}")
}

/// The expression of what a synchronous call hands out of `value`.
pub(crate) fn result_out(api: &Api, ty: &Type, value: &str) -> String {
    match form(api, ty) {
        Form::Plain(_) => plain_out(api, ty, value),
        Form::Handle => packable(api, ty, value),
        Form::Host => unreachable!("a host object is no result of a function"),
        Form::Bytes => match ty {
            Type::Record(at) if api.record(*at).fixed => value.to_owned(),
            Type::Stream(_) => packable(api, ty, value),
            Type::String | Type::Json(_) | Type::Bytes | Type::FixedBytes(_) => value.to_owned(),
            Type::Scalar(at) => result_out(api, &api.scalar(*at).base, &format!("{value}.0")),
            _ => format!("Packed({})", packable(api, ty, value)),
        },
    }
}

/// The Rust type through which a result of this type is written.
pub(crate) fn result_type(api: &Api, ty: &Type) -> String {
    match (form(api, ty), ty.split_optional().0) {
        (Form::Plain(name), _) => name,
        (Form::Handle, _) | (_, Type::Stream(_)) => "Handle".into(),
        (_, Type::Record(at)) if api.record(*at).fixed => names::values(&api.record(*at).name.spec),
        _ => "Bytes".into(),
    }
}

/// The expression of something that packs as the type does, out of `value`.
pub(crate) fn packable(api: &Api, ty: &Type, value: &str) -> String {
    match ty {
        _ if spans::spans(ty).is_some() && !matches!(ty.split_optional().0, Type::Duration(_)) => {
            spans::given(ty, value)
        }
        Type::Duration(_) => plain_out(api, ty, value),
        Type::Stream(_) => format!("value::stream({value})"),
        Type::Object(..) => format!("Shared({value})"),
        Type::Optional(inner) | Type::List(inner) => {
            match (ty, mapped(&packable(api, inner, "item"), "item")) {
                (_, each) if each.is_empty() => value.to_owned(),
                (Type::List(_), each) => format!("{value}.into_iter(){each}.collect::<Vec<_>>()"),
                (_, each) => format!("{value}{each}"),
            }
        }
        _ => value.to_owned(),
    }
}

/// The call of `map` with an expression of `name`; nothing if it is just that.
pub(crate) fn mapped(expression: &str, name: &str) -> String {
    if expression == name {
        return String::new();
    }
    match expression.strip_suffix(&format!("({name})")) {
        Some(function) if function.chars().all(|c| c.is_alphanumeric() || "_:".contains(c)) => {
            format!(".map({function})")
        }
        _ => format!(".map(|{name}| {expression})"),
    }
}
