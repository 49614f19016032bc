//! Fixture files, loaded into cases: each a sequence of requests with the answers that are expected.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::frame::Call;
use crate::report::CaseContent;
use crate::{Alias, Malformed};

const KINDS: [&str; 6] = ["wire", "text", "derive", "call", "scenario", "pair"];

/// One case, whatever its kind.
#[derive(Debug)]
pub(crate) struct Case {
    /// `kind/file/case`.
    pub(crate) name: String,
    pub(crate) exchanges: Vec<Exchange>,
    /// The only language that has what it asks for.
    pub(crate) language: Option<String>,
    /// Whether it is for two testees.
    pub(crate) pairs: Pairs,
}

/// Which pairs of testees run a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pairs {
    /// It is for one testee.
    #[serde(skip)]
    None,
    /// Every ordered pair of languages.
    All,
    /// Two testees of one language.
    Own,
}

/// One request and what must come back.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// What a failure is introduced with, where a case has several.
    pub(crate) label: String,
    pub(crate) call: Call,
    pub(crate) expect: Expect,
    /// Whether the other testee of a pair is asked.
    pub(crate) is_of_peer: bool,
    /// Under which name what comes back is kept for later arguments.
    pub(crate) save: Option<String>,
}

impl Exchange {
    /// A request that stands alone.
    fn alone(label: String, call: Call, expect: Expect) -> Self {
        Self { label, call, expect, is_of_peer: false, save: None }
    }
}

/// What must come back.
#[derive(Debug, Clone)]
pub(crate) enum Expect {
    /// A value, which may hold matchers.
    Value(Value),
    /// The bytes of a layout, in hex.
    Bytes { layout: String, hex: String },
    /// An error.
    Error(ExpectedError),
}

/// An error with as much of it as the case names.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ExpectedError {
    pub(crate) family: String,
    pub(crate) kind: String,
    pub(crate) fields: Map<String, Value>,
    pub(crate) message: Option<String>,
}

impl Case {
    /// Whether it is for a language.
    pub(crate) fn is_for(&self, language: &str) -> bool {
        self.language.as_deref().is_none_or(|only| only == language)
    }

    /// Whether two testees of these languages run it.
    pub(crate) fn is_for_pair(&self, language: &str, peer: &str) -> bool {
        match self.pairs {
            Pairs::None => false,
            Pairs::All => true,
            Pairs::Own => language == peer,
        }
    }

    /// The case again, in one language, with a function called by its other name.
    pub(crate) fn with_alias(&self, alias: &Alias) -> Option<Self> {
        let mut exchanges = self.exchanges.clone();
        let mut named = exchanges.iter_mut().filter(|exchange| exchange.call.op == alias.op).peekable();
        named.peek()?;
        named.for_each(|exchange| exchange.call.op.clone_from(&alias.alias));
        let (_, other) = alias.alias.rsplit_once('/')?;
        let name = format!("{}/{}_{other}", self.name, alias.language);
        Some(Self { name, exchanges, language: Some(alias.language.clone()), pairs: self.pairs })
    }

    /// What it asks for and expects.
    pub(crate) fn content(&self) -> CaseContent {
        let content = |exchange: &Exchange| {
            let (outcome, value) = match &exchange.expect {
                Expect::Value(value) => ("ok", value.clone()),
                Expect::Bytes { hex, .. } => ("ok", hex.clone().into()),
                Expect::Error(error) => ("error", format!("{}.{}", error.family, error.kind).into()),
            };
            let mut content = Map::from_iter([
                ("op".to_owned(), exchange.call.op.clone().into()),
                ("args".to_owned(), exchange.call.args.clone().into()),
                (outcome.to_owned(), value),
            ]);
            if let Expect::Error(error) = &exchange.expect {
                content.insert("fields".to_owned(), error.fields.clone().into());
            }
            content
        };
        CaseContent { name: self.name.clone(), exchanges: self.exchanges.iter().map(content).collect() }
    }
}

/// Loads every fixture file, in the order of kinds and file names.
pub(crate) fn load(root: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for kind in KINDS {
        for path in files(&root.join(kind))? {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let file = path.file_stem().unwrap_or_default().to_string_lossy();
            read(kind, &file, &text, &mut cases).with_context(|| path.display().to_string())?;
        }
    }
    let mut names = HashSet::new();
    if let Some(twice) = cases.iter().find(|case| !names.insert(&case.name)) {
        bail!("two cases are called {}", twice.name);
    }
    Ok(cases)
}

/// The case of a malformed form: decoding it fails.
pub(crate) fn malformed(form: &Malformed) -> Result<Case> {
    let (kind, _) = form.name.split_once('/').with_context(|| format!("{} names no kind", form.name))?;
    let side = if kind == "text" { "text" } else { "bytes" };
    let error = expected_error(form.error.clone().into()).with_context(|| form.name.clone())?;
    let call = Call {
        op: format!("{kind}.{}.decode", form.layout),
        args: one(side, form.form.clone().into()),
        on: None,
        keep: None,
    };
    let exchange = Exchange::alone(String::new(), call, Expect::Error(error));
    Ok(Case { name: form.name.clone(), exchanges: vec![exchange], language: None, pairs: Pairs::None })
}

/// The cases whose name contains the text.
pub(crate) fn select<'a>(cases: &'a [Case], filter: Option<&str>) -> Vec<&'a Case> {
    cases.iter().filter(|case| filter.is_none_or(|text| case.name.contains(text))).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<C> {
    of: String,
    cases: Vec<C>,
}

/// A case of a form that has two sides: a value, and the bytes or the text it stands for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    name: String,
    value: Option<Value>,
    bytes: Option<String>,
    text: Option<String>,
    error: Option<Value>,
    only: Option<Direction>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Encode,
    Decode,
}

/// What is derived: by a function, or by a constructor and a property.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Derivation {
    #[serde(rename = "of")]
    _of: String,
    by: Vec<String>,
    cases: Vec<Derived>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Derived {
    name: String,
    args: Map<String, Value>,
    ok: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Called {
    name: String,
    call: Option<String>,
    #[serde(default)]
    args: Map<String, Value>,
    #[serde(default, deserialize_with = "present")]
    ok: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    /// Which pairs run it, if not all.
    pairs: Option<Pairs>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    call: String,
    /// `peer` for the other testee of a pair.
    at: Option<Place>,
    on: Option<String>,
    #[serde(rename = "as")]
    keep: Option<String>,
    save: Option<String>,
    #[serde(default)]
    args: Map<String, Value>,
    #[serde(default, deserialize_with = "present")]
    ok: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Place {
    Peer,
}

/// Tells `"ok": null` from no `ok`.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(kind: &str, file: &str, text: &str, cases: &mut Vec<Case>) -> Result<()> {
    let before = cases.len();
    let mut add = |name: &str, pairs: Pairs, exchanges: Result<Vec<Exchange>>| -> Result<()> {
        ensure!(!name.is_empty(), "a case has no name");
        let exchanges = exchanges.with_context(|| format!("case {name}"))?;
        cases.push(Case { name: format!("{kind}/{file}/{name}"), exchanges, language: None, pairs });
        Ok(())
    };
    match kind {
        "wire" | "text" => {
            let file: File<Form> = serde_json::from_str(text)?;
            let of = file.of;
            file.cases
                .into_iter()
                .try_for_each(|case| add(&case.name.clone(), Pairs::None, form(kind, &of, case)))?;
        }
        "derive" => {
            let file: Derivation = serde_json::from_str(text)?;
            let by = file.by;
            file.cases
                .into_iter()
                .try_for_each(|case| add(&case.name.clone(), Pairs::None, derived(&by, case)))?;
        }
        "call" => {
            let file: File<Called> = serde_json::from_str(text)?;
            let of = file.of;
            file.cases
                .into_iter()
                .try_for_each(|case| add(&case.name.clone(), Pairs::None, called(&of, case)))?;
        }
        _ => {
            let file: File<Scenario> = serde_json::from_str(text)?;
            file.cases.into_iter().try_for_each(|case| {
                let pairs = pairs(kind, case.pairs).with_context(|| format!("case {}", case.name))?;
                add(&case.name, pairs, steps(kind, case.steps))
            })?;
        }
    }
    ensure!(cases.len() > before, "it has no cases");
    Ok(())
}

/// Which pairs run a case of this kind.
fn pairs(kind: &str, stated: Option<Pairs>) -> Result<Pairs> {
    let is_pair = kind == "pair";
    ensure!(is_pair || stated.is_none(), "only a case of two testees tells which pairs run it");
    Ok(if is_pair { stated.unwrap_or(Pairs::All) } else { Pairs::None })
}

fn form(kind: &str, of: &str, case: Form) -> Result<Vec<Exchange>> {
    let (other, side) = match kind {
        "wire" => (&case.text, "bytes"),
        _ => (&case.bytes, "text"),
    };
    ensure!(other.is_none(), "a {kind} case has {side}");
    let written = case.bytes.or(case.text).with_context(|| format!("it has no {side}"))?;
    if kind == "wire" {
        ensure!(is_hex(&written), "its bytes are not lowercase hex");
    }
    let exchange = |direction: &str, arg: &str, value: Value, expect| {
        let op = format!("{kind}.{of}.{direction}");
        let call = Call { op, args: one(arg, value), on: None, keep: None };
        Exchange::alone(format!("{direction}: "), call, expect)
    };
    if let Some(error) = case.error {
        ensure!(case.value.is_none(), "it has a value and an error");
        ensure!(case.only != Some(Direction::Encode), "only decoding has errors");
        return Ok(vec![exchange("decode", side, written.into(), Expect::Error(expected_error(error)?))]);
    }
    let value = case.value.context("it has neither a value nor an error")?;
    let mut exchanges = Vec::new();
    if case.only != Some(Direction::Decode) {
        let expect = match kind {
            "wire" => Expect::Bytes { layout: of.to_owned(), hex: written.clone() },
            _ => Expect::Value(written.clone().into()),
        };
        exchanges.push(exchange("encode", "value", value.clone(), expect));
    }
    if case.only != Some(Direction::Encode) {
        exchanges.push(exchange("decode", side, written.into(), Expect::Value(value)));
    }
    Ok(exchanges)
}

fn derived(by: &[String], case: Derived) -> Result<Vec<Exchange>> {
    let call = |function: &String, args, on, keep| Call { op: format!("call:{function}"), args, on, keep };
    let wanted = Expect::Value(case.ok);
    match by {
        [function] => Ok(vec![Exchange::alone(String::new(), call(function, case.args, None, None), wanted)]),
        [make, read] => {
            let it = || Some("it".to_owned());
            let made = call(make, case.args, None, it());
            let read = call(read, Map::new(), it(), None);
            Ok(vec![
                Exchange::alone("making it: ".into(), made, Expect::Value(true.into())),
                Exchange::alone("reading it: ".into(), read, wanted),
            ])
        }
        _ => bail!("it is derived by a function, or by a constructor and a property"),
    }
}

fn called(of: &str, case: Called) -> Result<Vec<Exchange>> {
    let function = case.call.as_deref().unwrap_or(of);
    ensure!(function.contains('.'), "neither it nor the file names a function");
    let call = Call { op: format!("call:{function}"), args: case.args, on: None, keep: None };
    Ok(vec![Exchange::alone(String::new(), call, expected(case.ok, case.error)?)])
}

fn steps(kind: &str, steps: Vec<Step>) -> Result<Vec<Exchange>> {
    ensure!(!steps.is_empty(), "it has no steps");
    let mut exchanges = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        ensure!(step.at.is_none() || kind == "pair", "step {}: only a pair has a peer", index + 1);
        let silent = match (&step.keep, &step.save) {
            (_, Some(_)) => one("$any", true.into()).into(),
            (Some(_), None) => true.into(),
            (None, None) => Value::Null,
        };
        let ok = step.ok.map(filled).or_else(|| step.error.is_none().then_some(silent));
        let args = step.args.into_iter().map(|(name, value)| (name, filled(value))).collect();
        exchanges.push(Exchange {
            label: format!("step {}, {}: ", index + 1, step.call),
            call: Call { op: format!("call:{}", step.call), args, on: step.on, keep: step.keep },
            expect: expected(ok, step.error).with_context(|| format!("step {}", index + 1))?,
            is_of_peer: step.at == Some(Place::Peer),
            save: step.save,
        });
    }
    Ok(exchanges)
}

/// A value in which `{ "$fill": "a5", "bytes": 1000 }` stands for that many bytes in hex.
fn filled(value: Value) -> Value {
    match value {
        Value::Object(members) => match (members.get("$fill"), members.get("bytes")) {
            (Some(Value::String(byte)), Some(Value::Number(count))) => {
                byte.repeat(count.as_u64().unwrap_or_default() as usize).into()
            }
            _ => members.into_iter().map(|(name, value)| (name, filled(value))).collect(),
        },
        Value::Array(items) => items.into_iter().map(filled).collect(),
        other => other,
    }
}

/// Arguments in which `{ "saved": "x" }` stands for what an earlier step saved as x.
pub(crate) fn with_saved(args: &Map<String, Value>, saved: &Map<String, Value>) -> Map<String, Value> {
    fn put(value: &Value, saved: &Map<String, Value>) -> Value {
        match value {
            Value::Object(members) => match members.get("saved") {
                Some(Value::String(name)) if members.len() == 1 => {
                    saved.get(name).cloned().unwrap_or_default()
                }
                _ => with_saved(members, saved).into(),
            },
            Value::Array(items) => items.iter().map(|item| put(item, saved)).collect(),
            other => other.clone(),
        }
    }
    args.iter().map(|(name, value)| (name.clone(), put(value, saved))).collect()
}

fn expected(ok: Option<Value>, error: Option<Value>) -> Result<Expect> {
    match (ok, error) {
        (Some(ok), None) => Ok(Expect::Value(ok)),
        (None, Some(error)) => Ok(Expect::Error(expected_error(error)?)),
        (Some(_), Some(_)) => bail!("it has both `ok` and `error`"),
        (None, None) => bail!("it has neither `ok` nor `error`"),
    }
}

fn expected_error(value: Value) -> Result<ExpectedError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Full {
        family: String,
        kind: String,
        #[serde(default)]
        fields: Map<String, Value>,
        message: Option<String>,
    }
    if let Value::String(short) = &value {
        let (family, kind) = short.split_once('.').context("an error is written `family.kind`")?;
        return Ok(ExpectedError {
            family: family.to_owned(),
            kind: kind.to_owned(),
            ..ExpectedError::default()
        });
    }
    let Full { family, kind, fields, message } = serde_json::from_value(value)?;
    Ok(ExpectedError { family, kind, fields, message })
}

fn one(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

fn is_hex(text: &str) -> bool {
    text.len().is_multiple_of(2) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_and_what_repeats_is_filled_in() {
        let text = r#"{"of": "", "cases": [{"name": "a", "steps": [
            {"call": "echo.next", "save": "n"},
            {"call": "echo.put", "at": "peer", "args": {"list": [{"saved": "n"}, {"$fill": "a5", "bytes": 3}]}}]}]}"#;
        let cases = cases("pair", text).unwrap();
        let [asked, put] = cases[0].exchanges.as_slice() else { panic!("two steps") };
        assert_eq!(asked.save.as_deref(), Some("n"));
        assert!(put.is_of_peer && cases[0].is_for_pair("go", "c"));
        let saved = one("n", 7.into());
        assert_eq!(
            Value::from(with_saved(&put.call.args, &saved)),
            serde_json::json!({"list": [7, "a5a5a5"]})
        );
        assert!(refusal("scenario", &text.replace("echo.put", "echo.set")).contains("only a pair"));
    }

    #[test]
    fn a_case_may_be_for_pairs_of_one_language() {
        let text =
            r#"{"of": "", "cases": [{"name": "a", "pairs": "own", "steps": [{"call": "echo.next"}]}]}"#;
        let case = &cases("pair", text).unwrap()[0];
        assert!(case.is_for_pair("go", "go") && !case.is_for_pair("go", "c"));
        assert!(refusal("scenario", text).contains("only a case of two testees"));
        assert!(refusal("pair", &text.replace("own", "some")).contains("unknown variant"));
    }

    fn cases(kind: &str, text: &str) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        read(kind, "file", text, &mut cases).map(|()| cases)
    }

    fn refusal(kind: &str, text: &str) -> String {
        format!("{:#}", cases(kind, text).unwrap_err())
    }

    #[test]
    fn a_wire_case_asks_both_directions() {
        let cases =
            cases("wire", r#"{"of": "frame", "cases": [{"name": "a", "value": {"x": 1}, "bytes": "01"}]}"#)
                .unwrap();
        assert_eq!(cases[0].name, "wire/file/a");
        let ops: Vec<_> = cases[0].exchanges.iter().map(|exchange| exchange.call.op.as_str()).collect();
        assert_eq!(ops, ["wire.frame.encode", "wire.frame.decode"]);
    }

    #[test]
    fn only_restricts_the_direction() {
        let text = r#"{"of": "p", "cases": [{"name": "a", "value": 1, "text": "1", "only": "decode"}]}"#;
        let cases = cases("text", text).unwrap();
        assert_eq!(cases[0].exchanges.len(), 1);
        assert_eq!(cases[0].exchanges[0].call.op, "text.p.decode");
    }

    #[test]
    fn a_null_result_is_a_result() {
        let cases = cases("call", r#"{"of": "echo.nothing", "cases": [{"name": "a", "ok": null}]}"#).unwrap();
        assert!(matches!(&cases[0].exchanges[0].expect, Expect::Value(Value::Null)));
    }

    #[test]
    fn a_step_without_a_result_expects_what_it_keeps() {
        let text = r#"{"of": "", "cases": [{"name": "a", "steps": [
            {"call": "echo.counter.new", "as": "c"}, {"call": "echo.counter.add", "on": "c"}]}]}"#;
        let cases = cases("scenario", text).unwrap();
        let [made, added] = cases[0].exchanges.as_slice() else { panic!("two steps") };
        assert!(matches!(&made.expect, Expect::Value(Value::Bool(true))));
        assert_eq!(made.call.keep.as_deref(), Some("c"));
        assert!(matches!(&added.expect, Expect::Value(Value::Null)));
        assert_eq!(added.call.on.as_deref(), Some("c"));
    }

    #[test]
    fn a_case_may_name_its_function() {
        let case = r#"{"name": "a", "call": "echo.echo_u8", "ok": 1}"#;
        let cases = cases("call", &format!(r#"{{"of": "numbers", "cases": [{case}]}}"#)).unwrap();
        assert_eq!(cases[0].exchanges[0].call.op, "call:echo.echo_u8");
        let unnamed = r#"{"of": "numbers", "cases": [{"name": "a", "ok": 1}]}"#;
        assert!(refusal("call", unnamed).contains("names a function"));
    }

    #[test]
    fn a_broken_case_is_named() {
        assert!(
            refusal("call", r#"{"of": "e.f", "cases": [{"name": "a"}]}"#).contains("case a: it has neither")
        );
        assert!(refusal("call", r#"{"of": "e.f", "cases": [{"name": "a", "okay": 1}]}"#).contains("okay"));
        assert!(
            refusal("wire", r#"{"of": "f", "cases": [{"name": "a", "value": 1, "bytes": "0G"}]}"#)
                .contains("hex")
        );
        assert!(refusal("wire", r#"{"of": "f", "cases": []}"#).contains("no cases"));
        assert!(
            refusal("call", r#"{"of": "e.f", "cases": [{"name": "a", "error": "rejected"}]}"#)
                .contains("family.kind")
        );
    }
}
