//! What a printed module has to import, by the names that occur in it.

use super::model::ModuleModel;

/// Where the bare names of a module come from.
const KNOWN: [(&str, &[&str]); 11] = [
    ("crate::kernel", &["guard", "host", "json"]),
    ("crate", &["Bytes", "Error", "Stream"]),
    ("net_types", &["BoxFuture", "Date", "Timestamp"]),
    ("serde", &["Serialize"]),
    ("serde::de", &["DeserializeOwned"]),
    ("std::collections", &["BTreeMap"]),
    ("std::marker", &["PhantomData"]),
    ("std::pin", &["Pin"]),
    ("std::sync", &["Arc"]),
    ("std::task", &["Context", "Poll"]),
    ("std::time", &["Duration"]),
];

/// The `use` declarations of a module with this text.
pub(crate) fn needed(model: &ModuleModel, body: &str) -> Vec<String> {
    let code: Vec<_> = body.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let words: Vec<_> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let is_used = |name: &&&str| words.contains(*name);
    let mut lines = Vec::new();
    for (path, names) in KNOWN {
        let used: Vec<_> = names.iter().filter(is_used).copied().collect();
        if !used.is_empty() {
            lines.push(format!("use {path}::{{{}}};", used.join(", ")));
        }
    }
    if !model.contracts.is_empty() {
        lines.push(format!("use net_types::api::{{{}}};", model.contracts));
    }
    lines
}
