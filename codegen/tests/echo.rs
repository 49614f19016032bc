//! The echo module has every construct once: each language's own tests use each part of it, beside what the suite does.

use net_codegen::coverage::{Entry, Listed, Sort, entries};
use net_codegen::ir::Lang;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the tests of each language are, and how their files end.
const TESTS: [(Lang, &str, &str); 5] = [
    (Lang::Rust, "sdks/rust/tests", ".rs"),
    (Lang::Ts, "sdks/typescript/core/tests", ".mts"),
    (Lang::Python, "sdks/python/tests", ".py"),
    (Lang::Go, "sdks/go", "_test.go"),
    (Lang::C, "sdks/c/tests", ".c"),
];

/// What the C headers add to the name of a function for its forms.
const FORMS: [&str; 3] = ["", "_with", "_wait"];

/// Names that a program does not write where it makes an object.
const MAKERS: [&str; 3] = ["constructor", "__init__", "new"];

#[test]
fn each_part_of_the_echo_module_is_used_in_the_tests_of_each_language() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let api = net_codegen::cli::api(&root).expect("a valid spec");
    let all = entries(&api);
    let wanted: Vec<_> = all.iter().filter(|entry| entry.module == "echo" && is_used(entry)).collect();
    assert!(wanted.len() > 100, "there are {} parts", wanted.len());
    let mut unused = Vec::new();
    for (lang, folder, ending) in TESTS {
        let text = text(&root.join(folder), ending);
        for entry in wanted.iter().filter(|entry| !entry.skip.contains_key(&lang)) {
            let names = entry.names.get(&lang).into_iter().flatten();
            unused.extend(
                names.filter(|name| !has(&text, name)).map(|name| format!("{lang:?}: {}", name.name)),
            );
        }
    }
    assert!(unused.is_empty(), "no test uses\n{}", unused.join("\n"));
}

/// What a program writes by name; values, fields and types come with the calls that take and give them, and layouts are
/// the suite's.
fn is_used(entry: &Entry) -> bool {
    matches!(entry.sort, Sort::Const | Sort::Method | Sort::Alias | Sort::Error)
}

/// The texts of the tests in a folder.
fn text(folder: &Path, ending: &str) -> String {
    let files =
        fs::read_dir(folder).expect("the tests of a language").map(|entry| entry.expect("a file").path());
    let wanted = |path: &PathBuf| path.to_string_lossy().ends_with(ending);
    let texts = files.filter(wanted).map(|path| fs::read_to_string(path).expect("a text"));
    texts.collect::<Vec<_>>().join("\n")
}

/// Whether the tests have the last part of a name, which is what stands behind an object or a package.
fn has(text: &str, listed: &Listed) -> bool {
    let parts: Vec<_> =
        listed.name.split([':', '.', ' ', '(', ')']).filter(|part| !part.is_empty()).collect();
    let named: Vec<_> = parts.iter().rev().filter(|part| !MAKERS.contains(part)).take(1).collect();
    named.iter().all(|name| FORMS.iter().any(|form| occurs(text, &format!("{name}{form}"))))
}

/// Whether a name occurs as a whole.
fn occurs(text: &str, name: &str) -> bool {
    let is_part = |char: Option<char>| char.is_some_and(|char| char.is_alphanumeric() || char == '_');
    text.match_indices(name).any(|(at, _)| {
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next())
    })
}
