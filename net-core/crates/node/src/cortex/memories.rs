//! Memories, as the interface has them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use net_state::{Memories, MemoryChange};
use net_types::{
    Error, Timestamp, api,
    cortex::{
        AdapterOpenOptions, AdapterOptions, CortexSnapshot, MemoriesSnapshotAndWatch, Memory, MemoryFilter,
        StateStats, WriteReceipt, WriteToken,
    },
    identity::OriginHash,
};

use super::{
    log::Kept,
    model::Model,
    watch::{MemoryWatchIter, Watcher},
};
use crate::redex::Redex;

/// The name of the log.
const LOG: &str = "cortex/memories";

/// The memories of a log, and changes of them.
#[derive(Debug)]
pub struct MemoriesAdapter(Arc<Model<Memories>>);

impl api::MemoriesAdapter for MemoriesAdapter {
    type Redex = Redex;
    type MemoryWatchIter = MemoryWatchIter;

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

    fn store(
        &self,
        id: u64,
        content: &str,
        tags: &[&str],
        source: &str,
        now_ns: Timestamp,
    ) -> Result<WriteReceipt, Error> {
        self.change(&MemoryChange::Store { content, source, tags }, id, now_ns)
    }

    fn retag(&self, id: u64, tags: &[&str], now_ns: Timestamp) -> Result<WriteReceipt, Error> {
        self.change(&MemoryChange::Retag { tags }, id, now_ns)
    }

    fn pin(&self, id: u64, now_ns: Timestamp) -> Result<WriteReceipt, Error> {
        self.change(&MemoryChange::Pin, id, now_ns)
    }

    fn unpin(&self, id: u64, now_ns: Timestamp) -> Result<WriteReceipt, Error> {
        self.change(&MemoryChange::Unpin, id, now_ns)
    }

    fn delete(&self, id: u64) -> Result<WriteReceipt, Error> {
        self.change(&MemoryChange::Delete, id, Timestamp(0))
    }

    fn list_memories(&self, filter: MemoryFilter) -> Result<Vec<Memory>, Error> {
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

    fn watch(&self, filter: MemoryFilter) -> Result<Arc<MemoryWatchIter>, Error> {
        Ok(Arc::new(MemoryWatchIter(Watcher::new(&self.0, filter)?)))
    }

    async fn snapshot_and_watch(
        &self,
        filter: MemoryFilter,
    ) -> Result<MemoriesSnapshotAndWatch<Arc<MemoryWatchIter>>, Error> {
        let (snapshot, updates) = Watcher::since(&self.0, filter)?;
        Ok(MemoriesSnapshotAndWatch { snapshot, updates: Arc::new(MemoryWatchIter(updates)) })
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
}

impl MemoriesAdapter {
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

    fn change(&self, change: &MemoryChange<'_, &str>, id: u64, at: Timestamp) -> Result<WriteReceipt, Error> {
        self.0.append(change.encode(self.0.origin().0, id, at))
    }
}
