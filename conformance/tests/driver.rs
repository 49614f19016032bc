//! The driver against a testee that does what it is told, also badly.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, process};

use net_conformance::{
    Alias, Frames, LanguageReport, Layouts, Options, Report, Span, Spellings, State, Status, Testee, run,
};
use serde_json::Value;

const HASH: &str = "5bec";

/// A directory of fixtures and lists, removed at the end.
struct Suite {
    root: PathBuf,
}

impl Suite {
    fn new(name: &str) -> Self {
        let root = env::temp_dir().join(format!("net-conformance-{}-{name}", process::id()));
        let _ = fs::remove_dir_all(&root);
        Self { root }
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Calls of the fake testee, each a case that expects `null`.
    fn calls(self, functions: &[&str]) -> Self {
        functions.iter().enumerate().fold(self, |suite, (index, function)| {
            let text =
                format!(r#"{{"of": "fake.{function}", "cases": [{{"name": "{function}", "ok": null}}]}}"#);
            suite.file(&format!("fixtures/call/{index}.json"), &text)
        })
    }

    fn options(&self) -> Options {
        Options {
            fixtures: self.root.join("fixtures"),
            known: self.root.join("known"),
            out: self.root.join("out"),
            filter: None,
            spec_hash: HASH.to_owned(),
            malformed: Vec::new(),
            aliases: Vec::new(),
            spellings: Spellings::default(),
            layouts: Layouts::new(),
            jobs: 2,
            limit: Duration::from_secs(10),
        }
    }

    fn run(&self, testees: &[Testee]) -> Report {
        run(&self.options(), testees).unwrap()
    }

    fn run_one(&self) -> LanguageReport {
        self.run(&[fake("rust", "json")]).languages.remove(0)
    }

    fn run_impatiently(&self, testee: Testee) -> LanguageReport {
        let options = Options { limit: Duration::from_millis(300), ..self.options() };
        run(&options, &[testee]).unwrap().languages.remove(0)
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn fake(language: &str, mode: &str) -> Testee {
    let frames = if mode == "flat" { Frames::Flat } else { Frames::Json };
    let command = [env!("CARGO_BIN_EXE_net-fake-testee"), language, HASH, mode].map(str::to_owned).to_vec();
    Testee { language: language.to_owned(), command, frames, absent: None }
}

fn statuses(language: &LanguageReport) -> Vec<Status> {
    language.cases.iter().map(|case| case.status).collect()
}

fn detail(language: &LanguageReport, case: usize) -> &str {
    language.cases[case].detail.as_deref().unwrap()
}

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap()
}

const ECHO: &str = r#"{"of": "fake.echo", "cases": [
    {"name": "text", "args": {"value": "tab\t ü %"}, "ok": "tab\t ü %"},
    {"name": "number", "args": {"value": 0.1}, "ok": 0.1}]}"#;

#[test]
fn cases_pass_in_both_forms() {
    let suite = Suite::new("pass").file("fixtures/call/echo.json", ECHO);
    let report = suite.run(&[fake("rust", "json"), fake("c", "flat")]);
    assert_eq!(report.counts(), (6, 0, 0), "{}", report.to_terminal());
    assert_eq!(report.languages[1].sdk.as_deref(), Some("0.1.0"));
}

#[test]
fn the_report_keeps_the_surface_and_what_cases_ask_for() {
    let suite = Suite::new("surface").file("fixtures/call/echo.json", ECHO);
    let json = suite.run(&[fake("rust", "json"), fake("c", "flat")]).to_json();
    assert_eq!(json["languages"]["rust"]["surface"]["fake"]["echo"], true);
    assert!(json["languages"]["c"]["surface"].is_null());
    assert_eq!(json["cases"]["call/echo/text"][0]["op"], "call:fake.echo");
}

#[test]
fn another_name_is_called_in_its_language_only() {
    let suite = Suite::new("aliases").file("fixtures/call/echo.json", ECHO);
    let [op, alias] = ["call:fake.echo", "call:fake.echo/say"].map(str::to_owned);
    let aliases = vec![Alias { language: "rust".to_owned(), op, alias }];
    let options = Options { aliases, ..suite.options() };
    let json = run(&options, &[fake("rust", "json"), fake("c", "flat")]).unwrap().to_json();
    let name = "call/echo/text/rust_say";
    assert_eq!(json["languages"]["rust"]["cases"][name]["status"], "passed");
    assert!(json["languages"]["c"]["cases"][name].is_null());
    assert_eq!(json["cases"][name][0]["op"], "call:fake.echo/say");
}

#[test]
fn a_byte_difference_names_case_and_field() {
    let wire = r#"{"of": "fake", "cases": [{"name": "a", "value": "01ff", "bytes": "0102"}]}"#;
    let suite = Suite::new("bytes").file("fixtures/wire/fake.json", wire);
    let span = Span { name: "nonce".into(), form: "u8".into(), start: 1, len: Some(1) };
    let options =
        Options { layouts: Layouts::from_iter([("fake".to_owned(), vec![span])]), ..suite.options() };
    let report = run(&options, &[fake("rust", "json")]).unwrap();
    let expected = "wire/fake/a  rust  FAIL\n  encode: byte 1 (nonce at 1, u8, 1 bytes): want 02   got ff\n";
    assert!(report.to_terminal().starts_with(expected), "{}", report.to_terminal());
}

#[test]
fn errors_are_compared() {
    let text = r#"{"of": "fake.reject", "cases": [
        {"name": "short", "error": "fake.rejected"},
        {"name": "full", "args": {"x": 1},
         "error": {"family": "fake", "kind": "rejected", "fields": {"x": 1}, "message": "fake: no"}},
        {"name": "other", "error": "fake.accepted"},
        {"name": "none", "ok": null}]}"#;
    let language = Suite::new("errors").file("fixtures/call/reject.json", text).run_one();
    let [passed, failed] = [Status::Passed, Status::Failed];
    assert_eq!(statuses(&language), [passed, passed, failed, failed, passed]);
}

#[test]
fn a_crash_fails_its_case_and_no_other() {
    let language = Suite::new("crash").calls(&["new", "crash", "new"]).run_one();
    assert_eq!(statuses(&language), [Status::Passed, Status::Failed, Status::Passed, Status::Passed]);
    assert_eq!(detail(&language, 1), "it ended with exit status: 3; its log ends with: about to crash");
}

#[test]
fn a_hang_is_killed() {
    let language = Suite::new("hang").calls(&["hang", "new"]).run_impatiently(fake("rust", "json"));
    assert_eq!(statuses(&language), [Status::Failed, Status::Passed, Status::Passed]);
    assert_eq!(detail(&language, 0), "no answer in 300ms; killed");
}

#[test]
fn junk_fails_its_case_and_no_other() {
    let language = Suite::new("junk").calls(&["junk", "stale", "new"]).run_one();
    assert_eq!(statuses(&language), [Status::Failed, Status::Failed, Status::Passed, Status::Passed]);
    assert_eq!(detail(&language, 0), "junk: not a frame: \"this\"");
    assert_eq!(detail(&language, 1), "it answers request 0 instead of 1");
}

#[test]
fn another_spec_is_refused_with_both_hashes() {
    let mut testee = fake("go", "json");
    testee.command[2] = "0ld".to_owned();
    let suite = Suite::new("hash").calls(&["new", "echo"]);
    let report = suite.run(&[testee]);
    assert_eq!(report.counts(), (0, 3, 0));
    let reason = format!("it was built from spec 0ld, this is {HASH}; build it again");
    assert_eq!(report.languages[0].state, State::Refused(reason.clone()));
    assert!(report.to_terminal().starts_with(&format!("go  FAIL\n  {reason}\n")), "{}", report.to_terminal());
}

#[test]
fn a_testee_that_does_not_start_is_tried_once() {
    let silent = Suite::new("silent").calls(&["new", "new"]).run_impatiently(fake("rust", "silent"));
    assert_eq!(statuses(&silent), [Status::Failed; 3]);
    assert!(
        matches!(&silent.state, State::Refused(reason) if reason == "no hello: no answer in 1.8s; killed")
    );

    let mut missing = fake("rust", "json");
    missing.command[0] = "/nonexistent/testee".to_owned();
    let missing = Suite::new("missing").calls(&["new"]).run_impatiently(missing);
    assert!(matches!(&missing.state, State::Refused(reason) if reason.starts_with("cannot start")));
}

#[test]
fn a_testee_has_to_exit() {
    let language = Suite::new("stays").calls(&["new"]).run_impatiently(fake("rust", "stays"));
    assert_eq!(statuses(&language), [Status::Passed, Status::Failed]);
    assert_eq!(language.cases[1].name, "session/testee/exit");
}

#[test]
fn kept_objects_last_until_the_case_ends() {
    let text = r#"{"of": "objects", "cases": [
        {"name": "two", "steps": [
            {"call": "fake.new", "as": "a"}, {"call": "fake.new", "as": "b"}, {"call": "fake.kept", "on": "a", "ok": 2}]},
        {"name": "one", "steps": [{"call": "fake.new", "as": "a"}, {"call": "fake.kept", "ok": 2}]},
        {"name": "none", "steps": [{"call": "fake.kept", "ok": 0}]}]}"#;
    let language = Suite::new("objects").file("fixtures/scenario/objects.json", text).run_one();
    assert_eq!(statuses(&language), [Status::Passed, Status::Failed, Status::Passed, Status::Passed]);
    assert_eq!(detail(&language, 1), "step 2, fake.kept: want 2, got 1");
}

#[test]
fn a_known_failure_is_skipped_until_it_passes() {
    let suite = Suite::new("known").calls(&["crash", "new"]).file("known/rust.txt", "# Crashes.\ncall/*\n");
    let report = suite.run(&[fake("rust", "json")]);
    let language = &report.languages[0];
    assert_eq!(statuses(language), [Status::Known, Status::Failed, Status::Passed]);
    assert_eq!(detail(language, 1), "it passes, but known/rust.txt line 2 lists it as failing");
    assert_eq!(report.closing_line(), "1 passed, 1 failed, 1 skipped");
}

#[test]
fn a_pattern_that_matches_nothing_fails_the_run() {
    let suite = Suite::new("unused").calls(&["new"]).file("known/rust.txt", "call/gone/*\n");
    let report = suite.run(&[fake("rust", "json")]);
    assert_eq!(report.closing_line(), "2 passed, 1 failed, 0 skipped");
    assert!(report.to_terminal().contains("known/rust.txt line 1: `call/gone/*` matches no case"));
}

#[test]
fn a_filter_leaves_patterns_of_other_cases_alone() {
    let suite = Suite::new("filter").calls(&["crash", "new"]).file("known/rust.txt", "call/0/crash\n");
    let options = Options { filter: Some("/1/new".to_owned()), ..suite.options() };
    let report = run(&options, &[fake("rust", "json")]).unwrap();
    assert_eq!(report.counts(), (2, 0, 0));
    let nothing = Options { filter: Some("/2/".to_owned()), ..suite.options() };
    assert!(run(&nothing, &[fake("rust", "json")]).is_err());
}

#[test]
fn many_failures_are_told_in_short() {
    let report = Suite::new("many").calls(&["reject"; 25]).run(&[fake("rust", "json")]);
    let terminal = report.to_terminal();
    assert_eq!(terminal.matches("FAIL\n").count(), 20, "{terminal}");
    assert!(terminal.contains("rust  5 more failures, see report.md\n"), "{terminal}");
    assert_eq!(report.to_markdown().matches("FAIL\n").count(), 25);
}

#[test]
fn the_report_has_a_column_per_language() {
    let wrong = r#"{"of": "fake.echo", "cases": [{"name": "wrong", "args": {"value": "a"}, "ok": "b"}]}"#;
    let suite =
        Suite::new("report").file("fixtures/call/wrong.json", wrong).file("fixtures/call/echo.json", ECHO);
    let suite = suite.calls(&["crash"]).file("known/c.txt", "# Echoes what it gets.\n*/wrong\n");
    let absent = Testee { absent: Some("python3 is missing".to_owned()), ..fake("python", "json") };
    let report = suite.run(&[fake("rust", "json"), absent, fake("c", "flat")]);
    let terminal = report.to_terminal();
    let matrix = terminal.split_once("want \"b\", got \"a\"\n").unwrap().1;
    assert_eq!(
        matrix,
        "          rust  python     c
 call      2/4       -  2/4*
 session     1       -     1
 python is absent: python3 is missing
 * 1 known failing, see known/c.txt
 c does not support 1: no call:fake.crash
"
    );

    let json: Value = serde_json::from_str(&read(&suite.root, "out/report.json")).unwrap();
    assert_eq!(json["spec_hash"], HASH);
    assert_eq!(json["failed"], 2);
    assert_eq!(json["languages"]["python"]["state"], "absent");
    assert_eq!(json["languages"]["rust"]["cases"]["call/0/crash"]["status"], "failed");
    let markdown = read(&suite.root, "out/report.md");
    assert!(markdown.contains("| call | 2/4 | - | 2/4* |"), "{markdown}");
    assert!(markdown.contains(&report.closing_line()));
}
