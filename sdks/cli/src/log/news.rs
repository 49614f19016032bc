//! When there may be something new in a log.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc::{self, Receiver, TrySendError},
    },
    time::Duration,
};

use crate::failure::Failure;

/// How often a log is looked at where the system tells of changes, should it keep one to itself, and where it does not.
const TOLD: Duration = Duration::from_secs(1);
const UNTOLD: Duration = Duration::from_millis(50);

/// Tells when to look at a log, until somebody ends the program.
#[derive(Debug)]
pub(super) struct News {
    /// One at most: a look is for all that came before it.
    wakes: Receiver<()>,
    look: Duration,
    is_over: Arc<AtomicBool>,
}

impl News {
    /// Begins to watch the directory of a log, and for Ctrl-C.
    pub(super) fn of(directory: &Path) -> Result<Self, Failure> {
        let (wake, wakes) = mpsc::sync_channel(1);
        let (over, is_over) = (wake.clone(), Arc::new(AtomicBool::new(false)));
        let ends = Arc::clone(&is_over);
        let handled = ctrlc::set_handler(move || {
            ends.store(true, SeqCst);
            // One that is on its way is as good, and who does not wait any more ends anyway.
            let _ = over.try_send(());
        });
        handled
            .map_err(|error| Failure::new("signal", format!("Ctrl-C cannot be handled: {error}"), None))?;
        let changed = move || !matches!(wake.try_send(()), Err(TrySendError::Disconnected(())));
        let look = if watch::begin(directory, changed) { TOLD } else { UNTOLD };
        Ok(Self { wakes, look, is_over })
    }

    /// Whether somebody has ended the program.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(SeqCst)
    }

    /// Returns when there may be something new, and at the end.
    pub(super) fn wait(&self) {
        // Whatever comes of it, it is time for a look.
        let _ = self.wakes.recv_timeout(self.look);
    }
}

#[cfg(target_os = "linux")]
mod watch {
    use std::{path::Path, thread};

    use inotify::{Inotify, WatchMask};

    /// Calls whenever something changes in a directory, until that answers false; tells whether the system can tell.
    pub(super) fn begin(directory: &Path, changed: impl Fn() -> bool + Send + 'static) -> bool {
        let Ok(mut changes) = Inotify::init() else { return false };
        let mask = WatchMask::MODIFY | WatchMask::CREATE | WatchMask::MOVED_TO | WatchMask::DELETE;
        if changes.watches().add(directory, mask).is_err() {
            return false;
        }
        let run = move || {
            let mut buffer = [0; 4096];
            while changes.read_events_blocking(&mut buffer).is_ok() && changed() {}
        };
        thread::Builder::new().name("watch".to_owned()).spawn(run).is_ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod watch {
    use std::path::Path;

    /// Other systems are asked instead.
    pub(super) fn begin(_: &Path, _: impl Fn() -> bool) -> bool {
        false
    }
}
