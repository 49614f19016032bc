//! Tasks, a state that follows from a log, through the Rust SDK.

use std::{sync::OnceLock, time::Instant};

use anyhow::{Context as _, Result};
use net_mesh::{AdapterOptions, OriginHash, Redex, TaskFilter, TaskStatus, TasksAdapter, Timestamp};
use serde_json::{Value, json};

use super::{Work, clear, log::resident};
use crate::Spread;

/// Items of a short list.
const FEW: u32 = 20;

/// How often a short list is asked for in a round.
const LISTS: u64 = 1000;

/// One task is completed of so many.
const COMPLETED: u64 = 10;

/// From a change to the state that has it.
pub(super) async fn create(work: &Work) -> Result<Value> {
    let tasks = open(&Redex::new(None)?, false).await?;
    let title = "t".repeat(work.size);
    let mut spread = Spread::new(work.count);
    for id in 0..work.count {
        let begun = Instant::now();
        let receipt = tasks.create(id, &title, Timestamp(id))?;
        tasks.wait_for_seq(receipt.seq, None).await?;
        spread.add(begun.elapsed());
    }
    tasks.close().await?;
    Ok(spread.of_batches(1))
}

/// Short lists of many tasks that an index serves; `kept` is what those cost in memory, in bytes; their log is on disk.
pub(super) async fn filter(work: &Work) -> Result<Value> {
    let (tasks, kept) = match FILLED.get() {
        Some(filled) => filled,
        None => {
            let filled = fill(work).await?;
            FILLED.get_or_init(|| filled)
        }
    };
    let filter = TaskFilter { status: Some(TaskStatus::Completed), limit: Some(FEW), ..Default::default() };
    let mut spread = Spread::new(LISTS);
    for _ in 0..LISTS {
        let begun = Instant::now();
        let listed = tasks.list_tasks(filter.clone())?;
        spread.add(begun.elapsed());
        anyhow::ensure!(listed.len() == FEW as usize, "{} tasks are listed", listed.len());
    }
    let mut told = spread.of_batches(1);
    told["kept"] = json!(kept);
    Ok(told)
}

/// Tasks that live as long as the program, and what they cost.
static FILLED: OnceLock<(TasksAdapter, f64)> = OnceLock::new();

async fn fill(work: &Work) -> Result<(TasksAdapter, f64)> {
    clear(work)?;
    let before = resident()?;
    // On disk, so that what is counted is the state.
    let redex = Redex::below(&work.folder.display().to_string())?;
    let tasks = open(&redex, true).await?;
    let mut last = None;
    for id in 0..work.count {
        let title = format!("{id:0>width$}", width = work.size);
        last = Some(tasks.create(id, &title, Timestamp(id))?);
        if id % COMPLETED == 0 {
            last = Some(tasks.complete(id, Timestamp(id))?);
        }
    }
    tasks.wait_for_seq(last.context("no tasks")?.seq, None).await?;
    Ok((tasks, resident()? - before))
}

async fn open(redex: &Redex, persistent: bool) -> Result<TasksAdapter> {
    let options = AdapterOptions { persistent, ..Default::default() };
    Ok(TasksAdapter::open(redex, OriginHash(1), options).await?)
}
