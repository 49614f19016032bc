//! Operations as calls of the Rust SDK, and implementations of its interfaces that answer as fixtures say.

use super::{path, values};
use crate::ir::{Api, Arg, Host, Method, Object, Shape, Type};
use crate::targets::rust::{names, spans, types};
use crate::targets::testee::{Call, Op};

/// What is done for one operation.
pub(crate) struct Arm {
    /// As a literal.
    pub op: String,
    pub lines: Vec<String>,
}

pub(crate) struct HostModel {
    pub name: String,
    /// The trait.
    pub path: String,
    pub props: Vec<HostMethodModel>,
    pub methods: Vec<HostMethodModel>,
}

pub(crate) struct HostMethodModel {
    pub name: String,
    /// As a literal.
    pub key: String,
    pub args: String,
    /// Pairs of names and values.
    pub given: String,
    pub result: String,
    pub is_async: bool,
    pub optional: bool,
}

/// Lowers an operation.
pub(crate) fn arm(api: &Api, op: &Op<'_>) -> Arm {
    let mut lines = Vec::new();
    let callee = callee(api, op, &mut lines);
    match &op.call {
        Call::Next(item) => {
            let max = "member::<u32>(args, \"max\")? as usize";
            lines.push(format!("let batch = {callee}.next_batch({max}).await?;"));
            lines.push(match item {
                Type::Json(_) => "Ok(batch.iter().map(json_text).collect())".into(),
                _ => "Ok(batch.write())".into(),
            });
        }
        Call::Close => lines.extend([format!("{callee}.close();"), "Ok(Value::Null)".into()]),
        Call::Method(method) => method_lines(api, op, method, &callee, &mut lines),
    }
    Arm { op: names::text(&op.name), lines }
}

/// Lowers an interface of the host.
pub(crate) fn host(api: &Api, module: usize, item: &Host) -> HostModel {
    HostModel {
        name: format!("{}Fixture", names::ty(&item.name.spec)),
        path: path(api, module, &item.name.spec),
        props: item.props.iter().map(|prop| host_method(api, prop)).collect(),
        methods: item.methods.iter().map(|method| host_method(api, method)).collect(),
    }
}

/// What a method is called on; pushes the lines that find it.
pub(super) fn callee(api: &Api, op: &Op<'_>, lines: &mut Vec<String>) -> String {
    if let Call::Method(Method { member: Some(member), .. }) = &op.call {
        let record = path(api, member.record.module, &api.record(member.record).name.spec);
        return format!("<{record} as {record}Methods>::");
    }
    let Some((at, object)) = op.owner else {
        return format!("net_mesh::{}::", api.modules[module_of(api, &op.name)].name);
    };
    let ty = object_path(api, at.module, object);
    let is_static =
        matches!(&op.call, Call::Method(m) if matches!(m.shape, Shape::Constructor | Shape::Static));
    if is_static {
        return format!("{}::", ty.replace('<', "::<"));
    }
    if object.iterates.is_some() {
        lines.push(format!("let object = request.stream::<{ty}>()?;"));
    } else {
        lines.push(format!("let object = request.object::<{ty}>()?;"));
    }
    "object".into()
}

fn module_of(api: &Api, op: &str) -> usize {
    let name = op.split('.').next().unwrap_or_default();
    api.modules.iter().position(|module| module.name == name).unwrap_or_default()
}

fn object_path(api: &Api, module: usize, object: &Object) -> String {
    let path = path(api, module, &object.name.spec);
    if object.generic.is_empty() {
        return path;
    }
    format!("{path}<{}>", vec!["Value"; object.generic.len()].join(", "))
}

fn method_lines(api: &Api, op: &Op<'_>, method: &Method, callee: &str, lines: &mut Vec<String>) {
    let value = method.receiver().map(|value| format!("&{}", argument(api, value, false)));
    let passed: Vec<_> = value
        .into_iter()
        .chain(method.given().iter().map(|arg| argument(api, arg, method.is_async)))
        .collect();
    let dot = if callee.ends_with(':') { "" } else { "." };
    let name = names::value(op.alias.unwrap_or(&method.published().spec));
    let call = format!("{callee}{dot}{name}({})", passed.join(", "));
    let call = if method.is_async { format!("{call}.await") } else { call };
    let never_fails = matches!(method.shape, Shape::Property { fixed: true })
        || matches!((&method.returns, method.shape), (Some(Type::SelfType), Shape::Property { .. }));
    let call = if never_fails { call } else { format!("{call}?") };
    let ended = |value: &str| [format!("let result = {call};"), format!("Ok({value})")];
    match (&method.returns, method.shape) {
        (_, Shape::Constructor) => lines.extend(ended("request.keep(result)")),
        (None, _) => lines.extend([format!("{call};"), "Ok(Value::Null)".into()]),
        (Some(ty), _) => match ty.split_optional() {
            (Type::Object(at, _), optional) => {
                let ty = object_path(api, at.module, api.object(*at));
                let (ty, keep) = if optional {
                    (format!("Option<{ty}>"), "result.map_or(Value::Null, |result| request.keep(result))")
                } else {
                    (ty, "request.keep(result)")
                };
                lines.extend([format!("let result: {ty} = {call};"), format!("Ok({keep})")]);
            }
            (Type::SelfType, _) => lines.extend(ended("request.keep(result.clone())")),
            (Type::Stream(_), _) => lines.extend(ended("drain(result).await?")),
            (inner @ Type::Record(at), optional) if api.has_handles(inner) => {
                let wait = if values::waits(api, ty) { ".await" } else { "" };
                let show = format!("show_{}(result){wait}", api.record(*at).name.spec);
                lines.push(format!("let result = {call};"));
                lines.push(match optional {
                    true => format!("match result {{ Some(result) => {show}, None => Ok(Value::Null) }}"),
                    false => show,
                });
            }
            (Type::Json(_), true) => lines.extend(ended("result.as_ref().map_or(Value::Null, json_text)")),
            (Type::Json(_), false) => lines.extend(ended("json_text(&result)")),
            _ => lines.extend(ended(&values::write(api, ty, "result", false))),
        },
    }
}

/// The expression that finds an argument and passes it.
pub(super) fn argument(api: &Api, arg: &Arg, is_async: bool) -> String {
    let key = names::text(&arg.name);
    let (ty, optional) = arg.ty.split_optional();
    let left_out = optional || arg.default.is_some();
    let plain = |ty: &str| {
        let find = if left_out { "optional" } else { "member" };
        format!("{find}::<{ty}>(args, {key})?")
    };
    match ty {
        Type::String if left_out => plain("String") + ".as_deref()",
        Type::String => format!("&{}", plain("String")),
        Type::Bytes => plain("Bytes"),
        Type::Duration(unit) => {
            let find = if left_out { "optional_span" } else { "span" };
            format!("{find}(args, {key}, {})?", types::nanos(*unit))
        }
        Type::Error => format!("super::error::read(argument(args, {key})?)?"),
        Type::Json(_) => format!("&json_of(argument(args, {key})?)?"),
        Type::Object(at, _) => {
            format!("&request.given::<{}>({key})?", object_path(api, at.module, api.object(*at)))
        }
        Type::Host(at, _) => {
            let fixture = format!("{}Fixture", names::ty(&api.host(*at).name.spec));
            let module = &api.modules[at.module].name;
            format!("super::{module}::{fixture}(argument(args, {key})?.clone())")
        }
        Type::Record(at) if api.has_handles(ty) => {
            let module = &api.modules[at.module].name;
            let read = format!("super::{module}::read_{}", api.record(*at).name.spec);
            match left_out {
                true => format!("given(args, {key}).map(|value| {read}(request, value)).transpose()?"),
                false => format!("{read}(request, argument(args, {key})?)?"),
            }
        }
        Type::Stream(of) => format!("given_stream(member::<Vec<{}>>(args, {key})?)", owned(api, of)),
        other if let Some(crossing) = spans::spans(other) => spans::taken(other, &plain(&crossing)),
        Type::List(of) => list(api, &key, of, is_async || left_out),
        other => plain(&owned(api, other)),
    }
}

fn list(api: &Api, key: &str, of: &Type, is_owned: bool) -> String {
    match of {
        Type::Json(_) => format!("&json_list(argument(args, {key})?)?"),
        Type::Object(at, _) => {
            let ty = object_path(api, at.module, api.object(*at));
            format!("&request.given_list::<{ty}>({key})?")
        }
        _ => {
            let is_slice = matches!(of, Type::String | Type::Bytes) && !is_owned;
            let borrow = if is_slice { "&" } else { "" };
            format!("{borrow}optional::<Vec<{}>>(args, {key})?.unwrap_or_default()", owned(api, of))
        }
    }
}

fn host_method(api: &Api, item: &Method) -> HostMethodModel {
    let args = item.args.iter().map(|arg| format!(", {}: {}", names::value(&arg.name), owned(api, &arg.ty)));
    let given: Vec<_> = item
        .args
        .iter()
        .map(|arg| {
            let written = values::write(api, &arg.ty, &names::value(&arg.name), false);
            format!("({}, {written})", names::text(&arg.name))
        })
        .collect();
    HostMethodModel {
        name: names::value(&item.name.spec),
        key: names::text(&item.name.spec),
        args: args.collect(),
        given: given.join(", "),
        result: item.returns.as_ref().map_or("()".into(), |ty| owned(api, ty)),
        is_async: item.is_async,
        optional: item.optional,
    }
}

/// A type of the SDK that owns what it holds.
fn owned(api: &Api, ty: &Type) -> String {
    types::owned(api, ty).replace("crate::", "net_mesh::").replace("bytes::Bytes", "Bytes")
}
