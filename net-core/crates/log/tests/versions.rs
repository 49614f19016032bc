//! Files of each version of the form on disk, which open for ever: `fixtures/logs`.

use net_log::{Config, Folder, Fsync, Known, Log, Reader, Retention, Step, verify};
use net_types::{
    redex::{FORMAT_VERSION, RedexError},
    wire::redex::RedexHead,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fixtures/logs");
const LOG_ID: u64 = 0x0123_4567_89ab_cdef;
const NOW: u64 = 1_700_000_000_000_000_000;

/// A folder of a test's own, with a log of a fixture or none.
fn copied(test: &str, log: Option<&str>) -> PathBuf {
    let to = std::env::temp_dir().join(format!("net-log-versions-{}-{test}", std::process::id()));
    drop(fs::remove_dir_all(&to));
    fs::create_dir_all(&to).expect("a folder");
    for file in
        log.into_iter().flat_map(|log| fs::read_dir(Path::new(FIXTURES).join(log)).expect("a fixture"))
    {
        let file = file.expect("a file");
        fs::copy(file.path(), to.join(file.file_name())).expect("copied");
    }
    to
}

fn config() -> Config {
    Config { fsync: Fsync::Never, retention: Retention::default(), segment_bytes: 400 }
}

fn open(folder: &Path) -> Result<Log<Folder>, RedexError> {
    Log::open(Folder::new(folder), config(), NOW, LOG_ID)
}

/// Appends events that are their own numbers, one by one, then three together.
fn fill(log: &mut Log<Folder>, count: u64) {
    for _ in 0..count {
        let payload = format!("event {}", log.next_seq());
        log.append(&[payload.as_bytes()], NOW).expect("appended");
    }
    log.append(&[b"", b"of a", b"batch"], NOW).expect("appended");
}

/// A log that was closed, of several segments.
fn write_closed(folder: &Path) {
    let mut log = open(folder).expect("a log");
    fill(&mut log, 30);
    log.close().expect("closed");
}

/// A log whose writers have ended twice without closing it.
fn write_killed(folder: &Path) {
    for count in [3, 2] {
        fill(&mut open(folder).expect("a log"), count);
    }
}

fn events(numbers: std::ops::Range<u64>) -> Vec<String> {
    let batch = ["", "of a", "batch"].map(str::to_owned);
    numbers.map(|number| format!("event {number}")).chain(batch).collect()
}

/// What a log has: events as texts, and gaps.
fn read(folder: &Path) -> Vec<String> {
    let mut reader = Reader::all(Arc::new(Folder::new(folder)));
    let mut found = Vec::new();
    loop {
        match reader.read(100, 1 << 20, Known::default()).expect("readable") {
            Step::Entries(entries) if entries.is_empty() => return found,
            Step::Entries(entries) => found.extend(entries.iter().map(|entry| match entry.skipped {
                0 => String::from_utf8_lossy(&entry.payload).into_owned(),
                skipped => format!("{skipped} skipped from {}", entry.seq),
            })),
            other => panic!("{other:?}"),
        }
    }
}

fn expected_of_killed() -> Vec<String> {
    [events(0..3), vec!["58 skipped from 6".to_owned()], events(64..66)].concat()
}

#[test]
fn a_closed_log_of_version_1_is_read_and_goes_on() {
    let folder = copied("closed", Some("version_1/closed.log"));
    assert_eq!(read(&folder), events(0..30));
    let report = verify(&Arc::new(Folder::new(&folder))).expect("a report");
    assert_eq!((report.damages.len(), report.events, report.next, report.is_clean), (0, 33, 33, true));
    let mut log = open(&folder).expect("it opens");
    assert_eq!(log.append(&[b"new"], NOW).expect("appended").expect("one").first, 33);
    log.close().expect("closed");
    assert_eq!(read(&folder), [events(0..30), vec!["new".to_owned()]].concat());
    fs::remove_dir_all(folder).expect("an end");
}

#[test]
fn a_log_of_version_1_whose_writer_was_killed_is_read_and_goes_on() {
    let folder = copied("killed", Some("version_1/killed.log"));
    assert_eq!(read(&folder), expected_of_killed());
    let report = verify(&Arc::new(Folder::new(&folder))).expect("a report");
    assert_eq!((report.damages.len(), report.events, report.skipped, report.is_clean), (0, 11, 58, false));
    let mut log = open(&folder).expect("it opens");
    let first = log.append(&[b"new"], NOW).expect("appended").expect("one").first;
    assert!(first >= 69, "{first}");
    log.close().expect("closed");
    assert_eq!(read(&folder)[..12], expected_of_killed());
    fs::remove_dir_all(folder).expect("an end");
}

#[test]
fn a_newer_version_is_named_beside_this_one() {
    let folder = copied("newer", Some("newer/a.log"));
    let newer = RedexError::NewerVersion {
        file: folder.join("head").display().to_string(),
        found: u32::from(u16::MAX),
        supported: u32::from(FORMAT_VERSION),
    };
    assert_eq!(open(&folder).expect_err("it is newer"), newer);
    assert_eq!(verify(&Arc::new(Folder::new(&folder))).expect_err("it is newer"), newer);
    fs::remove_dir_all(folder).expect("an end");
}

/// What this library writes is byte for byte what the fixtures of its version have. `NET_BLESS` writes those of a version that has none.
#[test]
fn files_of_this_version_are_fixtures() {
    for (name, write) in [("closed", write_closed as fn(&Path)), ("killed", write_killed)] {
        let folder = copied(&format!("written-{name}"), None);
        write(&folder);
        let kept = Path::new(FIXTURES).join(format!("version_{FORMAT_VERSION}/{name}.log"));
        if std::env::var_os("NET_BLESS").is_some() && !kept.exists() {
            keep(&folder, &kept);
        }
        assert_eq!(files(&folder), files(&kept), "{name}");
        fs::remove_dir_all(folder).expect("an end");
    }
    let newer = Path::new(FIXTURES).join("newer/a.log/head");
    if std::env::var_os("NET_BLESS").is_some() && !newer.exists() {
        fs::create_dir_all(newer.parent().expect("a folder")).expect("a folder");
        fs::write(newer, head_of_the_last_version()).expect("written");
    }
}

/// The files of a log but its lock, which names a process.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a fixture")
        .map(|file| file.expect("a file"))
        .map(|file| (file.file_name().into_string().expect("a name"), fs::read(file.path()).expect("bytes")))
        .filter(|(name, _)| name != "lock")
        .collect();
    files.sort();
    files
}

fn keep(folder: &Path, kept: &Path) {
    fs::create_dir_all(kept).expect("a folder");
    for (name, bytes) in files(folder) {
        fs::write(kept.join(name), bytes).expect("written");
    }
}

fn head_of_the_last_version() -> Vec<u8> {
    let head = RedexHead {
        format: u16::MAX,
        flags_clean: true,
        flags_rest: 0,
        log_id: LOG_ID,
        epoch: NOW,
        reserved: 0,
        next_seq: 0,
        retained: 0,
        durable: 0,
    };
    let mut bytes = head.encode().expect("bytes").to_vec();
    bytes.resize(4096, 0);
    bytes.extend(head.encode().expect("bytes"));
    bytes
}
