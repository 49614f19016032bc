//! Names are snake_case, and public names are unique in each language.

use super::Rules;
use crate::ir::{Lang, Method, Name, Object, Shape};
use indexmap::IndexMap;
use std::collections::HashMap;

/// Public names of the whole interface: packages export all modules from one root.
pub(super) fn check_namespace(rules: &mut Rules<'_>) {
    let api = rules.api;
    let mut clashes: IndexMap<_, Vec<&str>> = IndexMap::new();
    for lang in Lang::ALL {
        // A type and a function of one name differ in how languages write them; where they do not, `symbols` tells.
        let mut taken: HashMap<(bool, String), String> = HashMap::new();
        for (position, module) in api.modules.iter().enumerate() {
            let types = module.objects.iter().map(|o| ("object", &o.name));
            let types = types.chain(module.records.iter().map(|r| ("record", &r.name)));
            let types = types.chain(module.unions.iter().map(|u| ("union", &u.name)));
            let types = types.chain(module.enums.iter().map(|e| ("enum", &e.name)));
            let types = types.chain(module.flags.iter().map(|f| ("flags", &f.name)));
            let types = types.chain(module.hosts.iter().map(|h| ("host", &h.name)));
            let types: Vec<_> = types
                .chain(module.functions.iter().filter(|f| f.member.is_none()).map(|f| ("fn", &f.name)))
                .collect();
            for (table, name) in types {
                for public in public(name, lang) {
                    let key = (table == "fn", public.clone());
                    if let Some(other) = taken.insert(key, format!("{}.{}", module.name, name.spec)) {
                        let message = format!("`{public}` is also a public name of {other}");
                        clashes.entry((position, table, &name.spec, message)).or_default().push(lang.key());
                    }
                }
            }
        }
    }
    for ((position, table, name, message), langs) in clashes {
        rules.wrong(position, &[table, &format!("{name}!")], format!("{message} in {}", langs.join(", ")));
    }
}

/// Names of one module.
pub(super) fn check(rules: &mut Rules<'_>, position: usize) {
    let module = rules.module(position);
    let file = rules.modules[position].document.module.name.clone();
    if rules.modules[position].source.file != format!("spec/{file}.toml") {
        rules.wrong(position, &["module", "name"], "a module is called as its file");
    }
    for (path, method) in super::methods(module) {
        snake(rules, position, &path, method.published());
        check_parameters(rules, position, &path, method);
        for arg in &method.args {
            snake_text(rules, position, &[path.as_slice(), &["args", &arg.name]].concat(), &arg.name);
        }
    }
    for object in &module.objects {
        snake(rules, position, &["object", &object.name.spec], &object.name);
        unique_members(rules, position, object);
    }
    for record in &module.records {
        snake(rules, position, &["record", &record.name.spec], &record.name);
        for field in &record.fields {
            snake(rules, position, &["record", &record.name.spec, "field", &field.name.spec], &field.name);
        }
    }
    for item in &module.enums {
        snake(rules, position, &["enum", &item.name.spec], &item.name);
    }
    for item in &module.unions {
        snake(rules, position, &["union", &item.name.spec], &item.name);
    }
    for item in &module.hosts {
        snake(rules, position, &["host", &item.name.spec], &item.name);
    }
}

/// Published parameters stand for arguments that there are; only Python's callers name them.
fn check_parameters(rules: &mut Rules<'_>, position: usize, path: &[&str], method: &Method) {
    let last = format!("{}!", path.last().copied().unwrap_or_default());
    let path = [&path[..path.len() - 1], &[last.as_str()]].concat();
    for ((lang, public), listed) in &method.name.parameters {
        let count = listed.iter().filter(|name| !["model", "parse"].contains(&name.as_str())).count();
        if *lang != Lang::Python {
            let message = format!("`{public}` lists its parameters, which only Python's callers name");
            rules.wrong(position, &path, message);
        } else if count > method.args.len() {
            let message = format!("`{public}` lists {count} parameters, and there are {}", method.args.len());
            rules.wrong(position, &path, message);
        }
    }
}

fn unique_members(rules: &mut Rules<'_>, position: usize, object: &Object) {
    let mut clashes: IndexMap<_, Vec<&str>> = IndexMap::new();
    for lang in Lang::ALL {
        let mut taken = HashMap::new();
        let methods = object.constructors.iter().chain(&object.methods);
        for method in methods.filter(|m| m.overload.is_none() && m.in_lang(lang)) {
            for public in public(&method.name, lang) {
                if let Some(other) = taken.insert(public.clone(), &method.name.spec) {
                    let table = if method.shape == Shape::Constructor { "new" } else { "fn" };
                    let message = format!("`{public}` is also a name of `{other}`");
                    clashes.entry((table, &method.name.spec, message)).or_default().push(lang.key());
                }
            }
        }
    }
    for ((table, name, message), langs) in clashes {
        let path = ["object", object.name.spec.as_str(), table, name];
        rules.wrong(position, &path, format!("{message} in {}", langs.join(", ")));
    }
}

/// The public names of an item: as renamed, else as in the spec, and every alias.
fn public(name: &Name, lang: Lang) -> Vec<String> {
    let own = name.renamed(lang).unwrap_or(&name.spec).to_owned();
    std::iter::once(own).chain(name.aliases(lang).iter().cloned()).collect()
}

fn snake(rules: &mut Rules<'_>, position: usize, path: &[&str], name: &Name) {
    snake_text(rules, position, path, &name.spec);
}

fn snake_text(rules: &mut Rules<'_>, position: usize, path: &[&str], name: &str) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let fine = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(plain)
        && !name.contains("__")
        && !name.ends_with('_');
    if !fine {
        let mut path = path.to_vec();
        let last = format!("{}!", path.pop().unwrap_or_default());
        path.push(&last);
        rules.wrong(position, &path, format!("`{name}` is not snake_case"));
    }
}
