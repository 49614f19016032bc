//! What the C testee does for each function and method.

use super::codec::code;
use crate::ir::{Api, Arg, Lang, Method, Module, Object, Shape, Type};
use crate::targets::cpack::functions::is_typed;
use crate::targets::cpack::types::Passing;
use crate::targets::cpack::{names, types};
use anyhow::Result;

/// One operation.
pub(super) struct CallModel {
    pub op: String,
    pub function: String,
    pub body: Vec<String>,
}

/// The operations of a module.
pub(super) fn module(api: &Api, module: &Module) -> Result<Vec<CallModel>> {
    let mut calls = Vec::new();
    for method in module.functions.iter().filter(|m| m.in_lang(Lang::C)) {
        let spec = &method.name.spec;
        calls.push(CallModel {
            op: format!("call:{}", method.path),
            function: format!("call_{spec}"),
            body: body(api, method, &names::function(spec), false)?,
        });
    }
    for object in &module.objects {
        let methods = object.constructors.iter().chain(&object.methods).filter(|m| m.in_lang(Lang::C));
        for method in methods {
            let (own, spec) = (&object.name.spec, &method.name.spec);
            calls.push(CallModel {
                op: format!("call:{}.{own}.{spec}", module.name),
                function: format!("call_{own}_{spec}"),
                body: body(api, method, &names::method(own, spec), true)?,
            });
        }
        calls.extend(iteration(api, module, object)?);
    }
    Ok(calls)
}

fn iteration(api: &Api, module: &Module, object: &Object) -> Result<Vec<CallModel>> {
    let Some(item) = &object.iterates else { return Ok(Vec::new()) };
    let own = &object.name.spec;
    let list = Type::List(Box::new(item.clone()));
    let ctype = types::ctype(api, &list)?;
    let next = names::method(own, "next");
    Ok(vec![
        CallModel {
            op: format!("call:{}.{own}.next", module.name),
            function: format!("call_{own}_next"),
            body: [
                "  uint32_t max = 0;".to_owned(),
                "  read_u32(c, arg(c, \"max\"), &max);".to_owned(),
                "  net_error error;".to_owned(),
                "  net_bytes bytes;".to_owned(),
                format!("  uint64_t op = {next}(self(c), max, net_queue_done, c->queue);"),
                "  if (net_wait(c->queue, op, &bytes, &error) != 0) {".to_owned(),
                "    show_error(c, &error);".to_owned(),
                "    return;".to_owned(),
                "  }".to_owned(),
                format!("  {} result;", ctype.name),
                format!("  if ({next}_result(net_bytes_view(&bytes), &result)) {{"),
                format!("    show_{}(c, &result);", code(api, &list)?),
                format!("    net_{}_free(&result);", ctype.code),
                "  }".to_owned(),
                "  net_bytes_free(&bytes);".to_owned(),
            ]
            .into(),
        },
        CallModel {
            op: format!("call:{}.{own}.close", module.name),
            function: format!("call_{own}_close"),
            body: [
                "  net_error error;".to_owned(),
                format!("  if ({}(self(c), &error) != 0) {{", names::method(own, "close")),
                "    show_error(c, &error);".to_owned(),
                "  } else {".to_owned(),
                "    show_null(c);".to_owned(),
                "  }".to_owned(),
            ]
            .into(),
        },
    ])
}

fn body(api: &Api, method: &Method, name: &str, of_object: bool) -> Result<Vec<String>> {
    let is_own = matches!(method.returns, Some(Type::SelfType));
    if is_own && matches!(method.shape, Shape::Property { .. }) {
        return Ok(vec!["  show_object(c, self(c));".into()]);
    }
    let has_handle = of_object && matches!(method.shape, Shape::Method | Shape::Property { .. });
    let mut passed: Vec<_> = has_handle.then(|| "self(c)".to_owned()).into_iter().collect();
    let mut lines = Vec::new();
    for arg in &method.args {
        let (read, pass) = argument(api, arg)?;
        lines.extend(read);
        passed.extend(pass);
    }
    if !method.args.is_empty() {
        lines.extend(["  if (c->unsupported != NULL) {".into(), "    return;".into(), "  }".into()]);
    }
    let name = if is_typed(api, method)? { format!("{name}_with") } else { name.to_owned() };
    let constructs = method.shape == Shape::Constructor;
    let returns = method.returns.as_ref().filter(|_| !is_own);
    let ctor = Type::SelfType;
    let result = if constructs { Some(&ctor) } else { returns };
    lines.push("  net_error error;".into());
    let (inner, optional) = result.map_or((None, false), |ty| {
        let (inner, optional) = ty.split_optional();
        (Some(inner), optional)
    });
    if optional {
        lines.push("  bool found = false;".into());
    }
    if method.is_async {
        passed.extend(["net_queue_done".to_owned(), "c->queue".to_owned()]);
        lines.push("  net_bytes bytes;".into());
        lines.push(format!("  uint64_t op = {name}({});", passed.join(", ")));
        lines.push("  net_code code = net_wait(c->queue, op, &bytes, &error);".into());
    } else {
        if let Some(ty) = inner {
            lines.push(format!("  {} result;", result_type(api, ty)?));
            passed.extend(optional.then(|| "&found".to_owned()));
            passed.push("&result".into());
        }
        passed.push("&error".into());
        lines.push(format!("  net_code code = {name}({});", passed.join(", ")));
    }
    lines.extend(
        ["  if (code != 0) {", "    show_error(c, &error);", "    return;", "  }"].map(str::to_owned),
    );
    lines.extend(shown(api, method, name.trim_end_matches("_with"), inner, optional, is_own)?);
    Ok(lines)
}

/// Statements that show what a call gave.
fn shown(
    api: &Api,
    method: &Method,
    name: &str,
    inner: Option<&Type>,
    optional: bool,
    is_own: bool,
) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let Some(ty) = inner else {
        if method.is_async {
            lines.push("  net_bytes_free(&bytes);".into());
        }
        lines.push(if is_own { "  show_object(c, self(c));".into() } else { "  show_null(c);".into() });
        return Ok(lines);
    };
    let ctype = types::ctype(api, ty)?;
    if method.is_async {
        lines.push(format!("  {} result;", ctype.name));
        let found = if optional { "&found, " } else { "" };
        lines.push(format!("  if (!{name}_result(net_bytes_view(&bytes), {found}&result)) {{"));
        lines.push("    refuse(c, \"the result is not what the header says\");".into());
        lines.push("    memset(&result, 0, sizeof result);".into());
        lines.push("  }".into());
    }
    let is_bytes = !method.is_async && result_type(api, ty)? == "net_bytes";
    let mut show = Vec::new();
    match ty {
        Type::Stream(of) => show.push(format!("drain_{}(c, result);", code(api, of)?)),
        Type::Object(..) | Type::SelfType => show.push("show_object(c, result);".into()),
        _ if is_bytes => {
            let shown = if types::is_view(api, ty) { code(api, ty)? } else { "bytes".into() };
            show.push("net_view view = net_bytes_view(&result);".into());
            show.push(format!("show_{shown}(c, &view);"));
        }
        _ => show.push(format!("show_{}(c, &result);", code(api, ty)?)),
    }
    if optional {
        lines.push("  if (found) {".into());
        lines.extend(show.into_iter().map(|line| format!("    {line}")));
        lines.extend(["  } else {".into(), "    show_null(c);".into(), "  }".into()]);
    } else {
        lines.extend(show.into_iter().map(|line| format!("  {line}")));
    }
    if is_bytes {
        lines.push("  net_bytes_free(&result);".into());
    } else if types::is_owned(ty) && optional {
        lines.extend([
            "  if (found) {".into(),
            format!("    net_{}_free(&result);", ctype.code),
            "  }".into(),
        ]);
    } else if types::is_owned(ty) {
        lines.push(format!("  net_{}_free(&result);", ctype.code));
    }
    if method.is_async {
        lines.push("  net_bytes_free(&bytes);".into());
    }
    Ok(lines)
}

/// What a synchronous call writes its result into.
pub(super) fn result_type(api: &Api, ty: &Type) -> Result<String> {
    let is_bytes = types::is_view(api, ty) || matches!(api.base(ty), Type::FixedBytes(_));
    Ok(if is_bytes { "net_bytes".into() } else { types::ctype(api, ty)?.name })
}

/// Statements that read an argument, and how it is passed.
pub(super) fn argument(api: &Api, arg: &Arg) -> Result<(Vec<String>, Vec<String>)> {
    let name = format!("{}_", names::argument(api, arg).trim_end_matches('_'));
    let (ty, optional) = arg.ty.split_optional();
    let node = format!("arg(c, {})", types::quoted(&arg.name));
    let ctype = types::ctype(api, ty)?;
    let mut lines = Vec::new();
    match ty {
        Type::Host(at, _) => {
            let host = &api.host(*at).name.spec;
            lines.push(format!("  const host *{name}own = host_of(c, {node});"));
            lines.push(format!("  {} {name} = host_{host}({name}own);", names::ty(host)));
            return Ok((lines, vec![format!("&{name}")]));
        }
        Type::Stream(of) => {
            lines.push(format!("  list_source {name}own = {{c, {node} == NULL ? NULL : {node}->first}};"));
            lines.push(format!("  net_source {name} = {{&{name}own, next_{}, NULL, NULL}};", code(api, of)?));
            return Ok((lines, vec![format!("&{name}")]));
        }
        Type::Error => {
            lines.push(format!("  net_error {name} = read_error(c, {node});"));
            return Ok((lines, vec![format!("&{name}")]));
        }
        _ => {}
    }
    lines.push(format!("  {} {name};", ctype.name));
    lines.push(format!("  memset(&{name}, 0, sizeof {name});"));
    let read = format!("read_{}(c, {node}, &{name});", code(api, ty)?);
    let may_be_left_out = optional || arg.default.is_some();
    if may_be_left_out {
        lines.extend([format!("  if (given({node})) {{"), format!("    {read}"), "  }".into()]);
    } else {
        lines.push(format!("  {read}"));
    }
    Ok(match types::passing(api, ty) {
        Passing::Address if may_be_left_out => (lines, vec![format!("given({node}) ? &{name} : NULL")]),
        Passing::Address => (lines, vec![format!("&{name}")]),
        Passing::Items if optional => {
            (lines, vec![format!("given({node}) ? {name}.items : NULL"), format!("{name}.len")])
        }
        Passing::Items => (lines, vec![format!("{name}.items"), format!("{name}.len")]),
        Passing::Value => {
            let mut passed = vec![name.clone()];
            let is_plain = !types::is_view(api, ty) && !matches!(ty, Type::Object(..));
            if optional && is_plain {
                passed.insert(0, format!("given({node})"));
            }
            if let (Some(default), true) = (&arg.default, is_plain)
                && let Some(value) = types::literal(api, default, ty)?
            {
                lines.extend([
                    format!("  if (!given({node})) {{"),
                    format!("    {name} = {value};"),
                    "  }".into(),
                ]);
            }
            (lines, passed)
        }
    })
}
