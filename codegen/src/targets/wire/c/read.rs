//! Lines of decoders.

use super::{Context, ctype, escaped, indented, local};
use crate::ir::{Int, Length, Literal, Type};
use crate::targets::cpack::names;
use crate::targets::wire::model::{self, Part, Step, What};

impl Context<'_> {
    pub(super) fn read_step(&self, step: &Step<'_>, uses_version: bool) -> Vec<String> {
        let at = step.at.map(|at| format!("net_wire_seek(r, {at});"));
        let lines = match &step.what {
            What::Size(_) => Vec::new(),
            What::Magic(magic) => vec![format!("net_wire_magic(r, {}, {});", escaped(magic), magic.len())],
            What::Version(newest) if uses_version => {
                vec![format!("uint64_t version = net_wire_version(r, {newest});")]
            }
            What::Version(newest) => vec![format!("net_wire_version(r, {newest});")],
            What::Tag { name, int, varint, choice } => {
                let get = match varint {
                    true => "net_wire_varint(r, UINT32_MAX)".to_owned(),
                    false => format!("net_wire_get(r, {}, {})", int.bits() / 8, self.order),
                };
                debug_assert_eq!(choice.on, *name);
                vec![format!("value->{}.tag = (uint32_t){get};", names::value(choice.name))]
            }
            What::Choice(choice) => {
                vec![format!("{}_read(r, &value->{});", names::ty(&choice.ty), names::value(choice.name))]
            }
            What::Mark(name) => vec![format!("size_t {name}_start = r->at;")],
            What::Sum { name, int, hash } => {
                let hash = names::constant(&["checksum_hash", hash]);
                vec![format!(
                    "net_wire_same_sum(r, {hash}, {name}_start, {}, {});",
                    int.bits() / 8,
                    self.order
                )]
            }
            What::AtMost { max, written: false } => vec![format!("net_wire_remaining(r, {max});")],
            What::AtMost { .. } => Vec::new(),
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
        let there = step.when.map(|(on, bit)| format!("({} >> {bit} & 1) == 1", local(on)));
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
            Type::Enum(_) | Type::Flags(_) if !self.is_open(ty) => {
                vec![format!("{place} = ({name}){get};"), self.known("r", ty, place) + ";"]
            }
            _ => vec![format!("{place} = ({name}){get};")],
        };
        lines.extend(max.map(|max| format!("net_wire_at_most(&r->failed, {place}, UINT64_C({max}));")));
        lines
    }

    fn read_bits(&self, name: &str, int: Int, parts: &[Part<'_>]) -> Vec<String> {
        let variable = local(name);
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
