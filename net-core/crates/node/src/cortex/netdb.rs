//! Tasks and memories of one writer together.

use std::sync::Arc;

use bytes::Bytes;
use net_state::Bundle;
use net_types::{
    BaseError, Error,
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
        Self::open_models(manager(&config)?, config, None).await
    }

    async fn open_from_snapshot(config: NetDbOpenConfig, bundle: NetDbBundle) -> Result<Arc<Self>, Error> {
        Self::open_models(manager(&config)?, config, Some(Bundle::decode(&bundle.state_bytes)?)).await
    }

    async fn open_from_bytes(bundle: Bytes, config: NetDbOpenConfig) -> Result<Arc<Self>, Error> {
        Self::open_models(manager(&config)?, config, Some(Bundle::decode(&bundle)?)).await
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
    /// Opens the states that are asked for on the logs of a manager, which has a directory of its own or none.
    pub async fn open_on(redex: Arc<Redex>, config: NetDbOpenConfig) -> Result<Arc<Self>, Error> {
        if config.persistent_dir.is_some() {
            let (argument, reason) = ("persistent_dir".to_owned(), "the manager has a directory".to_owned());
            return Err(BaseError::Argument { argument, reason }.into());
        }
        Self::open_models(redex, config, None).await
    }

    async fn open_models(
        redex: Arc<Redex>,
        config: NetDbOpenConfig,
        bundle: Option<Bundle>,
    ) -> Result<Arc<Self>, Error> {
        let NetDbOpenConfig { persistent, fsync_every_n, fsync_interval, max, .. } = config;
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

/// A manager of the states' own.
fn manager(config: &NetDbOpenConfig) -> Result<Arc<Redex>, Error> {
    Redex::new(RedexOptions { persistent_dir: config.persistent_dir.clone() })
}

/// The snapshot of a model in a bundle, where it is asked for.
fn part(model: &str, saved: Option<Bytes>, is_asked_for: bool) -> Result<Option<CortexSnapshot>, NetDbError> {
    match saved {
        _ if !is_asked_for => Ok(None),
        Some(state_bytes) => Ok(Some(CortexSnapshot { state_bytes, last_seq: None })),
        None => Err(NetDbError::MissingModel { model: model.to_owned() }),
    }
}
