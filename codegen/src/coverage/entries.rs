//! Everything of the interface that a language has or has not, and the operations that test it.

use crate::ir::{Api, Field, Lang, Method, Module, Name, Type};
use std::collections::{BTreeMap, BTreeSet};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A constant.
    Const,
    /// A type, an object or an interface of the host.
    Type,
    /// A kind of error.
    Kind,
    /// A function, constructor, method or property.
    Method,
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
    /// Languages that have it, or should.
    pub languages: Vec<Lang>,
    /// Reasons of the languages that do not have it.
    pub skip: BTreeMap<Lang, String>,
    /// Operations of cases that test it.
    pub ops: BTreeSet<String>,
    /// Error of cases that test it, as `family.kind`.
    pub error: Option<String>,
}

/// Everything, module by module.
pub fn entries(api: &Api) -> Vec<Entry> {
    let users = users(api);
    let mut all = Vec::new();
    for module in &api.modules {
        let mut list = List { module, all: &mut all };
        for item in &module.consts {
            list.add(Sort::Const, &item.name, &module.name, BTreeSet::new(), &BTreeMap::new());
        }
        for name in type_names(module) {
            let ops = users.get(&format!("{}.{}", module.name, name.spec)).cloned().unwrap_or_default();
            list.add(Sort::Type, name, &module.name, ops, &BTreeMap::new());
        }
        for family in &module.families {
            for kind in &family.kinds {
                list.kind(&family.name, &kind.name, &kind.text);
            }
        }
        for method in &module.functions {
            list.method(method, &module.name);
        }
        for object in &module.objects {
            let methods = object.constructors.iter().chain(&object.methods);
            for method in methods.filter(|method| !method.internal) {
                list.method(method, &format!("{}.{}", module.name, object.name.spec));
            }
        }
    }
    all
}

struct List<'a> {
    module: &'a Module,
    all: &'a mut Vec<Entry>,
}

impl List<'_> {
    fn add(
        &mut self,
        sort: Sort,
        name: &Name,
        owner: &str,
        ops: BTreeSet<String>,
        skip: &BTreeMap<Lang, String>,
    ) {
        let path = format!("{owner}.{}", name.spec);
        let has = |lang: &Lang| !skip.contains_key(lang);
        self.all.push(Entry {
            path: path.clone(),
            module: self.module.name.clone(),
            sort,
            languages: Lang::ALL.into_iter().filter(has).collect(),
            skip: skip.clone(),
            ops: ops.clone(),
            error: None,
        });
        let mut aliases: Vec<&String> = name.aliases.values().flatten().collect();
        aliases.sort();
        aliases.dedup();
        for alias in aliases {
            // C has one name for each item.
            let named = |lang: &Lang| *lang != Lang::C && has(lang) && name.aliases(*lang).contains(alias);
            self.all.push(Entry {
                path: format!("{path}/{alias}"),
                module: self.module.name.clone(),
                sort,
                languages: Lang::ALL.into_iter().filter(named).collect(),
                skip: BTreeMap::new(),
                ops: ops.clone(),
                error: None,
            });
        }
    }

    fn method(&mut self, method: &Method, owner: &str) {
        let ops = BTreeSet::from([format!("call:{}", method.path)]);
        let is_own = matches!(method.returns, Some(Type::SelfType));
        let mut skip = method.skip.clone();
        if is_own && matches!(method.shape, crate::ir::Shape::Property { .. }) {
            skip.insert(Lang::C, "It is the handle itself.".into());
        }
        self.add(Sort::Method, &method.name, owner, ops, &skip);
    }

    fn kind(&mut self, family: &str, kind: &str, text: &str) {
        self.all.push(Entry {
            path: format!("error.{family}.{kind}"),
            module: self.module.name.clone(),
            sort: Sort::Kind,
            languages: Lang::ALL.to_vec(),
            skip: BTreeMap::new(),
            ops: BTreeSet::new(),
            error: Some(format!("{family}.{text}")),
        });
    }
}

fn type_names(module: &Module) -> Vec<&Name> {
    let enums = module.enums.iter().map(|item| &item.name);
    let flags = module.flags.iter().map(|item| &item.name);
    let unions = module.unions.iter().map(|item| &item.name);
    let scalars = module.scalars.iter().map(|item| &item.name);
    let records = module.records.iter().map(|item| &item.name);
    let objects = module.objects.iter().map(|item| &item.name);
    let hosts = module.hosts.iter().map(|item| &item.name);
    enums.chain(flags).chain(scalars).chain(unions).chain(records).chain(objects).chain(hosts).collect()
}

/// For each type, the operations in which its values cross.
fn users(api: &Api) -> BTreeMap<String, BTreeSet<String>> {
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |op: &str, reached: BTreeSet<String>| {
        for path in reached {
            users.entry(path).or_default().insert(op.to_owned());
        }
    };
    for module in &api.modules {
        for method in &module.functions {
            add(&format!("call:{}", method.path), types_of(api, method));
        }
        for object in &module.objects {
            let own = format!("{}.{}", module.name, object.name.spec);
            for method in object.constructors.iter().chain(&object.methods) {
                let mut reached = types_of(api, method);
                reached.insert(own.clone());
                add(&format!("call:{}", method.path), reached);
            }
            if let Some(item) = &object.iterates {
                let mut reached = BTreeSet::from([own.clone()]);
                reach(api, item, &mut reached);
                add(&format!("call:{own}.next"), reached);
            }
        }
    }
    users
}

fn types_of(api: &Api, method: &Method) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    for ty in method.args.iter().map(|arg| &arg.ty).chain(&method.returns) {
        reach(api, ty, &mut reached);
    }
    reached
}

/// Adds a type and the types of what is in it.
fn reach(api: &Api, ty: &Type, reached: &mut BTreeSet<String>) {
    let (at, name) = match ty {
        Type::List(of) | Type::Map(of) | Type::Stream(of) | Type::Optional(of) => {
            return reach(api, of, reached);
        }
        Type::Scalar(at) => (at, &api.scalar(*at).name),
        Type::Enum(at) => (at, &api.enumeration(*at).name),
        Type::Flags(at) => (at, &api.flags(*at).name),
        Type::Object(at, _) => (at, &api.object(*at).name),
        Type::Record(at) => (at, &api.record(*at).name),
        Type::Union(at) => (at, &api.union(*at).name),
        Type::Host(at, _) => (at, &api.host(*at).name),
        _ => return,
    };
    if !reached.insert(format!("{}.{}", api.modules[at.module].name, name.spec)) {
        return;
    }
    match ty {
        Type::Record(at) => reach_fields(api, &api.record(*at).fields, reached),
        Type::Union(at) => {
            api.union(*at).cases.iter().for_each(|case| reach_fields(api, &case.fields, reached))
        }
        Type::Host(at, _) => {
            api.host(*at).methods.iter().for_each(|method| reached.extend(types_of(api, method)));
        }
        _ => {}
    }
}

fn reach_fields(api: &Api, fields: &[Field], reached: &mut BTreeSet<String>) {
    fields.iter().for_each(|field| reach(api, &field.ty, reached));
}
