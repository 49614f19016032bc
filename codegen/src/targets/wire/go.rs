//! Codecs in Go, in the package of the SDK.

mod read;

use super::model::{self, Layout, Member, Part, Step, What};
use crate::files::FileSet;
use crate::ir::{Api, Int, Length, Type};
use crate::targets::Target;
use crate::targets::go::{names, types};
use anyhow::Result;
use askama::Template;

const DIR: &str = "sdks/go";

/// Codecs in Go.
#[derive(Debug)]
pub struct WireGo;

impl Target for WireGo {
    fn name(&self) -> &'static str {
        "wire/go"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        for module in &api.modules {
            let layouts: Vec<_> =
                model::layouts(api, module).iter().map(|layout| codec(api, layout)).collect();
            if layouts.is_empty() {
                continue;
            }
            let template = ModuleTemplate {
                module: &module.name,
                build: module.feature.as_deref().filter(|feature| *feature == "conformance"),
                imports: imports(&layouts),
                layouts,
            };
            files.add(format!("{DIR}/{}_wire_gen.go", module.name), template.render()?);
        }
        files.add(format!("{DIR}/wire_reader_gen.go"), ReaderTemplate.render()? + "\n");
        files.add(format!("{DIR}/wire_writer_gen.go"), WriterTemplate.render()? + "\n");
        Ok(files)
    }
}

struct Codec {
    name: String,
    doc: Vec<String>,
    members: Vec<MemberModel>,
    size: Option<u32>,
    is_text: bool,
    ends: bool,
    /// Whether a text has gaps that could swallow what stands behind them.
    proves: bool,
    write: Vec<String>,
    read: Vec<String>,
    choice: Option<ChoiceModel>,
    /// Expression of the error for the reader's fault.
    error: String,
}

/// One of several layouts.
struct ChoiceModel {
    name: String,
    /// The method that tells the number.
    tag: String,
    on: String,
    arms: Vec<(u64, String)>,
}

fn choice(choice: &model::Choice<'_>) -> ChoiceModel {
    ChoiceModel {
        name: names::public(&choice.ty),
        tag: names::private(&choice.ty),
        on: choice.on.to_owned(),
        arms: choice.arms.iter().map(|(number, layout)| (*number, names::public(layout))).collect(),
    }
}

struct MemberModel {
    name: String,
    ty: String,
    doc: Vec<String>,
}

fn imports(layouts: &[Codec]) -> Vec<&'static str> {
    let uses = |name: &str| layouts.iter().any(|l| l.write.iter().any(|line| line.contains(name)));
    ["fmt", "strconv"].into_iter().filter(|name| uses(&format!("{name}."))).collect()
}

fn codec(api: &Api, layout: &Layout<'_>) -> Codec {
    let cx = Context { api, end: if layout.big { "BE" } else { "LE" } };
    let uses_version = layout.steps.iter().any(|step| step.since.is_some());
    let family = names::family(layout.error.family_name);
    let kind = names::public(layout.error.kind);
    let detail = if layout.error.has_detail { ", Detail: r.fault.detail()" } else { "" };
    Codec {
        name: names::public(layout.name),
        doc: layout.doc.clone(),
        members: layout.members.iter().map(|member| member_model(api, member)).collect(),
        size: layout.size,
        is_text: layout.is_text,
        ends: layout.ends,
        proves: layout.is_text && layout.members.iter().any(|m| *api.base(&m.ty) == Type::String),
        write: layout.steps.iter().flat_map(|step| cx.write_step(step)).collect(),
        read: layout.steps.iter().flat_map(|step| cx.read_step(step, uses_version)).collect(),
        choice: layout.choice.as_ref().map(choice),
        error: format!("&{family}{{Kind: {family}Kind{kind}{detail}}}"),
    }
}

fn member_model(api: &Api, member: &Member) -> MemberModel {
    let doc = member.doc.clone();
    MemberModel {
        name: names::public(&api.unit_name(&member.name, &member.ty)),
        ty: ty(api, &member.ty),
        doc,
    }
}

/// Times are bare counts: every one that the bytes hold has to come back.
fn ty(api: &Api, ty: &Type) -> String {
    match ty {
        Type::Duration(_) | Type::Instant(_) => "uint64".into(),
        Type::Date => "int64".into(),
        Type::List(of) => format!("[]{}", self::ty(api, of)),
        Type::Optional(inner) if is_nilable(inner) => self::ty(api, inner),
        Type::Optional(inner) => format!("*{}", self::ty(api, inner)),
        other => types::go(api, other, &[]),
    }
}

fn is_nilable(ty: &Type) -> bool {
    matches!(ty, Type::Bytes | Type::List(_))
}

struct Context<'a> {
    api: &'a Api,
    /// Suffix of the byte order.
    end: &'static str,
}

impl Context<'_> {
    fn field(&self, name: &str, ty: &Type) -> String {
        format!("v.{}", names::public(&self.api.unit_name(name, ty)))
    }

    fn place(&self, what: &What<'_>) -> String {
        match what {
            What::Value { name, ty, .. } => self.field(name, ty),
            What::Sized { name, .. } | What::Counted { name, .. } => self.field(name, &Type::Bool),
            _ => String::new(),
        }
    }

    fn write_step(&self, step: &Step<'_>) -> Vec<String> {
        let at = step.at.map(|at| format!("w.seek({at})"));
        let lines = match &step.what {
            What::Size(_) => Vec::new(),
            What::Magic(magic) => {
                let bytes: Vec<_> = magic.iter().map(|byte| format!("{byte:#04x}")).collect();
                vec![format!("w.put({})", bytes.join(", "))]
            }
            What::Version(version) => vec![format!("w.put({version})")],
            What::Tag { name, int, varint, choice } => {
                let value = format!("v.{}", names::public(choice.name));
                let tag = format!("wireTagOf{}(w, {value})", names::public(&choice.ty));
                vec![match varint {
                    true => format!("w.varint({name:?}, {tag})"),
                    false => format!("w.{}({}({tag}))", self.method(*int), integer(*int)),
                }]
            }
            What::Choice(choice) => {
                let value = format!("v.{}", names::public(choice.name));
                vec![format!("if {value} != nil {{"), format!("\tw.inner({value}.write)"), "}".into()]
            }
            What::Mark(name) => vec![format!("{} := w.at", mark(name))],
            What::Sum { name, int, hash } => {
                vec![format!(
                    "w.{}({}(w.sum({name:?}, {hash:?}, {})))",
                    self.method(*int),
                    integer(*int),
                    mark(name)
                )]
            }
            What::AtMost { max, written: true } => vec![format!("w.length(\"size\", w.at, {max})")],
            What::AtMost { .. } => Vec::new(),
            What::Trailing => vec!["w.put(v.Trailing...)".into()],
            What::Literal(text) => vec![format!("w.text({})", names::text(text))],
            What::Print { name, ty, padded, .. } => vec![self.print(name, ty, *padded)],
            What::Bits { name, int, parts } => self.write_bits(name, *int, parts),
            What::Value { .. } | What::Sized { .. } | What::Counted { .. } => {
                let place = self.place(&step.what);
                match step.when {
                    None => self.write_form(&step.what, &place),
                    Some(_) => {
                        let nilable =
                            !matches!(step.what, What::Value { .. } | What::Sized { is_text: true, .. });
                        let value = if nilable { place.clone() } else { format!("*{place}") };
                        let mut lines = vec![format!("if {place} != nil {{")];
                        lines.extend(
                            self.write_form(&step.what, &value).into_iter().map(|line| format!("\t{line}")),
                        );
                        lines.push("}".into());
                        lines
                    }
                }
            }
        };
        at.into_iter().chain(lines).collect()
    }

    fn write_form(&self, what: &What<'_>, value: &str) -> Vec<String> {
        match what {
            What::Value { name, ty, varint, max } => {
                vec![self.write_value(name, ty, value, *varint, *max)]
            }
            What::Sized { name, len, max, .. } => {
                let mut lines = self.write_length(name, value, *len, *max);
                lines.push(format!("w.put([]byte({value})...)"));
                lines
            }
            What::Counted { name, of, count, max } => {
                let mut lines = self.write_length(name, value, *count, *max);
                lines.push(format!("for _, item := range {value} {{"));
                lines.push(format!("\t{}", self.write_value(name, of, "item", false, None)));
                lines.push("}".into());
                lines
            }
            _ => Vec::new(),
        }
    }

    fn write_length(&self, name: &str, value: &str, len: Length, max: Option<u64>) -> Vec<String> {
        let checked = |max: Option<u64>| format!("w.length({name:?}, len({value}), {})", most(max));
        match len {
            Length::Rest => max.map(|_| checked(max)).into_iter().collect(),
            Length::Varint => vec![format!("w.varint({name:?}, {})", checked(max))],
            Length::Int(int) => {
                let carried = u64::try_from(int.range().1).unwrap_or(u64::MAX);
                let max = Some(max.unwrap_or(carried).min(carried));
                vec![format!("w.{}({}({}))", self.method(int), integer(int), checked(max))]
            }
        }
    }

    fn write_value(&self, name: &str, ty: &Type, value: &str, varint: bool, max: Option<u64>) -> String {
        let number = match self.api.base(ty) {
            Type::Layout(_) if model::part_size(self.api, ty).is_some() => {
                return format!("w.inner({}.write)", value.trim_start_matches('*'));
            }
            Type::Layout(_) => return format!("{}.write(w)", value.trim_start_matches('*')),
            Type::Bool => return format!("w.put(uint8(wireBit({value})))"),
            Type::F64 => return format!("w.f64{}({value})", self.end),
            Type::FixedBytes(_) => {
                return format!("w.put({}[:]...)", value.trim_start_matches('*'));
            }
            Type::Enum(at) if self.api.enumeration(*at).open => {
                let most = (1u128 << self.api.enumeration(*at).repr.bits()) - 1;
                format!("w.atMost({name:?}, wireTag(w, {name:?}, {value}), {most})")
            }
            Type::Enum(_) => format!("wireTag(w, {name:?}, {value})"),
            Type::Flags(at) => {
                let flags = self.api.flags(*at);
                format!("w.flags({name:?}, uint64({value}), {}, {})", mask(flags), flags.empty)
            }
            _ => value.to_owned(),
        };
        let int = model::carrier(self.api, ty).unwrap_or(Int::U64);
        let number = match max {
            Some(max) => format!("w.atMost({name:?}, uint64({number}), {max})"),
            None => number,
        };
        let bare =
            matches!(ty, Type::Int(_) | Type::Duration(_) | Type::Instant(_) | Type::Size | Type::Date);
        let is_wide = max.is_some() || matches!(self.api.base(ty), Type::Enum(_) | Type::Flags(_));
        if varint {
            let number =
                if is_wide || (bare && int == Int::U64) { number } else { format!("uint64({number})") };
            return format!("w.varint({name:?}, {number})");
        }
        let is_carried = bare && (max.is_none() || int == Int::U64);
        let number = if is_carried { number } else { format!("{}({number})", integer(int)) };
        format!("w.{}({number})", self.method(int))
    }

    fn write_bits(&self, name: &str, int: Int, parts: &[Part<'_>]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut terms = Vec::new();
        for part in parts {
            let bits = match (&part.member, part.presence.as_slice()) {
                (Some(member), _) if part.width == 1 => format!("wireBit(v.{})", names::public(member)),
                (Some(member), _) => {
                    format!("w.part({member:?}, uint64(v.{}), {})", names::public(member), part.width)
                }
                (None, fields) => {
                    let there = |name: &str| format!("v.{} != nil", names::public(name));
                    for other in &fields[1..] {
                        lines.push(format!("w.together({other:?}, {}, {})", there(other), there(fields[0])));
                    }
                    format!("wireBit({})", there(fields[0]))
                }
            };
            terms.push(if part.low == 0 { bits } else { format!("{bits}<<{}", part.low) });
        }
        let variable = local(name);
        lines.push(format!("{variable} := {}", terms.join(" | ")));
        lines.push(format!("w.{}({}({variable}))", self.method(int), integer(int)));
        lines
    }

    fn print(&self, name: &str, ty: &Type, padded: Option<usize>) -> String {
        let value = self.field(name, ty);
        let int = model::carrier(self.api, ty);
        match (int, padded) {
            (None, _) => format!("w.text({value})"),
            (Some(_), Some(width)) => format!("w.text(fmt.Sprintf(\"%0{width}x\", uint64({value})))"),
            (Some(int), None) if int.signed() => format!("w.text(strconv.FormatInt(int64({value}), 10))"),
            (Some(_), None) => format!("w.text(strconv.FormatUint(uint64({value}), 10))"),
        }
    }

    fn method(&self, int: Int) -> String {
        match int {
            Int::U8 | Int::I8 => int.key().to_owned(),
            _ => format!("{}{}", int.key(), self.end),
        }
    }
}

/// A variable that holds an integer of which other fields depend.
fn local(name: &str) -> String {
    model::local(names::private(name), &["bytes", "item", "r", "v", "version", "w"])
}

/// The variable with the place where what a checksum covers begins.
fn mark(sum: &str) -> String {
    names::private(&format!("{sum}_start"))
}

fn mask(flags: &crate::ir::Flags) -> String {
    if flags.open {
        return "1<<64 - 1".into();
    }
    format!("{:#x}", flags.bits.iter().fold(0u64, |all, bit| all | 1 << bit.bit))
}

fn most(max: Option<u64>) -> String {
    max.map_or("1<<63-1".into(), |max| max.to_string())
}

fn integer(int: Int) -> String {
    if int.signed() { format!("int{}", int.bits()) } else { format!("uint{}", int.bits()) }
}

#[derive(Template)]
#[template(path = "wire/go.jinja", escape = "none")]
struct ModuleTemplate<'a> {
    module: &'a str,
    build: Option<&'a str>,
    imports: Vec<&'static str>,
    layouts: Vec<Codec>,
}

#[derive(Template)]
#[template(path = "wire/go_reader.jinja", escape = "none")]
struct ReaderTemplate;

#[derive(Template)]
#[template(path = "wire/go_writer.jinja", escape = "none")]
struct WriterTemplate;
