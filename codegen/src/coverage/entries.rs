//! Everything of the interface that a language has or has not.

use super::columns::key;
use super::names::{self, Listed};
use crate::ir::{Api, At, Field, Host, Lang, Method, Module, Name, Object, Record, Shape, Type, Union};
use crate::targets::reference::lang::{Language, Site};
use crate::targets::wire::model::has_codec;
use std::collections::BTreeMap;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A constant.
    Const,
    /// A type, an object or an interface of the host.
    Type,
    /// A field of a record, of a union's case or of an error; a view of a field.
    Field,
    /// A value of an enum, a bit of flags, or a case of a union.
    Value,
    /// A family of errors, or a kind.
    Error,
    /// A byte layout.
    Layout,
    /// A function, constructor, method or property, also of an interface of the host; another name of one.
    Method,
    /// Another name of a type or a field.
    Alias,
}

/// One thing that every language has, unless it says why not.
#[derive(Debug)]
pub struct Entry {
    /// Its name in reports: `bus.net_node.emit`, `error.bus.closed`; another name of it behind a slash.
    pub path: String,
    /// Its module.
    pub module: String,
    /// What it is.
    pub sort: Sort,
    /// What the built artefacts list where they have it; a language that is not there has no such thing.
    pub names: BTreeMap<Lang, Vec<Listed>>,
    /// Reasons of the languages that do not have it.
    pub skip: BTreeMap<Lang, String>,
    /// Why no case of the suite can test it.
    pub untested: Option<String>,
}

impl Entry {
    /// The path that cases name: another name of a type or field stands for the same thing, that of a function is
    /// called by itself.
    pub fn tested_as(&self) -> &str {
        match self.sort {
            Sort::Alias => self.path.split('/').next().unwrap_or_default(),
            _ => &self.path,
        }
    }
}

/// Why Rust has nothing of a module that the bindings implement.
const OWN_RUNTIME: &str = "A Rust program brings its own runtime and subscriber.";

/// Why C has no name for a thing.
const HANDLE: &str = "An object of C is a `net_handle`.";
const ITSELF: &str = "It is the handle itself.";
const VIEW: &str = "A struct of C holds the text, which the program decodes.";

/// Why TypeScript has no name for a field of a tuple.
const PLACE: &str = "A part of a tuple is called by its place.";

/// Why C has no codec of some layouts.
const NO_ROOM: &str =
    "A struct of C has room for lists of at most 4,096 items, and a printed text for numbers without a sign.";

/// Why Python declares nothing for what an implementation may leave out.
const PROTOCOL: &str = "A `Protocol` demands what it declares; the class says what else is looked for.";

/// Why the suite does not ask for a thing.
const OF_THE_PROCESS: &str =
    "It is a setting of the whole process, in which all cases run; each package tests it.";
const HOST_SIDE: &str = "It is a form of another field that only the host sees; each package tests it.";
const SAME_OBJECT: &str = "It is the object itself, which no answer can show; each package tests it.";

/// Everything, module by module.
pub fn entries(api: &Api) -> Vec<Entry> {
    let mut all = Vec::new();
    for position in 0..api.modules.len() {
        let site = Site { api, module: position, object: None };
        List { site, module: &api.modules[position], all: &mut all }.module();
    }
    all
}

struct List<'a> {
    site: Site<'a>,
    module: &'a Module,
    all: &'a mut Vec<Entry>,
}

impl<'a> List<'a> {
    fn module(&mut self) {
        let (module, api) = (self.module, self.site.api);
        for item in &module.consts {
            let value = |lang: &dyn Language| names::constant(lang, item);
            self.add(Sort::Const, self.path(&item.name), value);
        }
        for item in &module.enums {
            self.ty(&item.name);
            for value in &item.values {
                let path = format!("{}.{}", self.path(&item.name), value.name);
                let entry = self.add(Sort::Value, path, |lang| names::value(lang, item, value));
                entry.untested = value.untested.clone().or(entry.untested.take());
            }
            if let Some(reason) = &item.untested {
                let its = self.all.len() - item.values.len() - 1;
                self.all[its..].iter_mut().for_each(|entry| entry.untested = Some(reason.clone()));
            }
        }
        for item in &module.flags {
            self.ty(&item.name);
            for bit in &item.bits {
                let path = format!("{}.{}", self.path(&item.name), bit.name);
                self.add(Sort::Value, path, |lang| names::bit(lang, item, bit));
            }
        }
        module.scalars.iter().for_each(|item| self.ty(&item.name));
        module.unions.iter().for_each(|item| self.union(item));
        module.records.iter().for_each(|item| self.record(item));
        for item in module.wires.iter().filter(|item| has_codec(api, item)) {
            let path = format!("{}.{}", module.name, item.name);
            let entry = self.add(Sort::Layout, path, |lang| names::plain(lang.layout(api, item)));
            if !crate::targets::wire::c::has_codec(api, item) {
                entry.skip.insert(Lang::C, NO_ROOM.into());
            }
        }
        for family in &module.families {
            let path = format!("error.{}", family.name);
            self.add(Sort::Error, path.clone(), |lang| names::plain(lang.family(family)));
            for kind in &family.kinds {
                let its = self.all.len();
                let path = format!("{path}.{}", kind.name);
                self.add(Sort::Error, path.clone(), |lang| names::plain(lang.kind_declared(family, kind)));
                for field in &kind.fields {
                    let path = format!("{path}.{}", field.name);
                    let name = |lang: &dyn Language| names::plain(lang.kind_field(api, family, kind, field));
                    self.add(Sort::Field, path, name);
                }
                if let Some(reason) = &kind.untested {
                    self.all[its..].iter_mut().for_each(|entry| entry.untested = Some(reason.clone()));
                }
            }
        }
        for (index, object) in module.objects.iter().enumerate() {
            self.object(At { module: self.site.module, index }, object);
        }
        module.hosts.iter().for_each(|item| self.host(item));
        module.functions.iter().for_each(|item| self.method(item));
    }

    fn union(&mut self, item: &Union) {
        let api = self.site.api;
        self.ty(&item.name);
        for case in &item.cases {
            let path = format!("{}.{}", self.path(&item.name), case.name);
            self.add(Sort::Value, path.clone(), |lang| names::plain(lang.case(item, case)));
            for field in &case.fields {
                let path = format!("{path}.{}", field.name.spec);
                self.add(Sort::Field, path, |lang| names::plain(lang.case_field(api, item, case, field)));
            }
        }
    }

    fn record(&mut self, item: &Record) {
        let its = self.all.len();
        self.ty(&item.name);
        // What no case sees a field of, no case sees.
        let reasons: Option<Vec<_>> = item.fields.iter().map(|field| field.untested.clone()).collect();
        if let Some(reason) = reasons.and_then(|reasons| reasons.into_iter().next()) {
            self.all[its..].iter_mut().for_each(|entry| entry.untested = Some(reason.clone()));
        }
        let path = self.path(&item.name);
        item.fields.iter().for_each(|field| self.field(item, &path, field));
        for view in &item.views {
            let path = format!("{path}.{}", view.name.spec);
            let entry = self.add(Sort::Field, path, |lang| names::plain(lang.view(item, view)));
            entry.untested = Some(HOST_SIDE.into());
            entry.skip.insert(Lang::C, VIEW.into());
        }
    }

    fn field(&mut self, record: &Record, owner: &str, field: &Field) {
        let api = self.site.api;
        let path = format!("{owner}.{}", field.name.spec);
        let entry = self.add(Sort::Field, path.clone(), |lang| names::field(lang, api, record, field));
        entry.untested = field.untested.clone().or(entry.untested.take());
        if record.is_tuple_in(Lang::Ts) {
            entry.names.remove(&Lang::Ts);
            entry.skip.insert(Lang::Ts, PLACE.into());
        }
        let given = |lang: &dyn Language| lang.field_aliases(api, record, field);
        self.aliases(Sort::Alias, &path, &field.name, |lang, alias| {
            nth(lang, &field.name, alias, given(lang))
        });
    }

    fn object(&mut self, at: At, object: &'a Object) {
        let path = self.path(&object.name);
        let entry = self.add(Sort::Type, path.clone(), |lang| names::plain(lang.object(&object.name)));
        entry.skip.insert(Lang::C, HANDLE.into());
        self.type_aliases(&path, &object.name);
        self.site.object = Some((at, object));
        let methods = object.constructors.iter().chain(&object.methods).chain(&object.sugars);
        methods.filter(|item| !item.internal).for_each(|item| self.method(item));
        self.site.object = None;
    }

    fn host(&mut self, item: &Host) {
        self.ty(&item.name);
        for member in item.props.iter().chain(&item.methods) {
            let path = format!("{}.{}", self.path(&item.name), member.name.spec);
            let entry = self.add(Sort::Method, path, |lang| names::plain(lang.member(item, member)));
            if member.optional || matches!(member.returns, Some(Type::Optional(_))) && member.args.is_empty()
            {
                entry.skip.insert(Lang::Python, PROTOCOL.into());
            }
            entry.skip.extend(member.skip.clone());
        }
    }

    fn method(&mut self, item: &Method) {
        let site = self.site;
        let is_own = matches!((&item.returns, item.shape), (Some(Type::SelfType), Shape::Property { .. }));
        let entry = self.add(Sort::Method, item.path.clone(), |lang| names::method(lang, site, item));
        entry.skip.extend(item.skip.clone());
        entry.untested = item.untested.clone().or(entry.untested.take());
        if is_own {
            entry.skip.insert(Lang::C, ITSELF.into());
            entry.untested = Some(SAME_OBJECT.into());
        }
        self.aliases(Sort::Method, &item.path, item.published(), |lang, alias| {
            names::alias(lang, site, item, alias)
        });
    }

    fn ty(&mut self, name: &Name) {
        let path = self.path(name);
        self.add(Sort::Type, path.clone(), |lang| names::plain(lang.ty(name)));
        self.type_aliases(&path, name);
    }

    fn type_aliases(&mut self, path: &str, name: &Name) {
        self.aliases(Sort::Alias, path, name, |lang, alias| nth(lang, name, alias, lang.type_aliases(name)));
    }

    /// An entry for each other name, in the languages that have it.
    fn aliases(
        &mut self,
        sort: Sort,
        path: &str,
        name: &Name,
        named: impl Fn(&dyn Language, &str) -> Option<String>,
    ) {
        let mut all: Vec<&String> = name.aliases.values().flatten().collect();
        all.sort();
        all.dedup();
        for alias in all {
            self.add(sort, format!("{path}/{alias}"), |lang| names::plain(named(lang, alias)));
        }
    }

    fn path(&self, name: &Name) -> String {
        format!("{}.{}", self.module.name, name.spec)
    }

    /// Adds an entry under the names that the languages give it, which may be none.
    fn add(&mut self, sort: Sort, path: String, named: impl Fn(&dyn Language) -> Vec<Listed>) -> &mut Entry {
        let names = names::by_language(named);
        let module = self.module.name.clone();
        let runtime = self.module.runtime.then(|| (Lang::Rust, OWN_RUNTIME.to_owned()));
        let untested = self.module.runtime.then(|| OF_THE_PROCESS.to_owned());
        self.all.push(Entry { path, module, sort, names, skip: runtime.into_iter().collect(), untested });
        let last = self.all.len() - 1;
        &mut self.all[last]
    }
}

/// The name that stands where the alias stands among the aliases of a language.
fn nth(lang: &dyn Language, name: &Name, alias: &str, given: Vec<String>) -> Option<String> {
    let position = name.aliases(lang.lang()).iter().position(|own| own == alias)?;
    given.into_iter().nth(position)
}

/// The other names of functions: the language in reports, the operation of the function, and that of the name.
pub fn aliases(api: &Api) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for entry in entries(api).iter().filter(|entry| entry.sort == Sort::Method) {
        let Some((function, _)) = entry.path.split_once('/') else { continue };
        let named = entry.names.keys();
        all.extend(
            named.map(|lang| {
                (key(*lang).to_owned(), format!("call:{function}"), format!("call:{}", entry.path))
            }),
        );
    }
    all
}
