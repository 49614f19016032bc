//! Files of records.

use net_types::{
    Timestamp,
    redex::{FORMAT_VERSION, RedexError},
    wire::redex::RedexSegment,
};

use crate::{
    dir::{Dir, File, read_full},
    fault,
};

/// Bytes in front of the first record.
pub(crate) const START: u64 = RedexSegment::SIZE as u64;

/// Which segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    /// Number of its first record.
    pub(crate) first: u64,
    /// Epoch of the writer that made it.
    pub(crate) epoch: u64,
}

impl Name {
    /// The name of the file of records.
    pub(crate) fn file(self) -> String {
        format!("{}.seg", self.stem())
    }

    /// The name of the file of places.
    pub(crate) fn index(self) -> String {
        format!("{}.idx", self.stem())
    }

    /// The segment of a file of records.
    pub(crate) fn parse(file: &str) -> Option<Self> {
        let (first, epoch) = file.strip_suffix(".seg")?.split_once('.')?;
        let name = Self { first: first.parse().ok()?, epoch: u64::from_str_radix(epoch, 16).ok()? };
        (name.file() == file).then_some(name)
    }

    fn stem(self) -> String {
        format!("{:020}.{:016x}", self.first, self.epoch)
    }
}

/// What a segment begins with.
pub(crate) fn header(log_id: u64, name: Name, now: u64) -> Vec<u8> {
    let header = RedexSegment {
        format: FORMAT_VERSION,
        unused: 0,
        log_id,
        epoch: name.epoch,
        first_seq: name.first,
        created: Timestamp(now),
        padding: 0,
        spare: 0,
    };
    header.encode().expect("a header has no bounds")
}

/// What the header of a segment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// When the segment was made, in nanoseconds since the Unix epoch.
    Whole(u64),
    Damaged(&'static str),
}

/// Reads the header of a segment; an error if a later version wrote it.
pub(crate) fn read_header<D: Dir>(
    dir: &D,
    file: &D::File,
    name: Name,
    log_id: u64,
) -> Result<Header, RedexError> {
    let mut bytes = [0; RedexSegment::SIZE];
    let count =
        read_full(file, &mut bytes, 0).map_err(|error| fault::io("read", dir, &name.file(), &error))?;
    let found = match RedexSegment::decode(&bytes[..count]) {
        Ok(found) => found,
        Err(_) if count < bytes.len() => return Ok(Header::Damaged("the header ends early")),
        Err(_) => return Ok(Header::Damaged("the header's checksum is wrong")),
    };
    if found.format > FORMAT_VERSION {
        return Err(newer(fault::path(dir, &name.file()), found.format));
    }
    if (found.log_id, found.first_seq, found.epoch) != (log_id, name.first, name.epoch) {
        return Ok(Header::Damaged("the header is another segment's"));
    }
    Ok(Header::Whole(found.created.0))
}

/// The error of a file that a later version wrote.
pub(crate) fn newer(file: String, found: u16) -> RedexError {
    RedexError::NewerVersion { file, found: found.into(), supported: FORMAT_VERSION.into() }
}

/// Bytes of a file.
pub(crate) fn length<D: Dir>(dir: &D, file: &D::File, name: Name) -> Result<u64, RedexError> {
    file.size().map_err(|error| fault::io("read", dir, &name.file(), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_and_no_other() {
        let name = Name { first: 4096, epoch: 0x1f };
        assert_eq!(name.file(), "00000000000000004096.000000000000001f.seg");
        assert_eq!(Name::parse(&name.file()), Some(name));
        for other in ["head", "4096.1f.seg", "00000000000000004096.000000000000001F.seg", &name.index()] {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }

    #[test]
    fn names_are_in_the_order_of_their_numbers() {
        let names = [(0, 1), (0, 2), (7, 1), (u64::MAX, 0)].map(|(first, epoch)| Name { first, epoch });
        let files = names.map(Name::file);
        assert!(names.is_sorted() && files.is_sorted());
    }
}
