//! Fuzz targets: one for each decoder that the interface has.

use super::Target;
use super::rust::names;
use super::wire::model::{self, Layout};
use crate::files::FileSet;
use crate::ir::{Api, Module};
use anyhow::Result;
use askama::Template;

const PATH: &str = "net-core/fuzz/src/decoders.rs";

/// Fuzz targets.
#[derive(Debug)]
pub struct Fuzz;

impl Target for Fuzz {
    fn name(&self) -> &'static str {
        "fuzz"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut template = FileTemplate { layouts: Vec::new(), packs: Vec::new() };
        for module in &api.modules {
            let layouts = model::layouts(api, module);
            template.layouts.extend(layouts.iter().map(|layout| decoder(module, layout)));
            // What holds objects crosses with their handles, and bytes make none.
            let records = module.records.iter().filter(|item| !api.holds(item)).map(|item| &item.name.spec);
            let unions = module.unions.iter().map(|item| &item.name.spec);
            template.packs.extend(records.chain(unions).map(|name| Pack {
                name: format!("pack/{}.{name}", module.name),
                path: format!("net_types::{}::{}", module.name, names::ty(name)),
            }));
        }
        let mut files = FileSet::default();
        files.add(PATH, template.render()?);
        Ok(files)
    }
}

struct Decoder {
    name: String,
    path: String,
    is_text: bool,
    /// Whether every value has one form: older versions have others.
    has_one_form: bool,
}

struct Pack {
    name: String,
    path: String,
}

fn decoder(module: &Module, layout: &Layout<'_>) -> Decoder {
    Decoder {
        name: format!("wire/{}", layout.name),
        path: format!("net_types::wire::{}::{}", module.name, names::ty(layout.name)),
        is_text: layout.is_text,
        has_one_form: !layout.steps.iter().any(|step| step.since.is_some()),
    }
}

#[derive(Template)]
#[template(path = "fuzz.jinja", escape = "none")]
struct FileTemplate {
    layouts: Vec<Decoder>,
    packs: Vec<Pack>,
}
