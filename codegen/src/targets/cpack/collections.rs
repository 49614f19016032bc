//! Maps, and lists of lists: types that have to be there before what holds them.

use super::model::methods;
use super::{names, types};
use crate::ir::{Api, Module, Type};
use anyhow::Result;
use std::collections::BTreeSet;

pub(crate) struct CollectionModel {
    pub kind: &'static str,
    pub code: String,
    pub name: String,
    pub guard: String,
}

/// The maps and lists of lists that types need and that were not seen before.
pub(crate) fn of<'a>(
    api: &Api,
    types: impl Iterator<Item = &'a Type>,
    seen: &mut BTreeSet<String>,
) -> Result<Vec<CollectionModel>> {
    let mut found = Vec::new();
    for ty in types {
        collect(api, ty.split_optional().0, seen, &mut found)?;
    }
    Ok(found)
}

fn collect(
    api: &Api,
    ty: &Type,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<CollectionModel>,
) -> Result<()> {
    let (kind, of) = match ty {
        Type::List(of) => ("LIST", of),
        Type::Map(of) => ("MAP", of),
        _ => return Ok(()),
    };
    collect(api, of, seen, found)?;
    let item = types::ctype(api, of)?;
    // Lists of named types and everything of plain values is there already.
    let is_named = matches!(
        **of,
        Type::Record(_) | Type::Union(_) | Type::Enum(_) | Type::Flags(_) | Type::FixedBytes(_)
    );
    let is_nested = matches!(**of, Type::List(_) | Type::Map(_));
    let is_there = if is_named { kind == "LIST" } else { !is_nested };
    if !is_there && seen.insert(format!("{kind} {}", item.code)) {
        let guard = names::constant(&[&item.code, kind]);
        found.push(CollectionModel { kind, code: item.code, name: item.name, guard });
    }
    Ok(())
}

/// The maps and lists of lists that only functions need.
pub(crate) fn of_functions(
    api: &Api,
    module: &Module,
    seen: &mut BTreeSet<String>,
) -> Result<Vec<CollectionModel>> {
    let methods: Vec<_> = methods(module).collect();
    let args = methods.iter().flat_map(|m| m.args.iter().map(|arg| &arg.ty));
    let results = methods.iter().filter_map(|m| m.returns.as_ref());
    let items = module.objects.iter().filter_map(|object| object.iterates.clone());
    let batches: Vec<_> = items.map(|of| Type::List(Box::new(of))).collect();
    of(api, args.chain(results).chain(&batches), seen)
}
