//! The C ABI: one `extern "C"` function per function and method, and the header of all.

pub mod header;
mod hosts;
pub(crate) mod model;
pub(crate) mod names;
mod types;

use super::Target;
use crate::files::FileSet;
use crate::ir::{Abi, Api};
use anyhow::Result;
use askama::Template;
use model::ModuleModel;

const DIR: &str = "bindings/c/src/gen";

/// The version of the ABI, apart from the functions: the build script reads it too.
const VERSION: &str = "bindings/c/src/gen/version.rs";

/// Functions of the C ABI.
#[derive(Debug)]
pub struct C;

impl Target for C {
    fn name(&self) -> &'static str {
        "c"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        let mut entries = Vec::new();
        for (position, module) in api.modules.iter().enumerate() {
            let model = model::module(api, position, module);
            if model.functions.is_empty() {
                continue;
            }
            entries.push(Entry { name: &module.name, feature: module.feature.as_deref() });
            files.add(
                format!("{DIR}/{}.rs", module.name),
                ModuleTemplate { module: &module.name, model }.render()?,
            );
        }
        files.add(VERSION, VersionTemplate { abi: api.abi }.render()?);
        files.add(format!("{DIR}/mod.rs"), IndexTemplate { entries }.render()?);
        Ok(files)
    }
}

struct Entry<'a> {
    name: &'a str,
    feature: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "c/module.jinja", escape = "none")]
struct ModuleTemplate<'a> {
    module: &'a str,
    model: ModuleModel,
}

#[derive(Template)]
#[template(path = "c/version.jinja", escape = "none")]
struct VersionTemplate {
    abi: Abi,
}

#[derive(Template)]
#[template(path = "c/index.jinja", escape = "none")]
struct IndexTemplate<'a> {
    entries: Vec<Entry<'a>>,
}
