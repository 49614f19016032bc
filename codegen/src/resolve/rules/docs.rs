//! Every `doc` is a sentence that says more than the name.

use crate::diag::Diagnostic;
use crate::load::Loaded;

/// Every `doc` is a sentence.
pub(super) fn check(loaded: &Loaded, diagnostics: &mut Vec<Diagnostic>) {
    let Ok(value) = toml::from_str::<toml::Table>(&loaded.source.text) else { return };
    let mut path = Vec::new();
    walk(&value, &mut path, &mut |path, text| {
        if let Some(message) = not_a_sentence(text, path) {
            let mut full: Vec<_> = path.iter().map(String::as_str).collect();
            full.push("doc");
            diagnostics.push(loaded.source.diagnostic(&full, message));
        }
    });
}

fn walk(table: &toml::Table, path: &mut Vec<String>, report: &mut impl FnMut(&[String], &str)) {
    for (key, value) in table {
        match value {
            toml::Value::String(text) if key == "doc" => report(path, text),
            toml::Value::Table(inner) => {
                path.push(key.clone());
                walk(inner, path, report);
                path.pop();
            }
            _ => {}
        }
    }
}

fn not_a_sentence(text: &str, path: &[String]) -> Option<&'static str> {
    let text = text.trim();
    let starts_well = text.starts_with(|c: char| c.is_uppercase() || c == '`' || c.is_numeric());
    if text.is_empty() || text.to_uppercase().contains("TODO") {
        return Some("a doc says something");
    }
    if !starts_well || !text.ends_with(['.', '!', '?']) {
        return Some("a doc is a sentence: a capital first, a full stop last");
    }
    let bare = text.trim_end_matches('.').to_lowercase().replace(' ', "_");
    if path.last().is_some_and(|name| *name == bare) {
        return Some("a doc says more than the name");
    }
    None
}
