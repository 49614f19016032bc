//! Files on a real disk.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use futures_util::FutureExt as _;
use net_types::{
    Error,
    api::{Redex as _, RedexFile as _, RedexTailIter as _},
    redex::{MAX_PAYLOAD, MAX_RANGE, RedexError, RedexEvent, RedexFileConfig, RedexOptions},
};

use super::{Redex, RedexFile};

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("net-redex-{}-{name}", std::process::id()));
    drop(std::fs::remove_dir_all(&directory));
    directory
}

fn manager(directory: &std::path::Path) -> Arc<Redex> {
    let persistent_dir = Some(directory.display().to_string());
    Redex::new(RedexOptions { persistent_dir }).expect("a manager")
}

fn kept() -> RedexFileConfig {
    RedexFileConfig { persistent: true, ..RedexFileConfig::default() }
}

fn payloads(events: &[RedexEvent]) -> Vec<(u64, String)> {
    events.iter().map(|event| (event.seq, String::from_utf8_lossy(&event.payload).into_owned())).collect()
}

async fn appended(file: &RedexFile) {
    assert_eq!(file.append(b"a").expect("room"), 0);
    assert_eq!(file.append_batch(&[b"b", b"c"]).expect("room"), Some(1));
    assert_eq!(file.append_batch(&[]).expect("nothing"), None);
    assert_eq!(file.append_async(Bytes::from_static(b"d")).await.expect("room"), 3);
    assert_eq!(file.append_batch_async(vec![Bytes::from_static(b"e")]).await.expect("room"), Some(4));
    let read = payloads(&file.read_range(1, 4).expect("read"));
    assert_eq!(read, [(1, "b".to_owned()), (2, "c".to_owned()), (3, "d".to_owned())]);
    assert_eq!((file.len().expect("len"), file.next_seq().expect("next")), (5, 5));
}

#[tokio::test]
async fn a_file_in_memory_and_one_on_disk_answer_alike() {
    let directory = directory("alike");
    let redex = manager(&directory);
    assert_eq!(redex.verify(None).await.expect("no directory yet"), []);
    appended(&redex.open_file("memory", RedexFileConfig::default()).expect("a file")).await;
    let file = redex.open_file("a/disk", kept()).expect("a file");
    appended(&file).await;
    file.close().await.expect("closed");
    assert_eq!(file.append(b"f"), Err(RedexError::Closed.into()));
    let again = redex.open_file("a/disk", kept()).expect("a file");
    assert_eq!(again.append(b"f").expect("room"), 5);
    assert_eq!(payloads(&again.read_range(0, 99).expect("read")).len(), 6);
    let reports = redex.verify(None).await.expect("reports");
    assert_eq!(reports.iter().map(|one| (one.name.as_str(), one.next)).collect::<Vec<_>>(), [("a/disk", 6)]);
    std::fs::remove_dir_all(directory).expect("an end");
}

#[tokio::test]
async fn who_leaves_a_file_last_closes_it() {
    let (directory, here) = (directory("left"), "a");
    let (one, two) = (manager(&directory), manager(&directory));
    let open = |redex: &Arc<Redex>| redex.open_file(here, kept());
    let (first, second) = (open(&one).expect("a file"), open(&one).expect("the same"));
    first.leave().await.expect("left");
    assert_eq!(second.append(b"a"), Ok(0));
    let tail = second.tail(0).expect("a tail");
    second.leave().await.expect("left");
    assert_eq!(payloads(&tail.next(9).await.expect("events")), [(0, "a".to_owned())]);
    let third = open(&one).expect("what the tail has");
    assert_eq!(third.append(b"b"), Ok(1));
    drop(tail);
    third.leave().await.expect("left");
    // At once, and for others as well.
    assert_eq!(open(&two).expect("nobody has it").append(b"c"), Ok(2));
    std::fs::remove_dir_all(directory).expect("an end");
}

#[tokio::test]
async fn one_writer_at_a_time() {
    let directory = directory("lock");
    let (one, two) = (manager(&directory), manager(&directory));
    let file = one.open_file("a", kept()).expect("a file");
    let holder = format!("process {}", std::process::id());
    match two.open_file("a", kept()) {
        Err(Error::Redex(RedexError::Locked { holder: found, .. })) => assert_eq!(found, holder),
        other => panic!("{other:?}"),
    }
    file.close().await.expect("closed");
    two.open_file("a", kept()).expect("free");
    std::fs::remove_dir_all(directory).expect("an end");
}

#[tokio::test]
async fn who_opens_a_file_that_is_being_closed_gets_it_anew() {
    let directory = directory("closing");
    let redex = manager(&directory);
    let file = redex.open_file("a", kept()).expect("a file");
    assert_eq!(file.append(b"a"), Ok(0));
    let mut closing = Box::pin(file.close());
    assert!(closing.as_mut().now_or_never().is_none_or(|closed| closed.is_ok()));
    assert_eq!(file.append(b"late"), Err(RedexError::Closed.into()));
    assert_eq!(file.append_async(Bytes::from_static(b"late")).await, Err(RedexError::Closed.into()));
    let again = redex.open_file("a", kept()).expect("a file");
    assert_eq!(again.append(b"b"), Ok(1));
    file.close().await.expect("closed");
    assert_eq!(again.append(b"c"), Ok(2));
    std::fs::remove_dir_all(directory).expect("an end");
}

#[test]
fn a_file_that_nobody_has_is_closed_and_can_be_opened_at_once() {
    let directory = directory("dropped");
    for life in 0..20 {
        let file = manager(&directory).open_file("a", kept()).expect("nobody has it");
        assert_eq!(file.append(b"a"), Ok(life), "it was closed in order");
    }
    super::keeper::await_leaving(&directory.join("a.log").display().to_string());
    std::fs::remove_dir_all(directory).expect("an end");
}

#[test]
fn files_of_other_names_are_opened_while_one_is() {
    let redex = Redex::new(RedexOptions::default()).expect("a manager");
    let files: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let redex = &redex;
                scope.spawn(move || {
                    let name = |file| format!("{}", (thread + file) % 200);
                    let open = |file| redex.open_file(&name(file), RedexFileConfig::default());
                    (0..200).map(|file| open(file).expect("a file")).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("files")).collect()
    });
    let mut shared: Vec<_> = files.iter().map(|file| Arc::as_ptr(&file.0)).collect();
    shared.sort_unstable();
    shared.dedup();
    assert_eq!(shared.len(), 200, "one for each name");
}

#[tokio::test]
async fn a_range_is_bounded_and_says_what_fits() {
    let redex = Redex::new(RedexOptions::default()).expect("a manager");
    let file = redex.open_file("a", RedexFileConfig::default()).expect("a file");
    let quarter = vec![7; MAX_PAYLOAD as usize / 4];
    for _ in 0..5 {
        file.append(&quarter).expect("room");
    }
    let refused = Error::from(RedexError::RangeTooLarge { limit: MAX_RANGE, fits: 3 });
    assert_eq!(file.read_range(0, 5).expect_err("too much"), refused);
    assert_eq!(file.read_range(0, 3).expect("what fits").len(), 3);
    assert_eq!(file.read_range(3, 5).expect("the rest").len(), 2);
    file.append(&vec![7; MAX_PAYLOAD as usize]).expect("room");
    assert_eq!(file.read_range(5, 6).expect("one event fits").len(), 1);
}

#[tokio::test]
async fn a_file_in_memory_is_full_unless_retention_makes_room() {
    let redex = Redex::new(RedexOptions::default()).expect("a manager");
    let small = RedexFileConfig { max: 1_000, ..RedexFileConfig::default() };
    let file = redex.open_file("full", small.clone()).expect("a file");
    let mut count = 0;
    let full = loop {
        match file.append(&[7; 96]) {
            Ok(seq) => assert_eq!((seq, count), (count, seq)),
            Err(error) => break error,
        }
        count += 1;
    };
    assert_eq!((full, count), (RedexError::Full { limit: 1_000 }.into(), 10));
    let waiting = file.append_async(Bytes::from_static(&[7; 96])).await;
    assert_eq!(waiting, Err(RedexError::Full { limit: 1_000 }.into()));
    assert_eq!(file.append_batch(&[&[7; 50], &[7; 50]]), Err(RedexError::Full { limit: 1_000 }.into()));
    assert_eq!((file.len(), file.next_seq()), (Ok(10), Ok(10)));
    assert_eq!(file.read_range(0, 99).expect("events").len(), 10);

    let kept = RedexFileConfig { retention_max_events: Some(1_000), ..small };
    let file = redex.open_file("kept", kept).expect("a file");
    let tail = file.tail(0).expect("a tail");
    for seq in 0..100 {
        assert_eq!(file.append(&[7; 96]), Ok(seq));
    }
    let first = 100 - file.len().expect("a count");
    assert!(first > 80 && first < 100, "{first}");
    assert_eq!(tail.next(1).await, Err(RedexError::Lagged { first: 0, last: first - 1 }.into()));
    assert_eq!(tail.next(1).await.expect("an event")[0].seq, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_has_no_gap_between_what_was_there_and_what_comes() {
    let directory = directory("tail");
    let redex = manager(&directory);
    for config in [kept(), RedexFileConfig::default()] {
        let name = if config.persistent { "disk" } else { "memory" };
        let file = redex.open_file(name, config).expect("a file");
        for number in 0..2_000_u64 {
            file.append(&number.to_le_bytes()).expect("room");
        }
        let tail = file.tail(0).expect("a tail");
        let writer = Arc::clone(&file);
        let writing = std::thread::spawn(move || {
            for number in 2_000..4_000_u64 {
                writer.append(&number.to_le_bytes()).expect("room");
            }
        });
        let mut expected = 0_u64;
        while expected < 4_000 {
            for event in tail.next(100).await.expect("events") {
                assert_eq!((event.seq, &event.payload[..]), (expected, &expected.to_le_bytes()[..]));
                expected += 1;
            }
        }
        writing.join().expect("written");
        file.close().await.expect("closed");
        assert_eq!(tail.next(1).await.expect("the end"), []);
    }
    std::fs::remove_dir_all(directory).expect("an end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_wait_for_the_disk_share_the_way_there() {
    let directory = directory("group");
    let redex = manager(&directory);
    let config = RedexFileConfig { fsync_every_n: Some(1), ..kept() };
    let file = redex.open_file("a", config).expect("a file");
    let waiting: Vec<_> = (0..256)
        .map(|_| {
            let file = Arc::clone(&file);
            tokio::spawn(async move { file.append_async(Bytes::from_static(b"event")).await })
        })
        .collect();
    let mut numbers = Vec::new();
    for one in waiting {
        numbers.push(one.await.expect("a task").expect("room"));
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..256).collect::<Vec<u64>>());
    file.close().await.expect("closed");
    std::fs::remove_dir_all(directory).expect("an end");
}

#[tokio::test]
async fn an_interval_brings_events_to_the_disk() {
    let directory = directory("interval");
    let redex = manager(&directory);
    let fsync_interval = Some(std::time::Duration::from_millis(1));
    let file = redex.open_file("a", RedexFileConfig { fsync_interval, ..kept() }).expect("a file");
    file.append(b"a").expect("room");
    while durable(&file) == 0 {
        tokio::task::yield_now().await;
    }
    file.close().await.expect("closed");
    std::fs::remove_dir_all(directory).expect("an end");
}

#[tokio::test]
async fn a_few_threads_look_after_any_number_of_files_and_end_with_them() {
    let directory = directory("keeper");
    let redex = manager(&directory);
    let fsync_interval = Some(std::time::Duration::from_millis(1));
    let files: Vec<_> = (0..20)
        .map(|name| {
            let config = RedexFileConfig { fsync_interval, ..kept() };
            redex.open_file(&format!("{name}"), config).expect("a file")
        })
        .collect();
    for _ in 0..3 {
        for file in &files {
            file.append(b"a").expect("room");
        }
        while files.iter().any(|file| durable(file) < file.next_seq().expect("a number")) {
            assert!(redex.threads() <= 4);
            tokio::task::yield_now().await;
        }
    }
    let (closed, dropped) = files.split_at(10);
    for file in closed {
        file.close().await.expect("closed");
    }
    assert!(!dropped.is_empty());
    drop(files);
    while redex.threads() > 0 {
        tokio::task::yield_now().await;
    }
    std::fs::remove_dir_all(directory).expect("an end");
}

fn durable(file: &RedexFile) -> u64 {
    match &file.0.lock().store {
        super::shared::Store::Disk(log) => log.durable(),
        super::shared::Store::Memory(_) => 0,
    }
}

#[tokio::test]
async fn what_retention_took_is_told_to_tails() {
    let redex = Redex::new(RedexOptions::default()).expect("a manager");
    let config = RedexFileConfig { retention_max_events: Some(16), ..RedexFileConfig::default() };
    let file = redex.open_file("a", config).expect("a file");
    let tail = file.tail(0).expect("a tail");
    for _ in 0..20 {
        file.append(b"a").expect("room");
    }
    assert_eq!(tail.next(9).await, Err(RedexError::Lagged { first: 0, last: 3 }.into()));
    assert_eq!(tail.next(1).await.expect("an event")[0].seq, 4);
    assert_eq!(payloads(&file.read_range(0, 6).expect("read")).len(), 2);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let redex = Redex::new(RedexOptions::default()).expect("a manager");
    let refused =
        |name: &str, config| redex.open_file(name, config).map(drop).expect_err("refused").to_string();
    assert_eq!(
        refused("A", RedexFileConfig::default()),
        "redex: invalid channel name: A: 'A' is none of a-z 0-9 - _ . /"
    );
    let interval = Some(std::time::Duration::from_millis(5));
    let both = RedexFileConfig { fsync_every_n: Some(1), fsync_interval: interval, ..kept() };
    assert!(refused("a", both).ends_with("fsync_every_n and fsync_interval_ms are mutually exclusive"));
    assert_eq!(refused("a", kept()), "redex: no_directory: a persistent file needs `persistent_dir`");
    let zero = RedexFileConfig { fsync_every_n: Some(0), ..RedexFileConfig::default() };
    assert!(refused("a", zero).starts_with("redex: config: fsync_every_n: "));
}
