//! What libraries cost that are only there, each measured in fresh processes of an interpreter.

use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::report::Footprint;
use crate::job::Job;
use crate::language::Language;
use crate::run::Context;
use crate::workspace::Workspace;

#[derive(Debug, Deserialize)]
struct One {
    import: f64,
    memory: f64,
    idle: f64,
    #[serde(default)]
    interrupt: Option<f64>,
}

/// Measures the languages that have an interpreter, and the wheel if it is installed.
pub(crate) fn all(context: &Context, job: &Job, runs: usize, wheel: bool) -> Result<Vec<Footprint>> {
    let workspace = context.workspace;
    let mut programs = Vec::new();
    if context.uses(&[Language::TypeScript]) {
        let mut node = workspace.command("node", "");
        node.args(["--expose-gc", "conformance/footprint/footprint.mjs"]);
        programs.push(("typescript", node));
    }
    if context.uses(&[Language::Python]) {
        let mut ours = python(workspace, "venv/bin/python");
        ours.env("PYTHONPATH", workspace.path("sdks/python/core"));
        programs.push(("python", ours));
        if wheel {
            programs.push(("wheel", python(workspace, "perf/wheel/bin/python")));
        }
    }
    programs.into_iter().map(|(name, command)| measure(job, name, command, runs)).collect()
}

/// An interpreter that finds compiled modules, as it does where a package is installed: pip compiles them.
fn python(workspace: &Workspace, interpreter: &str) -> Command {
    let mut python = workspace.command(&workspace.target(interpreter).display().to_string(), "");
    python.arg("conformance/footprint/footprint.py");
    python
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .env("PYTHONPYCACHEPREFIX", workspace.target("perf/bytecode"));
    python
}

fn measure(job: &Job, name: &str, mut command: Command, runs: usize) -> Result<Footprint> {
    // The first process reads files that the others find in memory, and compiles modules that they find compiled.
    job.capture(&mut command)?;
    let mut all = Vec::new();
    for _ in 0..runs {
        let line = job.capture(&mut command)?;
        let one: One = serde_json::from_str(&line).with_context(|| format!("{name} prints {line:?}"))?;
        all.push(one);
    }
    let median = |of: fn(&One) -> f64| {
        let mut values: Vec<f64> = all.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Ok(Footprint {
        language: name.to_owned(),
        import: median(|one| one.import),
        memory: median(|one| one.memory),
        idle: median(|one| one.idle),
        interrupt: all.iter().filter_map(|one| one.interrupt).max_by(f64::total_cmp),
    })
}
