//! The segment that is written to.

use std::sync::Arc;

use crate::{
    dir::{File, write_full},
    index::Index,
    segment::{Name, START},
};

/// Zeros that are written ahead at once: so many times what was appended, within limits.
const TIMES: u64 = 16;
const FEWEST: u64 = 64 << 10;
const MOST: u64 = 1 << 20;

/// What zeros end with a multiple of, since systems write files by the page.
const PAGE: u64 = 4096;

static ZEROS: [u8; FEWEST as usize] = [0; FEWEST as usize];

/// The segment that is written to.
#[derive(Debug)]
pub(crate) struct Active<F> {
    pub(crate) name: Name,
    pub(crate) file: Arc<F>,
    /// Bytes up to where the next record goes.
    pub(crate) length: u64,
    /// Bytes with the zeros that were written ahead.
    room: u64,
    pub(crate) created: u64,
    pub(crate) index: Index,
}

impl<F: File> Active<F> {
    /// A segment that has so many bytes.
    pub(crate) const fn new(name: Name, file: Arc<F>, length: u64, created: u64, index: Index) -> Self {
        Self { name, file, length, room: length, created, index }
    }

    /// Writes zeros behind what has just been appended and ends at `end`, unless there are some left, up to `most` bytes of the
    /// segment.
    ///
    /// Where a file has its bytes already, to sync it the system need not write down that it has grown, which takes as long
    /// again. It is no harm if that fails: the next records make the file longer by themselves.
    pub(crate) fn write_ahead(&mut self, end: u64, most: u64) {
        if end <= self.room {
            return;
        }
        let ahead = (end - self.length).saturating_mul(TIMES).clamp(FEWEST, MOST);
        self.room = (end + ahead).next_multiple_of(PAGE).min(START.saturating_add(most)).max(end);
        let mut at = end;
        while at < self.room {
            let count = (self.room - at).min(FEWEST) as usize;
            if write_full(&*self.file, &ZEROS[..count], at).is_err() {
                return;
            }
            at += count as u64;
        }
    }

    /// Cuts off what stands behind the last record, if anything does.
    pub(crate) fn cut(&mut self) -> std::io::Result<()> {
        self.file.set_len(self.length)?;
        self.room = self.length;
        Ok(())
    }

    /// Cuts off the zeros that were written ahead; tells how many bytes the file has.
    pub(crate) fn finish(&mut self) -> u64 {
        if self.room == self.length || self.cut().is_ok() {
            return self.length;
        }
        self.file.size().unwrap_or(self.room)
    }
}
