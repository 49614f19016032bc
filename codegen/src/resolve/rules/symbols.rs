//! What functions are called where objects do not part them: C, Go and the functions for Node each have one namespace.

use super::Rules;
use crate::ir::{Method, Module, Object, Shape};
use crate::targets::{c, go, node};
use indexmap::IndexMap;
use std::collections::HashMap;

/// A function, and the object that it belongs to.
type Owned<'a> = (Option<&'a Object>, &'a Method);

/// A namespace, and the name of a function in it, if it stands there.
type Space = (&'static str, fn(Owned<'_>) -> Option<String>);

const SPACES: [Space; 3] = [("C", c_name), ("Go", go_name), ("Node.js", node_name)];

/// Checks that no two functions of the interface have one name.
pub(super) fn check(rules: &mut Rules<'_>) {
    let api = rules.api;
    let mut clashes: IndexMap<_, Vec<&str>> = IndexMap::new();
    for (space, name) in SPACES {
        let mut taken: HashMap<String, (&str, bool)> = HashMap::new();
        for (position, module) in api.modules.iter().enumerate() {
            for (path, owned) in functions(module) {
                let Some(symbol) = name(owned) else { continue };
                let is_member = owned.0.is_some() || owned.1.member.is_some();
                let own = owned.1.path.as_str();
                let Some((other, other_is_member)) = taken.insert(symbol, (own, is_member)) else { continue };
                // Two functions of modules are told by their public names already.
                if is_member || other_is_member {
                    clashes.entry((position, path, other)).or_default().push(space);
                }
            }
        }
    }
    for ((position, path, other), spaces) in clashes {
        let message = format!("it gets the name of `{other}` in {}", spaces.join(", "));
        rules.wrong(position, &path, message);
    }
}

/// Every function of a module that a host calls, with the path to its table.
fn functions(module: &Module) -> Vec<(Vec<&str>, Owned<'_>)> {
    let own = module.functions.iter().map(|m| (super::function_path(module, m), (None, m)));
    let members = module.objects.iter().flat_map(|object| {
        object.constructors.iter().chain(&object.methods).map(move |m| {
            let table = match m.shape {
                Shape::Constructor => "new",
                Shape::Property { .. } => "prop",
                _ => "fn",
            };
            (vec!["object", object.name.spec.as_str(), table, m.name.spec.as_str()], (Some(object), m))
        })
    });
    own.chain(members).collect()
}

fn c_name((object, method): Owned<'_>) -> Option<String> {
    let name = &method.name.spec;
    Some(object.map_or_else(|| c::names::function(name), |object| c::names::method(&object.name.spec, name)))
}

fn go_name((object, method): Owned<'_>) -> Option<String> {
    let name = go::names::item(&method.name);
    match (object, method.shape) {
        // Go has a method on the value, whose name only its record shares.
        (None, _) if method.receiver().is_some() => None,
        (None, _) => Some(name),
        (Some(object), Shape::Constructor) if method.name.spec == "new" => {
            Some(format!("New{}", go::names::item(&object.name)))
        }
        (Some(object), Shape::Constructor | Shape::Static) => Some(go::names::item(&object.name) + &name),
        _ => None,
    }
}

fn node_name((_, method): Owned<'_>) -> Option<String> {
    Some(node::native_name(&method.path))
}
