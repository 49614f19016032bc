//! What can happen to a disk, and how often it has.

use crate::Chance;

/// What can happen to a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A process was killed.
    Kill,
    /// A process was killed in the middle of a write.
    KillTorn,
    /// The power went.
    PowerLoss,
    /// A sector that was not synced was lost.
    SectorLost,
    /// A sector that was not synced was there although an earlier one was lost.
    SectorsReordered,
    /// A part of a sector was written.
    SectorTorn,
    /// A name that was not synced was lost.
    NameLost,
    /// A write took a part of the bytes.
    ShortWrite,
    /// There was no room.
    NoSpace,
    /// A write failed.
    WriteFailed,
    /// A read failed.
    ReadFailed,
    /// A sync failed, and what it was for is lost.
    SyncFailed,
    /// A sync of names failed.
    NameSyncFailed,
    /// A file could not be cut off.
    CutFailed,
    /// A file could not be removed or renamed.
    NameFailed,
    /// A bit flipped.
    BitFlip,
    /// A file was removed.
    Stolen,
}

/// How often each fault has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults([u64; Fault::ALL.len()]);

/// How likely calls fail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Odds {
    /// Of a write that takes a part.
    pub short: Chance,
    /// Of a write, or a file to be made, without room.
    pub no_space: Chance,
    /// Of a write that fails.
    pub write: Chance,
    /// Of a read that fails.
    pub read: Chance,
    /// Of a sync that fails.
    pub sync: Chance,
    /// Of a change of names that fails, and of a file that cannot be cut off.
    pub name: Chance,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Kill,
        Self::KillTorn,
        Self::PowerLoss,
        Self::SectorLost,
        Self::SectorsReordered,
        Self::SectorTorn,
        Self::NameLost,
        Self::ShortWrite,
        Self::NoSpace,
        Self::WriteFailed,
        Self::ReadFailed,
        Self::SyncFailed,
        Self::NameSyncFailed,
        Self::CutFailed,
        Self::NameFailed,
        Self::BitFlip,
        Self::Stolen,
    ];

    /// What it is called.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Kill => "process killed",
            Self::KillTorn => "killed within a write",
            Self::PowerLoss => "power lost",
            Self::SectorLost => "unsynced sector lost",
            Self::SectorsReordered => "unsynced sectors reordered",
            Self::SectorTorn => "sector torn",
            Self::NameLost => "unsynced name lost",
            Self::ShortWrite => "short write",
            Self::NoSpace => "no space",
            Self::WriteFailed => "write failed",
            Self::ReadFailed => "read failed",
            Self::SyncFailed => "sync failed",
            Self::NameSyncFailed => "sync of names failed",
            Self::CutFailed => "cut failed",
            Self::NameFailed => "change of name failed",
            Self::BitFlip => "bit flipped",
            Self::Stolen => "file removed",
        }
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self([0; Fault::ALL.len()])
    }
}

impl Faults {
    /// Counts one.
    pub fn add(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    /// Adds what was counted elsewhere.
    pub fn add_all(&mut self, other: &Self) {
        for (here, there) in self.0.iter_mut().zip(other.0) {
            *here += there;
        }
    }

    /// How often one has happened.
    pub const fn of(&self, fault: Fault) -> u64 {
        self.0[fault as usize]
    }

    /// Each fault and how often it has happened.
    pub fn iter(&self) -> impl Iterator<Item = (Fault, u64)> + '_ {
        Fault::ALL.into_iter().map(|fault| (fault, self.of(fault)))
    }
}
