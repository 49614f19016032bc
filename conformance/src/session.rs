//! Runs all cases in one testee, and restarts it where a case has ended it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use crate::fixture::{self, Case, Pairs};
use crate::frame::{Call, Outcome};
use crate::known::Known;
use crate::link::Link;
use crate::report::{CaseReport, LanguageReport, State, Status};
use crate::server::{Folder, NotInstalled, Servers};
use crate::{Options, Testee, compare};

/// Name of the case that every run ends with: the testee ends when its input does.
const EXIT: &str = "session/testee/exit";

/// Runs the cases in a testee, and those for two with each of the peers; an `Err` is about files of ours, never about a
/// testee.
pub(crate) fn run(
    options: &Options,
    testee: &Testee,
    peers: &[Testee],
    servers: &Servers,
    all: &[Case],
    cases: &[&Case],
) -> Result<LanguageReport> {
    let known = Known::load(&options.known, &testee.language)?;
    let mut session = Session::new(options, testee, servers, format!("{}.log", testee.language))?;
    let mut results = Vec::new();
    let own = |case: &&&Case| case.is_for(&testee.language);
    for case in cases.iter().filter(own).filter(|case| case.pairs == Pairs::None) {
        results.push(judge(&case.name, session.case(case, None), &known));
    }
    for peer in peers {
        let of_pair = |case: &&&Case| case.is_for_pair(&testee.language, &peer.language);
        let pairs: Vec<_> = cases.iter().filter(own).filter(of_pair).collect();
        if pairs.is_empty() {
            continue;
        }
        let log = format!("{}-of-{}.log", peer.language, testee.language);
        let mut other = Session::new(options, peer, servers, log)?;
        for case in &pairs {
            let name = format!("{}/{}", case.name, peer.language);
            results.push(judge(&name, session.case(case, Some(&mut other)), &known));
        }
    }
    let surface = session.surface();
    results.push(judge(EXIT, session.exit(), &known));
    // With a filter, most patterns match only cases that are left out.
    for case in all {
        let _ = known.find(&case.name);
    }
    Ok(LanguageReport {
        language: testee.language.clone(),
        state: match (&testee.absent, session.refused) {
            (Some(reason), _) => State::Absent(reason.clone()),
            (None, Some(reason)) => State::Refused(reason),
            (None, None) => State::Ran,
        },
        sdk: session.sdk,
        surface,
        cases: results,
        problems: known.unused(),
    })
}

/// How a case went, before the known-failing list is asked.
enum Verdict {
    Pass,
    Fail(String),
    Unsupported(String),
    NoServer(String),
    Absent,
}

fn judge(name: &str, verdict: Verdict, known: &Known) -> CaseReport {
    let (status, detail) = match (verdict, known.find(name)) {
        (Verdict::Pass, None) => (Status::Passed, None),
        (Verdict::Pass, Some(place)) => {
            (Status::Failed, Some(format!("it passes, but {place} lists it as failing")))
        }
        (Verdict::Fail(detail), None) => (Status::Failed, Some(detail)),
        (Verdict::Fail(detail), Some(place)) => (Status::Known, Some(format!("{place}: {detail}"))),
        (Verdict::Unsupported(reason), _) => (Status::Unsupported, Some(reason)),
        (Verdict::NoServer(reason), _) => (Status::NoServer, Some(reason)),
        (Verdict::Absent, _) => (Status::Absent, None),
    };
    CaseReport { name: name.to_owned(), status, detail }
}

struct Session<'a> {
    options: &'a Options,
    testee: &'a Testee,
    servers: &'a Servers,
    log: PathBuf,
    link: Option<Link>,
    /// Why it does not start or may not run; then no case is tried any more.
    refused: Option<String>,
    sdk: Option<String>,
}

impl<'a> Session<'a> {
    fn new(options: &'a Options, testee: &'a Testee, servers: &'a Servers, log: String) -> Result<Self> {
        let log = options.out.join(log);
        fs::write(&log, "").with_context(|| format!("cannot write {}", log.display()))?;
        Ok(Self { options, testee, servers, log, link: None, refused: None, sdk: None })
    }

    /// Runs a case, with the other testee if it is for two.
    fn case(&mut self, case: &Case, mut peer: Option<&mut Self>) -> Verdict {
        for session in [Some(&mut *self), peer.as_deref_mut()].into_iter().flatten() {
            if session.testee.absent.is_some() {
                return Verdict::Absent;
            }
            if let Err(error) = session.start() {
                return Verdict::Fail(format!("{error:#}"));
            }
        }
        let verdict = self.exchanges(case, peer.as_deref_mut());
        let resets = [Some(self), peer].into_iter().flatten().map(|session| session.reset(case));
        // Each forgets, also where another failed to.
        resets.collect::<Vec<_>>().into_iter().flatten().next().unwrap_or(verdict)
    }

    fn exchanges(&mut self, case: &Case, mut peer: Option<&mut Self>) -> Verdict {
        let (mut saved, folder) = (Map::new(), Folder::new(&self.options.fixtures));
        for exchange in &case.exchanges {
            let asked = match peer.as_deref_mut() {
                Some(peer) if exchange.is_of_peer => peer,
                _ => &mut *self,
            };
            let filled = asked.servers.fill(&fixture::with_saved(&exchange.call.args, &saved), &folder);
            let args = match filled {
                Ok(args) => args,
                Err(error) if error.is::<NotInstalled>() => return Verdict::NoServer(error.to_string()),
                Err(error) => return Verdict::Fail(format!("{}{error:#}", exchange.label)),
            };
            let outcome = match asked.ask(&Call { args, ..exchange.call.clone() }) {
                Err(detail) => return Verdict::Fail(format!("{}{detail}", exchange.label)),
                Ok(Outcome::Unsupported(reason)) => return Verdict::Unsupported(reason),
                Ok(outcome) => outcome,
            };
            let options = asked.options;
            let names = options.spellings.of(&asked.testee.language, &exchange.call.op);
            if let Err(detail) = compare::check(&exchange.expect, &outcome, &options.layouts, names) {
                return Verdict::Fail(format!("{}{detail}", exchange.label));
            }
            if let (Some(name), Outcome::Ok(value)) = (&exchange.save, outcome) {
                saved.insert(name.clone(), value);
            }
        }
        Verdict::Pass
    }

    /// Asks what the SDK has; nothing if the testee cannot tell.
    fn surface(&mut self) -> Option<Map<String, Value>> {
        if self.testee.absent.is_some() || self.start().is_err() {
            return None;
        }
        let call = Call { op: "surface".to_owned(), args: Map::new(), on: None, keep: None };
        match self.ask(&call) {
            Ok(Outcome::Ok(Value::Object(surface))) => Some(surface),
            _ => None,
        }
    }

    fn exit(&mut self) -> Verdict {
        if self.testee.absent.is_some() {
            return Verdict::Absent;
        }
        if let Err(error) = self.start() {
            return Verdict::Fail(format!("{error:#}"));
        }
        match self.link.take().map(Link::finish) {
            Some(Err(error)) => Verdict::Fail(self.with_log(&format!("{error:#}"))),
            _ => Verdict::Pass,
        }
    }

    /// Starts the testee unless it runs.
    fn start(&mut self) -> Result<()> {
        if self.link.is_some() {
            return Ok(());
        }
        ensure!(self.refused.is_none(), "not run: the testee does not start");
        let started = Link::start(self.testee, &self.log, self.options.limit).and_then(|link| {
            let (wanted, found) = (&self.options.spec_hash, &link.hello.spec_hash);
            ensure!(found == wanted, "it was built from spec {found}, this is {wanted}; build it again");
            ensure!(link.hello.language == self.testee.language, "it says it is for {}", link.hello.language);
            Ok(link)
        });
        match started {
            Ok(link) => {
                self.sdk = Some(link.hello.sdk.clone());
                self.link = Some(link);
                Ok(())
            }
            Err(error) => {
                let reason = self.with_log(&format!("{error:#}"));
                self.refused = Some(reason.clone());
                Err(anyhow::Error::msg(reason))
            }
        }
    }

    /// Asks the running testee; one that fails to answer is dropped, so that the next case starts another.
    fn ask(&mut self, call: &Call) -> Result<Outcome, String> {
        let link = self.link.as_mut().ok_or("the testee does not run")?;
        link.ask(call).map_err(|error| {
            self.link = None;
            self.with_log(&format!("{error:#}"))
        })
    }

    /// Has the testee forget what the case kept; a verdict only if that fails.
    fn reset(&mut self, case: &Case) -> Option<Verdict> {
        if self.link.is_none() || case.exchanges.iter().all(|exchange| exchange.call.keep.is_none()) {
            return None;
        }
        let call = Call { op: "reset".to_owned(), args: Map::new(), on: None, keep: None };
        match self.ask(&call) {
            Ok(Outcome::Ok(Value::Null)) => None,
            Ok(other) => Some(Verdict::Fail(format!("reset: {other:?}"))),
            Err(detail) => Some(Verdict::Fail(format!("reset: {detail}"))),
        }
    }

    /// Adds the last line that the testee wrote to its log.
    fn with_log(&self, detail: &str) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        match text.lines().rfind(|line| !line.trim().is_empty()) {
            Some(line) => format!("{detail}; its log ends with: {}", line.trim()),
            None => detail.to_owned(),
        }
    }
}
