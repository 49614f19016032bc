//! A directory of the system's files.

use std::{
    fs::{self, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process,
};

use crate::dir::{Dir, File};

/// A directory of the system's files. It has to be there before a log is opened in it.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// The lock of a folder.
#[derive(Debug)]
pub struct FolderLock {
    file: fs::File,
    /// Whose lock it is.
    process: u32,
}

impl Folder {
    /// The folder of a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder of a path, which is made if need be, with those above it; their names are on disk.
    pub fn make(path: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = Self::new(path);
        let is_there = |path: &Path| path.as_os_str().is_empty() || path.is_dir();
        let missing: Vec<&Path> = folder.0.ancestors().take_while(|above| !is_there(above)).collect();
        fs::create_dir_all(&folder.0)?;
        for above in missing.into_iter().filter_map(Path::parent) {
            let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
            Self::new(above).sync()?;
        }
        Ok(folder)
    }

    /// Where it is.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl Dir for Folder {
    type File = fs::File;
    type Lock = FolderLock;

    fn path(&self) -> String {
        self.0.display().to_string()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        // No file of a log has a name that is not UTF-8.
        names.filter_map(Result::transpose).collect()
    }

    fn create(&self, name: &str) -> io::Result<fs::File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(self.0.join(name))
    }

    fn open(&self, name: &str, write: bool) -> io::Result<fs::File> {
        OpenOptions::new().read(true).write(write).open(self.0.join(name))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    fn sync(&self) -> io::Result<()> {
        // Windows opens no directory as a file, and brings names to the disk by itself.
        if cfg!(unix) { fs::File::open(&self.0)?.sync_all() } else { Ok(()) }
    }

    fn lock(&self, name: &str) -> io::Result<Result<FolderLock, String>> {
        let path = self.0.join(name);
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {
                // That it cannot be told who has the log, as on a full disk, keeps nobody from it.
                let _ = file.set_len(0).and_then(|()| write!(file, "process {}", process::id()));
                Ok(Ok(FolderLock { file, process: process::id() }))
            }
            Err(TryLockError::WouldBlock) => {
                Ok(Err(holder(&path).unwrap_or_else(|| "another process".to_owned())))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Who has a lock, as it says of itself.
fn holder(path: &Path) -> Option<String> {
    let mut holder = String::new();
    fs::File::open(path).ok()?.take(64).read_to_string(&mut holder).ok()?;
    Some(holder).filter(|holder| !holder.is_empty())
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // To close it is not enough: a process that was forked meanwhile has it open until it runs another program. That
        // process must not give the lock away in turn.
        if self.process == process::id() {
            let _ = self.file.unlock();
        }
    }
}

impl File for fs::File {
    #[cfg(unix)]
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, bytes, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, bytes, offset)
    }

    #[cfg(unix)]
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::write_at(self, bytes, offset)
    }

    #[cfg(windows)]
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_write(self, bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        Self::set_len(self, len)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    #[cfg(unix)]
    fn is_linked(&self) -> io::Result<bool> {
        Ok(std::os::unix::fs::MetadataExt::nlink(&self.metadata()?) > 0)
    }

    /// A file that is open cannot be removed.
    #[cfg(windows)]
    fn is_linked(&self) -> io::Result<bool> {
        Ok(true)
    }
}
