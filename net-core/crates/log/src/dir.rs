//! What a file system has to offer.

use std::{fmt::Debug, io};

/// A directory that holds one log.
pub trait Dir: Debug + Send + Sync + 'static {
    /// An open file.
    type File: File;
    /// A lock that is held until it is dropped.
    type Lock: Debug + Send + Sync + 'static;

    /// Where it is, for people.
    fn path(&self) -> String;

    /// The names of its files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes a file that is not there.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file to be read, and written if need be.
    fn open(&self, name: &str, write: bool) -> io::Result<Self::File>;

    /// Removes a file; who has it open keeps it.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Gives a file another name, in the place of what had that.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Returns when the names are on disk.
    fn sync(&self) -> io::Result<()>;

    /// Locks a file against every other writer, which it is made for; or tells who holds it.
    fn lock(&self, name: &str) -> io::Result<Result<Self::Lock, String>>;
}

/// An open file.
pub trait File: Debug + Send + Sync + 'static {
    /// Reads some bytes; none at the end.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes some bytes, at least one.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Returns when all bytes that were written are on disk.
    fn sync(&self) -> io::Result<()>;

    /// Cuts the file off, or adds zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Tells how many bytes it has.
    fn size(&self) -> io::Result<u64>;

    /// Tells whether it has a name still.
    fn is_linked(&self) -> io::Result<bool>;
}

/// Reads until the buffer is full or the file ends; tells how many bytes there were.
pub(crate) fn read_full(file: &impl File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match file.read_at(&mut bytes[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Writes all of the bytes.
pub(crate) fn write_full(file: &impl File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match file.write_at(&bytes[done..], offset + done as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
