//! What the template of a module's types prints.

use super::collections::{self, CollectionModel};
use super::errors::{self, FamilyModel};
use super::items::{self, ItemModel};
use super::layout::comment;
use super::names;
use super::order::{self, Item};
use super::values::{self, ConstModel, EnumModel, ScalarModel};
use crate::ir::{Api, At, Method, Module, Type};
use anyhow::Result;
use std::collections::BTreeSet;

pub(crate) type Lines = Vec<String>;

pub(crate) struct ModuleModel {
    pub name: String,
    pub guard: String,
    pub doc: Lines,
    pub includes: Vec<String>,
    pub feature: Option<String>,
    pub consts: Vec<ConstModel>,
    pub families: Vec<FamilyModel>,
    pub enums: Vec<EnumModel>,
    pub scalars: Vec<ScalarModel>,
    /// Fixed lengths of bytes, in order.
    pub fixed: Vec<usize>,
    pub items: Vec<ItemModel>,
    /// Codecs of maps and of lists in lists: name, and type of what they hold.
    pub codecs: Vec<CollectionModel>,
}

/// Lowers the types of a module.
pub(crate) fn module(api: &Api, position: usize, module: &Module) -> Result<ModuleModel> {
    let mut seen = BTreeSet::new();
    let mut items = Vec::new();
    for item in order::items(api, position, module) {
        items.push(match item {
            Item::Record(index) => items::record(api, &module.records[index], &mut seen)?,
            Item::Union(index) => {
                items::union(api, At { module: position, index }, &module.unions[index], &mut seen)?
            }
        });
    }
    let codecs = collections::of_functions(api, module, &mut seen)?;
    Ok(ModuleModel {
        name: module.name.clone(),
        guard: names::guard(&module.name),
        doc: comment(0, &module.doc.text),
        includes: includes(module),
        feature: module.feature.as_deref().map(names::feature),
        consts: module.consts.iter().map(|item| values::constant(api, item)).collect::<Result<_>>()?,
        families: module.families.iter().map(|item| errors::family(api, item)).collect::<Result<_>>()?,
        enums: values::enums(module),
        scalars: module.scalars.iter().map(|item| values::scalar(api, item)).collect::<Result<_>>()?,
        fixed: fixed(module),
        items,
        codecs,
    })
}

fn includes(module: &Module) -> Vec<String> {
    let mut includes = vec![names::header("error")];
    if module.name != "base" {
        includes.insert(0, names::header("base"));
    }
    includes.extend(module.uses.iter().map(|name| names::header(name)));
    includes
}

fn fixed(module: &Module) -> Vec<usize> {
    fn collect(ty: &Type, found: &mut BTreeSet<usize>) {
        match ty {
            Type::FixedBytes(size) => {
                found.insert(*size);
            }
            Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => collect(inner, found),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    let fields = module.records.iter().flat_map(|item| &item.fields);
    let cases = module.unions.iter().flat_map(|item| &item.cases).flat_map(|case| &case.fields);
    fields.chain(cases).for_each(|field| collect(&field.ty, &mut found));
    for method in methods(module) {
        method.args.iter().for_each(|arg| collect(&arg.ty, &mut found));
        method.returns.iter().for_each(|ty| collect(ty, &mut found));
    }
    module.scalars.iter().for_each(|item| collect(&item.base, &mut found));
    found.into_iter().collect()
}

/// Every function and method of a module, those of the program included.
pub(crate) fn methods(module: &Module) -> impl Iterator<Item = &Method> {
    let objects = module.objects.iter().flat_map(|o| o.constructors.iter().chain(&o.methods));
    let hosts = module.hosts.iter().flat_map(|host| host.methods.iter().chain(&host.props));
    module.functions.iter().chain(objects).chain(hosts)
}
