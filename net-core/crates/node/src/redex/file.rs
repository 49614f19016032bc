//! A file as the interface has it.

use std::sync::Arc;

use bytes::Bytes;
use net_log::{Entry, Folder, Reader, Step};
use net_types::{
    BaseError, Error, api,
    redex::{RedexError, RedexEvent},
};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    queue,
    shared::{Shared, Store},
    tail::RedexTailIter,
};

/// Entries, and bytes of them, that are read at once.
pub(super) const ENTRIES: usize = 1024;
pub(super) const BYTES: usize = 1 << 20;

/// One append-only file. It is closed when nobody has it or a tail of it any more.
#[derive(Debug)]
pub struct RedexFile(pub(super) Arc<Shared>);

impl api::RedexFile for RedexFile {
    type RedexTailIter = RedexTailIter;

    fn append(&self, payload: &[u8]) -> Result<u64, Error> {
        Ok(first(self.0.append(&[payload])?)?)
    }

    fn append_batch(&self, payloads: &[&[u8]]) -> Result<Option<u64>, Error> {
        Ok(self.0.append(payloads)?)
    }

    async fn append_async(&self, payload: Bytes) -> Result<u64, Error> {
        Ok(first(queue::append(&self.0, vec![payload]).await?)?)
    }

    async fn append_batch_async(&self, payloads: Vec<Bytes>) -> Result<Option<u64>, Error> {
        Ok(queue::append(&self.0, payloads).await?)
    }

    fn read_range(&self, start: u64, end: u64) -> Result<Vec<RedexEvent>, Error> {
        self.0.check_open()?;
        let entries = match &self.0.folder {
            Some(folder) => self.read_disk(folder, start, end)?,
            None => self.read_memory(start, end),
        };
        Ok(entries.into_iter().map(event).collect())
    }

    fn tail(&self, from_seq: u64) -> Result<Arc<RedexTailIter>, Error> {
        self.0.check_open()?;
        Ok(RedexTailIter::open(&self.0, from_seq))
    }

    async fn sync(&self) -> Result<(), Error> {
        let file = Arc::clone(&self.0);
        Ok(blocking(move || file.sync()).await??)
    }

    async fn close(&self) -> Result<(), Error> {
        let file = Arc::clone(&self.0);
        Ok(blocking(move || file.close()).await??)
    }

    fn len(&self) -> Result<u64, Error> {
        Ok(self.0.lock().store.events())
    }

    fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.len()? == 0)
    }

    fn next_seq(&self) -> Result<u64, Error> {
        Ok(self.0.next_seq())
    }
}

impl RedexFile {
    fn read_disk(&self, folder: &Arc<Folder>, start: u64, end: u64) -> Result<Vec<Entry>, RedexError> {
        let end = end.min(self.0.next_seq());
        let mut reader = Reader::range(Arc::clone(folder), start, end);
        let mut entries = Vec::new();
        loop {
            match read(&self.0, &mut reader, end)? {
                Step::Entries(more) if more.is_empty() => return Ok(entries),
                Step::Entries(more) => entries.extend(more),
                // Retention was quicker: what it gave up is not retained.
                Step::Lagged(..) => {}
                Step::Damaged(error) => return Err(error),
            }
        }
    }

    fn read_memory(&self, start: u64, end: u64) -> Vec<Entry> {
        let state = self.0.lock();
        let Store::Memory(log) = &state.store else { return Vec::new() };
        match log.read(start.max(log.first_seq()), end, usize::MAX, usize::MAX) {
            Step::Entries(entries) => entries,
            Step::Lagged(..) | Step::Damaged(_) => Vec::new(),
        }
    }
}

/// Reads what comes next of the numbers before `until`. That nothing does though the writer has written it is an error.
pub(super) fn read(file: &Shared, reader: &mut Reader<Folder>, until: u64) -> Result<Step, RedexError> {
    let known = known(file, reader.at());
    let step = reader.read(ENTRIES, BYTES, known)?;
    let is_missing = reader.at() < known.next.unwrap_or(0).min(until);
    match (&step, &file.folder) {
        (Step::Entries(entries), Some(folder)) if entries.is_empty() && is_missing => {
            Err(RedexError::Vanished { path: net_log::Dir::path(&**folder) })
        }
        _ => Ok(step),
    }
}

/// What the writer knows near a number.
fn known(file: &Shared, at: u64) -> net_log::Known {
    match &file.lock().store {
        Store::Disk(log) => net_log::Known { next: Some(log.next_seq()), place: log.place(at) },
        Store::Memory(log) => net_log::Known { next: Some(log.next_seq()), place: None },
    }
}

/// An entry as the interface has it.
pub(super) fn event(Entry { seq, skipped, payload }: Entry) -> RedexEvent {
    const CHECKSUM: u64 = (1 << 28) - 1;
    let checksum = (xxh3_64(&payload) & CHECKSUM) as u32;
    RedexEvent { seq, payload, checksum, is_inline: false, skipped }
}

/// Does something that may wait for the disk, on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(
    what: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(what).await;
    done.map_err(|error| BaseError::Internal { detail: error.to_string() }.into())
}

/// The number of one event, which every append of one has.
fn first(first: Option<u64>) -> Result<u64, BaseError> {
    first.ok_or_else(|| BaseError::Internal { detail: "an event got no number".to_owned() })
}
