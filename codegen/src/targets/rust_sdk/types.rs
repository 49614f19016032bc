//! How types and results are written in the Rust SDK, seen from one module of it.

use super::names;
use crate::ir::{Api, At, Type};

/// The place from which names are written: a module of the interface, and an object there.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub api: &'a Api,
    /// Position of the module.
    pub module: usize,
    /// The object that is `Self`.
    pub owner: Option<At>,
}

impl Scope<'_> {
    /// A type that owns what it holds.
    pub(crate) fn owned(self, ty: &Type) -> String {
        let api = self.api;
        match ty {
            Type::Bool => "bool".into(),
            Type::Int(int) => int.key().into(),
            Type::F64 => "f64".into(),
            Type::String | Type::Constant(_) => "String".into(),
            Type::Json(variable) => names::variable(variable),
            Type::Bytes => "Bytes".into(),
            Type::FixedBytes(width) => format!("[u8; {width}]"),
            Type::Duration(_) => "Duration".into(),
            Type::Instant(unit) => {
                format!("Timestamp<{}>", crate::targets::rust::types::nanos(*unit))
            }
            Type::Date => "Date".into(),
            Type::Size => "u64".into(),
            Type::Error => "Error".into(),
            Type::List(inner) => format!("Vec<{}>", self.owned(inner)),
            Type::Map(inner) => format!("BTreeMap<String, {}>", self.owned(inner)),
            Type::Stream(inner) => format!("Stream<{}>", self.owned(inner)),
            Type::Optional(inner) => format!("Option<{}>", self.owned(inner)),
            Type::SelfType => "&Self".into(),
            Type::Scalar(at) => self.path(*at, &api.scalar(*at).name.spec),
            Type::Enum(at) => self.path(*at, &api.enumeration(*at).name.spec),
            Type::Flags(at) => self.path(*at, &api.flags(*at).name.spec),
            Type::Record(at) => self.path(*at, &api.record(*at).name.spec),
            Type::Union(at) => self.path(*at, &api.union(*at).name.spec),
            Type::Host(at, _) => self.path(*at, &api.host(*at).name.spec),
            Type::Object(at, bound) if self.owner == Some(*at) && api.object(*at).generic == *bound => {
                "Self".into()
            }
            Type::Object(at, bound) => self.path(*at, &api.object(*at).name.spec) + &variables(bound),
            Type::Layout(at) | Type::Choice(at, _) => self.path(*at, &api.part_name(ty)),
        }
    }

    /// The name of an item: bare in its own module, with its module elsewhere.
    pub(crate) fn path(self, at: At, name: &str) -> String {
        let name = names::ty(name);
        if at.module == self.module {
            name
        } else {
            format!("crate::{}::{name}", self.api.modules[at.module].name)
        }
    }

    /// Whether a result of the core is handed out as it is.
    pub(crate) fn is_plain(self, ty: &Type) -> bool {
        match ty {
            Type::Json(_) | Type::Stream(_) | Type::Object(..) | Type::SelfType => false,
            Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => self.is_plain(inner),
            other => !self.api.has_handles(other),
        }
    }

    /// The expression of type `Result<_, Error>` for a result of the core, which `value` names.
    pub(crate) fn handed_out(self, ty: &Type, value: &str) -> String {
        match ty {
            Type::Json(_) => format!("json::decode(&{value})"),
            Type::Optional(inner) if self.is_fallible(inner) => {
                format!("{value}.map(|value| {}).transpose()", self.handed_out(inner, "value"))
            }
            Type::List(inner) if self.is_fallible(inner) => {
                format!("{value}.into_iter().map(|value| {}).collect()", self.handed_out(inner, "value"))
            }
            Type::Optional(inner) => format!("Ok({value}.map({}))", self.wrapper(inner)),
            Type::List(inner) => format!("Ok({value}.into_iter().map({}).collect())", self.wrapper(inner)),
            Type::Object(..) | Type::Record(_) => format!("Ok({}({value}))", self.wrapper(ty)),
            Type::Stream(of) => format!("Ok(Stream::from_core({value}, {}))", taken(of)),
            _ => format!("Ok({value})"),
        }
    }

    /// The function that makes what callers get from a result of the core that is an object or a stream.
    fn wrapper(self, ty: &Type) -> String {
        match ty {
            Type::Object(at, _) if self.owner == Some(*at) => "Self::from_core".into(),
            Type::Object(at, _) => format!("{}::from_core", self.path(*at, &self.api.object(*at).name.spec)),
            Type::Record(at) => format!("{}::from_core", self.path(*at, &self.api.record(*at).name.spec)),
            Type::Stream(of) => format!("|value| Stream::from_core(value, {})", taken(of)),
            _ => "std::convert::identity".into(),
        }
    }

    /// The expression that makes what callers get from a part of a record of the core.
    pub(super) fn taken_out(self, ty: &Type, value: &str) -> String {
        match ty {
            Type::Stream(of) => format!("Stream::from_core({value}, {})", taken(of)),
            Type::SelfType => value.to_owned(),
            ty if !self.api.has_handles(ty) => value.to_owned(),
            Type::Object(..) | Type::Record(_) => format!("{}({value})", self.wrapper(ty)),
            ty => each(ty, value, &|of, value| self.taken_out(of, value)),
        }
    }

    /// The expression that makes a part of a record of the core from what callers give.
    pub(super) fn put_in(self, ty: &Type, value: &str) -> String {
        match ty {
            ty if !self.api.has_handles(ty) => value.to_owned(),
            Type::Object(..) => format!("{value}.inner"),
            Type::Record(_) => format!("{value}.into_core()"),
            ty => each(ty, value, &|of, value| self.put_in(of, value)),
        }
    }

    /// Whether there is a stream in a type, which cannot be cloned.
    pub(super) fn has_streams(self, ty: &Type) -> bool {
        match ty {
            Type::Stream(_) => true,
            Type::Object(at, _) => self.api.object(*at).iterates.is_some(),
            Type::List(of) | Type::Map(of) | Type::Optional(of) => self.has_streams(of),
            Type::Record(at) => self.api.record(*at).fields.iter().any(|field| self.has_streams(&field.ty)),
            _ => false,
        }
    }

    fn is_fallible(self, ty: &Type) -> bool {
        match ty {
            Type::Json(_) => true,
            Type::List(inner) | Type::Optional(inner) => self.is_fallible(inner),
            _ => false,
        }
    }
}

/// The expression that turns each value within a list, map or option.
fn each(ty: &Type, value: &str, turn: &dyn Fn(&Type, &str) -> String) -> String {
    let one = |of: &Type| match turn(of, "value") {
        turned if turned.ends_with("::from_core(value)") => turned.trim_end_matches("(value)").to_owned(),
        turned => format!("|value| {turned}"),
    };
    match ty {
        Type::Optional(of) => format!("{value}.map({})", one(of)),
        Type::List(of) => format!("{value}.into_iter().map({}).collect()", one(of)),
        Type::Map(of) => {
            format!("{value}.into_iter().map(|(key, value)| (key, {})).collect()", turn(of, "value"))
        }
        _ => value.to_owned(),
    }
}

/// The function that makes an item of a stream from what the core gives.
pub(crate) fn taken(item: &Type) -> &'static str {
    if matches!(item, Type::Json(_)) { "|text: String| json::decode(&text)" } else { "Ok" }
}

/// Type variables in angle brackets; nothing if there are none.
pub(crate) fn variables(bound: &[String]) -> String {
    if bound.is_empty() {
        return String::new();
    }
    let bound: Vec<_> = bound.iter().map(|name| names::variable(name)).collect();
    format!("<{}>", bound.join(", "))
}
