//! A disk that fails in every way that a disk may.
//!
//! What is written is seen at once, and is on disk once it was synced. When the power goes, each sector and each name that was
//! not synced is there or not, whatever became of those before it; a sector may be torn. When a process is killed, what it has
//! written stays, and of a write under way a part. Calls fail, and a sync that fails leaves what it was for behind for good.

mod faults;
mod file;
mod state;

pub use faults::{Fault, Faults, Odds};
pub use file::{DiskDir, DiskFile, DiskLock};

use crate::Random;
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A disk with one directory.
#[derive(Debug, Clone)]
pub struct Disk(Arc<Mutex<State>>);

impl Disk {
    /// An empty disk, whose misfortunes follow from a generator.
    pub fn new(random: Random) -> Self {
        Self(Arc::new(Mutex::new(State::new(random))))
    }

    /// The directory, for a process that begins now.
    pub fn dir(&self) -> DiskDir {
        DiskDir::new(self.clone())
    }

    /// Sets how likely calls fail.
    pub fn set_odds(&self, odds: Odds) {
        self.lock().odds = odds;
    }

    /// Refuses whatever changes something, or takes it again.
    pub fn set_read_only(&self, is_read_only: bool) {
        self.lock().is_read_only = is_read_only;
    }

    /// Ends everything within so many calls that change something.
    pub fn die_within(&self, calls: u64) {
        self.lock().dies_in = Some(calls);
    }

    /// Lets nothing end, and no call fail, from now on.
    pub fn calm(&self) {
        let mut state = self.lock();
        (state.dies_in, state.odds) = (None, Odds::default());
    }

    /// Whether everything has ended.
    pub fn is_dead(&self) -> bool {
        self.lock().is_dead
    }

    /// Lets a process begin anew after one was killed: what was written is there.
    pub fn restart(&self) {
        self.lock().restart();
    }

    /// Lets the power go and come back: what was not synced is there or not.
    pub fn lose_power(&self) {
        self.lock().lose_power();
    }

    /// Flips a bit of a file, if there is a byte; tells of which file.
    pub fn flip(&self) -> Option<String> {
        self.lock().flip()
    }

    /// Removes a file behind everybody's back, if one of that ending is there; tells which.
    pub fn steal(&self, ending: &str) -> Option<String> {
        self.lock().steal(ending)
    }

    /// How often each fault has happened.
    pub fn faults(&self) -> Faults {
        self.lock().faults.clone()
    }

    /// A hash of all that was done and of what came of it.
    pub fn fingerprint(&self) -> (u64, blake3::Hash) {
        let state = self.lock();
        (state.calls, state.hasher.finalize())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
