//! One end of many sessions that are only there, by an allocator that counts.

#![forbid(unsafe_code)]

use std::alloc::System;

use anyhow::Result;
use net_peers::{allow_many_files, mesh::MeshPeer, run};
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<()> {
    allow_many_files()?;
    run::<MeshPeer>("idle", Some(kept))
}

/// Bytes that are allocated now.
fn kept() -> Value {
    let stats = GLOBAL.stats();
    json!(stats.bytes_allocated as i64 - stats.bytes_deallocated as i64)
}
