//! Codecs in C: headers over `net_mesh/wire.h`.

mod read;

use super::model::{self, Layout, Part, Step, What};
use crate::case::screaming;
use crate::files::FileSet;
use crate::ir::{Api, Int, Length, Type, Wire};
use crate::targets::Target;
use crate::targets::cpack::names;
use anyhow::Result;
use askama::Template;
use std::collections::BTreeMap;

const DIR: &str = "sdks/c/include/net_mesh";

/// Greatest length of a list, which is an array in its struct.
const LONGEST_LIST: u64 = 4096;

/// Codecs in C.
#[derive(Debug)]
pub struct WireC;

impl Target for WireC {
    fn name(&self) -> &'static str {
        "wire/c"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        for module in &api.modules {
            let layouts: Vec<_> =
                model::layouts(api, module).into_iter().filter(|layout| in_c(api, layout)).collect();
            if layouts.is_empty() {
                continue;
            }
            let template = ModuleTemplate {
                module: &module.name,
                guard: format!("NET_MESH_{}_WIRE_H", screaming(&module.name)),
                switch: module.feature.as_deref().map(names::feature),
                tables: tables(api, &layouts),
                layouts: layouts.iter().map(|layout| codec(api, layout)).collect(),
            };
            files.add(
                format!("{DIR}/{}_wire.h", module.name),
                template.render()?.trim_end().to_owned() + "\n",
            );
        }
        files.add(format!("{DIR}/wire.h"), RuntimeTemplate.render()? + "\n");
        Ok(files)
    }
}

/// Whether C has a codec of a layout.
pub(crate) fn has_codec(api: &Api, wire: &Wire) -> bool {
    model::has_codec(api, wire) && in_c(api, &model::layout(api, wire))
}

/// Whether C has a codec of a layout that the others have: its lists have room in a struct, and its texts no signs.
pub(super) fn in_c(api: &Api, layout: &Layout<'_>) -> bool {
    layout.steps.iter().all(|step| match &step.what {
        What::Counted { max, of, .. } => max.is_some_and(|max| max <= LONGEST_LIST) && part_in_c(api, of),
        What::Value { ty, .. } => part_in_c(api, ty),
        What::Choice(_) => layout.members.iter().all(|member| part_in_c(api, &member.ty)),
        What::Print { ty, .. } => model::carrier(api, ty).is_some_and(|int| !int.signed()),
        _ => true,
    })
}

fn part_in_c(api: &Api, ty: &Type) -> bool {
    match ty {
        Type::Layout(at) => in_c(api, &model::layout(api, api.wire(*at))),
        Type::Choice(at, _) => api.wire(*at).parts().all(|part| part_in_c(api, &Type::Layout(part))),
        _ => true,
    }
}

struct Table {
    name: String,
    tags: String,
}

struct Codec {
    name: String,
    doc: Vec<String>,
    members: Vec<MemberModel>,
    size: Option<u32>,
    constant: String,
    write: Vec<String>,
    read: Vec<String>,
    ends: bool,
    choice: Option<ChoiceModel>,
    error: String,
}

/// One of several layouts.
struct ChoiceModel {
    name: String,
    of: String,
    arms: Vec<ArmModel>,
}

struct ArmModel {
    number: u64,
    constant: String,
    field: String,
    ty: String,
}

fn choice(choice: &model::Choice<'_>) -> ChoiceModel {
    let arm = |(number, layout): &(u64, &str)| ArmModel {
        number: *number,
        constant: names::constant(&[&choice.ty, layout]),
        field: names::value(layout),
        ty: names::ty(layout),
    };
    ChoiceModel {
        name: names::ty(&choice.ty),
        of: choice.name.to_owned(),
        arms: choice.arms.iter().map(arm).collect(),
    }
}

struct MemberModel {
    doc: Vec<String>,
    lines: Vec<String>,
}

fn codec(api: &Api, layout: &Layout<'_>) -> Codec {
    let order = if layout.big { "NET_WIRE_BIG" } else { "NET_WIRE_LITTLE" };
    let cx = Context { api, order, steps: &layout.steps };
    let uses_version = layout.steps.iter().any(|step| step.since.is_some());
    let error = &layout.error;
    let kind = names::constant(&[error.family_name, error.kind]);
    Codec {
        name: names::ty(layout.name),
        doc: layout.doc.clone(),
        members: members(api, layout),
        size: layout.size,
        constant: names::constant(&[layout.name, "size"]),
        write: layout.steps.iter().flat_map(|step| cx.write_step(step)).collect(),
        read: layout.steps.iter().flat_map(|step| cx.read_step(step, uses_version)).collect(),
        ends: layout.ends,
        choice: layout.choice.as_ref().map(choice),
        error: format!("NET_CODE({}, {kind})", names::family(error.family_name)),
    }
}

fn members(api: &Api, layout: &Layout<'_>) -> Vec<MemberModel> {
    let longest = |name: &str| {
        let mut lists = layout.steps.iter().filter_map(|step| match &step.what {
            What::Counted { name, max, .. } => Some((*name, max.unwrap_or_default())),
            _ => None,
        });
        lists.find(|(list, _)| *list == name).map_or(0, |(_, max)| max)
    };
    let member = |member: &model::Member| {
        let name = names::field(api, &member.name, &member.ty);
        let (ty, optional) = member.ty.split_optional();
        let mut lines = match ty {
            Type::List(of) => {
                vec![
                    declared(api, of, &format!("{name}[{}]", longest(&member.name))),
                    format!("size_t {name}_len;"),
                ]
            }
            _ => vec![declared(api, ty, &name)],
        };
        if optional && !matches!(ty, Type::String | Type::Bytes) {
            lines.insert(0, format!("bool has_{name};"));
        }
        MemberModel { doc: member.doc.clone(), lines }
    };
    layout.members.iter().map(member).collect()
}

fn declared(api: &Api, ty: &Type, name: &str) -> String {
    match api.base(ty) {
        Type::FixedBytes(width) => format!("uint8_t {name}[{width}];"),
        _ => format!("{} {name};", ctype(api, ty)),
    }
}

fn ctype(api: &Api, ty: &Type) -> String {
    match api.base(ty) {
        Type::Bool => "bool".into(),
        Type::F64 => "double".into(),
        Type::Enum(at) => names::ty(&api.enumeration(*at).name.spec),
        Type::Flags(at) => names::ty(&api.flags(*at).name.spec),
        Type::String | Type::Bytes => "net_view".into(),
        Type::Layout(_) | Type::Choice(..) => names::ty(&api.part_name(ty)),
        other => integer(model::carrier(api, other).unwrap_or(Int::U64)),
    }
}

fn integer(int: Int) -> String {
    format!("{}int{}_t", if int.signed() { "" } else { "u" }, int.bits())
}

/// Tags of every enum that the layouts name.
fn tables(api: &Api, layouts: &[Layout<'_>]) -> Vec<Table> {
    let mut tables = BTreeMap::new();
    for step in layouts.iter().flat_map(|layout| &layout.steps) {
        let (What::Value { ty, .. } | What::Counted { of: ty, .. }) = step.what else { continue };
        let Type::Enum(at) = api.base(ty) else { continue };
        let item = api.enumeration(*at);
        if item.open {
            continue;
        }
        let tags: Vec<_> = item.values.iter().map(|value| value.tag.to_string()).collect();
        tables.insert(&item.name.spec, tags.join(", "));
    }
    let table =
        |(name, tags): (&String, String)| Table { name: format!("{}_wire_tags", names::ty(name)), tags };
    tables.into_iter().map(table).collect()
}

struct Context<'a> {
    api: &'a Api,
    order: &'static str,
    steps: &'a [Step<'a>],
}

impl Context<'_> {
    fn place(&self, name: &str, ty: &Type) -> String {
        format!("value->{}", names::field(self.api, name, ty))
    }

    fn write_step(&self, step: &Step<'_>) -> Vec<String> {
        let at = step.at.map(|at| format!("net_wire_to(w, {at});"));
        let lines = match &step.what {
            What::Size(_) => Vec::new(),
            What::Magic(magic) => vec![format!("net_wire_put(w, {}, {});", escaped(magic), magic.len())],
            What::Version(version) => vec![format!("net_wire_put_uint(w, {version}, 1, {});", self.order)],
            What::Tag { int, varint, choice, .. } => {
                let tag = format!("value->{}.tag", names::value(choice.name));
                vec![match varint {
                    true => format!("net_wire_put_varint(w, {tag});"),
                    false => format!("net_wire_put_uint(w, {tag}, {}, {});", int.bits() / 8, self.order),
                }]
            }
            What::Choice(choice) => {
                vec![format!("{}_write(w, &value->{});", names::ty(&choice.ty), names::value(choice.name))]
            }
            What::Mark(name) => vec![format!("size_t {name}_start = w->at;")],
            What::Sum { name, int, hash } => {
                let hash = names::constant(&["checksum_hash", hash]);
                let sum = format!("net_wire_sum_written(w, {hash}, {name}_start)");
                vec![format!("net_wire_put_uint(w, {sum}, {}, {});", int.bits() / 8, self.order)]
            }
            What::AtMost { max, written: true } => {
                vec![format!("net_wire_at_most(&w->failed, w->at - size_start, {max});")]
            }
            What::AtMost { .. } => vec!["size_t size_start = w->at;".into()],
            What::Trailing => vec!["net_wire_put(w, value->trailing.data, value->trailing.len);".into()],
            What::Literal(text) => {
                vec![format!("net_wire_put(w, {}, {});", escaped(text.as_bytes()), text.len())]
            }
            What::Print { name, ty, padded, .. } => {
                let (radix, digits) = padded.map_or((10, 1), |width| (16, width));
                vec![format!("net_wire_print(w, {}, {radix}, {digits});", self.place(name, ty))]
            }
            What::Bits { name, int, parts } => self.write_bits(name, *int, parts),
            What::Value { name, ty, varint, max } => {
                let place = self.place(name, ty);
                self.conditional(step, name, ty, self.write_value(ty, &place, *varint, *max))
            }
            What::Sized { name, is_text, len, max } => {
                let place = self.place(name, &Type::Bool);
                let mut lines = self.write_length(&format!("{place}.len"), *len, *max);
                if *is_text {
                    lines.push(format!("net_wire_check(&w->failed, net_wire_is_utf8({place}));"));
                }
                lines.push(format!("net_wire_put(w, {place}.data, {place}.len);"));
                self.conditional(step, name, &Type::Bytes, lines)
            }
            What::Counted { name, of, count, max } => {
                let place = self.place(name, &Type::Bool);
                let length = format!("{place}_len");
                let mut lines = self.write_length(&length, *count, *max);
                lines.push(format!("for (size_t i = 0; i < {length} && !w->failed; i++) {{"));
                lines.extend(indented(self.write_value(of, &format!("{place}[i]"), false, None)));
                lines.push("}".into());
                self.conditional(step, name, of, lines)
            }
        };
        at.into_iter().chain(lines).collect()
    }

    /// Lines that apply if a member is there.
    fn conditional(&self, step: &Step<'_>, name: &str, ty: &Type, lines: Vec<String>) -> Vec<String> {
        if step.when.is_none() {
            return lines;
        }
        let mut all = vec![format!("if ({}) {{", self.there(name, ty))];
        all.extend(indented(lines));
        all.push("}".into());
        all
    }

    fn there(&self, name: &str, ty: &Type) -> String {
        match ty {
            Type::Bytes | Type::String => format!("{}.data != NULL", self.place(name, ty)),
            _ => format!("value->has_{}", names::field(self.api, name, ty)),
        }
    }

    fn write_length(&self, length: &str, form: Length, max: Option<u64>) -> Vec<String> {
        let most = |max: Option<u64>| max.map_or("UINT64_MAX".into(), |max| max.to_string());
        let checked = |max| format!("net_wire_at_most(&w->failed, {length}, {});", most(max));
        match form {
            Length::Rest => max.map(|_| checked(max)).into_iter().collect(),
            Length::Varint => vec![checked(max), format!("net_wire_put_varint(w, {length});")],
            Length::Int(int) => {
                let carried = u64::try_from(int.range().1).unwrap_or(u64::MAX);
                let max = Some(max.unwrap_or(carried).min(carried));
                let size = int.bits() / 8;
                vec![checked(max), format!("net_wire_put_uint(w, {length}, {size}, {});", self.order)]
            }
        }
    }

    fn write_value(&self, ty: &Type, place: &str, varint: bool, max: Option<u64>) -> Vec<String> {
        let mut lines: Vec<_> = max
            .map(|max| format!("net_wire_at_most(&w->failed, {place}, UINT64_C({max}));"))
            .into_iter()
            .collect();
        let size = model::width(self.api, ty);
        let put = match varint {
            true => format!("net_wire_put_varint(w, {place});"),
            false => format!("net_wire_put_uint(w, {place}, {size}, {});", self.order),
        };
        lines.extend(match self.api.base(ty) {
            Type::Layout(_) => vec![format!("{}_write(w, &{place});", ctype(self.api, ty))],
            Type::F64 => vec![format!("net_wire_put_f64(w, {place}, {});", self.order)],
            Type::FixedBytes(width) => vec![format!("net_wire_put(w, {place}, {width});")],
            Type::Enum(_) | Type::Flags(_) if !self.is_open(ty) => {
                vec![self.known("w", ty, place) + ";", put]
            }
            _ if varint => vec![put],
            _ => vec![format!("net_wire_put_uint(w, (uint64_t){place}, {size}, {});", self.order)],
        });
        lines
    }

    /// Whether an enum has values that nobody knows yet.
    fn is_open(&self, ty: &Type) -> bool {
        matches!(self.api.base(ty), Type::Enum(at) if self.api.enumeration(*at).open)
    }

    /// A call that refuses what an enum or flags do not know, and gives it back.
    fn known(&self, side: &str, ty: &Type, value: &str) -> String {
        match self.api.base(ty) {
            Type::Enum(at) => {
                let item = self.api.enumeration(*at);
                let table = format!("{}_wire_tags", names::ty(&item.name.spec));
                format!("net_wire_known(&{side}->failed, {value}, {table}, {})", item.values.len())
            }
            Type::Flags(at) => {
                let flags = self.api.flags(*at);
                let known = flags.bits.iter().fold(0u64, |all, bit| all | 1 << bit.bit);
                let known = if flags.open { u64::MAX } else { known };
                format!("net_wire_flags(&{side}->failed, {value}, UINT64_C({known:#x}), {})", flags.empty)
            }
            _ => value.to_owned(),
        }
    }

    fn write_bits(&self, name: &str, int: Int, parts: &[Part<'_>]) -> Vec<String> {
        let variable = local(name);
        let mut lines = vec![format!("uint64_t {variable} = 0;")];
        for part in parts {
            let value = match (&part.member, part.presence.as_slice()) {
                (Some(member), _) => {
                    let place = self.place(member, &Type::Bool);
                    if part.width > 1 {
                        let most = (1u128 << part.width) - 1;
                        lines.push(format!("net_wire_at_most(&w->failed, {place}, {most});"));
                    }
                    place
                }
                (None, fields) => {
                    let there = |field: &str| format!("({})", self.presence(field));
                    for other in &fields[1..] {
                        let (one, two) = (there(other), there(fields[0]));
                        lines.push(format!("net_wire_check(&w->failed, {one} == {two});"));
                    }
                    there(fields[0])
                }
            };
            lines.push(format!("{variable} |= (uint64_t){value} << {};", part.low));
        }
        lines.push(format!("net_wire_put_uint(w, {variable}, {}, {});", int.bits() / 8, self.order));
        lines
    }

    /// Whether the member of a conditional field is there.
    fn presence(&self, field: &str) -> String {
        let of = self.steps.iter().find_map(|step| match step.what {
            What::Value { name, ty, .. } if name == field => Some(self.there(name, ty)),
            What::Sized { name, .. } if name == field => Some(self.there(name, &Type::Bytes)),
            What::Counted { name, of, .. } if name == field => Some(self.there(name, of)),
            _ => None,
        });
        of.unwrap_or_default()
    }
}

/// A variable that holds an integer of which other fields depend.
fn local(name: &str) -> String {
    model::local(names::value(name), &["i", "outer", "part", "r", "value", "version", "w"])
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

/// Bytes as a C string.
fn escaped(bytes: &[u8]) -> String {
    let plain = |byte: &u8| match byte {
        b' '..=b'~' if !b"\"\\?".contains(byte) => char::from(*byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    format!("\"{}\"", bytes.iter().map(plain).collect::<String>())
}

#[derive(Template)]
#[template(path = "wire/c.jinja", escape = "none")]
struct ModuleTemplate<'a> {
    module: &'a str,
    guard: String,
    /// Macro without which the module's types are not there.
    switch: Option<String>,
    tables: Vec<Table>,
    layouts: Vec<Codec>,
}

#[derive(Template)]
#[template(path = "wire/c_runtime.jinja", escape = "none")]
struct RuntimeTemplate;
