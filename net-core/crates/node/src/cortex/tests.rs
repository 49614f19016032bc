//! States over logs in memory and on a real disk.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use net_types::{
    BaseError, BoxFuture, Error, Timestamp,
    api::{
        FoldAdapter as _, MemoriesAdapter as _, NetDb as _, Redex as _, RedexFile as _, TaskWatchIter as _,
        TasksAdapter as _,
    },
    cortex::{
        AdapterOptions, CortexError, MAX_WATCHES, MemoryFilter, OrderBy, StateStats, Task, TaskFilter,
        TaskStatus, WriteToken,
    },
    host::StateFold,
    identity::OriginHash,
    netdb::{NetDbError, NetDbOpenConfig},
    redex::{RedexEvent, RedexFileConfig, RedexOptions},
};

use super::{FoldAdapter, MemoriesAdapter, NetDb, TaskWatchIter, TasksAdapter};
use crate::redex::Redex;

const ORIGIN: OriginHash = OriginHash(0xabcd_ef01);

fn in_memory() -> Arc<Redex> {
    Redex::new(RedexOptions::default()).expect("a manager")
}

fn on_disk(directory: &std::path::Path) -> Arc<Redex> {
    let persistent_dir = Some(directory.display().to_string());
    Redex::new(RedexOptions { persistent_dir }).expect("a manager")
}

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("net-cortex-{}-{name}", std::process::id()));
    drop(std::fs::remove_dir_all(&directory));
    directory
}

fn kept() -> AdapterOptions {
    AdapterOptions { persistent: true, ..AdapterOptions::default() }
}

async fn tasks(redex: &Arc<Redex>) -> Arc<TasksAdapter> {
    TasksAdapter::open(Arc::clone(redex), ORIGIN, AdapterOptions::default()).await.expect("tasks")
}

fn titles(list: &[Task]) -> Vec<&str> {
    list.iter().map(|task| task.title.as_str()).collect()
}

fn pending() -> TaskFilter {
    TaskFilter { status: Some(TaskStatus::Pending), ..TaskFilter::default() }
}

async fn next(watch: &TaskWatchIter) -> Vec<Task> {
    watch.next(9).await.expect("no error").pop().expect("a list")
}

#[tokio::test]
async fn what_was_waited_for_is_listed() {
    let tasks = tasks(&in_memory()).await;
    tasks.create(1, "write", Timestamp(10)).expect("room");
    tasks.create(2, "read", Timestamp(11)).expect("room");
    tasks.rename(2, "read docs", Timestamp(12)).expect("room");
    tasks.complete(1, Timestamp(13)).expect("room");
    let receipt = tasks.delete(7).expect("room");
    assert_eq!(receipt.token, WriteToken { origin_hash: ORIGIN, seq: 4 });
    tasks.wait_for_seq(receipt.seq, None).await.expect("applied");
    let newest = TaskFilter { order_by: OrderBy::UpdatedDesc, ..TaskFilter::default() };
    let list = tasks.list_tasks(newest).expect("a list");
    assert_eq!((titles(&list), tasks.count()), (vec!["write", "read docs"], Ok(2)));
    assert_eq!(
        (list[0].status, list[0].created_ns, list[0].updated_ns),
        (TaskStatus::Completed, Timestamp(10), Timestamp(13))
    );
    let stats = StateStats { next_seq: 5, behind: 0, skipped: 0, unreadable: 0, waits: 0, watches: 0 };
    assert_eq!(tasks.stats(), Ok(stats));
}

#[tokio::test]
async fn a_memory_is_found_by_its_tags() {
    let options = AdapterOptions::default();
    let memories = MemoriesAdapter::open(in_memory(), ORIGIN, options).await.expect("memories");
    memories.store(1, "the door is blue", &["home", "door"], "me", Timestamp(1)).expect("room");
    memories.store(2, "the bus leaves at 7", &["work"], "me", Timestamp(2)).expect("room");
    memories.retag(2, &["work", "bus"], Timestamp(3)).expect("room");
    memories.pin(1, Timestamp(4)).expect("room");
    memories.unpin(1, Timestamp(5)).expect("room");
    let token = memories.pin(2, Timestamp(6)).expect("room").token;
    memories.wait_for_token(token, Duration::from_secs(60)).await.expect("applied");
    let filter = MemoryFilter { tag: Some("bus".to_owned()), pinned: Some(true), ..MemoryFilter::default() };
    let list = memories.list_memories(filter).expect("a list");
    assert_eq!(list.iter().map(|memory| memory.id).collect::<Vec<_>>(), [2]);
    let seq = memories.delete(2).expect("room").seq;
    memories.wait_for_seq(seq, None).await.expect("applied");
    assert_eq!(memories.count(), Ok(1));
    memories.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_that_nobody_waits_for_is_taken_whole() {
    const BURST: u64 = 100_000;
    let tasks = tasks(&in_memory()).await;
    for id in 0..BURST {
        assert_eq!(tasks.create(id, "a task of a burst", Timestamp(id)).expect("room").seq, id);
    }
    tasks.wait_for_seq(BURST - 1, None).await.expect("applied");
    assert_eq!(tasks.count(), Ok(100_000));
    let stats = tasks.stats().expect("stats");
    assert_eq!((stats.next_seq, stats.behind, stats.skipped, stats.unreadable), (BURST, 0, 0, 0));
}

#[tokio::test]
async fn a_closed_state_still_answers_and_takes_nothing() {
    let redex = in_memory();
    let tasks = tasks(&redex).await;
    let watch = tasks.watch(TaskFilter::default()).expect("a watch");
    assert_eq!(next(&watch).await, []);
    for id in 0..5_000 {
        tasks.create(id, "t", Timestamp(id)).expect("room");
    }
    tasks.close().await.expect("closed");
    tasks.close().await.expect("closed again");
    assert_eq!(tasks.create(1, "t", Timestamp(0)), Err(CortexError::Closed.into()));
    assert_eq!(tasks.wait_for_seq(5_000, None).await, Err(CortexError::Closed.into()));
    assert_eq!((tasks.wait_for_seq(4_999, None).await, tasks.count()), (Ok(()), Ok(5_000)));
    assert_eq!((next(&watch).await.len(), watch.next(1).await), (5_000, Ok(Vec::new())));
    assert_eq!((tasks.is_running(), tasks.stats().expect("stats").next_seq), (Ok(false), 5_000));
}

#[tokio::test]
async fn waiting_ends_by_its_deadline_and_when_nobody_waits_any_more() {
    let tasks = tasks(&in_memory()).await;
    let timeout = Error::from(CortexError::Timeout { seq: 3 });
    assert_eq!(tasks.wait_for_seq(3, Some(Duration::from_millis(1))).await, Err(timeout.clone()));
    let token = |origin| WriteToken { origin_hash: OriginHash(origin), seq: 3 };
    assert_eq!(tasks.wait_for_token(token(ORIGIN.0), Duration::ZERO).await, Err(timeout));
    let wrong = CortexError::WrongOrigin { state_origin: ORIGIN.0, token_origin: 9 };
    assert_eq!(tasks.wait_for_token(token(9), Duration::ZERO).await, Err(wrong.into()));
    let waiting = tokio::spawn({
        let tasks = Arc::clone(&tasks);
        async move { tasks.wait_for_seq(9, None).await }
    });
    let waits = || tasks.stats().expect("stats").waits;
    while waits() == 0 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    assert!(waiting.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(waits(), 0);
}

#[tokio::test]
async fn what_is_no_event_is_passed_over_and_counted() {
    let redex = in_memory();
    let tasks = tasks(&redex).await;
    let file = redex.open_file("cortex/tasks", RedexFileConfig::default()).expect("the log");
    assert_eq!(file.append(b"no event").expect("room"), 0);
    let seq = tasks.create(1, "t", Timestamp(0)).expect("room").seq;
    tasks.wait_for_seq(seq, None).await.expect("applied");
    assert_eq!(tasks.wait_for_seq(0, None).await, Err(CortexError::Skipped { seq: 0 }.into()));
    assert_eq!((tasks.stats().expect("stats").unreadable, tasks.count()), (1, Ok(1)));
}

#[tokio::test]
async fn a_log_that_was_closed_by_another_ends_the_state() {
    let redex = in_memory();
    let tasks = tasks(&redex).await;
    let file = redex.open_file("cortex/tasks", RedexFileConfig::default()).expect("the log");
    file.close().await.expect("closed");
    assert_eq!(tasks.wait_for_seq(0, None).await, Err(CortexError::Closed.into()));
    assert_eq!(tasks.create(1, "t", Timestamp(0)), Err(CortexError::Closed.into()));
    tasks.close().await.expect("closed");
}

#[tokio::test]
async fn a_full_log_refuses_and_loses_nothing() {
    let options = AdapterOptions { max: 50, ..AdapterOptions::default() };
    let tasks = TasksAdapter::open(in_memory(), ORIGIN, options).await.expect("tasks");
    let seq = tasks.create(1, "a", Timestamp(0)).expect("room").seq;
    let reason = "redex: full: the file holds 50 bytes".to_owned();
    let full = CortexError::Log { failure: "full".to_owned(), reason };
    assert_eq!(tasks.create(2, "b", Timestamp(0)), Err(full.into()));
    tasks.wait_for_seq(seq, None).await.expect("applied");
    assert_eq!((tasks.count(), tasks.is_running()), (Ok(1), Ok(true)));
}

#[tokio::test]
async fn a_state_is_there_again_when_its_log_is_opened() {
    let directory = directory("reopened");
    let redex = on_disk(&directory);
    let open = |redex: &Arc<Redex>| TasksAdapter::open(Arc::clone(redex), ORIGIN, kept());
    let tasks = open(&redex).await.expect("tasks");
    tasks.create(1, "kept", Timestamp(0)).expect("room");
    let other = on_disk(&directory);
    match open(&other).await {
        Err(Error::Cortex(CortexError::Log { failure, .. })) => assert_eq!(failure, "locked"),
        other => panic!("{other:?}"),
    }
    tasks.close().await.expect("closed");
    let again = open(&other).await.expect("tasks");
    assert_eq!(titles(&again.list_tasks(TaskFilter::default()).expect("a list")), ["kept"]);
    assert_eq!(again.create(2, "more", Timestamp(1)).expect("room").seq, 1);
    again.close().await.expect("closed");
    std::fs::remove_dir_all(directory).expect("an end");
}

#[tokio::test]
async fn a_watch_gives_what_a_list_becomes_and_nothing_twice() {
    let tasks = tasks(&in_memory()).await;
    tasks.create(1, "a", Timestamp(0)).expect("room");
    let seq = tasks.create(2, "b", Timestamp(0)).expect("room").seq;
    tasks.wait_for_seq(seq, None).await.expect("applied");
    let both = tasks.snapshot_and_watch(pending()).await.expect("a watch");
    assert_eq!(titles(&both.snapshot), ["a", "b"]);
    let plain = tasks.watch(pending()).expect("a watch");
    assert_eq!(titles(&next(&plain).await), ["a", "b"]);
    tasks.create(3, "c", Timestamp(0)).expect("room");
    let seq = tasks.delete(3).expect("room").seq;
    tasks.wait_for_seq(seq, None).await.expect("applied");
    tasks.complete(1, Timestamp(1)).expect("room");
    assert_eq!(titles(next(&both.updates).await.as_slice()).last(), Some(&"b"));
    let mut last = next(&plain).await;
    while titles(&last) != ["b"] {
        last = next(&plain).await;
    }
    plain.close();
    assert_eq!(plain.next(1).await, Ok(Vec::new()));
}

#[tokio::test]
async fn there_are_only_so_many_watches() {
    let tasks = tasks(&in_memory()).await;
    let mut all: Vec<_> = (0..MAX_WATCHES).map(|_| tasks.watch(pending()).expect("room")).collect();
    let full = CortexError::QueueFull { what: "watches".to_owned(), limit: u64::from(MAX_WATCHES) };
    assert_eq!(tasks.watch(pending()).map(drop), Err(full.into()));
    all.pop();
    tasks.watch(pending()).expect("room");
    assert_eq!(tasks.stats().expect("stats").watches, MAX_WATCHES - 1);
}

#[tokio::test]
async fn a_snapshot_goes_on_in_its_log_and_begins_another() {
    let redex = in_memory();
    let tasks = tasks(&redex).await;
    tasks.create(1, "a", Timestamp(0)).expect("room");
    let seq = tasks.create(2, "b", Timestamp(0)).expect("room").seq;
    tasks.wait_for_seq(seq, None).await.expect("applied");
    let snapshot = tasks.snapshot().expect("a snapshot");
    assert_eq!((snapshot.last_seq, tasks.snapshot()), (Some(1), Ok(snapshot.clone())));
    tasks.rename(1, "A", Timestamp(1)).expect("room");
    let open = |redex: Arc<Redex>| {
        TasksAdapter::open_from_snapshot(redex, ORIGIN, snapshot.clone(), AdapterOptions::default())
    };
    let same = open(Arc::clone(&redex)).await.expect("tasks");
    assert_eq!(titles(&same.list_tasks(TaskFilter::default()).expect("a list")), ["A", "b"]);
    assert_eq!(same.stats().expect("stats").next_seq, 3);
    let other = open(in_memory()).await.expect("tasks");
    assert_eq!(other.stats().expect("stats").next_seq, 0);
    let seq = other.delete(2).expect("room").seq;
    other.wait_for_seq(seq, None).await.expect("applied");
    assert_eq!(titles(&other.list_tasks(TaskFilter::default()).expect("a list")), ["a"]);
    let wrong = MemoriesAdapter::open_from_snapshot(redex, ORIGIN, snapshot, AdapterOptions::default());
    let reason = "it holds tasks, not memories".to_owned();
    assert_eq!(wrong.await.map(drop), Err(CortexError::BadSnapshot { reason }.into()));
}

#[tokio::test]
async fn what_began_elsewhere_is_there_again() {
    let tasks = tasks(&in_memory()).await;
    let seq = tasks.create(1, "from elsewhere", Timestamp(0)).expect("room").seq;
    tasks.wait_for_seq(seq, None).await.expect("applied");
    let snapshot = tasks.snapshot().expect("a snapshot");
    let directory = directory("elsewhere");
    let redex = on_disk(&directory);
    let begun = TasksAdapter::open_from_snapshot(Arc::clone(&redex), ORIGIN, snapshot, kept());
    let begun = begun.await.expect("tasks");
    begun.create(2, "of the log", Timestamp(1)).expect("room");
    begun.close().await.expect("closed");
    let open = || TasksAdapter::open(Arc::clone(&redex), ORIGIN, kept());
    let again = open().await.expect("tasks");
    let both = ["from elsewhere", "of the log"];
    assert_eq!(titles(&again.list_tasks(TaskFilter::default()).expect("a list")), both);
    again.close().await.expect("closed");
    std::fs::write(directory.join("cortex/tasks.state"), b"damaged").expect("a file");
    let log_only = open().await.expect("tasks");
    assert_eq!(titles(&log_only.list_tasks(TaskFilter::default()).expect("a list")), ["of the log"]);
    log_only.close().await.expect("closed");
    std::fs::remove_dir_all(directory).expect("an end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_log_is_saved_on_the_way() {
    const MANY: u64 = 70_000;
    let directory = directory("saved");
    let redex = on_disk(&directory);
    let open = || TasksAdapter::open(Arc::clone(&redex), ORIGIN, kept());
    let tasks = open().await.expect("tasks");
    for id in 0..MANY {
        tasks.create(id % 100, "t", Timestamp(id)).expect("room");
    }
    tasks.wait_for_seq(MANY - 1, None).await.expect("applied");
    let saved = directory.join("cortex/tasks.state");
    while !saved.exists() {
        tokio::task::yield_now().await;
    }
    tasks.close().await.expect("closed");
    let again = open().await.expect("tasks");
    assert_eq!((again.count(), again.stats().expect("stats").next_seq), (Ok(100), MANY));
    again.close().await.expect("closed");
    std::fs::remove_dir_all(directory).expect("an end");
}

#[tokio::test]
async fn both_states_are_saved_together() {
    let config = NetDbOpenConfig { with_tasks: true, with_memories: true, ..NetDbOpenConfig::new(ORIGIN) };
    let db = NetDb::open(config.clone()).await.expect("states");
    let (tasks, memories) = (db.tasks().expect("tasks"), db.memories().expect("memories"));
    let seq = tasks.create(1, "t", Timestamp(0)).expect("room").seq;
    tasks.wait_for_seq(seq, None).await.expect("applied");
    let bundle = db.snapshot().expect("a bundle");
    assert_eq!(db.snapshot(), Ok(bundle.clone()));
    db.close().await.expect("closed");
    assert_eq!((tasks.is_running(), memories.is_running()), (Ok(false), Ok(false)));
    let again = NetDb::open_from_snapshot(config.clone(), bundle.clone()).await.expect("states");
    assert_eq!(again.tasks().expect("tasks").count(), Ok(1));
    let tasks_only = NetDbOpenConfig { with_memories: false, ..config.clone() };
    let other = NetDb::open_from_bytes(bundle.state_bytes, tasks_only).await.expect("states");
    assert!(other.memories().is_none());
    let lacking = NetDb::open_from_snapshot(config, other.snapshot().expect("a bundle")).await;
    let missing = NetDbError::MissingModel { model: "memories".to_owned() };
    assert_eq!(lacking.map(drop), Err(missing.into()));
}

/// Keeps the payloads that it was given, and refuses `no`.
#[derive(Default)]
struct Texts(std::sync::Mutex<Vec<String>>);

impl Texts {
    fn get(&self) -> Vec<String> {
        self.0.lock().expect("no panic").clone()
    }
}

impl StateFold for Texts {
    fn apply(&self, events: Vec<RedexEvent>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            for event in events {
                if &event.payload[..] == b"no" {
                    return Err(BaseError::HostThrew { detail: "no".to_owned() }.into());
                }
                self.0.lock().expect("no panic").push(String::from_utf8_lossy(&event.payload).into_owned());
            }
            Ok(())
        })
    }

    fn snapshot(&self) -> BoxFuture<'_, Result<Bytes, Error>> {
        Box::pin(async { Ok(self.get().join(",").into()) })
    }

    fn has_snapshot(&self) -> bool {
        true
    }

    fn restore(&self, state: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let text = String::from_utf8_lossy(&state);
            *self.0.lock().expect("no panic") = text.split(',').map(str::to_owned).collect();
            Ok(())
        })
    }

    fn has_restore(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_program_folds_a_file_and_finds_its_state_again() {
    let directory = directory("folded");
    let redex = on_disk(&directory);
    let config = RedexFileConfig { persistent: true, ..RedexFileConfig::default() };
    let file = redex.open_file("a/b", config.clone()).expect("a file");
    file.append(b"one").expect("room");
    let open = |texts: &Arc<Texts>| {
        let fold: Arc<dyn StateFold> = Arc::clone(texts) as _;
        FoldAdapter::open(Arc::clone(&redex), "a/b".to_owned(), fold, config.clone())
    };
    let texts = Arc::new(Texts::default());
    let state = open(&texts).await.expect("a state");
    assert_eq!(texts.get(), ["one"]);
    let seq = file.append(b"two").expect("room");
    state.wait_for_seq(seq, None).await.expect("applied");
    assert_eq!(texts.get(), ["one", "two"]);
    state.close().await.expect("closed");
    file.append(b"three").expect("the file is the program's");
    let again = Arc::new(Texts::default());
    let state = open(&again).await.expect("a state");
    assert_eq!(again.get(), ["one", "two", "three"]);
    assert!(directory.join("a/b.state").exists());
    let saved = state.snapshot().await.expect("a snapshot");
    let elsewhere = Arc::new(Texts::default());
    let fold: Arc<dyn StateFold> = Arc::clone(&elsewhere) as _;
    let (other, name) = (in_memory(), "c".to_owned());
    let config = RedexFileConfig::default();
    let other = FoldAdapter::open_from_snapshot(other, name, fold, saved, config).await.expect("a state");
    assert_eq!((elsewhere.get().len(), other.stats().expect("stats").next_seq), (3, 0));
    std::fs::remove_dir_all(directory).expect("an end");
}

#[tokio::test]
async fn a_fold_that_throws_stops_and_leaves_the_file_to_its_writers() {
    let redex = in_memory();
    let file = redex.open_file("a", RedexFileConfig::default()).expect("a file");
    let texts = Arc::new(Texts::default());
    let fold: Arc<dyn StateFold> = Arc::clone(&texts) as _;
    let state = FoldAdapter::open(redex, "a".to_owned(), fold, RedexFileConfig::default());
    let state = state.await.expect("a state");
    let seq = file.append(b"yes").expect("room");
    state.wait_for_seq(seq, None).await.expect("applied");
    file.append(b"no").expect("room");
    let failure = Error::from(CortexError::FoldFailed { seq: 1, reason: "host_threw: no".to_owned() });
    assert_eq!(state.wait_for_seq(1, None).await, Err(failure.clone()));
    assert_eq!(state.wait_for_seq(0, None).await, Err(failure.clone()));
    assert_eq!(state.snapshot().await, Err(failure));
    assert_eq!((state.is_running(), file.append(b"more")), (Ok(false), Ok(2)));
    let stats = state.stats().expect("stats");
    assert_eq!((stats.next_seq, stats.behind, texts.get()), (1, 2, vec!["yes".to_owned()]));
    state.close().await.expect("closed");
}
