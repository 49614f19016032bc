//! The resolved interface: no text that needs parsing, ids instead of names, every default and offset worked out.
//!
//! Targets read this and nothing else. An item keeps its name in the spelling of the spec (`snake_case`); each
//! target's `names` derives its own spelling.

mod calls;
mod errors;
mod layouts;
mod metrics;
mod names;
mod records;
mod types;
mod values;

pub use crate::doc::{Abi, Endian, LayoutKind, MetricKind, RecordClass, State, Style, Thread};
pub use calls::{Arg, Held, Host, Member, Method, Object, Shape};
pub use errors::{ErrorField, Family, Kind, Piece, Template};
pub use layouts::{Length, Wire, WireField, WireForm};
pub use metrics::{Metric, Step};
pub use names::{Lang, Name};
pub use records::{Field, Record, View};
pub use types::{Const, Int, Literal, Type, Unit};
pub use values::{Bit, Case, Derive, DeriveHash, Enum, EnumValue, Flags, Scalar, TextForm, Union};

/// The whole interface.
#[derive(Debug)]
pub struct Api {
    /// Hash of everything but docs and examples, in hex.
    pub hash: String,
    /// Modules, each behind those that it uses; `base` is the first.
    pub modules: Vec<Module>,
    /// What each package exports where.
    pub packages: Vec<Package>,
    /// Version of the C ABI.
    pub abi: Abi,
    /// Where packages run, best known first.
    pub platforms: Vec<Platform>,
}

impl Api {
    /// The module of an item.
    pub fn module_of(&self, at: At) -> &Module {
        &self.modules[at.module]
    }

    /// An enum by id.
    pub fn enumeration(&self, at: At) -> &Enum {
        &self.modules[at.module].enums[at.index]
    }

    /// Flags by id.
    pub fn flags(&self, at: At) -> &Flags {
        &self.modules[at.module].flags[at.index]
    }

    /// A union by id.
    pub fn union(&self, at: At) -> &Union {
        &self.modules[at.module].unions[at.index]
    }

    /// A named base type by id.
    pub fn scalar(&self, at: At) -> &Scalar {
        &self.modules[at.module].scalars[at.index]
    }

    /// A record by id.
    pub fn record(&self, at: At) -> &Record {
        &self.modules[at.module].records[at.index]
    }

    /// A layout by id.
    pub fn wire(&self, at: At) -> &Wire {
        &self.modules[at.module].wires[at.index]
    }

    /// An object by id.
    pub fn object(&self, at: At) -> &Object {
        &self.modules[at.module].objects[at.index]
    }

    /// An interface of the host by id.
    pub fn host(&self, at: At) -> &Host {
        &self.modules[at.module].hosts[at.index]
    }

    /// An error family by id.
    pub fn family(&self, at: At) -> &Family {
        &self.modules[at.module].families[at.index]
    }

    /// Every error family with its id, in the order of their numbers.
    pub fn families(&self) -> Vec<(At, &Family)> {
        let mut all: Vec<_> = self
            .modules
            .iter()
            .enumerate()
            .flat_map(|(module, m)| {
                m.families.iter().enumerate().map(move |(index, f)| (At { module, index }, f))
            })
            .collect();
        all.sort_by_key(|(_, family)| family.id);
        all
    }

    /// Whether values of the type have objects or streams in them, which cross as handles.
    pub fn has_handles(&self, ty: &Type) -> bool {
        match ty {
            Type::Object(..) | Type::Stream(_) => true,
            Type::List(of) | Type::Map(of) | Type::Optional(of) => self.has_handles(of),
            Type::Record(at) => self.holds(self.record(*at)),
            _ => false,
        }
    }

    /// Whether a record has objects or streams in it.
    pub fn holds(&self, record: &Record) -> bool {
        record.fields.iter().any(|field| self.has_handles(&field.ty))
    }

    /// Whether values of the type have a field with a range, however deep; their types have a `check` in Rust, which every
    /// binding calls on an argument.
    pub fn has_range(&self, ty: &Type) -> bool {
        self.reaches_range(ty, &mut Vec::new())
    }

    /// Whether one of the fields has a range, or holds something with one.
    pub fn fields_have_range(&self, fields: &[Field]) -> bool {
        self.any_range(fields, &mut Vec::new())
    }

    fn any_range(&self, fields: &[Field], seen: &mut Vec<At>) -> bool {
        fields.iter().any(|field| field.has_range() || self.reaches_range(&field.ty, seen))
    }

    fn reaches_range(&self, ty: &Type, seen: &mut Vec<At>) -> bool {
        match ty {
            Type::Optional(of) | Type::List(of) | Type::Map(of) => self.reaches_range(of, seen),
            Type::Record(_) if self.has_handles(ty) => false,
            Type::Record(at) => self.any_range(&self.record(*at).fields, seen),
            Type::Union(at) if !seen.contains(at) => {
                seen.push(*at);
                // How deep a value may be nested is a range as well.
                self.union(*at).depth.is_some()
                    || self.union(*at).cases.iter().any(|case| self.any_range(&case.fields, seen))
            }
            _ => false,
        }
    }

    /// The objects in a record and in the records within it, each once, in the order of the fields.
    pub fn objects_in(&self, record: &Record) -> Vec<At> {
        fn visit(api: &Api, ty: &Type, found: &mut Vec<At>) {
            match ty {
                Type::Object(at, _) if !found.contains(at) => found.push(*at),
                Type::List(of) | Type::Map(of) | Type::Optional(of) => visit(api, of, found),
                Type::Record(at) => {
                    api.record(*at).fields.iter().for_each(|field| visit(api, &field.ty, found));
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        record.fields.iter().for_each(|field| visit(self, &field.ty, &mut found));
        found
    }

    /// The type that carries a named base type, else the type itself.
    pub fn base<'a>(&'a self, ty: &'a Type) -> &'a Type {
        match ty {
            Type::Scalar(at) => &self.scalar(*at).base,
            other => other,
        }
    }

    /// The name that an argument or field of this type gets: units are part of the type, so the name takes them on.
    ///
    /// `deadline` of `duration<ms>` becomes `deadline_ms`, of a count of bytes `.._bytes`; instants and dates keep theirs.
    pub fn unit_name(&self, name: &str, ty: &Type) -> String {
        match self.base(ty.split_optional().0) {
            Type::Duration(unit) => format!("{name}_{}", unit.suffix()),
            Type::Size => format!("{name}_bytes"),
            _ => name.to_owned(),
        }
    }
}

/// A module: one file of the spec.
#[derive(Debug)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Version that first had it.
    pub since: String,
    /// Cargo feature without which it answers `unsupported`; `conformance` keeps it out of shipped packages.
    pub feature: Option<String>,
    /// Whether the bindings' support implements its functions instead of the core.
    pub runtime: bool,
    /// Modules whose types it names, besides `base`.
    pub uses: Vec<String>,
    /// What it is for.
    pub doc: Doc,
    /// Constants.
    pub consts: Vec<Const>,
    /// Error families.
    pub families: Vec<Family>,
    /// Enums.
    pub enums: Vec<Enum>,
    /// Sets of bits.
    pub flags: Vec<Flags>,
    /// Unions.
    pub unions: Vec<Union>,
    /// Named base types.
    pub scalars: Vec<Scalar>,
    /// Records.
    pub records: Vec<Record>,
    /// Byte layouts.
    pub wires: Vec<Wire>,
    /// Objects.
    pub objects: Vec<Object>,
    /// Interfaces of the host.
    pub hosts: Vec<Host>,
    /// Functions.
    pub functions: Vec<Method>,
    /// Metrics.
    pub metrics: Vec<Metric>,
}

impl Module {
    /// Rust path of the type that implements the module's functions.
    pub fn functions_type(&self) -> &'static str {
        if self.runtime { "net_support::Functions" } else { "net_core::Functions" }
    }

    /// The functions that stand by themselves.
    pub fn plain_functions(&self) -> impl Iterator<Item = &Method> {
        self.functions.iter().filter(|method| method.member.is_none())
    }

    /// The methods of one of its records.
    pub fn methods_of<'a>(&'a self, record: &'a Record) -> impl Iterator<Item = &'a Method> {
        let is_of = |member: &Member| std::ptr::eq(&raw const self.records[member.record.index], record);
        self.functions.iter().filter(move |method| method.member.as_ref().is_some_and(is_of))
    }

    /// Whether it defines anything besides objects, interfaces of the host and functions.
    pub fn has_types(&self) -> bool {
        let is_without = self.consts.is_empty()
            && self.families.is_empty()
            && self.enums.is_empty()
            && self.flags.is_empty()
            && self.unions.is_empty()
            && self.scalars.is_empty()
            && self.records.is_empty();
        !is_without
    }
}

/// A text for people: the first sentence, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// The whole text, without surrounding blanks.
    pub text: String,
}

impl Doc {
    /// Its lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(str::trim_end)
    }
}

/// Where an item stands: the position of its module, and its own among the items of its kind there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct At {
    /// Position of the module.
    pub module: usize,
    /// Position among the items of its kind.
    pub index: usize,
}

/// A package.
#[derive(Debug)]
pub struct Package {
    /// Published name.
    pub name: String,
    /// Its language.
    pub language: Lang,
    /// Subpaths, and what they export, as written.
    pub paths: Vec<(String, Vec<String>)>,
    /// Whether it has an `aio` twin.
    pub aio: bool,
}

/// A platform that there are packages for.
#[derive(Debug, Clone)]
pub struct Platform {
    /// What packages call it: `linux-x64-gnu`.
    pub name: String,
    /// The rest of it.
    pub facts: crate::doc::Platform,
}
