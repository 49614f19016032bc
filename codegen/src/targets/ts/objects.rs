//! Objects and the functions of modules.

use super::bodies::{alias_of, body, cache, crossing, is_cached};
use super::layout::{self, call, concat, text};
use super::model::{self, BodyModel, Lines};
use super::names;
use super::natives::native;
use super::overloads::{constructors, overloaded};
use super::signatures::{Place, docs, params, result_type};
use super::types::{Scope, Way, parameters};
use crate::ir::{Lang, Method, Module, Object, Type};

pub(crate) struct ObjectModel {
    pub doc: Lines,
    pub name: String,
    pub parameters: String,
    pub base: String,
    /// Members that hold properties that never change.
    pub caches: Vec<String>,
    pub constructor: Option<BodyModel>,
    pub members: Vec<BodyModel>,
    /// Expression of the object that `value` stands for.
    pub accept: Option<String>,
    pub source: Option<SourceModel>,
    pub close: Option<CloseModel>,
    pub aliases: Vec<String>,
}

pub(crate) struct SourceModel {
    pub item: String,
    pub codec: String,
    pub next: String,
    pub close: String,
}

pub(crate) struct CloseModel {
    /// Whether `close` is generated; otherwise what ends the object.
    pub method: Option<String>,
}

/// The functions of a module, under all their names.
pub(crate) fn functions(scope: &Scope<'_>, module: &Module) -> Vec<BodyModel> {
    let kept: Vec<_> = module.plain_functions().filter(|m| m.in_lang(Lang::Ts)).collect();
    let is_first = |method: &&&Method| method.overload.is_none();
    kept.iter()
        .filter(is_first)
        .flat_map(|method| {
            let others: Vec<_> = kept.iter().copied().filter(|m| m.is_overload_of(method)).collect();
            let mut all = match others.is_empty() {
                true => vec![body(scope, method, &Place::Function)],
                false => overloaded(scope, method, &others, &Place::Function),
            };
            let aliases = names::members(method.name.aliases(Lang::Ts));
            all.extend(aliases.into_iter().map(|alias| alias_of(scope, method, &Place::Function, alias)));
            all
        })
        .collect()
}

pub(crate) fn object(scope: &Scope<'_>, position: usize, item: &Object) -> ObjectModel {
    let place = Place::Object(item);
    let kept = |method: &&Method| method.in_lang(Lang::Ts);
    let made: Vec<_> = item.constructors.iter().filter(kept).collect();
    let plain = made.iter().copied().find(|m| m.name.spec == "new" && !m.is_async);
    let others: Vec<_> =
        made.iter().copied().filter(|m| plain.is_some_and(|plain| m.is_overload_of(plain))).collect();
    let mut members = Vec::new();
    let constructor = match plain {
        Some(method) if !others.is_empty() => {
            let (constructor, makers) = constructors(scope, method, &others, item);
            members.extend(makers);
            constructor
        }
        Some(method) => constructor(scope, method, item),
        None => BodyModel {
            doc: vec!["@internal".into()],
            head: "private constructor(handle: number)".into(),
            body: vec!["super(handle);".into()],
        },
    };
    let all = made.iter().copied().filter(|m| plain.is_none() || !m.makes_by_class());
    let all: Vec<_> = all.chain(item.methods.iter().chain(&item.sugars).filter(kept)).collect();
    for method in &all {
        let overloads: Vec<_> = all.iter().copied().filter(|m| m.is_overload_of(method)).collect();
        if !overloads.is_empty() {
            members.extend(overloaded(scope, method, &overloads, &place));
        } else if method.overload.is_none() {
            let mut lowered = body(scope, method, &place);
            if item.ends_by(method) {
                let first = ["this.halt();", "if (this[k.HANDLE] === 0) {", "  return;", "}"];
                lowered.body.splice(0..0, first.map(String::from));
            }
            members.push(lowered);
        }
        let aliases = names::members(method.name.aliases(Lang::Ts));
        members.extend(aliases.into_iter().map(|alias| alias_of(scope, method, &place, alias)));
    }
    let name = names::ty(&item.name);
    let fixed = item.methods.iter().filter(|m| is_cached(m));
    let path = |function: &str| {
        native(&format!("{}.{}.{function}", scope.api.modules[position].name, item.name.spec))
    };
    ObjectModel {
        doc: model::lines(&item.doc),
        parameters: parameters(&item.generic),
        base: match &item.iterates {
            Some(of) => format!("k.NetStream<{}>", scope.ty(of, Way::Out)),
            None => "k.NetObject".into(),
        },
        caches: fixed
            .map(|m| format!("declare private {}?: {};", cache(m), result_type(scope, m, &place)))
            .collect(),
        constructor: Some(constructor),
        members,
        accept: item.accepted().map(|(constructor, arg)| {
            let class = names::ty(&item.name);
            let made = match constructor.makes_by_class() {
                true => format!("new {class}(value)"),
                false => format!("{class}.{}(value)", names::member(&constructor.name)),
            };
            match arg.ty {
                Type::Bytes => format!("value instanceof Uint8Array ? {made} : value"),
                _ => format!("typeof value === 'string' ? {made} : value"),
            }
        }),
        source: item.iterates.as_ref().map(|of| SourceModel {
            item: scope.ty(of, Way::Out),
            codec: match of {
                Type::Json(variable) => format!("k.json<{}>(this[k.VALIDATOR])", names::capital(variable)),
                of => scope.codec(of),
            },
            next: path("next"),
            close: path("close"),
        }),
        close: match &item.close {
            _ if item.iterates.is_some() => None,
            Some(method) => {
                let named = item.methods.iter().find(|m| m.name.spec == *method);
                Some(CloseModel { method: named.map(|m| names::member(&m.name)) })
            }
            None => Some(CloseModel { method: None }),
        },
        aliases: names::types(&item.name),
        name,
    }
}

/// The head of a function, to show how it is declared.
pub(crate) fn declared(scope: &Scope<'_>, object: Option<&Object>, method: &Method) -> String {
    match object {
        Some(object) if method.makes_by_class() => constructor(scope, method, object).head,
        Some(object) => body(scope, method, &Place::Object(object)).head,
        None if method.member.is_some() => body(scope, method, &Place::Record).head,
        None => body(scope, method, &Place::Function).head,
    }
}

pub(super) fn constructor(scope: &Scope<'_>, method: &Method, object: &Object) -> BodyModel {
    let place = Place::Object(object);
    let (mut params, _) = params(scope, method, &place);
    let (mut body, crossing) = crossing(scope, method, &place, 2);
    let mut args = vec![call("k.call", crossing)];
    if let Some(variable) = object.generic.first() {
        params.push(text(format!("validator?: k.Validator<{}> | null", names::capital(variable))));
        args.push(text("validator"));
    }
    let head = layout::print(&concat([call("constructor", params), text(" {")]), 1);
    body.push(layout::print(&concat([call("super", args), text(";")]), 2));
    BodyModel { doc: docs(method), head: head.trim_end_matches(" {").into(), body }
}
