//! What languages call what the library names in its errors: the arguments of a call, and the fields of records in them.

use super::go::spelling as go;
use crate::case::camel;
use crate::ir::{Api, At, Field, Lang, Method, Module, Type};
use std::collections::{BTreeMap, BTreeSet};

/// Names of a language by those of the library, where they differ.
pub type Pairs = BTreeMap<String, String>;

/// The names of each call, by call: `bus.net_node.create`. Go and TypeScript have their own, the others the library's.
pub fn names_in_errors(api: &Api, lang: Lang) -> BTreeMap<String, Pairs> {
    let mut all = BTreeMap::new();
    for module in &api.modules {
        for (object, method) in methods(module, lang) {
            let object = object.map(|object| format!("{object}.")).unwrap_or_default();
            all.insert(format!("{}.{object}{}", module.name, method.name.spec), of_call(api, method, lang));
        }
    }
    all
}

fn of_call(api: &Api, method: &Method, lang: Lang) -> Pairs {
    let mut pairs = match lang {
        Lang::Go => go::arguments(api, method),
        Lang::Ts => arguments(api, method, |_, library| camel(library)),
        _ => Pairs::new(),
    };
    let records: BTreeSet<_> = method.args.iter().filter_map(|arg| record(&arg.ty)).collect();
    for at in records {
        let fields = match lang {
            Lang::Go => go::fields(api, at),
            Lang::Ts => fields(api, at, |_, library| camel(library)),
            _ => Pairs::new(),
        };
        for (name, own) in fields {
            pairs.entry(name).or_insert(own);
        }
    }
    pairs
}

/// What a language calls of a module, with the names of the objects.
pub(crate) fn methods(module: &Module, lang: Lang) -> impl Iterator<Item = (Option<&str>, &Method)> {
    let functions = module.functions.iter().map(|method| (None, method));
    let of_objects = module.objects.iter().flat_map(|object| {
        let all = object.constructors.iter().chain(&object.methods);
        all.map(|method| (Some(object.name.spec.as_str()), method))
    });
    functions.chain(of_objects).filter(move |(_, method)| method.in_lang(lang))
}

/// The record that an argument is, or is a list of.
pub(crate) fn record(ty: &Type) -> Option<At> {
    match ty {
        Type::Record(at) => Some(*at),
        Type::Optional(of) | Type::List(of) | Type::Map(of) => record(of),
        _ => None,
    }
}

/// The names of what a call takes; `own` makes them of those of the spec and of the library.
pub(crate) fn arguments(api: &Api, method: &Method, own: impl Fn(&str, &str) -> String) -> Pairs {
    let names = method.given().iter().map(|arg| {
        let library = api.unit_name(&arg.name, &arg.ty);
        (own(&arg.name, &library), library)
    });
    names.filter(|(own, library)| library != own).map(|(own, library)| (library, own)).collect()
}

/// The names of a record's fields; those of records within follow where they are not the record's own.
pub(crate) fn fields(api: &Api, at: At, own: impl Fn(&Field, &str) -> String) -> Pairs {
    let mut pairs = Pairs::new();
    let mut waiting = vec![at];
    let mut seen = BTreeSet::new();
    while let Some(at) = waiting.pop() {
        if !seen.insert(at) {
            continue;
        }
        for field in &api.record(at).fields {
            let library = api.unit_name(&field.name.spec, &field.ty);
            let own = own(field, &library);
            pairs.entry(library).or_insert(own);
            waiting.extend(record(&field.ty));
            if let Type::Union(union) = field.ty.split_optional().0 {
                waiting.extend(api.union(*union).cases.iter().filter_map(|case| case.record));
            }
        }
    }
    pairs.retain(|library, own| library != own);
    pairs
}
