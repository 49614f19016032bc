//! Codecs in C: headers over `net_mesh/wire.h`.

use super::model::{self, Layout, Part, Step, What};
use crate::case::screaming;
use crate::files::FileSet;
use crate::ir::{Api, Int, Length, Literal, Type};
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

/// Whether C has a codec of a layout: its lists have room in a struct, and its texts no signs.
pub(super) fn in_c(api: &Api, layout: &Layout<'_>) -> bool {
    layout.steps.iter().all(|step| match &step.what {
        What::Counted { max, of, .. } => max.is_some_and(|max| max <= LONGEST_LIST) && part_in_c(api, of),
        What::Value { ty, .. } => part_in_c(api, ty),
        What::Print { ty, .. } => model::carrier(api, ty).is_some_and(|int| !int.signed()),
        _ => true,
    })
}

fn part_in_c(api: &Api, ty: &Type) -> bool {
    match ty {
        Type::Layout(at) => in_c(api, &model::layout(api, api.wire(*at))),
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
    error: String,
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
        Type::Layout(at) => names::ty(&api.wire(*at).name),
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
            Type::Enum(_) | Type::Flags(_) => vec![self.known("w", ty, place) + ";", put],
            _ if varint => vec![put],
            _ => vec![format!("net_wire_put_uint(w, (uint64_t){place}, {size}, {});", self.order)],
        });
        lines
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
        let variable = names::value(name);
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

    fn read_step(&self, step: &Step<'_>, uses_version: bool) -> Vec<String> {
        let at = step.at.map(|at| format!("net_wire_seek(r, {at});"));
        let lines = match &step.what {
            What::Size(_) => Vec::new(),
            What::Magic(magic) => vec![format!("net_wire_magic(r, {}, {});", escaped(magic), magic.len())],
            What::Version(newest) if uses_version => {
                vec![format!("uint64_t version = net_wire_version(r, {newest});")]
            }
            What::Version(newest) => vec![format!("net_wire_version(r, {newest});")],
            What::Trailing => {
                vec!["value->trailing = net_wire_sized(r, net_wire_remaining(r, UINT64_MAX));".into()]
            }
            What::Literal(text) => {
                vec![format!("net_wire_magic(r, {}, {});", escaped(text.as_bytes()), text.len())]
            }
            What::Print { name, ty, padded, until } => {
                let text = match until {
                    Some(until) => format!("net_wire_until(r, {})", escaped(until.as_bytes())),
                    None => "net_wire_sized(r, net_wire_remaining(r, UINT64_MAX))".into(),
                };
                let (radix, digits) = padded.map_or((10, 1), |width| (16, width));
                let most = format!("UINT{}_MAX", model::carrier(self.api, ty).unwrap_or(Int::U64).bits());
                let ty_name = ctype(self.api, ty);
                let call = format!("net_wire_parse(r, {text}, {radix}, {digits}, {most})");
                vec![format!("{} = ({ty_name}){call};", self.place(name, ty))]
            }
            What::Bits { name, int, parts } => self.read_bits(name, *int, parts),
            What::Value { name, ty, varint, max } => {
                let place = self.place(name, ty);
                let mut lines = self.read_value(ty, &place, *varint, *max);
                if step.when.is_some() {
                    lines.push(format!("value->has_{} = true;", names::field(self.api, name, ty)));
                }
                self.guarded(step, Some((ty, &place)), lines)
            }
            What::Sized { name, is_text, len, max } => {
                let function = if *is_text { "net_wire_text" } else { "net_wire_sized" };
                let place = self.place(name, &Type::Bool);
                let length = self.read_length(*len, *max, 1);
                self.guarded(step, None, vec![format!("{place} = {function}(r, {length});")])
            }
            What::Counted { name, of, count, max } => {
                let place = self.place(name, &Type::Bool);
                let width = model::width(self.api, of);
                let mut lines = match count {
                    Length::Rest => {
                        let most = max.unwrap_or_default();
                        vec![format!("for (size_t i = 0; net_wire_more(r, i, {most}); i++) {{")]
                    }
                    _ => vec![
                        format!("{place}_len = {};", self.read_length(*count, *max, width)),
                        format!("for (size_t i = 0; i < {place}_len; i++) {{"),
                    ],
                };
                lines.extend(indented(self.read_value(of, &format!("{place}[i]"), false, None)));
                if *count == Length::Rest {
                    lines.push(format!("  {place}_len = i + 1;"));
                }
                lines.push("}".into());
                if step.when.is_some() {
                    lines.push(format!("value->has_{} = true;", names::field(self.api, name, &Type::Bool)));
                }
                self.guarded(step, None, lines)
            }
        };
        at.into_iter().chain(lines).collect()
    }

    /// Lines that apply if a field is in the bytes.
    fn guarded(&self, step: &Step<'_>, default: Option<(&Type, &str)>, lines: Vec<String>) -> Vec<String> {
        let there = step.when.map(|(on, bit)| format!("({} >> {bit} & 1) == 1", names::value(on)));
        let newer = step.since.map(|(since, _)| format!("version >= {since}"));
        let conditions: Vec<_> = newer.into_iter().chain(there).collect();
        if conditions.is_empty() {
            return lines;
        }
        let mut all = vec![format!("if ({}) {{", conditions.join(" && "))];
        all.extend(indented(lines));
        let stand_in = match (step.since, default, step.when) {
            (Some((_, Some(literal))), Some((ty, place)), None) => {
                self.default(literal, ty).map(|v| (place, v))
            }
            _ => None,
        };
        if let Some((place, value)) = stand_in {
            all.push("} else {".into());
            all.push(format!("  {place} = {value};"));
        }
        all.push("}".into());
        all
    }

    fn default(&self, literal: &Literal, ty: &Type) -> Option<String> {
        match (literal, self.api.base(ty)) {
            (Literal::Bool(value), _) => Some(value.to_string()),
            (Literal::Int(value), _) => Some(value.to_string()),
            (Literal::Float(value), _) => Some(format!("{value:?}")),
            (Literal::EnumValue(position), Type::Enum(at)) => {
                Some(self.api.enumeration(*at).values[*position].tag.to_string())
            }
            (Literal::FlagBits(positions), Type::Flags(at)) => {
                let flags = self.api.flags(*at);
                let bits = positions.iter().fold(0u64, |all, position| all | 1 << flags.bits[*position].bit);
                Some(format!("UINT{}_C({bits:#x})", flags.repr.bits()))
            }
            _ => None,
        }
    }

    fn read_length(&self, form: Length, max: Option<u64>, width: usize) -> String {
        let most = max.map_or("UINT64_MAX".into(), |max| max.to_string());
        match form {
            Length::Rest => format!("net_wire_remaining(r, {most})"),
            Length::Varint => format!("net_wire_length(r, net_wire_varint(r, UINT64_MAX), {most}, {width})"),
            Length::Int(int) => {
                let get = format!("net_wire_get(r, {}, {})", int.bits() / 8, self.order);
                format!("net_wire_length(r, {get}, {most}, {width})")
            }
        }
    }

    fn read_value(&self, ty: &Type, place: &str, varint: bool, max: Option<u64>) -> Vec<String> {
        let get = match model::carrier(self.api, ty) {
            Some(int) if varint => format!("net_wire_varint(r, UINT{}_MAX)", int.bits()),
            _ => format!("net_wire_get(r, {}, {})", model::width(self.api, ty), self.order),
        };
        let name = ctype(self.api, ty);
        let mut lines = match self.api.base(ty) {
            Type::Layout(_) => vec![format!("{name}_read(r, &{place});")],
            Type::Bool => vec![format!("{place} = net_wire_bool(r);")],
            Type::F64 => vec![format!("{place} = net_wire_f64(r, {});", self.order)],
            Type::FixedBytes(width) => vec![format!("net_wire_copy(r, {place}, {width});")],
            Type::Enum(_) | Type::Flags(_) => {
                vec![format!("{place} = ({name}){get};"), self.known("r", ty, place) + ";"]
            }
            _ => vec![format!("{place} = ({name}){get};")],
        };
        lines.extend(max.map(|max| format!("net_wire_at_most(&r->failed, {place}, UINT64_C({max}));")));
        lines
    }

    fn read_bits(&self, name: &str, int: Int, parts: &[Part<'_>]) -> Vec<String> {
        let variable = names::value(name);
        let get = format!("net_wire_get(r, {}, {})", int.bits() / 8, self.order);
        let mut lines = vec![format!("uint64_t {variable} = {get};")];
        for part in parts {
            let Some(member) = &part.member else { continue };
            let place = self.place(member, &Type::Bool);
            let mask = (1u128 << part.width) - 1;
            lines.push(match part.width {
                1 => format!("{place} = ({variable} >> {} & 1) == 1;", part.low),
                width => {
                    let int = [8, 16, 32, 64].into_iter().find(|int| *int >= width).unwrap_or(64);
                    format!("{place} = (uint{int}_t)({variable} >> {} & {mask:#x});", part.low)
                }
            });
        }
        lines
    }
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
