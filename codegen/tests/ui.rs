//! What the compiler says about bad specs: one small file in `tests/ui` for each diagnostic.

use net_codegen::load::{self, Source};
use net_codegen::resolve;
use std::path::Path;

/// The diagnostics of each bad file are those of its snapshot.
#[test]
fn bad_specs_are_refused_with_a_place() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut paths: Vec<_> =
        std::fs::read_dir(&dir).expect("tests/ui").map(|e| e.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    assert!(paths.len() > 50, "the bad specs are gone");
    for path in paths {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let diagnostics = diagnostics(&name, &path);
        assert!(!diagnostics.is_empty(), "{name}.toml is accepted");
        insta::with_settings!({ snapshot_path => "ui", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.clone(), diagnostics);
        });
    }
}

fn diagnostics(name: &str, path: &Path) -> String {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/base.toml");
    let read = |path: &Path| std::fs::read_to_string(path).expect("a readable file");
    let sources = vec![
        Source { file: "spec/base.toml".into(), text: read(&base) },
        Source { file: format!("spec/{name}.toml"), text: read(path) },
    ];
    let (spec, mut diagnostics) = load::parse(sources);
    if diagnostics.is_empty() {
        diagnostics.extend(resolve::resolve(&spec).err().unwrap_or_default());
    }
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
}
