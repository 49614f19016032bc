//! What writers leave that end without closing their log.

use net_log::{Config, Folder, Fsync, Log, Retention};
use std::{env, fs, process};

const NOW: u64 = 1_700_000_000_000_000_000;

/// Bytes that are retained: more than all events have, less than what they have with what is written ahead.
const RETAINED: u64 = 100 << 10;

#[test]
fn zeros_that_killed_writers_wrote_ahead_are_not_retained_in_place_of_events() {
    let folder = env::temp_dir().join(format!("net-log-killed-{}", process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    let retention = Retention { bytes: Some(RETAINED), ..Retention::default() };
    let config = Config { fsync: Fsync::Every(1), retention, ..Config::default() };
    let open = || Log::open(Folder::new(&folder), config.clone(), NOW, 1).expect("a log");
    for _ in 0..40 {
        // Dropped as a process leaves it that is killed.
        open().append(&[&[1; 100]], NOW).expect("appended");
    }
    let log = open();
    assert_eq!((log.first_seq(), log.events()), (0, 40));
    drop(log);
    fs::remove_dir_all(folder).expect("an end");
}
