//! The disk as processes see it.

use super::Disk;
use net_log::{Dir, File};
use std::io;

/// The directory of a disk.
#[derive(Debug, Clone)]
pub struct DiskDir(Disk);

/// An open file of a disk.
#[derive(Debug)]
pub struct DiskFile {
    disk: Disk,
    file: usize,
}

/// A lock of a disk, which ends with its holder.
#[derive(Debug)]
pub struct DiskLock {
    disk: Disk,
    number: u64,
}

impl DiskDir {
    pub(super) const fn new(disk: Disk) -> Self {
        Self(disk)
    }

    fn open_file(&self, file: usize) -> DiskFile {
        DiskFile { disk: self.0.clone(), file }
    }
}

impl Dir for DiskDir {
    type File = DiskFile;
    type Lock = DiskLock;

    fn path(&self) -> String {
        "disk".to_owned()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.0.lock().list()
    }

    fn create(&self, name: &str) -> io::Result<DiskFile> {
        let file = self.0.lock().create(name)?;
        Ok(self.open_file(file))
    }

    fn open(&self, name: &str, _: bool) -> io::Result<DiskFile> {
        let file = self.0.lock().find(name)?;
        Ok(self.open_file(file))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.lock().remove(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.lock().rename(from, to)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.lock().sync_names()
    }

    fn lock(&self, _: &str) -> io::Result<Result<DiskLock, String>> {
        let mut state = self.0.lock();
        state.check()?;
        if state.holder.is_some() {
            return Ok(Err("another process".to_owned()));
        }
        state.locks += 1;
        let number = state.locks;
        state.holder = Some(number);
        Ok(Ok(DiskLock { disk: self.0.clone(), number }))
    }
}

impl Drop for DiskLock {
    fn drop(&mut self) {
        let mut state = self.disk.lock();
        if state.holder == Some(self.number) {
            state.holder = None;
        }
    }
}

impl File for DiskFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.lock().read(self.file, bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.disk.lock().write(self.file, bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.lock().sync(self.file)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.lock().set_len(self.file, len)
    }

    fn size(&self) -> io::Result<u64> {
        self.disk.lock().length(self.file)
    }

    fn is_linked(&self) -> io::Result<bool> {
        self.disk.lock().is_linked(self.file)
    }
}
