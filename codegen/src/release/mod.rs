//! Releases: what callers depend on, what changed since the last one, and the version that the change needs.
//!
//! `spec/articles/releases.md` is the policy. Before the first release there is no `spec/LOCK`, and nothing to compare with.

mod compare;
mod lock;
mod surface;
mod version;

pub use compare::{Change, Verdict};
pub use lock::Lock;
pub use surface::{Item, surface};
pub use version::{Level, Version};

use crate::fixtures::{self, Changes};
use crate::ir::Api;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

const LOCK: &str = "spec/LOCK";

/// Locks the interface and every fixture as those of a release, which has to be the version of the workspace.
pub fn cut(root: &Path, api: &Api, version: Version) -> Result<()> {
    let workspace = workspace_version(root)?;
    ensure!(version == workspace, "the workspace is at version {workspace}: see Cargo.toml");
    if let Some(released) = read(root)? {
        ensure!(version > released.version, "version {} is released already", released.version);
    }
    check(root, api)?;
    fixtures::update(root, api, Changes { release: true, ..Changes::default() })?;
    let lock = Lock::new(version, &surface(api));
    fs::write(root.join(LOCK), lock.print()).context("cannot write spec/LOCK")
}

/// Compares with the last release, and fails unless the version of the workspace is large enough for what changed.
pub fn check(root: &Path, api: &Api) -> Result<()> {
    let Some(lock) = read(root)? else {
        println!("nothing is released yet, so everything may change");
        return Ok(());
    };
    let verdict = Verdict::new(&lock, &surface(api));
    if verdict.changes.is_empty() {
        return Ok(());
    }
    println!("{verdict}");
    ensure!(verdict.problems.is_empty(), "the interface cannot be released like this");
    let (version, smallest) = (workspace_version(root)?, verdict.smallest());
    ensure!(
        version >= smallest,
        "the workspace is at version {version}; the interface needs {smallest} or more"
    );
    Ok(())
}

fn read(root: &Path) -> Result<Option<Lock>> {
    match fs::read_to_string(root.join(LOCK)) {
        Ok(text) => Lock::parse(&text).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => bail!("cannot read {LOCK}: {error}"),
    }
}

fn workspace_version(root: &Path) -> Result<Version> {
    let text = fs::read_to_string(root.join("Cargo.toml")).context("cannot read Cargo.toml")?;
    let manifest: toml::Table = toml::from_str(&text).context("Cargo.toml")?;
    let version = manifest.get("workspace").and_then(|value| value.get("package")?.get("version")?.as_str());
    version.context("the workspace has no version")?.parse()
}
