//! Documents to the resolved interface. Every error is collected; the interface is given only if there is none.

mod build;
mod context;
mod direction;
mod literals;
mod names;
mod rules;
mod template;
mod types;

pub use template::names as template_names;

use crate::diag::Diagnostic;
use crate::ir::{Abi, Api, Lang, Package, Platform};
use crate::load::{Loaded, Spec};
use names::Index;

/// Resolves a spec.
pub fn resolve(spec: &Spec) -> Result<Api, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let modules = in_order(&spec.modules, &mut diagnostics);
    let (index, clashes) = Index::new(&modules);
    for (module, path, message) in clashes {
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        diagnostics.push(modules[module].source.diagnostic(&path, message));
    }
    let built = modules
        .iter()
        .enumerate()
        .map(|(position, loaded)| build::module(position, loaded, &index, &spec.examples, &mut diagnostics))
        .collect();
    let mut api = Api {
        hash: hash(&modules),
        modules: built,
        packages: packages(spec),
        abi: abi(spec),
        platforms: platforms(spec),
    };
    build::metrics::metrics(&mut api, &modules, &mut diagnostics);
    direction::mark(&mut api);
    rules::check(&api, &modules, &mut diagnostics);
    if diagnostics.is_empty() {
        Ok(api)
    } else {
        diagnostics.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        diagnostics.dedup();
        Err(diagnostics)
    }
}

/// `base` first, then each module behind those that it uses.
fn in_order<'a>(modules: &'a [Loaded], diagnostics: &mut Vec<Diagnostic>) -> Vec<&'a Loaded> {
    let mut waiting: Vec<_> = modules.iter().collect();
    waiting.sort_by_key(|loaded| loaded.document.module.name != "base");
    let mut ordered: Vec<&Loaded> = Vec::new();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|loaded| {
            let uses = &loaded.document.module.uses;
            uses.iter().all(|name| !waiting.iter().any(|w| &w.document.module.name == name))
        });
        let next = ready.unwrap_or_else(|| {
            diagnostics.push(
                waiting[0].source.diagnostic(&["module", "uses"], "these modules use each other in a circle"),
            );
            0
        });
        ordered.push(waiting.remove(next));
    }
    for loaded in modules {
        for name in &loaded.document.module.uses {
            if !modules.iter().any(|other| &other.document.module.name == name) {
                let message = format!("there is no module `{name}`");
                diagnostics.push(loaded.source.diagnostic(&["module", "uses"], message));
            }
        }
    }
    ordered
}

/// Hash of what callers can tell apart: everything but the words for people.
fn hash(modules: &[&Loaded]) -> String {
    let mut hasher = blake3::Hasher::new();
    for loaded in modules {
        let Ok(mut value) = toml::from_str::<serde_json::Value>(&loaded.source.text) else { continue };
        strip(&mut value);
        hasher.update(value.to_string().as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

fn strip(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            for key in ["doc", "absent", "order", "example", "untested"] {
                if map.get(key).is_some_and(serde_json::Value::is_string) {
                    map.shift_remove(key);
                }
            }
            for (key, value) in map {
                match value {
                    // An argument or a field may be called like a text for people.
                    serde_json::Value::Object(named) if key == "args" || key == "fields" => {
                        named.values_mut().for_each(strip);
                    }
                    value => strip(value),
                }
            }
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

fn packages(spec: &Spec) -> Vec<Package> {
    let Some((_, packages)) = &spec.packages else { return Vec::new() };
    packages
        .package
        .iter()
        .filter_map(|(name, package)| {
            let language = Lang::ALL.into_iter().find(|lang| lang.key() == package.language)?;
            let paths = package.path.iter().map(|(path, exports)| (path.clone(), exports.clone())).collect();
            Some(Package { name: name.clone(), language, paths, aio: package.aio })
        })
        .collect()
}

/// A spec without packages has no C ABI that anyone could depend on.
fn abi(spec: &Spec) -> Abi {
    spec.packages.as_ref().map_or(Abi { major: 0, minor: 0 }, |(_, packages)| packages.abi)
}

fn platforms(spec: &Spec) -> Vec<Platform> {
    let all = spec.packages.iter().flat_map(|(_, packages)| &packages.platform);
    all.map(|(name, facts)| Platform { name: name.clone(), facts: facts.clone() }).collect()
}
