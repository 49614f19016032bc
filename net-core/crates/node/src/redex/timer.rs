//! What is due by the clock: a thread for each file that has intervals or ages.

use std::{
    io,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use super::shared::{Shared, now};

/// How long a thread sleeps that has nothing to do.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// The alarm of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Timer(Arc<Alarm>);

#[derive(Debug, Default)]
struct Alarm {
    /// Whether its thread sleeps though nothing is due.
    is_idle: AtomicBool,
    state: Mutex<Sleep>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Sleep {
    is_nudged: bool,
    has_ended: bool,
}

impl Timer {
    /// Begins to look after a file, at least once in a `period` in which something may become due. The thread keeps the file open
    /// no longer than others do.
    pub(super) fn start(file: &Arc<Shared>, period: Duration) -> io::Result<()> {
        let (alarm, weak) = (file.timer.clone(), Arc::downgrade(file));
        let run = move || {
            while let Some(file) = weak.upgrade() {
                // From here on an append nudges, so that none is overlooked.
                alarm.0.is_idle.store(true, SeqCst);
                let next = file.handle_timeout();
                let most = if next.is_some() { period } else { FAR };
                if next.is_some() {
                    alarm.0.is_idle.store(false, SeqCst);
                }
                drop(file);
                if !alarm.sleep(next, most) {
                    break;
                }
            }
        };
        thread::Builder::new().name("net-redex".to_owned()).spawn(run).map(drop)
    }

    /// Tells that something may be due where nothing was.
    pub(super) fn nudge(&self) {
        if self.0.is_idle.load(SeqCst) && self.0.is_idle.swap(false, SeqCst) {
            self.change(|sleep| sleep.is_nudged = true);
        }
    }

    /// Ends the thread.
    pub(super) fn end(&self) {
        self.change(|sleep| sleep.has_ended = true);
    }

    /// Sleeps until a time, or for so long, or until a nudge; tells whether to go on.
    fn sleep(&self, until: Option<u64>, most: Duration) -> bool {
        let until = until.unwrap_or(u64::MAX).min(now().saturating_add(most.as_nanos() as u64));
        let mut sleep = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if sleep.has_ended {
                return false;
            }
            let left = Duration::from_nanos(until.saturating_sub(now()));
            if std::mem::take(&mut sleep.is_nudged) || left.is_zero() {
                return true;
            }
            let woken = self.0.changed.wait_timeout(sleep, left);
            sleep = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn change(&self, what: impl FnOnce(&mut Sleep)) {
        what(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.changed.notify_all();
    }
}
