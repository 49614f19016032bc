//! Places in a segment.

use net_types::{
    redex::FORMAT_VERSION,
    wire::redex::{RedexIndex, RedexIndexEntry},
};

use crate::{
    dir::{Dir, File, read_full, write_full},
    segment::Name,
};

/// Bytes between two places that are remembered.
const APART: u64 = 64 << 10;

/// Where records are, and how many there are: what can be told again from the segment at any time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Index {
    pub(crate) events: u64,
    places: Vec<RedexIndexEntry>,
}

/// What the index of a full segment says.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) index: Index,
    /// The number behind the last record.
    pub(crate) next: u64,
    /// Bytes of the segment.
    pub(crate) length: u64,
}

impl Index {
    /// Takes note of where a record begins.
    #[inline]
    pub(crate) fn note(&mut self, seq: u64, offset: u64) {
        if self.places.last().is_none_or(|last| offset - last.offset >= APART) {
            self.places.push(RedexIndexEntry { seq, offset });
        }
    }

    /// Forgets what is not so: places from an offset on.
    pub(crate) fn forget(&mut self, offset: u64) {
        self.places.retain(|place| place.offset < offset);
    }

    /// The nearest known record at or before a number.
    pub(crate) fn locate(&self, seq: u64) -> Option<(u64, u64)> {
        let behind = self.places.partition_point(|place| place.seq <= seq);
        let place = &self.places[behind.checked_sub(1)?];
        Some((place.seq, place.offset))
    }

    /// Writes the index of a segment. It is no harm if that fails: whoever misses it reads the segment.
    pub(crate) fn store<D: Dir>(&self, dir: &D, log_id: u64, name: Name, next: u64, length: u64) {
        let entries =
            self.places.iter().filter_map(|place| place.encode().ok()).flatten().collect::<Vec<u8>>();
        let stored = RedexIndex {
            format: FORMAT_VERSION,
            log_id,
            first_seq: name.first,
            next_seq: next,
            events: self.events,
            length,
            entries: entries.into(),
        };
        let Ok(bytes) = stored.encode() else { return };
        // A part of an index does not pass for one, so it need not come into its place at once.
        let file = dir.create(&name.index()).or_else(|_| dir.open(&name.index(), true));
        if let Ok(file) = file {
            let _ = write_full(&file, &bytes, 0);
            let _ = file.set_len(bytes.len() as u64);
        }
    }

    /// Reads the index of a segment, if there is one that is whole.
    pub(crate) fn load<D: Dir>(dir: &D, log_id: u64, name: Name) -> Option<Stored> {
        let file = dir.open(&name.index(), false).ok()?;
        let mut bytes = vec![0; usize::try_from(file.size().ok()?.min(MAX)).ok()?];
        let count = read_full(&file, &mut bytes, 0).ok()?;
        let stored = RedexIndex::decode(&bytes[..count]).ok()?;
        let fits =
            stored.format <= FORMAT_VERSION && (stored.log_id, stored.first_seq) == (log_id, name.first);
        let places =
            stored.entries.chunks(RedexIndexEntry::SIZE).map(|entry| RedexIndexEntry::decode(entry).ok());
        let index = Self { events: stored.events, places: places.collect::<Option<_>>()? };
        fits.then_some(Stored { index, next: stored.next_seq, length: stored.length })
    }
}

/// More bytes than an index has.
const MAX: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_apart_and_found() {
        let mut index = Index::default();
        for seq in 0..10_000_u64 {
            index.note(seq, 64 + seq * 100);
        }
        assert_eq!(index.places.len() as u64, 1_000_000_u64.div_ceil(APART + 36));
        for seq in [0, 1, 5_000, 9_999, 20_000] {
            let (found, offset) = index.locate(seq).expect("a place");
            assert!(found <= seq && offset == 64 + found * 100);
            assert!(seq > 9_999 || (seq - found) * 100 < 2 * APART);
        }
        assert_eq!(Index::default().locate(7), None);
    }
}
