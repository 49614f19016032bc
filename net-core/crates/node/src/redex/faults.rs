//! Files on a disk that fails.

use std::sync::Arc;

use bytes::Bytes;
use net_log::{Dir as _, File as _};
use net_sim::{
    Chance, Random,
    disk::{Disk as Failing, DiskDir, Odds},
};
use net_types::{
    Error,
    api::{RedexFile as _, RedexTailIter as _},
    redex::{RedexError, RedexEvent, RedexFileConfig},
};

use super::{Disk, Redex, RedexFile, keeper, shared::Store};

const ALWAYS: Chance = Chance::percent(100);

/// A disk that has room for one log.
impl Disk for Failing {
    type Dir = DiskDir;

    fn dir(&self, _: &str) -> DiskDir {
        Self::dir(self)
    }

    fn make(&self, _: &str) -> Result<DiskDir, RedexError> {
        Ok(Self::dir(self))
    }

    fn names(&self) -> Result<Vec<String>, RedexError> {
        Ok(vec!["a".to_owned()])
    }
}

fn disk() -> (Failing, Arc<Redex<Failing>>) {
    let disk = Failing::new(Random::new(11));
    (disk.clone(), Redex::on(Some(disk)))
}

/// Each append is on disk when it returns.
fn durable() -> RedexFileConfig {
    RedexFileConfig { persistent: true, fsync_every_n: Some(1), ..RedexFileConfig::default() }
}

fn opened(redex: &Redex<Failing>) -> Arc<RedexFile<DiskDir>> {
    redex.open("a", &durable()).expect("a file")
}

fn append(file: &RedexFile<DiskDir>, count: u64) {
    for _ in 0..count {
        let number = file.next_seq().expect("a number");
        assert_eq!(file.append(format!("event {number}").as_bytes()), Ok(number));
    }
}

fn read(file: &RedexFile<DiskDir>) -> Result<Vec<String>, Error> {
    Ok(file.read_range(0, u64::MAX)?.iter().map(text).collect())
}

fn text(event: &RedexEvent) -> String {
    match event.skipped {
        0 => String::from_utf8_lossy(&event.payload).into_owned(),
        skipped => format!("{skipped} skipped from {}", event.seq),
    }
}

fn events(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|number| format!("event {number}")).collect()
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> RedexError {
    match answer {
        Err(Error::Redex(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Spoils the byte at which the payload of an event begins; tells the file and where its record begins.
fn spoil(disk: &Failing, number: u64) -> (String, u64) {
    let dir = Failing::dir(disk);
    let mut files = dir.list().expect("files");
    files.retain(|file| file.ends_with(".seg"));
    for name in files {
        let file = dir.open(&name, true).expect("a file");
        let mut bytes = vec![0; file.size().expect("a size") as usize];
        file.read_at(&mut bytes, 0).expect("bytes");
        let wanted = format!("event {number}");
        let Some(at) = bytes.windows(wanted.len()).position(|bytes| bytes == wanted.as_bytes()) else {
            continue;
        };
        file.write_at(b"E", at as u64).expect("written");
        return (format!("disk/{name}"), at as u64 - 24);
    }
    panic!("no such event")
}

#[tokio::test]
async fn after_a_sync_that_failed_a_file_takes_nothing_until_it_is_opened_again() {
    let (disk, redex) = disk();
    let file = opened(&redex);
    append(&file, 3);
    disk.set_odds(Odds { sync: ALWAYS, ..Odds::default() });
    let poisoned = refused(file.append(b"event 3"));
    assert!(matches!(poisoned, RedexError::Poisoned { .. }), "{poisoned}");
    disk.calm();
    assert_eq!(refused(file.append(b"late")), poisoned);
    assert_eq!(refused(file.append_batch(&[b"late"])), poisoned);
    assert_eq!(refused(file.append_async(Bytes::from_static(b"late")).await), poisoned);
    assert_eq!(refused(file.sync().await), poisoned);
    // The fourth was not acknowledged: it may be there.
    assert_eq!(read(&file).expect("what was acknowledged")[..3], events(0..3));
    assert_eq!(refused(file.close().await), poisoned);
    assert_eq!(refused(file.close().await), poisoned, "whoever closes it is told");
    let again = opened(&redex);
    assert!(again.append(b"new").expect("room") > 3);
    assert_eq!(read(&again).expect("events")[..3], events(0..3));
}

#[tokio::test]
async fn a_full_disk_takes_nothing_and_loses_nothing() {
    let (disk, redex) = disk();
    let file = opened(&redex);
    append(&file, 3);
    disk.set_odds(Odds { no_space: ALWAYS, ..Odds::default() });
    assert!(matches!(refused(file.append(b"late")), RedexError::DiskFull { .. }));
    assert!(matches!(refused(file.append_batch(&[b"late", b"later"])), RedexError::DiskFull { .. }));
    assert!(matches!(
        refused(file.append_async(Bytes::from_static(b"late")).await),
        RedexError::DiskFull { .. }
    ));
    assert_eq!(read(&file).expect("events"), events(0..3));
    disk.calm();
    append(&file, 2);
    assert_eq!(read(&file).expect("events"), events(0..5));
    file.close().await.expect("closed");
    assert_eq!(redex.verify_all(None).await.expect("a report")[0].damages, []);
}

#[tokio::test]
async fn a_directory_that_may_not_be_written_to_can_be_read() {
    let (disk, redex) = disk();
    let file = opened(&redex);
    append(&file, 3);
    disk.set_read_only(true);
    for _ in 0..2 {
        assert!(matches!(refused(file.append(b"late")), RedexError::ReadOnly { .. }));
    }
    assert_eq!(read(&file).expect("events"), events(0..3));
    drop(file);
    keeper::await_leaving("disk");
    assert!(matches!(refused(redex.open("a", &durable())), RedexError::ReadOnly { .. }));
    assert_eq!(redex.verify_all(None).await.expect("a report")[0].events, 3);
    disk.set_read_only(false);
    assert_eq!(read(&opened(&redex)).expect("events")[..3], events(0..3));
}

#[tokio::test]
async fn a_file_that_was_removed_is_told_of_at_once_and_ever_after() {
    let (disk, redex) = disk();
    let file = opened(&redex);
    append(&file, 3);
    let tail = file.tail(0).expect("a tail");
    assert_eq!(tail.next(1).await.expect("an event").iter().map(text).collect::<Vec<_>>(), events(0..1));
    let stolen = disk.steal(".seg").expect("a segment");
    let vanished = RedexError::Vanished { path: format!("disk/{stolen}") };
    assert_eq!(refused(file.append(b"event 3")), vanished);
    assert_eq!(refused(file.append(b"late")), vanished);
    assert_eq!(refused(file.sync().await), vanished);
    assert_eq!(refused(read(&file)), RedexError::Vanished { path: "disk".into() });
    // A reader that has it open has lost nothing.
    assert_eq!(tail.next(2).await.expect("events").iter().map(text).collect::<Vec<_>>(), events(1..3));
    assert_eq!(refused(file.close().await), vanished);
}

#[tokio::test]
async fn damage_is_told_of_with_its_place_and_hides_nothing_else() {
    let (disk, redex) = disk();
    let file = opened(&redex);
    append(&file, 9);
    let (path, offset) = spoil(&disk, 4);
    let corrupt = RedexError::Corrupt {
        file: path.clone(),
        offset,
        first: 4,
        last: 4,
        reason: "the checksum is wrong".to_owned(),
    };
    assert_eq!(refused(read(&file)), corrupt);
    assert_eq!(file.read_range(0, 4).expect("events").len(), 4);
    assert_eq!(file.read_range(5, 9).expect("events").len(), 4);
    let tail = file.tail(0).expect("a tail");
    assert_eq!(tail.next(99).await.expect("events").iter().map(text).collect::<Vec<_>>(), events(0..4));
    assert_eq!(refused(tail.next(99).await), corrupt);
    assert_eq!(tail.next(99).await.expect("events").iter().map(text).collect::<Vec<_>>(), events(5..9));
    let damage = redex.verify_all(Some("a".into())).await.expect("a report").remove(0).damages.remove(0);
    assert_eq!(
        (format!("disk/{}", damage.file), damage.offset, damage.first, damage.last),
        (path, offset, 4, 4)
    );
    assert!(matches!(refused(redex.repair_one("a".into(), true).await), RedexError::Locked { .. }));
    file.close().await.expect("closed");

    let plan = redex.repair_one("a".into(), false).await.expect("a plan");
    assert_eq!((plan.applied, plan.report.damages.len(), plan.aside.len()), (false, 1, 0));
    let done = redex.repair_one("a".into(), true).await.expect("a repair");
    assert_eq!((done.applied, done.report.damages.len(), done.aside.len()), (true, 1, 1));
    assert_eq!(redex.verify_all(None).await.expect("a report")[0].damages, []);
    let again = opened(&redex);
    let expected = [events(0..4), vec!["1 skipped from 4".into()], events(5..9)].concat();
    assert_eq!(read(&again).expect("events"), expected);
    assert_eq!(again.append(b"new"), Ok(9));
}

#[tokio::test]
async fn numbers_that_a_killed_process_had_reserved_are_skipped() {
    let (disk, redex) = disk();
    let file = opened(&redex);
    append(&file, 3);
    disk.die_within(0);
    assert!(matches!(refused(file.append(b"late")), RedexError::Io { .. } | RedexError::Poisoned { .. }));
    drop(file);
    keeper::await_leaving("disk");
    disk.restart();
    let file = opened(&redex);
    append(&file, 1);
    let next = file.next_seq().expect("a number");
    let gap = format!("{} skipped from 3", next - 1 - 3);
    assert_eq!(read(&file).expect("events"), [events(0..3), vec![gap], events(next - 1..next)].concat());
    assert_eq!(file.len(), Ok(4));
    let report = redex.verify_all(None).await.expect("a report").remove(0);
    assert_eq!((report.events, report.skipped, report.is_clean), (4, next - 1 - 3, false));
    // A range that begins within a gap begins with the rest of it.
    let within = file.read_range(5, next).expect("events");
    assert_eq!((within[0].seq, within[0].skipped), (5, next - 1 - 5));
}

#[tokio::test]
async fn a_tail_that_is_too_slow_is_told_what_it_lost() {
    let (_, redex) = disk();
    let config =
        RedexFileConfig { persistent: true, retention_max_events: Some(16), ..RedexFileConfig::default() };
    let file = redex.open("a", &config).expect("a file");
    append(&file, 3);
    let tail = file.tail(0).expect("a tail");
    assert_eq!(tail.next(1).await.expect("an event")[0].seq, 0);
    append(&file, 3000);
    let first = file.next_seq().expect("a number") - file.len().expect("a count");
    let mut expected = 1;
    let lost = loop {
        match tail.next(1).await {
            // What it had read already.
            Ok(events) => {
                assert_eq!(events[0].seq, expected);
                expected += 1;
            }
            other => break refused(other),
        }
    };
    assert_eq!(lost, RedexError::Lagged { first: expected, last: first - 1 });
    assert_eq!(tail.next(1).await.expect("an event")[0].seq, first);
    assert_eq!(file.read_range(0, u64::MAX).expect("events")[0].seq, first);
}

#[tokio::test]
async fn what_fails_by_the_clock_is_the_error_of_the_next_append() {
    let (disk, redex) = disk();
    let fsync_interval = Some(std::time::Duration::from_millis(1));
    let config = RedexFileConfig { persistent: true, fsync_interval, ..RedexFileConfig::default() };
    let file = redex.open("a", &config).expect("a file");
    disk.set_odds(Odds { sync: ALWAYS, ..Odds::default() });
    append(&file, 1);
    let state = || match &file.0.lock().store {
        Store::Disk(log) => log.state(),
        Store::Memory(_) => Ok(()),
    };
    while state().is_ok() {
        tokio::task::yield_now().await;
    }
    let error = refused(file.append(b"late"));
    assert!(matches!(error, RedexError::Poisoned { .. }), "{error}");
    assert_eq!(read(&file).expect("events"), events(0..1));
}
