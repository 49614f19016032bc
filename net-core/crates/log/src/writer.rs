//! The one writer of a log.

use net_types::redex::{MAX_BATCH, RedexError};
use std::{collections::VecDeque, sync::Arc};

use crate::{
    Place,
    active::Active,
    commit::{Commit, Dirty, SyncJob},
    config::{Config, Fsync},
    dir::{Dir, File, write_full},
    fault,
    head::{Head, Mark},
    index::Index,
    record::{self, HEADER, MAX_PAYLOAD, Salt},
    segment::{self, Name, START},
};

/// Full segments whose bytes may be on their way to the disk still, at most.
const UNSYNCED: usize = 4;

/// Appends between two looks whether the file has its name still.
const LOOKS: u64 = 1024;

/// The one writer of a log.
///
/// Its calls write to the system and return; what has to be on disk is brought there by a [`SyncJob`], which runs while others
/// append. After an error that leaves the state of the files unknown every call fails with it.
#[derive(Debug)]
pub struct Log<D: Dir> {
    pub(crate) dir: Arc<D>,
    pub(crate) config: Config,
    pub(crate) lock: Option<D::Lock>,
    pub(crate) head: Head<D::File>,
    pub(crate) salt: Salt,
    pub(crate) sealed: VecDeque<Sealed>,
    pub(crate) active: Active<D::File>,
    /// Segments that were given up and are not removed yet.
    pub(crate) hidden: Vec<Name>,
    pub(crate) hidden_bytes: u64,
    /// The next number.
    pub(crate) next: u64,
    /// Records below this number were given up by retention.
    pub(crate) retained: u64,
    pub(crate) commit: Commit,
    /// Full segments with bytes that are not on disk.
    pub(crate) dirty: Vec<Dirty<D::File>>,
    /// Whether there are names that are not on disk.
    pub(crate) names_dirty: bool,
    /// Whether the next append needs a segment of its own.
    pub(crate) must_roll: bool,
    pub(crate) appends: u64,
    pub(crate) state: Result<(), RedexError>,
    pub(crate) buffer: Vec<u8>,
}

/// A segment that takes no more.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) name: Name,
    pub(crate) bytes: u64,
    pub(crate) events: u64,
    /// When it took its last record, at the latest.
    pub(crate) until: u64,
}

/// What an append has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Number of the first event.
    pub first: u64,
    /// The number behind the last event.
    pub next: u64,
    /// Whether it has to be on disk before it counts.
    pub must_sync: bool,
}

impl<D: Dir> Log<D> {
    /// Appends a batch, of which all is written or nothing; nothing comes of no payloads.
    pub fn append(&mut self, payloads: &[&[u8]], now: u64) -> Result<Option<Appended>, RedexError> {
        self.state.clone()?;
        check_sizes(payloads)?;
        if payloads.is_empty() {
            return Ok(None);
        }
        self.write_some(&[payloads], now)?;
        let appended = self.note(payloads, now);
        self.retain(now);
        Ok(Some(appended))
    }

    /// Appends batches, each as [`Log::append`] does, with as few writes as their segments allow.
    pub fn append_all(
        &mut self,
        batches: &[&[&[u8]]],
        now: u64,
    ) -> Vec<Result<Option<Appended>, RedexError>> {
        let is_plain = |batch: &&&[&[u8]]| !batch.is_empty() && check_sizes(batch).is_ok();
        let mut outcomes = Vec::with_capacity(batches.len());
        while outcomes.len() < batches.len() {
            let rest = &batches[outcomes.len()..];
            let plain = &rest[..rest.iter().take_while(is_plain).count()];
            let written = if self.state.is_ok() { self.write_some(plain, now).ok() } else { None };
            match written.filter(|count| *count > 0) {
                Some(count) => {
                    outcomes.extend(plain[..count].iter().map(|batch| Ok(Some(self.note(batch, now)))));
                    self.retain(now);
                }
                // What is too much together may be taken in part, and each learns of its own failure.
                None => {
                    outcomes.extend(rest[..plain.len().max(1)].iter().map(|batch| self.append(batch, now)))
                }
            }
        }
        outcomes
    }

    /// Writes the first of some batches, or as many as the segment takes, behind the last record: all of these, or nothing.
    fn write_some(&mut self, batches: &[&[&[u8]]], now: u64) -> Result<usize, RedexError> {
        if batches.is_empty() {
            return Ok(0);
        }
        self.look_for_file()?;
        if self.must_roll || self.is_full(now) {
            self.roll(now)?;
        }
        let count = self.fitting(batches);
        let events: usize = batches[..count].iter().map(|batch| batch.len()).sum();
        self.head.reserve(&*self.dir, self.next + events as u64)?;
        self.buffer.clear();
        let mut first = self.next;
        for batch in &batches[..count] {
            record::put_batch(&mut self.buffer, self.salt, first, batch);
            first += batch.len() as u64;
        }
        self.write()?;
        Ok(count)
    }

    /// How many batches the segment takes; one that has room for anything takes all of a batch.
    fn fitting(&self, batches: &[&[&[u8]]]) -> usize {
        let (mut bytes, mut events) = (self.active.length - START, self.active.index.events);
        let takes = |batch: &&&[&[u8]]| {
            let has_room =
                bytes < self.config.segment_bytes() && events < self.config.retention.segment_events();
            bytes += batch.iter().map(|payload| (HEADER + payload.len()) as u64).sum::<u64>();
            events += batch.len() as u64;
            has_room
        };
        batches.iter().take_while(takes).count().max(1)
    }

    /// Takes note of a batch that was written behind the last record.
    fn note(&mut self, payloads: &[&[u8]], now: u64) -> Appended {
        let (first, events) = (self.next, payloads.len() as u64);
        for (seq, payload) in (first..).zip(payloads) {
            self.active.index.note(seq, self.active.length);
            self.active.length += (HEADER + payload.len()) as u64;
        }
        self.active.index.events += events;
        self.next = first + events;
        Appended { first, next: self.next, must_sync: self.commit.wrote(events, now) }
    }

    /// Begins to bring all that was appended to the disk, unless that is under way or done.
    pub fn begin_sync(&mut self) -> Result<Option<SyncJob<D>>, RedexError> {
        self.state.clone()?;
        if !self.commit.begin(self.next) {
            return Ok(None);
        }
        let mut files = std::mem::take(&mut self.dirty);
        files.push(Dirty { name: self.active.name, file: Arc::clone(&self.active.file), again: None });
        let names = std::mem::take(&mut self.names_dirty);
        Ok(Some(SyncJob { dir: Arc::clone(&self.dir), files, names, upto: self.next }))
    }

    /// Takes note of what came of it. After a failure nothing is known of the bytes, so that nothing more is taken.
    pub fn end_sync(&mut self, job: &SyncJob<D>, result: Result<(), RedexError>) -> Result<(), RedexError> {
        self.commit.end(result.is_ok().then_some(job.upto));
        match result {
            Ok(()) => self.mark(),
            Err(error) => self.fail(error),
        }
        match &self.state {
            Err(RedexError::Closed) | Ok(()) => Ok(()),
            Err(error) => Err(error.clone()),
        }
    }

    /// Brings all that was appended to the disk, while nobody else does.
    pub fn sync(&mut self) -> Result<(), RedexError> {
        match self.begin_sync()? {
            Some(job) => {
                let result = job.run();
                self.end_sync(&job, result)
            }
            None => Ok(()),
        }
    }

    /// Does what is due; tells whether a sync is.
    pub fn handle_timeout(&mut self, now: u64) -> Result<bool, RedexError> {
        self.state.clone()?;
        if self.has_aged(now) {
            self.roll(now)?;
        }
        self.retain(now);
        Ok(self.commit.deadline().is_some_and(|deadline| deadline <= now))
    }

    /// Brings all to the disk and lets go of the log, while no [`SyncJob`] is under way. Closing again does nothing.
    pub fn close(&mut self) -> Result<(), RedexError> {
        if self.state == Err(RedexError::Closed) {
            return Ok(());
        }
        let result = self.state.clone().and_then(|()| self.end());
        self.state = Err(RedexError::Closed);
        self.lock = None;
        result
    }

    /// When something is due.
    pub fn poll_timeout(&self) -> Option<u64> {
        if self.state.is_err() {
            return None;
        }
        [self.commit.deadline(), self.age_deadline()].into_iter().flatten().min()
    }

    /// The next number.
    pub fn next_seq(&self) -> u64 {
        self.next
    }

    /// The first number that is retained.
    pub fn first_seq(&self) -> u64 {
        self.sealed.front().map_or(self.active.name.first, |oldest| oldest.name.first)
    }

    /// Records below this number are on disk.
    pub fn durable(&self) -> u64 {
        self.commit.durable()
    }

    /// Events that are retained.
    pub fn events(&self) -> u64 {
        self.sealed.iter().map(|sealed| sealed.events).sum::<u64>() + self.active.index.events
    }

    /// Why every call fails.
    pub fn state(&self) -> Result<(), RedexError> {
        self.state.clone()
    }

    /// The directory.
    pub fn dir(&self) -> &Arc<D> {
        &self.dir
    }

    /// Number of the log, drawn when it was made.
    pub fn log_id(&self) -> u64 {
        self.head.log_id()
    }

    /// A place near a number, if it is in the segment that is written to: others have an index on disk.
    pub fn place(&self, seq: u64) -> Option<Place> {
        let (seq, offset) = self.active.index.locate(seq).filter(|_| seq >= self.active.name.first)?;
        Some(Place { name: self.active.name, seq, offset })
    }

    /// Closes the segment that is written to, and goes on in a new one.
    pub(crate) fn roll(&mut self, now: u64) -> Result<(), RedexError> {
        self.must_roll = true;
        let name = Name { first: self.next, epoch: self.head.epoch() };
        let file = create(&*self.dir, self.head.log_id(), name, now)?;
        let active = Active::new(name, Arc::new(file), START, now, Index::default());
        let mut full = std::mem::replace(&mut self.active, active);
        self.names_dirty = true;
        self.must_roll = false;
        let length = full.finish();
        full.index.store(&*self.dir, self.head.log_id(), full.name, name.first, length);
        self.sealed.push_back(Sealed {
            name: full.name,
            bytes: full.length - START,
            events: full.index.events,
            until: now,
        });
        if self.commit.durable() < name.first {
            self.dirty.push(Dirty { name: full.name, file: full.file, again: None });
        }
        self.sync_oldest()
    }

    /// Keeps the number of files small that the next sync has to do with, and that a writer has to read after a crash.
    fn sync_oldest(&mut self) -> Result<(), RedexError> {
        while self.dirty.len() > UNSYNCED {
            let oldest = self.dirty.remove(0);
            if let Err(error) = oldest.sync().and_then(|()| self.dir.sync()) {
                let path = fault::path(&*self.dir, &oldest.name.file());
                self.fail(RedexError::Poisoned { path, reason: error.to_string() });
                return self.state.clone();
            }
            self.commit.reached(self.dirty.first().map_or(self.active.name.first, |next| next.name.first));
            self.mark();
        }
        Ok(())
    }

    fn is_full(&self, now: u64) -> bool {
        let full = self.active.length - START >= self.config.segment_bytes()
            || self.active.index.events >= self.config.retention.segment_events();
        self.active.length > START && (full || self.has_aged(now))
    }

    /// Writes the buffer behind the last record, all of it or nothing.
    fn write(&mut self) -> Result<(), RedexError> {
        let active = &mut self.active;
        if let Err(error) = write_full(&*active.file, &self.buffer, active.length) {
            // Parts of records must not stand behind later ones.
            self.must_roll = active.cut().is_err();
            return Err(fault::io("write", &*self.dir, &active.name.file(), &error));
        }
        if let Fsync::Every(_) = self.config.fsync {
            active.write_ahead(active.length + self.buffer.len() as u64, self.config.segment_bytes());
        }
        Ok(())
    }

    /// Looks from time to time whether what is written still has a name.
    fn look_for_file(&mut self) -> Result<(), RedexError> {
        self.appends += 1;
        if self.appends.is_multiple_of(LOOKS) && !self.active.file.is_linked().unwrap_or(true) {
            self.fail(RedexError::Vanished { path: fault::path(&*self.dir, &self.active.name.file()) });
        }
        self.state.clone()
    }

    fn end(&mut self) -> Result<(), RedexError> {
        let length = self.active.finish();
        self.sync()?;
        let active = &self.active;
        active.index.store(&*self.dir, self.head.log_id(), active.name, self.next, length);
        self.mark();
        self.remove_hidden();
        self.head.close(&*self.dir, self.next)
    }

    /// Writes down how far the log is on disk.
    pub(crate) fn mark(&mut self) {
        self.head.mark(Mark { durable: self.commit.durable(), retained: self.retained });
    }

    fn fail(&mut self, error: RedexError) {
        if self.state.is_ok() {
            self.state = Err(error);
        }
    }
}

/// Makes the file of a segment, with nothing but its header.
pub(crate) fn create<D: Dir>(dir: &D, log_id: u64, name: Name, now: u64) -> Result<D::File, RedexError> {
    let wrong = |action, error: &std::io::Error| fault::io(action, dir, &name.file(), error);
    let file = match dir.create(&name.file()) {
        // A segment of the same epoch that could not be begun.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => dir.open(&name.file(), true),
        other => other,
    };
    let file = file.map_err(|error| wrong("create", &error))?;
    let begun = file.set_len(0).and_then(|()| write_full(&file, &segment::header(log_id, name, now), 0));
    match begun {
        Ok(()) => Ok(file),
        Err(error) => {
            let _ = dir.remove(&name.file());
            Err(wrong("write", &error))
        }
    }
}

fn check_sizes(payloads: &[&[u8]]) -> Result<(), RedexError> {
    let mut size = 0;
    for payload in payloads {
        if payload.len() > MAX_PAYLOAD {
            return Err(RedexError::TooLarge { size: payload.len() as u64, limit: MAX_PAYLOAD as u64 });
        }
        size += payload.len() as u64;
    }
    match size > MAX_BATCH {
        true => Err(RedexError::TooLarge { size, limit: MAX_BATCH }),
        false => Ok(()),
    }
}
