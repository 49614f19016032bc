//! Error families: permanent numbers, distinct prefixes, field names that do not hide the error's own.

use super::Rules;
use crate::ir::Type;
use std::collections::{HashMap, HashSet};

/// Names that every error has in some language.
const OWN_NAMES: [&str; 7] = ["message", "name", "stack", "cause", "kind", "detail", "code"];

/// Built-in exceptions that an error may also be in Python.
const PYTHON_BASES: [&str; 10] = [
    "ValueError",
    "TypeError",
    "RuntimeError",
    "KeyError",
    "LookupError",
    "OSError",
    "TimeoutError",
    "ConnectionError",
    "NotImplementedError",
    "ImportError",
];

/// Numbers and prefixes over all modules.
pub(super) fn check_families(rules: &mut Rules<'_>) {
    let mut ids = HashMap::new();
    let mut prefixes = HashMap::new();
    for (at, family) in rules.api.families() {
        let path = ["error", family.name.as_str()];
        if let Some(other) = ids.insert(family.id, &family.name) {
            rules.wrong(at.module, &path, format!("family `{other}` already has number {}", family.id));
        }
        if let Some(other) = prefixes.insert((&family.prefix, &family.format), &family.name) {
            rules.wrong(
                at.module,
                &path,
                format!("texts of this family cannot be told from those of `{other}`"),
            );
        }
    }
}

/// Kinds of one module.
pub(super) fn check(rules: &mut Rules<'_>, position: usize) {
    let module = rules.module(position);
    for family in &module.families {
        let document = &rules.modules[position].document.error[&family.name];
        let mut codes: HashSet<u16> = document.retired.values().copied().collect();
        let mut texts = HashSet::new();
        let mut types = HashMap::new();
        for kind in &family.kinds {
            let path = ["error", family.name.as_str(), "kind", &kind.name];
            if !codes.insert(kind.code) {
                rules.wrong(position, &path, format!("code {} is or was another kind's", kind.code));
            }
            if kind.code == 0 {
                rules.wrong(position, &path, "code 0 means success");
            }
            if let Some(reason) = kind.untested.as_deref().filter(|reason| !super::is_reason(reason)) {
                rules.wrong(position, &path, format!("`{reason}` is not a reason"));
            }
            if !texts.insert(&kind.text) {
                rules.wrong(position, &path, "another kind already has this text");
            }
            if let Some(base) = kind.python.as_deref().filter(|base| !PYTHON_BASES.contains(base)) {
                rules.wrong(position, &path, format!("`{base}` is none of {}", PYTHON_BASES.join(", ")));
            }
            for field in kind.fields.iter().filter(|field| OWN_NAMES.contains(&field.name.as_str())) {
                let path = ["error", family.name.as_str(), "kind", &kind.name, "fields", &field.name];
                rules.wrong(position, &path, format!("every error has a `{}` of its own", field.name));
            }
            for field in &kind.fields {
                let ty = type_of_family(&field.ty);
                let (other, known) = types.entry(&field.name).or_insert((&kind.name, ty));
                if *known != ty {
                    let path = ["error", family.name.as_str(), "kind", &kind.name, "fields", &field.name];
                    let message = format!("a field has one type in its family, and `{other}` has another");
                    rules.wrong(position, &path, message);
                }
            }
        }
    }
}

/// The type of a field among the kinds of its family, some of which may leave it out or have one text for it.
fn type_of_family(ty: &Type) -> &Type {
    match ty.split_optional().0 {
        Type::Constant(_) => &Type::String,
        ty => ty,
    }
}
