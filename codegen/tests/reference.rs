//! What the `reference` target prints: the pages of small specs, each together with `spec/base.toml`.

use net_codegen::examples::Examples;
use net_codegen::files::FileSet;
use net_codegen::load::{self, Source};
use net_codegen::resolve;
use net_codegen::targets::Target;
use net_codegen::targets::reference::Reference;
use std::fs::read_to_string;
use std::path::Path;

#[test]
fn prints_errors_and_their_fields() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("reference__errors", page("features/errors"));
    });
}

#[test]
fn prints_layouts_with_their_bytes() {
    let page = page("layouts/store");
    let boxes = page.lines().filter(|line| line.starts_with("    +-") || line.starts_with("+-")).count();
    assert!(boxes > 4, "{page}");
    assert!(page.contains("| at  | bytes"), "{page}");
}

#[test]
fn a_name_has_the_spelling_of_each_language() {
    let page = page("features/aliases");
    let lines = page.lines().filter(|line| line.starts_with("Rust `"));
    assert!(lines.clone().count() > 1, "{page}");
    assert!(lines.clone().all(|line| line.contains(" · TypeScript ") && line.contains(" · Go ")), "{page}");
}

#[test]
fn an_example_is_shown_in_each_language() {
    let page = page("features/objects");
    for code in
        ["```typescript\nif (!box.soak(500))", "```go\nif !must(box.Soak", "```c\nif (net_crate_box_soak"]
    {
        assert!(page.contains(code), "{page}");
    }
}

#[test]
fn no_line_ends_with_a_blank() {
    for feature in ["hosts", "objects", "records", "streams", "unions"] {
        let (_, text) = files(&format!("features/{feature}"))
            .iter()
            .fold((String::new(), String::new()), |(paths, all), (path, text)| (paths + path, all + text));
        assert_eq!(text.lines().find(|line| line.ends_with(' ')), None, "{feature}");
    }
}

/// The page of a spec below `tests`.
fn page(spec: &str) -> String {
    let name = spec.split('/').next_back().unwrap_or(spec);
    let path = format!("spec/reference/{name}.md");
    let files = files(spec);
    let page = files.iter().find(|(found, _)| *found == path);
    page.map(|(_, text)| text.to_owned()).expect("a page for the module")
}

fn files(spec: &str) -> FileSet {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths = [package.join("../spec/base.toml"), package.join(format!("tests/{spec}.toml"))];
    let sources = paths.map(|path| Source {
        file: format!("spec/{}", path.file_name().unwrap_or_default().to_string_lossy()),
        text: read_to_string(&path).expect("a readable spec"),
    });
    let (mut spec, _) = load::parse(sources.into());
    spec.examples = Examples::read(&package.join("tests/sdks")).expect("readable examples");
    let api = resolve::resolve(&spec).expect("a valid spec");
    Reference.render(&api).expect("a target prints every spec")
}
