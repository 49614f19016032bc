//! How types, values and codecs are written in TypeScript, seen from a module.

use super::names;
use crate::doc::RecordClass;
use crate::ir::{Api, At, Field, Int, Lang, Literal, TextForm, Type, Unit};
use std::cell::RefCell;

/// Which way a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the caller.
    In,
    /// To the caller.
    Out,
}

/// What a module's types look like from one of its files.
pub(crate) struct Scope<'a> {
    pub api: &'a Api,
    /// Position of the module.
    pub module: usize,
    /// Namespace before the module's own types, in files where they are imported.
    pub own: &'static str,
    /// Modules of which something was named.
    pub used: RefCell<Vec<usize>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(api: &'a Api, module: usize, own: &'static str) -> Self {
        Self { api, module, own, used: RefCell::default() }
    }

    /// The type of a value.
    pub(crate) fn ty(&self, ty: &Type, way: Way) -> String {
        let api = self.api;
        match ty {
            Type::Bool => "boolean".into(),
            Type::Int(Int::U64 | Int::I64) | Type::Size | Type::Instant(_) => match way {
                Way::In => "k.BigIntLike".into(),
                Way::Out => "bigint".into(),
            },
            Type::Int(_) | Type::F64 => "number".into(),
            Type::Duration(_) => match way {
                Way::In => "k.BigIntLike".into(),
                Way::Out => "number".into(),
            },
            Type::String => "string".into(),
            Type::Bytes | Type::FixedBytes(_) => match way {
                Way::In => "Uint8Array".into(),
                Way::Out => "Buffer".into(),
            },
            Type::Date => "Date".into(),
            Type::Json(variable) => names::capital(variable),
            Type::Error => "k.NetError".into(),
            Type::List(of) => {
                let of = self.ty(of, way);
                let item = if of.contains(" | ") { format!("({of})") } else { of };
                if way == Way::In { format!("readonly {item}[]") } else { format!("{item}[]") }
            }
            Type::Map(of) => match way {
                Way::In => format!("Readonly<Record<string, {} | undefined>>", self.ty(of, way)),
                Way::Out => format!("Record<string, {}>", self.ty(of, way)),
            },
            Type::Stream(of) => match way {
                Way::In => {
                    let of = self.ty(of, way);
                    format!("AsyncIterable<{of}> | Iterable<{of}>")
                }
                Way::Out => format!("k.NetStream<{}>", self.ty(of, way)),
            },
            Type::SelfType => "this".into(),
            Type::Optional(of) => {
                let of = self.ty(of, way);
                if way == Way::In { format!("{of} | null | undefined") } else { format!("{of} | null") }
            }
            Type::Scalar(at) => self.scalar(*at, way),
            Type::Enum(at) => {
                let item = api.enumeration(*at);
                let mut ty = self.path(at.module, &names::ty(&item.name));
                if way == Way::In {
                    let aliases = item.values.iter().flat_map(|value| &value.aliases);
                    ty.extend(aliases.map(|alias| format!(" | {}", names::text(alias))));
                }
                ty
            }
            Type::Flags(at) => {
                let name = self.path(at.module, &names::ty(&api.flags(*at).name));
                if way == Way::In { format!("readonly {name}[]") } else { format!("{name}[]") }
            }
            Type::Record(at) => {
                let record = api.record(*at);
                let suffix = self.record_suffix(*at, way);
                self.path(at.module, &format!("{}{suffix}", names::ty(&record.name)))
            }
            Type::Union(at) => {
                let name = format!("{}{}", names::ty(&api.union(*at).name), self.union_suffix(*at, way));
                self.path(at.module, &name)
            }
            Type::Object(at, bound) => {
                let name = self.path(at.module, &names::ty(&api.object(*at).name));
                match api.object(*at).accepted().filter(|_| way == Way::In) {
                    Some((_, arg)) => format!("{name} | {}", self.ty(&arg.ty, way)),
                    None => name + &parameters(bound),
                }
            }
            Type::Host(at, bound) => {
                let host = api.host(*at);
                let name = self.path(at.module, &names::ty(&host.name)) + &parameters(bound);
                match host.methods.first().filter(|_| host.callable) {
                    Some(method) => format!("{name} | {name}[{}]", names::text(&names::member(&method.name))),
                    None => name,
                }
            }
            Type::Constant(text) => names::text(text),
            Type::Layout(_) | Type::Choice(..) => crate::case::pascal(&api.part_name(ty)),
        }
    }

    /// What is left of a record's name where its two directions differ.
    pub(crate) fn record_suffix(&self, at: At, way: Way) -> &'static str {
        let record = self.api.record(at);
        // What is given as a plain object has no methods.
        if way == Way::In && self.has_methods(at) && record.class == Some(RecordClass::Options) {
            return "Input";
        }
        if !(record.is_input && record.is_output && self.record_differs(at)) {
            return "";
        }
        match (record.class, way) {
            (Some(RecordClass::Options), Way::Out) => "Output",
            (Some(RecordClass::Options), Way::In) | (_, Way::Out) => "",
            (_, Way::In) => "Input",
        }
    }

    /// Whether values of a record have methods.
    pub(crate) fn has_methods(&self, at: At) -> bool {
        let module = &self.api.modules[at.module];
        module.methods_of(&module.records[at.index]).any(|method| method.in_lang(Lang::Ts))
    }

    /// The same of a union's name.
    pub(crate) fn union_suffix(&self, at: At, way: Way) -> &'static str {
        if way == Way::In && self.union_differs(at) { "Input" } else { "" }
    }

    /// The codec of a type, and its name if it has to be declared.
    pub(crate) fn codec(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "k.boolean".into(),
            Type::Int(int) => format!("k.{}", int.key()),
            Type::F64 => "k.f64".into(),
            Type::Size | Type::Instant(_) => "k.u64".into(),
            Type::Duration(_) => "k.counter".into(),
            Type::Date => "k.date".into(),
            Type::String | Type::Constant(_) => "k.text".into(),
            Type::Bytes => "k.bytes".into(),
            Type::Error => "k.error".into(),
            Type::Json(_) => "k.anyJson".into(),
            Type::Scalar(at) => {
                let item = self.api.scalar(*at);
                if self.is_plain(*at) {
                    self.codec(&item.base)
                } else {
                    self.codec_path(at.module, &names::codec(&item.name))
                }
            }
            Type::Enum(at) => self.codec_path(at.module, &names::codec(&self.api.enumeration(*at).name)),
            Type::Flags(at) => self.codec_path(at.module, &names::codec(&self.api.flags(*at).name)),
            Type::Record(at) => self.codec_path(at.module, &names::codec(&self.api.record(*at).name)),
            Type::Union(at) => self.codec_path(at.module, &names::codec(&self.api.union(*at).name)),
            other => self.codec_path(self.module, &self.composite(other)),
        }
    }

    /// Whether a scalar crosses as its base does: no text stands for it.
    pub(crate) fn is_plain(&self, at: At) -> bool {
        let item = self.api.scalar(at);
        item.accept.is_empty() && item.out.is_none()
    }

    /// The name of the codec of a type that is made of others; the module that uses it declares it.
    pub(crate) fn composite(&self, ty: &Type) -> String {
        let of = |ty: &Type| capital_codec(self, ty);
        match ty {
            Type::FixedBytes(width) => format!("bytes{width}"),
            Type::List(inner) => format!("listOf{}", of(inner)),
            Type::Map(inner) => format!("mapOf{}", of(inner)),
            Type::Stream(inner) => format!("streamOf{}", of(inner)),
            Type::Optional(inner) => format!("optional{}", of(inner)),
            Type::Object(at, _) => format!("{}Handle", names::codec(&self.api.object(*at).name)),
            Type::Host(at, _) => format!("{}Host", names::codec(&self.api.host(*at).name)),
            _ => String::new(),
        }
    }

    /// The expression that declares such a codec, and the types that it is made of.
    pub(crate) fn declaration<'t>(&self, ty: &'t Type) -> Option<(String, Option<&'t Type>)> {
        Some(match ty {
            Type::FixedBytes(width) => (format!("k.binary<Buffer>({width}, [], undefined)"), None),
            Type::List(inner) => (format!("k.list({})", self.codec(inner)), Some(inner)),
            Type::Map(inner) => (format!("k.map({})", self.codec(inner)), Some(inner)),
            Type::Stream(inner) => (format!("k.streamOf({})", self.codec(inner)), Some(inner)),
            Type::Optional(inner) => (format!("k.optional({})", self.codec(inner)), Some(inner)),
            Type::Object(at, _) => {
                let class = self.path(at.module, &names::ty(&self.api.object(*at).name));
                (format!("k.handleOf(() => {class})"), None)
            }
            Type::Host(at, _) => {
                let spec = self.codec_path(at.module, &names::codec(&self.api.host(*at).name));
                (format!("k.hostOf({spec})"), None)
            }
            _ => return None,
        })
    }

    /// A value that the spec writes down.
    pub(crate) fn literal(&self, value: &Literal, ty: &Type) -> String {
        match (value, ty.split_optional().0) {
            (Literal::Bool(value), _) => value.to_string(),
            (Literal::Int(value), ty) => match self.api.base(ty) {
                Type::Int(Int::U64 | Int::I64) | Type::Size | Type::Instant(_) => format!("{value}n"),
                _ => value.to_string(),
            },
            (Literal::Float(value), _) => value.to_string(),
            (Literal::Text(value), _) => names::text(value),
            (Literal::EnumValue(position), Type::Enum(at)) => {
                let item = self.api.enumeration(*at);
                let value = &item.values[*position];
                if item.numeric { value.tag.to_string() } else { names::text(&value.text) }
            }
            (Literal::UnionCase(position), Type::Union(at)) => {
                let union = self.api.union(*at);
                format!("{{ {}: {} }}", member_key(&union.tag), names::text(&union.cases[*position].text))
            }
            (Literal::FlagBits(bits), Type::Flags(at)) => {
                let flags = self.api.flags(*at);
                let texts: Vec<_> = bits.iter().map(|bit| names::text(&flags.bits[*bit].text)).collect();
                format!("[{}]", texts.join(", "))
            }
            (Literal::List(values), Type::List(of)) => {
                let values: Vec<_> = values.iter().map(|value| self.literal(value, of)).collect();
                format!("[{}]", values.join(", "))
            }
            _ => "{}".into(),
        }
    }

    /// A name of another module, or of this one.
    pub(crate) fn path(&self, module: usize, name: &str) -> String {
        if module == self.module {
            return format!("{}{name}", self.own);
        }
        self.mark(module);
        format!("{}.{name}", names::module(&self.api.modules[module].name))
    }

    fn codec_path(&self, module: usize, name: &str) -> String {
        if module == self.module {
            return if self.own.is_empty() { format!("codec.{name}") } else { name.to_owned() };
        }
        self.mark(module);
        format!("{}.{name}", names::codecs(&self.api.modules[module].name))
    }

    fn mark(&self, module: usize) {
        let mut used = self.used.borrow_mut();
        if !used.contains(&module) {
            used.push(module);
        }
    }

    fn scalar(&self, at: At, way: Way) -> String {
        let item = self.api.scalar(at);
        let base = self.ty(&item.base, way);
        match way {
            Way::In if !item.accept.is_empty() => format!("{base} | string"),
            Way::Out if item.out.is_some() => "string".into(),
            _ => base,
        }
    }

    fn record_differs(&self, at: At) -> bool {
        let record = self.api.record(at);
        record.class == Some(RecordClass::Fields)
            || record.is_tuple_in(Lang::Ts)
            || record.fields.iter().any(|f| self.field_differs(f, &mut Vec::new()))
    }

    pub(crate) fn union_differs(&self, at: At) -> bool {
        self.differs(&Type::Union(at), &mut Vec::new())
    }

    pub(crate) fn field_differs(&self, field: &Field, seen: &mut Vec<At>) -> bool {
        field.may_be_left_out() || field.variadic || self.differs(&field.ty, seen)
    }

    /// Whether a type is written differently in its two directions, not counting `readonly`.
    fn differs(&self, ty: &Type, seen: &mut Vec<At>) -> bool {
        match ty {
            Type::Int(Int::U64 | Int::I64) | Type::Size | Type::Instant(_) | Type::Duration(_) => true,
            Type::Bytes | Type::FixedBytes(_) | Type::Stream(_) | Type::Host(..) | Type::Optional(_) => true,
            Type::List(of) | Type::Map(of) => self.differs(of, seen),
            Type::Scalar(at) => {
                let item = self.api.scalar(*at);
                item.out.is_some() || !item.accept.is_empty() || self.differs(&item.base, seen)
            }
            Type::Enum(at) => self.api.enumeration(*at).values.iter().any(|value| !value.aliases.is_empty()),
            Type::Object(at, _) => self.api.object(*at).accept.is_some(),
            Type::Record(at) => self.record_differs(*at),
            Type::Union(at) => {
                if seen.contains(at) {
                    return false;
                }
                seen.push(*at);
                let union = self.api.union(*at);
                union.bare
                    || union.cases.iter().flat_map(|case| &case.fields).any(|f| self.field_differs(f, seen))
            }
            _ => false,
        }
    }
}

/// The name of a union's tag as a member.
pub(crate) fn member_key(tag: &str) -> String {
    names::key(&crate::case::camel(tag))
}

/// The encoding of a text form.
pub(crate) fn encoding(form: TextForm) -> &'static str {
    match form {
        TextForm::Hex => "'hex'",
        TextForm::Base64 => "'base64'",
        TextForm::Utf8 => "'utf8'",
    }
}

/// Words for a unit.
pub(crate) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Ns => "nanoseconds",
        Unit::Us => "microseconds",
        Unit::Ms => "milliseconds",
        Unit::S => "seconds",
    }
}

/// Type parameters in angle brackets.
pub(crate) fn parameters(variables: &[String]) -> String {
    let names: Vec<_> = variables.iter().map(|variable| names::capital(variable)).collect();
    if names.is_empty() { String::new() } else { format!("<{}>", names.join(", ")) }
}

/// The codec of a type as part of the name of another.
fn capital_codec(scope: &Scope<'_>, ty: &Type) -> String {
    let name = scope.codec(ty);
    let bare = name.rsplit('.').next().unwrap_or_default();
    crate::case::capital(bare)
}
