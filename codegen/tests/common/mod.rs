//! What a target prints for small specs, one construct each: `features/*.toml`, each together with `spec/base.toml`.

use net_codegen::examples::Examples;
use net_codegen::ir::Api;
use net_codegen::load::{self, Source};
use net_codegen::resolve;
use net_codegen::targets::Target;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// Compares what a target prints for each feature, or for one, with `snapshots/<target>__<feature>.snap`.
pub(crate) fn snapshots(target: &dyn Target, only: Option<&str>) {
    let features = features();
    assert!(features.len() >= 15, "the features are gone");
    for feature in features.iter().filter(|feature| only.is_none_or(|only| only == *feature)) {
        let printed = print(target, feature);
        let name = format!("{}__{feature}", target.name().replace('/', "_"));
        insta::with_settings!({
            snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true
        }, {
            insta::assert_snapshot!(name, printed);
        });
    }
}

/// The files that a feature adds to those of `base`, or changes there, each under its path.
pub(crate) fn print(target: &dyn Target, feature: &str) -> String {
    let render = |feature| {
        let mut files = target.render(&api(feature)).expect("a target prints every feature");
        files.format_rust(&repository()).expect("the printed Rust can be parsed");
        files
    };
    let (base, with_feature) = (render(None), render(Some(feature)));
    let is_new = |file: &(&str, &str)| !base.iter().any(|old| old == *file);
    let new = with_feature.iter().filter(is_new);
    new.map(|(path, text)| format!("==> {path} <==\n{text}\n")).collect()
}

/// The interface of `base` and a feature; its hash is always the same, so that only the feature's own files change.
pub(crate) fn api(feature: Option<&str>) -> Api {
    let base = repository().join("spec/base.toml");
    let own = feature.map(|name| (name, package().join(format!("tests/features/{name}.toml"))));
    let files = std::iter::once(("base", base)).chain(own);
    let sources = files.map(|(name, path)| Source {
        file: format!("spec/{name}.toml"),
        text: read_to_string(path).expect("a readable spec"),
    });
    let (mut spec, mut diagnostics) = load::parse(sources.collect());
    spec.examples = Examples::read(&package().join("tests/sdks")).expect("readable examples");
    let resolved = resolve::resolve(&spec).map_err(|more| diagnostics.extend(more));
    match resolved {
        Ok(api) if diagnostics.is_empty() => Api { hash: "0".repeat(32), ..api },
        _ => panic!("{}", diagnostics.iter().map(|one| format!("{one}\n")).collect::<String>()),
    }
}

fn features() -> Vec<String> {
    let dir = package().join("tests/features");
    let entries = std::fs::read_dir(dir).expect("tests/features");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut names: Vec<_> =
        paths.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    names
}

fn repository() -> PathBuf {
    package().parent().expect("the package stands in a repository").to_owned()
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
