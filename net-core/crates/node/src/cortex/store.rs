//! Snapshots beside a log, so that who opens it reads only what came later.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{core::Core, state::State};
use crate::redex::{RedexFile, blocking};

/// Fewest events between two snapshots. There are half as many as the log has if that is more, so that what is written
/// stays in proportion to the log.
const LEAST: u64 = 65_536;

/// What the files of snapshots end with. No directory of a log does.
const SUFFIX: &str = "state";

/// Where the newest snapshot of a state is kept.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    /// The first number that the newest snapshot does not hold; [`NONE`] where there is no snapshot.
    stored: AtomicU64,
}

const NONE: u64 = u64::MAX;

impl Store {
    pub(super) fn new(directory: &Path, name: &str) -> Self {
        Self { path: directory.join(format!("{name}.{SUFFIX}")), stored: AtomicU64::new(NONE) }
    }

    /// The newest snapshot, if there is one.
    pub(super) fn read(&self) -> Option<Vec<u8>> {
        match fs::read(&self.path) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    self.warn(&error);
                }
                None
            }
        }
    }

    /// Says that a state was made from the newest snapshot.
    pub(super) fn has_read(&self, next_seq: u64) {
        self.stored.store(next_seq, Relaxed);
    }

    /// Whether so many events are new that a snapshot is worth its writing.
    pub(super) fn is_due(&self, next_seq: u64) -> bool {
        let stored = Some(self.stored.load(Relaxed)).filter(|stored| *stored != NONE).unwrap_or_default();
        next_seq.saturating_sub(stored) >= LEAST.max(stored / 2)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.path.with_extension(format!("{SUFFIX}.new"));
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &self.path)?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        net_log::Dir::sync(&net_log::Folder::new(folder))
    }

    fn warn(&self, error: &io::Error) {
        tracing::warn!(path = %self.path.display(), %error, "the snapshot of a state is not kept");
    }
}

/// Keeps a state, unless it is kept as it is already. It takes nothing meanwhile. What the snapshot holds is on disk in
/// the log before.
pub(super) async fn keep<S: State>(store: &Arc<Store>, core: &Arc<Core<S>>, file: &Arc<RedexFile>) {
    let next = core.progress(|progress| progress.counts().next_seq);
    if next == store.stored.load(Relaxed) {
        return;
    }
    let snapshot = match S::save(core).await {
        Ok(snapshot) => snapshot,
        Err(error) => return tracing::warn!(%error, "a state has no snapshot"),
    };
    let (store, file) = (Arc::clone(store), Arc::clone(file));
    let write = move || {
        // A log that cannot be brought to the disk says so to its writers.
        if file.sync_now().is_err() {
            return;
        }
        match store.write(&snapshot.state_bytes) {
            Ok(()) => store.stored.store(snapshot.last_seq.map_or(0, |last| last + 1), Relaxed),
            // The log has it all.
            Err(error) => store.warn(&error),
        }
    };
    // It panics nowhere.
    let _ = blocking(write).await;
}
