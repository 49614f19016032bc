//! Programs that append records to a place of their own, for `cargo perf --logs`.

mod fjall;
mod log;
mod raw;
mod redb;
mod sqlite;
mod tasks;

use std::{fs, path::PathBuf, time::Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Spread, frames};

pub use self::{fjall::FjallStore, log::LogStore, raw::RawStore, redb::RedbStore, sqlite::SqliteStore};

/// What keeps records.
pub trait Store: Sized {
    /// Begins in an empty folder. Appends that are durable return when their records are on disk, others when the system has them.
    fn open(work: &Work) -> Result<Self>;

    /// Appends records in one go.
    fn append(&mut self, records: &[&[u8]]) -> Result<()>;

    /// Lets go of the folder, which can be removed then.
    fn close(self) -> Result<()> {
        Ok(())
    }

    /// Does something that no other store does.
    fn special(work: &Work) -> Result<Value> {
        bail!("nobody can be asked for {}", work.kind)
    }
}

/// What is to be done.
#[derive(Debug, Deserialize)]
pub struct Work {
    /// `append`, or what one store alone does.
    pub kind: String,
    /// Where: a folder for this work.
    pub folder: PathBuf,
    /// Records in all.
    pub count: u64,
    /// Bytes of a record.
    pub size: usize,
    /// Records that are appended in one go, or by so many who wait at the same time.
    pub batch: usize,
    /// Whether each append is on disk when it returns.
    pub durable: bool,
}

/// Does what is asked for until nothing more is.
pub fn serve<S: Store>(name: &str) -> Result<()> {
    frames::send(&json!({ "language": name, "spec_hash": "", "sdk": "" }))?;
    while let Some(request) = frames::receive()? {
        let done = serde_json::from_value(request["args"].clone())
            .context("no work")
            .and_then(|work| run::<S>(&work));
        let answer = match done {
            Ok(value) => json!({ "id": request["id"], "ok": value }),
            Err(error) => json!({ "id": request["id"], "unsupported": format!("{error:#}") }),
        };
        frames::send(&answer)?;
    }
    Ok(())
}

fn run<S: Store>(work: &Work) -> Result<Value> {
    if work.kind != "append" {
        return S::special(work);
    }
    clear(work)?;
    let mut store = S::open(work)?;
    let record = vec![0xa5; work.size];
    let records = vec![&record[..]; work.batch];
    let calls = (work.count / work.batch as u64).max(1);
    let mut spread = Spread::new(calls);
    for _ in 0..calls {
        let begun = Instant::now();
        store.append(&records)?;
        spread.add(begun.elapsed());
    }
    store.close()?;
    fs::remove_dir_all(&work.folder)?;
    Ok(spread.of_batches(work.batch))
}

/// Makes the folder anew.
fn clear(work: &Work) -> Result<()> {
    if work.folder.exists() {
        fs::remove_dir_all(&work.folder)?;
    }
    Ok(fs::create_dir_all(&work.folder)?)
}
