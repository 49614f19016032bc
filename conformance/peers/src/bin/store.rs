//! The store that is named.

#![forbid(unsafe_code)]

use anyhow::{Result, bail};
use net_peers::stores::{FjallStore, LogStore, RawStore, RedbStore, SqliteStore, serve};

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("raw") => serve::<RawStore>("raw"),
        Some("log") => serve::<LogStore>("log"),
        Some("sqlite") => serve::<SqliteStore>("sqlite"),
        Some("fjall") => serve::<FjallStore>("fjall"),
        Some("redb") => serve::<RedbStore>("redb"),
        _ => bail!("usage: store raw | log | sqlite | fjall | redb"),
    }
}
