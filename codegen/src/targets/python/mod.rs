//! Python: the extension module, and the packages on it.

mod errors;
mod names;
mod native;

use super::Target;
use crate::files::FileSet;
use crate::ir::Api;
use anyhow::Result;
use askama::Template;

const NATIVE: &str = "bindings/python/src/gen";

/// The extension module and the packages.
#[derive(Debug)]
pub struct Python;

impl Target for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        render_native(api, &mut files)?;
        Ok(files)
    }
}

fn render_native(api: &Api, files: &mut FileSet) -> Result<()> {
    let mut entries = Vec::new();
    for (position, module) in api.modules.iter().enumerate() {
        let model = native::module(api, position, module)?;
        let wide = model.records.iter().map(|record| record.params.len());
        let wide = wide.chain(model.functions.iter().map(|f| f.params.matches(": ").count())).max();
        let mut page = NativeTemplate {
            module: &module.name,
            imports: String::new(),
            has_wide: wide.unwrap_or_default() > 6,
            model,
        };
        page.imports = native::imports(&page.render()?);
        files.add(format!("{NATIVE}/{}.rs", module.name), page.render()?);
        entries.push(Entry { name: &module.name, feature: module.feature.as_deref() });
    }
    files.add(format!("{NATIVE}/mod.rs"), NativeIndexTemplate { entries }.render()?);
    let (families, kinds) = errors::all(api);
    files.add(format!("{NATIVE}/error.rs"), NativeErrorTemplate { families, kinds }.render()?);
    Ok(())
}

struct Entry<'a> {
    name: &'a str,
    feature: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "python/native.jinja", escape = "none")]
struct NativeTemplate<'a> {
    module: &'a str,
    imports: String,
    has_wide: bool,
    model: native::NativeModel,
}

#[derive(Template)]
#[template(path = "python/native_index.jinja", escape = "none")]
struct NativeIndexTemplate<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Template)]
#[template(path = "python/native_error.jinja", escape = "none")]
struct NativeErrorTemplate {
    families: Vec<errors::FamilyModel>,
    kinds: Vec<errors::KindModel>,
}
