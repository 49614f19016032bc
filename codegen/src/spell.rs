//! Types, values and templates in the spelling of the spec.

use crate::ir::{Api, Arg, At, Field, Length, Literal, Piece, Template, Type, Unit};

/// A module, as the place from which names are written.
#[derive(Clone, Copy)]
pub(crate) struct Spelling<'a> {
    pub api: &'a Api,
    /// Position of the module.
    pub module: usize,
}

impl Spelling<'_> {
    /// A type.
    pub(crate) fn ty(self, ty: &Type) -> String {
        let api = self.api;
        match ty {
            Type::Bool => "bool".into(),
            Type::Int(int) => int.key().into(),
            Type::F64 => "f64".into(),
            Type::String => "string".into(),
            Type::Bytes => "bytes".into(),
            Type::FixedBytes(width) => format!("bytes<{width}>"),
            Type::Duration(unit) => format!("duration<{}>", key(*unit)),
            Type::Instant(unit) => format!("instant<{}>", key(*unit)),
            Type::Date => "date".into(),
            Type::Size => "size<bytes>".into(),
            Type::Json(variable) => format!("json<{variable}>"),
            Type::Error => "error".into(),
            Type::List(of) => format!("list<{}>", self.ty(of)),
            Type::Map(of) => format!("map<string,{}>", self.ty(of)),
            Type::Stream(of) => format!("stream<{}>", self.ty(of)),
            Type::SelfType => "self".into(),
            Type::Optional(of) => format!("{}?", self.ty(of)),
            Type::Scalar(at) => self.path(*at, &api.scalar(*at).name.spec),
            Type::Enum(at) => self.path(*at, &api.enumeration(*at).name.spec),
            Type::Flags(at) => self.path(*at, &api.flags(*at).name.spec),
            Type::Record(at) => self.path(*at, &api.record(*at).name.spec),
            Type::Union(at) => self.path(*at, &api.union(*at).name.spec),
            Type::Object(at, bound) => self.path(*at, &api.object(*at).name.spec) + &bindings(bound),
            Type::Host(at, bound) => {
                format!("host {}{}", self.path(*at, &api.host(*at).name.spec), bindings(bound))
            }
            Type::Constant(text) => format!("'{text}'"),
            Type::Layout(at) | Type::Choice(at, _) => self.path(*at, &api.wire(*at).name),
        }
    }

    /// The type of a field.
    pub(crate) fn field(self, field: &Field) -> String {
        self.maybe_variadic(&field.ty, field.variadic)
    }

    /// The type of an argument.
    pub(crate) fn argument(self, arg: &Arg) -> String {
        let borrow = if arg.borrowed { "&" } else { "" };
        format!("{borrow}{}", self.maybe_variadic(&arg.ty, arg.variadic))
    }

    /// The name of an item: bare in its own module, and in `base`.
    pub(crate) fn path(self, at: At, name: &str) -> String {
        let module = &self.api.modules[at.module].name;
        if at.module == self.module || module == "base" {
            name.to_owned()
        } else {
            format!("{module}.{name}")
        }
    }

    /// A value of a type.
    pub(crate) fn literal(self, value: &Literal, ty: &Type) -> String {
        let api = self.api;
        match (value, api.base(ty.split_optional().0)) {
            (Literal::Bool(value), _) => value.to_string(),
            (Literal::Int(value), _) => grouped(*value),
            (Literal::Float(value), _) => format!("{value:?}"),
            (Literal::Text(text), _) => quoted(text),
            (Literal::EnumValue(position), Type::Enum(at)) => {
                api.enumeration(*at).values[*position].name.clone()
            }
            (Literal::UnionCase(position), Type::Union(at)) => api.union(*at).cases[*position].name.clone(),
            (Literal::FlagBits(bits), Type::Flags(at)) => {
                let names: Vec<_> = bits.iter().map(|bit| api.flags(*at).bits[*bit].name.as_str()).collect();
                format!("[{}]", names.join(", "))
            }
            (Literal::List(values), Type::List(of)) => {
                let values: Vec<_> = values.iter().map(|value| self.literal(value, of)).collect();
                format!("[{}]", values.join(", "))
            }
            _ => "{}".into(),
        }
    }

    fn maybe_variadic(self, ty: &Type, variadic: bool) -> String {
        match ty {
            Type::List(of) if variadic => format!("...{}", self.ty(of)),
            ty => self.ty(ty),
        }
    }
}

/// A template as it is written.
pub(crate) fn template(template: &Template) -> String {
    pieces(&template.pieces)
}

/// A text in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// An integer with its digits in groups.
pub(crate) fn grouped(value: i128) -> String {
    crate::targets::rust::types::grouped(value)
}

/// Words for a unit.
pub(crate) fn unit(ty: &Type) -> &'static str {
    match ty {
        Type::Duration(unit) | Type::Instant(unit) => match unit {
            Unit::Ns => "ns",
            Unit::Us => "us",
            Unit::Ms => "ms",
            Unit::S => "s",
        },
        Type::Size => "bytes",
        Type::Date => "ms",
        _ => "",
    }
}

/// The form of a length.
pub(crate) fn length(length: Length) -> String {
    match length {
        Length::Int(int) => int.key().into(),
        Length::Varint => "varint".into(),
        Length::Rest => "rest".into(),
    }
}

fn pieces(all: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Value(name, None) => format!("{{{name}}}"),
        Piece::Value(name, Some((width, _))) => format!("{{{name}:0{width}x}}"),
        Piece::Group(inner) => format!("[{}]", pieces(inner)),
    };
    all.iter().map(text).collect()
}

fn key(unit: Unit) -> &'static str {
    match unit {
        Unit::Ns => "ns",
        Unit::Us => "us",
        Unit::Ms => "ms",
        Unit::S => "s",
    }
}

fn bindings(bound: &[String]) -> String {
    if bound.is_empty() { String::new() } else { format!("<{}>", bound.join(",")) }
}
