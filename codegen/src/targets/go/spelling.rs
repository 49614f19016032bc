//! Go's names of what the library names in its errors: arguments, and fields that have a range.

use super::names;
use crate::ir::{Api, Lang, Method, Module};
use std::collections::BTreeMap;

/// Error fields that hold such a name.
const NAMING: [&str; 2] = ["argument", "option"];

/// A name of the library, and Go's, both as literals.
pub(crate) struct SpellingModel {
    pub library: String,
    pub own: String,
}

/// The names of a module that Go writes in another way.
pub(crate) fn spellings(api: &Api, module: &Module) -> Vec<SpellingModel> {
    let methods = module.objects.iter().flat_map(|object| object.constructors.iter().chain(&object.methods));
    let methods = module.functions.iter().chain(methods).filter(|method| method.in_lang(Lang::Go));
    let args = methods.flat_map(|method: &Method| &method.args);
    let args = args.map(|arg| (api.unit_name(&arg.name, &arg.ty), names::private(&arg.name)));
    let fields = module.records.iter().flat_map(|record| &record.fields);
    let fields = fields.filter(|field| field.min.is_some() || field.max.is_some());
    let fields = fields.map(|f| (api.unit_name(&f.name.spec, &f.ty), names::item(&f.name)));
    let all: BTreeMap<_, _> = args.chain(fields).filter(|(library, own)| library != own).collect();
    let literals = all.iter();
    literals.map(|(of, own)| SpellingModel { library: names::text(of), own: names::text(own) }).collect()
}

/// Whether a field of an error holds the name of an argument.
pub(crate) fn is_naming(field: &str) -> bool {
    NAMING.contains(&field)
}
