//! All that is damaged.

use net_types::redex::RedexError;
use std::{collections::VecDeque, io::ErrorKind, sync::Arc};

use crate::{
    catalog::{Bounded, Catalog},
    dir::Dir,
    fault,
    head::{self, Found as FoundHead, HEAD},
    index::Index,
    open::head_lost,
    record::Salt,
    scan::{Found, Scanner},
    segment::{self, Header, Name, START},
};

/// Damages that a report tells of at most.
pub const MAX_DAMAGES: usize = 10_000;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file in the log's directory.
    pub file: String,
    /// What part of a log that is.
    pub part: Part,
    /// The byte at which the damage begins.
    pub offset: u64,
    /// The first number whose record it costs.
    pub first: u64,
    /// The last one; below `first` if no record is missing.
    pub last: u64,
    /// What is wrong.
    pub reason: &'static str,
}

/// A part of a log that can be damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The head, of which no copy is left.
    Head,
    /// One of the copies of the head.
    HeadCopy,
    /// A segment, or what is missing in front of it.
    Segment,
    /// The index of a segment.
    Index,
}

/// What a log is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Segments.
    pub segments: u64,
    /// Bytes of all segments.
    pub bytes: u64,
    /// Events that can be read.
    pub events: u64,
    /// Numbers that are skipped.
    pub skipped: u64,
    /// The first number that is retained.
    pub first: u64,
    /// The number behind the last record.
    pub next: u64,
    /// Whether the last writer has closed the log.
    pub is_clean: bool,
    /// What is wrong, in the order of the numbers; at most 10,000.
    pub damages: Vec<Damage>,
}

impl Damage {
    /// Damage that costs no records.
    pub(crate) fn harmless(part: Part, file: &str, offset: u64, reason: &'static str) -> Self {
        Self { file: file.to_owned(), part, offset, first: 1, last: 0, reason }
    }

    /// Damage of a segment that costs the records of some numbers.
    pub(crate) fn costly(name: Name, offset: u64, (first, end): (u64, u64), reason: &'static str) -> Self {
        Self { file: name.file(), part: Part::Segment, offset, first, last: end - 1, reason }
    }

    /// Whether it costs records.
    pub const fn costs_records(&self) -> bool {
        self.first <= self.last
    }
}

/// Reads all of a log, also while it is written, and tells what is wrong with it.
pub fn verify<D: Dir>(dir: &Arc<D>) -> Result<Report, RedexError> {
    let mut report = Report::default();
    let catalog = Catalog::list(&**dir)?;
    let found = match find_head(&**dir)? {
        Ok(found) => found,
        Err(damage) => {
            if catalog.first().is_some() {
                report.damages.push(damage);
                return Ok(report);
            }
            return Ok(report);
        }
    };
    report.is_clean = found.value.flags_clean;
    report.damages.extend(found.damages.iter().cloned());
    let mut next = found.mark.retained;
    report.first = catalog.first().unwrap_or(next).max(next);
    let is_kept = |bounded: &Bounded| bounded.end.is_none_or(|end| end > found.mark.retained);
    let mut rest: VecDeque<Bounded> = catalog.iter().filter(is_kept).collect();
    while let Some(bounded) = rest.pop_front() {
        missing(&mut report, bounded.name, 0, (next, bounded.name.first), "a segment is missing");
        next = segment(&mut report, dir, &found, bounded)?;
    }
    if report.is_clean && next < found.value.next_seq {
        let name = catalog.iter().next_back().map(|last| last.name);
        let name = name.unwrap_or(Name { first: next, epoch: found.value.epoch });
        missing(&mut report, name, 0, (next, found.value.next_seq), "records are missing at the end");
        next = found.value.next_seq;
    }
    report.next = next;
    report.damages.truncate(MAX_DAMAGES);
    Ok(report)
}

/// Reads `head`, or tells what is wrong with it.
pub(crate) fn find_head<D: Dir>(dir: &D) -> Result<Result<FoundHead, Damage>, RedexError> {
    let lost = |reason| Damage::harmless(Part::Head, HEAD, 0, reason);
    match dir.open(HEAD, false) {
        Ok(file) => match head::read(dir, &file) {
            Ok(Some(found)) => Ok(Ok(found)),
            Ok(None) => Ok(Err(lost("the head of the log is blank"))),
            Err(RedexError::Corrupt { .. }) => Ok(Err(lost("both copies of the head are damaged"))),
            Err(error) => Err(error),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => match head_lost(dir) {
            RedexError::Corrupt { .. } => Ok(Err(lost("the head of the log is lost"))),
            error => Err(error),
        },
        Err(error) => Err(fault::io("open", dir, HEAD, &error)),
    }
}

/// Reads a segment; tells the number behind its last record.
fn segment<D: Dir>(
    report: &mut Report,
    dir: &Arc<D>,
    found: &FoundHead,
    Bounded { name, end }: Bounded,
) -> Result<u64, RedexError> {
    let log_id = found.value.log_id;
    let wrong = |action, error| fault::io(action, &**dir, &name.file(), &error);
    let file = match dir.open(&name.file(), false) {
        Ok(file) => Arc::new(file),
        // Retention was faster.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(end.unwrap_or(name.first)),
        Err(error) => return Err(wrong("open", error)),
    };
    let length = segment::length(&**dir, &file, name)?;
    report.segments += 1;
    report.bytes += length;
    if let Header::Damaged(reason) = segment::read_header(&**dir, &file, name, log_id)? {
        report.damages.push(Damage::harmless(Part::Segment, &name.file(), 0, reason));
    }
    let is_over = |next: u64| end.is_some_and(|end| next >= end);
    let mut scanner = Scanner::new(file, Salt::new(log_id), START, name.first);
    let (events, skipped) = (report.events, report.skipped);
    let mut last = (name.first, report.events, report.skipped);
    loop {
        let offset = scanner.offset();
        match scanner.next().map_err(|error| wrong("read", error))? {
            Found::Record(_, record) if is_over(record.seq) => break,
            Found::Record(_, record) => {
                match record.what {
                    crate::record::What::Event => report.events += 1,
                    crate::record::What::Gap(count) => report.skipped += count,
                }
                if !record.more {
                    last = (record.next(), report.events, report.skipped);
                }
            }
            Found::Hole(hole) => {
                let until = hole.next.min(end.unwrap_or(u64::MAX));
                missing(report, name, hole.offset, (hole.first, until), hole.reason);
            }
            Found::End(flaw) => {
                let is_closed = report.is_clean && end.is_none();
                if let Some(reason) = flaw.filter(|_| is_closed) {
                    report.damages.push(Damage::harmless(Part::Segment, &name.file(), offset, reason));
                }
                break;
            }
        }
    }
    let (mut next, kept_events, kept_skipped) = last;
    // A batch that has not ended is none.
    (report.events, report.skipped) = (kept_events.max(events), kept_skipped.max(skipped));
    if let Some(end) = end {
        missing(report, name, scanner.offset(), (next, end), "records are missing");
        next = end;
        if Index::load(&**dir, log_id, name).is_none_or(|stored| stored.length != length) {
            let reason = "the index is missing, or is not that of the segment";
            report.damages.push(Damage::harmless(Part::Index, &name.index(), 0, reason));
        }
    }
    Ok(next)
}

fn missing(report: &mut Report, name: Name, offset: u64, (first, end): (u64, u64), reason: &'static str) {
    if first < end && report.damages.len() < MAX_DAMAGES {
        report.damages.push(Damage::costly(name, offset, (first, end), reason));
    }
}
