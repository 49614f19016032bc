//! How a writer takes up a log, whatever became of it.

use net_types::redex::RedexError;
use std::{collections::VecDeque, io::ErrorKind, sync::Arc};

use crate::{
    Damage, Part,
    active::Active,
    catalog::{Bounded, Catalog},
    commit::{Commit, Dirty},
    config::Config,
    dir::{Dir, write_full},
    fault,
    head::{self, Found as FoundHead, HEAD, Head, Mark},
    index::Index,
    record::{self, Salt},
    scan::{Found, Scanner},
    segment::{self, Header, Name, START},
    writer::{self, Log, Sealed},
};

/// The name of the file that a writer locks.
pub(crate) const LOCK: &str = "lock";

impl<D: Dir> Log<D> {
    /// Takes up the log of a directory, or begins one there; `log_id` is any number, by which a new log is known.
    ///
    /// It does not fail for damaged records: readers tell of those. It fails when `head` is lost although there are records.
    pub fn open(dir: D, config: Config, now: u64, log_id: u64) -> Result<Self, RedexError> {
        let dir = Arc::new(dir);
        let lock = lock(&*dir)?;
        let catalog = Catalog::list(&*dir)?;
        let (mut head, found) = open_head(&*dir, &catalog, now, log_id)?;
        let survey = Survey::take(&dir, &catalog, &found)?;
        let start = Start::of(&survey, &found);
        head.begin(&*dir, start.next)?;
        // Records must not be there when the head is not.
        dir.sync().map_err(|error| fault::io("sync", &*dir, "", &error))?;
        let salt = Salt::new(head.log_id());
        let Survey { mut sealed, last, dirty, hidden, .. } = survey;
        let active = match last {
            Some(last) if start.goes_on => last.active,
            last => {
                let active = begin(&*dir, &head, salt, &start, now)?;
                if let Some(last) = last {
                    last.cut_blank();
                    last.store_index(&*dir, head.log_id())?;
                    sealed.push_back(last.seal());
                }
                active
            }
        };
        let mut log = Self {
            commit: Commit::new(config.fsync, start.durable),
            retained: found.mark.retained,
            hidden,
            hidden_bytes: 0,
            dir: Arc::clone(&dir),
            config,
            lock: Some(lock),
            head,
            salt,
            sealed,
            active,
            next: start.next,
            dirty,
            names_dirty: false,
            must_roll: false,
            appends: 0,
            state: Ok(()),
            buffer: Vec::new(),
        };
        log.mark();
        dir.sync().map_err(|error| fault::io("sync", &*dir, "", &error))?;
        log.remove_hidden();
        log.retain(now);
        Ok(log)
    }
}

/// Locks a log against every other writer.
pub(crate) fn lock<D: Dir>(dir: &D) -> Result<D::Lock, RedexError> {
    let locked = dir.lock(LOCK).map_err(|error| fault::io("lock", dir, LOCK, &error))?;
    locked.map_err(|holder| RedexError::Locked { path: dir.path(), holder })
}

/// Reads `head`, or makes it for a log that has no records.
fn open_head<D: Dir>(
    dir: &D,
    catalog: &Catalog,
    now: u64,
    log_id: u64,
) -> Result<(Head<D::File>, FoundHead), RedexError> {
    // Epochs of a log that was removed and made anew are later ones, too.
    let blank = FoundHead { value: head::fresh(log_id, now), mark: Mark::default(), damages: Vec::new() };
    let has_records = catalog.first().is_some();
    match dir.open(HEAD, true) {
        Ok(file) => match head::read(dir, &file) {
            Ok(Some(found)) => Ok((Head::of(file, found.value.clone()), found)),
            // A log that ended before it had begun.
            Ok(None) | Err(RedexError::Corrupt { .. }) if !has_records => {
                Ok((Head::of(file, blank.value.clone()), blank))
            }
            Ok(None) => Err(head_lost(dir)),
            Err(error) => Err(error),
        },
        Err(error) if error.kind() == ErrorKind::NotFound && has_records => Err(head_lost(dir)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let file = dir.create(HEAD).map_err(|error| fault::io("create", dir, HEAD, &error))?;
            Ok((Head::of(file, blank.value.clone()), blank))
        }
        Err(error) => Err(fault::io("open", dir, HEAD, &error)),
    }
}

/// The error of a log whose head is not there.
pub(crate) fn head_lost(dir: &impl Dir) -> RedexError {
    fault::corrupt(dir, &Damage::harmless(Part::Head, HEAD, 0, "the head of the log is lost"))
}

/// What a writer finds.
struct Survey<D: Dir> {
    sealed: VecDeque<Sealed>,
    last: Option<Last<D::File>>,
    /// The number behind the last record that counts.
    end: u64,
    dirty: Vec<Dirty<D::File>>,
    /// Segments that retention gave up, and that are there.
    hidden: Vec<Name>,
}

/// The last segment.
struct Last<F> {
    active: Active<F>,
    end: u64,
    /// Whether nothing stands behind its last record.
    is_whole: bool,
    /// From where on there is nothing but zeros, if there is.
    blank: Option<u64>,
}

impl<F: crate::File> Last<F> {
    fn dirty(&self, durable: u64) -> Dirty<F> {
        let Active { name, file, index, .. } = &self.active;
        let again = index.locate(durable).map_or(0, |(_, offset)| offset);
        Dirty { name: *name, file: Arc::clone(file), again: Some(again) }
    }

    /// Cuts off the zeros that a writer left that did not come to it, so that they do not count as what is retained.
    fn cut_blank(&self) {
        if let Some(blank) = self.blank {
            // They are no harm if that fails.
            let _ = self.active.file.set_len(blank);
        }
    }

    /// Keeps the index of a segment that takes no more, though its writer has not come to that.
    fn store_index<D: Dir<File = F>>(&self, dir: &D, log_id: u64) -> Result<(), RedexError> {
        let Active { name, file, index, .. } = &self.active;
        // Also of what stands behind the last record that counts, and does not.
        let length = segment::length(dir, file, *name)?;
        index.store(dir, log_id, *name, self.end, length);
        Ok(())
    }

    fn seal(self) -> Sealed {
        let Active { name, length, created, index, .. } = self.active;
        Sealed { name, bytes: length.saturating_sub(START), events: index.events, until: created }
    }
}

impl<D: Dir> Survey<D> {
    fn take(dir: &Arc<D>, catalog: &Catalog, found: &FoundHead) -> Result<Self, RedexError> {
        let log_id = found.value.log_id;
        let is_kept = |bounded: &Bounded| bounded.end.is_none_or(|end| end > found.mark.retained);
        let (mut names, hidden): (Vec<_>, Vec<_>) = catalog.iter().partition(is_kept);
        let hidden = hidden.iter().map(|bounded| bounded.name).collect();
        let end = found.mark.retained;
        let mut survey = Self { sealed: VecDeque::new(), last: None, end, dirty: Vec::new(), hidden };
        while let Some(last) = names.pop() {
            let scanned = scan_last(&**dir, last.name, found)?;
            survey.end = scanned.end;
            let is_empty = scanned.active.index == Index::default() && scanned.end == last.name.first;
            if is_empty && !found.value.flags_clean {
                set_aside(&**dir, last.name, &scanned)?;
                continue;
            }
            survey.last = Some(scanned);
            break;
        }
        for Bounded { name, end } in names {
            let sealed = survey_sealed(&**dir, log_id, name, end.unwrap_or(u64::MAX))?;
            if end.is_none_or(|end| end > found.mark.durable) {
                let file = dir.open(&name.file(), true);
                let file = file.map_err(|error| fault::io("open", &**dir, &name.file(), &error))?;
                survey.dirty.push(Dirty { name, file: Arc::new(file), again: Some(0) });
            }
            if let Some(before) = survey.sealed.back_mut() {
                before.until = sealed.until;
            }
            survey.sealed.push_back(sealed);
        }
        if let (Some(before), Some(last)) = (survey.sealed.back_mut(), &survey.last) {
            before.until = last.active.created;
        }
        if !found.value.flags_clean {
            survey.dirty.extend(survey.last.as_ref().map(|last| last.dirty(found.mark.durable)));
        }
        Ok(survey)
    }
}

/// Where a writer begins.
struct Start {
    /// The first number that it hands out.
    next: u64,
    /// The first number of its segment, if it begins one: what is between that and `next` is a gap.
    first: u64,
    /// Whether it goes on in the last segment.
    goes_on: bool,
    durable: u64,
    is_clean: bool,
}

impl Start {
    fn of<D: Dir>(survey: &Survey<D>, found: &FoundHead) -> Self {
        if found.value.flags_clean {
            let next = found.value.next_seq.max(survey.end);
            let is_whole = survey.last.as_ref().is_some_and(|last| last.is_whole && last.end == next);
            Self { next, first: next, goes_on: is_whole, durable: next, is_clean: true }
        } else {
            // Records that were on disk and are not there are no gap: whoever reads finds that they are missing.
            let first = survey.end.max(found.mark.durable);
            let next = found.value.reserved.max(first);
            Self { next, first, goes_on: false, durable: found.mark.durable, is_clean: false }
        }
    }
}

/// Begins a segment, with a gap for the numbers that the writer before may have handed out.
fn begin<D: Dir>(
    dir: &D,
    head: &Head<D::File>,
    salt: Salt,
    start: &Start,
    now: u64,
) -> Result<Active<D::File>, RedexError> {
    let name = Name { first: start.first, epoch: head.epoch() };
    let file = writer::create(dir, head.log_id(), name, now)?;
    let mut bytes = Vec::new();
    if !start.is_clean && start.next > start.first {
        record::put_gap(&mut bytes, salt, start.first, start.next - start.first);
    }
    let mut index = Index::default();
    index.note(start.first, START);
    write_full(&file, &bytes, START).map_err(|error| fault::io("write", dir, &name.file(), &error))?;
    Ok(Active::new(name, Arc::new(file), START + bytes.len() as u64, now, index))
}

/// Keeps a segment without records for whoever wants to look at it, but not among the others.
fn set_aside<D: Dir>(dir: &D, name: Name, scanned: &Last<D::File>) -> Result<(), RedexError> {
    let file = name.file();
    let length = segment::length(dir, &scanned.active.file, name)?;
    let done = match length <= START {
        true => dir.remove(&file),
        false => dir.rename(&file, &format!("{file}.torn")),
    };
    // The segment that takes its numbers must not be there before this one is gone.
    done.and_then(|()| dir.sync()).map_err(|error| fault::io("remove", dir, &file, &error))
}

fn survey_sealed<D: Dir>(dir: &D, log_id: u64, name: Name, bound: u64) -> Result<Sealed, RedexError> {
    let file = dir.open(&name.file(), false);
    let file = file.map_err(|error| fault::io("open", dir, &name.file(), &error))?;
    let created = match segment::read_header(dir, &file, name, log_id)? {
        Header::Whole(created) => created,
        Header::Damaged(_) => 0,
    };
    let length = segment::length(dir, &file, name)?;
    let stored = Index::load(dir, log_id, name).filter(|stored| stored.length == length);
    let events = match stored {
        Some(stored) if stored.next <= bound => stored.index.events,
        _ => rebuild(dir, log_id, name, Arc::new(file), bound)?,
    };
    Ok(Sealed { name, bytes: length.saturating_sub(START), events, until: created })
}

/// Makes the index of a segment anew; tells how many events there are.
pub(crate) fn rebuild<D: Dir>(
    dir: &D,
    log_id: u64,
    name: Name,
    file: Arc<D::File>,
    bound: u64,
) -> Result<u64, RedexError> {
    let mut scanner = Scanner::new(Arc::clone(&file), Salt::new(log_id), START, name.first);
    let mut index = Index::default();
    let wrong = |error| fault::io("read", dir, &name.file(), &error);
    loop {
        match scanner.next().map_err(wrong)? {
            Found::Record(_, record) if record.seq >= bound => break,
            Found::Record(offset, record) => {
                index.note(record.seq, offset);
                index.events += u64::from(record.is_event());
            }
            Found::Hole(_) => {}
            Found::End(_) => break,
        }
    }
    let next = scanner.expected().min(bound);
    index.store(dir, log_id, name, next, segment::length(dir, &file, name)?);
    Ok(index.events)
}

/// Reads the last segment, and finds the last record that counts.
fn scan_last<D: Dir>(dir: &D, name: Name, found: &FoundHead) -> Result<Last<D::File>, RedexError> {
    let log_id = found.value.log_id;
    let file = dir.open(&name.file(), true);
    let file = Arc::new(file.map_err(|error| fault::io("open", dir, &name.file(), &error))?);
    let header = segment::read_header(dir, &file, name, log_id)?;
    let created = match header {
        Header::Whole(created) => created,
        Header::Damaged(_) => 0,
    };
    let length = segment::length(dir, &file, name)?;
    let is_known = |stored: &crate::index::Stored| {
        found.value.flags_clean && stored.length == length && stored.next == found.value.next_seq
    };
    if let Some(stored) = Index::load(dir, log_id, name).filter(is_known) {
        let active = Active::new(name, file, length, created, stored.index);
        let is_whole = header == Header::Whole(created);
        return Ok(Last { active, end: stored.next, is_whole, blank: None });
    }
    let mut tail = Tail::new(name.first);
    let mut scanner = Scanner::new(Arc::clone(&file), Salt::new(log_id), START, name.first);
    let is_torn = loop {
        match scanner.next().map_err(|error| fault::io("read", dir, &name.file(), &error))? {
            Found::Record(offset, record) => tail.add(offset, &record),
            Found::Hole(_) => tail.is_behind_hole = true,
            Found::End(flaw) => break flaw.is_some(),
        }
    };
    let blank = (!is_torn).then(|| scanner.offset());
    let Kept { end, length: kept, events } =
        tail.end(if found.value.flags_clean { u64::MAX } else { found.mark.durable });
    let mut index = tail.index;
    index.forget(kept);
    index.events = events;
    let is_whole = !is_torn && kept == length && matches!(header, Header::Whole(_));
    Ok(Last { active: Active::new(name, file, kept, created, index), end, is_whole, blank })
}

/// The end of a segment while it is read: batches that are whole count, and one that is not does not if it is the last.
struct Tail {
    index: Index,
    /// What there was before the batch that was read last.
    before: Kept,
    /// What there is with the batches that have ended.
    whole: Kept,
    events: u64,
    /// The first number of the batch that was read last.
    batch: u64,
    /// Whether some of its records are missing.
    is_holed: bool,
    is_open: bool,
    is_behind_hole: bool,
}

/// What counts of a segment: numbers, bytes and events.
#[derive(Clone, Copy)]
struct Kept {
    end: u64,
    length: u64,
    events: u64,
}

impl Tail {
    fn new(first: u64) -> Self {
        let nothing = Kept { end: first, length: START, events: 0 };
        Self {
            index: Index::default(),
            before: nothing,
            whole: nothing,
            events: 0,
            batch: first,
            is_holed: false,
            is_open: false,
            is_behind_hole: false,
        }
    }

    fn add(&mut self, offset: u64, record: &record::Record<'_>) {
        self.index.note(record.seq, offset);
        let continues = self.is_open && record.inside;
        if !continues {
            self.before = self.whole;
            self.batch = record.seq;
            // A record inside of a batch whose beginning is missing.
            self.is_holed = record.inside;
        } else if self.is_behind_hole {
            self.is_holed = true;
        }
        self.is_behind_hole = false;
        self.is_open = record.more;
        self.events += u64::from(record.is_event());
        if !record.more {
            let length = offset + record.size() as u64;
            self.whole = Kept { end: record.next(), length, events: self.events };
        }
    }

    /// What counts. A batch that is not whole is no damage if it need not be on disk: its append never returned.
    fn end(&self, durable: u64) -> Kept {
        match self.is_holed && !self.is_open && self.batch >= durable {
            true => self.before,
            false => self.whole,
        }
    }
}
