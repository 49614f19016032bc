//! What a log is made of, without reading all of it.

use net_types::redex::RedexError;
use std::{collections::VecDeque, io::ErrorKind, sync::Arc};

use crate::{
    catalog::{Bounded, Catalog},
    dir::Dir,
    fault,
    head::{Found as FoundHead, HEAD},
    index::Index,
    open::LOCK,
    record::Salt,
    scan::{Found, Scanner},
    segment::{self, Header, START},
    verify::find_head,
};

/// What a log is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Number of the log, drawn when it was made.
    pub log_id: u64,
    /// Version of the form on disk.
    pub format: u16,
    /// Grows each time that a writer opens the log.
    pub epoch: u64,
    /// Whether the last writer has closed the log.
    pub is_clean: bool,
    /// Numbers below it may have been handed out.
    pub reserved: u64,
    /// Records below this number are on disk for certain.
    pub durable: u64,
    /// Records below this number were given up by retention.
    pub retained: u64,
    /// The first number that is there.
    pub first: u64,
    /// The number behind the last record.
    pub next: u64,
    /// The segments in the order of their numbers, without those that were given up.
    pub segments: Vec<Segment>,
    /// Files that are no part of the log, such as those that a repair has kept aside.
    pub others: Vec<String>,
}

/// A segment of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The file in the log's directory.
    pub file: String,
    /// Number of its first record.
    pub first: u64,
    /// The number behind its last record.
    pub end: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Events that it has.
    pub events: u64,
    /// When it was made, in nanoseconds since the Unix epoch; nothing if that is damaged or not known.
    pub created: Option<u64>,
    /// Whether its index tells what it has, so that it was not read for it.
    pub is_indexed: bool,
}

/// Tells what a log is made of, also while it is written. Only segments without an index are read, such as the last one.
pub fn inspect<D: Dir>(dir: &Arc<D>) -> Result<Inspection, RedexError> {
    let catalog = Catalog::list(&**dir)?;
    let found = find_head(&**dir)?.map_err(|damage| fault::corrupt(&**dir, &damage))?;
    let FoundHead { value, mark, .. } = &found;
    let is_kept = |bounded: &Bounded| bounded.end.is_none_or(|end| end > mark.retained);
    let mut rest: VecDeque<Bounded> = catalog.iter().filter(is_kept).collect();
    let mut segments = Vec::new();
    while let Some(bounded) = rest.pop_front() {
        segments.extend(extent(dir, value.log_id, bounded)?);
    }
    let end = segments.last().map_or(mark.retained, |last: &Segment| last.end);
    Ok(Inspection {
        log_id: value.log_id,
        format: value.format,
        epoch: value.epoch,
        is_clean: value.flags_clean,
        reserved: value.reserved,
        durable: mark.durable,
        retained: mark.retained,
        first: segments.first().map_or(end, |first: &Segment| first.first).max(mark.retained),
        next: if value.flags_clean { end.max(value.next_seq) } else { end },
        segments,
        others: others(&**dir)?,
    })
}

/// What a segment has; nothing if retention was faster.
fn extent<D: Dir>(
    dir: &Arc<D>,
    log_id: u64,
    Bounded { name, end }: Bounded,
) -> Result<Option<Segment>, RedexError> {
    let file = match dir.open(&name.file(), false) {
        Ok(file) => Arc::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault::io("open", &**dir, &name.file(), &error)),
    };
    let created = match segment::read_header(&**dir, &file, name, log_id)? {
        Header::Whole(created) => Some(created).filter(|created| *created > 0),
        Header::Damaged(_) => None,
    };
    let bytes = segment::length(&**dir, &file, name)?;
    let bound = end.unwrap_or(u64::MAX);
    let stored = Index::load(&**dir, log_id, name);
    let stored = stored.filter(|stored| stored.length == bytes && stored.next <= bound);
    let is_indexed = stored.is_some();
    let (events, last) = match stored {
        Some(stored) => (stored.index.events, stored.next),
        None => count(Scanner::new(file, Salt::new(log_id), START, name.first), bound)
            .map_err(|error| fault::io("read", &**dir, &name.file(), &error))?,
    };
    Ok(Some(Segment { file: name.file(), first: name.first, end: last, bytes, events, created, is_indexed }))
}

/// Counts events up to a number; tells the number behind the last batch that is whole, too.
fn count<F: crate::File>(mut scanner: Scanner<F>, bound: u64) -> std::io::Result<(u64, u64)> {
    let mut events = 0;
    let mut whole = (0, scanner.expected());
    loop {
        match scanner.next()? {
            Found::Record(_, record) if record.seq >= bound => return Ok(whole),
            Found::Record(_, record) => {
                events += u64::from(record.is_event());
                if !record.more {
                    whole = (events, record.next().min(bound));
                }
            }
            Found::Hole(_) => {}
            Found::End(_) => return Ok(whole),
        }
    }
}

/// The files of a directory that are no part of its log.
fn others(dir: &impl Dir) -> Result<Vec<String>, RedexError> {
    let mut files = dir.list().map_err(|error| fault::io("list", dir, "", &error))?;
    let is_part =
        |file: &str| file == HEAD || file == LOCK || file.ends_with(".seg") || file.ends_with(".idx");
    files.retain(|file| !is_part(file));
    files.sort_unstable();
    Ok(files)
}
