//! redb, a copy-on-write tree, with a commit for each batch.

use anyhow::Result;
use redb::{Database, Durability, TableDefinition};

use super::{Store, Work};

const LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");

/// A table whose keys are the numbers of records.
#[derive(Debug)]
pub struct RedbStore {
    database: Database,
    durable: bool,
    next: u64,
}

impl Store for RedbStore {
    fn open(work: &Work) -> Result<Self> {
        let database = Database::create(work.folder.join("database"))?;
        Ok(Self { database, durable: work.durable, next: 0 })
    }

    fn append(&mut self, records: &[&[u8]]) -> Result<()> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(if self.durable { Durability::Immediate } else { Durability::None })?;
        {
            let mut table = transaction.open_table(LOG)?;
            for record in records {
                table.insert(self.next, *record)?;
                self.next += 1;
            }
        }
        Ok(transaction.commit()?)
    }
}
