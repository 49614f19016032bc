//! Environment variables, and the explicit options that beat them.

use super::lang::{ALL, Site};
use super::table::{code, table};
use crate::ir::{Api, Method};

/// A variable: its name, values, default, and the function that says the same explicitly.
const VARIABLES: [(&str, &str, &str, &str); 2] = [
    (
        "NET_LOG",
        "a filter of the `tracing` library: `info`, `net_node=debug`; sends the log to standard error",
        "no log",
        "control.set_logger",
    ),
    (
        "NET_RUNTIME_THREADS",
        "number of worker threads, 1 to 1,024",
        "one per core, at most 4",
        "control.set_runtime_threads",
    ),
];

/// The table, empty if the interface has none of the options.
pub(super) fn table_of(api: &Api) -> String {
    let rows = VARIABLES.iter().filter_map(|(variable, values, default, path)| {
        let (site, method) = find(api, path)?;
        let names = ALL
            .iter()
            .filter(|lang| method.in_lang(lang.lang()))
            .filter_map(|lang| Some(format!("{} {}", lang.label(), code(&lang.called(site, method)?))));
        let module = &api.modules[site.module].name;
        let explicit = format!("[`{path}`]({module}.md#{})", method.name.spec);
        let names = names.collect::<Vec<_>>().join(", ");
        Some(vec![code(variable), (*values).to_owned(), (*default).to_owned(), explicit, names])
    });
    let rows: Vec<_> = rows.collect();
    let head = ["variable", "value", "default", "explicit option", "in each language"];
    if rows.is_empty() { String::new() } else { table(&head, &rows) }
}

fn find<'a>(api: &'a Api, path: &str) -> Option<(Site<'a>, &'a Method)> {
    api.modules.iter().enumerate().find_map(|(module, item)| {
        let method = item.functions.iter().find(|method| method.path == path)?;
        Some((Site { api, module, object: None }, method))
    })
}
