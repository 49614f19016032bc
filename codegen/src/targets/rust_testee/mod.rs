//! The Rust testee: requests to calls of the Rust SDK, and values of fixtures to those of Rust and back.

mod calls;
mod surface;
mod timed;
mod values;

use super::Target;
use super::rust::names;
use crate::files::FileSet;
use crate::ir::{Api, Lang};
use crate::targets::testee;
use anyhow::Result;
use askama::Template;
use values::{FamilyModel, ValuesModel};

const DIR: &str = "conformance/testees/rust/src/gen";

/// The Rust testee.
#[derive(Debug)]
pub struct RustTestee;

impl Target for RustTestee {
    fn name(&self) -> &'static str {
        "rust_testee"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        let (mut modules, mut surfaces) = (Vec::new(), Vec::new());
        for (position, module) in api.modules.iter().enumerate().filter(|(_, module)| !module.runtime) {
            let ops = testee::ops(api, position, Lang::Rust);
            let arms: Vec<_> = ops.iter().map(|op| calls::arm(api, op)).collect();
            let timed: Vec<_> = ops.iter().filter_map(|op| timed::arm(api, op)).collect();
            let mentions = |name| arms.iter().flat_map(|arm| &arm.lines).any(|line| line.contains(name));
            let template = ModuleTemplate {
                module: &module.name,
                has_args: mentions("args"),
                waits: mentions(".await"),
                request: if mentions("args") || mentions("request") { "request" } else { "_request" },
                timed_waits: timed.iter().flat_map(|arm| &arm.lines).any(|line| line.contains(".await")),
                arms,
                timed,
                hosts: module.hosts.iter().map(|host| calls::host(api, position, host)).collect(),
                values: values::model(api, module),
            };
            files.add(format!("{DIR}/{}.rs", module.name), template.render()?);
            surfaces.push(surface::module(api, position));
            modules.push(Entry {
                name: &module.name,
                waits: template.waits,
                timed: !template.timed.is_empty(),
                timed_waits: template.timed_waits,
            });
        }
        let families = api.families();
        let families = families.iter().map(|(at, family)| values::family(api, *at, family)).collect();
        files.add(format!("{DIR}/error.rs"), ErrorTemplate { families }.render()?);
        files.add(format!("{DIR}/surface.rs"), SurfaceTemplate { modules: surfaces }.render()?);
        files.add(format!("{DIR}/mod.rs"), IndexTemplate { modules }.render()?);
        Ok(files)
    }
}

/// The path of a type of a module.
fn path(api: &Api, module: usize, name: &str) -> String {
    format!("net_mesh::{}::{}", api.modules[module].name, names::ty(name))
}

#[derive(Template)]
#[template(path = "rust_testee/module.jinja", escape = "none")]
struct ModuleTemplate<'a> {
    module: &'a str,
    /// Whether an operation has arguments.
    has_args: bool,
    /// Whether an operation is async.
    waits: bool,
    /// Name of the request, which shows whether it is used.
    request: &'static str,
    arms: Vec<calls::Arm>,
    /// Whether an operation that is timed is async.
    timed_waits: bool,
    timed: Vec<calls::Arm>,
    hosts: Vec<calls::HostModel>,
    values: ValuesModel,
}

#[derive(Template)]
#[template(path = "rust_testee/error.jinja", escape = "none")]
struct ErrorTemplate {
    families: Vec<FamilyModel>,
}

#[derive(Template)]
#[template(path = "rust_testee/surface.jinja", escape = "none")]
struct SurfaceTemplate {
    modules: Vec<surface::SurfaceModel>,
}

#[derive(Template)]
#[template(path = "rust_testee/index.jinja", escape = "none")]
struct IndexTemplate<'a> {
    modules: Vec<Entry<'a>>,
}

struct Entry<'a> {
    name: &'a str,
    waits: bool,
    timed: bool,
    timed_waits: bool,
}
