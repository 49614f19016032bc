//! Codecs in TypeScript and Python, whose lines differ only in their punctuation.

mod fit;
mod read;
mod write;

use super::model::{self, Layout, Member, What};
use crate::case::{camel, pascal, screaming};
use crate::files::FileSet;
use crate::ir::{Api, At, Int, Length, Type, WireForm};
use crate::targets::ts::layout::{call, concat, print, text};
use crate::targets::{Target, python, ts};
use anyhow::Result;
use askama::Template;
use std::collections::BTreeMap;

/// One of the two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// TypeScript.
    Ts,
    /// Python.
    Python,
}

impl Target for Script {
    fn name(&self) -> &'static str {
        match self {
            Self::Ts => "wire/ts",
            Self::Python => "wire/python",
        }
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        let dir = match self {
            Self::Ts => "sdks/typescript/core/src/gen/wire",
            Self::Python => "sdks/python/core/net/gen/wire",
        };
        for module in &api.modules {
            let layouts = model::layouts(api, module);
            if layouts.is_empty() {
                continue;
            }
            let codecs: Vec<_> = layouts.iter().map(|layout| self.codec(api, layout)).collect();
            let tables = self.tables(api, &layouts);
            let imports = self.imports(&codecs);
            let module = &module.name;
            let text = match self {
                Self::Ts => TsTemplate { module, imports, tables, layouts: codecs }.render()?,
                Self::Python => {
                    let any_sized = codecs.iter().any(|codec| codec.size.is_some());
                    PythonTemplate { module, any_sized, imports, tables, layouts: codecs }.render()?
                }
            };
            let extension = if *self == Self::Ts { "ts" } else { "py" };
            files.add(format!("{dir}/{module}.{extension}"), text.trim_end().to_owned() + "\n");
        }
        let shipped = shipped(api);
        match self {
            Self::Ts => {
                files.add(
                    format!("{dir}/index.ts"),
                    TsIndex { shipped }.render()?.trim_end().to_owned() + "\n",
                );
                files.add(format!("{dir}/reader.ts"), TsReader.render()? + "\n");
                files.add(format!("{dir}/writer.ts"), TsWriter.render()? + "\n");
            }
            Self::Python => {
                let index = PythonIndex { shipped }.render()?.trim_end().to_owned() + "\n";
                files.add(format!("{dir}/__init__.py"), index);
                files.add(format!("{dir}/_reader.py"), PythonReader.render()? + "\n");
                files.add(format!("{dir}/_writer.py"), PythonWriter.render()? + "\n");
            }
        }
        Ok(files)
    }
}

/// The layouts that users import, by module.
fn shipped(api: &Api) -> Vec<Shipped> {
    let modules = api.modules.iter().filter(|module| module.feature.as_deref() != Some("conformance"));
    let shipped = modules.map(|module| {
        let mut names: Vec<_> =
            model::layouts(api, module).iter().map(|layout| pascal(layout.name)).collect();
        names.sort();
        Shipped { module: module.name.clone(), names }
    });
    shipped.filter(|module| !module.names.is_empty()).collect()
}

struct Shipped {
    module: String,
    names: Vec<String>,
}

/// Tags of an enum or bits of flags, by text.
struct Table {
    name: String,
    doc: String,
    entries: Vec<(String, u64)>,
}

struct Codec {
    name: String,
    doc: Vec<String>,
    members: Vec<MemberModel>,
    size: Option<u32>,
    is_text: bool,
    ends: bool,
    proves: bool,
    write: Vec<String>,
    read: Vec<String>,
    choice: Option<ChoiceModel>,
    family: u16,
    kind: u16,
    /// Start of the error's message.
    message: String,
}

/// One of several layouts.
struct ChoiceModel {
    name: String,
    /// What it is called in documentation: its layout and its member.
    of: String,
    /// Table of the numbers.
    table: String,
    /// Heads of the functions of TypeScript that write and read it.
    writes: String,
    reads: String,
    /// Layouts in the spelling of the spec, their numbers, and what they are called.
    arms: Vec<(String, u64, String)>,
}

struct MemberModel {
    name: String,
    /// How a decoder gives it its value.
    init: String,
    ty: String,
    doc: String,
}

/// Whether a line calls a function.
fn calls(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}("))
        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

impl Script {
    fn codec(self, api: &Api, layout: &Layout<'_>) -> Codec {
        let cx = Context { api, script: self, end: if layout.big { "be" } else { "le" } };
        let uses_version = layout.steps.iter().any(|step| step.since.is_some());
        let family = api.family(layout.error.family);
        let kind = family.kinds.iter().find(|kind| kind.name == layout.error.kind);
        let text = kind.map_or("", |kind| kind.text.as_str());
        Codec {
            name: pascal(layout.name),
            doc: layout.doc.clone(),
            members: layout.members.iter().map(|member| cx.member(member)).collect(),
            size: layout.size,
            is_text: layout.is_text,
            ends: layout.ends,
            proves: layout.is_text && layout.members.iter().any(|m| *api.base(&m.ty) == Type::String),
            write: layout.steps.iter().flat_map(|step| self.fit(cx.write_step(step))).collect(),
            read: layout.steps.iter().flat_map(|step| self.fit(cx.read_step(step, uses_version))).collect(),
            choice: layout.choice.as_ref().map(|choice| self.choice(layout, choice)),
            family: family.id,
            kind: kind.map_or(0, |kind| kind.code),
            message: format!("{}{text}", family.prefix),
        }
    }

    fn choice(self, layout: &Layout<'_>, choice: &model::Choice<'_>) -> ChoiceModel {
        let arm = |(number, name): &(u64, &str)| ((*name).to_owned(), *number, pascal(name));
        let name = pascal(&choice.ty);
        let head = |does: &str, params: [String; 2], gives: &str| {
            let called = call(&format!("function {does}{name}"), params.map(text).to_vec());
            print(&concat([called, text(format!(": {gives} {{"))]), 0)
        };
        ChoiceModel {
            writes: head("write", ["w: k.Writer".into(), format!("part: {name}")], "void"),
            reads: head("read", ["r: Reader".into(), format!("layout: {name}['layout']")], &name),
            of: format!("`{}` of `{}`", choice.name, pascal(layout.name)),
            table: self.choice_table(choice),
            arms: choice.arms.iter().map(arm).collect(),
            name,
        }
    }

    fn choice_table(self, choice: &model::Choice<'_>) -> String {
        match self {
            Self::Ts => camel(&format!("{}_tags", choice.ty)),
            Self::Python => format!("_{}", screaming(&choice.ty)),
        }
    }

    /// Tables of every enum and every flags type that the layouts name.
    fn tables(self, api: &Api, layouts: &[Layout<'_>]) -> Vec<Table> {
        let mut tables = BTreeMap::new();
        let steps = layouts.iter().flat_map(|layout| &layout.steps);
        for step in steps {
            let (What::Value { ty, .. } | What::Counted { of: ty, .. }) = step.what else { continue };
            let (name, entries): (_, Vec<_>) = match api.base(ty) {
                Type::Enum(at) => {
                    let item = api.enumeration(*at);
                    (&item.name.spec, item.values.iter().map(|v| (self.key(&v.text), v.tag)).collect())
                }
                Type::Flags(at) => {
                    let item = api.flags(*at);
                    (&item.name.spec, item.bits.iter().map(|b| (self.key(&b.text), b.bit.into())).collect())
                }
                _ => continue,
            };
            let what = if matches!(api.base(ty), Type::Enum(_)) { "Tags" } else { "Bits" };
            let doc = format!("{what} of `{name}`.");
            tables.insert(name.clone(), Table { name: self.table(api, ty), doc, entries });
        }
        tables.into_values().collect()
    }

    /// What the lines call.
    fn imports(self, codecs: &[Codec]) -> Vec<&'static str> {
        let known: &[&str] = match self {
            Self::Ts => &["bit", "bits", "flagsOf", "oneOf", "openTextOf", "Reader", "textOf"],
            Self::Python => &["Reader", "bit", "bits", "flags_of", "one_of", "open_text_of", "text_of"],
        };
        let used = |name: &str| codecs.iter().any(|c| c.read.iter().any(|line| calls(line, name)));
        known.iter().copied().filter(|name| *name == "Reader" || used(name)).collect()
    }

    fn key(self, text: &str) -> String {
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !text.starts_with(|c: char| c.is_ascii_digit());
        match self {
            Self::Ts if plain => text.to_owned(),
            _ => self.text(text),
        }
    }

    fn text(self, text: &str) -> String {
        let quoted = format!("{text:?}");
        match self {
            Self::Ts if !quoted.contains('\'') && !quoted.contains("\\\"") => quoted.replace('"', "'"),
            _ => quoted,
        }
    }

    fn table(self, api: &Api, ty: &Type) -> String {
        let name = match api.base(ty) {
            Type::Enum(at) => format!("{}_tags", api.enumeration(*at).name.spec),
            Type::Flags(at) => format!("{}_bits", api.flags(*at).name.spec),
            _ => String::new(),
        };
        if self == Self::Ts { camel(&name) } else { screaming(&name) }
    }

    /// A function of the reader's or writer's file.
    fn function(self, name: &str) -> String {
        if self == Self::Ts { camel(name) } else { name.to_owned() }
    }

    /// The function that reads or writes a layout.
    fn part(self, verb: &str, api: &Api, at: At) -> String {
        let name = pascal(&api.wire(at).name);
        if self == Self::Ts { format!("{verb}{name}") } else { format!("_{verb}_{name}") }
    }

    fn semicolon(self) -> &'static str {
        if self == Self::Ts { ";" } else { "" }
    }
}

struct Context<'a> {
    api: &'a Api,
    script: Script,
    end: &'static str,
}

impl Context<'_> {
    fn member(&self, member: &Member) -> MemberModel {
        let name = self.public(&member.name, &member.ty);
        let variable = self.variable(&member.name, &member.ty);
        let init = match self.script {
            Script::Ts if name == variable => variable,
            Script::Ts => format!("{name}: {variable}"),
            Script::Python => format!("{name}={variable}"),
        };
        MemberModel { name, init, ty: self.ty(&member.ty), doc: member.doc.join(" ") }
    }

    /// The name of a member.
    fn public(&self, name: &str, ty: &Type) -> String {
        let name = self.api.unit_name(name, ty);
        match self.script {
            Script::Ts => camel(&name),
            Script::Python => python::names::value(&name),
        }
    }

    /// A variable that holds a member.
    fn variable(&self, name: &str, ty: &Type) -> String {
        const TAKEN: [&str; 7] = ["bit", "bits", "k", "r", "value", "version", "w"];
        let (reserved, functions): (fn(&str) -> bool, [&str; 4]) = match self.script {
            Script::Ts => (ts::names::is_reserved, ["flagsOf", "oneOf", "openTextOf", "textOf"]),
            Script::Python => (|_| false, ["flags_of", "one_of", "open_text_of", "text_of"]),
        };
        let public = self.public(name, ty);
        if reserved(&public) {
            public + "_"
        } else {
            model::local(public, &[TAKEN.as_slice(), &functions].concat())
        }
    }

    fn ty(&self, ty: &Type) -> String {
        let is_ts = self.script == Script::Ts;
        let pick = |ts: &str, python: &str| if is_ts { ts.to_owned() } else { python.to_owned() };
        match self.api.base(ty) {
            Type::Bool => pick("boolean", "bool"),
            Type::Int(Int::U64 | Int::I64)
            | Type::Duration(_)
            | Type::Instant(_)
            | Type::Date
            | Type::Size => pick("bigint", "int"),
            Type::Int(_) => pick("number", "int"),
            Type::F64 => pick("number", "float"),
            Type::String => pick("string", "str"),
            Type::Enum(at) if self.api.enumeration(*at).numeric => pick("number", "int"),
            Type::Enum(at) if is_ts => {
                let open = if self.api.enumeration(*at).open { " | `unknown:${number}`" } else { "" };
                format!("keyof typeof {}{open}", self.script.table(self.api, ty))
            }
            Type::Enum(_) => "str".into(),
            Type::Flags(_) if is_ts => {
                format!("readonly (keyof typeof {})[]", self.script.table(self.api, ty))
            }
            Type::Flags(_) => "list[str]".into(),
            Type::Choice(at, field) if !is_ts => {
                let WireForm::Switch { arms, .. } = &self.api.wire(*at).fields[*field].form else {
                    return String::new();
                };
                let names: Vec<_> = arms.iter().map(|(_, at)| pascal(&self.api.wire(*at).name)).collect();
                names.join(" | ")
            }
            Type::Layout(_) | Type::Choice(..) => pascal(&self.api.part_name(ty)),
            Type::List(of) if is_ts => {
                let item = self.ty(of);
                let item = if item.contains(' ') { format!("({item})") } else { item };
                format!("readonly {item}[]")
            }
            Type::List(of) => format!("list[{}]", self.ty(of)),
            Type::Optional(inner) => format!("{} | {}", self.ty(inner), pick("null", "None")),
            _ => pick("Uint8Array", "bytes"),
        }
    }

    /// A call as a statement.
    fn call(&self, call: &str) -> String {
        match call.strip_suffix("])").and_then(|call| call.split_once("([")) {
            Some((name, numbers)) if call.len() > 97 => filled(name, numbers),
            _ => format!("{call}{}", self.script.semicolon()),
        }
    }

    /// An assignment to a new variable.
    fn assign(&self, name: &str, value: &str) -> String {
        match self.script {
            Script::Ts => format!("const {name} = {value};"),
            Script::Python => format!("{name} = {value}"),
        }
    }

    fn quoted(&self, name: &str) -> String {
        self.script.text(name)
    }

    fn bytes(&self, magic: &[u8]) -> String {
        let bytes: Vec<_> = magic.iter().map(|byte| format!("{byte:#04x}")).collect();
        match self.script {
            Script::Ts => format!("[{}]", bytes.join(", ")),
            Script::Python => {
                let bytes: String = magic.iter().map(|byte| format!("\\x{byte:02x}")).collect();
                format!("b\"{bytes}\"")
            }
        }
    }

    /// Lines under a condition.
    fn under(&self, condition: &str, lines: Vec<String>) -> Vec<String> {
        let (head, indent, tail) = match self.script {
            Script::Ts => (format!("if ({condition}) {{"), "  ", Some("}".to_owned())),
            Script::Python => (format!("if {condition}:"), "    ", None),
        };
        let inner = lines.into_iter().map(|line| format!("{indent}{line}"));
        std::iter::once(head).chain(inner).chain(tail).collect()
    }

    fn there(&self, place: &str) -> String {
        match self.script {
            Script::Ts => format!("{place} !== null"),
            Script::Python => format!("{place} is not None"),
        }
    }

    /// The variable with the place where what a checksum covers begins.
    fn mark(&self, sum: &str) -> String {
        self.script.function(&format!("{sum}_start"))
    }

    /// The form of a length, as the reader and the writer know it.
    fn form(&self, len: Length) -> String {
        self.quoted(&match len {
            Length::Rest => "rest".to_owned(),
            Length::Varint => "varint".to_owned(),
            Length::Int(int) => self.method(int),
        })
    }

    fn most(&self, max: Option<u64>) -> String {
        match (max, self.script) {
            (Some(max), _) => self.number(max.into(), Int::U32),
            (None, Script::Ts) => "Infinity".into(),
            (None, Script::Python) => "k.NO_LIMIT".into(),
        }
    }

    fn number(&self, number: i128, int: Int) -> String {
        let big = if self.script == Script::Ts && int.bits() == 64 { "n" } else { "" };
        format!("{number}{big}")
    }

    fn method(&self, int: Int) -> String {
        match int {
            Int::U8 | Int::I8 => int.key().to_owned(),
            _ => format!("{}{}", int.key(), self.end),
        }
    }
}

#[derive(Template)]
#[template(path = "wire/ts.jinja", escape = "none")]
struct TsTemplate<'a> {
    module: &'a str,
    imports: Vec<&'static str>,
    tables: Vec<Table>,
    layouts: Vec<Codec>,
}

#[derive(Template)]
#[template(path = "wire/python.jinja", escape = "none")]
struct PythonTemplate<'a> {
    module: &'a str,
    any_sized: bool,
    imports: Vec<&'static str>,
    tables: Vec<Table>,
    layouts: Vec<Codec>,
}

#[derive(Template)]
#[template(path = "wire/ts_index.jinja", escape = "none")]
struct TsIndex {
    shipped: Vec<Shipped>,
}

#[derive(Template)]
#[template(path = "wire/python_index.jinja", escape = "none")]
struct PythonIndex {
    shipped: Vec<Shipped>,
}

#[derive(Template)]
#[template(path = "wire/ts_reader.jinja", escape = "none")]
struct TsReader;

#[derive(Template)]
#[template(path = "wire/ts_writer.jinja", escape = "none")]
struct TsWriter;

#[derive(Template)]
#[template(path = "wire/python_reader.jinja", escape = "none")]
struct PythonReader;

#[derive(Template)]
#[template(path = "wire/python_writer.jinja", escape = "none")]
struct PythonWriter;

/// A call with a list of numbers that is too long for one line, as Prettier leaves it in the body of a function.
fn filled(name: &str, numbers: &str) -> String {
    let mut lines = vec![format!("{name}([")];
    for number in numbers.split(", ") {
        match lines.last_mut().filter(|line| line.starts_with(' ') && line.len() + number.len() < 99) {
            Some(line) => line.extend([" ", number, ","]),
            None => lines.push(format!("    {number},")),
        }
    }
    lines.push("  ]);".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_their_lines() {
        let numbers = |count: usize| vec!["0xff"; count].join(", ");
        let row = |count: usize| format!("    {},", numbers(count));
        assert_eq!(filled("w.put", &numbers(16)), ["w.put([", &row(16), "  ]);"].join("\n"));
        assert_eq!(filled("w.put", &numbers(17)), ["w.put([", &row(16), &row(1), "  ]);"].join("\n"));
    }
}
