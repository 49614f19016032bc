//! Go: the SDK over the C ABI.

mod calls;
pub(crate) mod errors;
mod hosts;
pub(crate) mod model;
pub(crate) mod names;
pub(crate) mod objects;
pub(crate) mod spelling;
mod testee;
pub(crate) mod types;

use super::Target;
use crate::files::FileSet;
use crate::ir::Api;
use anyhow::Result;
use askama::Template;

const DIR: &str = "sdks/go";
const TESTEE: &str = "conformance/testees/go";

/// The Go SDK.
#[derive(Debug)]
pub struct Go;

impl Target for Go {
    fn name(&self) -> &'static str {
        "go"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        for (position, module) in api.modules.iter().enumerate() {
            let template = ModuleTemplate {
                module: &module.name,
                tag: module.feature.as_deref(),
                consts: model::constants(api, module),
                scalars: module.scalars.iter().map(|item| model::scalar(api, item)).collect(),
                enums: module.enums.iter().map(|item| model::refusing_enumeration(api, item)).collect(),
                flags: module.flags.iter().map(|item| model::refusing_flags(api, item)).collect(),
                unions: module.unions.iter().map(|item| model::union(api, item)).collect(),
                records: module.records.iter().map(|item| model::record(api, item)).collect(),
                families: module.families.iter().map(|item| errors::family(api, item)).collect(),
                hosts: module.hosts.iter().map(|item| hosts::host(api, item)).collect(),
                objects: module.objects.iter().map(|item| objects::object(api, item)).collect(),
                functions: objects::functions(api, module),
                spellings: spelling::spellings(api, position),
                natives: calls::natives(module),
            };
            let text = template.render()?;
            files.add(format!("{DIR}/{}_gen.go", module.name), with_imports(&text));
        }
        files.add(format!("{DIR}/spec_gen.go"), SpecTemplate { hash: &api.hash }.render()?);
        let dispatch = DispatchTemplate { model: testee::testee(api) };
        files.add(format!("{TESTEE}/dispatch_gen.go"), with_imports(&dispatch.render()?));
        files.add(format!("{TESTEE}/codec_gen.go"), CodecTemplate {}.render()?);
        Ok(files)
    }
}

/// Puts in the imports that the text uses, and leaves one blank line between items.
fn with_imports(text: &str) -> String {
    let known = ["cmp", "context", "fmt", "iter", "math", "runtime", "strconv", "strings", "time"];
    let used = |name: &&str| text.lines().any(|line| uses(line, name));
    let list: Vec<_> = known.iter().filter(|name| used(name)).map(|name| format!("\t\"{name}\"\n")).collect();
    let block = if list.is_empty() { String::new() } else { format!("\nimport (\n{})\n", list.concat()) };
    let text = text.replace("\n@imports\n", &block).replace("\n\n\n\n", "\n\n").replace("\n\n\n", "\n\n");
    format!("{}\n", text.trim_end())
}

/// Whether a line of code names a package.
fn uses(line: &str, package: &str) -> bool {
    let line = line.trim_start();
    let call = format!("{package}.");
    !line.starts_with("//")
        && line.match_indices(&call).any(|(at, _)| {
            !line[..at].ends_with(|char: char| char.is_alphanumeric() || char == '_' || char == '.')
        })
}

#[derive(Template)]
#[template(path = "go/module.jinja", escape = "none")]
struct ModuleTemplate<'a> {
    module: &'a str,
    tag: Option<&'a str>,
    consts: Vec<model::ConstModel>,
    scalars: Vec<model::ScalarModel>,
    enums: Vec<model::EnumModel>,
    flags: Vec<model::FlagsModel>,
    unions: Vec<model::UnionModel>,
    records: Vec<model::RecordModel>,
    families: Vec<errors::FamilyModel>,
    hosts: Vec<hosts::HostModel>,
    objects: Vec<objects::ObjectModel>,
    functions: Vec<objects::FunctionModel>,
    spellings: Vec<spelling::SpellingModel>,
    /// Functions of C: they keep no pointer of Go, and never call Go.
    natives: Vec<String>,
}

#[derive(Template)]
#[template(path = "go/spec.jinja", escape = "none")]
struct SpecTemplate<'a> {
    hash: &'a str,
}

#[derive(Template)]
#[template(path = "go/dispatch.jinja", escape = "none")]
struct DispatchTemplate {
    model: testee::TesteeModel,
}

#[derive(Template)]
#[template(path = "go/codec.jinja", escape = "none")]
struct CodecTemplate {}
