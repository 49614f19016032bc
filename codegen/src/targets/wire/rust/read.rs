//! Lines of decoders.

use super::{Context, from_unit, local, mark, wrapped};
use crate::ir::{Int, Length, Literal, Type};
use crate::targets::rust::{names, types};
use crate::targets::wire::model::{self, Part, Step, What};

impl Context<'_> {
    pub(super) fn read_step(&self, step: &Step<'_>) -> Vec<String> {
        let place = step.at.map(|at| format!("r.at({at});"));
        let lines = match &step.what {
            What::Size(size) => vec![format!("r.exactly({size})?;")],
            What::Magic(magic) => vec![format!("r.magic(&{magic:?})?;")],
            What::Version(newest) if self.uses_version => {
                vec![format!("let version = r.version({newest})?;")]
            }
            What::Version(newest) => vec![format!("r.version({newest})?;")],
            What::Tag { name, varint: true, .. } => {
                vec![format!("let {} = r.varint({name:?})?;", local(name))]
            }
            What::Tag { name, int, .. } => {
                vec![format!("let {} = u64::from(r.{}({name:?})?);", local(name), self.method(*int))]
            }
            What::Choice(choice) => vec![format!(
                "let {} = {}::read({}, r)?;",
                local(choice.name),
                names::ty(&choice.ty),
                local(choice.on)
            )],
            What::Mark(name) => vec![format!("let {} = r.position();", mark(name))],
            What::Sum { name, int, hash } => vec![
                format!("let sum = checksum(Hash::{}, r.since({}));", names::ty(hash), mark(name)),
                match int {
                    Int::U64 => format!("same_sum({name:?}, r.{}({name:?})?, sum)?;", self.method(*int)),
                    _ => format!(
                        "same_sum({name:?}, u64::from(r.{}({name:?})?), u64::from(sum as {}))?;",
                        self.method(*int),
                        int.key()
                    ),
                },
            ],
            What::AtMost { max, written: false } => {
                vec![format!("r.remaining(\"size\", {})?;", types::grouped((*max).into()))]
            }
            What::AtMost { .. } => Vec::new(),
            What::Trailing => vec!["let trailing = bytes::Bytes::copy_from_slice(r.rest());".into()],
            What::Literal(text) => vec![format!("r.literal({text:?})?;")],
            What::Print { name, ty, padded, until } => vec![self.parse(name, ty, *padded, *until)],
            What::Bits { name, int, parts } => self.read_bits(name, *int, parts),
            What::Value { name, ty, .. } => self.read_form(step, name, &self.stand_in(step, ty)),
            What::Sized { name, .. } | What::Counted { name, .. } => {
                self.read_form(step, name, "Default::default()")
            }
        };
        place.into_iter().chain(lines).collect()
    }

    fn stand_in(&self, step: &Step<'_>, ty: &Type) -> String {
        match step.since {
            Some((_, Some(default))) => self.default(default, ty),
            _ => "Default::default()".into(),
        }
    }

    fn default(&self, default: &Literal, ty: &Type) -> String {
        types::literal(self.api, default, ty)
    }

    fn read_form(&self, step: &Step<'_>, name: &str, stand_in: &str) -> Vec<String> {
        let value = self.read_expression(&step.what);
        let value = match step.when {
            Some((on, bit)) => {
                let on = local(on);
                let shifted = if bit == 0 { on } else { format!("{on} >> {bit}") };
                format!("if {shifted} & 1 == 1 {{ Some({value}) }} else {{ None }}")
            }
            None => value,
        };
        let value = match step.since {
            Some((since, _)) if step.when.is_some() => {
                format!("if version >= {since} {{ {value} }} else {{ None }}")
            }
            Some((since, _)) => format!("if version >= {since} {{ {value} }} else {{ {stand_in} }}"),
            None => value,
        };
        vec![format!("let {} = {value};", local(name))]
    }

    fn read_expression(&self, what: &What<'_>) -> String {
        let most = |max: Option<u64>| max.map_or("u64::MAX".into(), |max| types::grouped(max.into()));
        match what {
            What::Value { name, ty, varint, max } => self.read_value(name, ty, *varint, *max),
            What::Sized { name, is_text, len, max } => {
                let length = self.read_length(name, *len, &most(*max), 1);
                match is_text {
                    true => format!("{{ {length} r.text({name:?}, length)?.to_owned() }}"),
                    false => {
                        format!("{{ {length} bytes::Bytes::copy_from_slice(r.take({name:?}, length)?) }}")
                    }
                }
            }
            What::Counted { name, of, count: Length::Rest, max } => format!(
                "{{ let mut items = Vec::new(); while !r.is_empty() {{ \
                 at_most({name:?}, items.len() as u64 + 1, {})?; items.push({}); }} items }}",
                most(*max),
                self.read_value(name, of, false, None)
            ),
            What::Counted { name, of, count, max } => {
                let length = self.read_length(name, *count, &most(*max), model::width(self.api, of));
                let item = self.read_value(name, of, false, None);
                format!(
                    "{{ {length} let mut items = Vec::with_capacity(length); \
                     for _ in 0..length {{ items.push({item}); }} items }}"
                )
            }
            _ => String::new(),
        }
    }

    fn read_length(&self, name: &str, form: Length, most: &str, width: usize) -> String {
        match form {
            Length::Rest => format!("let length = r.remaining({name:?}, {most})?;"),
            Length::Varint => {
                format!(
                    "let length = r.varint({name:?})?; let length = r.length({name:?}, length, {most}, {width})?;"
                )
            }
            Length::Int(int) => format!(
                "let length = u64::from(r.{}({name:?})?); let length = r.length({name:?}, length, {most}, {width})?;",
                self.method(int)
            ),
        }
    }

    fn read_value(&self, name: &str, ty: &Type, varint: bool, max: Option<u64>) -> String {
        let number = match model::carrier(self.api, ty) {
            Some(Int::U64) if varint => format!("r.varint({name:?})?"),
            Some(int) if varint => format!("narrow::<{}>({name:?}, r.varint({name:?})?)?", int.key()),
            Some(int) => format!("r.{}({name:?})?", self.method(int)),
            None => String::new(),
        };
        let number = match max {
            Some(max) => format!("at_most({name:?}, {number}, {})?", types::grouped(max.into())),
            None => number,
        };
        let base = self.api.base(ty);
        let value = match base {
            Type::Layout(at) => {
                let name_of = types::owned(self.api, base);
                match self.api.wire(*at).size {
                    Some(size) => format!("{name_of}::read(&mut Reader::new(r.take({name:?}, {size})?))?"),
                    None => format!("{name_of}::read(r)?"),
                }
            }
            Type::Bool => format!("r.bool({name:?})?"),
            Type::F64 => format!("r.f64_{}({name:?})?", self.end),
            Type::FixedBytes(_) => format!("r.array({name:?})?"),
            Type::Enum(_) => {
                format!("known({name:?}, {}::from_tag({number}))?", types::owned(self.api, base))
            }
            Type::Flags(at) if self.api.flags(*at).open => {
                format!("{}::from_bits_retain({number})", types::owned(self.api, base))
            }
            Type::Flags(_) => format!("known_bits({name:?}, {})?", self.known_flags(base, &number)),
            Type::Duration(unit) => format!("std::time::Duration::{}({number})", from_unit(*unit)),
            Type::Instant(_) => format!("crate::Timestamp({number})"),
            Type::Date => format!("crate::Date({number})"),
            _ => number,
        };
        wrapped(self.api, ty, value)
    }

    fn read_bits(&self, name: &str, int: Int, parts: &[Part<'_>]) -> Vec<String> {
        let field = local(name);
        let mut lines = vec![format!("let {field} = u64::from(r.{}({name:?})?);", self.method(int))];
        for part in parts {
            let Some(member) = &part.member else { continue };
            let member = local(member);
            let bits = if part.low == 0 { field.clone() } else { format!("({field} >> {})", part.low) };
            lines.push(match part.width {
                1 => format!("let {member} = {bits} & 1 == 1;"),
                64 => format!("let {member} = {bits};"),
                width => {
                    let int = [8, 16, 32, 64].into_iter().find(|int| *int >= width).unwrap_or(64);
                    format!("let {member} = ({bits} & {:#x}) as u{int};", (1u128 << width) - 1)
                }
            });
        }
        lines
    }

    fn parse(&self, name: &str, ty: &Type, padded: Option<usize>, until: Option<&str>) -> String {
        let text = match until {
            Some(until) => format!("r.until({name:?}, {until:?})?"),
            None => format!("r.remainder({name:?})?"),
        };
        let base = self.api.base(ty);
        let number = match padded {
            Some(width) => format!("hex({name:?}, {text}, {width})?"),
            None => format!("decimal({name:?}, {text})?"),
        };
        let value = match base {
            Type::String => format!("{text}.to_owned()"),
            Type::Duration(unit) => format!("std::time::Duration::{}({number})", from_unit(*unit)),
            Type::Instant(_) => format!("crate::Timestamp({number})"),
            Type::Date => format!("crate::Date({number})"),
            _ => number,
        };
        format!("let {} = {};", local(name), wrapped(self.api, ty, value))
    }
}
