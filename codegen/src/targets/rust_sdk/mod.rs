//! Rust: what users depend on, in `sdks/rust`.

mod args;
mod hosts;
mod imports;
pub(crate) mod model;
pub(crate) mod names;
pub(crate) mod types;

use super::Target;
use crate::files::FileSet;
use crate::ir::Api;
use anyhow::Result;
use askama::Template;
use model::ModuleModel;

const DIR: &str = "sdks/rust/src/gen";

/// The Rust SDK.
#[derive(Debug)]
pub struct RustSdk;

impl Target for RustSdk {
    fn name(&self) -> &'static str {
        "rust_sdk"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        // What hosts set in the library's own runtime has no meaning in Rust, where programs bring theirs.
        let modules = api.modules.iter().enumerate().filter(|(_, module)| !module.runtime);
        let modules: Vec<_> = modules.map(|(position, item)| model::module(api, position, item)).collect();
        for model in &modules {
            let body = BodyTemplate { model }.render()?;
            let imports = imports::needed(model, &body);
            files.add(format!("{DIR}/{}.rs", model.name), ModuleTemplate { model, imports, body }.render()?);
        }
        files.add(format!("{DIR}/mod.rs"), RootTemplate { modules: &modules }.render()?);
        Ok(files)
    }
}

#[derive(Template)]
#[template(path = "rust_sdk/module.jinja", escape = "none")]
struct ModuleTemplate<'a> {
    model: &'a ModuleModel,
    imports: Vec<String>,
    body: String,
}

#[derive(Template)]
#[template(path = "rust_sdk/body.jinja", escape = "none")]
struct BodyTemplate<'a> {
    model: &'a ModuleModel,
}

#[derive(Template)]
#[template(path = "rust_sdk/root.jinja", escape = "none")]
struct RootTemplate<'a> {
    modules: &'a [ModuleModel],
}
