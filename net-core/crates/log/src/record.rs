//! Records among bytes.

use net_types::{
    redex::RecordKind,
    wire::redex::{RedexGap, RedexRecord},
};

/// Bytes in front of a payload.
pub(crate) const HEADER: usize = RedexRecord::SIZE;

/// The longest payload.
pub(crate) const MAX_PAYLOAD: usize = net_types::redex::MAX_PAYLOAD as usize;

/// The bits of the flags.
const MORE: u8 = 1;
const INSIDE: u8 = 2;

/// CRC-32C (Castagnoli, RFC 3720) of some bytes.
pub fn crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
}

/// What the checksums of a log begin with, so that no record of another log passes for one of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Salt(u32);

impl Salt {
    pub(crate) fn new(log_id: u64) -> Self {
        Self(crc(&log_id.to_le_bytes()))
    }

    /// The checksum of a header and a payload.
    fn sum(self, header: &[u8; HEADER], payload: &[u8]) -> u32 {
        let sum = crc32c::crc32c_append(self.0, &header[..4]);
        crc32c::crc32c_append(crc32c::crc32c_append(sum, &header[8..]), payload)
    }
}

/// A record among other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) seq: u64,
    pub(crate) what: What,
    /// Whether the next record belongs to the same batch.
    pub(crate) more: bool,
    /// Whether the record before belongs to the same batch.
    pub(crate) inside: bool,
    pub(crate) payload: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Event,
    /// Numbers from the record's own on that no record has.
    Gap(u64),
}

/// Why bytes are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// There have to be so many bytes to tell.
    Short(usize),
    Wrong(&'static str),
}

impl Record<'_> {
    /// Bytes of the record with its header.
    pub(crate) const fn size(&self) -> usize {
        HEADER + self.payload.len()
    }

    pub(crate) const fn is_event(&self) -> bool {
        matches!(self.what, What::Event)
    }

    /// The number behind the record.
    pub(crate) const fn next(&self) -> u64 {
        match self.what {
            What::Event => self.seq.saturating_add(1),
            What::Gap(skipped) => self.seq.saturating_add(skipped),
        }
    }
}

/// Adds the records of a batch, whose numbers begin with `seq`.
#[inline]
pub(crate) fn put_batch(buffer: &mut Vec<u8>, salt: Salt, seq: u64, payloads: &[&[u8]]) {
    for (at, payload) in payloads.iter().enumerate() {
        let more = if at + 1 < payloads.len() { MORE } else { 0 };
        let inside = if at > 0 { INSIDE } else { 0 };
        put(buffer, salt, seq + at as u64, RecordKind::Event, more | inside, payload);
    }
}

/// Adds the record of a gap.
pub(crate) fn put_gap(buffer: &mut Vec<u8>, salt: Salt, seq: u64, skipped: u64) {
    put(buffer, salt, seq, RecordKind::Gap, 0, &skipped.to_le_bytes());
}

/// Adds a record again as it was read.
pub(crate) fn put_again(buffer: &mut Vec<u8>, salt: Salt, record: &Record<'_>) {
    let flags = if record.more { MORE } else { 0 } | if record.inside { INSIDE } else { 0 };
    match record.what {
        What::Event => put(buffer, salt, record.seq, RecordKind::Event, flags, record.payload),
        What::Gap(_) => put(buffer, salt, record.seq, RecordKind::Gap, flags, record.payload),
    }
}

#[inline]
fn put(buffer: &mut Vec<u8>, salt: Salt, seq: u64, kind: RecordKind, flags: u8, payload: &[u8]) {
    // By hand, since appending is what a log does most: the layout's own encoder makes a vector for each.
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    header[8..16].copy_from_slice(&seq.to_le_bytes());
    header[16] = kind.tag();
    header[17] = flags;
    let sum = salt.sum(&header, payload);
    header[4..8].copy_from_slice(&sum.to_le_bytes());
    buffer.extend_from_slice(&header);
    buffer.extend_from_slice(payload);
}

/// Reads the record that bytes begin with.
pub(crate) fn parse(bytes: &[u8], salt: Salt) -> Result<Record<'_>, Flaw> {
    let Some(header) = bytes.first_chunk::<HEADER>() else { return Err(Flaw::Short(HEADER)) };
    let parts = RedexRecord::decode(header).map_err(|_| Flaw::Wrong("no header of a record"))?;
    let size = HEADER + parts.length as usize;
    let payload = bytes.get(HEADER..size).ok_or(Flaw::Short(size))?;
    if salt.sum(header, payload) != parts.crc {
        return Err(Flaw::Wrong("the checksum is wrong"));
    }
    let what = match parts.kind {
        RecordKind::Event => What::Event,
        RecordKind::Gap => {
            What::Gap(RedexGap::decode(payload).map_err(|_| Flaw::Wrong("no payload of a gap"))?.skipped)
        }
    };
    Ok(Record { seq: parts.seq, what, more: parts.flags_more, inside: parts.flags_inside, payload })
}

/// Whether bytes could begin a record of a number above `least`, at the cost of a few comparisons.
pub(crate) fn is_plausible(bytes: &[u8], least: u64) -> bool {
    let Some(header) = bytes.first_chunk::<HEADER>() else { return false };
    let [.., kind, flags, a, b, c, d, e, f] = *header;
    let seq = u64::from_le_bytes(std::array::from_fn(|at| header[8 + at]));
    matches!(kind, 1 | 2) && flags <= MORE | INSIDE && [a, b, c, d, e, f] == [0; 6] && seq > least
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: u64 = 0x0123_4567_89ab_cdef;

    fn event(seq: u64, more: bool, payload: &[u8]) -> Vec<u8> {
        let record = Record { seq, what: What::Event, more, inside: false, payload };
        let mut bytes = Vec::new();
        put_again(&mut bytes, Salt::new(SALT), &record);
        bytes
    }

    #[test]
    fn the_checksum_is_that_of_the_published_vectors() {
        assert_eq!(crc(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn reads_what_it_has_written() {
        let bytes = event(7, true, b"payload");
        let record = parse(&bytes, Salt::new(SALT)).expect("a record");
        assert_eq!(
            record,
            Record { seq: 7, what: What::Event, more: true, inside: false, payload: b"payload" }
        );
        assert_eq!((record.size(), record.next()), (bytes.len(), 8));
        let mut bytes = Vec::new();
        put_gap(&mut bytes, Salt::new(SALT), 8, 56);
        let gap = parse(&bytes, Salt::new(SALT)).expect("a gap");
        assert_eq!((gap.what, gap.next()), (What::Gap(56), 64));
    }

    #[test]
    fn a_batch_knows_where_it_begins_and_ends() {
        let mut bytes = Vec::new();
        put_batch(&mut bytes, Salt::new(SALT), 5, &[b"a", b"b", b"c"]);
        let records = bytes.chunks(HEADER + 1).map(|bytes| parse(bytes, Salt::new(SALT)).expect("a record"));
        let flags: Vec<_> = records.map(|record| (record.seq, record.inside, record.more)).collect();
        assert_eq!(flags, [(5, false, true), (6, true, true), (7, true, false)]);
    }

    #[test]
    fn the_header_is_the_layout() {
        let bytes = event(u64::MAX - 1, true, b"x");
        let parts = RedexRecord::decode(&bytes[..HEADER]).expect("a header");
        let again = RedexRecord { flags_rest: 0, ..parts.clone() };
        assert_eq!(again.encode().expect("bytes"), &bytes[..HEADER]);
        assert_eq!((parts.length, parts.seq, parts.flags_more), (1, u64::MAX - 1, true));
    }

    #[test]
    fn no_flipped_bit_passes() {
        let bytes = event(3, false, b"some payload");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(parse(&flipped, Salt::new(SALT)).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn no_record_of_another_log_passes() {
        let bytes = event(3, false, b"some payload");
        assert_eq!(parse(&bytes, Salt::new(SALT + 1)), Err(Flaw::Wrong("the checksum is wrong")));
    }

    #[test]
    fn zeros_and_parts_are_no_records() {
        assert!(matches!(parse(&[0; 64], Salt::new(SALT)), Err(Flaw::Wrong(_))));
        let bytes = event(3, false, b"some payload");
        for length in 0..bytes.len() {
            let wants = if length < HEADER { HEADER } else { bytes.len() };
            assert_eq!(parse(&bytes[..length], Salt::new(SALT)), Err(Flaw::Short(wants)));
        }
    }

    #[test]
    fn what_is_a_record_is_plausible() {
        let bytes = event(3, true, b"");
        assert!(is_plausible(&bytes, 2));
        assert!(!is_plausible(&bytes, 3));
        assert!(!is_plausible(&[0; HEADER], 0));
    }
}
