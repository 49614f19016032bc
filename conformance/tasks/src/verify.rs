//! `cargo verify`: runs all stages, and says what passed and how long it took.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::args::Args;
use crate::counts::Counts;
use crate::run::{Context, Run};
use crate::stages::{self, Budget, STAGES, TOTAL};
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
    let warm = tree.is_unchanged();
    let context = Context::new(workspace, args, warm);
    let run = Run::new(&context);
    let started = Instant::now();
    run.stages(|stage| stages.contains(stage.name))?;

    let (seconds, budget) = (started.elapsed().as_secs(), TOTAL.of(warm));
    let over = if seconds >= budget { ", over budget" } else { "" };
    let kind = if warm { "warm" } else { "cold" };
    println!("\n{seconds} s in all, of {budget} s for a {kind} run{over}");
    let Counts { passed, failed, skipped } = run.sum();
    if failed == 0 && args.only_stages.is_empty() {
        tree.remember()?;
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed == 0)
}

fn list() {
    println!("{:<24} {:>6} {:>6}  needs", "stage", "cold", "warm");
    for stage in STAGES {
        let languages: Vec<_> = stage.languages.iter().map(|language| language.name()).collect();
        let Budget { cold, warm } = stage.budget;
        println!("{:<24} {cold:>4} s {warm:>4} s  {}", stage.name, languages.join(", "));
    }
    println!("{:<24} {:>4} s {:>4} s", "all", TOTAL.cold, TOTAL.warm);
}

/// The names of the stages that contain one of the texts, and of what they need; all for no texts.
fn select(only: &[String]) -> HashSet<&'static str> {
    stages::with_needs(|stage| only.is_empty() || only.iter().any(|text| stage.name.contains(text.as_str())))
}

/// The state of the checkout, to tell a run on one that has not changed since all tests passed.
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
