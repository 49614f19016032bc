//! How values cross between napi functions and the core.

use super::names;
use crate::ir::{Api, At, Int, Type};
use crate::targets::rust::{names as rust, spans, types};

/// How the result of a synchronous function crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResultForm {
    /// Nothing.
    Unit,
    /// A value of JavaScript.
    Value,
    /// A handle, 0 for none.
    Handle,
    /// Packed.
    Pack,
}

/// The form of a result.
pub(crate) fn result_form(api: &Api, ty: Option<&Type>) -> ResultForm {
    let Some(ty) = ty else { return ResultForm::Unit };
    match ty.split_optional().0 {
        Type::SelfType => ResultForm::Unit,
        Type::Object(..) | Type::Stream(_) => ResultForm::Handle,
        inner if value_type(api, inner).is_some() => ResultForm::Value,
        _ => ResultForm::Pack,
    }
}

/// Whether an argument crosses as a value of its own, not in the pack.
pub(crate) fn crosses_alone(api: &Api, ty: &Type) -> bool {
    argument(api, ty).is_some()
}

/// The napi type of an argument that crosses as a value of its own.
pub(super) fn argument(api: &Api, ty: &Type) -> Option<String> {
    match ty {
        Type::Bytes => Some("&[u8]".into()),
        Type::Object(..) => Some("f64".into()),
        Type::Optional(inner) => incoming(api, inner).map(|ty| format!("Option<{ty}>")),
        other => incoming(api, other).map(str::to_owned),
    }
}

/// The napi type of a result that crosses as a value, and the expression that makes it of `result`.
pub(super) fn value(api: &Api, ty: &Type) -> (String, String) {
    let (inner, optional) = ty.split_optional();
    let plain = value_type(api, inner).unwrap_or("()");
    if optional {
        let made = made(api, inner, "result");
        let map = if made == "result" { "result".into() } else { format!("result.map(|result| {made})") };
        (format!("Option<{plain}>"), map)
    } else {
        (plain.into(), made(api, inner, "result"))
    }
}

/// The expression that gives the core an argument that crossed as a value of its own.
pub(super) fn given(api: &Api, ty: &Type, name: &str, is_async: bool) -> String {
    match ty {
        Type::String | Type::Json(_) if is_async => name.into(),
        Type::String => format!("&{name}"),
        Type::Json(_) => format!("{name}.as_str().into()"),
        Type::Bytes if is_async => format!("bytes::Bytes::copy_from_slice({name})"),
        Type::Object(..) if is_async => name.into(),
        Type::Object(..) => format!("&{name}"),
        Type::Optional(inner) => match &**inner {
            Type::String if !is_async => format!("{name}.as_deref()"),
            Type::Json(_) if !is_async => format!("{name}.as_deref().map(Into::into)"),
            inner => {
                let taken = taken(api, inner, name);
                if taken == name { taken } else { format!("{name}.map(|{name}| {taken})") }
            }
        },
        other => taken(api, other, name),
    }
}

/// The statement, if one is needed, that resolves an argument's handle.
pub(super) fn resolve(api: &Api, ty: &Type, name: &str) -> Option<String> {
    let is_object = matches!(ty, Type::Object(..));
    is_object.then(|| format!("let {name} = abi::object::<{}>({name})?;", owned(api, ty)))
}

/// The expression that reads an argument of the pack from `r`; whether what it gives is borrowed from the pack.
pub(super) fn read(api: &Api, ty: &Type, is_async: bool) -> (String, bool) {
    match ty {
        Type::Bytes if !is_async => ("r.bytes()?".into(), true),
        Type::String if !is_async => ("r.str()?".into(), true),
        Type::Optional(of) if !is_async && **of == Type::String => ("r.option(Reader::str)?".into(), true),
        Type::List(of) if !is_async && matches!(**of, Type::String | Type::Json(_)) => {
            ("r.strs()?".into(), true)
        }
        Type::List(of) if !is_async && matches!(**of, Type::Bytes) => ("r.byte_strs()?".into(), true),
        Type::Optional(of) if !is_async && matches!(**of, Type::Bytes) => {
            ("r.option(|r| r.bytes())?".into(), false)
        }
        other => (format!("{}?", unpack(api, other)), false),
    }
}

/// The expression, of type `Result`, that unpacks a value from `r`.
pub(super) fn unpack(api: &Api, ty: &Type) -> String {
    if let Some(crossing) = spans::spans(ty) {
        return format!("<{crossing} as Pack>::unpack(r).map(|value| {})", spans::taken(ty, "value"));
    }
    match ty {
        Type::Duration(unit) => format!("r.duration({})", types::nanos(*unit)),
        Type::Object(..) => format!("r.varint().and_then(abi::shared::<{}>)", owned(api, ty)),
        Type::Record(at) if api.has_handles(ty) => format!("{}(r)", holder(api, *at, "unpack")),
        Type::Host(at, _) => format!("{}::read(&home, r)", names::host(&api.host(*at).name.spec)),
        Type::Stream(of) => format!("abi::host_stream::<{}>(&home, r)", owned(api, of)),
        Type::List(of) if needs_home(api, of) => format!("r.list({})", reader(api, of)),
        Type::Optional(of) if needs_home(api, of) => format!("r.option({})", reader(api, of)),
        other => format!("<{} as Pack>::unpack(r)", owned(api, other)),
    }
}

/// The function that unpacks a value from a reader.
pub(super) fn reader(api: &Api, ty: &Type) -> String {
    match ty {
        Type::Record(at) if api.has_handles(ty) => holder(api, *at, "unpack"),
        other => format!("|r| {}", unpack(api, other)),
    }
}

/// The statement that packs the value of an expression into `w`.
pub(super) fn pack(api: &Api, ty: &Type, value: &str) -> String {
    if spans::spans(ty).is_some() {
        return format!("{}.pack(&mut w);", spans::given(ty, value));
    }
    match ty {
        Type::Duration(unit) => format!("w.duration({value}, {});", types::nanos(*unit)),
        Type::Object(..) => format!("w.varint(home.own({value}));"),
        Type::Stream(_) => format!("w.varint(home.own(Arc::new(StreamHandle::packed({value}))));"),
        Type::Record(at) if api.has_handles(ty) => {
            format!("{}(&home, {value}, &mut w);", holder(api, *at, "pack"))
        }
        Type::List(of) if needs_home(api, of) => {
            format!("w.count({value}.len()); for value in {value} {{ {} }}", pack(api, of, "value"))
        }
        Type::Optional(of) if needs_home(api, of) => {
            let inner = pack(api, of, "value");
            format!("w.bool({value}.is_some()); if let Some(value) = {value} {{ {inner} }}")
        }
        _ => format!("{value}.pack(&mut w);"),
    }
}

/// Whether values of the type, or parts of them, belong to an environment.
pub(super) fn needs_home(api: &Api, ty: &Type) -> bool {
    match ty {
        Type::Host(..) => true,
        Type::List(of) | Type::Map(of) | Type::Optional(of) => needs_home(api, of),
        other => api.has_handles(other),
    }
}

/// Whether a value packs and unpacks by itself: spans of time do not know their unit, objects not their environment.
pub(super) fn has_pack(api: &Api, ty: &Type) -> bool {
    let spans = spans::spans(ty).is_some() || matches!(ty, Type::Duration(_));
    !spans && !needs_home(api, ty)
}

/// The function that packs or unpacks a record with objects or streams in it.
pub(super) fn holder(api: &Api, at: At, verb: &str) -> String {
    format!("super::{}::{verb}_{}", api.modules[at.module].name, api.record(at).name.spec)
}

/// Whether reading an argument needs the environment: objects are found without.
pub(super) fn reads_home(ty: &Type) -> bool {
    match ty {
        Type::Stream(_) | Type::Host(..) => true,
        Type::List(of) | Type::Map(of) | Type::Optional(of) => reads_home(of),
        _ => false,
    }
}

/// The Rust type that owns a value.
pub(super) fn owned(api: &Api, ty: &Type) -> String {
    if let Type::Object(at, _) = ty {
        return format!("net_core::{}", rust::ty(&api.object(*at).name.spec));
    }
    types::owned(api, ty)
        .replace("crate::r#gen::", "net_types::")
        .replace("crate::", "net_types::")
        .replace("Arc<Self::", "Arc<net_core::")
}

/// The napi type of an argument.
fn incoming(api: &Api, ty: &Type) -> Option<&'static str> {
    Some(match api.base(ty) {
        Type::Bool => "bool",
        Type::Int(Int::U8 | Int::U16 | Int::U32) => "u32",
        Type::Int(Int::I8 | Int::I16 | Int::I32) => "i32",
        Type::Int(Int::U64 | Int::I64) | Type::Duration(_) | Type::Instant(_) | Type::Size => "BigInt",
        Type::F64 | Type::Date => "f64",
        Type::String | Type::Json(_) if !matches!(ty, Type::Scalar(_)) => "String",
        _ => return None,
    })
}

/// The napi type of a result.
fn value_type(api: &Api, ty: &Type) -> Option<&'static str> {
    Some(match api.base(ty) {
        Type::Int(Int::U64) | Type::Duration(_) | Type::Instant(_) | Type::Size => "u64",
        Type::Int(Int::I64) => "i64n",
        _ => return incoming(api, ty),
    })
}

/// The core's value of what crossed.
fn taken(api: &Api, ty: &Type, name: &str) -> String {
    match ty {
        Type::Scalar(_) => format!("{}({})", owned(api, ty), taken(api, api.base(ty), name)),
        Type::Int(Int::U64) | Type::Size => format!("abi::unsigned(&{name})"),
        Type::Int(Int::I64) => format!("{name}.get_i64().0"),
        Type::Int(int) if int.bits() < 32 => format!("{name} as {}", int.key()),
        Type::Duration(unit) => format!("abi::duration(&{name}, {})", types::nanos(*unit)),
        Type::Instant(_) => format!("net_types::Timestamp(abi::unsigned(&{name}))"),
        Type::Date => format!("net_types::Date({name} as i64)"),
        _ => name.into(),
    }
}

/// What crosses of the core's value.
fn made(api: &Api, ty: &Type, name: &str) -> String {
    match ty {
        Type::Scalar(_) => made(api, api.base(ty), &format!("{name}.0")),
        Type::Int(Int::I64) => format!("i64n({name})"),
        Type::Int(int) if int.bits() < 32 => format!("{name}.into()"),
        Type::Duration(unit) => format!("abi::units({name}, {})", types::nanos(*unit)),
        Type::Instant(_) => format!("{name}.0"),
        Type::Date => format!("{name}.0 as f64"),
        _ => name.into(),
    }
}
