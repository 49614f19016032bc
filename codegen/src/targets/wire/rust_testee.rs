//! What the Rust testee answers to requests about layouts: fixtures' values to those of `net_types` and back.

use super::model::{self, Layout, Member};
use crate::files::FileSet;
use crate::ir::{Api, Module, Type};
use crate::targets::Target;
use crate::targets::rust::{names, types};
use anyhow::Result;
use askama::Template;

const PATH: &str = "conformance/testees/rust/src/gen/wire.rs";

/// The layouts for the Rust testee.
#[derive(Debug)]
pub struct WireRustTestee;

impl Target for WireRustTestee {
    fn name(&self) -> &'static str {
        "wire/rust_testee"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut template = FileTemplate::default();
        for module in &api.modules {
            let layouts = model::layouts(api, module);
            if layouts.is_empty() {
                continue;
            }
            let with_choice = layouts.iter().filter_map(|layout| layout.choice.as_ref());
            template.choices.extend(with_choice.map(|choice| choice_entry(module, choice)));
            template.layouts.extend(layouts.iter().map(|layout| entry(api, module, layout)));
            template.parts.extend(layouts.iter().map(|layout| layout_path(module, layout)));
            let path = |name: &str| format!("net_types::{}::{}", module.name, names::ty(name));
            template.enums.extend(module.enums.iter().map(|item| path(&item.name.spec)));
            template.flags.extend(module.flags.iter().map(|item| path(&item.name.spec)));
            template.scalars.extend(module.scalars.iter().map(|item| path(&item.name.spec)));
        }
        template.items = [&template.enums[..], &template.flags, &template.scalars, &template.parts].concat();
        let mut files = FileSet::default();
        files.add(PATH, template.render()?);
        Ok(files)
    }
}

struct Entry {
    name: String,
    path: String,
    side: &'static str,
    members: Vec<MemberModel>,
}

struct ChoiceEntry {
    path: String,
    /// Layouts in the spelling of the spec, and their variants.
    arms: Vec<(String, String)>,
}

fn choice_entry(module: &Module, choice: &model::Choice<'_>) -> ChoiceEntry {
    ChoiceEntry {
        path: format!("net_types::wire::{}::{}", module.name, names::ty(&choice.ty)),
        arms: choice.arms.iter().map(|(_, layout)| ((*layout).to_owned(), names::ty(layout))).collect(),
    }
}

struct MemberModel {
    key: String,
    name: String,
    read: String,
    write: String,
}

fn layout_path(module: &Module, layout: &Layout<'_>) -> String {
    format!("net_types::wire::{}::{}", module.name, names::ty(layout.name))
}

fn entry(api: &Api, module: &Module, layout: &Layout<'_>) -> Entry {
    Entry {
        name: layout.name.to_owned(),
        path: layout_path(module, layout),
        side: if layout.is_text { "text" } else { "bytes" },
        members: layout.members.iter().map(|member| member_model(api, member)).collect(),
    }
}

fn member_model(api: &Api, member: &Member) -> MemberModel {
    let name = names::value(&member.name);
    let key = format!("{:?}", member.name);
    let (read, write) = match api.base(&member.ty) {
        Type::Duration(unit) => {
            let nanos = types::nanos(*unit);
            (format!("span(args, {key}, {nanos})?"), format!("span_value(self.{name}, {nanos})"))
        }
        _ => (format!("member(args, {key})?"), format!("self.{name}.write()")),
    };
    MemberModel { key, name, read, write }
}

#[derive(Template, Default)]
#[template(path = "wire/rust_testee.jinja", escape = "none")]
struct FileTemplate {
    layouts: Vec<Entry>,
    choices: Vec<ChoiceEntry>,
    enums: Vec<String>,
    flags: Vec<String>,
    scalars: Vec<String>,
    /// Layouts, which can be parts of others.
    parts: Vec<String>,
    /// Everything that a list may hold.
    items: Vec<String>,
}
