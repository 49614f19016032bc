//! The order in which C needs to see types.

use crate::ir::{Api, At, Field, Module, Type};

/// A record or union of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// Position of a record.
    Record(usize),
    /// Position of a union.
    Union(usize),
}

/// The records and unions of a module, each behind those that it holds.
pub(crate) fn items(api: &Api, position: usize, module: &Module) -> Vec<Item> {
    let mut order = Vec::new();
    let records = (0..module.records.len()).map(Item::Record);
    for item in records.chain((0..module.unions.len()).map(Item::Union)) {
        visit(api, position, item, &mut Vec::new(), &mut order);
    }
    order
}

/// The named types that a type is made of.
pub(crate) fn named(ty: &Type) -> &Type {
    match ty {
        Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => named(inner),
        other => other,
    }
}

fn visit(api: &Api, module: usize, item: Item, path: &mut Vec<Item>, order: &mut Vec<Item>) {
    if order.contains(&item) || path.contains(&item) {
        return;
    }
    path.push(item);
    for ty in held(api, module, item) {
        match named(&ty) {
            Type::Record(at) if at.module == module => {
                visit(api, module, Item::Record(at.index), path, order);
            }
            Type::Union(at) if at.module == module => {
                visit(api, module, Item::Union(at.index), path, order);
            }
            _ => {}
        }
    }
    path.pop();
    order.push(item);
}

fn held(api: &Api, module: usize, item: Item) -> Vec<Type> {
    let types = |fields: &[Field]| fields.iter().map(|field| field.ty.clone()).collect::<Vec<_>>();
    match item {
        Item::Record(index) => types(&api.record(At { module, index }).fields),
        Item::Union(index) => {
            let cases = &api.union(At { module, index }).cases;
            cases
                .iter()
                .flat_map(|case| match case.record {
                    Some(at) => vec![Type::Record(at)],
                    None => types(&case.fields),
                })
                .collect()
        }
    }
}
