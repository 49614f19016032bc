//! Bodies of functions: what crosses, and what becomes of the result.

use super::layout::{self, Doc, call, concat, text};
use super::model::BodyModel;
use super::names;
use super::natives::{form, has_pack, is_itself, is_on_object, native, needs_environment};
use super::signatures::{Place, docs, head, name_of, params};
use super::types::{Scope, Way, parameters};
use crate::ir::{Held, Method, Shape, Type};
use crate::targets::node::{ResultForm, crosses_alone};

pub(super) fn body(scope: &Scope<'_>, method: &Method, place: &Place<'_>) -> BodyModel {
    named_body(scope, method, place, &name_of(method, place), false)
}

pub(super) fn named_body(
    scope: &Scope<'_>,
    method: &Method,
    place: &Place<'_>,
    name: &str,
    is_private: bool,
) -> BodyModel {
    if let Place::Object(object) = place
        && let Some(held) = object.held(scope.api, method)
    {
        return within(scope, method, name, held);
    }
    let level = usize::from(place.is_member()) + 1;
    let head = head(scope, method, place, name, is_private);
    let body =
        if is_itself(method) { vec!["return this;".into()] } else { statements(scope, method, place, level) };
    let body = combining(scope, method, place, level).into_iter().chain(body).collect();
    BodyModel { doc: if is_private { Vec::new() } else { docs(method) }, head, body }
}

/// A method that runs a function with what another one gives.
fn within(scope: &Scope<'_>, method: &Method, name: &str, held: Held<'_>) -> BodyModel {
    let ty = scope.ty(&Type::Object(held.at, Vec::new()), Way::Out);
    let wait = if held.acquire.is_async { "await " } else { "" };
    let acquire = format!("{wait}this.{}()", names::member(&held.acquire.name));
    let run = text(format!("run: (held: {ty}) => R | PromiseLike<R>"));
    let head = concat([call(&format!("async {name}<R>"), vec![run]), text(": Promise<R> {")]);
    let end = format!("(held, failed) => held.{}(failed)", names::member(&held.end.name));
    let args = [acquire, "run".to_owned(), end].map(text).to_vec();
    BodyModel {
        doc: docs(method),
        head: layout::print(&head, 1).trim_end_matches(" {").into(),
        body: vec![layout::print(&concat([call("return k.within", args), text(";")]), 2)],
    }
}

/// A method under another name.
pub(super) fn alias_of(scope: &Scope<'_>, method: &Method, place: &Place<'_>, alias: String) -> BodyModel {
    let own = name_of(method, place);
    if let Place::Object(object) = place
        && let Some(held) = object.held(scope.api, method)
    {
        let body = vec![format!("return this.{own}(run);")];
        let doc = vec![format!("The same as {{@link {own}}}.")];
        return BodyModel { doc, body, ..within(scope, method, &alias, held) };
    }
    let alias_head = head(scope, method, place, &alias, false);
    let mut args: Vec<_> = method
        .given()
        .iter()
        .map(|arg| {
            let name = names::argument(scope.api, &arg.name, &arg.ty);
            text(if arg.variadic { format!("...{name}") } else { name })
        })
        .collect();
    let (_, extras) = params(scope, method, place);
    args.extend(extras.validator.filter(|v| v == "validator").map(text));
    args.extend(extras.signal.filter(|s| s == "context?.signal").map(|_| text("context")));
    let record = method.member.as_ref().filter(|member| member.is_static);
    let record = record.map(|member| names::ty(&scope.api.record(member.record).name));
    let owner = match (place, method.shape) {
        (Place::Function, _) => String::new(),
        (Place::Object(object), Shape::Constructor | Shape::Static) => {
            format!("{}.", names::ty(&object.name))
        }
        _ => record.map_or("this.".into(), |record| format!("{record}.")),
    };
    let level = usize::from(place.is_member()) + 1;
    let call = match method.shape {
        Shape::Property { .. } => text(format!("return {owner}{own}")),
        _ => call(&format!("return {owner}{own}"), args),
    };
    BodyModel {
        doc: vec![format!("The same as {{@link {own}}}.")],
        head: alias_head,
        body: vec![layout::print(&concat([call, text(";")]), level)],
    }
}

/// Statements that write the pack, and the arguments of the native function, itself first.
pub(super) fn crossing(
    scope: &Scope<'_>,
    method: &Method,
    place: &Place<'_>,
    level: usize,
) -> (Vec<String>, Vec<Doc>) {
    let mut body = Vec::new();
    let mut args = vec![text(native(&method.path))];
    if needs_environment(scope, method) && !method.is_async {
        args.push(text("k.environment"));
    }
    if is_on_object(method) {
        // What was combined crosses before any other call on its object.
        let combines = matches!(place, Place::Object(object) if object.combined().is_some());
        args.push(text(if combines { "k.settled(this)" } else { "this[k.HANDLE]" }));
    }
    if has_pack(scope, method) {
        body.push("const w = k.begin();".into());
    }
    for arg in &method.args {
        let name = names::argument(scope.api, &arg.name, &arg.ty);
        let quoted = names::text(&name);
        let value = match &arg.default {
            _ if arg.is_receiver => "this".into(),
            Some(default) => format!("{name} ?? {}", scope.literal(default, &arg.ty)),
            None if arg.variadic => format!("k.spread({name})"),
            None => name.clone(),
        };
        if !crosses_alone(scope.api, &arg.ty) {
            let write = format!("{}.write", scope.codec(&arg.ty));
            let write = call(&write, vec![text("w"), text(value), text(quoted)]);
            body.push(layout::print(&concat([write, text(";")]), level));
            continue;
        }
        args.push(match arg.ty.split_optional() {
            (Type::Object(at, _), false) => {
                let class = scope.path(at.module, &names::ty(&scope.api.object(*at).name));
                call("k.checkObject", vec![text(class), text(value), text(quoted)])
            }
            (inner, true) => {
                let codec = check_codec(scope, inner);
                call("k.maybe", vec![text(codec), text(value), text(quoted)])
            }
            (inner, false) => {
                call(&format!("{}.check", check_codec(scope, inner)), vec![text(value), text(quoted)])
            }
        });
    }
    if has_pack(scope, method) {
        args.push(text("k.done(w)"));
    }
    (body, args)
}

pub(super) fn is_cached(method: &Method) -> bool {
    method.shape == Shape::Property { fixed: true } && !is_itself(method)
}

pub(super) fn cache(method: &Method) -> String {
    format!("kept{}", crate::case::pascal(&method.name.spec))
}

pub(super) fn statements(scope: &Scope<'_>, method: &Method, place: &Place<'_>, level: usize) -> Vec<String> {
    let (_, extras) = params(scope, method, place);
    let (mut body, args) = crossing(scope, method, place, level);
    let validator = extras.validator.clone();
    let statement = |doc: Doc| layout::print(&concat([doc, text(";")]), level);
    if method.is_async {
        let codec = result_codec(scope, method, place, validator);
        let signal = extras.signal.unwrap_or_else(|| "undefined".into());
        let args = [text(codec), text(signal)].into_iter().chain(args).collect();
        body.push(statement(call("return k.submit", args)));
        return body;
    }
    let crossed = |head: &str, args: Vec<Doc>| call(head, args);
    let returns = method.returns.as_ref();
    match form(scope, method) {
        ResultForm::Unit => {
            body.push(statement(crossed("k.call", args)));
            body.extend(matches!(returns, Some(Type::SelfType)).then(|| "return this;".to_owned()));
        }
        ResultForm::Pack => {
            let codec = result_codec(scope, method, place, validator);
            let args = [text(codec)].into_iter().chain(args).collect();
            body.push(statement(crossed("return k.answer", args)));
        }
        ResultForm::Handle => {
            body.push(statement(adopted(scope, method, place, validator, crossed("k.call", args))))
        }
        ResultForm::Value => {
            let (inner, optional) = returns.map_or((&Type::Bool, false), Type::split_optional);
            let head = match (inner, optional) {
                (Type::Json(variable), _) => {
                    let function = if optional { "decodeMaybe" } else { "decodeJson" };
                    Some(format!("k.{function}<{}>", names::capital(variable)))
                }
                (Type::Duration(_), false) => Some("Number".into()),
                (Type::Duration(_), true) => Some("k.numberMaybe".into()),
                (Type::Date, false) => Some("new Date".into()),
                (Type::Date, true) => Some("k.dateMaybe".into()),
                _ => None,
            };
            let doc = match head {
                None if is_cached(method) => {
                    let crossed = call("k.call", args);
                    concat([text(format!("return (this.{} ??= ", cache(method))), crossed, text(")")])
                }
                None => crossed("return k.call", args),
                Some(head) => {
                    let mut inner = vec![crossed("k.call", args)];
                    inner.extend(validator.filter(|_| head.starts_with("k.decode")).map(text));
                    call(&format!("return {head}"), inner)
                }
            };
            body.push(statement(doc));
        }
    }
    body
}

/// Statements that keep a call for later, if there is room, and are done then.
fn combining(scope: &Scope<'_>, method: &Method, place: &Place<'_>, level: usize) -> Vec<String> {
    let (Place::Object(object), Some(_)) = (place, &method.combine) else { return Vec::new() };
    let Some((into, _)) = object.combined() else { return Vec::new() };
    let mut body = vec![
        format!("const combiner = k.combinerOf(this, {});", native(&into.path)),
        "const w = combiner.begin();".into(),
    ];
    for position in 0..into.args.len() {
        let Some(arg) = method.args.get(position) else {
            body.push("w.byte(0);".into());
            continue;
        };
        let name = names::argument(scope.api, &arg.name, &arg.ty);
        let args = vec![text("w"), text(&name), text(names::text(&name))];
        let write = call(&format!("{}.write", scope.codec(&arg.ty)), args);
        body.push(layout::print(&concat([write, text(";")]), level));
    }
    body.extend(["if (combiner.end()) {", "  return true;", "}"].map(String::from));
    body
}

fn check_codec(scope: &Scope<'_>, ty: &Type) -> String {
    match ty {
        Type::Json(_) => "k.anyJson".into(),
        ty => scope.codec(ty),
    }
}

/// The expression of a result that is an object or a stream.
fn adopted(
    scope: &Scope<'_>,
    method: &Method,
    place: &Place<'_>,
    validator: Option<String>,
    crossed: Doc,
) -> Doc {
    let (inner, optional) = method.returns.as_ref().map_or((&Type::Bool, false), Type::split_optional);
    match (method.shape, place, inner) {
        (Shape::Constructor, Place::Object(object), _) => {
            call("return k.adopt", vec![text(names::ty(&object.name)), crossed])
        }
        (_, _, Type::Stream(of)) => {
            let codec = match &**of {
                Type::Json(variable) => {
                    let validator = validator.unwrap_or_default();
                    format!("k.json<{}>({validator})", names::capital(variable))
                }
                of => scope.codec(of),
            };
            call("return k.stream", vec![text(codec), crossed])
        }
        (_, _, Type::Object(at, bound)) => {
            let class = scope.path(at.module, &names::ty(&scope.api.object(*at).name));
            let function = if optional { "adoptMaybe" } else { "adopt" };
            let generic =
                if bound.is_empty() { String::new() } else { format!("<{class}{}>", parameters(bound)) };
            let mut args = vec![text(class), crossed];
            args.extend(validator.map(text));
            let adopted = |lead: &str| call(&format!("{lead}k.{function}{generic}"), args);
            if is_cached(method) {
                let lead = format!("return (this.{} ??= ", cache(method));
                return concat([adopted(&lead), text(")")]);
            }
            adopted("return ")
        }
        _ => crossed,
    }
}

/// The codec of a packed result.
fn result_codec(scope: &Scope<'_>, method: &Method, place: &Place<'_>, validator: Option<String>) -> String {
    match (method.shape, place, &method.returns) {
        (Shape::Constructor, Place::Object(object), _) => {
            format!("codec.{}Handle", names::codec(&object.name))
        }
        (_, _, None | Some(Type::SelfType)) => "k.nothing".into(),
        (_, _, Some(Type::Json(variable))) => {
            format!("k.json<{}>({})", names::capital(variable), validator.unwrap_or_default())
        }
        (_, _, Some(ty)) => scope.codec(ty),
    }
}
