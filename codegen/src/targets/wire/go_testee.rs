//! What the Go testee answers to requests about layouts.

use super::model::{self, Layout, Member};
use crate::files::FileSet;
use crate::ir::{Api, Enum, Int, Type};
use crate::targets::Target;
use crate::targets::go::{names, types};
use anyhow::Result;
use askama::Template;

const PATH: &str = "conformance/testees/go/wire_gen.go";

/// The layouts for the Go testee.
#[derive(Debug)]
pub struct WireGoTestee;

impl Target for WireGoTestee {
    fn name(&self) -> &'static str {
        "wire/go_testee"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let layouts: Vec<_> = api.modules.iter().flat_map(|module| model::layouts(api, module)).collect();
        let template = FileTemplate {
            layouts: layouts.iter().map(|layout| entry(api, layout)).collect(),
            choices: layouts.iter().filter_map(|layout| layout.choice.as_ref()).map(choice).collect(),
            tables: tables(api),
        };
        let mut files = FileSet::default();
        files.add(PATH, template.render()?.trim_end().to_owned() + "\n");
        Ok(files)
    }
}

struct Entry {
    spec: String,
    name: String,
    /// Argument of the decoder, and how the encoding is shown.
    read: String,
    show: &'static str,
    /// Kind of the requests.
    kind: &'static str,
    members: Vec<MemberModel>,
}

struct ChoiceEntry {
    name: String,
    /// Layouts in the spelling of the spec, and in Go's.
    arms: Vec<(String, String)>,
}

fn choice(choice: &model::Choice<'_>) -> ChoiceEntry {
    ChoiceEntry {
        name: names::public(&choice.ty),
        arms: choice.arms.iter().map(|(_, layout)| ((*layout).to_owned(), names::public(layout))).collect(),
    }
}

struct MemberModel {
    key: String,
    name: String,
    read: String,
    show: String,
}

struct Table {
    name: String,
    ty: String,
    entries: String,
}

fn entry(api: &Api, layout: &Layout<'_>) -> Entry {
    let text = layout.is_text;
    Entry {
        spec: layout.name.to_owned(),
        name: names::public(layout.name),
        read: if text { "readText[string](c.arg(\"text\"))" } else { "readBytes[[]byte](c.arg(\"bytes\"))" }
            .into(),
        show: if text { "showPlain[string]" } else { "showBytes[[]byte]" },
        kind: if text { "text" } else { "wire" },
        members: layout.members.iter().map(|member| member_model(api, member)).collect(),
    }
}

fn member_model(api: &Api, member: &Member) -> MemberModel {
    let (read, show) = codec(api, &member.ty);
    let name = names::public(&api.unit_name(&member.name, &member.ty));
    MemberModel { key: member.name.clone(), name, read, show }
}

/// The functions that read and show a value.
fn codec(api: &Api, ty: &Type) -> (String, String) {
    let both = |read: &str, show: &str, name: &str| (format!("{read}[{name}]"), format!("{show}[{name}]"));
    match ty {
        Type::Optional(inner) if !matches!(**inner, Type::Bytes | Type::List(_)) => {
            let (read, show) = codec(api, inner);
            (format!("readOptional({read})"), format!("showOptional({show})"))
        }
        Type::Optional(inner) => {
            let (read, show) = codec(api, inner);
            (read, format!("showNilable({show})"))
        }
        Type::List(of) => {
            let (read, show) = codec(api, of);
            (format!("readList({read})"), format!("showList({show})"))
        }
        Type::Duration(_) => both("readUint", "showPlain", "uint64"),
        Type::Instant(_) => both("readUint", "showDecimal", "uint64"),
        Type::Date => both("readInt", "showDecimal", "int64"),
        _ => {
            let name = types::go(api, ty, &[]);
            match api.base(ty) {
                Type::Layout(_) | Type::Choice(..) => (format!("readForm{name}"), format!("showForm{name}")),
                Type::Bool => ("readBool".into(), "showPlain[bool]".into()),
                Type::F64 => ("readFloat".into(), "showFloat".into()),
                Type::Bytes => both("readBytes", "showBytes", &name),
                Type::FixedBytes(_) => both("readArray", "showArray", &name),
                Type::Int(Int::U64) | Type::Size => both("readUint", "showDecimal", &name),
                Type::Int(Int::I64) => both("readInt", "showDecimal", &name),
                Type::Int(_) => both("readInt", "showPlain", &name),
                Type::Enum(at) if api.enumeration(*at).numeric => {
                    let table = table(api, ty);
                    (format!("readNamed({table})"), format!("showNamed({table})"))
                }
                Type::Flags(_) => (format!("read{name}"), format!("showFlags[{name}]")),
                _ => both("readText", "showPlain", &name),
            }
        }
    }
}

/// The tables of enums that hosts see as numbers, and fixtures as texts.
fn tables(api: &Api) -> Vec<Table> {
    let enums = api.modules.iter().flat_map(|module| &module.enums).filter(|item| item.numeric);
    let tables = enums.map(|item| {
        let entries: Vec<_> =
            item.values.iter().map(|v| format!("{}: {}", names::text(&v.text), v.tag)).collect();
        Table { name: table_of(item), ty: names::item(&item.name), entries: entries.join(", ") }
    });
    tables.collect()
}

fn table_of(item: &Enum) -> String {
    format!("{}Tags", names::private(&item.name.spec))
}

fn table(api: &Api, ty: &Type) -> String {
    match api.base(ty) {
        Type::Enum(at) => table_of(api.enumeration(*at)),
        _ => String::new(),
    }
}

#[derive(Template)]
#[template(path = "wire/go_testee.jinja", escape = "none")]
struct FileTemplate {
    layouts: Vec<Entry>,
    choices: Vec<ChoiceEntry>,
    tables: Vec<Table>,
}
