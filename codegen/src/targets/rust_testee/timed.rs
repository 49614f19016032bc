//! Operations as calls that are made again and again: arguments are read once, and only the calls are timed.

use super::calls::{self, Arm};
use crate::ir::{Api, Type};
use crate::targets::rust::names;
use crate::targets::testee::{Call, Op};

/// Lowers an operation; none unless the spec has it timed.
pub(crate) fn arm(api: &Api, op: &Op<'_>) -> Option<Arm> {
    let Call::Method(method) = &op.call else { return None };
    if !method.timed || op.alias.is_some() {
        return None;
    }
    let mut lines = Vec::new();
    let callee = calls::callee(api, op, &mut lines);
    let on_object = !callee.ends_with(':');
    let mut reads = Vec::new();
    let mut passed = Vec::new();
    for (index, arg) in method.args.iter().enumerate() {
        let (read, pass) =
            split(&arg.ty, &calls::argument(api, arg, method.is_async), index, method.is_async);
        reads.push(read);
        passed.push(pass);
    }
    let dot = if on_object { "." } else { "" };
    let call = format!("{callee}{dot}{}({})", names::value(&method.name.spec), passed.join(", "));
    let (time, call) = if method.is_async {
        ("request.time_async", format!("Ok(async move || {call}.await)"))
    } else {
        ("request.time", format!("Ok(move || {call})"))
    };
    let unused = if reads.is_empty() { "_" } else { "" };
    lines.push(format!("{time}(|{unused}args| {{"));
    lines.extend(reads.into_iter().map(|line| format!("    {line}")));
    lines.extend(on_object.then(|| "    let object = object.clone();".to_owned()));
    lines.extend([format!("    {call}"), if method.is_async { "}).await".into() } else { "})".into() }]);
    Some(Arm { op: names::text(&op.name), lines })
}

/// The statement that reads an argument, and how it is passed each time.
fn split(ty: &Type, argument: &str, index: usize, is_async: bool) -> (String, String) {
    let name = format!("given{index}");
    let (value, pass) = if let Some(value) = argument.strip_prefix('&') {
        (value, format!("&{name}"))
    } else if let Some(value) = argument.strip_suffix(".as_deref()") {
        (value, format!("{name}.as_deref()"))
    } else {
        match ty.split_optional().0 {
            Type::Bytes if !is_async => (argument, format!("&{name}")),
            Type::Int(_) | Type::Bool | Type::F64 | Type::Duration(_) => (argument, name.clone()),
            _ => (argument, format!("{name}.clone()")),
        }
    };
    (format!("let {name} = {value};"), pass)
}
