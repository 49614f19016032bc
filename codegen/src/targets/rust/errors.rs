//! Error families of Rust: patterns and expressions of details and messages.

use super::model::{FieldModel, Lines, describe, lines};
use super::{names, types};
use crate::ir::{Api, Family, Kind, Piece, Template, Type};
use std::collections::BTreeSet;

pub(crate) struct FamilyModel {
    pub doc: Lines,
    pub name: String,
    pub id: u16,
    pub prefix: String,
    pub kinds: Vec<KindModel>,
    pub variant: String,
    pub family: String,
}

pub(crate) struct KindModel {
    pub doc: Lines,
    pub name: String,
    pub code: u16,
    pub text: String,
    pub retry: bool,
    pub fields: Vec<FieldModel>,
    pub is_unit: bool,
    /// Pattern that binds the fields that the detail needs.
    pub detail_pattern: String,
    /// Expression of the detail, of type `Option<String>`.
    pub detail: String,
    /// Pattern and expression of the whole message.
    pub message_pattern: String,
    pub message: String,
}

/// Lowers an error family.
pub(crate) fn family(api: &Api, family: &Family) -> FamilyModel {
    FamilyModel {
        doc: lines(&family.doc),
        name: names::family(&family.name),
        id: family.id,
        prefix: names::text(&family.prefix),
        kinds: family.kinds.iter().map(|item| kind(api, family, item)).collect(),
        variant: names::ty(&family.name),
        family: family.name.clone(),
    }
}

fn kind(api: &Api, family: &Family, item: &Kind) -> KindModel {
    let mut fields: Vec<_> = item
        .fields
        .iter()
        .filter(|field| !matches!(field.ty, Type::Constant(_)))
        .map(|field| FieldModel {
            doc: vec![describe(&field.name)],
            name: names::value(&field.name),
            ty: types::owned(api, &field.ty),
            ..FieldModel::default()
        })
        .collect();
    if item.detail.is_none() {
        fields.push(FieldModel {
            doc: vec!["What happened, for people; may be empty.".into()],
            name: "detail".into(),
            ty: "String".into(),
            ..FieldModel::default()
        });
    }
    let (detail_pattern, detail) = detail(item);
    let (message_pattern, message) = message(family, item);
    KindModel {
        doc: lines(&item.doc),
        name: names::ty(&item.name),
        code: item.code,
        text: names::text(&item.text),
        retry: item.retry,
        is_unit: fields.is_empty(),
        fields,
        detail_pattern,
        detail,
        message_pattern,
        message,
    }
}

/// Pattern and expression of a kind's detail.
fn detail(item: &Kind) -> (String, String) {
    match &item.detail {
        None => (" { detail, .. }".into(), "(!detail.is_empty()).then(|| detail.clone())".into()),
        Some(template) if template.pieces.is_empty() => (unit_pattern(item), "None".into()),
        Some(template) => {
            let used = template_names(template);
            let optional = optional_names(item);
            (pattern_of(item, used), format!("Some({})", text_expression(template, &optional)))
        }
    }
}

/// Pattern and expression of a kind's message.
fn message(family: &Family, item: &Kind) -> (String, String) {
    match &item.message {
        Some(template) => {
            (pattern_of(item, template_names(template)), text_expression(template, &optional_names(item)))
        }
        None => {
            let format = family_format(&family.format);
            (unit_pattern(item), format)
        }
    }
}

/// The expression of a message from prefix, kind and detail.
fn family_format(template: &Template) -> String {
    let mut parts = Vec::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => parts.push(format!("text.push_str({});", names::text(text))),
            Piece::Value(name, _) if name == "prefix" => parts.push("text.push_str(Self::PREFIX);".into()),
            Piece::Value(name, _) if name == "kind" => parts.push("text.push_str(self.kind_text());".into()),
            Piece::Value(..) => parts.push("text.push_str(&self.detail().unwrap_or_default());".into()),
            Piece::Group(inner) => {
                let inner = inner.iter().map(|piece| match piece {
                    Piece::Text(text) => format!("text.push_str({});", names::text(text)),
                    _ => "text.push_str(&detail);".into(),
                });
                parts
                    .push(format!("if let Some(detail) = self.detail() {{ {} }}", inner.collect::<String>()));
            }
        }
    }
    format!("{{ let mut text = String::new(); {} text }}", parts.join(" "))
}

/// The expression of a template over bound fields.
fn text_expression(template: &Template, optional: &BTreeSet<&str>) -> String {
    let simple = template.pieces.iter().all(|piece| !matches!(piece, Piece::Group(_)));
    if simple {
        return simple_text(template);
    }
    let mut parts = Vec::new();
    for piece in &template.pieces {
        match piece {
            Piece::Group(inner) => {
                let inner_template = Template { pieces: inner.clone() };
                let used = template_names(&inner_template);
                let bound: Vec<_> = used.iter().filter(|name| optional.contains(*name)).copied().collect();
                let push =
                    format!("text.push_str(&format!({}));", names::text(&format_string(&inner_template)));
                let pattern: Vec<_> = bound.iter().map(|name| format!("Some({name})")).collect();
                parts.push(format!(
                    "if let ({},) = ({},) {{ {push} }}",
                    pattern.join(", "),
                    bound.join(", ")
                ));
            }
            other => {
                let one = Template { pieces: vec![other.clone()] };
                parts.push(match other {
                    Piece::Text(text) => format!("text.push_str({});", names::text(text)),
                    _ => format!("text.push_str(&{});", simple_text(&one)),
                });
            }
        }
    }
    format!("{{ let mut text = String::new(); {} text }}", parts.join(" "))
}

/// The expression of a template without groups.
fn simple_text(template: &Template) -> String {
    match &template.pieces[..] {
        [Piece::Text(text)] => format!("{}.to_owned()", names::text(text)),
        [Piece::Value(name, None)] => format!("{}.to_string()", names::value(name)),
        _ => format!("format!({})", names::text(&format_string(template))),
    }
}

/// The template as a format string of Rust.
pub(crate) fn format_string(template: &Template) -> String {
    let mut text = String::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(piece) => text.push_str(&piece.replace('{', "{{").replace('}', "}}")),
            Piece::Value(name, None) => text.push_str(&format!("{{{name}}}")),
            Piece::Value(name, Some((width, _))) => text.push_str(&format!("{{{name}:0{width}x}}")),
            Piece::Group(inner) => text.push_str(&format_string(&Template { pieces: inner.clone() })),
        }
    }
    text
}

fn template_names(template: &Template) -> Vec<&str> {
    crate::resolve::template_names(template)
}

fn optional_names(item: &Kind) -> BTreeSet<&str> {
    let optional = item.fields.iter().filter(|field| matches!(field.ty, Type::Optional(_)));
    optional.map(|field| field.name.as_str()).collect()
}

fn pattern_of(item: &Kind, used: Vec<&str>) -> String {
    let mut used: Vec<_> = used.into_iter().map(names::value).collect();
    used.dedup();
    let total = item.fields.len() + usize::from(item.detail.is_none());
    if used.len() < total {
        used.push("..".into());
    }
    pattern(used)
}

fn unit_pattern(item: &Kind) -> String {
    let has_fields = item.detail.is_none() || !item.fields.is_empty();
    if has_fields { " { .. }".into() } else { String::new() }
}

fn pattern(names: Vec<String>) -> String {
    if names.is_empty() { String::new() } else { format!(" {{ {} }}", names.join(", ")) }
}
