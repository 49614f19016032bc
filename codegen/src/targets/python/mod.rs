//! Python: the extension module, and the packages on it.

pub(crate) mod calls;
mod classes;
mod enums;
mod errors;
mod fit;
mod functions;
mod holders;
mod hosts;
pub(crate) mod names;
pub(crate) mod native;
mod package;
pub(crate) mod parameters;
mod raised;
mod stubs;
mod testee;
pub(crate) mod types;

use super::Target;
use crate::files::FileSet;
use crate::ir::{Api, Module};
use anyhow::Result;
use askama::Template;
use types::Mode;

const PACKAGE: &str = "sdks/python/core/net";
const TESTEE: &str = "conformance/testees/python/gen/dispatch.py";
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
        for module in &api.modules {
            render_module(api, module, &mut files)?;
        }
        for (mode, dir) in [(Mode::Blocking, "gen"), (Mode::Aio, "gen/aio")] {
            let text = PackageTemplate {
                imports: package::index(api, mode),
                hash: &api.hash,
                checks: mode == Mode::Blocking,
            };
            files.add(format!("{PACKAGE}/{dir}/__init__.py"), fit::page(&text.render()?));
        }
        files.add(
            format!("{PACKAGE}/_net.pyi"),
            fit::page(&StubsTemplate { model: stubs::all(api) }.render()?),
        );
        files.add(TESTEE, fit::page(&testee::testee(api).render()?));
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

/// The page of a module, and its awaitable twin, which exports the same names.
fn render_module(api: &Api, module: &Module, files: &mut FileSet) -> Result<()> {
    let blocking = package::page(api, module, Mode::Blocking);
    let exports: Vec<_> = blocking.exports.iter().map(|name| format!("\"{name}\"")).collect();
    let exports = fit::list(0, "__all__ = [", &exports, "]");
    let awaitable = package::page(api, module, Mode::Aio);
    for (mode, dir, model) in [(Mode::Blocking, "gen", blocking), (Mode::Aio, "gen/aio", awaitable)] {
        let (imports, exports) = (String::new(), exports.clone());
        let mut page = PageTemplate { module: &module.name, imports, exports, model };
        let text = page.render()?;
        page.imports = package::imports(api, module, mode, &text, &page.model.exports);
        files.add(format!("{PACKAGE}/{dir}/{}.py", module.name), fit::page(&page.render()?));
    }
    Ok(())
}

#[derive(Template)]
#[template(path = "python/page.jinja", escape = "none")]
struct PageTemplate<'a> {
    module: &'a str,
    imports: String,
    exports: String,
    model: package::PageModel,
}

#[derive(Template)]
#[template(path = "python/package.jinja", escape = "none")]
struct PackageTemplate<'a> {
    imports: String,
    hash: &'a str,
    checks: bool,
}

#[derive(Template)]
#[template(path = "python/stubs.jinja", escape = "none")]
struct StubsTemplate {
    model: stubs::StubsModel,
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
