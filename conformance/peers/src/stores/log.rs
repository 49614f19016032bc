//! The append-only files of this library, through its Rust SDK.

use std::{fs, future::Future, sync::Arc, sync::mpsc, time::Instant};

use anyhow::{Context as _, Result, bail};
use net_mesh::{Redex, RedexFile, RedexFileConfig};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{Store, Work, clear, tasks};
use crate::Spread;

/// A file.
#[derive(Debug)]
pub struct LogStore(RedexFile);

impl Store for LogStore {
    fn open(work: &Work) -> Result<Self> {
        open(work).map(Self)
    }

    fn append(&mut self, records: &[&[u8]]) -> Result<()> {
        match records {
            [record] => drop(self.0.append(record)?),
            records => drop(self.0.append_batch(records)?),
        }
        Ok(())
    }

    fn close(self) -> Result<()> {
        Ok(Runtime::new()?.block_on(self.0.close())?)
    }

    fn special(work: &Work) -> Result<Value> {
        let runtime = Runtime::new()?;
        match work.kind.as_str() {
            "waiting" => runtime.block_on(waiting(work)),
            "tail" => runtime.block_on(tail(work)),
            "reopen" => runtime.block_on(reopen(work)),
            "create" => runtime.block_on(tasks::create(work)),
            "filter" => runtime.block_on(tasks::filter(work)),
            "memory" => memory(work),
            other => bail!("nobody can be asked for {other}"),
        }
    }
}

fn open(work: &Work) -> Result<RedexFile> {
    let fsync_every_n = if work.durable { Some(1) } else { None };
    let config = RedexFileConfig { persistent: true, fsync_every_n, ..Default::default() };
    Ok(Redex::below(&work.folder.display().to_string())?.open_file("log", config)?)
}

/// Many append at the same time, each waiting for its own.
async fn waiting(work: &Work) -> Result<Value> {
    clear(work)?;
    let file = Arc::new(open(work)?);
    let each = (work.count / work.batch as u64).max(1);
    let begun = Instant::now();
    let tasks: Vec<_> =
        (0..work.batch).map(|_| tokio::spawn(append_each(Arc::clone(&file), each, work.size))).collect();
    for task in tasks {
        task.await??;
    }
    let mut spread = Spread::new(1);
    spread.add(begun.elapsed());
    file.close().await?;
    fs::remove_dir_all(&work.folder)?;
    Ok(spread.of_batches(each as usize * work.batch))
}

fn append_each(file: Arc<RedexFile>, count: u64, size: usize) -> impl Future<Output = Result<()>> + Send {
    let record = vec![0xa5; size];
    async move {
        for _ in 0..count {
            file.append_async(record.clone()).await?;
        }
        Ok(())
    }
}

/// From an append to a tail that waits for it.
async fn tail(work: &Work) -> Result<Value> {
    clear(work)?;
    let file = Arc::new(open(work)?);
    let mut tail = file.tail(0)?;
    let (seen, arrivals) = mpsc::channel();
    let reader = tokio::spawn(async move {
        while let Some(Ok(_)) = tail.next().await {
            if seen.send(Instant::now()).is_err() {
                break;
            }
        }
    });
    let (writer, count, record) = (Arc::clone(&file), work.count, vec![0xa5; work.size]);
    let appended = tokio::task::spawn_blocking(move || -> Result<Spread> {
        let mut spread = Spread::new(count);
        for _ in 0..count {
            let begun = Instant::now();
            writer.append(&record)?;
            spread.add(arrivals.recv()?.duration_since(begun));
        }
        Ok(spread)
    });
    let spread = appended.await??;
    file.close().await?;
    reader.await?;
    fs::remove_dir_all(&work.folder)?;
    Ok(spread.of_batches(1))
}

/// Opens a log of many records; `kept` is what that costs in memory, in bytes.
async fn reopen(work: &Work) -> Result<Value> {
    if !work.folder.join("log.log").exists() {
        clear(work)?;
        let mut store = LogStore::open(work)?;
        let record = vec![0xa5; work.size];
        let records = vec![&record[..]; work.batch];
        for _ in 0..work.count / work.batch as u64 {
            store.append(&records)?;
        }
        store.0.close().await?;
    }
    let before = resident()?;
    let begun = Instant::now();
    let file = open(work)?;
    let mut spread = Spread::new(1);
    spread.add(begun.elapsed());
    let kept = resident()? - before;
    anyhow::ensure!(file.len()? == work.count / work.batch as u64 * work.batch as u64, "records are missing");
    file.close().await?;
    let mut told = spread.of_batches(1);
    told["kept"] = json!(kept);
    Ok(told)
}

/// Bytes of memory of this process.
pub(super) fn resident() -> Result<f64> {
    let text = fs::read_to_string("/proc/self/statm")?;
    let pages: f64 = text.split(' ').nth(1).context("no count of pages")?.parse()?;
    Ok(pages * 4096.0)
}

/// Appends to a file in memory.
fn memory(work: &Work) -> Result<Value> {
    let config = RedexFileConfig { max: 1 << 30, ..Default::default() };
    let mut store = LogStore(Redex::new(None)?.open_file("log", config)?);
    let record = vec![0xa5; work.size];
    let records = vec![&record[..]; work.batch];
    let begun = Instant::now();
    for _ in 0..work.count / work.batch as u64 {
        store.append(&records)?;
    }
    let mut spread = Spread::new(1);
    spread.add(begun.elapsed());
    Ok(spread.of_batches(work.count as usize))
}
