//! Codecs in Rust, for `net-types`.

mod read;

use super::model::{self, ErrorKind, Layout, Member, Part, Step, What};
use crate::files::FileSet;
use crate::ir::{Api, Int, Length, Type, Unit};
use crate::targets::Target;
use crate::targets::rust::{names, types};
use anyhow::Result;
use askama::Template;

const DIR: &str = "net-core/crates/types/src/gen/wire";

/// Codecs in Rust.
#[derive(Debug)]
pub struct WireRust;

impl Target for WireRust {
    fn name(&self) -> &'static str {
        "wire/rust"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        let mut entries = Vec::new();
        for module in &api.modules {
            let layouts: Vec<_> =
                model::layouts(api, module).iter().map(|layout| codec(api, layout)).collect();
            if layouts.is_empty() {
                continue;
            }
            entries.push(Entry { name: &module.name, feature: module.feature.as_deref() });
            let text = ModuleTemplate { module: &module.name, layouts }.render()?;
            files.add(format!("{DIR}/{}.rs", module.name), text);
        }
        let doc = "Codecs of layouts, by module of the spec.";
        files.add(format!("{DIR}/mod.rs"), IndexTemplate { doc, entries }.render()?);
        Ok(files)
    }
}

struct Entry<'a> {
    name: &'a str,
    feature: Option<&'a str>,
}

struct Codec {
    name: String,
    doc: Vec<String>,
    members: Vec<MemberModel>,
    size: Option<u32>,
    is_text: bool,
    ends: bool,
    /// Conditions that hold if sizes and offsets agree.
    asserts: Vec<String>,
    write: Vec<String>,
    read: Vec<String>,
    choice: Option<ChoiceModel>,
    /// Expression of the error for a fault `fault`.
    error: String,
}

/// One of several layouts.
struct ChoiceModel {
    name: String,
    field: String,
    on: String,
    arms: Vec<(u64, String)>,
}

struct MemberModel {
    name: String,
    /// How a decoder gives it its value.
    init: String,
    ty: String,
    doc: Vec<String>,
}

/// Variables of the codecs, and functions that they call.
const TAKEN: [&str; 15] = [
    "at_most",
    "checksum",
    "complete",
    "decimal",
    "hex",
    "known",
    "known_bits",
    "narrow",
    "r",
    "same_sum",
    "sum",
    "together",
    "version",
    "w",
    "whole",
];

/// A variable that holds a field.
fn local(name: &str) -> String {
    model::local(names::value(name), &TAKEN)
}

fn codec(api: &Api, layout: &Layout<'_>) -> Codec {
    let end = if layout.big { "be" } else { "le" };
    let cx = Context { api, end, uses_version: layout.steps.iter().any(|step| step.since.is_some()) };
    Codec {
        name: names::ty(layout.name),
        doc: layout.doc.clone(),
        members: layout.members.iter().map(|member| member_model(api, member)).collect(),
        size: layout.size,
        is_text: layout.is_text,
        ends: layout.ends,
        asserts: asserts(api, layout),
        write: layout.steps.iter().flat_map(|step| cx.write_step(step)).collect(),
        read: layout.steps.iter().flat_map(|step| cx.read_step(step)).collect(),
        choice: layout.choice.as_ref().map(choice),
        error: error(api, &layout.error),
    }
}

fn choice(choice: &model::Choice<'_>) -> ChoiceModel {
    ChoiceModel {
        name: names::ty(&choice.ty),
        field: names::value(choice.name),
        on: choice.on.to_owned(),
        arms: choice.arms.iter().map(|(number, layout)| (*number, names::ty(layout))).collect(),
    }
}

fn member_model(api: &Api, member: &Member) -> MemberModel {
    let name = names::value(&member.name);
    let variable = local(&member.name);
    MemberModel {
        init: if name == variable { variable } else { format!("{name}: {variable}") },
        name,
        ty: types::owned(api, &member.ty),
        doc: member.doc.clone(),
    }
}

fn error(api: &Api, error: &ErrorKind<'_>) -> String {
    let module = &api.modules[error.family.module].name;
    let family = names::family(error.family_name);
    let kind = names::ty(error.kind);
    let detail = if error.has_detail { " { detail: fault.to_string() }" } else { "" };
    format!("crate::{module}::{family}::{kind}{detail}")
}

/// Each field ends where the next one begins, the last at the size.
fn asserts(api: &Api, layout: &Layout<'_>) -> Vec<String> {
    let Some(size) = layout.size else { return Vec::new() };
    let ends = layout.steps.iter().filter_map(|step| step.at).skip(1).chain([size]);
    let fields = layout.steps.iter().filter_map(|step| {
        let ty = match &step.what {
            What::Value { ty, .. } => match api.base(ty) {
                Type::F64 => "f64".to_owned(),
                Type::FixedBytes(width) => format!("[u8; {width}]"),
                Type::Enum(at) if api.enumeration(*at).open => api.enumeration(*at).repr.key().to_owned(),
                Type::Enum(_) | Type::Flags(_) => types::owned(api, ty),
                other => model::carrier(api, other)?.key().to_owned(),
            },
            What::Bits { int, .. } => int.key().to_owned(),
            _ => return None,
        };
        Some((step.at?, ty))
    });
    let line = |((at, ty), end)| match at {
        0 => format!("assert!(size_of::<{ty}>() == {end});"),
        _ => format!("assert!({at} + size_of::<{ty}>() == {end});"),
    };
    fields.zip(ends).map(line).collect()
}

struct Context<'a> {
    api: &'a Api,
    /// Suffix of the byte order.
    end: &'static str,
    /// Whether a field depends on the version.
    uses_version: bool,
}

impl Context<'_> {
    fn write_step(&self, step: &Step<'_>) -> Vec<String> {
        let place = step.at.map(|at| format!("w.at({at});"));
        let lines = match &step.what {
            What::Size(_) => Vec::new(),
            What::Magic(magic) => vec![format!("w.bytes(&{magic:?});")],
            What::Version(version) => vec![format!("w.u8({version});")],
            What::Tag { name, int, varint, choice } => {
                let tag = format!("self.{}.tag()", names::value(choice.name));
                vec![match (varint, int) {
                    (true, _) => format!("w.varint({name:?}, u64::from({tag}))?;"),
                    (false, Int::U32) => format!("w.{}({tag});", self.method(*int)),
                    (false, _) => format!("w.{}({tag} as {});", self.method(*int), int.key()),
                }]
            }
            What::Choice(choice) => vec![format!("self.{}.write(w)?;", names::value(choice.name))],
            What::Mark(name) => vec![format!("let {} = w.position();", mark(name))],
            What::Sum { name, int, hash } => {
                let sum = format!("checksum(Hash::{}, w.since({}))", names::ty(hash), mark(name));
                vec![match int {
                    Int::U64 => format!("w.{}({sum});", self.method(*int)),
                    _ => format!("w.{}({sum} as {});", self.method(*int), int.key()),
                }]
            }
            What::AtMost { max, written: true } => {
                vec![format!("w.length(\"size\", w.position(), {})?;", types::grouped((*max).into()))]
            }
            What::AtMost { .. } => Vec::new(),
            What::Trailing => vec!["w.bytes(&self.trailing);".into()],
            What::Literal(text) => vec![format!("w.text({text:?});")],
            What::Print { name, ty, padded, .. } => vec![self.print(name, ty, *padded)],
            What::Bits { name, int, parts } => self.write_bits(name, *int, parts),
            What::Value { name, .. } | What::Sized { name, .. } | What::Counted { name, .. } => {
                let field = names::value(name);
                match step.when {
                    None => self.write_form(&step.what, &format!("self.{field}"), false),
                    Some(_) => {
                        let variable = model::local(field.clone(), &["length", "w"]);
                        let mut lines = vec![format!("if let Some({variable}) = &self.{field} {{")];
                        lines.extend(self.write_form(&step.what, &variable, true));
                        lines.push("}".into());
                        lines
                    }
                }
            }
        };
        place.into_iter().chain(lines).collect()
    }

    /// Writes what `place` holds, which is a reference where `is_ref`.
    fn write_form(&self, what: &What<'_>, place: &str, is_ref: bool) -> Vec<String> {
        let borrowed = if is_ref { place.to_owned() } else { format!("&{place}") };
        match what {
            What::Value { name, ty, varint, max } => {
                vec![self.write_value(name, ty, place, is_ref, *varint, *max)]
            }
            What::Sized { name, is_text, len, max } => {
                let bytes = if *is_text { format!("{place}.as_bytes()") } else { borrowed };
                let mut lines = self.write_length(name, place, *len, *max);
                lines.push(format!("w.bytes({bytes});"));
                lines
            }
            What::Counted { name, of, count, max } => {
                let mut lines = self.write_length(name, place, *count, *max);
                lines.push(format!("for item in {borrowed} {{"));
                lines.push(self.write_value(name, of, "item", true, false, None));
                lines.push("}".into());
                lines
            }
            _ => Vec::new(),
        }
    }

    fn write_length(&self, name: &str, place: &str, len: Length, max: Option<u64>) -> Vec<String> {
        let most = |max: Option<u64>| max.map_or("u64::MAX".into(), |max| types::grouped(max.into()));
        let checked = |max| format!("w.length({name:?}, {place}.len(), {})?", most(max));
        match len {
            Length::Rest => max.map(|_| format!("{};", checked(max))).into_iter().collect(),
            Length::Varint => {
                vec![format!("let length = {};", checked(max)), format!("w.varint({name:?}, length)?;")]
            }
            Length::Int(int) => {
                let carried = u64::try_from(int.range().1).unwrap_or(u64::MAX);
                let max = Some(max.unwrap_or(carried).min(carried));
                vec![
                    format!("let length = {};", checked(max)),
                    format!("w.{}(length as {});", self.method(int), int.key()),
                ]
            }
        }
    }

    fn write_value(
        &self,
        name: &str,
        ty: &Type,
        place: &str,
        is_ref: bool,
        varint: bool,
        max: Option<u64>,
    ) -> String {
        let value = bare(self.api, ty, place);
        let base = self.api.base(ty);
        let is_ref = is_ref && value == place;
        let copied = if is_ref { format!("*{value}") } else { value.clone() };
        let number = match base {
            Type::Layout(_) if model::part_size(self.api, base).is_some() => {
                return format!("w.part(|w| {value}.write(w))?;");
            }
            Type::Layout(_) => return format!("{value}.write(w)?;"),
            Type::Bool => return format!("w.u8(u8::from({copied}));"),
            Type::F64 => return format!("w.f64_{}({copied});", self.end),
            Type::FixedBytes(_) if is_ref => return format!("w.bytes({value});"),
            Type::FixedBytes(_) => return format!("w.bytes(&{value});"),
            Type::Enum(_) => format!("{value}.tag()"),
            Type::Flags(at) if self.api.flags(*at).open => format!("{value}.bits()"),
            Type::Flags(_) => {
                let call = self.known_flags(base, &format!("{value}.bits()"));
                format!("known_bits({name:?}, {call})?.bits()")
            }
            Type::Duration(unit) => format!("whole({name:?}, {value}.{}())?", as_unit(*unit)),
            Type::Instant(_) | Type::Date => format!("{value}.0"),
            _ => copied,
        };
        let int = model::carrier(self.api, ty).unwrap_or(Int::U64);
        let number = match max {
            Some(max) => format!("at_most({name:?}, {number}, {})?", types::grouped(max.into())),
            None => number,
        };
        match (varint, int) {
            (true, Int::U64) => format!("w.varint({name:?}, {number})?;"),
            (true, _) => format!("w.varint({name:?}, u64::from({number}))?;"),
            _ => format!("w.{}({number});", self.method(int)),
        }
    }

    fn write_bits(&self, name: &str, int: Int, parts: &[Part<'_>]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut terms = Vec::new();
        for part in parts {
            let bits = match (&part.member, part.presence.as_slice()) {
                (Some(member), _) if part.width == 1 => {
                    format!("u64::from(self.{})", names::value(member))
                }
                (Some(member), _) => {
                    let most = (1u128 << part.width) - 1;
                    let most = types::grouped(i128::try_from(most).unwrap_or_default());
                    let value = format!("u64::from(self.{})", names::value(member));
                    format!("at_most({member:?}, {value}, {most})?")
                }
                (None, fields) => {
                    for other in &fields[1..] {
                        lines.push(format!(
                            "together({other:?}, self.{}.is_some(), self.{}.is_some())?;",
                            names::value(other),
                            names::value(fields[0])
                        ));
                    }
                    format!("u64::from(self.{}.is_some())", names::value(fields[0]))
                }
            };
            terms.push(if part.low == 0 { bits } else { format!("{bits} << {}", part.low) });
        }
        let field = local(name);
        lines.push(format!("let {field} = {};", terms.join(" | ")));
        lines.push(format!("w.{}({field} as {});", self.method(int), int.key()));
        lines
    }

    fn print(&self, name: &str, ty: &Type, padded: Option<usize>) -> String {
        let value = bare(self.api, ty, &format!("self.{}", names::value(name)));
        let number = match self.api.base(ty) {
            Type::String => return format!("w.text(&{value});"),
            Type::Duration(unit) => format!("whole({name:?}, {value}.{}())?", as_unit(*unit)),
            Type::Instant(_) | Type::Date => format!("{value}.0"),
            _ => value,
        };
        match padded {
            Some(width) => format!("w.text(&format!(\"{{:0{width}x}}\", {number}));"),
            None => format!("w.text(&{number}.to_string());"),
        }
    }

    fn known_flags(&self, ty: &Type, bits: &str) -> String {
        let not_empty = match self.api.base(ty) {
            Type::Flags(at) if !self.api.flags(*at).empty => ".filter(|flags| !flags.is_empty())",
            _ => "",
        };
        format!("{}::from_bits({bits}){not_empty}", types::owned(self.api, ty))
    }

    /// The method that reads or writes an integer.
    fn method(&self, int: Int) -> String {
        match int {
            Int::U8 | Int::I8 => int.key().to_owned(),
            _ => format!("{}_{}", int.key(), self.end),
        }
    }
}

/// Where what a checksum covers begins.
fn mark(sum: &str) -> String {
    format!("{sum}_start")
}

/// The base value of a named type.
fn bare(api: &Api, ty: &Type, value: &str) -> String {
    match ty {
        Type::Scalar(at) => bare(api, &api.scalar(*at).base, &format!("{value}.0")),
        _ => value.to_owned(),
    }
}

/// A base value as a named type.
fn wrapped(api: &Api, ty: &Type, value: String) -> String {
    match ty {
        Type::Scalar(_) => format!("{}({value})", types::owned(api, ty)),
        _ => value,
    }
}

fn as_unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Ns => "as_nanos",
        Unit::Us => "as_micros",
        Unit::Ms => "as_millis",
        Unit::S => "as_secs",
    }
}

fn from_unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Ns => "from_nanos",
        Unit::Us => "from_micros",
        Unit::Ms => "from_millis",
        Unit::S => "from_secs",
    }
}

#[derive(Template)]
#[template(path = "wire/rust.jinja", escape = "none")]
struct ModuleTemplate<'a> {
    module: &'a str,
    layouts: Vec<Codec>,
}

#[derive(Template)]
#[template(path = "rust/index.jinja", escape = "none")]
struct IndexTemplate<'a> {
    doc: &'static str,
    entries: Vec<Entry<'a>>,
}
