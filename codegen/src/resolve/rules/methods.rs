//! Methods: what crosses how, and what a language could not express.

use super::{Rules, is_reason};
use crate::ir::{Method, Object, Shape, Type};

/// Checks the methods of a module.
pub(super) fn check(rules: &mut Rules<'_>, position: usize) {
    let module = rules.module(position);
    for (path, method) in super::methods(module) {
        let generic = owner_generic(rules, position, &path);
        shapes(rules, position, &path, method);
        arguments(rules, position, &path, method);
        generics(rules, position, &path, method, generic);
        if method.hot {
            hot(rules, position, &path, method);
        }
        if method.shows && method.member.is_none() {
            let path = [path.as_slice(), &["shows"]].concat();
            rules.wrong(position, &path, "the text of a value is given by a method of its record");
        }
        if method.feature.is_some() {
            gated(rules, position, &path, method);
        }
        if method.blocks {
            blocks(rules, position, &path, method);
        }
        let skips = method.skip.values().map(|reason| ("skip", reason));
        let untested = method.untested.iter().map(|reason| ("untested", reason));
        for (key, reason) in skips.chain(untested).filter(|(_, reason)| !is_reason(reason)) {
            let path = [path.as_slice(), &[key]].concat();
            rules.wrong(position, &path, format!("`{reason}` is not a reason"));
        }
    }
    let functions: Vec<_> = module.functions.iter().map(|m| (super::function_path(module, m), m)).collect();
    overloads(rules, position, &functions);
    for object in &module.objects {
        let members = object.constructors.iter().chain(&object.methods);
        let members = members.map(|m| {
            let table = if m.shape == Shape::Constructor { "new" } else { "fn" };
            (vec!["object", object.name.spec.as_str(), table, m.name.spec.as_str()], m)
        });
        overloads(rules, position, &members.collect::<Vec<_>>());
        accepted(rules, position, object);
        object.sugars.iter().for_each(|method| sugar(rules, position, object, method));
        combined(rules, position, object);
    }
}

fn owner_generic<'a>(rules: &Rules<'a>, position: usize, path: &[&str]) -> &'a [String] {
    let module = rules.module(position);
    match path {
        ["object", name, ..] => {
            module.objects.iter().find(|o| o.name.spec == **name).map_or(&[], |o| &o.generic)
        }
        ["host", name, ..] => module.hosts.iter().find(|h| h.name.spec == **name).map_or(&[], |h| &h.generic),
        _ => &[],
    }
}

/// A function is run with an object that a method gives without being told anything, and that hears how the function ended.
fn sugar(rules: &mut Rules<'_>, position: usize, object: &Object, method: &Method) {
    let path = ["object", object.name.spec.as_str(), "fn", &method.name.spec, "sugar"];
    let Some(held) = object.held(rules.api, method) else {
        let message = "it goes by a method of the object that gives one with a method to `close` it";
        return rules.wrong(position, &path, message);
    };
    let gives = held.acquire.shape == Shape::Method && held.acquire.args.is_empty();
    let hears = matches!(&held.end.args[..], [arg] if arg.ty == Type::Bool && arg.default.is_some());
    if !gives || !object.generic.is_empty() || held.at.module != position {
        rules.wrong(
            position,
            &path,
            "the method it goes by takes nothing, and gives an object of the module",
        );
    }
    if !hears {
        rules.wrong(position, &path, "what ends the object takes one `bool`, which may be left out");
    }
}

/// What can be left out of a build can answer that it is.
fn gated(rules: &mut Rules<'_>, position: usize, path: &[&str], method: &Method) {
    if method.shape == (Shape::Property { fixed: true }) {
        let path = [path, &["feature"]].concat();
        rules.wrong(
            position,
            &path,
            "a fixed property is copied when its object is made, and never `unsupported`",
        );
    }
}

fn shapes(rules: &mut Rules<'_>, position: usize, path: &[&str], method: &Method) {
    if method.shape == Shape::Constructor && method.name.spec == "new" && method.is_async {
        rules.wrong(position, path, "a constructor called `new` is not `async`");
    }
    let is_method = method.shape == Shape::Method || method.receiver().is_some();
    let is_getter = is_method && !method.is_async && method.given().is_empty();
    if method.python_property && !(is_getter && method.returns.is_some()) {
        rules.wrong(
            position,
            path,
            "a method that is a property somewhere takes nothing, gives something, and is not `async`",
        );
    }
    if method.optional && method.shape != Shape::Host {
        rules.wrong(position, path, "only methods of the host are `optional`");
    }
    if matches!(method.returns, Some(Type::List(_))) && method.order.is_none() {
        rules.wrong(position, path, "a list comes back in some `order`: say which");
    }
    if matches!(method.returns, Some(Type::SelfType)) && path.first() != Some(&"object") {
        rules.wrong(position, path, "`self` is the result of an object's method or property");
    }
    let takes_host = method.args.iter().any(|arg| matches!(arg.ty.split_optional().0, Type::Host(..)));
    let registers = matches!(method.returns, None | Some(Type::Object(..)));
    if takes_host && !method.is_async && !registers && method.shape != Shape::Host {
        rules.wrong(
            position,
            path,
            "a method that calls the host before it returns is `async`, or Node would stand still",
        );
    }
}

fn arguments(rules: &mut Rules<'_>, position: usize, path: &[&str], method: &Method) {
    for (index, arg) in method.args.iter().enumerate() {
        let path = [path, &["args", &arg.name]].concat();
        if matches!(arg.ty, Type::Optional(_)) && arg.default.is_some() {
            rules.wrong(position, &path, "an argument is optional or has a default, not both");
        }
        if arg.variadic && index + 1 != method.args.len() {
            rules.wrong(position, &path, "an argument of any number of values is the last");
        }
        if arg.borrowed && method.is_async {
            rules.wrong(
                position,
                &path,
                "an `async` method cannot borrow: the call returns before it is done",
            );
        }
        if matches!(arg.ty, Type::SelfType) {
            rules.wrong(position, &path, "`self` is a result, not an argument");
        }
    }
}

fn generics(rules: &mut Rules<'_>, position: usize, path: &[&str], method: &Method, owner: &[String]) {
    let mut used = Vec::new();
    method.args.iter().for_each(|arg| variables(&arg.ty, &mut used));
    method.returns.iter().for_each(|ty| variables(ty, &mut used));
    for name in &used {
        if !method.generic.contains(name) && !owner.contains(name) {
            rules.wrong(position, path, format!("`{name}` is not among the `generic` variables"));
        }
    }
    for name in method.generic.iter().filter(|name| !used.contains(name)) {
        rules.wrong(position, path, format!("the variable `{name}` is not used"));
    }
}

fn variables(ty: &Type, used: &mut Vec<String>) {
    match ty {
        Type::Json(name) => used.push(name.clone()),
        Type::Object(_, names) | Type::Host(_, names) => used.extend(names.iter().cloned()),
        Type::List(inner) | Type::Map(inner) | Type::Stream(inner) | Type::Optional(inner) => {
            variables(inner, used)
        }
        _ => {}
    }
}

fn hot(rules: &mut Rules<'_>, position: usize, path: &[&str], method: &Method) {
    if method.is_async {
        rules.wrong(position, path, "a `hot` method is not `async`");
    }
    for arg in &method.args {
        let (ty, _) = arg.ty.split_optional();
        let direct = match ty {
            Type::Bytes => arg.borrowed,
            Type::Bool
            | Type::Int(_)
            | Type::F64
            | Type::String
            | Type::Object(..)
            | Type::Duration(_)
            | Type::Size => true,
            Type::Scalar(_) | Type::Enum(_) | Type::Flags(_) | Type::Instant(_) => true,
            _ => false,
        };
        if !direct {
            let path = [path, &["args", &arg.name]].concat();
            rules.wrong(position, &path, "a `hot` method takes scalars, handles, strings and `&bytes` only");
        }
    }
    let fields =
        method.throws.iter().flat_map(|at| &rules.api.family(*at).kinds).any(|kind| !kind.fields.is_empty());
    if fields {
        rules.wrong(position, path, "a `hot` method throws no family with fields");
    }
}

fn blocks(rules: &mut Rules<'_>, position: usize, path: &[&str], method: &Method) {
    let path = [path, &["blocks"]].concat();
    if method.shape == Shape::Host {
        rules.wrong(
            position,
            &path,
            "only what the library does is said to block: a host that waits is `async`",
        );
    } else if method.is_async {
        rules.wrong(position, &path, "an `async` method returns at once, and nobody's thread waits in it");
    } else if method.hot {
        rules.wrong(position, &path, "a `hot` method never waits");
    }
}

fn combined(rules: &mut Rules<'_>, position: usize, object: &Object) {
    let named = |name: &str| object.methods.iter().find(|m| m.name.spec == name);
    let mut pair = None;
    for method in &object.methods {
        let Some(combine) = &method.combine else { continue };
        let path = ["object", object.name.spec.as_str(), "fn", &method.name.spec];
        for name in [&combine.0, &combine.1] {
            match named(name) {
                None => rules.wrong(position, &path, format!("there is no method `{name}`")),
                Some(other) if !other.hot => {
                    rules.wrong(
                        position,
                        &path,
                        format!("it is combined through `{name}`, which is not `hot`"),
                    );
                }
                Some(_) => {}
            }
        }
        if method.returns != Some(Type::Bool) || !method.hot {
            rules.wrong(position, &path, "a combined method is `hot` and returns `bool`");
        }
        if *pair.get_or_insert(combine) != combine {
            rules.wrong(
                position,
                &path,
                "the methods of one object combine into one, which keeps their order",
            );
        }
    }
}

/// What stands for an object is one plain value, and is taken at once.
fn accepted(rules: &mut Rules<'_>, position: usize, object: &Object) {
    let Some(constructor) = object.accept.map(|at| &object.constructors[at]) else { return };
    let is_plain = |ty: &Type| matches!(ty, Type::Bytes | Type::String);
    let fits = !constructor.is_async
        && object.generic.is_empty()
        && matches!(&constructor.args[..], [only] if is_plain(&only.ty) && !only.may_be_left_out());
    if !fits {
        let path = ["object", object.name.spec.as_str(), "accept"];
        let message = "what stands for an object is bytes or a text, the only argument of a constructor that is not `async`";
        rules.wrong(position, &path, message);
    }
}

/// Signatures under one name: of the functions of a module, or of the members of an object.
fn overloads(rules: &mut Rules<'_>, position: usize, all: &[(Vec<&str>, &Method)]) {
    for (path, method) in all {
        let Some(target) = &method.overload else { continue };
        match all.iter().map(|(_, other)| *other).find(|other| other.name.spec == *target) {
            None => rules.wrong(position, path, format!("there is no method `{target}` to overload")),
            Some(other) if !can_be_told_apart(method, other) => {
                rules.wrong(position, path, format!("calls of it cannot be told from calls of `{target}`"));
            }
            Some(other) if (method.shape, method.is_async) != (other.shape, other.is_async) => {
                rules.wrong(
                    position,
                    path,
                    format!("an overload waits as `{target}` does, and is called on the same"),
                );
            }
            Some(_) => {}
        }
    }
}

/// Whether the number of required arguments differs, or the kind of value at some position.
fn can_be_told_apart(a: &Method, b: &Method) -> bool {
    let required = |m: &Method| m.args.iter().filter(|arg| !arg.may_be_left_out()).count();
    required(a) != required(b)
        || a.args.iter().zip(&b.args).any(|(a, b)| value_kind(&a.ty) != value_kind(&b.ty))
}

fn value_kind(ty: &Type) -> &'static str {
    match ty.split_optional().0 {
        Type::String => "string",
        Type::Int(_) | Type::F64 | Type::Duration(_) | Type::Instant(_) | Type::Size | Type::Scalar(_) => {
            "number"
        }
        Type::Bytes | Type::FixedBytes(_) => "bytes",
        Type::Bool => "bool",
        Type::Host(..) => "function",
        Type::Object(..) => "class",
        Type::List(_) => "list",
        _ => "record",
    }
}
