//! Calls of the C testee that are made again and again: arguments are read once, and only the calls are timed.

use super::calls::{CallModel, argument, result_type};
use crate::ir::{Api, Lang, Method, Module, Shape};
use crate::targets::cpack::functions::is_typed;
use crate::targets::cpack::{names, types};
use anyhow::Result;

/// The operations of a module that are timed.
pub(super) fn module(api: &Api, module: &Module) -> Result<Vec<CallModel>> {
    let mut calls = Vec::new();
    let is_timed = |method: &&Method| method.timed && method.in_lang(Lang::C);
    for method in module.functions.iter().filter(is_timed) {
        let spec = &method.name.spec;
        calls.push(call(api, method, format!("time_{spec}"), &names::function(spec))?);
    }
    for object in &module.objects {
        for method in object.methods.iter().filter(is_timed) {
            let (own, spec) = (&object.name.spec, &method.name.spec);
            calls.push(call(api, method, format!("time_{own}_{spec}"), &names::method(own, spec))?);
        }
    }
    Ok(calls)
}

fn call(api: &Api, method: &Method, function: String, native: &str) -> Result<CallModel> {
    let mut reads = Vec::new();
    let mut members = Vec::new();
    let mut locals = Vec::new();
    let mut passed = Vec::new();
    if method.shape == Shape::Method {
        passed.push("on".to_owned());
    }
    for (index, arg) in method.args.iter().enumerate() {
        let (read, pass) = argument(api, arg)?;
        let (ty, optional) = arg.ty.split_optional();
        let name = format!("{}_", names::argument(api, arg).trim_end_matches('_'));
        let ctype = types::ctype(api, ty)?.name;
        members.push(format!("    {ctype} given{index};"));
        locals.push(format!("    {ctype} {name} = at->given{index};"));
        reads.extend(read.into_iter().map(|line| format!("  {line}")));
        reads.push(format!("    sets[i].given{index} = {name};"));
        let given = format!("given(arg(c, {}))", types::quoted(&arg.name));
        if optional || arg.default.is_some() {
            members.push(format!("    bool has{index};"));
            reads.push(format!("    sets[i].has{index} = {given};"));
        }
        passed.extend(pass.into_iter().map(|pass| pass.replace(&given, &format!("at->has{index}"))));
    }
    if members.is_empty() {
        members.push("    char nothing;".into());
    }
    let mut body = vec!["  struct {".to_owned()];
    body.extend(members);
    body.extend([
        "  } *sets = room(c, set_count(c) * sizeof *sets), *at;".to_owned(),
        "  for (size_t i = 0; choose_set(c, i); i++) {".to_owned(),
    ]);
    if reads.is_empty() {
        reads.push("    sets[i].nothing = 0;".into());
    }
    body.extend(reads);
    body.push("  }".into());
    if method.shape == Shape::Method {
        body.push("  net_handle on = self(c);".into());
    }
    body.extend([
        "  for (size_t turn = begin(c); more(c); turn = next_set(c, turn)) {".to_owned(),
        "    at = &sets[turn];".to_owned(),
    ]);
    body.extend(locals);
    let native = if is_typed(api, method)? { format!("{native}_with") } else { native.to_owned() };
    body.extend(if method.is_async {
        passed.extend(["net_queue_done".to_owned(), "c->queue".to_owned()]);
        submission(&native, &passed)
    } else {
        direct(api, method, &native, passed)?
    });
    body.extend(["    (void)at;".to_owned(), "  }".to_owned()]);
    if method.is_async {
        body.push("  finish(c);".into());
    }
    Ok(CallModel { op: format!("time:{}", method.path), function, body })
}

fn submission(native: &str, passed: &[String]) -> Vec<String> {
    vec![format!("    {native}({});", passed.join(", ")), "    submitted(c);".into()]
}

fn direct(api: &Api, method: &Method, native: &str, mut passed: Vec<String>) -> Result<Vec<String>> {
    let mut lines = vec!["    net_error error;".to_owned()];
    let returned = method.returns.as_ref().map(|ty| ty.split_optional());
    let mut release = Vec::new();
    if let Some((ty, optional)) = returned {
        let result = result_type(api, ty)?;
        lines.push(format!("    {result} result;"));
        if optional {
            lines.push("    bool found = false;".into());
            passed.push("&found".into());
        }
        passed.push("&result".into());
        let free = if result == "net_bytes" {
            Some("net_bytes_free(&result);".to_owned())
        } else if types::is_owned(ty) {
            Some(format!("net_{}_free(&result);", types::ctype(api, ty)?.code))
        } else {
            None
        };
        release.extend(free.map(|free| {
            if optional { format!("    if (found) {{ {free} }}") } else { format!("    {free}") }
        }));
    }
    passed.push("&error".into());
    lines.push(format!("    if ({native}({}) != 0) {{", passed.join(", ")));
    lines.extend(["      show_error(c, &error);", "      return;", "    }"].map(str::to_owned));
    lines.extend(release);
    Ok(lines)
}
