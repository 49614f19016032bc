//! Which log.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use net_log::{Damage, Folder};
use net_types::redex::RedexError;
use serde::Serialize;

use crate::{failure::Failure, progress::Watched};

/// Folders below one without a log that are searched for logs, and logs that are named then.
const DEPTH: usize = 3;
const NAMED: usize = 10;

/// Which log, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The directory of the log: the one with the file `head`
    #[arg(value_name = "DIRECTORY")]
    pub(crate) path: PathBuf,
    /// Write JSON; the readme of net-cli describes the fields
    #[arg(long)]
    pub(crate) json: bool,
}

/// Damage as JSON.
#[derive(Debug, Serialize)]
pub(super) struct DamageJson<'a> {
    file: &'a str,
    offset: u64,
    first: Option<u64>,
    last: Option<u64>,
    reason: &'a str,
}

impl Source {
    /// Opens the directory of the log, if there is one.
    pub(super) fn open(&self) -> Result<Arc<Watched>, Failure> {
        let path = &self.path;
        let shown = path.display();
        if path.is_file() {
            let advice = "Give the directory that it is in.".to_owned();
            return Err(Failure::new("no_log", format!("{shown} is a file"), advice));
        }
        match fs::metadata(path) {
            Ok(_) if is_log(path) => Ok(Arc::new(Watched::new(Folder::new(path)))),
            Ok(_) => {
                Err(Failure::new("no_log", format!("there is no log in {shown}"), Some(name_logs(path))))
            }
            Err(error) => Err(Failure::new("no_log", format!("{shown} cannot be opened: {error}"), None)),
        }
    }

    /// What a log says about itself.
    pub(super) fn wrong(&self, error: &RedexError) -> Failure {
        Failure::of_log(&self.path, error)
    }
}

impl<'a> DamageJson<'a> {
    pub(super) fn new(damage: &'a Damage) -> Self {
        let costs = damage.costs_records();
        Self {
            file: &damage.file,
            offset: damage.offset,
            first: costs.then_some(damage.first),
            last: costs.then_some(damage.last),
            reason: damage.reason,
        }
    }
}

/// Whether a directory holds a log, damaged or not.
fn is_log(path: &Path) -> bool {
    let Ok(entries) = fs::read_dir(path) else { return true };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        name == "head" || Path::new(&name).extension().is_some_and(|extension| extension == "seg")
    })
}

/// Where there are logs.
fn name_logs(path: &Path) -> String {
    let mut found = Vec::new();
    find_logs(path, DEPTH, &mut found);
    if found.is_empty() {
        return "A log is a directory with a file `head` and segments, `*.seg`.".to_owned();
    }
    let lines = found.iter().map(|path| format!("\n  {}", path.display()));
    format!("There are logs below it:{}", lines.collect::<String>())
}

fn find_logs(path: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(path) else { return };
    let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
    folders.sort_unstable();
    for folder in folders {
        if found.len() >= NAMED {
            return;
        }
        if is_log(&folder) {
            found.push(folder);
        } else if depth > 1 {
            find_logs(&folder, depth - 1, found);
        }
    }
}
