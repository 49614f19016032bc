//! `cargo verify`: runs the stages, and says what passed and how long it took.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::args::Args;
use crate::counts::Counts;
use crate::job::Job;
use crate::language::Language;
use crate::stages::{STAGES, Stage, TOTAL};
use crate::workspace::Workspace;

/// Runs the stages; tells whether all passed.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    if args.list {
        list();
        return Ok(true);
    }
    let stages = select(&args.only_stages);
    ensure!(!stages.is_empty(), "no stage has {:?} in its name; `--list` prints them", args.only_stages);
    let tree = Tree::read(workspace);
    let mut run = Run {
        workspace,
        warm: tree.is_unchanged(),
        missing: missing(args),
        failed: HashSet::new(),
        sum: Counts::default(),
    };
    let started = Instant::now();
    for stage in stages {
        run.stage(stage, args)?;
    }
    let seconds = started.elapsed().as_secs();
    let budget = TOTAL.of(run.warm);
    let kind = if run.warm { "warm" } else { "cold" };
    let over = if seconds > budget { ", over budget" } else { "" };
    println!("\n{seconds} s in all; {budget} s are the budget of a {kind} run{over}");
    let Counts { passed, failed, skipped } = run.sum;
    if failed == 0 && args.only_stages.is_empty() {
        tree.remember()?;
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed == 0)
}

fn list() {
    println!("{:<24} {:<12} {:>6} {:>6}", "stage", "language", "cold", "warm");
    for stage in STAGES {
        println!(
            "{:<24} {:<12} {:>4} s {:>4} s",
            stage.name, stage.language, stage.budget.cold, stage.budget.warm
        );
    }
    println!("{:<24} {:<12} {:>4} s {:>4} s", "all", "", TOTAL.cold, TOTAL.warm);
}

/// The stages whose name contains one of the texts, and what they need; all for no texts.
fn select(only: &[String]) -> Vec<&'static Stage> {
    let mut wanted: HashSet<&str> = HashSet::new();
    for stage in STAGES.iter().rev() {
        let named = only.is_empty() || only.iter().any(|text| stage.name.contains(text.as_str()));
        if named || wanted.contains(stage.name) {
            wanted.insert(stage.name);
            wanted.extend(stage.needs);
        }
    }
    STAGES.iter().filter(|stage| wanted.contains(stage.name)).collect()
}

/// The languages that should be tested and cannot, with the reasons.
fn missing(args: &Args) -> Vec<(Language, String)> {
    args.languages.iter().filter_map(|language| Some((*language, language.missing()?))).collect()
}

/// A run under way.
struct Run<'a> {
    workspace: &'a Workspace,
    warm: bool,
    missing: Vec<(Language, String)>,
    failed: HashSet<&'static str>,
    sum: Counts,
}

impl Run<'_> {
    fn stage(&mut self, stage: &'static Stage, args: &Args) -> Result<()> {
        if args.without.contains(&stage.language) {
            self.report(
                stage,
                Counts { skipped: 1, ..Counts::default() },
                &format!("--without {}", stage.language),
            );
            return Ok(());
        }
        let missing = self.missing.iter().find(|(language, _)| *language == stage.language);
        if let Some(reason) = missing.map(|(_, reason)| reason.clone()) {
            self.report(stage, Counts { failed: 1, ..Counts::default() }, &reason);
            return Ok(());
        }
        if let Some(need) = stage.needs.iter().find(|need| self.failed.contains(*need)) {
            self.report(
                stage,
                Counts { failed: 1, ..Counts::default() },
                &format!("not run, since {need} failed"),
            );
            return Ok(());
        }
        self.execute(stage)
    }

    fn execute(&mut self, stage: &'static Stage) -> Result<()> {
        let log = format!("verify/{}.log", stage.name.replace(' ', "-"));
        let job = Job::start(stage.name, self.workspace.target(&log))?;
        let result = commands(self.workspace, stage, &job);
        let text = String::from_utf8_lossy(&fs::read(job.log())?).into_owned();
        let counts = Counts::read(stage.counts, &text, result.is_ok());
        let (seconds, budget) = (job.elapsed().as_secs_f64(), stage.budget.of(self.warm));
        let over = if seconds > budget as f64 { format!("  over budget, {budget} s") } else { String::new() };
        self.report(stage, counts, &format!("{seconds:>6.1} s{over}"));
        if counts.failed > 0 {
            print_tail(&text);
            if let Err(error) = result {
                println!("           {error:#}");
            }
            println!("           the whole log: {}", shorten(self.workspace, job.log()));
        }
        Ok(())
    }

    fn report(&mut self, stage: &'static Stage, counts: Counts, remark: &str) {
        let Counts { passed, failed, skipped } = counts;
        let state = match (passed, failed) {
            (_, 1..) => "FAILED",
            (0, 0) => "skipped",
            _ => "ok",
        };
        let mut numbers = format!("{passed} passed");
        for (number, word) in [(failed, "failed"), (skipped, "skipped")] {
            if number > 0 {
                numbers += &format!(", {number} {word}");
            }
        }
        println!("  {state:<8} {:<24} {numbers:<32} {remark}", stage.name);
        if failed > 0 {
            self.failed.insert(stage.name);
        }
        self.sum += counts;
    }
}

fn commands(workspace: &Workspace, stage: &Stage, job: &Job) -> Result<()> {
    for line in stage.commands {
        let mut words = line.split_whitespace();
        let program = words.next().unwrap_or_default();
        job.run(workspace.command(program, stage.folder).args(words))?;
    }
    Ok(())
}

fn print_tail(log: &str) {
    const MOST: usize = 40;
    let lines: Vec<&str> = log.lines().collect();
    for line in &lines[lines.len().saturating_sub(MOST)..] {
        println!("           | {line}");
    }
}

fn shorten(workspace: &Workspace, path: &Path) -> String {
    path.strip_prefix(workspace.root()).unwrap_or(path).display().to_string()
}

/// The state of the checkout, to tell a run on an unchanged one.
struct Tree {
    state: Option<String>,
    stamp: PathBuf,
}

impl Tree {
    fn read(workspace: &Workspace) -> Self {
        let git = |args: &[&str]| {
            let output = workspace.command("git", "").args(args).output().ok()?;
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let parts = [
            git(&["rev-parse", "HEAD"]),
            git(&["diff", "HEAD"]),
            git(&["ls-files", "--others", "--exclude-standard"]),
        ];
        let state = parts.into_iter().collect::<Option<Vec<_>>>().map(|parts| parts.concat());
        Self { state, stamp: workspace.target("verify/tree") }
    }

    /// Whether it is as it was at the end of a run in which everything passed.
    fn is_unchanged(&self) -> bool {
        self.state.is_some() && self.state == fs::read_to_string(&self.stamp).ok()
    }

    fn remember(&self) -> Result<()> {
        if let Some(state) = &self.state {
            fs::write(&self.stamp, state)?;
        }
        Ok(())
    }
}
