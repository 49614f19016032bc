//! Readers, of which there may be any number in any process.

use bytes::Bytes;
use net_types::redex::RedexError;
use std::{io::ErrorKind, sync::Arc};

use crate::{
    Damage,
    catalog::{Bounded, Catalog},
    dir::Dir,
    fault,
    head::{self, Found as FoundHead, HEAD},
    index::Index,
    record::{Salt, What},
    scan::{Found, Hole, Scanner},
    segment::{self, Name, START},
};

/// Times that a reader looks for a segment that retention removes while it looks.
const LOOKS: usize = 16;

/// Reads a log from a number on. It holds no lock, and at most one file open.
#[derive(Debug)]
pub struct Reader<D: Dir> {
    dir: Arc<D>,
    /// The next number.
    at: u64,
    /// The number at which it ends.
    until: u64,
    /// Whether a number that is not there any more is one that was missed.
    is_begun: bool,
    open: Option<Open<D::File>>,
    /// What came behind entries, and is told after them.
    pending: Option<Step>,
}

/// An event, or numbers that no event has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Number of the event, or the first of those that are skipped.
    pub seq: u64,
    /// How many numbers are skipped: 0 for an event.
    pub skipped: u64,
    /// What was appended.
    pub payload: Bytes,
}

/// What a reader comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Entries in order. There are none at the end, as it is now.
    Entries(Vec<Entry>),
    /// Records of these numbers, the last one included, were given up by retention.
    Lagged(u64, u64),
    /// Records are damaged or missing.
    Damaged(RedexError),
}

/// What the writer of the same process knows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// The number behind the last record that is written.
    pub next: Option<u64>,
    /// A place near the reader's number.
    pub place: Option<Place>,
}

/// Where a record begins.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub(crate) name: Name,
    pub(crate) seq: u64,
    pub(crate) offset: u64,
}

/// The segment that is read.
#[derive(Debug)]
struct Open<F> {
    name: Name,
    scanner: Scanner<F>,
    /// Where it ends, if there is another one behind it.
    bound: Option<u64>,
    /// Whether it was removed since: what follows is found anew.
    is_gone: bool,
    /// Records below this number belong to batches that are whole.
    complete: u64,
}

/// Where the next number is.
enum Located<F> {
    At(Open<F>),
    /// Behind numbers that are not there.
    Behind(Step),
    Nowhere,
}

/// What stands at a place, without borrowing it.
enum Next {
    Entry { entry: Entry, next: u64, batch: Option<u64> },
    Passed,
    Beyond,
    Hole(Hole),
    End,
}

impl<D: Dir> Reader<D> {
    /// Reads all that is there, and what comes.
    pub fn all(dir: Arc<D>) -> Self {
        Self::new(dir, 0, u64::MAX, false)
    }

    /// Reads from a number on, which is there or comes.
    pub fn from(dir: Arc<D>, seq: u64) -> Self {
        Self::new(dir, seq, u64::MAX, seq > 0)
    }

    /// Reads what there is of the numbers from one to, and without, another.
    pub fn range(dir: Arc<D>, start: u64, end: u64) -> Self {
        Self::new(dir, start, end, false)
    }

    const fn new(dir: Arc<D>, at: u64, until: u64, is_begun: bool) -> Self {
        Self { dir, at, until, is_begun, open: None, pending: None }
    }

    /// Reads about so many entries, and stops before so many bytes; errors of the system leave the reader where it is.
    pub fn read(&mut self, entries: usize, bytes: usize, known: Known) -> Result<Step, RedexError> {
        if let Some(step) = self.pending.take() {
            return Ok(step);
        }
        let mut taken = Vec::new();
        let mut size = 0;
        while taken.len() < entries && size < bytes {
            let step = match self.step(known) {
                // The error comes again, what was read does not.
                Err(_) if !taken.is_empty() => break,
                step => step?,
            };
            match step {
                None => break,
                Some(Ok(entry)) => {
                    size += entry.payload.len() + size_of::<Entry>();
                    taken.push(entry);
                }
                Some(Err(step)) if taken.is_empty() => return Ok(step),
                Some(Err(step)) => {
                    self.pending = Some(step);
                    break;
                }
            }
        }
        Ok(Step::Entries(taken))
    }

    /// The next number.
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// The next entry, or what is in its place; nothing at the end.
    fn step(&mut self, known: Known) -> Result<Option<Result<Entry, Step>>, RedexError> {
        loop {
            if self.at >= known.next.unwrap_or(u64::MAX).min(self.until) {
                return Ok(None);
            }
            if self.open.is_none() {
                match self.locate(known)? {
                    Located::Nowhere => return Ok(None),
                    Located::Behind(step) => return Ok(Some(Err(step))),
                    Located::At(open) => self.open = Some(open),
                }
            }
            let Some(open) = self.open.as_mut() else { continue };
            match open.next(self.at, self.until).map_err(|error| open.wrong(&*self.dir, &error))? {
                Next::Passed => {}
                Next::Entry { batch: Some(offset), entry, .. }
                    if known.next.is_none() && !open.is_complete(entry.seq, offset, &*self.dir)? =>
                {
                    return Ok(None);
                }
                Next::Entry { entry, next, .. } => {
                    (self.at, self.is_begun) = (next, true);
                    return Ok(Some(Ok(entry)));
                }
                Next::Hole(hole) => {
                    let end = hole.next.min(open.bound.unwrap_or(u64::MAX));
                    let damage = (hole.first.max(self.at), end, hole.offset, hole.reason);
                    if let Some(step) = self.lose(damage)? {
                        return Ok(Some(Err(step)));
                    }
                }
                Next::Beyond | Next::End if open.is_gone => self.open = None,
                Next::Beyond | Next::End if open.bound.is_some() => {
                    let end = open.bound.unwrap_or(self.at);
                    let damage = (self.at, end, open.scanner.offset(), "records are missing");
                    let step = self.lose(damage)?;
                    self.open = None;
                    if let Some(step) = step {
                        return Ok(Some(Err(step)));
                    }
                }
                Next::Beyond | Next::End => {
                    // What the segment has is read once more when it is known that it takes no more.
                    let catalog = Catalog::list(&*self.dir)?;
                    open.is_gone = !catalog.has(open.name);
                    open.bound = catalog.end_of(open.name).filter(|_| !open.is_gone);
                    if open.bound.is_none() && !open.is_gone {
                        return Ok(None);
                    }
                    open.again();
                }
            }
        }
    }

    /// Goes on behind numbers whose records are damaged, if there are any.
    fn lose(
        &mut self,
        (first, end, offset, reason): (u64, u64, u64, &'static str),
    ) -> Result<Option<Step>, RedexError> {
        let end = end.min(self.until);
        if first >= end {
            return Ok(None);
        }
        // A segment that could not be removed outlasts those behind it: what they had was given up, and is looked for anew. So
        // is the damage, should the head not tell: the segment was read beyond it.
        let is_retained = self.head().map(|head| head.is_none_or(|head| first >= head.mark.retained));
        if !matches!(is_retained, Ok(true)) {
            self.open = None;
            return is_retained.map(|_| None);
        }
        (self.at, self.is_begun) = (end, true);
        let Some(name) = self.open.as_ref().map(|open| open.name) else { return Ok(None) };
        let damage = Damage::costly(name, offset, (first, end), reason);
        Ok(Some(Step::Damaged(fault::corrupt(&*self.dir, &damage))))
    }

    /// Opens the segment of the next number.
    fn locate(&mut self, known: Known) -> Result<Located<D::File>, RedexError> {
        for _ in 0..LOOKS {
            let catalog = Catalog::list(&*self.dir)?;
            let Some(first) = catalog.first() else { return Ok(Located::Nowhere) };
            let Some(head) = self.head()? else { return Ok(Located::Nowhere) };
            let log_id = head.value.log_id;
            if let Some(step) = self.catch_up(&catalog, first, head.mark.retained) {
                return Ok(Located::Behind(step));
            }
            if self.at >= self.until {
                return Ok(Located::Nowhere);
            }
            let Some(bounded) = catalog.of(self.at) else { continue };
            match self.dir.open(&bounded.name.file(), false) {
                Ok(file) => {
                    return self.begin(bounded, Arc::new(file), log_id, known).map(Located::At);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(fault::io("open", &*self.dir, &bounded.name.file(), &error)),
            }
        }
        Ok(Located::Nowhere)
    }

    /// Goes on with the first number that is there, and tells what was missed.
    fn catch_up(&mut self, catalog: &Catalog, first: u64, retained: u64) -> Option<Step> {
        let (at, was_begun) = (self.at, self.is_begun);
        if at < retained {
            (self.at, self.is_begun) = (retained, true);
            let end = retained.min(self.until);
            return (was_begun && at < end).then(|| Step::Lagged(at, end - 1)).or_else(|| {
                // Whoever reads all begins with what there is, and has missed nothing.
                self.catch_up(catalog, first, retained)
            });
        }
        let end = first.min(self.until);
        if at >= end {
            return None;
        }
        (self.at, self.is_begun) = (end, true);
        let name = catalog.iter().next()?.name;
        let damage = Damage::costly(name, 0, (at, end), "a segment is missing");
        Some(Step::Damaged(fault::corrupt(&*self.dir, &damage)))
    }

    fn begin(
        &self,
        Bounded { name, end }: Bounded,
        file: Arc<D::File>,
        log_id: u64,
        known: Known,
    ) -> Result<Open<D::File>, RedexError> {
        segment::read_header(&*self.dir, &file, name, log_id)?;
        let known = known.place.filter(|place| place.name == name).map(|place| (place.seq, place.offset));
        let stored = || Index::load(&*self.dir, log_id, name)?.index.locate(self.at);
        let place = known.or_else(|| stored().filter(|_| end.is_some() && self.at > name.first));
        let (seq, offset) = place.filter(|(seq, _)| *seq <= self.at).unwrap_or((name.first, START));
        let scanner = Scanner::new(file, Salt::new(log_id), offset, seq);
        Ok(Open { name, scanner, bound: end, is_gone: false, complete: end.unwrap_or(0) })
    }

    fn head(&self) -> Result<Option<FoundHead>, RedexError> {
        match self.dir.open(HEAD, false) {
            Ok(file) => head::read(&*self.dir, &file),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(fault::io("open", &*self.dir, HEAD, &error)),
        }
    }
}

impl<F: crate::File> Open<F> {
    /// What stands next, if it is of the numbers from `at` to, and without, `until`.
    fn next(&mut self, at: u64, until: u64) -> std::io::Result<Next> {
        let bound = self.bound.unwrap_or(u64::MAX);
        Ok(match self.scanner.next()? {
            Found::Record(_, record) if record.seq >= bound => Next::Beyond,
            Found::Record(_, record) if record.next() <= at => Next::Passed,
            Found::Record(offset, record) => {
                let next = record.next().min(bound).min(until);
                let seq = record.seq.max(at);
                let (skipped, payload) = match record.what {
                    What::Event => (0, Bytes::copy_from_slice(record.payload)),
                    What::Gap(_) => (next - seq, Bytes::new()),
                };
                Next::Entry {
                    entry: Entry { seq, skipped, payload },
                    next,
                    batch: record.more.then_some(offset),
                }
            }
            Found::Hole(hole) if hole.first >= bound => Next::Beyond,
            Found::Hole(hole) => Next::Hole(hole),
            Found::End(_) => Next::End,
        })
    }

    /// Whether the batch of a record has ended; if not, the record is not read yet.
    fn is_complete<D: Dir<File = F>>(&mut self, seq: u64, offset: u64, dir: &D) -> Result<bool, RedexError> {
        if seq < self.complete {
            return Ok(true);
        }
        let mut ahead = self.scanner.fork();
        loop {
            match ahead.next().map_err(|error| self.wrong(dir, &error))? {
                Found::Record(_, record) if !record.more => {
                    self.complete = record.next();
                    return Ok(true);
                }
                Found::Record(..) | Found::Hole(_) => {}
                Found::End(_) => {
                    self.scanner.turn_back(offset, seq);
                    return Ok(false);
                }
            }
        }
    }

    /// Looks at the last place again.
    fn again(&mut self) {
        let (offset, expected) = (self.scanner.offset(), self.scanner.expected());
        self.scanner.turn_back(offset, expected);
    }

    fn wrong(&self, dir: &impl Dir, error: &std::io::Error) -> RedexError {
        fault::io("read", dir, &self.name.file(), error)
    }
}
