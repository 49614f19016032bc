//! Keys that the language has and no target reads: a spec with one would say something that no program does.

use super::Rules;
use crate::doc::{Document, Method, Style, Table};

/// Refuses every such key of a module.
pub(super) fn check(rules: &mut Rules<'_>, position: usize) {
    let document = &rules.modules[position].document;
    let mut found = Vec::new();
    values(document, &mut found);
    records(document, &mut found);
    layouts(document, &mut found);
    calls(document, &mut found);
    for path in found {
        let key = path.last().copied().unwrap_or_default();
        rules.wrong(position, &path, format!("nothing reads `{key}`, so that it would have no effect"));
    }
}

/// The keys that lead to what is not read.
type Path<'a> = Vec<&'a str>;

fn values<'a>(document: &'a Document, found: &mut Vec<Path<'a>>) {
    let open = document.flags.iter().filter(|(_, item)| item.open);
    found.extend(open.map(|(name, _)| vec!["flags", name, "open"]));
    let of_nothing = document.derive.keys().filter(|name| !document.scalar.contains_key(*name));
    found.extend(of_nothing.map(|name| vec!["derive", name, "hash"]));
}

fn records<'a>(document: &'a Document, found: &mut Vec<Path<'a>>) {
    for (name, item) in &document.record {
        let per = item.rename_all.as_ref();
        let others = per.is_some_and(|per| {
            let all = [per.python, per.go, per.c, per.rust, per.default];
            all.iter().any(Option::is_some) || per.ts != Some(Style::Snake)
        });
        if others {
            found.push(vec!["record", name, "rename_all"]);
        }
        for (field, it) in &item.field {
            let keys = [("since", it.since.is_some()), ("deprecated", it.deprecated.is_some())];
            let keys = keys.into_iter().filter(|(_, is_there)| *is_there);
            found.extend(keys.map(|(key, _)| vec!["record", name, "field", field, key]));
        }
        methods(&["record", name, "fn"], &item.functions, found);
    }
}

fn layouts<'a>(document: &'a Document, found: &mut Vec<Path<'a>>) {
    for (name, item) in &document.wire {
        let keys = [("sign", item.sign.is_some()), ("carrier", item.carrier.is_some())];
        let keys = keys.into_iter().filter(|(_, is_there)| *is_there);
        found.extend(keys.map(|(key, _)| vec!["wire", name, key]));
    }
}

fn calls<'a>(document: &'a Document, found: &mut Vec<Path<'a>>) {
    methods(&["fn"], &document.functions, found);
    for (name, item) in &document.object {
        if item.credit.is_some() {
            found.push(vec!["object", name, "credit"]);
        }
        methods(&["object", name, "new"], &item.new, found);
    }
    for (name, item) in &document.host {
        methods(&["host", name, "fn"], &item.functions, found);
        // It is the host's own code, of which no build of the library leaves anything out.
        let gated = item.functions.iter().filter(|(_, item)| item.feature.is_some());
        found.extend(gated.map(|(method, _)| vec!["host", name, "fn", method, "feature"]));
        let gated = item.prop.iter().filter(|(_, item)| item.feature.is_some());
        found.extend(gated.map(|(prop, _)| vec!["host", name, "prop", prop, "feature"]));
    }
}

/// Only a method of an object goes by another one.
fn methods<'a>(table: &[&'a str], methods: &'a Table<Method>, found: &mut Vec<Path<'a>>) {
    for (name, item) in methods {
        if item.sugar.is_some() {
            found.push([table, &[name, "sugar"]].concat());
        }
    }
}
