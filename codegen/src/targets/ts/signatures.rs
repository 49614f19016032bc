//! What is written before the body of a function: documentation, name, parameters and result.

use super::layout::{self, Doc, call, concat, text};
use super::model::{self, Lines};
use super::names;
use super::types::{Scope, Way, parameters, unit};
use crate::doc::RecordClass;
use crate::ir::{Arg, Lang, Method, Object, Shape, Type};
use crate::targets::notes;

/// Where a function stands.
pub(super) enum Place<'a> {
    Function,
    Object(&'a Object),
    Record,
}

impl Place<'_> {
    /// Whether it is within a class.
    pub(super) fn is_member(&self) -> bool {
        !matches!(self, Self::Function)
    }
}

/// What a caller of a method passes beside the spec's arguments.
pub(super) struct Extras {
    /// Expression of the validator.
    pub(super) validator: Option<String>,
    /// Expression of the signal.
    pub(super) signal: Option<String>,
}

/// The line that begins a function, without the brace.
pub(super) fn head(
    scope: &Scope<'_>,
    method: &Method,
    place: &Place<'_>,
    name: &str,
    is_private: bool,
) -> String {
    let name = if is_private { private(place, name) } else { name.into() };
    let line = signature_line(scope, method, place, &name, method.is_async);
    let line = line.trim_end_matches(" {");
    // A module keeps a function to itself by not exporting it.
    let line = if is_private { line.trim_start_matches("export ") } else { line };
    line.to_owned()
}

/// The name of what stands behind one signature of several.
pub(super) fn private(place: &Place<'_>, name: &str) -> String {
    match place {
        Place::Function => format!("${name}"),
        Place::Object(_) | Place::Record => format!("#{name}"),
    }
}

pub(super) fn name_of(method: &Method, place: &Place<'_>) -> String {
    match place {
        Place::Function => names::function(&method.name),
        Place::Object(_) | Place::Record => names::member(method.published()),
    }
}

pub(super) fn docs(method: &Method) -> Lines {
    let mut doc = model::lines(&notes::doc(method, Lang::Ts));
    for arg in &method.args {
        if let Type::Duration(of) = arg.ty.split_optional().0 {
            doc.extend([
                String::new(),
                format!(
                    "@param {} In {}.",
                    crate::case::camel(&format!("{}_{}", arg.name, of.suffix())),
                    unit(*of)
                ),
            ]);
        }
    }
    doc.extend(notes::example(method, Lang::Ts).iter().map(|line| line.replace("*/", "*\\/")));
    if let Some((since, by)) = &method.deprecated {
        doc.extend([String::new(), format!("@deprecated Since {since}: use `{by}`.")]);
    }
    doc
}

/// The parameters of a function, and what they add to the spec's arguments.
pub(super) fn params(scope: &Scope<'_>, method: &Method, place: &Place<'_>) -> (Vec<Doc>, Extras) {
    let last_needed = method.given().iter().rposition(|arg| !arg.may_be_left_out() && !arg.variadic);
    let mut params = Vec::new();
    let mut signal = None;
    let given = method.given();
    for (position, arg) in given.iter().enumerate() {
        let name = names::argument(scope.api, &arg.name, &arg.ty);
        let (inner, _) = arg.ty.split_optional();
        let mut ty = scope.ty(inner, Way::In);
        let is_last = position + 1 == given.len();
        if method.is_async && is_last && takes_signal(scope, arg) {
            ty = format!("({ty} & k.SignalOptions)");
            signal = Some(format!("{name}?.signal"));
        }
        if arg.variadic {
            let of = match inner {
                Type::List(of) => scope.ty(of, Way::In),
                other => scope.ty(other, Way::In),
            };
            let item = if of.contains(" | ") { format!("({of})") } else { of };
            params.push(text(format!("...{name}: {item}[] | [readonly {item}[]]")));
        } else if !arg.may_be_left_out() {
            params.push(text(format!("{name}: {}", ty.trim_start_matches('(').trim_end_matches(')'))));
        } else if last_needed.is_some_and(|last| position < last) {
            params.push(text(format!("{name}: {ty} | null | undefined")));
        } else {
            params.push(text(format!("{name}?: {ty} | null")));
        }
    }
    let validator = validator(method, place);
    if validator.as_deref() == Some("validator") {
        let variable = returned_variable(method).unwrap_or_default();
        params.push(text(format!("validator?: k.Validator<{}> | null", names::capital(&variable))));
    }
    if method.is_async && signal.is_none() && !method.args.iter().any(|arg| arg.variadic) {
        params.push(text("context?: k.SignalOptions | null"));
        signal = Some("context?.signal".into());
    }
    (params, Extras { validator, signal: signal.filter(|_| method.is_async) })
}

pub(super) fn result_type(scope: &Scope<'_>, method: &Method, place: &Place<'_>) -> String {
    match (method.shape, place, &method.returns) {
        (Shape::Constructor, Place::Object(object), _) => {
            names::ty(&object.name) + &parameters(&object.generic)
        }
        (_, _, Some(ty)) => scope.ty(ty, Way::Out),
        _ => "void".into(),
    }
}

/// The same, with the brace; the signature of an overload, with a semicolon, tells not that it is asynchronous.
pub(super) fn signature_line(
    scope: &Scope<'_>,
    method: &Method,
    place: &Place<'_>,
    name: &str,
    is_async: bool,
) -> String {
    let result = result_type(scope, method, place);
    let result = if method.is_async { format!("Promise<{result}>") } else { result };
    if matches!(method.shape, Shape::Property { .. }) {
        return format!("get {name}(): {result}");
    }
    let is_static = method.member.as_ref().is_some_and(|member| member.is_static);
    let on_class = is_static || matches!(method.shape, Shape::Constructor | Shape::Static);
    let start = match place {
        Place::Function if method.is_async => "export async function ",
        Place::Function => "export function ",
        Place::Object(_) | Place::Record => match (on_class, is_async) {
            (true, true) => "static async ",
            (true, false) => "static ",
            (false, true) => "async ",
            (false, false) => "",
        },
    };
    let generics = match (&method.shape, place) {
        (Shape::Constructor, Place::Object(object)) => parameters(&object.generic),
        _ => parameters(&method.generic),
    };
    let level = usize::from(place.is_member());
    let (params, _) = params(scope, method, place);
    let end = if is_async == method.is_async { " {" } else { ";" };
    let doc = concat([call(&format!("{start}{name}{generics}"), params), text(format!(": {result}{end}"))]);
    layout::print(&doc, level)
}

/// Whether the caller may put a signal among the fields of an argument.
fn takes_signal(scope: &Scope<'_>, arg: &Arg) -> bool {
    let Type::Record(at) = arg.ty.split_optional().0 else { return false };
    let record = scope.api.record(*at);
    record.class == Some(RecordClass::Options) || (record.all_optional() && arg.may_be_left_out())
}

/// The expression of the validator of what a method returns.
pub(super) fn validator(method: &Method, place: &Place<'_>) -> Option<String> {
    let variable = returned_variable(method)?;
    let of_object = matches!(place, Place::Object(object) if object.generic.contains(&variable));
    Some(if of_object { "this[k.VALIDATOR]".into() } else { "validator".into() })
}

/// The type variable that a method's result depends on.
fn returned_variable(method: &Method) -> Option<String> {
    fn of(ty: &Type) -> Option<String> {
        match ty {
            Type::Json(variable) => Some(variable.clone()),
            Type::Object(_, bound) => bound.first().cloned(),
            Type::List(inner) | Type::Map(inner) | Type::Stream(inner) | Type::Optional(inner) => of(inner),
            _ => None,
        }
    }
    of(method.returns.as_ref()?)
}
