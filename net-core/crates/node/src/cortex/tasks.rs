//! Tasks, as the interface has them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use net_state::{TaskChange, Tasks};
use net_types::{
    Error, Timestamp, api,
    cortex::{
        AdapterOpenOptions, AdapterOptions, CortexSnapshot, StateStats, Task, TaskFilter,
        TasksSnapshotAndWatch, WriteReceipt, WriteToken,
    },
    identity::OriginHash,
};

use super::{
    log::Kept,
    model::Model,
    watch::{TaskWatchIter, Watcher},
};
use crate::redex::Redex;

/// The name of the log.
const LOG: &str = "cortex/tasks";

/// The tasks of a log, and changes of them.
#[derive(Debug)]
pub struct TasksAdapter(Arc<Model<Tasks>>);

impl api::TasksAdapter for TasksAdapter {
    type Redex = Redex;
    type TaskWatchIter = TaskWatchIter;

    async fn open(
        redex: Arc<Redex>,
        origin_hash: OriginHash,
        options: AdapterOptions,
    ) -> Result<Arc<Self>, Error> {
        Self::open_log(redex, Kept::new(LOG, origin_hash.0, &options), None).await
    }

    async fn open_as(redex: Arc<Redex>, options: AdapterOpenOptions) -> Result<Arc<Self>, Error> {
        Self::open_log(redex, Kept::of(LOG, &options), None).await
    }

    async fn open_from_snapshot(
        redex: Arc<Redex>,
        origin_hash: OriginHash,
        snapshot: CortexSnapshot,
        options: AdapterOptions,
    ) -> Result<Arc<Self>, Error> {
        Self::open_log(redex, Kept::new(LOG, origin_hash.0, &options), Some(snapshot)).await
    }

    async fn open_from_bytes(
        redex: Arc<Redex>,
        origin_hash: OriginHash,
        state_bytes: Bytes,
        last_seq: Option<u64>,
        options: AdapterOptions,
    ) -> Result<Arc<Self>, Error> {
        let snapshot = CortexSnapshot { state_bytes, last_seq };
        Self::open_log(redex, Kept::new(LOG, origin_hash.0, &options), Some(snapshot)).await
    }

    fn create(&self, id: u64, title: &str, now_ns: Timestamp) -> Result<WriteReceipt, Error> {
        self.change(&TaskChange::Create { title }, id, now_ns)
    }

    fn rename(&self, id: u64, new_title: &str, now_ns: Timestamp) -> Result<WriteReceipt, Error> {
        self.change(&TaskChange::Rename { title: new_title }, id, now_ns)
    }

    fn complete(&self, id: u64, now_ns: Timestamp) -> Result<WriteReceipt, Error> {
        self.change(&TaskChange::Complete, id, now_ns)
    }

    fn delete(&self, id: u64) -> Result<WriteReceipt, Error> {
        self.change(&TaskChange::Delete, id, Timestamp(0))
    }

    fn list_tasks(&self, filter: TaskFilter) -> Result<Vec<Task>, Error> {
        Ok(self.0.core.read()?.list(&filter))
    }

    fn count(&self) -> Result<u32, Error> {
        Ok(u32::try_from(self.0.core.read()?.len()).unwrap_or(u32::MAX))
    }

    async fn wait_for_seq(&self, seq: u64, deadline: Option<Duration>) -> Result<(), Error> {
        self.0.wait_for_seq(seq, deadline).await
    }

    async fn wait_for_token(&self, token: WriteToken, deadline: Duration) -> Result<(), Error> {
        self.0.wait_for_token(&token, deadline).await
    }

    fn watch(&self, filter: TaskFilter) -> Result<Arc<TaskWatchIter>, Error> {
        Ok(Arc::new(TaskWatchIter(Watcher::new(&self.0, filter)?)))
    }

    async fn snapshot_and_watch(
        &self,
        filter: TaskFilter,
    ) -> Result<TasksSnapshotAndWatch<Arc<TaskWatchIter>>, Error> {
        let (snapshot, updates) = Watcher::since(&self.0, filter)?;
        Ok(TasksSnapshotAndWatch { snapshot, updates: Arc::new(TaskWatchIter(updates)) })
    }

    fn snapshot(&self) -> Result<CortexSnapshot, Error> {
        self.0.snapshot()
    }

    fn stats(&self) -> Result<StateStats, Error> {
        self.0.stats()
    }

    fn is_running(&self) -> Result<bool, Error> {
        Ok(self.0.is_running())
    }

    async fn close(&self) -> Result<(), Error> {
        self.0.close().await
    }

    fn origin_hash(&self) -> OriginHash {
        self.0.origin()
    }

    fn may_wait(&self) -> bool {
        self.0.is_on_disk()
    }
}

impl TasksAdapter {
    /// Opens the file of a name.
    pub async fn open_named(
        redex: Arc<Redex>,
        name: &str,
        options: AdapterOpenOptions,
    ) -> Result<Arc<Self>, Error> {
        Self::open_log(redex, Kept::of(name, &options), None).await
    }

    async fn open_log(
        redex: Arc<Redex>,
        kept: Kept,
        snapshot: Option<CortexSnapshot>,
    ) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self(Model::open_kept(redex, kept, snapshot).await?)))
    }

    fn change(&self, change: &TaskChange<'_>, id: u64, at: Timestamp) -> Result<WriteReceipt, Error> {
        self.0.append(change.encode(self.0.origin().0, id, at))
    }
}
