//! Families of errors: their classes, and the functions that make them.

use super::layout::{self, call, text, union};
use super::model::{BodyModel, Lines, ValueModel, lines};
use super::names;
use super::types::{Scope, Way};
use crate::ir::{At, Family, Kind, Piece, Template, Type};

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

pub(super) fn constructor(scope: &Scope<'_>, family: &Family, kind: &Kind) -> BodyModel {
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
    body.push(format!("const message = {};", message_of(family, kind, message)));
    body
}

/// The message of a kind without fields, with a detail that there is.
pub(super) fn message_with_detail(family: &Family, kind: &Kind) -> String {
    let message = kind.message.as_ref().unwrap_or(&family.format);
    let whole = message.pieces.iter().flat_map(|piece| match piece {
        Piece::Group(inner) => inner.clone(),
        piece => vec![piece.clone()],
    });
    message_of(family, kind, &Template { pieces: whole.collect() })
}

/// A message as a template literal over `detail` and the fields.
fn message_of(family: &Family, kind: &Kind, message: &Template) -> String {
    let value = |name: &str| match name {
        "prefix" => format!("{{{}}}", names::text(&family.prefix)),
        "kind" => format!("{{{}}}", names::text(&kind.text)),
        other => crate::case::camel(other),
    };
    template_literal(message, &value)
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
