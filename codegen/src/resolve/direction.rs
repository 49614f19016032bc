//! Which records and unions hosts hand in, and which the core hands out.

use crate::ir::{Api, At, Method, Shape, Type};
use std::collections::HashSet;

/// Marks every record that can be reached from an argument as input, from a result as output.
pub(super) fn mark(api: &mut Api) {
    let mut inputs = HashSet::new();
    let mut outputs = HashSet::new();
    for module in &api.modules {
        for method in module
            .functions
            .iter()
            .chain(module.objects.iter().flat_map(|o| o.constructors.iter().chain(&o.methods)))
        {
            walk_method(api, method, &mut inputs, &mut outputs);
        }
        for object in &module.objects {
            object.iterates.iter().for_each(|ty| walk(api, ty, &mut outputs));
        }
        for host in &module.hosts {
            for method in host.methods.iter().chain(&host.props) {
                walk_method(api, method, &mut outputs, &mut inputs);
            }
        }
        for family in &module.families {
            for field in family.kinds.iter().flat_map(|kind| &kind.fields) {
                walk(api, &field.ty, &mut outputs);
                walk(api, &field.ty, &mut inputs);
            }
        }
    }
    for (position, module) in api.modules.iter_mut().enumerate() {
        for (index, record) in module.records.iter_mut().enumerate() {
            let at = At { module: position, index };
            record.is_input = inputs.contains(&Node::Record(at));
            record.is_output = outputs.contains(&Node::Record(at));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Record(At),
    Union(At),
}

fn walk_method(api: &Api, method: &Method, into: &mut HashSet<Node>, out: &mut HashSet<Node>) {
    method.args.iter().for_each(|arg| walk(api, &arg.ty, into));
    method.returns.iter().for_each(|ty| walk(api, ty, out));
    debug_assert!(method.shape != Shape::Host || method.overload.is_none());
}

fn walk(api: &Api, ty: &Type, seen: &mut HashSet<Node>) {
    match ty {
        Type::List(inner) | Type::Map(inner) | Type::Stream(inner) | Type::Optional(inner) => {
            walk(api, inner, seen)
        }
        Type::Record(at) if seen.insert(Node::Record(*at)) => {
            api.record(*at).fields.iter().for_each(|field| walk(api, &field.ty, seen));
        }
        Type::Union(at) if seen.insert(Node::Union(*at)) => {
            api.union(*at)
                .cases
                .iter()
                .flat_map(|case| &case.fields)
                .for_each(|field| walk(api, &field.ty, seen));
        }
        _ => {}
    }
}
