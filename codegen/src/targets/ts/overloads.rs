//! Methods with several signatures.

use super::bodies::{crossing, named_body};
use super::layout::{self, call, concat, text};
use super::model::BodyModel;
use super::names;
use super::signatures::{Place, docs, name_of, params, private, result_type, signature_line};
use super::types::Scope;
use crate::ir::{Method, Object, Shape, Type};

/// A method with several signatures: one public method that tells them apart, and a private one each.
pub(super) fn overloaded(
    scope: &Scope<'_>,
    method: &Method,
    others: &[&Method],
    place: &Place<'_>,
) -> Vec<BodyModel> {
    let all: Vec<_> = [method].into_iter().chain(others.iter().copied()).collect();
    let name = name_of(method, place);
    let on_class = matches!(method.shape, Shape::Constructor | Shape::Static);
    let (owner, pad) = match place {
        Place::Function => (String::new(), ""),
        Place::Object(object) if on_class => (format!("{}.", names::ty(&object.name)), "  "),
        Place::Object(_) | Place::Record => ("this.".into(), "  "),
    };
    let mut results: Vec<_> = all.iter().map(|m| result_type(scope, m, place)).collect();
    results.dedup();
    let result = results.join(" | ");
    let result = if method.is_async { format!("Promise<{result}>") } else { result };
    let mut heads = String::new();
    for other in &all {
        let line = signature_line(scope, other, place, &name, false);
        heads += &declaration(other, line.trim_end_matches([';', '{', ' ']), pad);
    }
    let start = match place {
        Place::Function => "export function ",
        Place::Object(_) if on_class => "static ",
        Place::Object(_) | Place::Record => "",
    };
    let one = |m: &Method| format!("{owner}{}", private(place, &name_of(m, place)));
    let dispatch = BodyModel {
        doc: Vec::new(),
        head: format!("{heads}{start}{name}(...args: unknown[]): {result}"),
        body: choice(scope, method, others, &one),
    };
    let private = all.iter().map(|m| named_body(scope, m, place, &name_of(m, place), true));
    [dispatch].into_iter().chain(private).collect()
}

/// The constructor of a class that has several: it tells them apart, and a private function of each makes the handle.
pub(super) fn constructors(
    scope: &Scope<'_>,
    method: &Method,
    others: &[&Method],
    object: &Object,
) -> (BodyModel, Vec<BodyModel>) {
    let place = Place::Object(object);
    let class = names::ty(&object.name);
    let all: Vec<_> = [method].into_iter().chain(others.iter().copied()).collect();
    let heads: String = all
        .iter()
        .map(|m| {
            let line = layout::print(&call("constructor", params(scope, m, &place).0), 1);
            declaration(m, &line, "  ")
        })
        .collect();
    let constructor = BodyModel {
        doc: Vec::new(),
        head: format!("{heads}constructor(...args: unknown[])"),
        body: vec![format!("super({class}.#make(args));")],
    };
    let one = |m: &Method| format!("{class}.{}", private(&place, &names::member(&m.name)));
    let make = BodyModel {
        doc: Vec::new(),
        head: "static #make(args: unknown[]): number".into(),
        body: choice(scope, method, others, &one),
    };
    let makers = all.iter().map(|m| {
        let (mut body, crossing) = crossing(scope, m, &place, 2);
        body.push(layout::print(&concat([call("return k.call", crossing), text(";")]), 2));
        let name = private(&place, &names::member(&m.name));
        let head = concat([call(&format!("static {name}"), params(scope, m, &place).0), text(": number {")]);
        let head = layout::print(&head, 1).trim_end_matches(" {").to_owned();
        BodyModel { doc: Vec::new(), head, body }
    });
    let made = [make].into_iter().chain(makers).collect();
    (constructor, made)
}

/// A signature with its documentation, and the indentation of what follows.
fn declaration(method: &Method, line: &str, pad: &str) -> String {
    let doc: String = docs(method).iter().map(|line| format!("{pad} * {line}\n")).collect();
    format!("/**\n{doc}{pad} */\n{pad}{line};\n{pad}")
}

/// Statements that call the function of the signature that `args` are meant for.
fn choice(
    scope: &Scope<'_>,
    method: &Method,
    others: &[&Method],
    one: &dyn Fn(&Method) -> String,
) -> Vec<String> {
    let mut body = Vec::new();
    for other in others {
        let test = distinction(scope, method, other);
        body.push(format!("if ({test}) {{"));
        body.push(format!("  return {}(...(args as {}));", one(other), nevers(other)));
        body.push("}".into());
    }
    body.push(format!("return {}(...(args as {}));", one(method), nevers(method)));
    body
}

/// A tuple type that stands for the arguments of any signature with as many needed ones.
fn nevers(method: &Method) -> String {
    let needed = method.args.iter().filter(|arg| !arg.may_be_left_out()).count();
    format!("[{}]", vec!["never"; needed].join(", "))
}

/// The condition under which arguments are those of the other signature.
fn distinction(scope: &Scope<'_>, main: &Method, other: &Method) -> String {
    for (position, (a, b)) in main.args.iter().zip(&other.args).enumerate() {
        let (a, b) = (test(scope, &a.ty), test(scope, &b.ty));
        if a != b {
            return b.replace("{}", &format!("args[{position}]"));
        }
    }
    let needed = |method: &Method| method.args.iter().filter(|arg| !arg.may_be_left_out()).count();
    if needed(other) > needed(main) {
        format!("args.length >= {}", needed(other))
    } else {
        format!("args.length < {}", needed(main))
    }
}

/// A condition that holds for values of a type.
fn test(scope: &Scope<'_>, ty: &Type) -> &'static str {
    match scope.api.base(ty.split_optional().0) {
        Type::Bool => "typeof {} === 'boolean'",
        Type::String | Type::Enum(_) => "typeof {} === 'string'",
        Type::Bytes | Type::FixedBytes(_) => "{} instanceof Uint8Array",
        Type::Int(_) | Type::F64 | Type::Duration(_) | Type::Instant(_) | Type::Size => "k.isNumber({})",
        Type::Object(..) => "{} instanceof k.NetObject",
        Type::Host(..) => "typeof {} === 'function'",
        Type::List(_) | Type::Flags(_) => "Array.isArray({})",
        _ => "k.isPlain({})",
    }
}
