//! Sends the lines of a file through the bus and reads them back: `demo FILE` prints one line of JSON.

use net_mesh::prelude::*;
use serde_json::json;
use std::process::ExitCode;
use std::time::Instant;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: demo FILE")?;
    let text = std::fs::read_to_string(path)?;
    let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();

    let node = NetNode::create(NetNodeConfig { shards: Some(1), ..Default::default() }).await?;
    let start = Instant::now();
    for line in &lines {
        node.emit_raw(line, None)?;
    }
    let mut read = Vec::with_capacity(lines.len());
    let mut cursor = None;
    while read.len() < lines.len() {
        let page = node.poll(PollRequest { limit: 1000, cursor, ..Default::default() }).await?;
        if page.events.is_empty() {
            break;
        }
        read.extend(page.events);
        cursor = page.next_id;
    }
    let seconds = start.elapsed().as_secs_f64();
    node.shutdown(None).await?;

    let matched = read.iter().map(|event| event.raw.as_str()).eq(lines.iter().copied());
    let (published, read) = (lines.len(), read.len());
    println!(
        "{}",
        json!({ "language": "rust", "published": published, "read": read, "seconds": seconds, "matched": matched })
    );
    Ok(if matched { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
