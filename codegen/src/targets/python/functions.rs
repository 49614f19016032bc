//! Functions and interfaces of the host, as the extension module prints them.

use super::names;
use super::native::{Lines, lines, rewrap, wrapped};
use super::parameters::Parameters;
use crate::doc::Thread;
use crate::ir::{Api, Arg, At, Host, Lang, Method, Object, Shape, Type};
use crate::targets::notes;
use crate::targets::rust::{names as rust_names, spans, types as rust_types};
use anyhow::Result;

pub(crate) struct HostModel {
    pub name: String,
    pub path: String,
    pub serial: bool,
    pub props: Vec<HostPropModel>,
    pub optional: Vec<String>,
    pub methods: Vec<HostMethodModel>,
}

pub(crate) struct HostPropModel {
    pub name: String,
    pub python: String,
    pub ty: String,
}

pub(crate) struct HostMethodModel {
    pub name: String,
    pub params: String,
    pub returns: String,
    pub timeout: String,
    pub throws: String,
    pub values: String,
    pub takes_py: bool,
    pub index: usize,
}

pub(crate) struct FunctionModel {
    pub doc: Lines,
    pub name: String,
    pub params: String,
    pub bindings: Vec<String>,
    pub arguments: String,
    pub call: String,
    /// What the call gives, in an asynchronous function.
    pub output: String,
    pub is_async: bool,
    /// Bytes that it works on, in a synchronous function.
    pub size: String,
    /// Whether other threads run Python during the call, whatever it works on.
    pub blocks: bool,
    /// What tells whether it may wait, if that depends on the object.
    pub waits: String,
}

/// Lowers an interface of the host.
pub(crate) fn host(api: &Api, item: &Host) -> HostModel {
    let methods = item.methods.iter().enumerate().map(|(index, method)| {
        let params = method.args.iter();
        let params: Vec<_> =
            params.map(|arg| format!("{}: {}", rust_names::value(&arg.name), owned(api, &arg.ty))).collect();
        let values = method.args.iter().map(|arg| {
            let name = rust_names::value(&arg.name);
            match arg.ty {
                Type::Duration(unit) => format!("Span::<{}>({name}).to_py(py)?", rust_types::nanos(unit)),
                _ => format!("{name}.to_py(py)?"),
            }
        });
        let values: Vec<_> = values.collect();
        let returns = method.returns.as_ref().map_or_else(|| "()".into(), |ty| owned(api, ty));
        let throws = families(api, &method.throws);
        HostMethodModel {
            name: rust_names::value(&method.name.spec),
            takes_py: !values.is_empty(),
            params: params.iter().map(|param| format!(", {param}")).collect(),
            values: values.join(", "),
            returns,
            timeout: method.timeout.map_or_else(
                || "None".into(),
                |ms| format!("Some(Duration::from_millis({}))", rust_types::grouped(ms.into())),
            ),
            throws: throws.iter().map(u16::to_string).collect::<Vec<_>>().join(", "),
            index,
        }
    });
    HostModel {
        name: names::port(&item.name.spec),
        path: format!("net_types::host::{}", rust_names::ty(&item.name.spec)),
        serial: item.thread == Thread::Serial,
        props: item
            .props
            .iter()
            .map(|prop| HostPropModel {
                name: rust_names::value(&prop.name.spec),
                python: names::member(&prop.name),
                ty: prop.returns.as_ref().map_or_else(|| "()".into(), |ty| owned(api, ty)),
            })
            .collect(),
        optional: item.methods.iter().filter(|m| m.optional).map(|m| m.name.spec.clone()).collect(),
        methods: methods.collect(),
    }
}

/// Numbers of the families, and of those that extend them.
fn families(api: &Api, throws: &[At]) -> Vec<u16> {
    let all = api.families();
    all.iter()
        .filter(|(at, family)| {
            let mut next = Some((*at, *family));
            while let Some((at, family)) = next {
                if throws.contains(&at) {
                    return true;
                }
                next = family.extends.map(|at| (at, api.family(at)));
            }
            false
        })
        .map(|(_, family)| family.id)
        .collect()
}

/// Every native function of an object.
pub(crate) fn object_functions(api: &Api, at: At, object: &Object) -> Result<Vec<FunctionModel>> {
    let class = rust_names::ty(&object.name.spec);
    let owner = format!("<net_core::{class} as api::{class}>");
    let mut functions = Vec::new();
    let all = object.constructors.iter().chain(&object.methods);
    for method in all.filter(|method| method.crosses_to(Lang::Python) && !is_own(at, method)) {
        functions.push(function(api, Some((&object.name.spec, &class)), &owner, method)?);
    }
    if let Some(item) = &object.iterates {
        functions.push(FunctionModel {
            doc: vec!["Gives the next items; none at the end.".into()],
            name: names::native(Some(&object.name.spec), "next"),
            params: "this: Arg<'_, '_>, max: Arg<'_, '_>".into(),
            arguments: "this, max".into(),
            bindings: vec![
                format!("let this = abi::arg::<Arc<net_core::{class}>>(this, \"self\")?;"),
                "let max = abi::arg::<u32>(max, \"max\")?;".into(),
            ],
            call: format!("{owner}::next(&this, max).await"),
            output: format!("Vec<{}>", owned(api, item)),
            is_async: true,
            size: String::new(),
            blocks: false,
            waits: String::new(),
        });
        functions.push(FunctionModel {
            doc: vec!["Ends the iteration.".into()],
            name: names::native(Some(&object.name.spec), "end"),
            params: "this: Arg<'_, '_>".into(),
            arguments: "this".into(),
            bindings: vec![format!("let this = abi::arg::<Arc<net_core::{class}>>(this, \"self\")?;")],
            call: format!("|| {{ {owner}::close(&this); Ok(()) }}"),
            output: String::new(),
            is_async: false,
            size: "0".into(),
            blocks: false,
            waits: String::new(),
        });
    }
    Ok(functions)
}

/// Whether a method is one that only the host has.
fn is_own(_: At, method: &Method) -> bool {
    matches!(method.returns, Some(Type::SelfType)) && matches!(method.shape, Shape::Property { .. })
}

/// The native function of a function or method.
pub(crate) fn function(
    api: &Api,
    object: Option<(&str, &str)>,
    owner: &str,
    method: &Method,
) -> Result<FunctionModel> {
    let mut params = Vec::new();
    let mut bindings = Vec::new();
    let mut arguments = Vec::new();
    let mut call = Vec::new();
    if matches!(method.shape, Shape::Method | Shape::Property { .. })
        && let Some((_, class)) = object
    {
        params.push("this: Arg<'_, '_>".to_owned());
        arguments.push("this".to_owned());
        call.push("&this".to_owned());
        bindings.push(format!("let this = abi::arg::<Arc<net_core::{class}>>(this, \"self\")?;"));
    }
    if let Some(value) = method.receiver() {
        call.push("&self.0".to_owned());
        if api.has_range(&value.ty) {
            bindings.push("abi::check(py, self.0.check())?;".into());
        }
    }
    let names = Parameters::first(api, method).names;
    let given = method.args.iter().zip(names).filter(|(arg, _)| !arg.is_receiver);
    for (arg, name) in given {
        let ident = rust_names::value(&name);
        let optional = arg.may_be_left_out();
        let wrapper = if optional { "Option<Arg<'_, '_>>" } else { "Arg<'_, '_>" };
        params.push(format!("{ident}: {wrapper}"));
        let (binding, passed) = argument(api, arg, &name, method.is_async)?;
        bindings.extend(binding);
        call.push(passed);
        arguments.push(ident);
    }
    let path = format!("{owner}::{}", rust_names::value(&method.name.spec));
    let result = result(method);
    let called = format!("{path}({})", call.join(", "));
    let call = match method.shape {
        Shape::Property { fixed: true } => format!("|| Ok({called})"),
        _ if method.is_async => format!("{called}.await{result}"),
        _ if call.is_empty() && result.is_empty() => path,
        _ => format!("|| {called}{result}"),
    };
    Ok(FunctionModel {
        doc: lines(&notes::doc(method, Lang::Python)),
        name: names::native(object.map(|(name, _)| name), &method.name.spec),
        params: params.join(", "),
        bindings,
        call,
        output: output(api, object, method),
        is_async: method.is_async,
        size: size(method, &arguments),
        waits: match object {
            Some(_) if method.waits_for_its_object() => format!("{owner}::may_wait(&this)"),
            _ => String::new(),
        },
        blocks: method.blocks,
        arguments: arguments.join(", "),
    })
}

/// The bytes that a method works on, as far as its arguments tell; a list may have any number.
fn size(method: &Method, idents: &[String]) -> String {
    let args = method.given();
    let given = args.iter().zip(&idents[idents.len() - args.len()..]);
    let sizes = given.filter_map(|(arg, ident)| match arg.ty {
        Type::String | Type::Bytes | Type::Json(_) => Some(format!("{ident}.len()")),
        Type::List(_) | Type::Map(_) => Some("usize::MAX".into()),
        _ => None,
    });
    let mut sizes: Vec<_> = sizes.collect();
    if sizes.iter().any(|size| size == "usize::MAX") {
        sizes = vec!["usize::MAX".into()];
    }
    if sizes.is_empty() { "0".into() } else { sizes.join(" + ") }
}

/// The type that crosses as the result of a method.
fn output(api: &Api, object: Option<(&str, &str)>, method: &Method) -> String {
    match (&method.returns, method.shape, object) {
        (_, Shape::Constructor, Some((_, class))) => format!("Arc<net_core::{class}>"),
        (None | Some(Type::SelfType), ..) => "()".into(),
        (Some(ty), ..) => match ty.split_optional() {
            (Type::Duration(unit), false) => format!("Span<{}>", rust_types::nanos(*unit)),
            (Type::Duration(unit), true) => format!("Option<Span<{}>>", rust_types::nanos(*unit)),
            _ => spans::spans(ty).unwrap_or_else(|| owned(api, ty)),
        },
    }
}

/// What turns the result of a method into what crosses.
fn result(method: &Method) -> String {
    let Some(ty) = &method.returns else { return String::new() };
    match ty.split_optional() {
        (Type::Duration(unit), false) => format!(".map(Span::<{}>)", rust_types::nanos(*unit)),
        (Type::Duration(unit), true) => {
            format!(".map(|value| value.map(Span::<{}>))", rust_types::nanos(*unit))
        }
        _ if spans::spans(ty).is_some() => format!(".map(|value| {})", spans::given(ty, "value")),
        _ => String::new(),
    }
}

/// Statements that read an argument, and the expression that is passed on.
fn argument(api: &Api, arg: &Arg, name: &str, is_async: bool) -> Result<(Vec<String>, String)> {
    let ident = rust_names::value(name);
    let (wrap, unwrap) = wrapped(name, &arg.ty, false);
    let name = format!("{name:?}");
    let (inner, optional) = arg.ty.split_optional();
    let (ty, passed, more) = match inner {
        _ if !wrap.is_empty() => (wrap, ident.clone(), None),
        _ if is_async => ("_".into(), ident.clone(), None),
        Type::String if optional => ("Option<&str>".into(), ident.clone(), None),
        Type::String => ("&str".into(), ident.clone(), None),
        Type::Json(_) if optional => ("Option<&str>".into(), format!("{ident}.map(Into::into)"), None),
        Type::Json(_) => ("&str".into(), format!("{ident}.into()"), None),
        Type::Bytes if optional => ("Option<Cow<'_, [u8]>>".into(), format!("{ident}.as_deref()"), None),
        Type::Bytes => ("Cow<'_, [u8]>".into(), format!("&{ident}"), None),
        Type::List(of) if rust_types::is_text_or_bytes(of) && !optional => {
            let ty = if matches!(**of, Type::Bytes) { "PyBackedBytes" } else { "PyBackedStr" };
            let borrow = format!("let {ident}: Vec<_> = {ident}.iter().map(|item| &**item).collect();");
            (format!("Vec<{ty}>"), format!("&{ident}"), Some(borrow))
        }
        Type::Object(..) if optional => ("_".into(), format!("{ident}.as_ref()"), None),
        Type::Object(..) => ("_".into(), format!("&{ident}"), None),
        _ => ("_".into(), ident.clone(), None),
    };
    let read = if let Some(default) = &arg.default {
        let value = rust_types::literal(api, default, &arg.ty).replace("crate::", "net_types::");
        let value = match (&arg.ty, is_async) {
            (Type::String, false) => value.replace(".to_owned()", ""),
            _ if !unwrap.is_empty() => rewrap(&ty, &value),
            _ => value,
        };
        format!("abi::arg_or::<{ty}>({ident}, {name}, || {value})?{unwrap}")
    } else if optional {
        format!("abi::arg_or::<{ty}>({ident}, {name}, || None)?{unwrap}")
    } else {
        format!("abi::arg::<{ty}>({ident}, {name})?{unwrap}")
    };
    let read = read.replace("::<_>", "").replace("|| Default::default()", "Default::default");
    let read = read.replace("|| vec![])", "Vec::new)");
    let mut bindings = vec![format!("let {ident} = {read};")];
    bindings.extend(more);
    Ok((bindings, passed))
}

/// A type that owns what it holds, as the host traits name it.
pub(crate) fn owned(api: &Api, ty: &Type) -> String {
    rust_types::owned(api, ty)
        .replace("crate::r#gen::", "net_types::")
        .replace("crate::", "net_types::")
        .replace("Self::", "net_core::")
        .replace("std::sync::Arc", "Arc")
}
