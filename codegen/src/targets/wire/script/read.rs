//! Lines of decoders.

use super::{Context, Script};
use crate::case::pascal;
use crate::ir::{Int, Literal, Type};
use crate::targets::wire::model::{self, Part, Step, What};

impl Context<'_> {
    pub(super) fn read_step(&self, step: &Step<'_>, uses_version: bool) -> Vec<String> {
        let at = step.at.map(|at| self.call(&format!("r.seek({at})")));
        let lines = match &step.what {
            What::Size(size) => vec![self.call(&format!("r.exactly({size})"))],
            What::Magic(magic) => vec![self.call(&format!("r.magic({})", self.bytes(magic)))],
            What::Version(newest) if uses_version => {
                vec![self.assign("version", &format!("r.version({newest})"))]
            }
            What::Version(newest) => vec![self.call(&format!("r.version({newest})"))],
            What::Tag { name, int, varint, choice } => {
                let number = match varint {
                    true => format!(
                        "r.{}({}, {})",
                        self.script.function("varint_of"),
                        self.quoted(name),
                        self.quoted("u32")
                    ),
                    false => format!("r.{}({})", self.method(*int), self.quoted(name)),
                };
                let value = match self.script {
                    Script::Ts => {
                        format!(
                            "textOf({}, {}, {number})",
                            self.quoted(name),
                            self.script.choice_table(choice)
                        )
                    }
                    Script::Python => number,
                };
                vec![self.assign(&self.variable(name, &Type::Bool), &value)]
            }
            What::Choice(choice) => {
                let on = self.variable(choice.on, &Type::Bool);
                let value = match self.script {
                    Script::Ts => format!("read{}(r, {on})", pascal(&choice.ty)),
                    Script::Python => format!(
                        "k.read_arm(r, {}, {}, {on})",
                        self.quoted(choice.on),
                        self.script.choice_table(choice)
                    ),
                };
                vec![self.assign(&self.variable(choice.name, &Type::Bool), &value)]
            }
            What::Mark(name) => vec![self.assign(&self.mark(name), "r.position")],
            What::Sum { name, int, hash } => {
                let call = format!(
                    "r.sum({}, {}, {}, {})",
                    self.quoted(name),
                    self.quoted(hash),
                    self.mark(name),
                    self.quoted(&self.method(*int))
                );
                vec![self.call(&call)]
            }
            What::AtMost { max, written: false } => {
                vec![self.call(&format!(
                    "r.length({}, {}, {max}, 1)",
                    self.quoted("size"),
                    self.quoted("rest")
                ))]
            }
            What::AtMost { .. } => Vec::new(),
            What::Trailing => vec![self.assign("trailing", "r.rest()")],
            What::Literal(text) => vec![self.call(&format!("r.literal({})", self.quoted(text)))],
            What::Print { name, ty, padded, until } => vec![self.parse(name, ty, *padded, *until)],
            What::Bits { name, int, parts } => self.read_bits(name, *int, parts),
            What::Value { name, ty, varint, max } => {
                self.read_member(step, name, ty, &self.read_value(name, ty, *varint, *max))
            }
            What::Sized { name, is_text, len, max } => {
                let method = if *is_text { "text" } else { "sized" };
                let call =
                    format!("r.{method}({}, {}, {})", self.quoted(name), self.form(*len), self.most(*max));
                let ty = if *is_text { Type::String } else { Type::Bytes };
                self.read_member(step, name, &ty, &call)
            }
            What::Counted { name, of, count, max } => {
                let item = self.read_value(name, of, false, None);
                let item = match self.script {
                    Script::Ts => format!("() => {item}"),
                    Script::Python => format!("lambda: {item}"),
                };
                let width = model::width(self.api, of);
                let (field, form) = (self.quoted(name), self.form(*count));
                let call = format!("r.items({field}, {form}, {}, {width}, {item})", self.most(*max));
                self.read_member(step, name, &Type::List(Box::new((*of).clone())), &call)
            }
        };
        at.into_iter().chain(lines).collect()
    }

    fn read_member(&self, step: &Step<'_>, name: &str, ty: &Type, value: &str) -> Vec<String> {
        let variable = self.variable(name, ty);
        let newer = step.since.map(|(since, _)| format!("version >= {since}"));
        let there = step.when.map(|(on, bit)| format!("bit({}, {bit})", self.variable(on, &Type::Bool)));
        let conditions: Vec<_> = newer.into_iter().chain(there).collect();
        if conditions.is_empty() {
            return vec![self.assign(&variable, value)];
        }
        let (stand_in, annotated) = match (step.when, step.since) {
            (Some(_), _) => (self.none().to_owned(), self.ty(&Type::Optional(Box::new(ty.clone())))),
            (None, Some((_, Some(default)))) => (self.default(default, ty), self.ty(ty)),
            (None, _) => (self.empty(ty), self.ty(ty)),
        };
        let joint = if self.script == Script::Ts { " && " } else { " and " };
        let first = match self.script {
            Script::Ts => format!("let {variable}: {annotated} = {stand_in};"),
            Script::Python => format!("{variable}: {annotated} = {stand_in}"),
        };
        let then = self.call(&format!("{variable} = {value}"));
        std::iter::once(first).chain(self.under(&conditions.join(joint), vec![then])).collect()
    }

    fn none(&self) -> &'static str {
        if self.script == Script::Ts { "null" } else { "None" }
    }

    pub(super) fn truth(&self, truth: bool) -> &'static str {
        match (self.script, truth) {
            (Script::Ts, true) => "true",
            (Script::Ts, false) => "false",
            (Script::Python, true) => "True",
            (Script::Python, false) => "False",
        }
    }

    fn empty(&self, ty: &Type) -> String {
        match (self.api.base(ty), self.script) {
            (Type::List(_), _) => "[]".into(),
            (Type::String, _) => self.quoted(""),
            (_, Script::Ts) => "new Uint8Array(0)".into(),
            (_, Script::Python) => "b\"\"".into(),
        }
    }

    fn default(&self, default: &Literal, ty: &Type) -> String {
        match (default, self.api.base(ty)) {
            (Literal::Bool(value), _) => self.truth(*value).to_owned(),
            (Literal::Float(value), _) => format!("{value:?}"),
            (Literal::EnumValue(position), Type::Enum(at)) => {
                let value = &self.api.enumeration(*at).values[*position];
                if self.api.enumeration(*at).numeric {
                    value.tag.to_string()
                } else {
                    self.quoted(&value.text)
                }
            }
            (Literal::FlagBits(positions), Type::Flags(at)) => {
                let flags = self.api.flags(*at);
                let texts: Vec<_> = positions.iter().map(|p| self.quoted(&flags.bits[*p].text)).collect();
                format!("[{}]", texts.join(", "))
            }
            (Literal::Int(number), _) => {
                self.number(*number, model::carrier(self.api, ty).unwrap_or(Int::U64))
            }
            _ => self.none().to_owned(),
        }
    }

    fn read_value(&self, name: &str, ty: &Type, varint: bool, max: Option<u64>) -> String {
        let field = self.quoted(name);
        let int = model::carrier(self.api, ty).unwrap_or(Int::U64);
        let most = max.map(|max| format!(", {}", self.number(max.into(), int))).unwrap_or_default();
        let number = match (varint, int.bits()) {
            (true, 64) => format!("r.varint({field}{most})"),
            (true, _) => {
                format!("r.{}({field}, {}{most})", self.script.function("varint_of"), self.quoted(int.key()))
            }
            _ => format!("r.{}({field}{most})", self.method(int)),
        };
        match self.api.base(ty) {
            Type::Layout(at) => {
                let read = self.script.part("read", self.api, *at);
                match model::part_size(self.api, ty) {
                    Some(size) => format!("r.part({field}, {size}, {read})"),
                    None => format!("{read}(r)"),
                }
            }
            Type::Bool => format!("r.truth({field})"),
            Type::F64 => format!("r.f64{}({field})", self.end),
            Type::FixedBytes(width) => format!("r.take({field}, {width})"),
            Type::Enum(at) => {
                let item = self.api.enumeration(*at);
                let function = match (item.numeric, item.open) {
                    (true, true) => return number,
                    (true, false) => "one_of",
                    (false, true) => "open_text_of",
                    (false, false) => "text_of",
                };
                let function = self.script.function(function);
                format!("{function}({field}, {}, {number})", self.script.table(self.api, ty))
            }
            Type::Flags(at) => {
                let function = self.script.function("flags_of");
                let empty = self.truth(self.api.flags(*at).empty);
                format!("{function}({field}, {}, {number}, {empty})", self.script.table(self.api, ty))
            }
            _ => number,
        }
    }

    fn read_bits(&self, name: &str, int: Int, parts: &[Part<'_>]) -> Vec<String> {
        let variable = self.variable(name, &Type::Bool);
        let number = format!("r.{}({})", self.method(int), self.quoted(name));
        let mut lines = vec![self.assign(&variable, &number)];
        for part in parts {
            let Some(member) = &part.member else { continue };
            let value = match part.width {
                1 => format!("bit({variable}, {})", part.low),
                width => format!("bits({variable}, {}, {width})", part.low),
            };
            lines.push(self.assign(&self.variable(member, &Type::Bool), &value));
        }
        lines
    }

    fn parse(&self, name: &str, ty: &Type, padded: Option<usize>, until: Option<&str>) -> String {
        let field = self.quoted(name);
        let text = match until {
            Some(until) => format!("r.until({field}, {})", self.quoted(until)),
            None => format!("r.remainder({field})"),
        };
        let int = model::carrier(self.api, ty);
        let wide = int.is_some_and(|int| int.bits() == 64) || self.script == Script::Python;
        let narrow = |value: String| if wide { value } else { format!("Number({value})") };
        let value = match (int, padded) {
            (None, _) => text,
            (Some(int), Some(width)) => {
                narrow(format!("r.hex({field}, {text}, {width}, {})", self.quoted(int.key())))
            }
            (Some(int), None) => narrow(format!("r.decimal({field}, {text}, {})", self.quoted(int.key()))),
        };
        self.assign(&self.variable(name, ty), &value)
    }
}
