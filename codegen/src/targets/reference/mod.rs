//! The reference: one page of Markdown a module, with what every language calls each item.

mod environment;
mod errors;
mod functions;
pub(crate) mod lang;
mod layouts;
mod model;
mod table;
mod types;

use super::Target;
use crate::files::FileSet;
use crate::ir::Api;
use anyhow::Result;
use askama::Template;
use model::{IndexModel, PageModel};

const DIR: &str = "spec/reference";

/// The reference pages.
#[derive(Debug)]
pub struct Reference;

impl Target for Reference {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        for position in 0..api.modules.len() {
            let page = model::page(api, position);
            files.add(format!("{DIR}/{}.md", page.name), text(&PageTemplate { page: &page })?);
        }
        files.add(format!("{DIR}/README.md"), text(&IndexTemplate { index: model::index(api) })?);
        let table = environment::table_of(api);
        if !table.is_empty() {
            files.add(format!("{DIR}/environment.md"), text(&EnvironmentTemplate { table })?);
        }
        Ok(files)
    }
}

/// A page without blanks at its end.
fn text(template: &impl Template) -> Result<String> {
    Ok(template.render()?.trim_end().to_owned() + "\n")
}

#[derive(Template)]
#[template(path = "reference/page.jinja", escape = "none")]
struct PageTemplate<'a> {
    page: &'a PageModel,
}

#[derive(Template)]
#[template(path = "reference/index.jinja", escape = "none")]
struct IndexTemplate {
    index: IndexModel,
}

#[derive(Template)]
#[template(path = "reference/environment.jinja", escape = "none")]
struct EnvironmentTemplate {
    table: String,
}
