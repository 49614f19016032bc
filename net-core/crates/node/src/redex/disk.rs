//! Where the logs of a manager are.

use std::{
    fmt::Debug,
    fs,
    io::{Error, ErrorKind},
    path::{Path, PathBuf},
};

use net_log::{Dir, Folder};
use net_types::redex::RedexError;

/// What the directories of logs end with. No file of a log does, so that `a` and `a.log/b` do not meet.
const SUFFIX: &str = "log";

/// Directories of logs by the names of the logs.
pub trait Disk: Debug + Send + Sync + 'static {
    /// A directory.
    type Dir: Dir;

    /// The directory of a log, whether it is there or not.
    fn dir(&self, name: &str) -> Self::Dir;

    /// The directory of a log, which is made if need be; its name is on disk.
    fn make(&self, name: &str) -> Result<Self::Dir, RedexError>;

    /// The names of all directories, in order; some may be names of no log.
    fn names(&self) -> Result<Vec<String>, RedexError>;
}

/// Directories of logs below one of the system's.
#[derive(Debug)]
pub struct Folders(PathBuf);

impl Folders {
    pub(super) fn below(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    pub(super) fn directory(&self) -> &Path {
        &self.0
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.{SUFFIX}"))
    }

    fn name(&self, path: &Path) -> Option<String> {
        let shown = path.strip_prefix(&self.0).ok()?.to_str()?;
        Some(shown.strip_suffix(&format!(".{SUFFIX}"))?.replace('\\', "/"))
    }
}

impl Disk for Folders {
    type Dir = Folder;

    fn dir(&self, name: &str) -> Folder {
        Folder::new(self.path(name))
    }

    fn make(&self, name: &str) -> Result<Folder, RedexError> {
        let path = self.path(name);
        Folder::make(&path).map_err(|error| net_log::refusal("create", path.display().to_string(), &error))
    }

    fn names(&self) -> Result<Vec<String>, RedexError> {
        let mut found = Vec::new();
        let mut rest = vec![self.0.clone()];
        while let Some(folder) = rest.pop() {
            let wrong = |error: Error| net_log::refusal("list", folder.display().to_string(), &error);
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                entries => entries.map_err(wrong)?,
            };
            for entry in entries {
                let path = entry.map_err(wrong)?.path();
                if path.is_dir() {
                    found.extend(self.name(&path));
                    rest.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }
}
