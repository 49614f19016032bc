//! Lines of encoders.

use super::{Context, Script};
use crate::case::pascal;
use crate::ir::{Int, Type};
use crate::targets::wire::model::{self, Part, Step, What};

impl Context<'_> {
    pub(super) fn write_step(&self, step: &Step<'_>) -> Vec<String> {
        let at = step.at.map(|at| self.call(&format!("w.seek({at})")));
        let lines = match &step.what {
            What::Size(_) => Vec::new(),
            What::Magic(magic) => vec![self.call(&format!("w.put({})", self.bytes(magic)))],
            What::Version(version) => {
                vec![self.call(&format!("w.u8({}, {version})", self.quoted("version")))]
            }
            What::Tag { name, int, varint, choice } => vec![self.write_tag(name, *int, *varint, choice)],
            What::Choice(choice) => {
                let value = format!("value.{}", self.public(choice.name, &Type::Bool));
                vec![self.call(&match self.script {
                    Script::Ts => format!("write{}(w, {value})", pascal(&choice.ty)),
                    Script::Python => format!(
                        "k.write_arm(w, {}, {}, {value})",
                        self.quoted(choice.name),
                        self.script.choice_table(choice)
                    ),
                })]
            }
            What::Mark(name) => vec![self.assign(&self.mark(name), "w.position")],
            What::Sum { name, int, hash } => {
                let call = format!(
                    "w.sum({}, {}, {}, {})",
                    self.quoted(name),
                    self.quoted(hash),
                    self.mark(name),
                    self.quoted(&self.method(*int))
                );
                vec![self.call(&call)]
            }
            What::AtMost { max, written: true } => {
                vec![self.call(&format!(
                    "k.{}({}, w.position, {max})",
                    self.script.function("at_most"),
                    self.quoted("size")
                ))]
            }
            What::AtMost { .. } => Vec::new(),
            What::Trailing => vec![self.call("w.put(value.trailing)")],
            What::Literal(text) => vec![self.call(&format!("w.literal({})", self.quoted(text)))],
            What::Print { name, ty, padded, .. } => vec![self.print(name, ty, *padded)],
            What::Bits { name, int, parts } => self.write_bits(name, *int, parts),
            What::Value { name, ty, varint, max } => {
                self.write_member(step, name, ty, |place| self.write_value(name, ty, place, *varint, *max))
            }
            What::Sized { name, is_text, len, max } => {
                let method = if *is_text { "text" } else { "sized" };
                self.write_member(step, name, &Type::Bool, |place| {
                    format!(
                        "w.{method}({}, {place}, {}, {})",
                        self.quoted(name),
                        self.form(*len),
                        self.most(*max)
                    )
                })
            }
            What::Counted { name, of, count, max } => self.write_member(step, name, &Type::Bool, |place| {
                let item = self.write_value(name, of, "item", false, None);
                let item = match self.script {
                    Script::Ts => format!("(item) => {item}"),
                    Script::Python => format!("lambda item: {item}"),
                };
                let (name, form) = (self.quoted(name), self.form(*count));
                format!("w.items({name}, {place}, {form}, {}, {item})", self.most(*max))
            }),
        };
        at.into_iter().chain(lines).collect()
    }

    fn write_member(
        &self,
        step: &Step<'_>,
        name: &str,
        ty: &Type,
        write: impl Fn(&str) -> String,
    ) -> Vec<String> {
        let place = format!("value.{}", self.public(name, ty));
        let line = self.call(&write(&place));
        match step.when {
            Some(_) => self.under(&self.there(&place), vec![line]),
            None => vec![line],
        }
    }

    fn write_value(&self, name: &str, ty: &Type, value: &str, varint: bool, max: Option<u64>) -> String {
        let field = self.quoted(name);
        let number = match self.api.base(ty) {
            Type::Layout(at) => {
                let write = self.script.part("write", self.api, *at);
                return match model::part_size(self.api, ty) {
                    Some(_) => format!("w.part({value}, {write})"),
                    None => format!("{write}(w, {value})"),
                };
            }
            Type::Bool => return format!("w.truth({field}, {value})"),
            Type::F64 => return format!("w.f64{}({field}, {value})", self.end),
            Type::FixedBytes(width) => return format!("w.exact({field}, {value}, {width})"),
            Type::Enum(at) => {
                let item = self.api.enumeration(*at);
                let function = match (item.numeric, item.open) {
                    (true, true) => None,
                    (true, false) => Some("one_of"),
                    (false, true) => Some("open_tag_of"),
                    (false, false) => Some("tag_of"),
                };
                match function {
                    None => value.to_owned(),
                    Some(function) => {
                        let function = self.script.function(function);
                        format!("k.{function}({field}, {}, {value})", self.script.table(self.api, ty))
                    }
                }
            }
            Type::Flags(at) => {
                let function = self.script.function("bits_of");
                let empty = self.truth(self.api.flags(*at).empty);
                format!("k.{function}({field}, {}, {value}, {empty})", self.script.table(self.api, ty))
            }
            _ => value.to_owned(),
        };
        let int = model::carrier(self.api, ty).unwrap_or(Int::U64);
        let most = max.map(|max| format!(", {}", self.number(max.into(), int))).unwrap_or_default();
        match (varint, int.bits()) {
            (true, 64) => format!("w.varint({field}, {number}{most})"),
            (true, _) => {
                format!(
                    "w.{}({field}, {number}, {}{most})",
                    self.script.function("varint_of"),
                    self.quoted(int.key())
                )
            }
            _ => format!("w.{}({field}, {number}{most})", self.method(int)),
        }
    }

    fn write_bits(&self, name: &str, int: Int, parts: &[Part<'_>]) -> Vec<String> {
        let variable = self.variable(name, &Type::Bool);
        let new = if self.script == Script::Ts { "new k.Parts()" } else { "k.Parts()" };
        let mut lines = vec![self.assign(&variable, new)];
        for part in parts {
            let (label, value) = match (&part.member, part.presence.as_slice()) {
                (Some(member), _) => (member.clone(), format!("value.{}", self.public(member, &Type::Bool))),
                (None, fields) => {
                    let there = |name: &str| self.there(&format!("value.{}", self.public(name, &Type::Bool)));
                    for other in &fields[1..] {
                        let (one, two) = (there(other), there(fields[0]));
                        lines.push(self.call(&format!("k.together({}, {one}, {two})", self.quoted(other))));
                    }
                    (fields[0].to_owned(), there(fields[0]))
                }
            };
            lines.push(self.call(&format!(
                "{variable}.put({}, {value}, {})",
                self.quoted(&label),
                part.width
            )));
        }
        lines.push(self.call(&format!("w.{}({}, {variable}.bits)", self.method(int), self.quoted(name))));
        lines
    }

    fn write_tag(&self, name: &str, int: Int, varint: bool, choice: &model::Choice<'_>) -> String {
        let value = format!("value.{}", self.public(choice.name, &Type::Bool));
        let (field, table) = (self.quoted(choice.name), self.script.choice_table(choice));
        let tag = match self.script {
            Script::Ts => format!("k.tagOf({field}, {table}, {value}.layout)"),
            Script::Python => format!("k.arm_tag({field}, {table}, {value})"),
        };
        let name = self.quoted(name);
        self.call(&match varint {
            true => format!("w.{}({name}, {tag}, {})", self.script.function("varint_of"), self.quoted("u32")),
            false => format!("w.{}({name}, {tag})", self.method(int)),
        })
    }

    fn print(&self, name: &str, ty: &Type, padded: Option<usize>) -> String {
        let (field, value) = (self.quoted(name), format!("value.{}", self.public(name, ty)));
        let call = match (model::carrier(self.api, ty), padded) {
            (None, _) => format!("w.literal({value})"),
            (Some(int), Some(width)) => {
                format!("w.hex({field}, {value}, {width}, {})", self.quoted(int.key()))
            }
            (Some(int), None) => format!("w.decimal({field}, {value}, {})", self.quoted(int.key())),
        };
        self.call(&call)
    }
}
