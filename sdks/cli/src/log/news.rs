//! When there may be something new in a log.

use std::{
    cell::Cell,
    path::Path,
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use crate::failure::Failure;

/// How often a log is looked at where the system tells of changes, should it keep one to itself, and where it does not.
const TOLD: Duration = Duration::from_secs(1);
const UNTOLD: Duration = Duration::from_millis(50);

/// Tells when to look at a log, until somebody ends the program.
#[derive(Debug)]
pub(super) struct News {
    wakes: Receiver<Wake>,
    look: Duration,
    is_over: Cell<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wake {
    Changed,
    Over,
}

impl News {
    /// Begins to watch the directory of a log, and for Ctrl-C.
    pub(super) fn of(directory: &Path) -> Result<Self, Failure> {
        let (wake, wakes) = mpsc::channel();
        let over = wake.clone();
        let handled = ctrlc::set_handler(move || {
            // Who does not wait any more ends anyway.
            let _ = over.send(Wake::Over);
        });
        handled
            .map_err(|error| Failure::new("signal", format!("Ctrl-C cannot be handled: {error}"), None))?;
        let look =
            if watch::begin(directory, move || wake.send(Wake::Changed).is_ok()) { TOLD } else { UNTOLD };
        Ok(Self { wakes, look, is_over: Cell::new(false) })
    }

    /// Whether somebody has ended the program.
    pub(super) fn is_over(&self) -> bool {
        self.take();
        self.is_over.get()
    }

    /// Returns when there may be something new, and at the end.
    pub(super) fn wait(&self) {
        if let Ok(wake) = self.wakes.recv_timeout(self.look) {
            self.note(wake);
            self.take();
        }
    }

    /// Takes all that came since: one look is for all of it.
    fn take(&self) {
        self.wakes.try_iter().for_each(|wake| self.note(wake));
    }

    fn note(&self, wake: Wake) {
        self.is_over.set(self.is_over.get() || wake == Wake::Over);
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
