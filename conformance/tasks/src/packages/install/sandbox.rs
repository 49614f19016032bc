//! An environment in which neither the repository nor a network exists.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result};

use crate::job::Job;
use crate::workspace::Workspace;

/// Hides folders and runs a command.
const HIDE: &str =
    r#"IFS=:; for folder in $HIDDEN; do mount -t tmpfs none "$folder" || exit; done; exec "$@""#;

/// New namespaces: the mounts are ours to change, and there is no network in them.
const NAMESPACES: [&str; 5] = ["--user", "--map-root-user", "--mount", "--net", "--"];

/// What a user's shell has set, of which nothing leads to our packages.
const VARIABLES: [&str; 8] =
    ["HOME", "LANG", "PATH", "PYENV_ROOT", "RUSTUP_HOME", "TMPDIR", "USER", "GOROOT"];

/// What is left of the repository: toolchains that were set up in it, and what the programs of the projects are built in.
const LEFT: [&str; 2] = ["toolchains", "install"];

/// The environment.
#[derive(Debug)]
pub(super) struct Sandbox {
    root: PathBuf,
    /// The folders to hide; none where the system does not let us.
    hidden: OsString,
}

impl Sandbox {
    pub(super) fn new(workspace: &Workspace, job: &Job) -> Result<Self> {
        let (root, left) = (workspace.path(""), workspace.target("install"));
        fs::create_dir_all(&left)?;
        let allowed = job.run(Command::new("unshare").args(NAMESPACES).arg("true")).is_ok();
        if !allowed {
            job.note("no namespaces here: only the environment keeps the repository out of reach")?;
            return Ok(Self { hidden: OsString::new(), root });
        }
        let sandbox = Self { hidden: env::join_paths(folders(workspace)?)?, root };
        let spec = workspace.path("spec/base.toml");
        job.run(sandbox.command("test").arg("!").arg("-e").arg(spec)).context("the sources are in reach")?;
        Ok(sandbox)
    }

    /// A command in the environment.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = if self.hidden.is_empty() {
            Command::new(program)
        } else {
            let mut command = Command::new("unshare");
            command.args(NAMESPACES).args(["sh", "-c", HIDE, "sh", program]);
            command
        };
        command.env_clear().env("NO_COLOR", "1").env("HIDDEN", &self.hidden);
        for name in VARIABLES {
            if let Some(value) = env::var_os(name) {
                command.env(name, if name == "PATH" { self.search_path(&value) } else { value });
            }
        }
        command
    }

    /// Without the programs of our venv and node packages.
    fn search_path(&self, path: &OsString) -> OsString {
        let is_left =
            |path: &PathBuf| !path.starts_with(&self.root) || path.to_string_lossy().contains("toolchains");
        env::join_paths(env::split_paths(path).filter(is_left)).unwrap_or_default()
    }
}

/// Every folder of the checkout and of its build products, but for those that are left.
fn folders(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in [workspace.path(""), workspace.target("")] {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            let is_left = LEFT.iter().any(|name| path == workspace.target(name));
            if path.is_dir() && !path.is_symlink() && !is_left && !workspace.target("").starts_with(&path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_find_neither_the_repository_nor_its_programs() {
        let workspace = Workspace::find().unwrap();
        let log = env::temp_dir().join(format!("net-tasks-{}-sandbox.log", std::process::id()));
        let job = Job::start("sandbox", log.clone()).unwrap();
        let sandbox = Sandbox::new(&workspace, &job).unwrap();
        let seen = job.capture(sandbox.command("sh").args(["-c", "echo $PATH; env"])).unwrap();
        let folders: Vec<_> = seen.lines().next().unwrap_or_default().split(':').collect();
        assert!(
            folders.iter().all(|folder| !workspace.target("venv/bin").starts_with(folder)),
            "{folders:?}"
        );
        assert!(!seen.contains("CARGO_MANIFEST_DIR") && !seen.contains("CGO_LDFLAGS"), "{seen}");
        if !sandbox.hidden.is_empty() {
            let mut list = sandbox.command("ls");
            let listed = job.capture(list.arg(workspace.path("spec")).arg(workspace.path("sdks"))).unwrap();
            assert!(!listed.contains("base.toml") && !listed.contains("rust"), "{listed}");
        }
        fs::remove_file(log.with_extension("out")).unwrap();
        fs::remove_file(log).unwrap();
    }
}
