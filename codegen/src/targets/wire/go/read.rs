//! Lines of decoders.

use super::{Context, integer, local, mark, mask, most, ty};
use crate::ir::{Int, Length, Literal, Type};
use crate::targets::go::{names, types};
use crate::targets::wire::model::{self, Part, Step, What};

impl Context<'_> {
    pub(super) fn read_step(&self, step: &Step<'_>, uses_version: bool) -> Vec<String> {
        let at = step.at.map(|at| format!("r.seek({at})"));
        let lines = match &step.what {
            What::Size(size) => vec![format!("r.exactly({size})")],
            What::Magic(magic) => {
                let bytes: Vec<_> = magic.iter().map(|byte| format!("{byte:#04x}")).collect();
                vec![format!("r.magic({})", bytes.join(", "))]
            }
            What::Version(newest) if uses_version => vec![format!("version := r.version({newest})")],
            What::Version(newest) => vec![format!("r.version({newest})")],
            What::Tag { name, varint: true, .. } => {
                vec![format!("{} := r.varint({name:?})", local(name))]
            }
            What::Tag { name, int, .. } => {
                vec![format!("{} := uint64(r.{}({name:?}))", local(name), self.method(*int))]
            }
            What::Choice(choice) => vec![format!(
                "v.{} = wireRead{}(r, {})",
                names::public(choice.name),
                names::public(&choice.ty),
                local(choice.on)
            )],
            What::Mark(name) => vec![format!("{} := r.at", mark(name))],
            What::Sum { name, int, hash } => {
                let sum = format!("{}(r.sum({name:?}, {hash:?}, {}))", integer(*int), mark(name));
                vec![format!("r.sameSum({name:?}, {sum} == r.{}({name:?}))", self.method(*int))]
            }
            What::AtMost { max, written: false } => vec![format!("r.remaining(\"size\", {max})")],
            What::AtMost { .. } => Vec::new(),
            What::Trailing => {
                vec!["v.Trailing = r.sized(\"trailing\", r.remaining(\"trailing\", 1<<63-1))".into()]
            }
            What::Literal(text) => vec![format!("r.literal({})", names::text(text))],
            What::Print { name, ty, padded, until } => vec![self.parse(name, ty, *padded, *until)],
            What::Bits { name, int, parts } => self.read_bits(name, *int, parts),
            What::Value { .. } | What::Sized { .. } | What::Counted { .. } => self.read_form(step),
        };
        at.into_iter().chain(lines).collect()
    }

    fn read_form(&self, step: &Step<'_>) -> Vec<String> {
        let place = self.place(&step.what);
        let value = self.read_expression(&step.what);
        let nilable = !matches!(step.what, What::Value { .. } | What::Sized { is_text: true, .. });
        let indent =
            |lines: Vec<String>| lines.into_iter().map(|line| format!("\t{line}")).collect::<Vec<_>>();
        let mut lines = match step.when {
            Some((on, bit)) => {
                let assign = if nilable { value } else { format!("Ptr({value})") };
                let on = local(on);
                let shifted = if bit == 0 { format!("{on}&1 == 1") } else { format!("{on}>>{bit}&1 == 1") };
                vec![format!("if {shifted} {{"), format!("\t{place} = {assign}"), "}".into()]
            }
            None => vec![format!("{place} = {value}")],
        };
        if let Some((since, default)) = step.since {
            lines = indent(lines);
            lines.insert(0, format!("if version >= {since} {{"));
            if let (Some(default), What::Value { ty, .. }, None) = (default, &step.what, step.when) {
                lines.push("} else {".into());
                lines.push(format!("\t{place} = {}", self.default(default, ty)));
            }
            lines.push("}".into());
        }
        lines
    }

    fn default(&self, default: &Literal, ty: &Type) -> String {
        match (default, self.api.base(ty)) {
            (Literal::Int(number), _) => number.to_string(),
            _ => types::literal(self.api, default, ty),
        }
    }

    fn read_expression(&self, what: &What<'_>) -> String {
        match what {
            What::Value { name, ty, varint, max } => self.read_value(name, ty, *varint, *max),
            What::Sized { name, is_text, len, max } => {
                let method = if *is_text { "text" } else { "sized" };
                format!("r.{method}({name:?}, {})", self.read_length(name, *len, *max, 1))
            }
            What::Counted { name, of, count, max } => {
                let item = format!(
                    "func() {} {{ return {} }}",
                    ty(self.api, of),
                    self.read_value(name, of, false, None)
                );
                match count {
                    Length::Rest => format!("wireRest(r, {name:?}, {}, {item})", most(*max)),
                    _ => {
                        let width = model::width(self.api, of);
                        format!("wireList(r, {}, {item})", self.read_length(name, *count, *max, width))
                    }
                }
            }
            _ => String::new(),
        }
    }

    fn read_length(&self, name: &str, form: Length, max: Option<u64>, width: usize) -> String {
        let most = most(max);
        match form {
            Length::Rest => format!("r.remaining({name:?}, {most})"),
            Length::Varint => format!("r.length({name:?}, r.varint({name:?}), {most}, {width})"),
            Length::Int(int) => {
                format!("r.length({name:?}, uint64(r.{}({name:?})), {most}, {width})", self.method(int))
            }
        }
    }

    fn read_value(&self, name: &str, ty: &Type, varint: bool, max: Option<u64>) -> String {
        let int = model::carrier(self.api, ty);
        let number = match int {
            Some(Int::U64) if varint => format!("r.varint({name:?})"),
            Some(int) if varint => {
                format!("{}(r.atMost({name:?}, r.varint({name:?}), 1<<{}-1))", integer(int), int.bits())
            }
            Some(int) => format!("r.{}({name:?})", self.method(int)),
            None => String::new(),
        };
        let number = match (max, int) {
            (Some(max), Some(Int::U64)) => format!("r.atMost({name:?}, {number}, {max})"),
            (Some(max), Some(int)) => {
                format!("{}(r.atMost({name:?}, uint64({number}), {max}))", integer(int))
            }
            _ => number,
        };
        let value = match self.api.base(ty) {
            Type::Layout(at) => {
                let read = format!("(*{}).read", types::go(self.api, ty, &[]));
                match self.api.wire(*at).size {
                    Some(size) => format!("wirePart(r, {name:?}, {size}, {read})"),
                    None => format!("wireRead(r, {read})"),
                }
            }
            Type::Bool => format!("r.bool({name:?})"),
            Type::F64 => format!("r.f64{}({name:?})", self.end),
            Type::FixedBytes(width) => format!("[{width}]byte(r.take({name:?}, {width}))"),
            Type::Enum(at) => {
                let of = names::private(&self.api.enumeration(*at).name.spec);
                format!("wireEnum(r, {name:?}, {of}Of(uint64({number})))")
            }
            Type::Flags(at) => {
                let flags = self.api.flags(*at);
                let call = format!("r.flags({name:?}, uint64({number}), {}, {})", mask(flags), flags.empty);
                format!("{}({call})", names::item(&flags.name))
            }
            _ => number,
        };
        match ty {
            Type::Scalar(at) => format!("{}({value})", names::item(&self.api.scalar(*at).name)),
            _ => value,
        }
    }

    fn read_bits(&self, name: &str, int: Int, parts: &[Part<'_>]) -> Vec<String> {
        let variable = local(name);
        let mut lines = vec![format!("{variable} := uint64(r.{}({name:?}))", self.method(int))];
        for part in parts {
            let Some(member) = &part.member else { continue };
            let member = names::public(member);
            lines.push(match (part.width, part.low) {
                (1, 0) => format!("v.{member} = {variable}&1 == 1"),
                (1, low) => format!("v.{member} = {variable}>>{low}&1 == 1"),
                (width, low) => {
                    let int = [8, 16, 32, 64].into_iter().find(|int| *int >= width).unwrap_or(64);
                    let mask = (1u128 << width) - 1;
                    let shifted = if low == 0 { variable.clone() } else { format!("{variable} >> {low}") };
                    format!("v.{member} = uint{int}({shifted} & {mask:#x})")
                }
            });
        }
        lines
    }

    fn parse(&self, name: &str, ty: &Type, padded: Option<usize>, until: Option<&str>) -> String {
        let text = match until {
            Some(until) => format!("r.until({name:?}, {})", names::text(until)),
            None => format!("r.text({name:?}, r.remaining({name:?}, 1<<63-1))"),
        };
        let place = self.field(name, ty);
        let number = match (model::carrier(self.api, ty), padded) {
            (None, _) => return format!("{place} = {text}"),
            (Some(int), Some(width)) => format!("r.hex({name:?}, {text}, {width}, {})", int.bits()),
            (Some(int), None) if int.signed() => format!("r.signed({name:?}, {text}, {})", int.bits()),
            (Some(int), None) => format!("r.decimal({name:?}, {text}, {})", int.bits()),
        };
        let wide = matches!(
            ty,
            Type::Int(Int::U64 | Int::I64) | Type::Duration(_) | Type::Instant(_) | Type::Size | Type::Date
        );
        let value = if wide { number } else { format!("{}({number})", self::ty(self.api, ty)) };
        format!("{place} = {value}")
    }
}
