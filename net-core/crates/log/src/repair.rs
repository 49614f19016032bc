//! Gaps in the place of damage.

use net_types::redex::{FORMAT_VERSION, RedexError};
use std::sync::Arc;

use crate::{
    Mend, Report,
    catalog::{Bounded, Catalog},
    dir::{Dir, File, read_full, write_full},
    fault,
    head::{self, HEAD},
    index::Index,
    open::lock,
    plan::plan,
    record::{self, Salt},
    scan::{Found, Scanner},
    segment::{self, Name, START},
    verify::{find_head, verify},
};
use net_types::wire::redex::RedexSegment;

/// Bytes that are copied at once.
const CHUNK: usize = 256 << 10;

/// Numbers that are left out behind the last record that is there, when nothing tells which were handed out.
const LEAP: u64 = 1 << 32;

/// What a repair does, or has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// What was wrong.
    pub report: Report,
    /// What is done about it, a step for each file.
    pub steps: Vec<Mend>,
    /// Files that are kept as they were, under these names.
    pub aside: Vec<String>,
    /// Whether it was done.
    pub is_applied: bool,
}

/// Puts gaps in the place of damaged records, and makes anew what can be; the damaged files are kept aside.
///
/// Unless it is to be applied, nothing changes, and the log may be open. To be applied it needs the log for itself, like a
/// writer.
pub fn repair<D: Dir>(dir: &Arc<D>, apply: bool) -> Result<Repair, RedexError> {
    let mut aside = Vec::new();
    let report = if apply { mend_all(dir, &mut aside)? } else { verify(dir)? };
    Ok(Repair { steps: plan(&report.damages), report, aside, is_applied: apply })
}

/// Does all that can be done; tells what was wrong.
fn mend_all<D: Dir>(dir: &Arc<D>, aside: &mut Vec<String>) -> Result<Report, RedexError> {
    let held = lock(&**dir)?;
    let mut report = verify(dir)?;
    if let Err(damage) = find_head(&**dir)?
        && Catalog::list(&**dir)?.first().is_some()
    {
        rebuild_head(dir, aside)?;
        report = verify(dir)?;
        report.damages.insert(0, damage);
    }
    heal_head(dir)?;
    mend(dir, &report, aside)?;
    dir.sync().map_err(|error| fault::io("sync", &**dir, "", &error))?;
    drop(held);
    Ok(report)
}

/// Writes both copies of the head anew.
fn heal_head<D: Dir>(dir: &Arc<D>) -> Result<(), RedexError> {
    let wrong = |error| fault::io("write", &**dir, HEAD, &error);
    if let Ok(found) = find_head(&**dir)?
        && !found.damages.is_empty()
    {
        let file = dir.open(HEAD, true).map_err(wrong)?;
        head::write_copies(&file, &found.value).map_err(wrong)?;
    }
    Ok(())
}

/// Makes a head from what the segments tell. Numbers go on far behind the last that is known.
fn rebuild_head<D: Dir>(dir: &Arc<D>, aside: &mut Vec<String>) -> Result<(), RedexError> {
    let wrong = |error| fault::io("write", &**dir, HEAD, &error);
    let Some((log_id, next, epoch)) = survey(dir)? else {
        return Err(crate::open::head_lost(&**dir));
    };
    if let Ok(file) = dir.open(HEAD, false) {
        let kept = free_name(&**dir, HEAD)?;
        copy(&**dir, &file, &kept)?;
        aside.push(kept);
    }
    let file = dir.create(HEAD).or_else(|_| dir.open(HEAD, true)).map_err(wrong)?;
    let reserved = next.saturating_add(LEAP);
    let value = net_types::wire::redex::RedexHead {
        reserved,
        flags_clean: false,
        retained: Catalog::list(&**dir)?.first().unwrap_or(0),
        format: FORMAT_VERSION,
        ..head::fresh(log_id, epoch)
    };
    head::write_copies(&file, &value).map_err(wrong)
}

/// What the headers of the segments tell: the log's own number, the number behind the last record, the last epoch.
fn survey<D: Dir>(dir: &Arc<D>) -> Result<Option<(u64, u64, u64)>, RedexError> {
    let mut known = None;
    for Bounded { name, .. } in Catalog::list(&**dir)?.iter() {
        let wrong = |error| fault::io("read", &**dir, &name.file(), &error);
        let file = Arc::new(dir.open(&name.file(), false).map_err(wrong)?);
        let mut bytes = [0; RedexSegment::SIZE];
        let count = read_full(&*file, &mut bytes, 0).map_err(wrong)?;
        let Ok(header) = RedexSegment::decode(&bytes[..count]) else { continue };
        let mut scanner = Scanner::new(file, Salt::new(header.log_id), START, name.first);
        while !matches!(scanner.next().map_err(wrong)?, Found::End(_)) {}
        let next = known.map_or(0, |(_, next, _)| next).max(scanner.expected());
        known = Some((header.log_id, next, header.epoch.max(known.map_or(0, |(_, _, epoch)| epoch))));
    }
    Ok(known)
}

/// Writes segments with damage anew.
fn mend<D: Dir>(dir: &Arc<D>, report: &Report, aside: &mut Vec<String>) -> Result<(), RedexError> {
    let Ok(found) = find_head(&**dir)? else { return Ok(()) };
    let log_id = found.value.log_id;
    let catalog = Catalog::list(&**dir)?;
    let is_damaged = |name: Name| report.damages.iter().any(|damage| damage.file == name.file());
    let mut expected = found.mark.retained;
    let is_kept = |bounded: &Bounded| bounded.end.is_none_or(|end| end > found.mark.retained);
    for Bounded { name, end } in catalog.iter().filter(is_kept) {
        let is_missing = expected < name.first;
        let goal = end.or(found.value.flags_clean.then_some(found.value.next_seq));
        if is_damaged(name) || is_missing {
            let before = is_missing.then_some(expected);
            rewrite(dir, log_id, name, goal, before, aside)?;
        }
        if end.is_some() && !is_indexed(&**dir, log_id, name)? {
            index(dir, log_id, name, end)?;
        }
        expected = goal.unwrap_or(name.first);
    }
    Ok(())
}

/// Writes a segment with what is whole of it, and gaps for what is not, up to a number.
///
/// Where the segments before it are missing, `before` is their first number: a segment with a gap takes their place.
fn rewrite<D: Dir>(
    dir: &Arc<D>,
    log_id: u64,
    name: Name,
    goal: Option<u64>,
    before: Option<u64>,
    aside: &mut Vec<String>,
) -> Result<(), RedexError> {
    let wrong = |error| fault::io("repair", &**dir, &name.file(), &error);
    let salt = Salt::new(log_id);
    let file = Arc::new(dir.open(&name.file(), false).map_err(wrong)?);
    if let Some(first) = before {
        let gap = Name { first, epoch: name.epoch };
        let mut bytes = segment::header(log_id, gap, 0);
        record::put_gap(&mut bytes, salt, first, name.first - first);
        let made = dir.create(&gap.file()).map_err(wrong)?;
        write_full(&made, &bytes, 0).and_then(|()| made.sync()).map_err(wrong)?;
        index(dir, log_id, gap, Some(name.first))?;
    }
    let created = match segment::read_header(&**dir, &file, name, log_id)? {
        segment::Header::Whole(created) => created,
        segment::Header::Damaged(_) => 0,
    };
    let part = format!("{}.part", name.file());
    let _ = dir.remove(&part);
    let made = dir.create(&part).map_err(wrong)?;
    let mut sink = Sink { file: made, bytes: segment::header(log_id, name, created), offset: 0 };
    let mut scanner = Scanner::new(Arc::clone(&file), salt, START, name.first);
    let bound = goal.unwrap_or(u64::MAX);
    // At the end of a log that was not closed, a batch that has not ended is none.
    let (mut end, mut whole) = (name.first, sink.bytes.len());
    loop {
        match scanner.next().map_err(wrong)? {
            Found::Record(_, record) if record.seq >= bound => break,
            Found::Record(_, record) => {
                record::put_again(&mut sink.bytes, salt, &record);
                if record.more && goal.is_none() {
                    continue;
                }
                end = record.next().min(bound);
            }
            Found::Hole(hole) => {
                end = hole.next.min(bound);
                record::put_gap(&mut sink.bytes, salt, hole.first, end - hole.first);
            }
            Found::End(_) => break,
        }
        sink.flush(CHUNK).map_err(wrong)?;
        whole = sink.bytes.len();
    }
    sink.bytes.truncate(whole);
    if let Some(goal) = goal.filter(|goal| end < *goal) {
        record::put_gap(&mut sink.bytes, salt, end, goal - end);
    }
    sink.flush(0).and_then(|()| sink.file.sync()).map_err(wrong)?;
    let kept = free_name(&**dir, &name.file())?;
    copy(&**dir, &file, &kept)?;
    aside.push(kept);
    let _ = dir.remove(&name.index());
    dir.sync().and_then(|()| dir.rename(&part, &name.file())).map_err(wrong)
}

/// Records on their way into a file.
struct Sink<F> {
    file: F,
    bytes: Vec<u8>,
    offset: u64,
}

impl<F: File> Sink<F> {
    /// Writes what there is, if it is more than so many bytes.
    fn flush(&mut self, most: usize) -> std::io::Result<()> {
        if self.bytes.len() > most {
            write_full(&self.file, &self.bytes, self.offset)?;
            self.offset += self.bytes.len() as u64;
            self.bytes.clear();
        }
        Ok(())
    }
}

/// Makes the index of a full segment.
fn index<D: Dir>(dir: &Arc<D>, log_id: u64, name: Name, end: Option<u64>) -> Result<(), RedexError> {
    let wrong = |error| fault::io("read", &**dir, &name.file(), &error);
    let file = Arc::new(dir.open(&name.file(), false).map_err(wrong)?);
    crate::open::rebuild(&**dir, log_id, name, file, end.unwrap_or(u64::MAX)).map(|_| ())
}

/// Whether the index of a segment is there, and is that of all of its bytes.
fn is_indexed<D: Dir>(dir: &D, log_id: u64, name: Name) -> Result<bool, RedexError> {
    let file = dir.open(&name.file(), false).map_err(|error| fault::io("open", dir, &name.file(), &error))?;
    let length = segment::length(dir, &file, name)?;
    Ok(Index::load(dir, log_id, name).is_some_and(|stored| stored.length == length))
}

/// A name for what is kept of a file.
fn free_name<D: Dir>(dir: &D, file: &str) -> Result<String, RedexError> {
    let taken = dir.list().map_err(|error| fault::io("list", dir, "", &error))?;
    let names = (1_u32..).map(|count| format!("{file}.{count}.aside"));
    Ok(names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default())
}

/// Copies a file, and returns when the copy is on disk.
fn copy<D: Dir>(dir: &D, from: &D::File, to: &str) -> Result<(), RedexError> {
    let wrong = |error| fault::io("write", dir, to, &error);
    let file = dir.create(to).map_err(wrong)?;
    let (mut bytes, mut offset) = (vec![0; CHUNK], 0);
    loop {
        let count = read_full(from, &mut bytes, offset).map_err(wrong)?;
        if count == 0 {
            return file.sync().map_err(wrong);
        }
        write_full(&file, &bytes[..count], offset).map_err(wrong)?;
        offset += count as u64;
    }
}
