//! Who is timed: the testee of each language, and the published wheel.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use net_conformance::{Frames, Remote, Testee};

use super::plan::{Plan, Step};
use super::values;
use crate::conform;
use crate::job::Job;
use crate::language::Language;
use crate::run::Context;
use crate::workspace::{STATIC_LIBRARY, Workspace};

/// The package that Python users install today.
const WHEEL: &str = "net-mesh==0.19.0";

/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(120);

/// Somebody who makes calls.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) name: String,
    /// None for the wheel.
    pub(crate) language: Option<Language>,
    pub(crate) remote: Remote,
}

/// Builds the C testee without what finds mistakes, since that takes time.
pub(crate) fn build_c(workspace: &Workspace, job: &Job) -> Result<()> {
    let mut build = workspace.command("conformance/testees/c/build.sh", "");
    build.env("LIB", workspace.target(STATIC_LIBRARY)).env("FLAGS", "-O2");
    job.run(build.env("OUT", workspace.path("target/c/timed")))
}

/// Starts the testees of the languages, Rust first, and has each make what is called.
pub(crate) fn start(context: &Context, plan: &Plan) -> Result<Vec<Party>> {
    let workspace = context.workspace;
    let mut parties = Vec::new();
    for language in Language::ALL {
        if language != Language::Rust && !context.uses(&[language]) {
            continue;
        }
        let mut testee = conform::testee(workspace, language);
        if language == Language::C {
            testee.command = vec![workspace.path("target/c/timed").display().to_string()];
        }
        let log = workspace.target(&format!("perf/{language}.log"));
        let mut remote = Remote::start(&testee, &log, LIMIT).with_context(|| language.to_string())?;
        for step in &plan.setup {
            make(&mut remote, step).with_context(|| language.to_string())?;
        }
        parties.push(Party { name: language.to_string(), language: Some(language), remote });
    }
    Ok(parties)
}

fn make(remote: &mut Remote, step: &Step) -> Result<()> {
    let op = format!("call:{}", step.call);
    for _ in 0..step.times {
        let args = values::expand(&step.args, 0);
        remote.ask(&op, args, step.on.as_deref(), step.keep.as_deref())?;
    }
    Ok(())
}

/// Installs the published wheel into a venv of its own, and gives its interpreter; an error tells why it is not to be had.
pub(crate) fn install_wheel(workspace: &Workspace, job: &Job) -> Result<PathBuf> {
    let venv = workspace.target("perf/wheel");
    let python = venv.join("bin/python");
    if !installed(workspace, job, &python) {
        job.run(workspace.command("python3", "").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let mut pip = workspace.command(&python.display().to_string(), "");
        job.run(pip.args(["-m", "pip", "install", "--quiet", "--only-binary", ":all:", WHEEL]))?;
    }
    Ok(python)
}

/// Starts the published wheel; an error tells why it is not to be had.
pub(crate) fn wheel(workspace: &Workspace, job: &Job) -> Result<Party> {
    let python = install_wheel(workspace, job)?;
    let program = workspace.path("conformance/testees/python/wheel.py");
    let testee = Testee {
        language: "wheel".to_owned(),
        command: [&python, &program].map(|path| path.display().to_string()).to_vec(),
        frames: Frames::Json,
        absent: None,
    };
    let remote = Remote::start(&testee, &workspace.target("perf/wheel.log"), LIMIT)?;
    Ok(Party { name: format!("wheel {}", remote.version()), language: None, remote })
}

fn installed(workspace: &Workspace, job: &Job, python: &Path) -> bool {
    let ask =
        format!("import importlib.metadata as m; assert 'net-mesh==' + m.version('net-mesh') == '{WHEEL}'");
    python.exists()
        && job.run(workspace.command(&python.display().to_string(), "").args(["-c", &ask])).is_ok()
}
