//! Go's names of what the library names in its errors: the arguments of a call, and the fields of records in them.
//!
//! The same name may be another one in each: an argument begins with a small letter, a field with a capital one. So each
//! call has its own.

use super::names;
use crate::ir::{Api, At, Lang, Method, Module};
use crate::targets::naming::{self, Pairs, record};
use std::collections::BTreeSet;

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
    let all = naming::methods(module, Lang::Go);
    all.map(|(object, method)| (object.map(|object| format!("{object}_")).unwrap_or_default(), method))
}

fn variable(prefix: &str, method: &Method) -> String {
    names::private(&format!("{prefix}{}_names", method.name.spec))
}

fn record_variable(api: &Api, at: At) -> String {
    names::private(&format!("{}_field_names", api.record(at).name.spec))
}

/// Go's names of what a call takes; they go before those of the records in it.
pub(crate) fn arguments(api: &Api, method: &Method) -> Pairs {
    naming::arguments(api, method, |name, _| names::private(name))
}

/// Go's names of a record's fields.
pub(crate) fn fields(api: &Api, at: At) -> Pairs {
    naming::fields(api, at, |field, _| names::field(api, field))
}

fn literals(pairs: &Pairs) -> Vec<(String, String)> {
    pairs.iter().map(|(library, own)| (names::text(library), names::text(own))).collect()
}
