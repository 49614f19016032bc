//! What stands at the top level of each language: functions where objects do not part them, types, and what is emitted beside them.

use super::Rules;
use crate::ir::{Family, Method, Module, Name, Object, RecordClass, Shape};
use crate::targets::{c, cpack, go, node, python, rust, ts};
use indexmap::IndexMap;
use std::collections::HashMap;

/// A function, and the object that it belongs to.
type Owned<'a> = (Option<&'a Object>, &'a Method);

/// A namespace, and the names that an item has in it.
type Space = (&'static str, fn(&Item<'_>) -> Vec<String>);

const SPACES: [Space; 6] = [
    ("C", c_names),
    ("Go", go_names),
    ("Node.js", node_names),
    ("TypeScript", ts_names),
    ("Python", python_names),
    ("Rust", rust_names),
];

/// What a module defines.
enum Item<'a> {
    Function(Owned<'a>),
    Type(Sort, &'a Name, Vec<&'a str>),
    Family(&'a Family),
    Layout(&'a str),
}

/// A kind of type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Record { options: bool },
    Union,
    Enum,
    Flags,
    Host,
    Object,
}

/// Checks that no two items of the interface have one name.
pub(super) fn check(rules: &mut Rules<'_>) {
    let api = rules.api;
    let mut clashes: IndexMap<_, Vec<&str>> = IndexMap::new();
    for (space, names) in SPACES {
        let mut taken: HashMap<String, (String, Option<&str>)> = HashMap::new();
        for (position, module) in api.modules.iter().enumerate() {
            for (path, item) in items(module) {
                let own = (item.path(module), item.public());
                for name in names(&item) {
                    let (other, public) = taken.entry(name).or_insert_with(|| own.clone());
                    // Items with one public name are told already.
                    let is_told = public.is_some() && *public == own.1;
                    if *other != own.0 && !is_told {
                        let spaces = clashes.entry((position, path.clone(), other.clone())).or_default();
                        if !spaces.contains(&space) {
                            spaces.push(space);
                        }
                    }
                }
            }
        }
    }
    for ((position, path, other), spaces) in clashes {
        let message = format!("it gets a name of `{other}` in {}", spaces.join(", "));
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        rules.wrong(position, &path, message);
    }
}

/// Every item of a module, with the path to its table.
fn items(module: &Module) -> Vec<(Vec<String>, Item<'_>)> {
    let functions = functions(module).into_iter().map(|(path, owned)| (path, Item::Function(owned)));
    let types = types(module)
        .into_iter()
        .map(|(table, sort, name, parts)| (vec![table, &*name.spec], Item::Type(sort, name, parts)));
    let families = module.families.iter().map(|family| (vec!["error", &*family.name], Item::Family(family)));
    let layouts = module.wires.iter().map(|wire| (vec!["wire", &*wire.name], Item::Layout(&wire.name)));
    // Types first, so that it is the function that is told to have another's name.
    let all = types.chain(families).chain(layouts).chain(functions);
    all.map(|(path, item)| (path.into_iter().map(str::to_owned).collect(), item)).collect()
}

/// Every type of a module: its table, its name, and what it is told apart by.
fn types(module: &Module) -> Vec<(&'static str, Sort, &Name, Vec<&str>)> {
    let records = module.records.iter().map(|item| {
        let options = item.class == Some(RecordClass::Options);
        ("record", Sort::Record { options }, &item.name, Vec::new())
    });
    let unions = module
        .unions
        .iter()
        .map(|item| ("union", Sort::Union, &item.name, item.cases.iter().map(|case| &*case.name).collect()));
    let enums = module
        .enums
        .iter()
        .map(|item| ("enum", Sort::Enum, &item.name, item.values.iter().map(|value| &*value.name).collect()));
    let flags = module
        .flags
        .iter()
        .map(|item| ("flags", Sort::Flags, &item.name, item.bits.iter().map(|bit| &*bit.name).collect()));
    let hosts = module.hosts.iter().map(|item| ("host", Sort::Host, &item.name, Vec::new()));
    let objects = module.objects.iter().map(|item| ("object", Sort::Object, &item.name, Vec::new()));
    records.chain(unions).chain(enums).chain(flags).chain(hosts).chain(objects).collect()
}

/// Every function of a module that a host calls, with the path to its table.
fn functions(module: &Module) -> Vec<(Vec<&str>, Owned<'_>)> {
    let own = module.functions.iter().map(|m| (super::function_path(module, m), (None, m)));
    let members = module.objects.iter().flat_map(|object| {
        object.constructors.iter().chain(&object.methods).chain(&object.sugars).map(move |m| {
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

impl<'a> Item<'a> {
    /// What it is called in messages.
    fn path(&self, module: &Module) -> String {
        match self {
            Item::Function((_, method)) => method.path.clone(),
            Item::Type(_, name, _) => format!("{}.{}", module.name, name.spec),
            Item::Family(family) => format!("error.{}", family.name),
            Item::Layout(name) => format!("wire.{name}"),
        }
    }

    /// The name that stands among all public names of the interface, if it has one.
    fn public(&self) -> Option<&'a str> {
        match self {
            Item::Function((None, method)) if method.member.is_none() => Some(&method.name.spec),
            Item::Type(_, name, _) => Some(&name.spec),
            _ => None,
        }
    }
}

/// A name with each ending.
fn with(name: &str, endings: &[&str]) -> Vec<String> {
    endings.iter().map(|ending| format!("{name}{ending}")).collect()
}

fn c_names(item: &Item<'_>) -> Vec<String> {
    match item {
        Item::Function((object, method)) => {
            let name = &method.name.spec;
            let own = object
                .map_or_else(|| c::names::function(name), |object| c::names::method(&object.name.spec, name));
            with(&own, &["", "_with", "_wait", "_result"])
        }
        Item::Type(sort, name, parts) => {
            let mut names = match sort {
                // C has handles for them.
                Sort::Object => Vec::new(),
                Sort::Host => vec![cpack::names::ty(&name.spec)],
                Sort::Record { .. } => {
                    with(&cpack::names::ty(&name.spec), &["", "_init", "_pack", "_read", "_unpack", "_list"])
                }
                Sort::Enum | Sort::Flags => {
                    with(&cpack::names::ty(&name.spec), &["", "_pack", "_read", "_list"])
                }
                Sort::Union => with(&cpack::names::ty(&name.spec), &["", "_pack", "_read", "_list"]),
            };
            names.extend(parts.iter().map(|part| cpack::names::constant(&[&name.spec, part])));
            names
        }
        Item::Family(family) => {
            let fields = family.kinds.iter().map(|kind| cpack::names::kind_fields(&family.name, kind));
            fields.map(|name| c::names::function(&name)).collect()
        }
        Item::Layout(name) => with(&cpack::names::ty(name), &["", "_read", "_write", "_encode", "_decode"]),
    }
}

fn go_names(item: &Item<'_>) -> Vec<String> {
    match item {
        Item::Function(owned) => go_name(*owned).into_iter().collect(),
        Item::Type(sort, name, parts) => {
            let own = go::names::item(name);
            let mut names: Vec<_> =
                parts.iter().map(|part| format!("{own}{}", go::names::public(part))).collect();
            if *sort == (Sort::Record { options: true }) {
                names.push(format!("New{own}"));
            }
            names.push(own);
            names
        }
        Item::Family(family) => with(&go::names::family(&family.name), &["", "Kind"]),
        Item::Layout(name) => vec![go::names::public(name)],
    }
}

fn node_names(item: &Item<'_>) -> Vec<String> {
    match item {
        Item::Function((_, method)) => vec![node::native_name(&method.path)],
        _ => Vec::new(),
    }
}

fn ts_names(item: &Item<'_>) -> Vec<String> {
    match item {
        Item::Function((None, method)) if method.member.is_none() => vec![ts::names::function(&method.name)],
        Item::Type(_, name, _) => vec![ts::names::ty(name)],
        Item::Family(family) => vec![ts::names::family(&family.name)],
        _ => Vec::new(),
    }
}

fn python_names(item: &Item<'_>) -> Vec<String> {
    match item {
        Item::Function((None, method)) if method.member.is_none() => {
            vec![python::names::member(&method.name)]
        }
        Item::Type(_, name, _) => vec![python::names::class(name)],
        Item::Family(family) => {
            let kinds = family.kinds.iter().filter_map(|kind| python::names::kind(family, kind));
            kinds.chain([python::names::family(family)]).collect()
        }
        _ => Vec::new(),
    }
}

fn rust_names(item: &Item<'_>) -> Vec<String> {
    match item {
        Item::Type(_, name, _) => vec![rust::names::ty(&name.spec)],
        Item::Family(family) => vec![rust::names::family(&family.name)],
        _ => Vec::new(),
    }
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
