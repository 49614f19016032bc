//! Tasks and memories as a program uses them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use net_mesh::{
    AdapterOptions, CortexError, Error, FoldAdapter, MemoriesAdapter, MemoryFilter, NetDb, NetDbError,
    NetDbOpenConfig, OriginHash, Redex, RedexEvent, RedexOptions, StateFold, TaskFilter, TaskStatus,
    TasksAdapter, Timestamp, WriteToken, WriteTokenMethods,
};

const ORIGIN: OriginHash = OriginHash(0xabcd_ef01);

#[tokio::test]
async fn tasks_outlast_their_closing() {
    let folder = std::env::temp_dir().join(format!("net-cortex-sdk-{}", std::process::id()));
    let persistent_dir = Some(folder.display().to_string());
    let redex = Redex::new(RedexOptions { persistent_dir }).expect("a manager");
    let kept = AdapterOptions { persistent: true, ..Default::default() };
    let tasks = TasksAdapter::open(&redex, ORIGIN, kept.clone()).await.expect("tasks");
    tasks.create(1, "write docs", Timestamp(100)).expect("room");
    let receipt = tasks.complete(1, Timestamp(101)).expect("room");
    tasks.wait_for_seq(receipt.seq, None).await.expect("applied");
    tasks.close().await.expect("closed");
    assert_eq!(tasks.delete(1), Err(CortexError::Closed.into()));
    let again = TasksAdapter::open(&redex, ORIGIN, kept).await.expect("tasks");
    let done = TaskFilter { status: Some(TaskStatus::Completed), ..Default::default() };
    let list = again.list_tasks(done).expect("a list");
    assert_eq!((list[0].title.as_str(), list[0].updated_ns), ("write docs", Timestamp(101)));
    again.close().await.expect("closed");
    std::fs::remove_dir_all(folder).expect("an end");
}

#[tokio::test]
async fn tokens_are_waited_for_elsewhere() {
    let redex = Redex::new(RedexOptions::default()).expect("a manager");
    let tasks = TasksAdapter::open(&redex, ORIGIN, AdapterOptions::default()).await.expect("tasks");
    let text = tasks.create(1, "a", Timestamp(1)).expect("room").token.to_string().expect("a text");
    let token = WriteToken::from_string(&text).expect("a token");
    tasks.wait_for_token(token, Duration::from_secs(60)).await.expect("applied");
    let late = tasks.wait_for_seq(9, Some(Duration::from_millis(1))).await;
    assert_eq!(late, Err(CortexError::Timeout { seq: 9 }.into()));
}

#[tokio::test]
async fn a_list_is_watched_and_saved() {
    let redex = Redex::new(RedexOptions::default()).expect("a manager");
    let options = AdapterOptions::default();
    let memories = MemoriesAdapter::open(&redex, ORIGIN, options.clone()).await.expect("memories");
    let filter = MemoryFilter { tag: Some("home".to_owned()), ..Default::default() };
    let mut both = memories.snapshot_and_watch(filter).await.expect("a watch");
    assert_eq!(both.snapshot, []);
    memories.store(1, "the door is blue", &["home"], "me", Timestamp(1)).expect("room");
    let list = both.updates.next().await.expect("a list").expect("no error");
    assert_eq!(list[0].content, "the door is blue");
    let saved = memories.snapshot().expect("a snapshot");
    let other = Redex::new(RedexOptions::default()).expect("a manager");
    let restored = MemoriesAdapter::open_from_snapshot(&other, ORIGIN, saved.clone(), options.clone());
    assert_eq!(restored.await.expect("memories").count(), Ok(1));
    let wrong = TasksAdapter::open_from_snapshot(&other, ORIGIN, saved, options).await.map(drop);
    assert!(matches!(wrong, Err(Error::Cortex(CortexError::BadSnapshot { .. }))), "{wrong:?}");
    memories.close().await.expect("closed");
    assert!(both.updates.next().await.is_none());
}

#[tokio::test]
async fn both_states_are_saved_together() {
    let config = NetDbOpenConfig { with_tasks: true, with_memories: true, ..NetDbOpenConfig::new(ORIGIN) };
    let db = NetDb::open(config.clone()).await.expect("states");
    let tasks = db.tasks().expect("tasks");
    let seq = tasks.create(1, "a", Timestamp(1)).expect("room").seq;
    tasks.wait_for_seq(seq, None).await.expect("applied");
    let bundle = db.snapshot().expect("a bundle");
    db.close().await.expect("closed");
    assert_eq!(db.memories().expect("memories").is_running(), Ok(false));
    let again = NetDb::open_from_snapshot(config.clone(), bundle).await.expect("states");
    assert_eq!(again.tasks().expect("tasks").count(), Ok(1));
    let wrong = NetDb::open_from_bytes("none", config).await.map(drop);
    assert!(matches!(wrong, Err(Error::NetDb(NetDbError::BadBundle { .. }))), "{wrong:?}");
}

/// Adds numbers up.
#[derive(Clone, Default)]
struct Sum(Arc<AtomicU64>);

impl StateFold for Sum {
    async fn apply(&self, events: Vec<RedexEvent>) -> Result<(), Error> {
        for event in events {
            let number = std::str::from_utf8(&event.payload).ok().and_then(|text| text.parse().ok());
            let refused = || CortexError::BadSnapshot { reason: "no number".to_owned() };
            self.0.fetch_add(number.ok_or_else(refused)?, SeqCst);
        }
        Ok(())
    }

    async fn snapshot(&self) -> Result<Bytes, Error> {
        Ok(self.0.load(SeqCst).to_string().into())
    }

    fn has_snapshot(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_program_folds_a_file() {
    let redex = Redex::new(RedexOptions::default()).expect("a manager");
    let file = redex.open_file("a", None).expect("a file");
    file.append("1").expect("room");
    let sum = Sum::default();
    let state = FoldAdapter::open(&redex, "a", sum.clone(), None).await.expect("a state");
    let seq = file.append("2").expect("room");
    state.wait_for_seq(seq, None).await.expect("applied");
    assert_eq!(sum.0.load(SeqCst), 3);
    let saved = state.snapshot().await.expect("a snapshot");
    let refused = FoldAdapter::open_from_snapshot(&redex, "a", sum, saved, None).await.map(drop);
    assert_eq!(refused, Err(CortexError::NoSnapshot { what: "restore".to_owned() }.into()));
    let seq = file.append("x").expect("room");
    let failed = state.wait_for_seq(seq, None).await;
    assert!(matches!(failed, Err(Error::Cortex(CortexError::FoldFailed { seq: 2, .. }))), "{failed:?}");
    assert_eq!(file.append("4"), Ok(3));
}
