//! Functions, objects and streams: signatures, and bodies that cross.

use super::layout::{self, Doc, call, concat, text};
use super::model::{self, BodyModel, Lines};
use super::names;
use super::types::{Scope, Way, parameters, unit};
use crate::doc::RecordClass;
use crate::ir::{Arg, Lang, Method, Module, Object, Shape, Type};
use crate::targets::node::{ResultForm, crosses_alone, native_name, result_form};

pub(crate) struct ObjectModel {
    pub doc: Lines,
    pub name: String,
    pub parameters: String,
    pub base: String,
    /// Members that hold properties that never change.
    pub caches: Vec<String>,
    pub constructor: Option<BodyModel>,
    pub members: Vec<BodyModel>,
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

pub(crate) struct NativeModel {
    pub functions: Vec<String>,
}

/// The functions of a module, under all their names.
pub(crate) fn functions(scope: &Scope<'_>, module: &Module) -> Vec<BodyModel> {
    let kept = module.functions.iter().filter(|m| m.in_lang(Lang::Ts));
    kept.flat_map(|method| {
        let mut all = vec![body(scope, method, &Place::Function)];
        let aliases = names::members(method.name.aliases(Lang::Ts));
        all.extend(aliases.into_iter().map(|alias| alias_of(scope, method, &Place::Function, alias)));
        all
    })
    .collect()
}

pub(crate) fn object(scope: &Scope<'_>, position: usize, item: &Object) -> ObjectModel {
    let place = Place::Object(item);
    let kept = |method: &&Method| method.in_lang(Lang::Ts);
    let constructors: Vec<_> = item.constructors.iter().filter(kept).collect();
    let plain = constructors.iter().find(|m| m.name.spec == "new" && !m.is_async);
    let mut members = Vec::new();
    let all = constructors.iter().copied().filter(|m| plain.is_none_or(|plain| m.path != plain.path));
    let all: Vec<_> = all.chain(item.methods.iter().filter(kept)).collect();
    for method in &all {
        let overloads: Vec<_> =
            all.iter().copied().filter(|m| m.overload.as_deref() == Some(&method.name.spec)).collect();
        if !overloads.is_empty() {
            members.extend(overloaded(scope, method, &overloads, &place));
        } else if method.overload.is_none() {
            members.push(body(scope, method, &place));
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
        constructor: Some(match plain {
            Some(method) => constructor(scope, method, item),
            None => BodyModel {
                doc: vec!["@internal".into()],
                head: "private constructor(handle: number)".into(),
                body: vec!["super(handle);".into()],
            },
        }),
        members,
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
        Some(object) if method.shape == Shape::Constructor && method.name.spec == "new" => {
            constructor(scope, method, object).head
        }
        Some(object) => body(scope, method, &Place::Object(object)).head,
        None => body(scope, method, &Place::Function).head,
    }
}

/// The native functions of a module, as an interface.
pub(crate) fn natives(scope: &Scope<'_>, module: &Module) -> NativeModel {
    let mut functions: Vec<_> =
        module.functions.iter().filter(|m| m.in_lang(Lang::Ts)).map(|m| signature(scope, m)).collect();
    for object in &module.objects {
        let methods = object.constructors.iter().chain(&object.methods).filter(|m| m.in_lang(Lang::Ts));
        functions.extend(methods.filter(|m| !is_itself(m)).map(|m| signature(scope, m)));
        functions.extend(object.combined().map(|(into, _)| {
            let params = ["handle: number", "calls: Uint8Array", "events: number", "bytes: number"];
            let head = call(&native_name(&into.path), params.map(text).to_vec());
            layout::print(&concat([head, text(": number;")]), 1)
        }));
        if object.iterates.is_some() {
            let path =
                |function: &str| native_name(&format!("{}.{}.{function}", module.name, object.name.spec));
            let number = |name: &str| text(format!("{name}: number"));
            let next = call(&path("next"), vec![number("environment"), number("handle"), number("max")]);
            functions.push(layout::print(&concat([next, text(": number;")]), 1));
            functions.push(format!("{}(handle: number): void;", path("close")));
        }
    }
    NativeModel { functions }
}

/// Where a function stands.
enum Place<'a> {
    Function,
    Object(&'a Object),
}

fn native(path: &str) -> String {
    format!("native.{}", native_name(path))
}

fn is_itself(method: &Method) -> bool {
    matches!(method.shape, Shape::Property { .. }) && matches!(method.returns, Some(Type::SelfType))
}

fn is_cached(method: &Method) -> bool {
    method.shape == Shape::Property { fixed: true } && !is_itself(method)
}

fn cache(method: &Method) -> String {
    format!("kept{}", crate::case::pascal(&method.name.spec))
}

fn signature(scope: &Scope<'_>, method: &Method) -> String {
    let mut params = Vec::new();
    let plain = |name: &str, ty: &str| text(format!("{name}: {ty}"));
    if needs_environment(method) {
        params.push(plain("environment", "number"));
    }
    if is_on_object(method) {
        params.push(plain("handle", "number"));
    }
    for arg in method.args.iter().filter(|arg| crosses_alone(scope.api, &arg.ty)) {
        let (inner, optional) = arg.ty.split_optional();
        let ty = match scope.api.base(inner) {
            Type::Bool => "boolean",
            Type::String | Type::Json(_) => "string",
            Type::Bytes => "Uint8Array",
            inner if is_big(inner) => "bigint",
            _ => "number",
        };
        let mark = if optional { " | undefined" } else { "" };
        params.push(text(format!("{}: {ty}{mark}", names::variable(&arg.name))));
    }
    if has_pack(scope, method) {
        params.push(plain("args", "Uint8Array"));
    }
    let result = native_result(scope, method);
    if !method.is_async && method.shape != Shape::Constructor && form(scope, method) == ResultForm::Pack {
        params.push(plain("out", "Buffer"));
    }
    let head = call(&native_name(&method.path), params);
    layout::print(&concat([head, text(format!(": {result};"))]), 1)
}

fn native_result(scope: &Scope<'_>, method: &Method) -> String {
    if method.is_async || method.shape == Shape::Constructor {
        return "number".into();
    }
    let returns = method.returns.as_ref().unwrap_or(&Type::Bool);
    let (inner, optional) = returns.split_optional();
    let ty = match (form(scope, method), scope.api.base(inner)) {
        (ResultForm::Unit, _) => return "void".into(),
        (ResultForm::Handle | ResultForm::Pack, _) => return "number".into(),
        (_, Type::Bool) => "boolean",
        (_, Type::String | Type::Json(_)) => "string",
        (_, inner) if is_big(inner) => "bigint",
        _ => "number",
    };
    if optional { format!("{ty} | null") } else { ty.into() }
}

fn is_big(ty: &Type) -> bool {
    use crate::ir::Int;
    matches!(ty, Type::Int(Int::U64 | Int::I64) | Type::Size | Type::Duration(_) | Type::Instant(_))
}

fn form(scope: &Scope<'_>, method: &Method) -> ResultForm {
    match method.shape {
        Shape::Constructor => ResultForm::Handle,
        _ => result_form(scope.api, method.returns.as_ref()),
    }
}

fn is_on_object(method: &Method) -> bool {
    matches!(method.shape, Shape::Method | Shape::Property { .. })
}

fn needs_environment(method: &Method) -> bool {
    crate::targets::node::needs_environment(method)
}

fn has_pack(scope: &Scope<'_>, method: &Method) -> bool {
    method.args.iter().any(|arg| !crosses_alone(scope.api, &arg.ty))
}

/// What a caller of a method passes beside the spec's arguments.
struct Extras {
    /// Expression of the validator.
    validator: Option<String>,
    /// Expression of the signal.
    signal: Option<String>,
}

/// The parameters of a function, and what they add to the spec's arguments.
fn params(scope: &Scope<'_>, method: &Method, place: &Place<'_>) -> (Vec<Doc>, Extras) {
    let last_needed = method.args.iter().rposition(|arg| !arg.may_be_left_out() && !arg.variadic);
    let mut params = Vec::new();
    let mut signal = None;
    for (position, arg) in method.args.iter().enumerate() {
        let name = names::argument(scope.api, &arg.name, &arg.ty);
        let (inner, _) = arg.ty.split_optional();
        let mut ty = scope.ty(inner, Way::In);
        let is_last = position + 1 == method.args.len();
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

/// Whether the caller may put a signal among the fields of an argument.
fn takes_signal(scope: &Scope<'_>, arg: &Arg) -> bool {
    let Type::Record(at) = arg.ty.split_optional().0 else { return false };
    let record = scope.api.record(*at);
    record.class == Some(RecordClass::Options) || (record.all_optional() && arg.may_be_left_out())
}

/// The expression of the validator of what a method returns.
fn validator(method: &Method, place: &Place<'_>) -> Option<String> {
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

fn result_type(scope: &Scope<'_>, method: &Method, place: &Place<'_>) -> String {
    match (method.shape, place, &method.returns) {
        (Shape::Constructor, Place::Object(object), _) => {
            names::ty(&object.name) + &parameters(&object.generic)
        }
        (_, _, Some(ty)) => scope.ty(ty, Way::Out),
        _ => "void".into(),
    }
}

/// The line that begins a function, without the brace.
fn head(scope: &Scope<'_>, method: &Method, place: &Place<'_>, name: &str, is_private: bool) -> String {
    signature_line(
        scope,
        method,
        place,
        &if is_private { format!("#{name}") } else { name.into() },
        method.is_async,
    )
    .trim_end_matches(" {")
    .to_owned()
}

/// The same, with the brace; the signature of an overload, with a semicolon, tells not that it is asynchronous.
fn signature_line(
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
    let on_class = matches!(method.shape, Shape::Constructor | Shape::Static);
    let start = match place {
        Place::Function if method.is_async => "export async function ",
        Place::Function => "export function ",
        Place::Object(_) => match (on_class, is_async) {
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
    let level = usize::from(matches!(place, Place::Object(_)));
    let (params, _) = params(scope, method, place);
    let end = if is_async == method.is_async { " {" } else { ";" };
    let doc = concat([call(&format!("{start}{name}{generics}"), params), text(format!(": {result}{end}"))]);
    layout::print(&doc, level)
}

fn name_of(method: &Method, place: &Place<'_>) -> String {
    match place {
        Place::Function => names::function(&method.name),
        Place::Object(_) => names::member(&method.name),
    }
}

fn docs(method: &Method) -> Lines {
    let mut doc = model::lines(&method.doc);
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
    if let Some((since, by)) = &method.deprecated {
        doc.extend([String::new(), format!("@deprecated Since {since}: use `{by}`.")]);
    }
    doc
}

fn body(scope: &Scope<'_>, method: &Method, place: &Place<'_>) -> BodyModel {
    named_body(scope, method, place, &name_of(method, place), false)
}

fn named_body(
    scope: &Scope<'_>,
    method: &Method,
    place: &Place<'_>,
    name: &str,
    is_private: bool,
) -> BodyModel {
    let level = usize::from(matches!(place, Place::Object(_))) + 1;
    let head = head(scope, method, place, name, is_private);
    let body =
        if is_itself(method) { vec!["return this;".into()] } else { statements(scope, method, place, level) };
    let body = combining(scope, method, place, level).into_iter().chain(body).collect();
    BodyModel { doc: if is_private { Vec::new() } else { docs(method) }, head, body }
}

/// A method under another name.
fn alias_of(scope: &Scope<'_>, method: &Method, place: &Place<'_>, alias: String) -> BodyModel {
    let own = name_of(method, place);
    let alias_head = head(scope, method, place, &alias, false);
    let mut args: Vec<_> = method
        .args
        .iter()
        .map(|arg| {
            let name = names::argument(scope.api, &arg.name, &arg.ty);
            text(if arg.variadic { format!("...{name}") } else { name })
        })
        .collect();
    let (_, extras) = params(scope, method, place);
    args.extend(extras.validator.filter(|v| v == "validator").map(text));
    args.extend(extras.signal.filter(|s| s == "context?.signal").map(|_| text("context")));
    let owner = match (place, method.shape) {
        (Place::Function, _) => String::new(),
        (Place::Object(object), Shape::Constructor | Shape::Static) => {
            format!("{}.", names::ty(&object.name))
        }
        _ => "this.".into(),
    };
    let level = usize::from(matches!(place, Place::Object(_))) + 1;
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

fn constructor(scope: &Scope<'_>, method: &Method, object: &Object) -> BodyModel {
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

/// Statements that write the pack, and the arguments of the native function, itself first.
fn crossing(scope: &Scope<'_>, method: &Method, place: &Place<'_>, level: usize) -> (Vec<String>, Vec<Doc>) {
    let mut body = Vec::new();
    let mut args = vec![text(native(&method.path))];
    if needs_environment(method) && !method.is_async {
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

fn statements(scope: &Scope<'_>, method: &Method, place: &Place<'_>, level: usize) -> Vec<String> {
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
            call(&format!("return k.{function}{generic}"), args)
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

/// A method with several signatures: one public method that tells them apart, and a private one each.
fn overloaded(scope: &Scope<'_>, method: &Method, others: &[&Method], place: &Place<'_>) -> Vec<BodyModel> {
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
