//! What is due by the clock, and files that nobody has any more: a few threads for all files of a manager.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use net_log::{Dir, Log};

use super::shared::{Shared, now};

/// Threads at most: one that waits for the clock, and others while it is at the disk.
const WORKERS: usize = 4;

/// How long a thread sleeps that waits for nothing in particular.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// Looks after the files of a manager, on threads that live as long as there are such files.
#[derive(Debug)]
pub(super) struct Keeper<D: Dir> {
    jobs: Mutex<Jobs<D>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Jobs<D: Dir> {
    files: BTreeMap<u64, Kept<D>>,
    /// When which file is due.
    due: BTreeSet<(u64, u64)>,
    /// Logs to be closed.
    left: VecDeque<Box<Log<D>>>,
    next_key: u64,
    workers: usize,
    sleepers: usize,
}

#[derive(Debug)]
struct Kept<D: Dir> {
    file: Weak<Shared<D>>,
    /// Within what time something may become due that is not known of.
    period: Duration,
    at: Option<u64>,
}

/// What a file knows of its keeper.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    key: u64,
    /// Whether nothing is due, so that an append has to tell.
    is_idle: AtomicBool,
}

enum Job<D: Dir> {
    Look(u64, Weak<Shared<D>>),
    Close(Box<Log<D>>),
    Sleep(Duration),
    End,
}

impl<D: Dir> Default for Keeper<D> {
    fn default() -> Self {
        let jobs = Jobs {
            files: BTreeMap::new(),
            due: BTreeSet::new(),
            left: VecDeque::new(),
            next_key: 1,
            workers: 0,
            sleepers: 0,
        };
        Self { jobs: Mutex::new(jobs), changed: Condvar::new() }
    }
}

impl<D: Dir> Keeper<D> {
    /// Looks after a file, at least once in a `period` in which something may become due; it keeps the file open no longer than
    /// others do.
    pub(super) fn watch(self: &Arc<Self>, file: &Arc<Shared<D>>, period: Duration) -> io::Result<()> {
        let mut jobs = self.lock();
        let key = file.alarm.key;
        jobs.files.insert(key, Kept { file: Arc::downgrade(file), period, at: None });
        jobs.schedule(key, 0);
        self.rouse(&mut jobs)
    }

    /// Tells that something may be due where nothing was.
    #[inline]
    pub(super) fn nudge(self: &Arc<Self>, alarm: &Alarm) {
        if alarm.is_idle.load(SeqCst) && alarm.is_idle.swap(false, SeqCst) {
            let mut jobs = self.lock();
            jobs.schedule(alarm.key, 0);
            self.rouse_anyone(&mut jobs);
        }
    }

    /// Looks after a file no more.
    pub(super) fn forget(&self, alarm: &Alarm) {
        let mut jobs = self.lock();
        if let Some(Kept { at: Some(at), .. }) = jobs.files.remove(&alarm.key) {
            jobs.due.remove(&(at, alarm.key));
        }
        // Who sleeps for it alone has nothing to wait for.
        self.changed.notify_one();
    }

    /// Closes a log that nobody has any more, not on the thread of who had it last.
    pub(super) fn close(self: &Arc<Self>, log: Box<Log<D>>) {
        LEAVING.enter(log.dir().path());
        let mut jobs = self.lock();
        jobs.left.push_back(log);
        self.rouse_anyone(&mut jobs);
        // Without any thread there is only this one.
        let left = if jobs.workers == 0 { jobs.left.pop_back() } else { None };
        drop(jobs);
        left.into_iter().for_each(|mut log| leave(&mut log));
    }

    /// A number of a file's own.
    pub(super) fn alarm(&self) -> Alarm {
        let mut jobs = self.lock();
        jobs.next_key += 1;
        Alarm { key: jobs.next_key, is_idle: AtomicBool::new(false) }
    }

    /// Threads that there are now.
    #[cfg(test)]
    pub(super) fn threads(&self) -> usize {
        self.lock().workers
    }

    /// Lets somebody look at what has changed.
    fn rouse(self: &Arc<Self>, jobs: &mut Jobs<D>) -> io::Result<()> {
        if jobs.sleepers > 0 {
            self.changed.notify_one();
            return Ok(());
        }
        if jobs.workers >= WORKERS {
            return Ok(());
        }
        let keeper = Arc::clone(self);
        thread::Builder::new().name("net-redex".to_owned()).spawn(move || keeper.work())?;
        jobs.workers += 1;
        Ok(())
    }

    /// As [`Self::rouse`], where those who work anyway come to it later.
    fn rouse_anyone(self: &Arc<Self>, jobs: &mut Jobs<D>) {
        if let Err(error) = self.rouse(jobs) {
            tracing::warn!(%error, "a thread that looks after logs could not begin");
        }
    }

    fn work(self: Arc<Self>) {
        let mut jobs = self.lock();
        loop {
            match jobs.take(now()) {
                Job::End => {
                    jobs.workers -= 1;
                    return;
                }
                Job::Sleep(left) => {
                    jobs.sleepers += 1;
                    let woken = self.changed.wait_timeout(jobs, left);
                    jobs = woken.unwrap_or_else(PoisonError::into_inner).0;
                    jobs.sleepers -= 1;
                }
                Job::Look(key, file) => {
                    self.relieve(jobs);
                    let next = look(&file);
                    jobs = self.lock();
                    jobs.looked(key, next);
                }
                Job::Close(mut log) => {
                    self.relieve(jobs);
                    leave(&mut log);
                    jobs = self.lock();
                }
            }
        }
    }

    /// Leaves the clock to somebody else if there is something to wait for.
    fn relieve(self: &Arc<Self>, mut jobs: MutexGuard<'_, Jobs<D>>) {
        if jobs.sleepers == 0 && !(jobs.due.is_empty() && jobs.left.is_empty()) {
            self.rouse_anyone(&mut jobs);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Jobs<D>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Dir> Jobs<D> {
    fn take(&mut self, now: u64) -> Job<D> {
        if let Some(log) = self.left.pop_front() {
            return Job::Close(log);
        }
        match self.due.first().copied() {
            Some((at, key)) if at <= now => {
                self.due.pop_first();
                let kept = self.files.get_mut(&key);
                let file = kept.map_or_else(Weak::new, |kept| {
                    kept.at = None;
                    Weak::clone(&kept.file)
                });
                Job::Look(key, file)
            }
            // One thread is enough to wait.
            _ if self.sleepers > 0 || self.files.is_empty() => Job::End,
            Some((at, _)) => Job::Sleep(Duration::from_nanos(at - now).min(FAR)),
            None => Job::Sleep(FAR),
        }
    }

    /// Takes note of when a file wants to be looked at.
    fn looked(&mut self, key: u64, next: Option<u64>) {
        let Some(Kept { period, .. }) = self.files.get(&key) else { return };
        let latest = now().saturating_add(u64::try_from(period.as_nanos()).unwrap_or(u64::MAX));
        if let Some(next) = next {
            self.schedule(key, next.min(latest));
        }
    }

    /// Has a file looked at by a time, if it is one that is looked after.
    fn schedule(&mut self, key: u64, at: u64) {
        let Some(kept) = self.files.get_mut(&key) else { return };
        if kept.at.is_none_or(|known| at < known) {
            let before = kept.at.replace(at);
            before.map(|before| self.due.remove(&(before, key)));
            self.due.insert((at, key));
        }
    }
}

/// Does what is due of a file; tells when the next thing is.
fn look<D: Dir>(file: &Weak<Shared<D>>) -> Option<u64> {
    let file = file.upgrade()?;
    // From here on an append nudges, so that none is overlooked.
    file.alarm.is_idle.store(true, SeqCst);
    let next = file.handle_timeout();
    if next.is_some() {
        file.alarm.is_idle.store(false, SeqCst);
    }
    next
}

/// Closes a log that nobody has any more.
fn leave<D: Dir>(log: &mut Log<D>) {
    if let Err(error) = log.close() {
        tracing::warn!(%error, "a log that nobody has any more could not be closed");
    }
    LEAVING.leave(&log.dir().path());
}

/// Returns when no log of a directory waits to be closed by a keeper.
pub(super) fn await_leaving(path: &str) {
    LEAVING.settle(path);
}

/// Directories of logs that keepers of this process are to close: who opens one waits for that, and is not told of a lock.
static LEAVING: Leaving = Leaving { paths: Mutex::new(BTreeMap::new()), changed: Condvar::new() };

struct Leaving {
    paths: Mutex<BTreeMap<String, usize>>,
    changed: Condvar,
}

impl Leaving {
    fn enter(&self, path: String) {
        *self.lock().entry(path).or_default() += 1;
    }

    fn leave(&self, path: &str) {
        let mut paths = self.lock();
        if let Some(count) = paths.get_mut(path) {
            *count -= 1;
            if *count == 0 {
                paths.remove(path);
            }
        }
        drop(paths);
        self.changed.notify_all();
    }

    fn settle(&self, path: &str) {
        let mut paths = self.lock();
        while paths.contains_key(path) {
            paths = self.changed.wait(paths).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
