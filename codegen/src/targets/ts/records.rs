//! Records: interfaces where they are plain, classes where they have members.

use super::bodies::{alias_of, body};
use super::layout::{self, call, text};
use super::model::{BodyModel, InterfaceModel, Lines, MemberModel, TypeModel, lines};
use super::names;
use super::signatures::Place;
use super::types::{Scope, Way};
use crate::doc::RecordClass;
use crate::ir::{At, Field, Lang, Method, Module, Record, Type};

pub(crate) struct RecordClassModel {
    pub doc: Lines,
    pub name: String,
    pub fields: Vec<MemberModel>,
    /// First line of the constructor, and its statements.
    pub constructor: String,
    pub assigns: Vec<String>,
    pub members: Vec<BodyModel>,
    pub aliases: Vec<String>,
}

/// The interfaces of a record that is no class.
pub(crate) fn interfaces(scope: &Scope<'_>, at: At, item: &Record) -> Vec<InterfaceModel> {
    if item.is_tuple_in(Lang::Ts) {
        return Vec::new();
    }
    let ways: &[Way] = match item.class {
        Some(RecordClass::Options) if scope.has_methods(at) => &[Way::Out, Way::In],
        Some(RecordClass::Options) => &[Way::Out],
        Some(RecordClass::Fields) => &[Way::In],
        None => &[Way::Out, Way::In],
    };
    let mut found: Vec<InterfaceModel> = Vec::new();
    let only_in = !item.is_output;
    for way in ways {
        let suffix = scope.record_suffix(at, *way);
        let unused = if *way == Way::In { !item.is_input } else { !item.is_output };
        let is_class = item.class.is_some() || !item.views.is_empty();
        if (is_class && suffix.is_empty()) || (unused && !(only_in && *way == Way::In)) {
            continue;
        }
        let name = format!("{}{suffix}", names::ty(&item.name));
        if found.iter().any(|other| other.name == name) {
            continue;
        }
        let mut fields: Vec<_> =
            item.fields.iter().flat_map(|f| field(scope, f, *way, keeps(item))).collect();
        if *way == Way::Out && item.class == Some(RecordClass::Options) {
            fields.extend(declared(scope, &scope.api.modules[at.module], item));
        }
        let aliases = if suffix.is_empty() { names::types(&item.name) } else { Vec::new() };
        found.push(InterfaceModel { doc: lines(&item.doc), name, fields, aliases });
    }
    found
}

/// The types of a record that is a tuple: what is handed out, and what is taken, where it may be left out at the end.
pub(crate) fn tuples(scope: &Scope<'_>, at: At, item: &Record) -> Vec<TypeModel> {
    if !item.is_tuple_in(Lang::Ts) {
        return Vec::new();
    }
    let mut found: Vec<TypeModel> = Vec::new();
    for (way, is_used) in [(Way::Out, item.is_output), (Way::In, item.is_input)] {
        if !is_used {
            continue;
        }
        let parts = item.fields.iter().map(|f| {
            let left_out = way == Way::In && f.may_be_left_out();
            let ty = match f.ty.split_optional() {
                (inner, true) => format!("{} | null", scope.ty(inner, way)),
                (inner, false) => scope.ty(inner, way) + if left_out { " | null" } else { "" },
            };
            let name = names::variable(&names::field(scope.api, &f.name, &f.ty, keeps(item)));
            text(format!("{name}{}: {ty}", if left_out { "?" } else { "" }))
        });
        let readonly = if way == Way::In { "readonly " } else { "" };
        let name = format!("{}{}", names::ty(&item.name), scope.record_suffix(at, way));
        let head = format!("export type {name} = {readonly}");
        let code = layout::concat([text(head), layout::list("[", parts.collect(), "]"), text(";")]);
        let mut doc = lines(&item.doc);
        doc.push(String::new());
        doc.extend(item.fields.iter().map(|f| {
            let name = names::field(scope.api, &f.name, &f.ty, keeps(item));
            format!("`{name}`: {}", lines(&f.doc).join(" "))
        }));
        found.push(TypeModel { doc, code: layout::print(&code, 0) });
    }
    let aliases = names::types(&item.name).into_iter().map(|alias| TypeModel {
        doc: vec![format!("The same as {{@link {}}}.", names::ty(&item.name))],
        code: format!("export type {alias} = {};", names::ty(&item.name)),
    });
    found.extend(aliases);
    found
}

/// The class of a record.
pub(crate) fn record_class(
    scope: &Scope<'_>,
    module: &Module,
    at: At,
    item: &Record,
) -> Option<RecordClassModel> {
    let name = names::ty(&item.name);
    let keep = keeps(item);
    let mut members: Vec<_> = item.views.iter().map(|view| view_member(scope, item, view)).collect();
    members.extend(methods(scope, module, item));
    let aliases = names::types(&item.name);
    let doc = lines(&item.doc);
    if item.class == Some(RecordClass::Options) {
        let fields = item.fields.iter().flat_map(|f| field(scope, f, Way::In, keep)).collect();
        let assigns = item.fields.iter().map(|f| {
            let (name, value) =
                (names::field(scope.api, &f.name, &f.ty, keep), given(scope, f, "fields", keep));
            format!("this.{name} = {value};")
        });
        let default = if item.all_optional() { " = {}" } else { "" };
        let input = scope.record_suffix(at, Way::In);
        let constructor = format!("constructor(fields: {name}{input}{default})");
        return Some(RecordClassModel {
            doc,
            fields,
            constructor,
            assigns: assigns.collect(),
            members,
            aliases,
            name,
        });
    }
    if item.class.is_none() && item.views.is_empty() {
        return None;
    }
    let fields = item.fields.iter().map(|f| {
        let code =
            format!("{}: {};", names::field(scope.api, &f.name, &f.ty, keep), scope.ty(&f.ty, Way::Out));
        MemberModel { doc: lines(&f.doc), code: format!("readonly {code}") }
    });
    let is_published = item.class.is_some();
    let (mut params, mut assigns) = (Vec::new(), Vec::new());
    for f in &item.fields {
        let name = names::field(scope.api, &f.name, &f.ty, keep);
        let variable = names::variable(&name);
        let way = if is_published { Way::In } else { Way::Out };
        params.push(text(format!("{variable}: {}", scope.ty(&f.ty, way))));
        let checked = if is_published { checked(scope, &f.ty, &variable) } else { variable };
        assigns.push(format!("this.{name} = {checked};"));
    }
    if let Some(field) = item.stands_as {
        let field = &item.fields[field];
        let name = names::field(scope.api, &field.name, &field.ty, keep);
        members.push(BodyModel {
            doc: vec![format!("Stands for `{name}` in arithmetic and as an argument.")],
            head: format!("[Symbol.toPrimitive](): {}", scope.ty(&field.ty, Way::Out)),
            body: vec![format!("return this.{name};")],
        });
    }
    let constructor = layout::print(&layout::concat([call("constructor", params), text(" {")]), 1);
    let constructor = constructor.trim_end_matches(" {").to_owned();
    Some(RecordClassModel { doc, fields: fields.collect(), constructor, assigns, members, aliases, name })
}

/// An expression that gives a field what it holds, of what a caller may have given.
pub(crate) fn checked(scope: &Scope<'_>, ty: &Type, value: &str) -> String {
    match scope.api.base(ty) {
        Type::Int(_) | Type::Size | Type::Instant(_) | Type::Bool | Type::F64 | Type::String => {
            format!("{}.check({value}, {})", scope.codec(ty), names::text(value))
        }
        _ => format!("{value} as {}", scope.ty(ty, Way::Out)),
    }
}

/// The expression of a field's value: the first of its names that is given, or the default.
pub(crate) fn given(scope: &Scope<'_>, field: &Field, from: &str, keep: bool) -> String {
    let mut values: Vec<_> = keys(scope, field, keep).iter().map(|key| format!("{from}.{key}")).collect();
    values.extend(field.default.as_ref().map(|default| scope.literal(default, &field.ty)));
    values.join(" ?? ")
}

/// The keys under which a field may be given.
pub(super) fn keys(scope: &Scope<'_>, field: &Field, keep: bool) -> Vec<String> {
    let own = names::field(scope.api, &field.name, &field.ty, keep);
    std::iter::once(own).chain(alias_names(scope, field)).collect()
}

/// Whether TypeScript keeps the names of the spec.
pub(crate) fn keeps(item: &Record) -> bool {
    item.keep_names.contains(&Lang::Ts)
}

pub(super) fn field(scope: &Scope<'_>, item: &Field, way: Way, keep: bool) -> Vec<MemberModel> {
    let (inner, optional) = item.ty.split_optional();
    let left_out = way == Way::In && (item.may_be_left_out() || !item.name.aliases(Lang::Ts).is_empty());
    let mut ty = match inner {
        Type::List(of) if item.variadic && way == Way::In => {
            format!("{} | {}", scope.ty(of, way), scope.ty(inner, way))
        }
        Type::Int(_) if item.number && way == Way::Out => "number".into(),
        inner => scope.ty(inner, way),
    };
    if optional || left_out {
        ty += " | null";
    }
    let mut doc = if item.doc.text.is_empty() {
        vec![format!("The {}.", item.name.spec.replace('_', " "))]
    } else {
        lines(&item.doc)
    };
    if let Some(absent) = item.absent.as_ref().filter(|_| way == Way::In) {
        doc.extend([String::new(), format!("Left out: {absent}")]);
    }
    if let Some(default) = item.default.as_ref().filter(|_| way == Way::In) {
        doc.extend([String::new(), format!("@defaultValue `{}`", scope.literal(default, &item.ty))]);
    }
    let mark = if left_out { "?" } else { "" };
    let name = names::field(scope.api, &item.name, &item.ty, keep);
    let code = declaration(&format!("{}{mark}", names::key(&name)), &ty);
    let mut members = vec![MemberModel { doc, code }];
    if way == Way::In {
        members.extend(alias_names(scope, item).map(|alias| MemberModel {
            doc: vec![format!("Another name of `{name}`.")],
            code: declaration(&format!("{}?", names::key(&alias)), &ty),
        }));
    }
    members
}

/// A member of an interface: where it is too long, each part of its type on a line of its own.
fn declaration(name: &str, ty: &str) -> String {
    const WIDTH: usize = 100;
    let flat = format!("{name}: {ty};");
    if 2 + flat.len() <= WIDTH || ty.contains(['(', '<', '{']) {
        return flat;
    }
    let parts: String = ty.split(" | ").map(|part| format!("\n    | {part}")).collect();
    format!("{name}:{parts};")
}

/// The other names of a field.
fn alias_names<'a>(scope: &'a Scope<'_>, item: &'a Field) -> impl Iterator<Item = String> + 'a {
    let aliases = item.name.aliases(Lang::Ts).iter();
    aliases.map(|alias| crate::case::camel(&scope.api.unit_name(alias, &item.ty)))
}

/// The methods of a value, as an interface declares them.
fn declared(scope: &Scope<'_>, module: &Module, item: &Record) -> Vec<MemberModel> {
    let kept = methods(scope, module, item).into_iter().filter(|m| !m.head.starts_with("static "));
    kept.map(|method| MemberModel { doc: method.doc, code: method.head + ";" }).collect()
}

/// The methods of a record, under all their names.
fn methods(scope: &Scope<'_>, module: &Module, item: &Record) -> Vec<BodyModel> {
    let kept = module.methods_of(item).filter(|method| method.in_lang(Lang::Ts));
    kept.flat_map(|method| {
        let aliases = names::members(method.published().aliases(Lang::Ts));
        let aliases = aliases.into_iter().map(|alias| alias_of(scope, method, &Place::Record, alias));
        std::iter::once(body(scope, method, &Place::Record))
            .chain(aliases)
            .chain(shown(method))
            .collect::<Vec<_>>()
    })
    .collect()
}

/// The method by which JavaScript writes a value as a text; none if that has its text under this name.
fn shown(method: &Method) -> Option<BodyModel> {
    let name = names::member(method.published());
    (method.shows && name != "toString").then(|| BodyModel {
        doc: vec![format!("Shows the value as {{@link {name}}} does.")],
        head: "toString(): string".into(),
        body: vec![format!("return this.{name}();")],
    })
}

fn view_member(scope: &Scope<'_>, item: &Record, view: &crate::ir::View) -> BodyModel {
    let of = &item.fields[view.of];
    let source = format!("this.{}", names::field(scope.api, &of.name, &of.ty, keeps(item)));
    let name = names::member(&view.name);
    match &view.ty {
        Type::Json(variable) => {
            let variable = names::capital(variable);
            let text = if of.ty == Type::String { source } else { format!("{source}.toString()") };
            BodyModel {
                doc: lines(&view.doc),
                head: format!(
                    "{name}<{variable} = unknown>(validator?: k.Validator<{variable}> | null): {variable}"
                ),
                body: vec![format!("return k.decodeJson<{variable}>({text}, validator);")],
            }
        }
        _ => BodyModel {
            doc: lines(&view.doc),
            head: format!("get {name}(): Buffer"),
            body: vec![format!("return Buffer.from({source});")],
        },
    }
}
