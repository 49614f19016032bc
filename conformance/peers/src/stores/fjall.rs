//! fjall, a log-structured merge tree, persisted behind each batch.

use anyhow::Result;
use fjall::{Config, Keyspace, PartitionCreateOptions, PartitionHandle, PersistMode};

use super::{Store, Work};

/// A partition whose keys are the numbers of records.
pub struct FjallStore {
    keyspace: Keyspace,
    partition: PartitionHandle,
    durable: bool,
    next: u64,
}

impl Store for FjallStore {
    fn open(work: &Work) -> Result<Self> {
        let keyspace = Config::new(&work.folder).open()?;
        let partition = keyspace.open_partition("log", PartitionCreateOptions::default())?;
        Ok(Self { keyspace, partition, durable: work.durable, next: 0 })
    }

    fn append(&mut self, records: &[&[u8]]) -> Result<()> {
        let mut batch = self.keyspace.batch();
        for record in records {
            batch.insert(&self.partition, self.next.to_be_bytes(), *record);
            self.next += 1;
        }
        batch.commit()?;
        let mode = if self.durable { PersistMode::SyncData } else { PersistMode::Buffer };
        Ok(self.keyspace.persist(mode)?)
    }
}
