//! Logs on the file system, and in memory: what `net-log` does, with threads, a clock and a disk.
//!
//! | module | what it does |
//! |---|---|
//! | `disk` | where the directories of logs are |
//! | `manager` | which files are open |
//! | `shared` | one file: its writer, and who waits for the disk |
//! | `queue` | appends that nobody's thread waits for |
//! | `keeper` | what is due by the clock, and files that nobody has any more |
//! | `source` | where a reader is |
//! | `file`, `tail` | a file and its readers, as the interface has them |

mod disk;
#[cfg(test)]
mod faults;
mod file;
mod keeper;
mod manager;
mod queue;
mod shared;
mod source;
mod tail;
#[cfg(test)]
mod tests;

pub use disk::{Disk, Folders};
pub use file::RedexFile;
pub(crate) use file::blocking;
pub use manager::Redex;
pub use tail::RedexTailIter;
