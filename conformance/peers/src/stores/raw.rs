//! A file, `write` and `fdatasync`: what no store can be faster than by much.

use std::{fs::File, io::Write as _};

use anyhow::Result;

use super::{Store, Work};

/// A file.
#[derive(Debug)]
pub struct RawStore {
    file: File,
    durable: bool,
    buffer: Vec<u8>,
}

impl Store for RawStore {
    fn open(work: &Work) -> Result<Self> {
        let file = File::create(work.folder.join("file"))?;
        Ok(Self { file, durable: work.durable, buffer: Vec::new() })
    }

    fn append(&mut self, records: &[&[u8]]) -> Result<()> {
        self.buffer.clear();
        records.iter().for_each(|record| self.buffer.extend_from_slice(record));
        self.file.write_all(&self.buffer)?;
        if self.durable {
            self.file.sync_data()?;
        }
        Ok(())
    }
}
