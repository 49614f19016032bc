//! How far long work is, told while it runs.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use net_log::{Dir, File, Folder, FolderLock};

use crate::text;

/// Work that ends within this time says nothing on a terminal.
const PATIENCE: Duration = Duration::from_millis(500);

/// Time between two lines, on a terminal and elsewhere.
const TERMINAL: Duration = Duration::from_millis(100);
const ELSEWHERE: Duration = Duration::from_secs(1);

/// A folder that counts what is read of its segments.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    folder: Folder,
    read: Arc<AtomicU64>,
}

/// A file of a folder that counts.
#[derive(Debug)]
pub(crate) struct WatchedFile {
    file: fs::File,
    /// Where it is counted: the rest of a log is small.
    read: Option<Arc<AtomicU64>>,
}

/// Tells how far it is until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Nothing is ever sent: the thread ends when this is dropped.
    running: Option<Sender<()>>,
    teller: Option<JoinHandle<()>>,
}

impl Watched {
    pub(crate) fn new(folder: Folder) -> Self {
        Self { folder, read: Arc::default() }
    }

    /// Bytes of all segments.
    pub(crate) fn total(&self) -> u64 {
        let files = self.folder.list().unwrap_or_default();
        let segments = files.iter().filter(|file| is_segment(file));
        segments.filter_map(|file| Some(fs::metadata(self.folder.as_path().join(file)).ok()?.len())).sum()
    }

    /// Begins to tell how much is read, if standard error is a terminal or somebody wants it anyway.
    pub(crate) fn progress(&self, total: Option<u64>, wants_it: bool) -> Progress {
        let is_terminal = io::stderr().is_terminal();
        if !is_terminal && !wants_it {
            return Progress { running: None, teller: None };
        }
        let (running, ended) = mpsc::channel::<()>();
        let read = Arc::clone(&self.read);
        let teller = thread::spawn(move || {
            let mut wait = if is_terminal { PATIENCE } else { ELSEWHERE };
            let mut has_told = false;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                tell(read.load(Ordering::Relaxed), total, is_terminal);
                (wait, has_told) = (if is_terminal { TERMINAL } else { ELSEWHERE }, true);
            }
            match is_terminal {
                true if has_told => drop(write!(io::stderr(), "\r\x1b[K")),
                true => {}
                false => tell(read.load(Ordering::Relaxed), total, false),
            }
        });
        Progress { running: Some(running), teller: Some(teller) }
    }
}

fn tell(read: u64, total: Option<u64>, is_terminal: bool) {
    let line = match total.filter(|total| *total > 0) {
        // Some bytes are read twice.
        Some(total) => {
            let read = read.min(total);
            let percent = u128::from(read) * 100 / u128::from(total);
            format!("read {} of {} ({percent} %)", text::size(read), text::size(total))
        }
        None => format!("read {}", text::size(read)),
    };
    let mut err = io::stderr().lock();
    let _ = if is_terminal { write!(err, "\r\x1b[K{line}") } else { writeln!(err, "{line}") };
    let _ = err.flush();
}

fn is_segment(name: &str) -> bool {
    name.ends_with(".seg")
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.running = None;
        if let Some(teller) = self.teller.take() {
            let _ = teller.join();
        }
    }
}

impl Watched {
    fn watch(&self, name: &str, file: fs::File) -> WatchedFile {
        WatchedFile { file, read: is_segment(name).then(|| Arc::clone(&self.read)) }
    }
}

impl Dir for Watched {
    type File = WatchedFile;
    type Lock = FolderLock;

    fn path(&self) -> String {
        self.folder.path()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.folder.list()
    }

    fn create(&self, name: &str) -> io::Result<WatchedFile> {
        Ok(self.watch(name, self.folder.create(name)?))
    }

    fn open(&self, name: &str, write: bool) -> io::Result<WatchedFile> {
        Ok(self.watch(name, self.folder.open(name, write)?))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.folder.remove(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.folder.rename(from, to)
    }

    fn sync(&self) -> io::Result<()> {
        self.folder.sync()
    }

    fn lock(&self, name: &str) -> io::Result<Result<FolderLock, String>> {
        self.folder.lock(name)
    }
}

impl File for WatchedFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let count = File::read_at(&self.file, bytes, offset)?;
        if let Some(read) = &self.read {
            read.fetch_add(count as u64, Ordering::Relaxed);
        }
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        File::write_at(&self.file, bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        File::sync(&self.file)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(&self.file, len)
    }

    fn size(&self) -> io::Result<u64> {
        File::size(&self.file)
    }

    fn is_linked(&self) -> io::Result<bool> {
        File::is_linked(&self.file)
    }
}
