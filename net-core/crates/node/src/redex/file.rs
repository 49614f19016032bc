//! A file as the interface has it.

use std::sync::Arc;

use bytes::Bytes;
use net_log::{Dir, Entry, Folder, Step};
use net_types::{
    BaseError, Error, api,
    redex::{MAX_RANGE, RedexError, RedexEvent},
};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    queue::{self, Payloads},
    shared::Shared,
    source::Source,
    tail::RedexTailIter,
};

/// Bytes that an event of a range costs besides its payload.
const OVERHEAD: u64 = 64;

/// One append-only file. It is closed when nobody has it or a tail of it any more.
#[derive(Debug)]
pub struct RedexFile<D: Dir = Folder>(pub(super) Arc<Shared<D>>);

impl<D: Dir> api::RedexFile for RedexFile<D> {
    type RedexTailIter = RedexTailIter<D>;

    fn append(&self, payload: &[u8]) -> Result<u64, Error> {
        Ok(first(self.0.append(&[payload])?)?)
    }

    fn append_batch(&self, payloads: &[&[u8]]) -> Result<Option<u64>, Error> {
        Ok(self.0.append(payloads)?)
    }

    async fn append_async(&self, payload: Bytes) -> Result<u64, Error> {
        Ok(first(queue::append(&self.0, Payloads::One([payload])).await?)?)
    }

    async fn append_batch_async(&self, payloads: Vec<Bytes>) -> Result<Option<u64>, Error> {
        queue::append(&self.0, Payloads::All(payloads)).await
    }

    fn read_range(&self, start: u64, end: u64) -> Result<Vec<RedexEvent>, Error> {
        self.0.check_open()?;
        Ok(self.read(start, end)?.into_iter().map(event).collect())
    }

    fn tail(&self, from_seq: u64) -> Result<Arc<RedexTailIter<D>>, Error> {
        self.0.check_open()?;
        Ok(RedexTailIter::open(&self.0, from_seq))
    }

    async fn sync(&self) -> Result<(), Error> {
        let file = Arc::clone(&self.0);
        Ok(blocking(move || file.sync()).await??)
    }

    async fn close(&self) -> Result<(), Error> {
        // At once: who opens the file after this call gets it anew.
        self.0.begin_close();
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

    fn may_wait(&self) -> bool {
        self.0.dir.is_some()
    }
}

impl<D: Dir> RedexFile<D> {
    /// Returns when all that was appended is on disk. It waits for the disk.
    pub(crate) fn sync_now(&self) -> Result<(), RedexError> {
        self.0.sync()
    }

    /// Number of the log, which no other has.
    pub(crate) fn log_id(&self) -> u64 {
        self.0.log_id
    }

    /// Brings all to the disk and lets go of the file, which is closed when this returns if nobody else has it or a tail of it.
    pub(crate) async fn leave(self: Arc<Self>) -> Result<(), Error> {
        api::RedexFile::sync(&*self).await?;
        let leave = move || match Arc::into_inner(self) {
            Some(Self(file)) => Arc::clone(&file.slot).leave(file),
            None => Ok(()),
        };
        Ok(blocking(leave).await??)
    }

    fn read(&self, start: u64, end: u64) -> Result<Vec<Entry>, RedexError> {
        let end = end.min(self.0.next_seq());
        let mut source = Source::range(&self.0, start, end);
        let (mut entries, mut size) = (Vec::new(), 0);
        loop {
            match source.read(&self.0, end)? {
                Step::Entries(more) if more.is_empty() => return Ok(entries),
                Step::Entries(more) => {
                    for entry in more {
                        size += entry.payload.len() as u64 + OVERHEAD;
                        if size > MAX_RANGE && !entries.is_empty() {
                            return Err(RedexError::RangeTooLarge { limit: MAX_RANGE, fits: entry.seq });
                        }
                        entries.push(entry);
                    }
                }
                // Retention was quicker: what it gave up is not retained.
                Step::Lagged(..) => {}
                Step::Damaged(error) => return Err(error),
            }
        }
    }
}

/// An entry as the interface has it.
pub(super) fn event(Entry { seq, skipped, payload }: Entry) -> RedexEvent {
    const CHECKSUM: u64 = (1 << 28) - 1;
    let checksum = (xxh3_64(&payload) & CHECKSUM) as u32;
    RedexEvent { seq, payload, checksum, is_inline: false, skipped }
}

/// Does something that may wait for the disk, on a thread that may wait.
pub(crate) async fn blocking<T: Send + 'static>(
    what: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(what).await;
    done.map_err(|error| BaseError::Internal { detail: error.to_string() }.into())
}

/// The number of one event, which every append of one has.
fn first(first: Option<u64>) -> Result<u64, BaseError> {
    first.ok_or_else(|| BaseError::Internal { detail: "an event got no number".to_owned() })
}
