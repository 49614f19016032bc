//! The typed layer of C: structs and codecs for packs, constants, errors, host objects and wrappers, in headers only.

mod collections;
mod errors;
mod fields;
pub(crate) mod functions;
mod hosts;
mod items;
pub(crate) mod layout;
mod model;
pub(crate) mod names;
pub(crate) mod order;
pub(crate) mod types;
mod values;
mod waits;

use super::Target;
use crate::files::FileSet;
use crate::ir::Api;
use anyhow::Result;
use askama::Template;
use errors::ErrorsModel;
use functions::FunctionModel;
use hosts::HostModel;
use model::ModuleModel;

const DIR: &str = "sdks/c/include";

/// Typed layer of C.
#[derive(Debug)]
pub struct CPack;

impl Target for CPack {
    fn name(&self) -> &'static str {
        "cpack"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        for (position, module) in api.modules.iter().enumerate() {
            let template = ModuleTemplate {
                model: model::module(api, position, module)?,
                hosts: module.hosts.iter().map(|item| hosts::host(api, item)).collect::<Result<_>>()?,
                functions: functions::module(api, module)?,
            };
            files.add(format!("{DIR}/{}", names::header(&module.name)), tidy(&template.render()?));
        }
        let errors = ErrorsTemplate { model: errors::all(api) };
        files.add(format!("{DIR}/{}", names::header("error")), tidy(&errors.render()?));
        Ok(files)
    }
}

/// The text without blank lines that follow each other, which lists that may be empty leave.
pub(crate) fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut was_blank = false;
    for line in text.lines() {
        let is_blank = line.trim().is_empty();
        if !(is_blank && was_blank) {
            out += line.trim_end();
            out.push('\n');
        }
        was_blank = is_blank;
    }
    out
}

#[derive(Template)]
#[template(path = "cpack/module.jinja", escape = "none")]
struct ModuleTemplate {
    model: ModuleModel,
    hosts: Vec<HostModel>,
    functions: Vec<FunctionModel>,
}

#[derive(Template)]
#[template(path = "cpack/error.jinja", escape = "none")]
struct ErrorsTemplate {
    model: ErrorsModel,
}
