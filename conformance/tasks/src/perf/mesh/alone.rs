//! What is measured without another system beside it: forwarding, finding nodes, idle peers, and a simulated world.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::pair::{ask, remote, usage};
use super::plan::Effort;
use crate::job::Job;
use crate::perf::benches;
use crate::workspace::Workspace;

/// After so long without traffic sessions have given their buffers back.
const REST: Duration = Duration::from_secs(12);

/// All of it, by name.
pub(super) fn all(workspace: &Workspace, job: &Job, effort: Effort) -> Result<BTreeMap<String, f64>> {
    let mut figures = BTreeMap::new();
    for (package, bench) in [("net-machine", "forward"), ("net-channel", "index")] {
        for core in benches::of(workspace, job, package, bench)? {
            figures.insert(core.name, core.nanos);
        }
    }
    let (memory, time) = idle(workspace, effort).context("idle peers")?;
    let of = |name: &str| format!("{name} of {}", effort.crowd);
    figures.insert(of("idle peer"), memory);
    figures.insert(of("idle node"), time);
    figures.insert(of("crowd"), crowd(workspace, job, effort).context("the crowd")?);
    Ok(figures)
}

/// Bytes that a node keeps for each peer that is only there, and nanoseconds of processor time that it takes in a second
/// for all of them.
fn idle(workspace: &Workspace, effort: Effort) -> Result<(f64, f64)> {
    let command = vec![workspace.target("peers/release/idle").display().to_string()];
    let mut hub = remote(workspace, "idle", "idle", command.clone())?;
    let mut others = remote(workspace, "idle", "idle", command)?;
    let kept = |hub: &mut _| -> Result<f64> { usage(hub)?.1.as_f64().context("no count of bytes") };
    let mut words = ask(&mut hub, "listen", json!({ "words": ["no relay"] }))?;
    words.as_array_mut().context("no words")?.push("keep".into());
    ask(&mut others, "dial", json!({ "words": words }))?;
    let before = kept(&mut hub)?;
    ask(&mut others, "prepare", json!({ "count": effort.crowd }))?;
    ask(&mut others, "handshakes", json!({ "count": effort.crowd }))?;
    sleep(REST);
    let memory = (kept(&mut hub)? - before) / effort.crowd as f64;
    let before = usage(&mut hub)?.0;
    sleep(Duration::from_secs(effort.watch));
    let time = (usage(&mut hub)?.0 - before) / effort.watch as f64;
    ask(&mut others, "prepare", json!({ "count": 0 }))?;
    others.finish().and(hub.finish())?;
    Ok((memory, time))
}

/// Seconds that a world of talking nodes takes.
fn crowd(workspace: &Workspace, job: &Job, effort: Effort) -> Result<f64> {
    job.run(workspace.command("cargo", "").args(["build", "--release", "--package", "net-sim"]))?;
    let program = workspace.target("release/net-sim").display().to_string();
    let mut sim = workspace.command(&program, "");
    sim.args(["--scenario", "crowd", "--seed", "0", "--nodes"]).arg(effort.crowd.to_string());
    let printed = job.capture(&mut sim)?;
    let line = printed.lines().rev().nth(1).and_then(|line| line.strip_suffix(" s"));
    line.and_then(|seconds| seconds.parse().ok()).with_context(|| format!("it prints {printed:?}"))
}
