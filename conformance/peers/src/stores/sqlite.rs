//! SQLite, with a write-ahead log that is synced by each transaction.

use anyhow::Result;
use rusqlite::Connection;

use super::{Store, Work};

/// A table.
#[derive(Debug)]
pub struct SqliteStore(Connection);

impl Store for SqliteStore {
    fn open(work: &Work) -> Result<Self> {
        let connection = Connection::open(work.folder.join("database"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", if work.durable { "FULL" } else { "OFF" })?;
        connection.execute("CREATE TABLE log (seq INTEGER PRIMARY KEY, payload BLOB)", ())?;
        Ok(Self(connection))
    }

    fn append(&mut self, records: &[&[u8]]) -> Result<()> {
        let transaction = self.0.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO log (payload) VALUES (?1)")?;
            for record in records {
                insert.execute([record])?;
            }
        }
        Ok(transaction.commit()?)
    }
}
