//! The coverage of small reports over the real interface.

use net_codegen::coverage::{Coverage, Sort, State, entries};
use net_codegen::ir::{Api, Lang};
use serde_json::{Map, Value, json};
use std::path::Path;

fn api() -> Api {
    net_codegen::cli::api(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).expect("a valid spec")
}

/// A report in which Rust has everything but what is named, and all others are absent.
fn report(api: &Api, without: &str) -> Value {
    let surface = entries(api).into_iter().map(|entry| (entry.path.clone(), json!(entry.path != without)));
    let mut languages = Map::new();
    for name in ["typescript", "python", "go", "c"] {
        languages.insert(name.into(), json!({ "state": "absent", "reason": "no tools" }));
    }
    let cases = json!({
        "call/bus/one": { "status": "passed" },
        "call/bus/two": { "status": "failed" },
    });
    let surface = surface.collect::<Map<_, _>>();
    languages.insert("rust".into(), json!({ "state": "ran", "surface": surface, "cases": cases }));
    json!({
        "spec_hash": api.hash,
        "languages": languages,
        "cases": {
            "call/bus/one": { "ops": ["call:bus.net_node.poll"], "errors": ["bus.invalid_cursor"] },
            "call/bus/two": { "ops": ["call:bus.net_node.flush"], "errors": ["bus.closed"] },
        },
    })
}

#[test]
fn a_hole_without_a_reason_fails() {
    let api = api();
    assert!(Coverage::new(&api, &report(&api, "")).verdict(false).is_ok());
    let coverage = Coverage::new(&api, &report(&api, "bus.net_node.poll"));
    assert_eq!(coverage.state(Lang::Rust, "bus.net_node.poll"), Some(&State::Missing));
    assert!(coverage.to_terminal().contains("bus.net_node.poll  rust  MISSING"));
    assert!(coverage.verdict(false).is_err());
}

#[test]
fn only_cases_that_passed_test_something() {
    let api = api();
    let coverage = Coverage::new(&api, &report(&api, ""));
    let by = Some(&State::Present(Some("call/bus/one".into()))).cloned();
    for path in [
        "bus.net_node.poll",
        "bus.poll_request",
        "bus.stored_event",
        "bus.ordering",
        "error.bus.invalid_cursor",
    ] {
        assert_eq!(coverage.state(Lang::Rust, path).cloned(), by, "{path}");
    }
    for path in ["bus.net_node.flush", "error.bus.closed"] {
        assert_eq!(coverage.state(Lang::Rust, path), Some(&State::Present(None)), "{path}");
    }
    assert!(coverage.verdict(true).is_err());
}

#[test]
fn what_a_language_skips_has_its_reason() {
    let api = api();
    let coverage = Coverage::new(&api, &report(&api, ""));
    assert!(matches!(coverage.state(Lang::Rust, "control.set_logger"), Some(State::Skipped(_))));
    assert_eq!(coverage.state(Lang::Go, "bus.net_node.poll"), Some(&State::Unknown));
}

#[test]
fn another_name_is_an_entry_of_its_languages() {
    let api = api();
    let all = entries(&api);
    let alias = all.iter().find(|entry| entry.path == "bus.net_node.emit/ingest").expect("an alias");
    assert_eq!((alias.sort, &alias.languages[..]), (Sort::Method, &[Lang::Python][..]));
}

#[test]
fn a_testee_that_cannot_tell_fails() {
    let api = api();
    let mut report = report(&api, "");
    report["languages"]["rust"]["surface"] = Value::Null;
    let error = Coverage::new(&api, &report).verdict(false).expect_err("nothing is known of Rust");
    assert!(error.to_string().contains("surface"), "{error}");
}
