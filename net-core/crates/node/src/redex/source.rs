//! Where a reader of a file is.

use std::sync::Arc;

use net_log::{Dir, Known, Reader, Step};
use net_types::redex::RedexError;

use super::shared::{Shared, Store};

/// Entries, and bytes of them, that are read at once.
const ENTRIES: usize = 1024;
const BYTES: usize = 1 << 20;

/// Where a reader of a file is, on disk or in memory.
#[derive(Debug)]
pub(super) enum Source<D: Dir> {
    Disk(Box<Reader<D>>),
    Memory(u64),
}

impl<D: Dir> Source<D> {
    /// Reads from a number on, from 0 all that is there, and what comes.
    pub(super) fn tail(file: &Shared<D>, from: u64) -> Self {
        match &file.dir {
            Some(dir) if from == 0 => Self::Disk(Box::new(Reader::all(Arc::clone(dir)))),
            Some(dir) => Self::Disk(Box::new(Reader::from(Arc::clone(dir), from))),
            None if from == 0 => Self::Memory(first(file)),
            None => Self::Memory(from),
        }
    }

    /// Reads what there is of the numbers from one to, and without, another.
    pub(super) fn range(file: &Shared<D>, start: u64, end: u64) -> Self {
        match &file.dir {
            Some(dir) => Self::Disk(Box::new(Reader::range(Arc::clone(dir), start, end))),
            None => Self::Memory(start.max(first(file))),
        }
    }

    /// The next number.
    pub(super) const fn at(&self) -> u64 {
        match self {
            Self::Disk(reader) => reader.at(),
            Self::Memory(at) => *at,
        }
    }

    /// Reads some of what comes next of the numbers before `until`. That nothing does though the writer has written it is an error.
    pub(super) fn read(&mut self, file: &Shared<D>, until: u64) -> Result<Step, RedexError> {
        match self {
            Self::Disk(reader) => read_disk(file, reader, until),
            Self::Memory(at) => Ok(read_memory(file, at, until)),
        }
    }
}

fn first<D: Dir>(file: &Shared<D>) -> u64 {
    match &file.lock().store {
        Store::Memory(log) => log.first_seq(),
        Store::Disk(_) => 0,
    }
}

fn read_disk<D: Dir>(file: &Shared<D>, reader: &mut Reader<D>, until: u64) -> Result<Step, RedexError> {
    let known = known(file, reader.at());
    let step = reader.read(ENTRIES, BYTES, known)?;
    let is_missing = reader.at() < known.next.unwrap_or(0).min(until);
    match (&step, &file.dir) {
        (Step::Entries(entries), Some(dir)) if entries.is_empty() && is_missing => {
            Err(RedexError::Vanished { path: dir.path() })
        }
        _ => Ok(step),
    }
}

/// What the writer knows near a number.
fn known<D: Dir>(file: &Shared<D>, at: u64) -> Known {
    match &file.lock().store {
        Store::Disk(log) => Known { next: Some(log.next_seq()), place: log.place(at) },
        Store::Memory(log) => Known { next: Some(log.next_seq()), place: None },
    }
}

fn read_memory<D: Dir>(file: &Shared<D>, at: &mut u64, until: u64) -> Step {
    let step = match &file.lock().store {
        Store::Memory(log) => log.read(*at, until, ENTRIES, BYTES),
        Store::Disk(_) => Step::Entries(Vec::new()),
    };
    match &step {
        Step::Entries(entries) => *at = entries.last().map_or(*at, |last| last.seq + 1),
        Step::Lagged(_, last) => *at = last + 1,
        Step::Damaged(_) => {}
    }
    step
}
