//! One file: its writer, and who waits for the disk.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::SystemTime,
};

use net_log::{Appended, Folder, Log, MemoryLog};
use net_types::redex::RedexError;

use super::{queue::Queue, timer::Timer};
use crate::bus::bell::Bell;

/// What all references to a file, and its tails, have in common.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Told of each end of a sync, and of closing.
    settled: Condvar,
    /// Numbers below it can be read.
    next: AtomicU64,
    is_closed: AtomicBool,
    /// Rung when there is more to read, and at the end.
    pub(super) news: Bell,
    pub(super) queue: Queue,
    pub(super) timer: Timer,
    /// The directory of a file on disk.
    pub(super) folder: Option<Arc<Folder>>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) store: Store,
    is_syncing: bool,
}

/// Where a file lives.
#[derive(Debug)]
pub(super) enum Store {
    Disk(Box<Log<Folder>>),
    Memory(MemoryLog),
}

impl Shared {
    pub(super) fn new(store: Store) -> Arc<Self> {
        let folder = match &store {
            Store::Disk(log) => Some(Arc::clone(log.dir())),
            Store::Memory(_) => None,
        };
        Arc::new(Self {
            next: AtomicU64::new(store.next_seq()),
            state: Mutex::new(State { store, is_syncing: false }),
            settled: Condvar::new(),
            is_closed: AtomicBool::new(false),
            news: Bell::default(),
            queue: Queue::default(),
            timer: Timer::default(),
            folder,
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers below it can be read.
    pub(super) fn next_seq(&self) -> u64 {
        self.next.load(SeqCst)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(SeqCst)
    }

    pub(super) fn check_open(&self) -> Result<(), RedexError> {
        if self.is_closed() { Err(RedexError::Closed) } else { Ok(()) }
    }

    /// Appends a batch on the caller's thread, and waits there for the disk if it has to.
    pub(super) fn append(&self, payloads: &[&[u8]]) -> Result<Option<u64>, RedexError> {
        let Some(appended) = self.write(payloads)? else { return Ok(None) };
        if appended.must_sync {
            self.reach(appended.next)?;
        }
        Ok(Some(appended.first))
    }

    /// Appends a batch without waiting for the disk.
    pub(super) fn write(&self, payloads: &[&[u8]]) -> Result<Option<Appended>, RedexError> {
        let now = now();
        let mut state = self.lock();
        let appended = match &mut state.store {
            Store::Disk(log) => log.append(payloads, now)?,
            Store::Memory(log) => log.append(payloads, now)?.map(|first| {
                let next = first + payloads.len() as u64;
                Appended { first, next, must_sync: false }
            }),
        };
        if let Some(appended) = appended {
            self.next.store(appended.next, SeqCst);
            drop(state);
            self.news.ring();
            self.timer.nudge();
        }
        Ok(appended)
    }

    /// Returns when all below a number is on disk. One of those who wait does the sync for all of them.
    pub(super) fn reach(&self, next: u64) -> Result<(), RedexError> {
        let mut state = self.lock();
        loop {
            let Store::Disk(log) = &mut state.store else { return Ok(()) };
            if log.durable() >= next {
                return Ok(());
            }
            let Some(job) = log.begin_sync()? else {
                state = self.settled.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.is_syncing = true;
            drop(state);
            let result = job.run();
            state = self.lock();
            state.is_syncing = false;
            let ended = match &mut state.store {
                Store::Disk(log) => log.end_sync(&job, result),
                Store::Memory(_) => Ok(()),
            };
            self.settled.notify_all();
            ended?;
        }
    }

    /// Returns when all that was appended is on disk.
    pub(super) fn sync(&self) -> Result<(), RedexError> {
        let next = match &self.lock().store {
            Store::Disk(log) => log.state().map(|()| log.next_seq())?,
            Store::Memory(log) => log.check().map(|()| 0)?,
        };
        self.reach(next)
    }

    /// Does what is due by the clock; tells when the next thing is.
    pub(super) fn handle_timeout(&self) -> Option<u64> {
        let now = now();
        let mut state = self.lock();
        let must_sync = match &mut state.store {
            // What went wrong is the error of the next append.
            Store::Disk(log) => log.handle_timeout(now).unwrap_or(false),
            Store::Memory(log) => {
                log.handle_timeout(now);
                false
            }
        };
        if must_sync {
            let next = state.store.next_seq();
            drop(state);
            if let Err(error) = self.reach(next) {
                tracing::warn!(%error, "a log could not be brought to the disk");
            }
            state = self.lock();
        }
        match &state.store {
            Store::Disk(log) => log.poll_timeout(),
            Store::Memory(log) => log.poll_timeout(),
        }
    }

    /// Appends what waits in the queue, brings all to the disk and ends the file. Who closes it a second time waits for the
    /// first.
    pub(super) fn close(&self) -> Result<(), RedexError> {
        self.queue.settle();
        self.end()
    }

    fn end(&self) -> Result<(), RedexError> {
        let mut state = self.lock();
        while state.is_syncing {
            state = self.settled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let closed = match &mut state.store {
            Store::Disk(log) => log.close(),
            Store::Memory(log) => {
                log.close();
                Ok(())
            }
        };
        self.is_closed.store(true, SeqCst);
        drop(state);
        self.settled.notify_all();
        self.news.ring();
        self.timer.end();
        closed
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Whoever serves the queue has a reference: there is nobody to wait for, also where the runtime has ended first.
        if let Err(error) = self.end() {
            tracing::warn!(%error, "a log that nobody has any more could not be closed");
        }
    }
}

impl Store {
    pub(super) fn next_seq(&self) -> u64 {
        match self {
            Self::Disk(log) => log.next_seq(),
            Self::Memory(log) => log.next_seq(),
        }
    }

    pub(super) fn events(&self) -> u64 {
        match self {
            Self::Disk(log) => log.events(),
            Self::Memory(log) => log.events(),
        }
    }
}

/// Nanoseconds since the Unix epoch.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
