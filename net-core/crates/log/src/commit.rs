//! Many appends, one sync.

use net_types::redex::RedexError;
use std::sync::Arc;

use crate::{
    config::Fsync,
    dir::{Dir, File, read_full, write_full},
    fault,
    segment::Name,
};

/// What is known of the way to the disk.
///
/// Whoever has appended and has to wait begins a sync if none is under way, or waits for the one that is; one sync is for all
/// that was appended before it began.
#[derive(Debug)]
pub(crate) struct Commit {
    policy: Fsync,
    /// Records below this number are on disk.
    durable: u64,
    /// Whether a sync is under way.
    is_syncing: bool,
    /// Events since the last sync began.
    events: u64,
    /// When the first of them was appended.
    since: Option<u64>,
}

impl Commit {
    pub(crate) const fn new(policy: Fsync, durable: u64) -> Self {
        Self { policy, durable, is_syncing: false, events: 0, since: None }
    }

    /// Takes note of events; tells whether they have to be on disk before their append returns.
    #[inline]
    pub(crate) fn wrote(&mut self, events: u64, now: u64) -> bool {
        self.events += events;
        match self.policy {
            Fsync::Never => false,
            Fsync::Every(most) => self.events >= most,
            Fsync::Interval(_) => {
                self.since.get_or_insert(now);
                false
            }
        }
    }

    /// Begins a sync of what is below a number, unless one is under way or nothing is left to do.
    pub(crate) fn begin(&mut self, next: u64) -> bool {
        if self.is_syncing || self.durable >= next {
            return false;
        }
        self.is_syncing = true;
        self.events = 0;
        self.since = None;
        true
    }

    /// Ends a sync.
    pub(crate) fn end(&mut self, durable: Option<u64>) {
        self.is_syncing = false;
        self.durable = self.durable.max(durable.unwrap_or(0));
    }

    /// Takes note of records that are on disk by other ways, unless a sync under way has to do with older ones.
    pub(crate) fn reached(&mut self, durable: u64) {
        if !self.is_syncing {
            self.durable = self.durable.max(durable);
        }
    }

    pub(crate) const fn durable(&self) -> u64 {
        self.durable
    }

    /// When a sync is due.
    pub(crate) fn deadline(&self) -> Option<u64> {
        let Fsync::Interval(interval) = self.policy else { return None };
        let since = self.since.filter(|_| !self.is_syncing)?;
        Some(since.saturating_add(u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// What a sync has to do, while others append.
#[derive(Debug)]
pub struct SyncJob<D: Dir> {
    pub(crate) dir: Arc<D>,
    /// Files with bytes that are not on disk; the last one is the segment that is written to.
    pub(crate) files: Vec<Dirty<D::File>>,
    /// Whether names are not on disk either.
    pub(crate) names: bool,
    pub(crate) upto: u64,
}

/// A segment with bytes that are not on disk.
#[derive(Debug)]
pub(crate) struct Dirty<F> {
    pub(crate) name: Name,
    pub(crate) file: Arc<F>,
    /// From where on its bytes are written once more: those of a writer that has ended. A sync of that one may have failed, after
    /// which the system takes for written what is not.
    pub(crate) again: Option<u64>,
}

impl<F: File> Dirty<F> {
    /// Brings its bytes to the disk.
    pub(crate) fn sync(&self) -> std::io::Result<()> {
        if let Some(mut offset) = self.again {
            let mut bytes = vec![0; 256 << 10];
            loop {
                let count = read_full(&*self.file, &mut bytes, offset)?;
                if count == 0 {
                    break;
                }
                write_full(&*self.file, &bytes[..count], offset)?;
                offset += count as u64;
            }
        }
        self.file.sync()
    }
}

impl<D: Dir> SyncJob<D> {
    /// Brings all of it to the disk. This is what takes time.
    pub fn run(&self) -> Result<(), RedexError> {
        for dirty in &self.files {
            dirty.sync().map_err(|error| self.poison(&dirty.name.file(), &error))?;
        }
        if let Some(active) = self.files.last()
            && !active.file.is_linked().unwrap_or(true)
        {
            return Err(RedexError::Vanished { path: fault::path(&*self.dir, &active.name.file()) });
        }
        if self.names {
            self.dir.sync().map_err(|error| self.poison("", &error))?;
        }
        Ok(())
    }

    fn poison(&self, file: &str, error: &std::io::Error) -> RedexError {
        RedexError::Poisoned { path: fault::path(&*self.dir, file), reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_sync_is_for_all_that_came_before_it() {
        let mut commit = Commit::new(Fsync::Every(1), 0);
        assert!(commit.wrote(1, 0) && commit.wrote(1, 0));
        assert!(commit.begin(2));
        assert!(commit.wrote(1, 0));
        assert!(!commit.begin(3), "one is under way");
        commit.end(Some(2));
        assert_eq!(commit.durable(), 2);
        assert!(commit.begin(3));
        commit.end(Some(3));
        assert!(!commit.begin(3), "all is done");
    }

    #[test]
    fn every_so_many_events_one_waits() {
        let mut commit = Commit::new(Fsync::Every(3), 0);
        assert_eq!([1, 1, 1].map(|events| commit.wrote(events, 0)), [false, false, true]);
        assert!(commit.begin(3));
        commit.end(Some(3));
        assert!(!commit.wrote(2, 0));
        assert!(commit.wrote(5, 0));
    }

    #[test]
    fn an_interval_begins_with_the_first_event() {
        let mut commit = Commit::new(Fsync::Interval(Duration::from_nanos(100)), 0);
        assert_eq!(commit.deadline(), None);
        assert!(!commit.wrote(1, 10) && !commit.wrote(1, 50));
        assert_eq!(commit.deadline(), Some(110));
        assert!(commit.begin(2));
        assert_eq!(commit.deadline(), None);
        commit.wrote(1, 120);
        commit.end(Some(2));
        assert_eq!(commit.deadline(), Some(220));
    }
}
