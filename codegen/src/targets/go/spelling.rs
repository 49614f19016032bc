//! Go's names of what the library names in its errors: the arguments of a call, and the fields of records in them.
//!
//! The same name may be another one in each: an argument begins with a small letter, a field with a capital one. So each
//! call has its own.

use super::names;
use crate::ir::{Api, At, Lang, Method, Module, Type};
use std::collections::{BTreeMap, BTreeSet};

/// Error fields that hold such a name.
const NAMING: [&str; 2] = ["argument", "option"];

/// The names of one call or one record.
pub(crate) struct SpellingModel {
    pub variable: String,
    /// A name of the library, and Go's, both as literals.
    pub pairs: Vec<(String, String)>,
}

/// The names of a module's calls, and of the records that some call takes.
pub(crate) fn spellings(api: &Api, position: usize) -> Vec<SpellingModel> {
    let module = &api.modules[position];
    let calls = methods(module).map(|(prefix, method)| (variable(&prefix, method), arguments(api, method)));
    let taken: BTreeSet<_> = api
        .modules
        .iter()
        .flat_map(methods)
        .flat_map(|(_, method)| &method.args)
        .filter_map(|arg| record(&arg.ty))
        .filter(|at| at.module == position)
        .collect();
    let records = taken.into_iter().map(|at| (record_variable(api, at), fields(api, at)));
    let all = calls.chain(records).filter(|(_, pairs)| !pairs.is_empty());
    all.map(|(variable, pairs)| SpellingModel { variable, pairs: literals(&pairs) }).collect()
}

/// What a call passes on so that its errors have the names of Go, each behind a comma.
pub(crate) fn passed(api: &Api, prefix: &str, method: &Method) -> String {
    let own = (!arguments(api, method).is_empty()).then(|| variable(prefix, method));
    let records = method.args.iter().filter_map(|arg| record(&arg.ty));
    let records: BTreeSet<_> = records.filter(|at| !fields(api, *at).is_empty()).collect();
    let all = own.into_iter().chain(records.into_iter().map(|at| record_variable(api, at)));
    all.map(|variable| format!(", {variable}")).collect()
}

/// Whether a field of an error holds the name of an argument.
pub(crate) fn is_naming(field: &str) -> bool {
    NAMING.contains(&field)
}

/// What Go calls of a module, with what stands before their names in C.
fn methods(module: &Module) -> impl Iterator<Item = (String, &Method)> {
    let functions = module.functions.iter().map(|method| (String::new(), method));
    let of_objects = module.objects.iter().flat_map(|object| {
        let all = object.constructors.iter().chain(&object.methods);
        all.map(|method| (format!("{}_", object.name.spec), method))
    });
    functions.chain(of_objects).filter(|(_, method)| method.in_lang(Lang::Go))
}

fn variable(prefix: &str, method: &Method) -> String {
    names::private(&format!("{prefix}{}_names", method.name.spec))
}

fn record_variable(api: &Api, at: At) -> String {
    names::private(&format!("{}_field_names", api.record(at).name.spec))
}

/// The record that an argument is, or is a list of.
fn record(ty: &Type) -> Option<At> {
    match ty {
        Type::Record(at) => Some(*at),
        Type::Optional(of) | Type::List(of) | Type::Map(of) => record(of),
        _ => None,
    }
}

type Pairs = BTreeMap<String, String>;

fn arguments(api: &Api, method: &Method) -> Pairs {
    let args = method.given().iter();
    let args = args.map(|arg| (api.unit_name(&arg.name, &arg.ty), names::private(&arg.name)));
    args.filter(|(library, own)| library != own).collect()
}

/// The names of a record's fields; those of records within follow where they are not the record's own.
fn fields(api: &Api, at: At) -> Pairs {
    let mut pairs = Pairs::new();
    let mut waiting = vec![at];
    let mut seen = BTreeSet::new();
    while let Some(at) = waiting.pop() {
        if !seen.insert(at) {
            continue;
        }
        for field in &api.record(at).fields {
            let name = api.unit_name(&field.name.spec, &field.ty);
            pairs.entry(name).or_insert_with(|| names::item(&field.name));
            waiting.extend(record(&field.ty));
            if let Type::Union(union) = field.ty.split_optional().0 {
                waiting.extend(api.union(*union).cases.iter().filter_map(|case| case.record));
            }
        }
    }
    pairs.retain(|library, own| library != own);
    pairs
}

fn literals(pairs: &Pairs) -> Vec<(String, String)> {
    pairs.iter().map(|(library, own)| (names::text(library), names::text(own))).collect()
}
