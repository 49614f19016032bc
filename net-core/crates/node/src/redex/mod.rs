//! Logs on the file system, and in memory: what `net-log` does, with threads, a clock and a disk.
//!
//! | module | what it does |
//! |---|---|
//! | `disk` | directories that are made |
//! | `manager` | which files are open |
//! | `shared` | one file: its writer, and who waits for the disk |
//! | `queue` | appends that nobody's thread waits for |
//! | `timer` | what is due by the clock |
//! | `file`, `tail` | a file and its readers, as the interface has them |

mod disk;
mod file;
mod manager;
mod queue;
mod shared;
mod tail;
#[cfg(test)]
mod tests;
mod timer;

pub use file::RedexFile;
pub use manager::Redex;
pub use tail::RedexTailIter;
