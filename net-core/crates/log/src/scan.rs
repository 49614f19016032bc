//! The records of a segment, one after the other, and the next valid one behind damage.

use std::{io, sync::Arc};

use crate::{
    dir::{File, read_full},
    record::{self, Flaw, HEADER, Record, Salt, What},
};

/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;

/// Reads the records of a segment.
#[derive(Debug)]
pub(crate) struct Scanner<F> {
    file: Arc<F>,
    salt: Salt,
    /// Bytes of the file from `base` on.
    buffer: Vec<u8>,
    base: u64,
    /// Where the next record begins.
    offset: u64,
    /// The number that the next record has.
    expected: u64,
    /// What stands in front of it is not needed any more.
    floor: u64,
    /// From where on there was nothing but zeros when it was looked at last.
    blank: Option<u64>,
}

/// What stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// A record, and where it begins.
    Record(u64, Record<'a>),
    /// Damage, behind which there are valid records again.
    Hole(Hole),
    /// Zeros, or other bytes without any valid record behind them, or none: what is not written yet, or never was.
    End(Option<&'static str>),
}

/// Bytes of a segment that are no records, with valid records behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) offset: u64,
    /// Numbers that are missing: from `first` to, and without, `next`.
    pub(crate) first: u64,
    pub(crate) next: u64,
    pub(crate) reason: &'static str,
}

impl<F: File> Scanner<F> {
    /// Reads from a place on, at which the record of a number begins.
    pub(crate) const fn new(file: Arc<F>, salt: Salt, offset: u64, expected: u64) -> Self {
        Self { file, salt, buffer: Vec::new(), base: offset, offset, expected, floor: offset, blank: None }
    }

    /// Where the next record begins.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// The number of the next record.
    pub(crate) const fn expected(&self) -> u64 {
        self.expected
    }

    /// Another reader of the same place.
    pub(crate) fn fork(&self) -> Self {
        Self::new(Arc::clone(&self.file), self.salt, self.offset, self.expected)
    }

    /// Goes back to a place at which the record of a number begins.
    pub(crate) fn turn_back(&mut self, offset: u64, expected: u64) {
        (self.offset, self.expected) = (offset, expected);
        self.forget();
    }

    /// Goes on to what stands next. At an end it stays where it is, and looks again when it is asked again.
    pub(crate) fn next(&mut self) -> io::Result<Found<'_>> {
        if self.blank == Some(self.offset) && self.is_still_blank()? {
            return Ok(self.end(None));
        }
        self.floor = self.offset;
        let mut looked = self.look(self.offset)?;
        if let Looked::Flawed(_) = looked {
            // A record may have been written since over the zeros that were read.
            looked = self.look_again()?;
        }
        let reason = match looked {
            Looked::Record(seen) if seen.seq > self.expected => {
                return Ok(self.hole(self.offset, seen.seq, "records are missing"));
            }
            Looked::Record(seen) if seen.seq < self.expected => "a record stands twice",
            Looked::Record(seen) => return Ok(self.pass(seen)),
            Looked::Nothing => return Ok(self.end(None)),
            Looked::Flawed(_) if self.is_blank()? => {
                self.blank = Some(self.offset);
                return Ok(self.end(None));
            }
            Looked::Flawed(reason) => reason,
        };
        let Some((offset, seq)) = self.resume()? else { return Ok(self.end(Some(reason))) };
        // Records are written in their order: if the later one came while this place was read, what belongs here is there now.
        match self.look_again()? {
            Looked::Record(seen) if seen.seq == self.expected => Ok(self.pass(seen)),
            _ => Ok(self.hole(offset, seq, reason)),
        }
    }

    fn end(&mut self, flaw: Option<&'static str>) -> Found<'_> {
        self.forget();
        Found::End(flaw)
    }

    /// What stands at the next place as it is now.
    fn look_again(&mut self) -> io::Result<Looked> {
        self.forget();
        self.floor = self.offset;
        self.look(self.offset)
    }

    fn pass(&mut self, seen: Seen) -> Found<'_> {
        let Seen { seq, what, more, inside, size } = seen;
        let (offset, at) = (self.offset, (self.offset - self.base) as usize);
        let record = Record { seq, what, more, inside, payload: &self.buffer[at + HEADER..at + size] };
        self.offset += size as u64;
        self.expected = record.next();
        Found::Record(offset, record)
    }

    fn hole(&mut self, offset: u64, seq: u64, reason: &'static str) -> Found<'_> {
        let hole = Hole { offset: self.offset, first: self.expected, next: seq, reason };
        (self.offset, self.expected) = (offset, seq);
        Found::Hole(hole)
    }

    /// Whether zeros still stand where the next record will. Records are written in their order, so that none is behind them.
    fn is_still_blank(&self) -> io::Result<bool> {
        let mut header = [1; HEADER];
        read_full(&*self.file, &mut header, self.offset)?;
        Ok(header == [0; HEADER])
    }

    /// Whether there is nothing but zeros up to the end of the file.
    fn is_blank(&mut self) -> io::Result<bool> {
        let mut offset = self.offset;
        loop {
            let bytes = self.at_least(offset, 1)?;
            let (count, zeros) = (bytes.len(), zeros(bytes));
            if count == 0 || zeros < count {
                return Ok(count == 0);
            }
            offset += count as u64;
            self.floor = offset;
        }
    }

    /// The next place behind damage at which a later record stands whole.
    fn resume(&mut self) -> io::Result<Option<(u64, u64)>> {
        // What the damaged record says of its length is most often true, and payloads may hold what looks like records.
        if let Some(header) = self.bytes(self.offset, HEADER)? {
            let length = u32::from_le_bytes(std::array::from_fn(|at| header[at])) as usize;
            let behind = self.offset + (HEADER + length) as u64;
            if length <= record::MAX_PAYLOAD
                && let Looked::Record(seen) = self.look(behind)?
                && seen.seq > self.expected
            {
                return Ok(Some((behind, seen.seq)));
            }
        }
        let mut offset = self.offset + 1;
        let expected = self.expected;
        loop {
            let bytes = self.at_least(offset, HEADER)?;
            if bytes.len() < HEADER {
                return Ok(None);
            }
            let zeros = zeros(bytes);
            if zeros >= HEADER {
                // No header has zeros alone.
                offset += (zeros - HEADER + 1) as u64;
                self.floor = offset;
                continue;
            }
            if record::is_plausible(bytes, expected)
                && let Looked::Record(seen) = self.look(offset)?
            {
                return Ok(Some((offset, seen.seq)));
            }
            self.floor = offset;
            offset += 1;
        }
    }

    /// What stands at a place.
    fn look(&mut self, offset: u64) -> io::Result<Looked> {
        let mut wanted = HEADER;
        loop {
            let salt = self.salt;
            let have = self.at_least(offset, wanted)?;
            if have.is_empty() {
                return Ok(Looked::Nothing);
            }
            match record::parse(have, salt) {
                Ok(record) => {
                    let Record { seq, what, more, inside, .. } = record;
                    return Ok(Looked::Record(Seen { seq, what, more, inside, size: record.size() }));
                }
                Err(Flaw::Short(size)) if size > wanted => wanted = size,
                Err(Flaw::Short(_)) => return Ok(Looked::Flawed("a record ends early")),
                Err(Flaw::Wrong(reason)) => return Ok(Looked::Flawed(reason)),
            }
        }
    }

    /// So many bytes from a place on, if there are so many.
    fn bytes(&mut self, offset: u64, count: usize) -> io::Result<Option<&[u8]>> {
        Ok(self.at_least(offset, count)?.get(..count))
    }

    /// Bytes from a place on: so many, unless the file ends before.
    fn at_least(&mut self, offset: u64, count: usize) -> io::Result<&[u8]> {
        let have = self.base + self.buffer.len() as u64;
        if offset < self.base || offset + count as u64 > have {
            self.fill(offset, count)?;
        }
        Ok(self.buffer.get((offset - self.base) as usize..).unwrap_or_default())
    }

    fn fill(&mut self, offset: u64, count: usize) -> io::Result<()> {
        // What stands in front of the floor is read no more.
        let keep = self.floor.min(offset).max(self.base);
        let have = self.base + self.buffer.len() as u64;
        if keep <= have && offset >= self.base {
            self.buffer.drain(..(keep - self.base) as usize);
            self.base = keep;
        } else {
            self.buffer.clear();
            self.base = offset;
        }
        let have = self.buffer.len();
        let wanted = (offset - self.base) as usize + count;
        // A length that is damaged must not cost memory that the file does not have bytes for.
        let rest = self.file.size()?.saturating_sub(self.base);
        let wanted = wanted.max(have + CHUNK).min(usize::try_from(rest).unwrap_or(usize::MAX)).max(have);
        self.buffer.resize(wanted, 0);
        let read = read_full(&*self.file, &mut self.buffer[have..], self.base + have as u64);
        self.buffer.truncate(have + read.as_ref().map_or(0, |count| *count));
        read.map(|_| ())
    }

    /// Reads anew when it is asked again: the file may have grown, or its last bytes may have changed.
    fn forget(&mut self) {
        self.buffer.clear();
        self.base = self.offset;
    }
}

/// Zeros that bytes begin with.
fn zeros(bytes: &[u8]) -> usize {
    const BLOCK: usize = 64;
    let blocks = bytes.chunks_exact(BLOCK).take_while(|block| **block == [0; BLOCK]).count() * BLOCK;
    blocks + bytes[blocks..].iter().take_while(|byte| **byte == 0).count()
}

enum Looked {
    Record(Seen),
    Flawed(&'static str),
    Nothing,
}

/// A record that is whole, without its payload.
struct Seen {
    seq: u64,
    what: What,
    more: bool,
    inside: bool,
    size: usize,
}
