//! Node: the napi functions of `bindings/node`.

mod model;
mod names;
mod types;

use super::Target;
use crate::files::FileSet;
use crate::ir::Api;
use anyhow::Result;
use askama::Template;
use model::{CombinedModel, FunctionModel, HolderModel, HostModel};

pub(crate) use model::needs_environment;
pub(crate) use names::function as native_name;
pub(crate) use types::{ResultForm, crosses_alone, result_form};

const DIR: &str = "bindings/node/src/gen";

/// The napi functions.
#[derive(Debug)]
pub struct Node;

impl Target for Node {
    fn name(&self) -> &'static str {
        "node"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        let mut entries = Vec::new();
        for (position, module) in api.modules.iter().enumerate() {
            let (functions, hosts) = (model::functions(api, module), model::hosts(api, module));
            let holders = model::holders(api, position, module);
            if functions.is_empty() && hosts.is_empty() && holders.is_empty() {
                continue;
            }
            entries.push(Entry { name: &module.name, feature: module.feature.as_deref() });
            let combined = model::combined(api, module);
            let imports = String::new();
            let mut template =
                ModuleTemplate { module: &module.name, imports, functions, combined, hosts, holders };
            template.imports = model::imports(&template.render()?);
            files.add(format!("{DIR}/{}.rs", module.name), template.render()?);
        }
        files.add(format!("{DIR}/mod.rs"), IndexTemplate { entries }.render()?);
        Ok(files)
    }
}

struct Entry<'a> {
    name: &'a str,
    feature: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "node/module.jinja", escape = "none")]
struct ModuleTemplate<'a> {
    module: &'a str,
    imports: String,
    functions: Vec<FunctionModel>,
    combined: Vec<CombinedModel>,
    hosts: Vec<HostModel>,
    holders: Vec<HolderModel>,
}

#[derive(Template)]
#[template(path = "node/index.jinja", escape = "none")]
struct IndexTemplate<'a> {
    entries: Vec<Entry<'a>>,
}
