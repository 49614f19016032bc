//! A log on a disk that fails, through crash after crash.

mod ledger;

use super::{Outcome, Row, Scenario, row};
use crate::{
    Chance, Counts, Random, Violation,
    disk::{Disk, DiskDir, Odds},
};
use ledger::{Item, Ledger};
use net_log::{Appended, Config, Dir as _, Fsync, Known, Log, Reader, Retention, Step};
use net_types::redex::RedexError;
use std::{sync::Arc, time::Duration};

pub(super) const STORAGE: Scenario = Scenario {
    name: "storage",
    about: "a log on a disk that fails, through crash after crash: nothing durable is lost, no number is given twice, all damage is named",
    nodes: 1,
    weight: 0,
    run,
};

/// Operations and crashes that a run has at least.
const OPERATIONS: u64 = 200;
const CRASHES: u64 = 2;

/// Nanoseconds between two operations.
const PACE: u64 = 1_000_000;

fn run(seed: u64, _: usize) -> Outcome {
    let mut run = Run::new(seed);
    let result = run.play();
    let time = Duration::from_nanos(run.now);
    let result = result.map_err(|text| Violation { at: time, host: None, text });
    Outcome {
        result,
        counts: Counts::default(),
        time,
        fingerprint: run.disk.fingerprint(),
        trace: run.trace.join("\n"),
        faults: run.disk.faults(),
    }
}

/// A run: lives of a writer, one after the other, and what must hold of what they leave behind.
struct Run {
    random: Random,
    disk: Disk,
    config: Config,
    ledger: Ledger,
    now: u64,
    operations: u64,
    crashes: u64,
    lives: u64,
    repairs: u64,
    /// A reader that follows the log, and the number that it comes to next.
    tail: Option<(Reader<DiskDir>, Option<u64>)>,
    trace: Vec<String>,
}

/// How a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Closed,
    Killed,
    PowerLost,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let disk = Disk::new(random.fork());
        let config = config(&mut random);
        let ledger = Ledger::new(config.retention != Retention::default());
        Self {
            random,
            disk,
            config,
            ledger,
            now: 1_767_225_600_000_000_000,
            operations: 0,
            crashes: 0,
            lives: 0,
            repairs: 0,
            tail: None,
            trace: Vec::new(),
        }
    }

    fn play(&mut self) -> Result<Vec<Row>, String> {
        self.note(format!("{:?}", self.config));
        while self.operations < OPERATIONS || self.crashes < CRASHES {
            self.live()?;
        }
        self.finish()?;
        Ok(vec![
            row("operations", self.operations),
            row("lives", self.lives),
            row("crashes", self.crashes),
            row("repairs", self.repairs),
            row("events", self.ledger.acknowledged()),
        ])
    }

    /// One life of a writer.
    fn live(&mut self) -> Result<(), String> {
        self.lives += 1;
        let end = [End::Closed, End::Killed, End::PowerLost, End::PowerLost][self.random.index(4)];
        if self.random.happens(Chance::percent(8)) {
            let calls = self.random.below(12);
            self.disk.die_within(calls);
        }
        let opened = Log::open(self.disk.dir(), self.config.clone(), self.now, 0x5eed);
        let mut log = match opened {
            Ok(log) => log,
            Err(_) if self.disk.is_dead() => return self.crash(end),
            Err(error) => return self.refused(&error),
        };
        self.check_open(&log)?;
        let odds = self.odds();
        self.disk.set_odds(odds);
        let is_sudden = end != End::Closed && self.random.happens(Chance::percent(60));
        if is_sudden {
            let calls = self.random.below(60);
            self.disk.die_within(calls);
        }
        for _ in 0..20 + self.random.below(60) {
            self.operate(&mut log)?;
            if self.disk.is_dead() || log.state().is_err() {
                break;
            }
        }
        if self.disk.is_dead() {
            drop(log);
            return self.crash(end);
        }
        if end == End::Closed || log.state().is_err() && self.random.happens(Chance::percent(50)) {
            return self.close(log);
        }
        drop(log);
        self.crash(end)
    }

    fn close(&mut self, mut log: Log<DiskDir>) -> Result<(), String> {
        let next = log.next_seq();
        let closed = log.close();
        self.note(format!("closes at {next}: {closed:?}"));
        if closed.is_ok() {
            self.ledger.synced(next);
        }
        drop(log);
        self.disk.set_odds(Odds::default());
        Ok(())
    }

    fn crash(&mut self, end: End) -> Result<(), String> {
        self.crashes += 1;
        self.tail = None;
        match end {
            End::PowerLost => {
                self.note("the power goes".into());
                self.disk.lose_power();
                self.ledger.power_lost();
            }
            End::Killed | End::Closed => {
                self.note("is killed".into());
                self.disk.restart();
            }
        }
        if self.random.happens(Chance::percent(12))
            && let Some(file) = self.disk.flip()
        {
            self.note(format!("a bit of {file} flips"));
            self.ledger.damaged();
        }
        if self.random.happens(Chance::percent(5)) {
            let ending = if self.random.happens(Chance::percent(30)) { ".seg" } else { ".idx" };
            if let Some(file) = self.disk.steal(ending) {
                self.note(format!("{file} is removed"));
                self.ledger.damaged();
            }
        }
        Ok(())
    }

    /// A log that cannot be opened has lost its head, and is repaired.
    fn refused(&mut self, error: &RedexError) -> Result<(), String> {
        self.note(format!("does not open: {error}"));
        if !matches!(error, RedexError::Corrupt { .. }) || !self.ledger.is_damaged() {
            return Err(format!("an undamaged log does not open: {error}"));
        }
        self.repair()
    }

    fn repair(&mut self) -> Result<(), String> {
        self.repairs += 1;
        self.disk.calm();
        let dir = Arc::new(self.disk.dir());
        let before = self.disk.fingerprint();
        let planned =
            net_log::repair(&dir, false).map_err(|error| format!("a repair is refused: {error}"))?;
        if self.disk.fingerprint() != before || planned.is_applied {
            return Err("a repair that is not applied changes something".into());
        }
        let done = net_log::repair(&dir, true).map_err(|error| format!("a repair fails: {error}"))?;
        self.note(format!("repaired, {} files aside", done.aside.len()));
        let after = net_log::verify(&dir).map_err(|error| format!("a repaired log is not read: {error}"))?;
        match after.damages.first() {
            Some(damage) => Err(format!("a repaired log is damaged still: {damage:?}")),
            None => Ok(()),
        }
    }

    /// Does something with a log.
    fn operate(&mut self, log: &mut Log<DiskDir>) -> Result<(), String> {
        self.operations += 1;
        self.now += PACE;
        match self.random.below(100) {
            0..56 => self.append(log, &[1]),
            56..72 => {
                let events = 2 + self.random.below(6);
                self.append(log, &[events])
            }
            72..80 => {
                let batches = 2 + self.random.below(4);
                let sizes: Vec<_> = (0..batches).map(|_| 1 + self.random.below(4)).collect();
                self.append(log, &sizes)
            }
            80..88 => self.sync(log).map(|_| ()),
            88..92 => {
                if let Ok(true) = log.handle_timeout(self.now) {
                    self.sync(log)?;
                }
                Ok(())
            }
            92..97 => self.follow(log),
            _ => self.verify(log),
        }
    }

    /// Appends batches of so many events, several of them at once.
    fn append(&mut self, log: &mut Log<DiskDir>, sizes: &[u64]) -> Result<(), String> {
        let attempts: Vec<_> =
            sizes.iter().map(|events| self.ledger.attempt(*events, &mut self.random)).collect();
        let slices: Vec<Vec<&[u8]>> =
            attempts.iter().map(|(_, payloads)| payloads.iter().map(Vec::as_slice).collect()).collect();
        let outcomes = match slices.as_slice() {
            [batch] => vec![log.append(batch, self.now)],
            several => {
                let several: Vec<&[&[u8]]> = several.iter().map(Vec::as_slice).collect();
                log.append_all(&several, self.now)
            }
        };
        if outcomes.len() != sizes.len() {
            return Err(format!("of {} batches {} have an outcome", sizes.len(), outcomes.len()));
        }
        let mut taken = Vec::new();
        for ((batch, payloads), outcome) in attempts.iter().zip(outcomes) {
            match outcome {
                Ok(Some(appended)) => {
                    self.ledger.place(*batch, appended.first)?;
                    taken.push((*batch, appended));
                }
                Ok(None) => return Err("a batch with events comes to nothing".into()),
                Err(error) => self.note(format!("append of {} fails: {error}", payloads.len())),
            }
        }
        self.acknowledge(log, &taken)
    }

    /// Acknowledges batches: one that has to wait for the disk after that.
    fn acknowledge(&mut self, log: &mut Log<DiskDir>, taken: &[(usize, Appended)]) -> Result<(), String> {
        let must_sync = taken.iter().any(|(_, appended)| appended.must_sync);
        let is_synced = must_sync && self.sync(log)?;
        for (batch, appended) in taken {
            let is_acknowledged = !appended.must_sync || is_synced;
            self.note(format!("appends {}..{}, {is_acknowledged}", appended.first, appended.next));
            if is_acknowledged {
                self.ledger.acknowledge(*batch);
            }
        }
        if is_synced && let Some((_, last)) = taken.last() {
            self.ledger.synced(last.next);
        }
        Ok(())
    }

    fn sync(&mut self, log: &mut Log<DiskDir>) -> Result<bool, String> {
        let next = log.next_seq();
        let synced = log.sync();
        if let Err(error) = &synced {
            self.note(format!("a sync fails: {error}"));
            return Ok(false);
        }
        self.ledger.synced(next);
        Ok(true)
    }

    /// Lets a reader that follows the log read what is new.
    fn follow(&mut self, log: &Log<DiskDir>) -> Result<(), String> {
        let known = Known { next: Some(log.next_seq()), place: None };
        let start = log.first_seq();
        let new = || (Reader::from(Arc::new(self.disk.dir()), start), None);
        let (tail, expected) = self.tail.get_or_insert_with(new);
        loop {
            let wanted = *expected;
            match tail.read(7, 1 << 20, known) {
                Ok(Step::Entries(entries)) if entries.is_empty() => break,
                Ok(Step::Entries(entries)) => {
                    for entry in entries {
                        if expected.is_some_and(|expected| entry.seq != expected) {
                            return Err(format!("a tail jumps from {expected:?} to {}", entry.seq));
                        }
                        *expected = Some(entry.seq + entry.skipped.max(1));
                        self.ledger.check(&entry)?;
                    }
                }
                Ok(Step::Lagged(first, last)) if wanted.is_none_or(|wanted| first == wanted) => {
                    *expected = Some(last + 1)
                }
                Ok(Step::Damaged(RedexError::Corrupt { first, last, .. }))
                    if wanted.is_none_or(|wanted| first == wanted) && self.ledger.may_lack() =>
                {
                    *expected = Some(last + 1);
                }
                Ok(other) => return Err(format!("a tail at {wanted:?} comes to {other:?}")),
                // The disk does not answer, or a file was taken.
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn verify(&mut self, log: &Log<DiskDir>) -> Result<(), String> {
        let Ok(report) = net_log::verify(log.dir()) else { return Ok(()) };
        let costly = report.damages.iter().find(|damage| damage.costs_records());
        match costly {
            Some(damage) if !self.ledger.may_lack() => Err(format!("undamaged, and yet: {damage:?}")),
            _ => Ok(()),
        }
    }

    /// What must hold of a log that was just opened.
    fn check_open(&mut self, log: &Log<DiskDir>) -> Result<(), String> {
        let (first, next) = (log.first_seq(), log.next_seq());
        self.note(format!("opens {first}..{next}, {}", self.segments(log)));
        self.ledger.check_next(next)?;
        let items = self.read_all(log)?;
        if self.disk.is_dead() {
            return Ok(());
        }
        for item in items.iter().filter(|item| !item.is_event()) {
            self.note(format!("finds {item:?}"));
        }
        self.ledger.check_all(&items, next)?;
        let events = items.iter().filter(|item| item.is_event()).count();
        if !self.ledger.may_lack() && log.events() != events as u64 {
            return Err(format!("it says that it has {} events and has {events}", log.events()));
        }
        Ok(())
    }

    fn read_all(&self, log: &Log<DiskDir>) -> Result<Vec<Item>, String> {
        let mut reader = Reader::all(Arc::clone(log.dir()));
        let mut items = Vec::new();
        loop {
            match reader.read(16, 1 << 20, Known::default()) {
                Ok(Step::Entries(entries)) if entries.is_empty() => return Ok(items),
                Ok(Step::Entries(entries)) => items.extend(entries.into_iter().map(Item::Entry)),
                Ok(Step::Damaged(RedexError::Corrupt { first, last, file, .. })) => {
                    if file.is_empty() {
                        return Err("damage without a file".into());
                    }
                    items.push(Item::Damaged(first, last));
                }
                // The disk fails while it is read.
                Err(_) if self.disk.is_dead() => return Ok(items),
                other => return Err(format!("reading all comes to {other:?}")),
            }
        }
    }

    /// Repairs what is left, after which nothing is damaged, and everything that could be read can be.
    fn finish(&mut self) -> Result<(), String> {
        self.disk.restart();
        let open = |run: &Self| Log::open(run.disk.dir(), run.config.clone(), run.now, 0x5eed);
        let before = match open(self) {
            Ok(mut log) => {
                self.check_open(&log)?;
                let items = self.read_all(&log)?;
                log.close().map_err(|error| format!("it does not close: {error}"))?;
                items
            }
            Err(error) => {
                self.refused(&error)?;
                Vec::new()
            }
        };
        self.repair()?;
        let log = open(self).map_err(|error| format!("a repaired log does not open: {error}"))?;
        let after = self.read_all(&log)?;
        let events = |items: &[Item]| -> Vec<u64> {
            let entries = items.iter().filter_map(|item| match item {
                Item::Entry(entry) if entry.skipped == 0 => Some(entry.seq),
                _ => None,
            });
            entries.collect()
        };
        match after.iter().any(|item| matches!(item, Item::Damaged(..))) {
            true => Err("a repaired log has damage".into()),
            false if !before.is_empty() && events(&before) != events(&after) => {
                let (before, after) = (events(&before), events(&after));
                // Opening it has given up what is too old by now.
                let before: Vec<u64> = before.into_iter().filter(|seq| *seq >= log.first_seq()).collect();
                let lost = before.iter().find(|seq| !after.contains(seq));
                let new = after.iter().find(|seq| !before.contains(seq));
                match lost.or(new) {
                    Some(_) => Err(format!(
                        "a repair has changed which events there are: lost {lost:?}, new {new:?}"
                    )),
                    None => Ok(()),
                }
            }
            false => Ok(()),
        }
    }

    /// The segments, for people.
    fn segments(&self, log: &Log<DiskDir>) -> String {
        let mut files = log.dir().list().unwrap_or_default();
        files.retain(|file| file.ends_with(".seg"));
        let short = |file: &String| file.trim_end_matches(".seg").trim_start_matches('0').to_owned();
        files.iter().map(short).collect::<Vec<_>>().join(" ")
    }

    fn odds(&mut self) -> Odds {
        let few = Chance(8_000);
        match self.random.below(8) {
            0 => Odds { no_space: Chance::percent(6), ..Odds::default() },
            1 => Odds { write: Chance::percent(4), name: Chance::percent(30), ..Odds::default() },
            2 => Odds { sync: Chance::percent(3), ..Odds::default() },
            3 => Odds { read: Chance::percent(2), short: Chance::percent(10), ..Odds::default() },
            4 => Odds { short: few, no_space: few, write: few, read: few, sync: few, name: few },
            _ => Odds::default(),
        }
    }

    fn note(&mut self, text: String) {
        self.trace.push(format!("{:>6} {text}", self.operations));
    }
}

fn config(random: &mut Random) -> Config {
    let fsync = [
        Fsync::Never,
        Fsync::Every(1),
        Fsync::Every(1),
        Fsync::Every(3),
        Fsync::Interval(Duration::from_nanos(5 * PACE)),
    ][random.index(5)];
    let retention = match random.below(6) {
        0 => Retention { events: Some(40), ..Retention::default() },
        1 => Retention { bytes: Some(6_000), ..Retention::default() },
        2 => Retention { age: Some(Duration::from_nanos(60 * PACE)), ..Retention::default() },
        _ => Retention::default(),
    };
    Config { fsync, retention, segment_bytes: [600, 2_000, 20_000][random.index(3)] }
}
