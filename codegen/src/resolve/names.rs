//! The names of the spec: which item each stands for, seen from a module.

use super::types::{self, Expression, Item};
use crate::ir::{At, Int, Type};
use crate::load::Loaded;
use std::collections::HashMap;

/// Every name, by module.
#[derive(Debug, Default)]
pub(super) struct Index {
    modules: Vec<ModuleNames>,
}

#[derive(Debug, Default)]
struct ModuleNames {
    name: String,
    uses: Vec<String>,
    items: HashMap<String, Item>,
    families: HashMap<String, At>,
    wires: HashMap<String, At>,
    enum_values: Vec<Vec<String>>,
    union_cases: Vec<Vec<String>>,
    flag_bits: Vec<Vec<String>>,
    scalar_bases: Vec<Type>,
    enum_reprs: Vec<Option<Int>>,
    flag_reprs: Vec<Option<Int>>,
    kinds: Vec<Vec<String>>,
}

impl Index {
    /// Collects the names of modules that are already in their final order. Gives back names used twice: position of
    /// the module, path, message.
    pub(super) fn new(modules: &[&Loaded]) -> (Self, Vec<(usize, Vec<String>, String)>) {
        let mut index = Self::default();
        let mut clashes = Vec::new();
        for (module, loaded) in modules.iter().enumerate() {
            index.modules.push(ModuleNames::new(module, loaded, &mut clashes));
        }
        (index, clashes)
    }

    /// Parses a type that a module writes.
    pub(super) fn ty(&self, module: usize, text: &str) -> Result<Type, String> {
        types::ty(text, &|name| self.find(module, name))
    }

    /// Parses an argument or a field that a module writes.
    pub(super) fn expression(&self, module: usize, text: &str) -> Result<Expression, String> {
        types::expression(text, &|name| self.find(module, name))
    }

    /// What a name, with or without its module, stands for in a module.
    fn find(&self, module: usize, name: &str) -> Result<Item, String> {
        self.search(module, name, |names, name| names.items.get(name).copied(), "type")
    }

    /// The error family of a name.
    pub(super) fn family(&self, module: usize, name: &str) -> Result<At, String> {
        self.search(module, name, |names, name| names.families.get(name).copied(), "error family")
    }

    /// The layout of a name.
    pub(super) fn wire(&self, module: usize, name: &str) -> Result<At, String> {
        self.search(module, name, |names, name| names.wires.get(name).copied(), "layout")
    }

    /// Names of the values of an enum.
    pub(super) fn enum_values(&self, at: At) -> &[String] {
        &self.modules[at.module].enum_values[at.index]
    }

    /// Names of the cases of a union.
    pub(super) fn union_cases(&self, at: At) -> &[String] {
        &self.modules[at.module].union_cases[at.index]
    }

    /// Names of the bits of flags.
    pub(super) fn flag_bits(&self, at: At) -> &[String] {
        &self.modules[at.module].flag_bits[at.index]
    }

    /// Base type of a scalar.
    pub(super) fn scalar_base(&self, at: At) -> &Type {
        &self.modules[at.module].scalar_bases[at.index]
    }

    /// Position of a kind in an error family.
    pub(super) fn kind(&self, at: At, kind: &str) -> Option<usize> {
        self.modules[at.module].kinds[at.index].iter().position(|name| name == kind)
    }

    /// Bytes that a value of fixed width takes in a layout.
    pub(super) fn width(&self, ty: &Type) -> Option<u32> {
        Some(match ty {
            Type::Bool => 1,
            Type::Int(int) => int.bits() / 8,
            Type::F64 | Type::Duration(_) | Type::Instant(_) | Type::Size | Type::Date => 8,
            Type::FixedBytes(width) => u32::try_from(*width).ok()?,
            Type::Scalar(at) => self.width(self.scalar_base(*at))?,
            Type::Enum(at) => (*self.modules[at.module].enum_reprs.get(at.index)?)?.bits() / 8,
            Type::Flags(at) => (*self.modules[at.module].flag_reprs.get(at.index)?)?.bits() / 8,
            _ => return None,
        })
    }

    /// Whether an unsigned integer carries the values of a type.
    pub(super) fn is_unsigned(&self, ty: &Type) -> bool {
        match ty {
            Type::Int(int) => !int.signed(),
            Type::Duration(_) | Type::Instant(_) | Type::Size | Type::Enum(_) | Type::Flags(_) => true,
            Type::Scalar(at) => self.is_unsigned(self.scalar_base(*at)),
            _ => false,
        }
    }

    fn search<T>(
        &self,
        from: usize,
        name: &str,
        get: impl Fn(&ModuleNames, &str) -> Option<T>,
        what: &str,
    ) -> Result<T, String> {
        let here = &self.modules[from];
        if let Some((module, name)) = name.split_once('.') {
            if !here.sees(module) {
                return Err(format!("module `{module}` is not in `uses`"));
            }
            let names = self.modules.iter().find(|m| m.name == module);
            return names
                .and_then(|names| get(names, name))
                .ok_or_else(|| format!("module `{module}` has no {what} `{name}`"));
        }
        let visible = std::iter::once(here).chain(self.modules.iter().filter(|m| m.name == "base"));
        if let Some(found) = visible.into_iter().find_map(|names| get(names, name)) {
            return Ok(found);
        }
        match self.modules.iter().find(|m| get(m, name).is_some()) {
            Some(other) => Err(format!("{what} `{name}` is in module `{0}`: write `{0}.{name}`", other.name)),
            None => Err(format!("there is no {what} `{name}`")),
        }
    }
}

impl ModuleNames {
    fn new(module: usize, loaded: &Loaded, clashes: &mut Vec<(usize, Vec<String>, String)>) -> Self {
        let doc = &loaded.document;
        let mut names =
            Self { name: doc.module.name.clone(), uses: doc.module.uses.clone(), ..Self::default() };
        let mut put = |table: &str, name: &str, item: Item| {
            if names.items.insert(name.to_owned(), item).is_some() {
                let message = format!("`{name}` is already the name of another type of this module");
                clashes.push((module, vec![table.to_owned(), format!("{name}!")], message));
            }
        };
        let at = |index| At { module, index };
        doc.scalar.keys().enumerate().for_each(|(i, name)| put("scalar", name, Item::Scalar(at(i))));
        doc.enums.keys().enumerate().for_each(|(i, name)| put("enum", name, Item::Enum(at(i))));
        doc.flags.keys().enumerate().for_each(|(i, name)| put("flags", name, Item::Flags(at(i))));
        doc.record.keys().enumerate().for_each(|(i, name)| put("record", name, Item::Record(at(i))));
        doc.union.keys().enumerate().for_each(|(i, name)| put("union", name, Item::Union(at(i))));
        doc.object.keys().enumerate().for_each(|(i, name)| put("object", name, Item::Object(at(i))));
        doc.host.keys().enumerate().for_each(|(i, name)| put("host", name, Item::Host(at(i))));
        names.families = doc.error.keys().enumerate().map(|(i, name)| (name.clone(), at(i))).collect();
        names.wires = doc.wire.keys().enumerate().map(|(i, name)| (name.clone(), at(i))).collect();
        names.enum_values = doc.enums.values().map(|e| e.value.keys().cloned().collect()).collect();
        names.union_cases = doc.union.values().map(|u| u.case.keys().cloned().collect()).collect();
        names.flag_bits = doc.flags.values().map(|f| f.bit.keys().cloned().collect()).collect();
        names.kinds = doc.error.values().map(|f| f.kind.keys().cloned().collect()).collect();
        names.enum_reprs = doc.enums.values().map(|e| repr(&e.repr)).collect();
        names.flag_reprs = doc.flags.values().map(|f| repr(&f.repr)).collect();
        let bases = doc.scalar.values();
        names.scalar_bases =
            bases.map(|scalar| built_in(&scalar.ty).unwrap_or(Type::Int(Int::U64))).collect();
        names
    }

    fn sees(&self, module: &str) -> bool {
        module == self.name || module == "base" || self.uses.iter().any(|name| name == module)
    }
}

/// A type without a name: the bases of scalars, and what carries enums and flags.
fn built_in(text: &str) -> Result<Type, String> {
    types::ty(text, &|name| Err(format!("`{name}` is not built in")))
}

fn repr(text: &str) -> Option<Int> {
    match built_in(text) {
        Ok(Type::Int(int)) => Some(int),
        _ => None,
    }
}
