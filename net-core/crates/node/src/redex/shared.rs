//! One file: its writer, and who waits for the disk.

use std::{
    mem,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, SystemTime},
};

use net_log::{Appended, Dir, Log, MemoryLog, Retention};
use net_types::redex::RedexError;

use super::{
    keeper::{Alarm, Keeper},
    manager::Slot,
    queue::Queue,
};
use crate::bus::bell::Bell;

/// How long it takes until what was due and failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// What all references to a file, and its tails, have in common.
#[derive(Debug)]
pub(super) struct Shared<D: Dir> {
    state: Mutex<State<D>>,
    /// Told of each end of a sync, and of closing.
    settled: Condvar,
    /// Numbers below it can be read.
    next: AtomicU64,
    /// Whether somebody has begun to close it: it takes nothing more, and what it has taken is brought to the disk.
    is_closing: AtomicBool,
    is_closed: AtomicBool,
    /// Rung when there is more to read, and at the end.
    pub(super) news: Bell,
    pub(super) queue: Queue,
    keeper: Arc<Keeper<D>>,
    /// Where its manager knows it.
    pub(super) slot: Arc<Slot<D>>,
    pub(super) alarm: Alarm,
    /// The directory of a file on disk.
    pub(super) dir: Option<Arc<D>>,
    /// By which states know their log.
    pub(super) log_id: u64,
}

#[derive(Debug)]
pub(super) struct State<D: Dir> {
    pub(super) store: Store<D>,
    is_syncing: bool,
    /// What came of closing it.
    outcome: Option<Result<(), RedexError>>,
}

/// Where a file lives.
#[derive(Debug)]
pub(super) enum Store<D: Dir> {
    Disk(Box<Log<D>>),
    Memory(MemoryLog),
}

impl<D: Dir> Store<D> {
    /// The time of an append, which is not asked for where nobody looks at it.
    fn now(&self) -> u64 {
        match self {
            Self::Memory(log) if !log.looks_at_times() => 0,
            _ => now(),
        }
    }

    fn append(&mut self, payloads: &[&[u8]], now: u64) -> Result<Option<Appended>, RedexError> {
        match self {
            Self::Disk(log) => log.append(payloads, now),
            Self::Memory(log) => Ok(log.append(payloads, now)?.map(|first| Appended {
                first,
                next: first + payloads.len() as u64,
                must_sync: false,
            })),
        }
    }
}

impl<D: Dir> Shared<D> {
    /// A file; `drawn` is any number, by which a log in memory is known.
    pub(super) fn new(
        store: Store<D>,
        keeper: &Arc<Keeper<D>>,
        slot: &Arc<Slot<D>>,
        drawn: u64,
    ) -> Arc<Self> {
        let (dir, log_id) = match &store {
            Store::Disk(log) => (Some(Arc::clone(log.dir())), log.log_id()),
            Store::Memory(_) => (None, drawn),
        };
        Arc::new(Self {
            next: AtomicU64::new(store.next_seq()),
            state: Mutex::new(State { store, is_syncing: false, outcome: None }),
            settled: Condvar::new(),
            is_closing: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            news: Bell::default(),
            queue: Queue::default(),
            alarm: keeper.alarm(),
            keeper: Arc::clone(keeper),
            slot: Arc::clone(slot),
            dir,
            log_id,
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers below it can be read.
    pub(super) fn next_seq(&self) -> u64 {
        self.next.load(SeqCst)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(SeqCst)
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.load(SeqCst)
    }

    pub(super) fn check_open(&self) -> Result<(), RedexError> {
        if self.is_closing() { Err(RedexError::Closed) } else { Ok(()) }
    }

    /// Appends a batch on the caller's thread, and waits there for the disk if it has to.
    pub(super) fn append(&self, payloads: &[&[u8]]) -> Result<Option<u64>, RedexError> {
        self.check_open()?;
        let Some(appended) = self.write(payloads)? else { return Ok(None) };
        if appended.must_sync {
            self.reach(appended.next)?;
        }
        Ok(Some(appended.first))
    }

    /// Appends a batch without waiting for the disk.
    pub(super) fn write(&self, payloads: &[&[u8]]) -> Result<Option<Appended>, RedexError> {
        let mut state = self.lock();
        let now = state.store.now();
        let appended = state.store.append(payloads, now)?;
        self.announce(state, appended);
        Ok(appended)
    }

    /// Appends batches without waiting for the disk, each of them whole or not at all.
    pub(super) fn write_all(&self, batches: &[&[&[u8]]]) -> Vec<Result<Option<Appended>, RedexError>> {
        let mut state = self.lock();
        let now = state.store.now();
        let outcomes = match &mut state.store {
            Store::Disk(log) => log.append_all(batches, now),
            memory @ Store::Memory(_) => batches.iter().map(|batch| memory.append(batch, now)).collect(),
        };
        let last = outcomes.iter().rev().find_map(|outcome| outcome.as_ref().ok().copied().flatten());
        self.announce(state, last);
        outcomes
    }

    /// Tells everybody whom it concerns what was appended last.
    fn announce(&self, state: MutexGuard<'_, State<D>>, last: Option<Appended>) {
        if let Some(last) = last {
            self.next.store(last.next, SeqCst);
            drop(state);
            self.news.ring();
            self.keeper.nudge(&self.alarm);
        }
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
        match self.do_what_is_due(now) {
            Ok(()) => self.lock().store.poll_timeout(),
            Err(error) => {
                tracing::warn!(%error, path = self.dir.as_ref().map(|dir| dir.path()), "what was due of a log failed");
                let again = now.saturating_add(u64::try_from(AGAIN.as_nanos()).unwrap_or(u64::MAX));
                self.lock().store.poll_timeout().map(|next| next.max(again))
            }
        }
    }

    fn do_what_is_due(&self, now: u64) -> Result<(), RedexError> {
        let mut state = self.lock();
        let must_sync = match &mut state.store {
            Store::Disk(log) => log.handle_timeout(now)?,
            Store::Memory(log) => {
                log.handle_timeout(now);
                false
            }
        };
        let next = state.store.next_seq();
        drop(state);
        if must_sync { self.reach(next) } else { Ok(()) }
    }

    /// Takes nothing more from now on.
    pub(super) fn begin_close(&self) {
        self.is_closing.store(true, SeqCst);
    }

    /// Appends what waits in the queue, brings all to the disk and ends the file. Who closes it a second time waits for the
    /// first, and is told the same.
    pub(super) fn close(&self) -> Result<(), RedexError> {
        self.begin_close();
        self.queue.settle();
        let mut state = self.lock();
        while state.is_syncing {
            state = self.settled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let outcome = match state.outcome.take() {
            Some(outcome) => outcome,
            None => state.store.close(),
        };
        state.outcome = Some(outcome.clone());
        self.is_closed.store(true, SeqCst);
        drop(state);
        self.settled.notify_all();
        self.news.ring();
        self.keeper.forget(&self.alarm);
        outcome
    }
}

impl<D: Dir> Drop for Shared<D> {
    /// Whoever had it last need not wait for the disk: the keeper does.
    fn drop(&mut self) {
        if self.is_closed() {
            return;
        }
        self.keeper.forget(&self.alarm);
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let nothing = Store::Memory(MemoryLog::new(Retention::default(), 0));
        if let Store::Disk(log) = mem::replace(&mut state.store, nothing) {
            self.keeper.close(log);
        }
    }
}

impl<D: Dir> Store<D> {
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

    fn poll_timeout(&self) -> Option<u64> {
        match self {
            Self::Disk(log) => log.poll_timeout(),
            Self::Memory(log) => log.poll_timeout(),
        }
    }

    fn close(&mut self) -> Result<(), RedexError> {
        match self {
            Self::Disk(log) => log.close(),
            Self::Memory(log) => {
                log.close();
                Ok(())
            }
        }
    }
}

/// Nanoseconds since the Unix epoch.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
