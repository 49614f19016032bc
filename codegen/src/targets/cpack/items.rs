//! Records and unions.

use super::collections::{self, CollectionModel};
use super::fields::{self, FieldModel};
use super::layout::{comment, head};
use super::model::Lines;
use super::{names, types};
use crate::ir::{Api, At, Case, Field, Lang, Record, Type, Union};
use anyhow::Result;
use std::collections::BTreeSet;

pub(crate) struct ItemModel {
    pub doc: Lines,
    pub name: String,
    pub spec: String,
    /// Types of maps and lists that it needs first.
    pub collections: Vec<CollectionModel>,
    pub fields: Vec<FieldModel>,
    /// Whether it is a union.
    pub is_union: bool,
    pub cases: Vec<CaseModel>,
    /// Assignments of defaults.
    pub defaults: Lines,
    pub count: usize,
}

pub(crate) struct CaseModel {
    pub doc: Lines,
    pub name: String,
    pub constant: String,
    pub index: usize,
    pub is_bare: bool,
    /// Type of the case's member, if it is a record's.
    pub record: Option<String>,
    pub fields: Vec<FieldModel>,
    /// Head of the constructor, its assignments.
    pub head: Lines,
    pub assignments: Lines,
    pub defaults: Lines,
    pub count: usize,
}

/// Lowers a record.
pub(crate) fn record(api: &Api, item: &Record, seen: &mut BTreeSet<String>) -> Result<ItemModel> {
    let fields =
        item.fields.iter().map(|f| fields::field(api, f, "value->", None)).collect::<Result<Vec<_>>>()?;
    let owned =
        "\n\nObjects and streams in a result are the program's, which releases each: `net_handle_free`.";
    let more = if api.holds(item) && item.is_output { owned } else { "" };
    Ok(ItemModel {
        doc: comment(0, &format!("{}{more}", item.doc.text)),
        name: names::ty(&item.name.spec),
        spec: item.name.spec.clone(),
        collections: collections::of(api, item.fields.iter().map(|f| &f.ty), seen)?,
        defaults: defaults(api, &item.fields, "value.")?,
        count: fields.len(),
        fields,
        is_union: false,
        cases: Vec::new(),
    })
}

/// Lowers a union.
pub(crate) fn union(api: &Api, at: At, item: &Union, seen: &mut BTreeSet<String>) -> Result<ItemModel> {
    let types = item.cases.iter().filter(|case| case.record.is_none()).flat_map(|case| &case.fields);
    let own = names::ty(&item.name.spec);
    // The list of the union itself is declared in front of it.
    let needed = types.map(|f| &f.ty).filter(|ty| **ty != Type::List(Box::new(Type::Union(at))));
    let collections = collections::of(api, needed, seen)?;
    let cases = item.cases.iter().enumerate();
    Ok(ItemModel {
        doc: comment(0, &item.doc.text),
        spec: item.name.spec.clone(),
        collections,
        defaults: Vec::new(),
        count: 0,
        fields: Vec::new(),
        is_union: true,
        cases: cases.map(|(index, c)| case(api, at, item, index, c, &own)).collect::<Result<_>>()?,
        name: own,
    })
}

fn case(api: &Api, at: At, union: &Union, index: usize, case: &Case, own: &str) -> Result<CaseModel> {
    let name = names::value(&case.name);
    let member = format!("value->as.{name}.");
    let fields =
        case.fields.iter().map(|f| fields::field(api, f, &member, Some(at))).collect::<Result<Vec<_>>>()?;
    let record = case.record.map(|at| names::ty(&api.record(at).name.spec));
    let (args, assignments) = match &record {
        Some(record) => (vec![format!("{record} {name}")], vec![format!("made.as.{name} = {name};")]),
        None => constructor(api, at, &name, &case.fields)?,
    };
    let factory = union.factory.get(&Lang::C).map(|pattern| pattern.replace(['.', '*'], "_"));
    let prefix = factory.unwrap_or_else(|| format!("{}_", union.name.spec));
    let title = format!("static inline {own} net_{}_{}", prefix.trim_matches('_'), case.name);
    let args = if args.is_empty() { vec!["void".to_owned()] } else { args };
    Ok(CaseModel {
        doc: comment(2, &case.doc.text),
        constant: names::constant(&[&union.name.spec, &case.name]),
        index,
        is_bare: case.fields.is_empty(),
        count: case.fields.len(),
        record,
        fields,
        head: head(0, &title, &args, " {"),
        assignments,
        defaults: defaults(api, &case.fields, &member)?,
        name,
    })
}

/// Arguments and assignments of a case's constructor.
fn constructor(api: &Api, at: At, member: &str, fields: &[Field]) -> Result<(Lines, Lines)> {
    let (mut args, mut assignments) = (Vec::new(), Vec::new());
    for item in fields {
        let name = names::field(api, &item.name.spec, &item.ty);
        let (ty, optional) = item.ty.split_optional();
        let target = format!("made.as.{member}.{name}");
        match ty {
            Type::List(of) => {
                args.push(format!("const {} *{name}", types::ctype(api, of)?.name));
                args.push(format!("size_t {name}_len"));
                assignments.push(format!("{target}.items = {name};"));
                assignments.push(format!("{target}.len = {name}_len;"));
            }
            Type::Union(other) if *other == at => {
                args.push(format!("const {} *{name}", types::ctype(api, ty)?.name));
                assignments.push(format!("{target} = {name};"));
            }
            _ => {
                if optional && !types::is_view(api, ty) {
                    args.push(format!("bool has_{name}"));
                    assignments.push(format!("made.as.{member}.has_{name} = has_{name};"));
                }
                args.push(format!("{} {name}", types::ctype(api, ty)?.name));
                assignments.push(format!("{target} = {name};"));
            }
        }
    }
    Ok((args, assignments))
}

fn defaults(api: &Api, fields: &[Field], target: &str) -> Result<Lines> {
    let mut lines = Vec::new();
    for field in fields {
        let name = names::field(api, &field.name.spec, &field.ty);
        let Some(default) = &field.default else { continue };
        if let Some(value) = types::literal(api, default, &field.ty)? {
            lines.push(format!("{target}{name} = {value};"));
        }
    }
    Ok(lines)
}
