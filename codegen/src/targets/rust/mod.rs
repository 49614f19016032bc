//! Rust: types, errors and contracts for `net-types`.

pub(crate) mod errors;
mod metrics;
pub(crate) mod model;
pub(crate) mod names;
pub(crate) mod spans;
pub(crate) mod types;

use super::Target;
use crate::files::FileSet;
use crate::ir::{Api, Module};
use anyhow::Result;
use askama::Template;
use errors::FamilyModel;
use model::{ApiModel, ModuleModel};

const DIR: &str = "net-core/crates/types/src/gen";

/// Types, errors and contracts.
#[derive(Debug)]
pub struct Rust;

impl Target for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        for (position, module) in api.modules.iter().enumerate() {
            let name = &module.name;
            let types = TypesTemplate { module: name, model: model::module(api, module) };
            files.add(format!("{DIR}/{name}.rs"), types.render()?);
            let contracts = model::contracts(api, position, module);
            if !contracts.traits.is_empty() {
                files.add(
                    format!("{DIR}/api/{name}.rs"),
                    TraitsTemplate { module: name, model: &contracts }.render()?,
                );
            }
            if !contracts.hosts.is_empty() {
                files.add(
                    format!("{DIR}/host/{name}.rs"),
                    HostsTemplate { module: name, model: &contracts }.render()?,
                );
            }
        }
        let list = |has: &dyn Fn(&Module) -> bool| {
            let kept = api.modules.iter().filter(|module| has(module));
            kept.map(|module| Entry { name: &module.name, feature: module.feature.as_deref() })
                .collect::<Vec<_>>()
        };
        let with_api = |module: &Module| !module.objects.is_empty() || !module.functions.is_empty();
        let index = |dir: &str, text: &str, entries| {
            let template = IndexTemplate { doc: text, entries };
            Ok::<_, askama::Error>((format!("{DIR}{dir}/mod.rs"), template.render()?))
        };
        for (path, text) in [
            index("/api", "Contracts that the core implements, by object and module.", list(&with_api))?,
            index("/host", "Interfaces that hosts implement.", list(&|module| !module.hosts.is_empty()))?,
        ] {
            files.add(path, text);
        }
        let families = api.families();
        let families = families.iter().map(|(at, family)| FamilyEntry {
            module: &api.modules[at.module].name,
            feature: api.modules[at.module].feature.as_deref(),
            model: errors::family(api, family),
        });
        let families: Vec<_> = families.collect();
        files.add(format!("{DIR}/error.rs"), ErrorTemplate { families: &families }.render()?);
        let root = RootTemplate { entries: list(&|_| true), hash: &api.hash };
        files.add(format!("{DIR}/mod.rs"), root.render()?);
        Ok(files)
    }
}

struct Entry<'a> {
    name: &'a str,
    feature: Option<&'a str>,
}

struct FamilyEntry<'a> {
    module: &'a str,
    feature: Option<&'a str>,
    model: FamilyModel,
}

#[derive(Template)]
#[template(path = "rust/types.jinja", escape = "none")]
struct TypesTemplate<'a> {
    module: &'a str,
    model: ModuleModel,
}

#[derive(Template)]
#[template(path = "rust/traits.jinja", escape = "none")]
struct TraitsTemplate<'a> {
    module: &'a str,
    model: &'a ApiModel,
}

#[derive(Template)]
#[template(path = "rust/hosts.jinja", escape = "none")]
struct HostsTemplate<'a> {
    module: &'a str,
    model: &'a ApiModel,
}

#[derive(Template)]
#[template(path = "rust/index.jinja", escape = "none")]
struct IndexTemplate<'a> {
    doc: &'a str,
    entries: Vec<Entry<'a>>,
}

#[derive(Template)]
#[template(path = "rust/error.jinja", escape = "none")]
struct ErrorTemplate<'a> {
    families: &'a [FamilyEntry<'a>],
}

#[derive(Template)]
#[template(path = "rust/root.jinja", escape = "none")]
struct RootTemplate<'a> {
    entries: Vec<Entry<'a>>,
    hash: &'a str,
}
