//! The coverage of small reports over the real interface.

use net_codegen::coverage::{self, Column, Coverage, Sort, State, Tested, columns, entries};
use net_codegen::ir::{Api, Lang};
use serde_json::{Map, Value, json};
use std::path::Path;

fn api() -> Api {
    net_codegen::cli::api(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).expect("a valid spec")
}

/// A report in which Rust has everything, and all others are absent.
fn report(api: &Api) -> Value {
    let mut surface = Map::new();
    for listed in entries(api).iter().filter_map(|entry| entry.names.get(&Lang::Rust)).flatten() {
        surface.insert(listed.name.clone(), listed.value.clone().unwrap_or(Value::Bool(true)));
    }
    let mut languages = Map::new();
    for name in ["typescript", "python", "go", "c"] {
        languages.insert(name.into(), json!({ "state": "absent", "reason": "no tools" }));
    }
    let cases =
        json!({ "scenario/bus/one": { "status": "passed" }, "scenario/bus/two": { "status": "failed" } });
    languages
        .insert("rust".into(), json!({ "state": "ran", "surface": { "rust": surface }, "cases": cases }));
    json!({ "spec_hash": api.hash, "filter": null, "languages": languages, "cases": cases_of_two() })
}

fn cases_of_two() -> Value {
    let poll = json!({ "request": { "limit": 1, "ordering": "insertion_ts" } });
    let event = json!({ "id": "0", "raw": "1", "insertion_ts": { "$any": true }, "shard_id": 0 });
    json!({
        "scenario/bus/one": [
            { "op": "call:bus.net_node.poll", "args": poll, "ok": { "events": [event], "has_more": false } },
            { "op": "call:bus.net_node.emit_raw", "args": {}, "error": "bus.invalid_json", "fields": { "offset": "3" } },
        ],
        "scenario/bus/two": [{ "op": "call:bus.net_node.flush", "args": {}, "error": "bus.closed" }],
    })
}

/// How Rust is tested there.
fn tested(coverage: &Coverage, path: &str) -> Option<Tested> {
    match coverage.state("rust", path) {
        Some(State::Present(tested)) => Some(tested.clone()),
        _ => None,
    }
}

#[test]
fn a_name_that_no_artefact_lists_is_a_hole() {
    let (api, mut report) = (api(), report(&api()));
    let surface = report["languages"]["rust"]["surface"]["rust"].as_object_mut().expect("a surface");
    surface.remove("NetNode::poll").expect("it was there");
    let coverage = Coverage::new(&api, &report);
    assert_eq!(coverage.state("rust", "bus.net_node.poll"), Some(&State::Missing("NetNode::poll".into())));
    assert!(coverage.to_terminal().starts_with("bus.net_node.poll\n  rust: no NetNode::poll\n"));
    assert!(coverage.verdict().expect_err("a hole").to_string().starts_with("1 holes"));
}

#[test]
fn a_constant_of_another_value_is_a_hole() {
    let (api, mut report) = (api(), report(&api()));
    report["languages"]["rust"]["surface"]["rust"]["Backpressure::DropNewest"] = json!("drop_oldest");
    let coverage = Coverage::new(&api, &report);
    let wanted = State::Missing("Backpressure::DropNewest = \"drop_newest\"".into());
    assert_eq!(coverage.state("rust", "bus.backpressure.drop_newest"), Some(&wanted));
}

#[test]
fn a_case_tests_what_it_passes_and_compares() {
    let api = api();
    let coverage = Coverage::new(&api, &report(&api));
    let by = Some(Tested::Case("scenario/bus/one".into()));
    for path in [
        "bus.net_node",
        "bus.net_node.poll",
        "bus.poll_request.limit",
        "bus.ordering.insertion_ts",
        "bus.stored_event.raw",
        "error.bus.invalid_json",
        "error.bus.invalid_json.offset",
    ] {
        assert_eq!(tested(&coverage, path), by, "{path}");
    }
    for path in ["bus.ordering.none", "bus.poll_request.cursor", "error.bus.invalid_json.reason"] {
        assert_eq!(tested(&coverage, path), Some(Tested::Nowhere), "{path}");
    }
}

#[test]
fn a_case_that_failed_tests_nothing() {
    let api = api();
    let coverage = Coverage::new(&api, &report(&api));
    for path in ["bus.net_node.flush", "error.bus.closed"] {
        assert_eq!(tested(&coverage, path), Some(Tested::Nowhere), "{path}");
    }
    assert!(coverage.verdict().expect_err("untested entries").to_string().contains("untested"));
}

#[test]
fn what_may_be_anything_is_not_compared() {
    let api = api();
    let coverage = Coverage::new(&api, &report(&api));
    assert!(matches!(tested(&coverage, "bus.stored_event.insertion_ts"), Some(Tested::Elsewhere(_))));
}

#[test]
fn what_a_language_skips_has_its_reason() {
    let api = api();
    let coverage = Coverage::new(&api, &report(&api));
    assert!(matches!(coverage.state("rust", "control.set_logger"), Some(State::Skipped(_))));
    assert!(matches!(coverage.state("net_sdk", "echo.fail"), Some(State::Skipped(_))));
    assert_eq!(coverage.state("go", "bus.net_node.poll"), Some(&State::Unknown));
}

#[test]
fn another_name_is_an_entry_of_its_languages() {
    let api = api();
    let all = entries(&api);
    let alias = all.iter().find(|entry| entry.path == "bus.net_node.emit/ingest").expect("an alias");
    assert_eq!((alias.sort, alias.names.keys().collect::<Vec<_>>()), (Sort::Method, vec![&Lang::Python]));
}

#[test]
fn every_package_has_a_column_and_its_twin_too() {
    let columns = columns(&api());
    let of =
        |lang| columns.iter().filter(move |column: &&Column| column.lang == lang).map(|c| c.name.as_str());
    assert_eq!(of(Lang::Python).collect::<Vec<_>>(), ["net", "net_sdk", "net.aio", "net_sdk.aio"]);
    assert_eq!(of(Lang::C).collect::<Vec<_>>(), ["c"]);
}

#[test]
fn a_testee_that_cannot_tell_fails() {
    let (api, mut report) = (api(), report(&api()));
    report["languages"]["rust"]["surface"] = Value::Null;
    let error = Coverage::new(&api, &report).verdict().expect_err("nothing is known of Rust");
    assert!(error.to_string().contains("surface"), "{error}");
}

#[test]
fn a_report_of_another_spec_or_of_some_cases_is_refused() {
    let (api, mut report) = (api(), report(&api()));
    assert!(coverage::check(&api, &report).is_ok());
    report["filter"] = json!("wire");
    assert!(coverage::check(&api, &report).is_err());
    report["spec_hash"] = json!("0");
    assert!(coverage::check(&api, &report).expect_err("stale").to_string().contains("is of spec 0"));
}
