//! Logs on a simulated disk: what each kind of damage costs, and how it is told.

use net_log::{Config, Dir, File, Fsync, Known, Log, Reader, Repair, Retention, Step};
use net_sim::{
    Random,
    disk::{Disk, DiskDir},
};
use net_types::redex::RedexError;
use std::sync::Arc;

const LOG_ID: u64 = 0x5eed;

fn disk() -> Disk {
    Disk::new(Random::new(7))
}

fn config() -> Config {
    Config { fsync: Fsync::Every(1), retention: Retention::default(), segment_bytes: 400 }
}

fn open(disk: &Disk) -> Log<DiskDir> {
    Log::open(disk.dir(), config(), 0, LOG_ID).expect("a log")
}

/// Appends events that are their own numbers in decimal.
fn append(log: &mut Log<DiskDir>, count: u64) {
    for _ in 0..count {
        let payload = format!("event {}", log.next_seq());
        log.append(&[payload.as_bytes()], 0).expect("appended");
        log.sync().expect("synced");
    }
}

/// What a reader of all comes to: events, gaps and damages as texts.
fn read(disk: &Disk) -> Vec<String> {
    let mut reader = Reader::all(Arc::new(disk.dir()));
    let mut found = Vec::new();
    loop {
        match reader.read(5, 1 << 20, Known::default()).expect("readable") {
            Step::Entries(entries) if entries.is_empty() => return found,
            Step::Entries(entries) => found.extend(entries.iter().map(|entry| match entry.skipped {
                0 => String::from_utf8(entry.payload.to_vec()).expect("text"),
                skipped => format!("{skipped} skipped from {}", entry.seq),
            })),
            Step::Damaged(RedexError::Corrupt { first, last, .. }) => {
                found.push(format!("{first} to {last} damaged"))
            }
            other => panic!("{other:?}"),
        }
    }
}

fn events(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|number| format!("event {number}")).collect()
}

/// The segment with that many others before it.
fn segment(disk: &Disk, at: usize) -> String {
    let mut files = disk.dir().list().expect("files");
    files.retain(|file| file.ends_with(".seg"));
    files.sort();
    files[at].clone()
}

fn spoil(disk: &Disk, file: &str, offset: u64) {
    let file = disk.dir().open(file, true).expect("a file");
    let mut byte = [0];
    assert_eq!(file.read_at(&mut byte, offset).expect("a byte"), 1);
    file.write_at(&[!byte[0]], offset).expect("written");
}

fn repair(disk: &Disk) -> Repair {
    let dir = Arc::new(disk.dir());
    let before = disk.fingerprint();
    assert!(!net_log::repair(&dir, false).expect("a plan").is_applied);
    assert_eq!(disk.fingerprint(), before, "a plan changes nothing");
    let done = net_log::repair(&dir, true).expect("a repair");
    assert_eq!(net_log::verify(&dir).expect("a report").damages, []);
    done
}

#[test]
fn a_closed_log_goes_on_where_it_ended() {
    let disk = disk();
    for life in 0..3 {
        let mut log = open(&disk);
        assert_eq!(log.next_seq(), life * 20);
        append(&mut log, 20);
        log.close().expect("closed");
        assert_eq!(log.append(&[b"late"], 0), Err(RedexError::Closed));
        log.close().expect("closed again");
    }
    assert_eq!(read(&disk), events(0..60));
    assert_eq!(net_log::verify(&Arc::new(disk.dir())).expect("a report").damages, []);
}

#[test]
fn numbers_that_a_killed_writer_had_reserved_are_a_gap() {
    let disk = disk();
    let mut log = open(&disk);
    append(&mut log, 5);
    drop(log);
    disk.restart();
    let mut log = open(&disk);
    append(&mut log, 1);
    assert_eq!(log.next_seq(), 65);
    assert_eq!(read(&disk), [events(0..5), vec!["59 skipped from 5".into()], events(64..65)].concat());
}

/// Bytes of the segment with that many others before it.
fn size(disk: &Disk, at: usize) -> u64 {
    disk.dir().open(&segment(disk, at), false).expect("a segment").size().expect("a size")
}

#[test]
fn zeros_stand_ahead_of_records_that_are_synced_until_the_segment_takes_no_more() {
    const HEADER: u64 = 24;
    const START: u64 = 64;
    let event = |text: &str| HEADER + text.len() as u64;
    for fsync in [Fsync::Every(1), Fsync::Never] {
        let disk = disk();
        let config = || Config { fsync, segment_bytes: 100_000, ..config() };
        let opened = || Log::open(disk.dir(), config(), 0, LOG_ID).expect("a log");
        let mut log = opened();
        append(&mut log, 4);
        let has_zeros = fsync != Fsync::Never;
        assert_eq!(size(&disk, 0) > START + 4 * event("event 0"), has_zeros);
        assert_eq!(size(&disk, 0).is_multiple_of(4096), has_zeros, "whole pages");
        assert_eq!(read(&disk), events(0..4));
        let mut tail = Reader::from(Arc::new(disk.dir()), 4);
        for _ in 0..2 {
            let waits = tail.read(5, 1 << 20, Known::default());
            assert_eq!(
                waits,
                Ok(Step::Entries(vec![])),
                "a tail waits in front of them, however often it looks"
            );
        }
        log.append(&[&[7; 90_000]], 0).expect("appended");
        assert!(size(&disk, 0) < 100_000 + 64 + 4096, "no more than a segment has");
        assert!(
            matches!(tail.read(5, 1 << 20, Known::default()), Ok(Step::Entries(more)) if more.len() == 1)
        );
        // Of what a killed writer leaves, the zeros are no damage.
        drop(log);
        disk.restart();
        let mut log = opened();
        assert_eq!(net_log::verify(&Arc::new(disk.dir())).expect("a report").damages, []);
        append(&mut log, 1);
        log.close().expect("closed");
        let gap = HEADER + size_of::<u64>() as u64;
        assert_eq!(size(&disk, 1), START + gap + event("event 64"), "nothing stands behind the last record");
        assert_eq!(net_log::verify(&Arc::new(disk.dir())).expect("a report").damages, []);
    }
}

#[test]
fn a_segment_that_is_full_has_no_zeros_and_one_of_which_records_were_lost_is_damaged() {
    let disk = disk();
    let mut log = open(&disk);
    append(&mut log, 30);
    assert!(size(&disk, 0) < 400 + 64 + 40, "the first one is full");
    log.close().expect("closed");
    drop(log);
    // A page that never reached the disk, with records behind it.
    let file = disk.dir().open(&segment(&disk, 0), true).expect("a segment");
    file.write_at(&[0; 100], 64 + 2 * 31).expect("written");
    assert_eq!(read(&disk), [events(0..2), vec!["2 to 5 damaged".into()], events(6..30)].concat());
}

#[test]
fn a_log_has_one_writer_and_says_who() {
    let disk = disk();
    let log = open(&disk);
    let second = Log::open(disk.dir(), config(), 0, LOG_ID).expect_err("another writer");
    assert_eq!(second, RedexError::Locked { path: "disk".into(), holder: "another process".into() });
    drop(log);
    open(&disk);
}

#[test]
fn records_that_are_cut_off_are_missing_and_their_numbers_are_not_given_again() {
    let disk = disk();
    let mut log = open(&disk);
    append(&mut log, 5);
    log.close().expect("closed");
    let file = disk.dir().open(&segment(&disk, 0), true).expect("the segment");
    file.set_len(64 + 3 * (24 + 7)).expect("cut");
    drop(log);
    let mut log = open(&disk);
    append(&mut log, 1);
    assert_eq!(read(&disk), [events(0..3), vec!["3 to 4 damaged".into()], events(5..6)].concat());
}

#[test]
fn a_flipped_byte_costs_its_record_only_wherever_it_is() {
    for offset in 64..64 + 3 * 31 {
        let disk = disk();
        let mut log = open(&disk);
        append(&mut log, 5);
        log.close().expect("closed");
        drop(log);
        spoil(&disk, &segment(&disk, 0), offset);
        let hit = (offset - 64) / 31;
        let expected = [events(0..hit), vec![format!("{hit} to {hit} damaged")], events(hit + 1..5)].concat();
        assert_eq!(read(&disk), expected, "byte {offset}");
        let report = net_log::verify(&Arc::new(disk.dir())).expect("a report");
        let told: Vec<_> = report.damages.iter().map(|damage| (damage.offset, damage.first)).collect();
        assert_eq!(told, [(64 + hit * 31, hit)], "byte {offset}");
        assert_eq!(repair(&disk).aside.len(), 1);
        let expected = [events(0..hit), vec![format!("1 skipped from {hit}")], events(hit + 1..5)].concat();
        assert_eq!(read(&disk), expected, "byte {offset}");
    }
}

#[test]
fn a_missing_segment_costs_its_records_only() {
    for at in 0..3 {
        let disk = disk();
        let mut log = open(&disk);
        append(&mut log, 50);
        log.close().expect("closed");
        drop(log);
        let (gone, next) = (segment(&disk, at), segment(&disk, at + 1));
        let number = |file: &str| file[..20].parse::<u64>().expect("a number");
        disk.dir().remove(&gone).expect("removed");
        let (first, end) = (number(&gone), number(&next));
        let expected = |what: String| [events(0..first), vec![what], events(end..50)].concat();
        assert_eq!(read(&disk), expected(format!("{first} to {} damaged", end - 1)));
        assert_eq!(open(&disk).next_seq(), 50);
        disk.restart();
        repair(&disk);
        let log = open(&disk);
        let told = read(&disk);
        assert_eq!(told[first as usize], format!("{} skipped from {first}", end - first));
        assert!(log.next_seq() >= 50);
    }
}

#[test]
fn a_missing_index_costs_nothing_and_is_made_anew() {
    let disk = disk();
    let mut log = open(&disk);
    append(&mut log, 50);
    log.close().expect("closed");
    drop(log);
    while disk.steal(".idx").is_some() {}
    assert_eq!(read(&disk), events(0..50));
    assert!(!net_log::verify(&Arc::new(disk.dir())).expect("a report").damages.is_empty());
    assert_eq!(open(&disk).events(), 50);
    assert_eq!(net_log::verify(&Arc::new(disk.dir())).expect("a report").damages, []);
}

#[test]
fn one_copy_of_the_head_is_enough_and_without_any_the_log_is_repaired() {
    let disk = disk();
    let mut log = open(&disk);
    append(&mut log, 5);
    log.close().expect("closed");
    drop(log);
    spoil(&disk, "head", 30);
    let mut log = open(&disk);
    assert_eq!(log.next_seq(), 5);
    log.close().expect("closed");
    drop(log);
    spoil(&disk, "head", 30);
    spoil(&disk, "head", 4096 + 30);
    let refused = Log::open(disk.dir(), config(), 0, LOG_ID).expect_err("no head");
    assert!(matches!(refused, RedexError::Corrupt { .. }), "{refused}");
    repair(&disk);
    let log = open(&disk);
    assert!(log.next_seq() > 5 + (1 << 31), "numbers that may have been handed out are left out");
    assert_eq!(read(&disk)[..5], events(0..5));
}

#[test]
fn a_later_version_is_refused_and_both_versions_are_told() {
    let disk = disk();
    let mut log = open(&disk);
    append(&mut log, 1);
    log.close().expect("closed");
    drop(log);
    let file = disk.dir().open("head", true).expect("the head");
    let mut bytes = [0; 64];
    file.read_at(&mut bytes, 0).expect("read");
    let head = net_types::wire::redex::RedexHead::decode(&bytes).expect("a head");
    let later = net_types::wire::redex::RedexHead { format: 9, ..head }.encode().expect("bytes");
    file.write_at(&later, 0).expect("written");
    let error = RedexError::NewerVersion { file: "disk/head".into(), found: 9, supported: 1 };
    assert_eq!(Log::open(disk.dir(), config(), 0, LOG_ID).expect_err("a later version"), error);
    assert_eq!(Reader::all(Arc::new(disk.dir())).read(1, 1, Known::default()), Err(error));
}

#[test]
fn retention_holds_and_who_lags_is_told() {
    for most in [1, 10, 100] {
        let disk = disk();
        let retention = Retention { events: Some(most), ..Retention::default() };
        let mut log = Log::open(disk.dir(), Config { retention, ..config() }, 0, LOG_ID).expect("a log");
        let mut late = Reader::from(Arc::new(disk.dir()), 0);
        append(&mut log, 1);
        assert!(matches!(late.read(1, 100, Known::default()), Ok(Step::Entries(_))));
        for _ in 0..300 {
            append(&mut log, 1);
            assert!(log.events() <= most);
        }
        assert_eq!(read(&disk), events(log.first_seq()..301));

        loop {
            match late.read(100, 1 << 20, Known::default()).expect("readable") {
                Step::Entries(entries) => assert!(entries.iter().all(|entry| entry.seq < log.first_seq())),
                other => {
                    break assert!(
                        matches!(other, Step::Lagged(_, last) if last + 1 == log.first_seq()),
                        "{other:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_batch_is_read_whole_or_not_at_all() {
    let disk = disk();
    let mut log = open(&disk);
    append(&mut log, 1);
    disk.die_within(0);
    log.append(&[b"one", b"two", b"three"], 0).expect_err("killed");
    drop(log);
    disk.restart();
    assert_eq!(read(&disk), events(0..1));
    let log = open(&disk);
    assert_eq!((log.events(), read(&disk).len()), (1, 2));
}

#[test]
fn batches_that_are_appended_together_are_as_if_each_were_alone() {
    let (one, other) = (disk(), disk());
    let long = vec![7; 300];
    let mut batches: Vec<Vec<&[u8]>> = vec![vec![b"a"], vec![], vec![b"b", b"c"], vec![&long], vec![b"d"]];
    let huge = vec![0; net_types::redex::MAX_BATCH as usize + 1];
    batches.extend([vec![&huge[..]], vec![b"e"], vec![b"f"]]);
    let mut log = open(&one);
    let alone: Vec<_> = batches.iter().map(|batch| log.append(batch, 0)).collect();
    let together = open(&other).append_all(&batches.iter().map(Vec::as_slice).collect::<Vec<_>>(), 0);
    assert_eq!(together, alone);
    assert!(matches!(together[5], Err(RedexError::TooLarge { .. })) && together[1] == Ok(None));
    assert_eq!(together[7].as_ref().map(|done| done.map(|done| done.next)), Ok(Some(7)));
    let segments = |disk: &Disk| {
        let files = disk.dir().list().expect("files");
        files.iter().filter(|file| file.ends_with(".seg")).count()
    };
    // Each segment takes what it would take of single appends.
    assert_eq!((segments(&one), segments(&other)), (2, 2));
    let text = |disk: &Disk| read(disk).into_iter().filter(|event| event.len() < 2).collect::<String>();
    assert_eq!((text(&one), text(&other)), ("abcdef".to_owned(), "abcdef".to_owned()));
}

#[test]
fn a_failed_sync_poisons_until_the_log_is_opened_again() {
    use net_sim::{Chance, disk::Odds};
    let disk = disk();
    let mut log = open(&disk);
    append(&mut log, 3);
    log.append(&[b"event 3"], 0).expect("appended");
    disk.set_odds(Odds { sync: Chance::percent(100), ..Odds::default() });
    let error = log.sync().expect_err("a failure");
    assert!(matches!(error, RedexError::Poisoned { .. }), "{error}");
    disk.set_odds(Odds::default());
    assert_eq!(log.append(&[b"more"], 0), Err(error.clone()));
    assert_eq!(log.sync(), Err(error));
    drop(log);
    let mut log = open(&disk);
    append(&mut log, 1);
    disk.lose_power();
    // The bytes were written once more before the next sync counted.
    assert_eq!(read(&disk)[..4], events(0..4));
}
