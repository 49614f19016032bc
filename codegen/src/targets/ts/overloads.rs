//! Methods with several signatures.

use super::bodies::named_body;
use super::model::BodyModel;
use super::names;
use super::signatures::{Place, docs, name_of, result_type, signature_line};
use super::types::Scope;
use crate::ir::{Method, Shape, Type};

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
    let owner = match place {
        Place::Object(object) if on_class => format!("{}.", names::ty(&object.name)),
        _ => "this.".into(),
    };
    let result = result_type(scope, method, place);
    let result = if method.is_async { format!("Promise<{result}>") } else { result };
    let mut heads = String::new();
    for other in &all {
        let doc: String = docs(other).iter().map(|line| format!("   * {line}\n")).collect();
        let line = signature_line(scope, other, place, &name, false);
        heads += &format!("/**\n{doc}   */\n  {};\n  ", line.trim_end_matches([';', '{', ' ']));
    }
    let start = if on_class { "static " } else { "" };
    let mut body = Vec::new();
    for other in others {
        let test = distinction(scope, method, other);
        let private = names::member(&other.name);
        body.push(format!("if ({test}) {{"));
        body.push(format!("  return {owner}#{private}(...(args as {}));", nevers(other)));
        body.push("}".into());
    }
    body.push(format!("return {owner}#{name}(...(args as {}));", nevers(method)));
    let dispatch = BodyModel {
        doc: Vec::new(),
        head: format!("{heads}{start}{name}(...args: unknown[]): {result}"),
        body,
    };
    let private = all.iter().map(|m| named_body(scope, m, place, &name_of(m, place), true));
    [dispatch].into_iter().chain(private).collect()
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
