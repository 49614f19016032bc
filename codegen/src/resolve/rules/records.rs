//! Methods of records: they work on values, at once, under names of their own.

use super::Rules;
use crate::ir::{Api, Lang, Method, Module, Record, Type};

/// Checks the methods of the records of a module.
pub(super) fn check(rules: &mut Rules<'_>, position: usize) {
    let api = rules.api;
    let module = rules.module(position);
    for method in &module.functions {
        let Some(member) = &method.member else { continue };
        let record = api.record(member.record);
        let path = ["record", record.name.spec.as_str(), "fn", member.name.spec.as_str()];
        let found = [
            class(record),
            form(method),
            values(api, method),
            argument(method, record),
            text(module, method, record),
        ];
        for message in found.into_iter().flatten().chain(taken(record, method)) {
            rules.wrong(position, &path, message);
        }
    }
}

/// Only what is a class in every language that has classes can have methods there.
fn class(record: &Record) -> Option<String> {
    record.class.is_none().then(|| "a record with methods has a `class`, `options` or `fields`".into())
}

fn form(method: &Method) -> Option<String> {
    let is_plain = !method.is_async
        && !method.timed
        && !method.blocks
        && method.generic.is_empty()
        && method.overload.is_none()
        && method.combine.is_none()
        && method.with.is_none();
    (!is_plain).then(|| {
        "a method of a record is a plain one: not async, hot, timed, blocking, generic, combined, or an overload".into()
    })
}

/// The text of a value is all that there is to it: one method gives it of nothing else, and without fail.
fn text(module: &Module, method: &Method, record: &Record) -> Option<String> {
    let is_text = method.receiver().is_some()
        && method.given().is_empty()
        && method.returns == Some(Type::String)
        && method.throws.is_empty();
    let others = module.methods_of(record).filter(|other| other.shows).count();
    (method.shows && (!is_text || others > 1))
        .then(|| "one method of a record gives its text, takes nothing and throws nothing".into())
}

/// A value holds nothing open, so that its methods have nothing to lend or to own.
fn values(api: &Api, method: &Method) -> Option<String> {
    let mut types = method.args.iter().map(|arg| &arg.ty).chain(&method.returns);
    let is_value = |ty: &Type| !api.has_handles(ty) && !matches!(ty.split_optional().0, Type::Host(..));
    (!types.all(is_value)).then(|| "a method of a record takes and gives values only".into())
}

fn argument(method: &Method, record: &Record) -> Option<String> {
    let name = &record.name.spec;
    let args = method.given();
    if args.iter().any(|arg| arg.name == *name) {
        return Some(format!("`{name}` is what the value itself is called"));
    }
    // Python's native classes take arguments as they are declared.
    let is_plain = args.is_sorted_by_key(|arg| arg.may_be_left_out()) && !args.iter().any(|arg| arg.variadic);
    (!is_plain).then(|| {
        "a method of a record takes what may be left out last, and no list of any number of values".into()
    })
}

/// The names that fields, views and other methods have already.
fn taken(record: &Record, method: &Method) -> Vec<String> {
    let fields = record.fields.iter().map(|field| &field.name);
    let names: Vec<_> = fields.chain(record.views.iter().map(|view| &view.name)).collect();
    let own = |lang: Lang| method.published().renamed(lang).unwrap_or(&method.published().spec);
    let clashes =
        |lang: &Lang| names.iter().any(|name| name.renamed(*lang).unwrap_or(&name.spec) == own(*lang));
    let found: Vec<_> = Lang::ALL.into_iter().filter(clashes).map(Lang::key).collect();
    if found.is_empty() {
        return Vec::new();
    }
    vec![format!("it is called as a field or view of the record in {}", found.join(", "))]
}
