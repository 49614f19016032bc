//! The rules that hold for a whole interface, each with one bad file and one snapshot among the tests.

mod docs;
mod errors;
mod layouts;
mod methods;
mod metrics;
mod names;
mod records;
mod symbols;
mod unread;
mod values;

use crate::diag::Diagnostic;
use crate::ir::{Api, Method, Module, Shape};
use crate::load::Loaded;

/// Checks a built interface against the rules.
pub(super) fn check(api: &Api, modules: &[&Loaded], diagnostics: &mut Vec<Diagnostic>) {
    let mut rules = Rules { api, modules, diagnostics };
    errors::check_families(&mut rules);
    names::check_namespace(&mut rules);
    symbols::check(&mut rules);
    metrics::check(&mut rules);
    for (position, loaded) in modules.iter().enumerate() {
        docs::check(loaded, rules.diagnostics);
        names::check(&mut rules, position);
        values::check(&mut rules, position);
        layouts::check(&mut rules, position);
        errors::check(&mut rules, position);
        methods::check(&mut rules, position);
        records::check(&mut rules, position);
        unread::check(&mut rules, position);
    }
}

/// What the rules look at, and where they report.
struct Rules<'a> {
    api: &'a Api,
    modules: &'a [&'a Loaded],
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Rules<'a> {
    fn module(&self, position: usize) -> &'a Module {
        &self.api.modules[position]
    }

    fn wrong(&mut self, module: usize, path: &[&str], message: impl Into<String>) {
        self.diagnostics.push(self.modules[module].source.diagnostic(path, message));
    }
}

/// The path to the table of a function, which may be a method of a record.
fn function_path<'a>(module: &'a Module, method: &'a Method) -> Vec<&'a str> {
    match &method.member {
        Some(member) => {
            vec!["record", &module.records[member.record.index].name.spec, "fn", &member.name.spec]
        }
        None => vec!["fn", &method.name.spec],
    }
}

/// Every method of a module with the path to its table.
fn methods(module: &Module) -> Vec<(Vec<&str>, &Method)> {
    let mut all: Vec<_> = module.functions.iter().map(|m| (function_path(module, m), m)).collect();
    for object in &module.objects {
        for method in object.constructors.iter().chain(&object.methods) {
            let table = match method.shape {
                Shape::Constructor => "new",
                Shape::Property { .. } => "prop",
                _ => "fn",
            };
            all.push((vec!["object", &object.name.spec, table, &method.name.spec], method));
        }
    }
    for host in &module.hosts {
        all.extend(
            host.methods.iter().map(|m| (vec!["host", &host.name.spec, "fn", m.name.spec.as_str()], m)),
        );
        all.extend(
            host.props.iter().map(|m| (vec!["host", &host.name.spec, "prop", m.name.spec.as_str()], m)),
        );
    }
    all
}

/// Whether a text may explain why something is left out.
fn is_reason(text: &str) -> bool {
    text.split_whitespace().count() >= 3
}
