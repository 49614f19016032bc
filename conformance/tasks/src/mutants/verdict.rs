//! Judges a run with a spoiled codec.

use std::collections::HashSet;

use anyhow::{Context as _, Result, ensure};
use net_codegen::mutation::Mutation;
use net_conformance::{CaseContent, CaseReport, Report, State, Status};

/// How a mistake was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Catch {
    /// The first case that fails.
    pub(crate) case: String,
    /// The byte that it names, with its field, or what else is wrong.
    pub(crate) place: String,
    /// How many cases fail.
    pub(crate) failed: usize,
}

/// Requires that the run is red: in this language and in no other, in every layout that shows the mistake, in none that
/// does not have it, and with a byte where bytes are wrong.
pub(crate) fn judge(
    report: &Report,
    language: &str,
    mutation: Mutation,
    layouts: &[String],
    shielded: &[String],
) -> Result<Catch> {
    ensure!(!layouts.is_empty(), "no layout can have it");
    for other in report.languages.iter().filter(|other| other.language != language) {
        ensure!(
            other.cases.iter().all(|case| case.status != Status::Failed),
            "{} fails as well",
            other.language
        );
    }
    let ours = report.languages.iter().find(|ours| ours.language == language);
    let ours = ours.with_context(|| format!("{language} was not run"))?;
    ensure!(ours.state == State::Ran, "its testee does not run: {:?}", ours.state);

    let failed: Vec<_> = ours.cases.iter().filter(|case| case.status == Status::Failed).collect();
    let layout =
        |case: &CaseReport| report.cases.iter().find(|content| content.name == case.name).and_then(of);
    let found: HashSet<_> = failed.iter().filter_map(|case| layout(case)).collect();
    for layout in layouts {
        ensure!(found.contains(layout.as_str()), "it survives: no case of {layout} fails");
    }
    for layout in found {
        let has_it = layouts.iter().chain(shielded).any(|one| one == layout);
        ensure!(has_it, "{layout} fails, but is as it should be");
    }
    let mut catches = failed.iter().filter_map(|case| {
        let place = place(case.detail.as_deref()?, mutation)?;
        Some(Catch { case: case.name.clone(), place, failed: failed.len() })
    });
    catches.next().context("no failure says where")
}

/// The layout that a case is about.
fn of(case: &CaseContent) -> Option<&str> {
    case.op()?.strip_prefix("wire.")?.rsplit_once('.').map(|(layout, _)| layout)
}

/// The part of a failure that says where it is: `encode: byte 4 (level at 4, u16 LE, 2 bytes): want 01 00   got 00 01`.
fn place(detail: &str, mutation: Mutation) -> Option<String> {
    match mutation {
        Mutation::SwappedOffset | Mutation::ByteOrder | Mutation::Choice => {
            let byte = detail.strip_prefix("encode: ").filter(|rest| rest.starts_with("byte "))?;
            byte.split_once(": want").map(|(place, _)| place.to_owned())
        }
        Mutation::LengthCheck => {
            let detail = detail.trim_start_matches("decode: ");
            let (error, _) = detail.strip_prefix("want the error ")?.split_once(", got ")?;
            Some(format!("no {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use net_conformance::LanguageReport;

    use super::*;

    const BYTE: &str = "encode: byte 4 (level at 4, u16 LE, 2 bytes): want 01 00   got 00 01";

    fn content(name: &str, layout: &str) -> CaseContent {
        let op = format!("wire.{layout}.encode");
        CaseContent {
            name: name.to_owned(),
            exchanges: vec![FromIterator::from_iter([("op".to_owned(), op.into())])],
        }
    }

    /// A run of two cases in two languages; in Go they fail with these details.
    fn report(go: [Option<&str>; 2]) -> Report {
        let names = ["wire/frame/a", "wire/header/a"];
        let language = |name: &str, details: [Option<&str>; 2]| LanguageReport {
            language: name.to_owned(),
            state: State::Ran,
            sdk: None,
            surface: None,
            cases: names
                .iter()
                .zip(details)
                .map(|(name, detail)| CaseReport {
                    name: (*name).to_owned(),
                    status: if detail.is_some() { Status::Failed } else { Status::Passed },
                    detail: detail.map(str::to_owned),
                })
                .collect(),
            problems: Vec::new(),
        };
        Report {
            spec_hash: String::new(),
            filter: None,
            languages: vec![language("rust", [None, None]), language("go", go)],
            cases: vec![content(names[0], "frame"), content(names[1], "header")],
        }
    }

    fn verdict(report: &Report, mutation: Mutation, layouts: &[&str]) -> Result<Catch, String> {
        let layouts: Vec<_> = layouts.iter().map(|layout| (*layout).to_owned()).collect();
        judge(report, "go", mutation, &layouts, &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn a_catch_names_case_and_byte() {
        let caught = verdict(&report([Some(BYTE), None]), Mutation::ByteOrder, &["frame"]).unwrap();
        let place = "byte 4 (level at 4, u16 LE, 2 bytes)".to_owned();
        assert_eq!(caught, Catch { case: "wire/frame/a".to_owned(), place, failed: 1 });
        let detail = "want the error echo.bad-frame, got {\"kind\":1}";
        let caught = verdict(&report([Some(detail), None]), Mutation::LengthCheck, &["frame"]).unwrap();
        assert_eq!(caught.place, "no echo.bad-frame");
    }

    #[test]
    fn a_mistake_in_a_part_may_show_or_not() {
        let (layouts, shielded) = (["frame".to_owned()], ["header".to_owned()]);
        let judged = |details| judge(&report(details), "go", Mutation::ByteOrder, &layouts, &shielded);
        assert_eq!(judged([Some(BYTE), None]).unwrap().failed, 1);
        assert_eq!(judged([Some(BYTE), Some(BYTE)]).unwrap().failed, 2);
        assert!(judged([None, Some(BYTE)]).is_err());
    }

    #[test]
    fn a_mistake_that_no_case_finds_survives() {
        let error = "it survives: no case of frame fails";
        for mutation in Mutation::ALL {
            assert_eq!(verdict(&report([None, None]), mutation, &["frame"]).unwrap_err(), error);
        }
    }

    #[test]
    fn every_layout_with_the_mistake_has_to_fail() {
        let error =
            verdict(&report([Some(BYTE), None]), Mutation::ByteOrder, &["frame", "header"]).unwrap_err();
        assert_eq!(error, "it survives: no case of header fails");
    }

    #[test]
    fn nothing_else_may_fail() {
        let report = report([Some(BYTE), Some(BYTE)]);
        let error = verdict(&report, Mutation::ByteOrder, &["frame"]).unwrap_err();
        assert_eq!(error, "header fails, but is as it should be");
        let layouts = ["frame".to_owned(), "header".to_owned()];
        let error = judge(&report, "rust", Mutation::ByteOrder, &layouts, &[]).unwrap_err();
        assert_eq!(error.to_string(), "go fails as well");
    }

    #[test]
    fn wrong_bytes_have_to_be_named() {
        let report = report([Some("encode: got the error base.internal: no"), None]);
        let error = verdict(&report, Mutation::SwappedOffset, &["frame"]).unwrap_err();
        assert_eq!(error, "no failure says where");
    }

    #[test]
    fn a_testee_that_does_not_start_proves_nothing() {
        let mut report = report([Some(BYTE), None]);
        report.languages[1].state = State::Refused("no hello".to_owned());
        let error = verdict(&report, Mutation::ByteOrder, &["frame"]).unwrap_err();
        assert!(error.starts_with("its testee does not run"), "{error}");
    }
}
