//! `cargo fuzzing`: every decoder and parser against a fuzzer, for a while or for hours.
//!
//! The targets are one program, built on its own with the coverage that libFuzzer reads. Inputs begin with what the
//! fixtures hold; what a run finds new is kept, and what breaks a target is kept apart, with the command that repeats it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use net_codegen::wire::from_hex;
use serde_json::Value;

use crate::args::Args;
use crate::job::Job;
use crate::run::Context;
use crate::workspace::Workspace;

const CRATE: &str = "net-core/fuzz";

/// What makes the compiler count edges, and tell the fuzzer what is compared with what.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Longest input.
const LONGEST: &str = "-max_len=4096";

/// Inputs of each target in a check.
const CHECKED: &str = "-runs=10000";

/// Runs one target, or each, for the time that was asked for; tells whether none was broken.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<bool> {
    let job = Job::start("fuzzing", workspace.target("fuzz/fuzzing.log"))?;
    let program = build(workspace, &job)?;
    let names: Vec<_> = targets(workspace, &job, &program)?;
    let chosen: Vec<_> =
        names.iter().filter(|name| args.filter.as_ref().is_none_or(|part| name.contains(part))).collect();
    ensure!(!chosen.is_empty(), "no target is called so; there are:\n  {}", names.join("\n  "));
    let seeds = seeds(workspace)?;
    let mut broken = 0;
    for name in chosen {
        let seconds = args.seconds.unwrap_or(60);
        println!("{name} for {seconds} s");
        let corpus = workspace.target("fuzz/corpus").join(name);
        write(&corpus, seeds.get(name.as_str()).map_or(&[], Vec::as_slice))?;
        let mut command = target(workspace, &program, name)?;
        command.arg(format!("-max_total_time={seconds}")).arg(&corpus);
        if let Err(error) = job.run(&mut command) {
            println!("  {error:#}; the whole log: {}", workspace.shorten(job.log()).display());
            broken += 1;
        }
    }
    println!("{broken} broken");
    Ok(broken == 0)
}

/// Runs every target with the same inputs each time.
pub(crate) fn check(context: &Context, job: &Job) -> Result<()> {
    let workspace = context.workspace;
    let manifest = workspace.path(CRATE).join("Cargo.toml");
    job.run(workspace.command("cargo", "").args(["fmt", "--check", "--manifest-path"]).arg(manifest))?;
    let program = build(workspace, job)?;
    let seeds = seeds(workspace)?;
    let (mut passed, mut failed) = (0, Vec::new());
    for name in targets(workspace, job, &program)? {
        let corpus = workspace.target("fuzz/check").join(&name);
        if corpus.exists() {
            fs::remove_dir_all(&corpus).with_context(|| format!("cannot remove {}", corpus.display()))?;
        }
        write(&corpus, seeds.get(&name).map_or(&[], Vec::as_slice))?;
        let mut command = target(workspace, &program, &name)?;
        match job.run(command.args([CHECKED, "-seed=1"]).arg(&corpus)) {
            Ok(()) => passed += 1,
            Err(_) => failed.push(name),
        }
    }
    job.note(&format!("{passed} passed, {} failed, 0 skipped", failed.len()))?;
    ensure!(failed.is_empty(), "broken: {}", failed.join(", "));
    Ok(())
}

/// Builds the program that has all targets.
fn build(workspace: &Workspace, job: &Job) -> Result<PathBuf> {
    let version = job.capture(workspace.command("rustc", "").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let folder = workspace.target("fuzz");
    let mut cargo = workspace.command("cargo", CRATE);
    cargo.args(["build", "--release", "--locked", "--target", host, "--target-dir"]).arg(&folder);
    job.run(cargo.env("RUSTFLAGS", COVERAGE))?;
    Ok(folder.join(host).join("release/net-fuzz"))
}

/// The names of all targets.
fn targets(workspace: &Workspace, job: &Job, program: &Path) -> Result<Vec<String>> {
    let listed =
        job.capture(workspace.command(&program.display().to_string(), "").env_remove("NET_FUZZ_TARGET"))?;
    Ok(listed.lines().map(str::to_owned).collect())
}

/// The command that runs a target.
fn target(workspace: &Workspace, program: &Path, name: &str) -> Result<Command> {
    let broken = workspace.target("fuzz/broken").join(name);
    fs::create_dir_all(&broken).with_context(|| format!("cannot make {}", broken.display()))?;
    let mut command = workspace.command(&program.display().to_string(), "");
    command.env("NET_FUZZ_TARGET", name).args([LONGEST, "-timeout=10", "-rss_limit_mb=2048"]);
    command.arg(format!("-artifact_prefix={}/", broken.display()));
    Ok(command)
}

/// The inputs that targets begin with: encoded forms of the fixtures, and the files of `net-core/fuzz/seeds`.
fn seeds(workspace: &Workspace) -> Result<BTreeMap<String, Vec<Vec<u8>>>> {
    let mut seeds: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for (kind, side) in [("wire", "bytes"), ("text", "text")] {
        for path in files(&workspace.path("fixtures").join(kind))? {
            let file: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
            let of = file["of"].as_str().with_context(|| format!("{} has no `of`", path.display()))?;
            let of = of.rsplit('.').next().unwrap_or(of);
            let encoded =
                file["cases"].as_array().into_iter().flatten().filter_map(|case| case[side].as_str());
            let forms = encoded.filter_map(|form| match kind {
                "wire" => from_hex(form),
                _ => Some(form.as_bytes().to_vec()),
            });
            seeds.entry(format!("wire/{of}")).or_default().extend(forms);
        }
    }
    for path in files(&workspace.path(CRATE).join("seeds"))? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let lines = fs::read_to_string(&path)?;
        let forms = lines.lines().map(|line| line.replace("\\n", "\n").into_bytes());
        seeds.entry(format!("text/{name}")).or_default().extend(forms);
    }
    let tokens = seeds.get("wire/permission_token").cloned().unwrap_or_default();
    seeds.insert("wire/token".into(), tokens);
    Ok(seeds)
}

/// Writes inputs, each to a file of its own.
fn write(corpus: &Path, seeds: &[Vec<u8>]) -> Result<()> {
    fs::create_dir_all(corpus).with_context(|| format!("cannot make {}", corpus.display()))?;
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(corpus.join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    Ok(paths)
}
