//! Append-only logs on a disk that may fail, without threads, clock and randomness.
//!
//! A [`Log`] is the one writer of a [`Dir`]; [`Reader`]s need nothing of it and may live in another process. What stands
//! where is described with module `redex` of the interface. Time comes in as nanoseconds since the Unix epoch.
//!
//! Three rules hold whatever fails. A number is handed out once: it is reserved on disk before, in a file of its own, so
//! that no loss of data gives it back. A record is read whole or not at all, and a batch counts whole or not at all.
//! What is missing is named: a reader that finds no record for a number gives the gap that a writer recorded, or the file
//! and the byte where the damage is, and goes on behind it.
//!
//! | module | what it does |
//! |---|---|
//! | `dir`, `folder` | what a file system has to offer, and the system's own |
//! | `record`, `scan` | records among bytes; the next valid one behind damage |
//! | `head` | numbers that never follow from data |
//! | `segment`, `catalog`, `index` | files of records, which there are, and places in them |
//! | `open`, `writer`, `active`, `retention` | the one writer |
//! | `commit` | many appends, one sync |
//! | `reader` | any number of readers |
//! | `inspect`, `verify`, `plan`, `repair` | what there is; all that is damaged; what can be done; and gaps in its place |
//! | `memory` | a log without files |

#![forbid(unsafe_code)]

mod active;
mod catalog;
mod commit;
mod config;
mod dir;
mod fault;
mod folder;
mod head;
mod index;
mod inspect;
mod memory;
mod open;
mod plan;
mod reader;
mod record;
mod repair;
mod retention;
mod scan;
mod segment;
mod verify;
mod writer;

pub use commit::SyncJob;
pub use config::{Config, Fsync, Retention};
pub use dir::{Dir, File};
pub use fault::refusal;
pub use folder::{Folder, FolderLock};
pub use inspect::{Inspection, Segment, inspect};
pub use memory::MemoryLog;
pub use plan::{Action, Mend};
pub use reader::{Entry, Known, Place, Reader, Step};
pub use record::crc;
pub use repair::{Repair, repair};
pub use verify::{Damage, MAX_DAMAGES, Part, Report, verify};
pub use writer::{Appended, Log};
