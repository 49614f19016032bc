//! Tasks and memories of one writer together.

use std::sync::Arc;

use bytes::Bytes;
use net_state::Bundle;
use net_types::{
    Error,
    api::{self, MemoriesAdapter as _, Redex as _, TasksAdapter as _},
    cortex::{AdapterOptions, CortexSnapshot},
    netdb::{NetDbBundle, NetDbError, NetDbOpenConfig},
    redex::RedexOptions,
};

use super::{MemoriesAdapter, TasksAdapter};
use crate::redex::Redex;

/// Tasks and memories of one writer.
#[derive(Debug)]
pub struct NetDb {
    tasks: Option<Arc<TasksAdapter>>,
    memories: Option<Arc<MemoriesAdapter>>,
}

impl api::NetDb for NetDb {
    type TasksAdapter = TasksAdapter;
    type MemoriesAdapter = MemoriesAdapter;

    async fn open(config: NetDbOpenConfig) -> Result<Arc<Self>, Error> {
        Self::open_models(config, None).await
    }

    async fn open_from_snapshot(config: NetDbOpenConfig, bundle: NetDbBundle) -> Result<Arc<Self>, Error> {
        Self::open_models(config, Some(Bundle::decode(&bundle.state_bytes)?)).await
    }

    async fn open_from_bytes(bundle: Bytes, config: NetDbOpenConfig) -> Result<Arc<Self>, Error> {
        Self::open_models(config, Some(Bundle::decode(&bundle)?)).await
    }

    fn snapshot(&self) -> Result<NetDbBundle, Error> {
        let tasks = self.tasks.as_ref().map(|tasks| tasks.snapshot()).transpose()?;
        let memories = self.memories.as_ref().map(|memories| memories.snapshot()).transpose()?;
        let bytes = |snapshot: CortexSnapshot| snapshot.state_bytes;
        let bundle = Bundle { tasks: tasks.map(bytes), memories: memories.map(bytes) };
        Ok(NetDbBundle { state_bytes: bundle.encode()?.into() })
    }

    async fn close(&self) -> Result<(), Error> {
        let tasks = async {
            match &self.tasks {
                Some(tasks) => tasks.close().await,
                None => Ok(()),
            }
        };
        let memories = async {
            match &self.memories {
                Some(memories) => memories.close().await,
                None => Ok(()),
            }
        };
        let (tasks, memories) = tokio::join!(tasks, memories);
        tasks.and(memories)
    }

    fn tasks(&self) -> Option<Arc<TasksAdapter>> {
        self.tasks.clone()
    }

    fn memories(&self) -> Option<Arc<MemoriesAdapter>> {
        self.memories.clone()
    }
}

impl NetDb {
    async fn open_models(config: NetDbOpenConfig, bundle: Option<Bundle>) -> Result<Arc<Self>, Error> {
        let NetDbOpenConfig { persistent_dir, persistent, fsync_every_n, fsync_interval, max, .. } = config;
        let redex = Redex::new(RedexOptions { persistent_dir })?;
        let options = AdapterOptions { persistent, fsync_every_n, fsync_interval, max };
        let (tasks, memories) = match bundle {
            Some(Bundle { tasks, memories }) => {
                (part("tasks", tasks, config.with_tasks)?, part("memories", memories, config.with_memories)?)
            }
            None => (None, None),
        };
        let origin = config.origin_hash;
        let mut db = Self { tasks: None, memories: None };
        if config.with_tasks {
            let (redex, options) = (Arc::clone(&redex), options.clone());
            db.tasks = Some(match tasks {
                Some(saved) => TasksAdapter::open_from_snapshot(redex, origin, saved, options).await?,
                None => TasksAdapter::open(redex, origin, options).await?,
            });
        }
        if config.with_memories {
            db.memories = Some(match memories {
                Some(saved) => MemoriesAdapter::open_from_snapshot(redex, origin, saved, options).await?,
                None => MemoriesAdapter::open(redex, origin, options).await?,
            });
        }
        Ok(Arc::new(db))
    }
}

/// The snapshot of a model in a bundle, where it is asked for.
fn part(model: &str, saved: Option<Bytes>, is_asked_for: bool) -> Result<Option<CortexSnapshot>, NetDbError> {
    match saved {
        _ if !is_asked_for => Ok(None),
        Some(state_bytes) => Ok(Some(CortexSnapshot { state_bytes, last_seq: None })),
        None => Err(NetDbError::MissingModel { model: model.to_owned() }),
    }
}
