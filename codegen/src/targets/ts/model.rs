//! What the templates print of types and errors: finished text.

use super::layout::{self, call, list, text, union};
use super::names;
use super::types::{Scope, Way, member_key, parameters};
use crate::doc::RecordClass;
use crate::ir::{
    At, Const, Doc, Enum, Family, Field, Flags, Host, Kind, Lang, Piece, Record, Template, Type, Union,
};

/// Lines of a TSDoc comment, without its frame.
pub(crate) type Lines = Vec<String>;

pub(crate) struct ConstModel {
    pub doc: Lines,
    pub name: String,
    pub value: String,
}

pub(crate) struct EnumModel {
    pub doc: Lines,
    pub name: String,
    pub values: Vec<ValueModel>,
    pub aliases: Vec<String>,
}

pub(crate) struct ValueModel {
    pub doc: Lines,
    pub name: String,
    pub value: String,
}

/// An alias of a type, or an interface.
pub(crate) struct TypeModel {
    pub doc: Lines,
    pub code: String,
}

pub(crate) struct InterfaceModel {
    pub doc: Lines,
    pub name: String,
    pub fields: Vec<MemberModel>,
    pub aliases: Vec<String>,
}

pub(crate) struct MemberModel {
    pub doc: Lines,
    pub code: String,
}

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

/// A function or member with a body.
pub(crate) struct BodyModel {
    pub doc: Lines,
    /// Everything up to the brace.
    pub head: String,
    pub body: Vec<String>,
}

pub(crate) struct FamilyModel {
    pub doc: Lines,
    pub name: String,
    pub base: String,
    pub kind_type: String,
    pub fields: Vec<String>,
    pub classes: Vec<KindClassModel>,
    pub makers: Vec<BodyModel>,
    pub id: u16,
    pub family: String,
    pub prefix: String,
    pub format: Option<String>,
    pub kinds: Vec<KindModel>,
}

pub(crate) struct KindClassModel {
    pub doc: Lines,
    pub name: String,
    pub constructor: Option<BodyModel>,
}

pub(crate) struct KindModel {
    pub code: u16,
    pub text: String,
    pub retry: bool,
    pub class: Option<String>,
    pub fields: Vec<ValueModel>,
    pub constants: Vec<ValueModel>,
}

/// Lines of a doc.
pub(crate) fn lines(doc: &Doc) -> Lines {
    doc.lines().map(|line| line.replace("*/", "*\\/")).collect()
}

pub(crate) fn constant(scope: &Scope<'_>, item: &Const) -> ConstModel {
    let value = scope.literal(&item.value, &item.ty);
    let value = if matches!(item.ty, Type::List(_)) { format!("{value} as const") } else { value };
    ConstModel { doc: lines(&item.doc), name: names::constant(&item.name), value }
}

pub(crate) fn enumeration(item: &Enum) -> EnumModel {
    let value = |value: &crate::ir::EnumValue| ValueModel {
        doc: lines(&value.doc),
        name: names::key(&names::capital(&value.name)),
        value: if item.numeric { value.tag.to_string() } else { names::text(&value.text) },
    };
    EnumModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name),
        values: item.values.iter().map(value).collect(),
        aliases: names::types(&item.name),
    }
}

pub(crate) fn flags(item: &Flags) -> EnumModel {
    let bit = |bit: &crate::ir::Bit| ValueModel {
        doc: lines(&bit.doc),
        name: names::key(&names::capital(&bit.name)),
        value: names::text(&bit.text),
    };
    EnumModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name),
        values: item.bits.iter().map(bit).collect(),
        aliases: names::types(&item.name),
    }
}

/// The type of a union and the interfaces of its cases, in one direction.
pub(crate) fn union_types(
    scope: &Scope<'_>,
    at: At,
    item: &Union,
    way: Way,
) -> (Vec<InterfaceModel>, TypeModel) {
    let suffix = scope.union_suffix(at, way);
    let name = names::ty(&item.name);
    let mut members = Vec::new();
    let mut interfaces = Vec::new();
    for case in &item.cases {
        let differs = case.fields.iter().any(|f| scope.field_differs(f, &mut Vec::new()));
        let case_name = format!("{name}{}{}", names::capital(&case.name), if differs { suffix } else { "" });
        members.push(case_name.clone());
        if item.bare && case.fields.is_empty() && way == Way::In {
            members.push(names::text(&case.text));
        }
        if way == Way::In && !differs {
            continue;
        }
        let tag = format!("{}: {};", member_key(&item.tag), names::text(&case.text));
        let mut fields = vec![MemberModel { doc: vec!["Which case it is.".into()], code: tag }];
        fields.extend(case.fields.iter().flat_map(|f| field(scope, f, way, false)));
        interfaces.push(InterfaceModel {
            doc: lines(&case.doc),
            name: case_name,
            fields,
            aliases: Vec::new(),
        });
    }
    let code = layout::print(&union(&format!("export type {name}{suffix} ="), &members), 0);
    (interfaces, TypeModel { doc: lines(&item.doc), code })
}

/// The constructors of a union's cases.
pub(crate) fn factories(
    scope: &Scope<'_>,
    at: At,
    item: &Union,
) -> (Vec<BodyModel>, Option<(String, Vec<BodyModel>)>) {
    let pattern = item.factory.get(&Lang::Ts);
    let Some(pattern) = pattern else { return (Vec::new(), None) };
    let result = format!("{}{}", names::ty(&item.name), scope.union_suffix(at, Way::In));
    let factory = |name: String, is_member: bool, case: &crate::ir::Case| {
        let mut params = Vec::new();
        let mut members = vec![format!("{}: {}", member_key(&item.tag), names::text(&case.text))];
        for f in &case.fields {
            let name = names::field(scope.api, &f.name, &f.ty, false);
            let variable = names::variable(&name);
            let (ty, variadic) = match &f.ty {
                Type::List(of) if f.variadic => (format!("{}[]", scope.ty(of, Way::In)), true),
                ty => (scope.ty(ty, Way::In), false),
            };
            let mark = if f.may_be_left_out() && !variadic { "?" } else { "" };
            params.push(text(format!("{}{variable}{mark}: {ty}", if variadic { "..." } else { "" })));
            members.push(if name == variable { name } else { format!("{}: {variable}", names::key(&name)) });
        }
        let head = if is_member { name } else { format!("export function {name}") };
        let level = usize::from(is_member);
        let head =
            layout::print(&layout::concat([call(&head, params), text(format!(": {result} {{"))]), level);
        let value = format!("return {{ {} }};", members.join(", "));
        BodyModel { doc: lines(&case.doc), head: head.trim_end_matches(" {").into(), body: vec![value] }
    };
    let named = |pattern: &str, case: &crate::ir::Case| crate::case::camel(&pattern.replace('*', &case.name));
    match pattern.split_once('.') {
        Some((owner, pattern)) => {
            let members = item.cases.iter().map(|case| factory(named(pattern, case), true, case)).collect();
            (Vec::new(), Some((crate::case::camel(owner), members)))
        }
        None => (item.cases.iter().map(|case| factory(named(pattern, case), false, case)).collect(), None),
    }
}

/// The interfaces of a record that is no class.
pub(crate) fn interfaces(scope: &Scope<'_>, at: At, item: &Record) -> Vec<InterfaceModel> {
    let ways: &[Way] = match item.class {
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
        let fields = item.fields.iter().flat_map(|f| field(scope, f, *way, keeps(item))).collect();
        let aliases = if suffix.is_empty() { names::types(&item.name) } else { Vec::new() };
        found.push(InterfaceModel { doc: lines(&item.doc), name, fields, aliases });
    }
    found
}

/// The class of a record.
pub(crate) fn record_class(scope: &Scope<'_>, item: &Record) -> Option<RecordClassModel> {
    let name = names::ty(&item.name);
    let keep = keeps(item);
    let mut members: Vec<_> = item.views.iter().map(|view| view_member(scope, item, view)).collect();
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
        let constructor = format!("constructor(fields: {name}{default})");
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
    let mut values = vec![format!("{from}.{}", names::field(scope.api, &field.name, &field.ty, keep))];
    values.extend(alias_names(scope, field).map(|alias| format!("{from}.{alias}")));
    values.extend(field.default.as_ref().map(|default| scope.literal(default, &field.ty)));
    values.join(" ?? ")
}

/// Whether TypeScript keeps the names of the spec.
pub(crate) fn keeps(item: &Record) -> bool {
    item.keep_names.contains(&Lang::Ts)
}

/// The type alias of a host interface's aliases and the like.
pub(crate) fn host_interface(scope: &Scope<'_>, item: &Host) -> InterfaceModel {
    let mut fields = Vec::new();
    for prop in &item.props {
        let ty = prop.returns.clone().unwrap_or(Type::Bool);
        let (inner, optional) = ty.split_optional();
        let (mark, none) = if optional { ("?", " | null") } else { ("", "") };
        let code =
            format!("readonly {}{mark}: {}{none};", names::member(&prop.name), scope.ty(inner, Way::In));
        fields.push(MemberModel { doc: lines(&prop.doc), code });
    }
    for method in &item.methods {
        let mut params: Vec<_> = method
            .args
            .iter()
            .map(|arg| {
                let name = names::argument(scope.api, &arg.name, &arg.ty);
                text(format!("{name}: {}", scope.ty(&arg.ty, Way::Out)))
            })
            .collect();
        let result = method.returns.as_ref().map_or("void".into(), |ty| scope.ty(ty, Way::In));
        let result = if method.is_async { format!("Promise<{result}> | {result}") } else { result };
        if method.is_async {
            params.push(text("context: k.SignalOptions"));
        }
        let mark = if method.optional { "?" } else { "" };
        let head = format!("{}{mark}", names::member(&method.name));
        let code = layout::print(&layout::concat([call(&head, params), text(format!(": {result};"))]), 1);
        fields.push(MemberModel { doc: lines(&method.doc), code });
    }
    InterfaceModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name) + &parameters(&item.generic),
        fields,
        aliases: names::types(&item.name),
    }
}

pub(crate) fn family(scope: &Scope<'_>, at: At, item: &Family) -> FamilyModel {
    let api = scope.api;
    let mut texts: Vec<String> = Vec::new();
    let families = api.families();
    let below = |mut id: At| loop {
        if id == at {
            return true;
        }
        match api.family(id).extends {
            Some(up) => id = up,
            None => return false,
        }
    };
    let below: Vec<_> = families.iter().filter(|(id, _)| below(*id)).map(|(_, family)| *family).collect();
    for kind in below.iter().flat_map(|family| &family.kinds) {
        let text = names::text(&kind.text);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let name = names::family(&item.name);
    let head = format!("export type {name}Kind =");
    let mut classes: Vec<KindClassModel> = Vec::new();
    for kind in item.kinds.iter().filter(|kind| kind.class.is_some()) {
        let class = kind.class.clone().unwrap_or_default();
        if !classes.iter().any(|other| other.name == class) {
            let constructor = kind.make.then(|| constructor(scope, item, kind));
            classes.push(KindClassModel { doc: lines(&kind.doc), name: class, constructor });
        }
    }
    let default = "{prefix}{kind}[: {detail}]";
    let format = Some(unparse(&item.format)).filter(|format| format != default);
    FamilyModel {
        doc: lines(&item.doc),
        base: item
            .extends
            .map_or("k.NetError".into(), |up| scope.path(up.module, &names::family(&api.family(up).name))),
        kind_type: layout::print(&union(&head, &texts), 0),
        fields: error_fields(scope, item),
        classes,
        makers: item.kinds.iter().filter(|kind| kind.make).map(|kind| maker(scope, item, kind)).collect(),
        id: item.id,
        family: names::text(&item.name),
        prefix: names::text(&item.prefix),
        format: format.map(|format| names::text(&format)),
        kinds: item.kinds.iter().map(|kind| kind_model(scope, kind)).collect(),
        name,
    }
}

/// A template in the notation of the spec.
fn unparse(template: &Template) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Value(name, _) => format!("{{{name}}}"),
        Piece::Group(inner) => format!("[{}]", unparse(&Template { pieces: inner.clone() })),
    };
    template.pieces.iter().map(piece).collect()
}

/// The members of a family's errors: the fields of all its kinds.
fn error_fields(scope: &Scope<'_>, item: &Family) -> Vec<String> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for field in item.kinds.iter().flat_map(|kind| &kind.fields) {
        let name = crate::case::camel(&scope.api.unit_name(&field.name, &field.ty));
        let ty = scope.ty(field.ty.split_optional().0, Way::Out);
        match found.iter_mut().find(|(other, _)| *other == name) {
            Some((_, types)) if types.contains(&ty) => {}
            Some((_, types)) => types.push(ty),
            None => found.push((name, vec![ty])),
        }
    }
    found
        .into_iter()
        .map(|(name, types)| format!("declare readonly {name}?: {};", types.join(" | ")))
        .collect()
}

fn kind_model(scope: &Scope<'_>, kind: &Kind) -> KindModel {
    let field = |field: &crate::ir::ErrorField, value: String| ValueModel {
        doc: Vec::new(),
        name: crate::case::camel(&scope.api.unit_name(&field.name, &field.ty)),
        value,
    };
    let crossing = kind.fields.iter().filter(|f| !matches!(f.ty, Type::Constant(_)));
    let constants = kind.fields.iter().filter_map(|f| match &f.ty {
        Type::Constant(text) => Some(field(f, names::text(text))),
        _ => None,
    });
    KindModel {
        code: kind.code,
        text: names::text(&kind.text),
        retry: kind.retry,
        class: kind.class.clone(),
        fields: crossing.map(|f| field(f, scope.codec(&f.ty))).collect(),
        constants: constants.collect(),
    }
}

fn maker(scope: &Scope<'_>, family: &Family, kind: &Kind) -> BodyModel {
    let class = kind.class.clone().unwrap_or_else(|| names::family(&family.name));
    let head = call(&format!("export function {}", names::maker(&kind.name)), make_params(scope, kind));
    let head = layout::print(&layout::concat([head, text(format!(": {class} {{"))]), 0);
    let body = if kind.class.is_some() {
        let args = make_names(scope, kind).into_iter().map(text).collect();
        vec![layout::print(&layout::concat([call(&format!("return new {class}"), args), text(";")]), 1)]
    } else {
        let mut body = message(family, kind);
        let made = call("return k.makeError", parts(scope, family, kind));
        body.push(layout::print(&layout::concat([made, text(format!(" as {class};"))]), 1));
        body
    };
    BodyModel { doc: lines(&kind.doc), head: head.trim_end_matches(" {").into(), body }
}

fn constructor(scope: &Scope<'_>, family: &Family, kind: &Kind) -> BodyModel {
    let head = layout::print(&layout::concat([call("constructor", make_params(scope, kind)), text(" {")]), 1);
    let mut body = vec!["super();".to_owned()];
    body.extend(message(family, kind));
    let args = [text("this")].into_iter().chain(parts(scope, family, kind)).collect();
    body.push(layout::print(&layout::concat([call("k.construct", args), text(";")]), 2));
    BodyModel {
        doc: vec!["Makes the error, for a host to throw.".into()],
        head: head.trim_end_matches(" {").into(),
        body,
    }
}

/// Statements that give `detail` and `message` their texts.
fn message(family: &Family, kind: &Kind) -> Vec<String> {
    let mut body = Vec::new();
    match &kind.detail {
        Some(template) if template.pieces.is_empty() => body.push("const detail = undefined;".into()),
        Some(template) => {
            body.push(format!(
                "const detail = {};",
                template_literal(template, &|name| crate::case::camel(name))
            ));
        }
        None => {}
    }
    let message = kind.message.as_ref().unwrap_or(&family.format);
    let value = |name: &str| match name {
        "prefix" => format!("{{{}}}", names::text(&family.prefix)),
        "kind" => format!("{{{}}}", names::text(&kind.text)),
        other => crate::case::camel(other),
    };
    body.push(format!("const message = {};", template_literal(message, &value)));
    body
}

/// What an error is made of: numbers, texts and fields.
fn parts(scope: &Scope<'_>, family: &Family, kind: &Kind) -> Vec<layout::Doc> {
    let fields: Vec<_> = make_names(scope, kind).into_iter().filter(|name| *name != "detail").collect();
    let fields = if fields.is_empty() { "{}".into() } else { format!("{{ {} }}", fields.join(", ")) };
    let parts = [family.id.to_string(), kind.code.to_string(), "message".into(), "detail".into(), fields];
    parts.map(text).to_vec()
}

fn make_params(scope: &Scope<'_>, kind: &Kind) -> Vec<layout::Doc> {
    let crossing = kind.fields.iter().filter(|f| !matches!(f.ty, Type::Constant(_)));
    let mut params: Vec<_> = crossing
        .map(|f| {
            let name = names::argument(scope.api, &f.name, &f.ty);
            let (inner, optional) = f.ty.split_optional();
            text(format!("{name}{}: {}", if optional { "?" } else { "" }, scope.ty(inner, Way::In)))
        })
        .collect();
    if kind.detail.is_none() {
        params.push(text("detail?: string"));
    }
    params
}

fn make_names(scope: &Scope<'_>, kind: &Kind) -> Vec<String> {
    let crossing = kind.fields.iter().filter(|f| !matches!(f.ty, Type::Constant(_)));
    let mut all: Vec<_> = crossing.map(|f| names::argument(scope.api, &f.name, &f.ty)).collect();
    if kind.detail.is_none() {
        all.push("detail".into());
    }
    all
}

/// A template as a template literal over variables.
fn template_literal(template: &Template, value: &dyn Fn(&str) -> String) -> String {
    fn inner(pieces: &[Piece], value: &dyn Fn(&str) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${"),
            Piece::Value(name, None) => {
                let value = value(name);
                match value.strip_prefix("{'").and_then(|rest| rest.strip_suffix("'}")) {
                    Some(text) => text.to_owned(),
                    None => format!("${{{value}}}"),
                }
            }
            Piece::Value(name, Some((width, radix))) => {
                format!("${{{}.toString({radix}).padStart({width}, '0')}}", value(name))
            }
            Piece::Group(group) => {
                let names = crate::resolve::template_names(&Template { pieces: group.clone() })
                    .iter()
                    .map(|name| format!("{} !== undefined", value(name)))
                    .collect::<Vec<_>>();
                format!("${{{} ? `{}` : ''}}", names.join(" && "), inner(group, value))
            }
        };
        pieces.iter().map(piece).collect()
    }
    format!("`{}`", inner(&template.pieces, value))
}

fn field(scope: &Scope<'_>, item: &Field, way: Way, keep: bool) -> Vec<MemberModel> {
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
    let mut members = vec![MemberModel { doc, code: format!("{}{mark}: {ty};", names::key(&name)) }];
    if way == Way::In {
        members.extend(alias_names(scope, item).map(|alias| MemberModel {
            doc: vec![format!("Another name of `{name}`.")],
            code: format!("{}?: {ty};", names::key(&alias)),
        }));
    }
    members
}

/// The other names of a field.
fn alias_names<'a>(scope: &'a Scope<'_>, item: &'a Field) -> impl Iterator<Item = String> + 'a {
    let aliases = item.name.aliases(Lang::Ts).iter();
    aliases.map(|alias| crate::case::camel(&scope.api.unit_name(alias, &item.ty)))
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

/// An array of texts that breaks where it has to.
pub(crate) fn texts(head: &str, items: impl IntoIterator<Item = String>, level: usize) -> String {
    let items = items.into_iter().map(text).collect();
    layout::print(&layout::concat([text(head), list("[", items, "]"), text(",")]), level)
}
