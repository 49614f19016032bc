//! Who a producer is, and which of its ids are used up.

use std::{
    fmt::Debug,
    fs::{self, OpenOptions, TryLockError},
    io::{self, Write},
    path::PathBuf,
    process,
};

/// Numbers that are used up at once, before the first of them is used.
const RESERVED: u64 = 1 << 32;
/// Where the numbers of a file without them begin: the program that wrote it counted from 0 at each start.
const BEHIND_OTHERS: u64 = 1 << 48;

/// Gives events their dedup ids; no id is given twice.
///
/// An event's number is that in its shard, on top of where all numbers of this process begin. What is kept says up to where
/// numbers may have been used, so that the next process begins behind that.
#[derive(Debug)]
pub(crate) struct Producer {
    nonce: u64,
    base: u64,
    reserved: u64,
    keeper: Option<Box<dyn Keeper>>,
}

/// Where a few bytes are kept from one process to the next.
pub(crate) trait Keeper: Debug + Send {
    /// What was kept, if anything was.
    fn load(&mut self) -> io::Result<Option<Vec<u8>>>;
    /// Keeps these bytes in the place of others; all of them or none.
    fn save(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Producer {
    /// The producer whose state is kept, or a new one; `fresh` is a random number for that.
    pub(crate) fn open(keeper: Option<Box<dyn Keeper>>, fresh: u64) -> io::Result<Self> {
        let mut producer = Self { nonce: fresh.max(1), base: 0, reserved: 0, keeper };
        if let Some(kept) = producer.keeper.as_mut().map(|keeper| keeper.load()).transpose()?.flatten() {
            (producer.nonce, producer.base) = parse(&kept)?;
            producer.reserved = producer.base;
        }
        producer.reserve(1)?;
        Ok(producer)
    }

    /// The number of an event, which may be used once [`reserve`](Self::reserve) has answered.
    pub(crate) const fn number(&self, event: u64) -> u64 {
        self.base + event
    }

    /// Who the producer is.
    pub(crate) const fn nonce(&self) -> u64 {
        self.nonce
    }

    /// Sees to it that the numbers of a shard's first `events` events are never used again.
    pub(crate) fn reserve(&mut self, events: u64) -> io::Result<()> {
        let Some(keeper) = &mut self.keeper else {
            return Ok(());
        };
        let wanted = self.base.checked_add(events).and_then(|used| used.checked_add(RESERVED));
        let Some(wanted) = wanted.filter(|_| self.base + events > self.reserved) else {
            return Ok(());
        };
        keeper.save(&print(self.nonce, wanted))?;
        self.reserved = wanted;
        Ok(())
    }

    /// `<nonce>:<shard>:<number of the batch's first event>:<index in the batch>`
    pub(crate) fn dedup_id(&self, shard: usize, first: u64, index: usize) -> String {
        format!("{:x}:{shard}:{first}:{index}", self.nonce)
    }
}

fn print(nonce: u64, reserved: u64) -> Vec<u8> {
    [&[2], nonce.to_le_bytes().as_slice(), &reserved.to_le_bytes()].concat()
}

fn parse(bytes: &[u8]) -> io::Result<(u64, u64)> {
    let number = |at: usize| {
        let bytes: [u8; 8] = bytes.get(at..at + 8)?.try_into().ok()?;
        Some(u64::from_le_bytes(bytes))
    };
    let found = match (bytes.first(), bytes.len()) {
        (Some(1), 9) => number(1).map(|nonce| (nonce, BEHIND_OTHERS)),
        (Some(2), 17) => number(1).zip(number(9)),
        _ => None,
    };
    let found = found.filter(|(nonce, reserved)| *nonce != 0 && reserved.leading_zeros() > 0);
    found.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it holds something else"))
}

/// A file, which nobody else uses meanwhile.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    lock: fs::File,
    /// Whose lock it is.
    process: u32,
}

impl File {
    /// Takes the file for this process; a file beside it, of the same name and `.lock`, says that it is taken.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(beside(&path, "lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, lock, process: process::id() }),
            Err(TryLockError::WouldBlock) => Err(io::Error::other("another node uses it")),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // To close it is not enough: a process that was forked meanwhile has it open until it runs another program. That
        // process must not give the lock away in turn.
        if self.process == process::id() {
            let _ = self.lock.unlock();
        }
    }
}

impl Keeper for File {
    fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn save(&mut self, bytes: &[u8]) -> io::Result<()> {
        let new = beside(&self.path, "new");
        let mut file = fs::File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        // The name has to outlast a loss of power as well.
        self.path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    }
}

fn beside(path: &std::path::Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Debug, Default)]
    struct Memory(Arc<Mutex<(Option<Vec<u8>>, u32)>>);

    impl Memory {
        fn holding(bytes: &[u8]) -> Self {
            Self(Arc::new(Mutex::new((Some(bytes.to_vec()), 0))))
        }

        fn open(&self, fresh: u64) -> io::Result<Producer> {
            Producer::open(Some(Box::new(self.clone())), fresh)
        }

        fn saves(&self) -> u32 {
            self.0.lock().expect("memory").1
        }
    }

    impl Keeper for Memory {
        fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
            Ok(self.0.lock().expect("memory").0.clone())
        }

        fn save(&mut self, bytes: &[u8]) -> io::Result<()> {
            let mut kept = self.0.lock().expect("memory");
            *kept = (Some(bytes.to_vec()), kept.1 + 1);
            Ok(())
        }
    }

    #[test]
    fn no_number_is_used_by_two_processes() {
        let memory = Memory::default();
        let mut first = memory.open(42).expect("a producer");
        assert_eq!(first.dedup_id(3, first.number(0), 7), "2a:3:0:7");
        first.reserve(5).expect("room");
        assert_eq!(memory.saves(), 1);
        first.reserve(RESERVED + 1).expect("room");
        assert_eq!(memory.saves(), 1, "so much was reserved at the start");
        first.reserve(RESERVED + 2).expect("room");
        first.reserve(2 * RESERVED + 100).expect("room");
        assert_eq!(memory.saves(), 3);
        let last = first.number(2 * RESERVED + 99);
        let second = memory.open(43).expect("a producer");
        assert_eq!(second.nonce, 42);
        assert!(second.number(0) > last);
    }

    #[test]
    fn without_a_keeper_the_nonce_is_fresh() {
        let mut producer = Producer::open(None, 0).expect("a producer");
        producer.reserve(u64::MAX).expect("nothing to keep");
        assert_eq!(producer.dedup_id(0, producer.number(9), 0), "1:0:9:0");
    }

    #[test]
    fn the_form_is_pinned() {
        let memory = Memory::default();
        memory.open(0x0102_0304_0506_0708).expect("a producer");
        let kept = memory.0.lock().expect("memory").0.clone().expect("bytes");
        assert_eq!(kept, [2, 8, 7, 6, 5, 4, 3, 2, 1, 1, 0, 0, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn a_file_that_counted_from_zero_is_taken_over() {
        let producer = Memory::holding(&[1, 42, 0, 0, 0, 0, 0, 0, 0]).open(1).expect("a producer");
        assert_eq!(producer.dedup_id(0, producer.number(0), 0), format!("2a:0:{BEHIND_OTHERS}:0"));
    }

    #[test]
    fn other_bytes_are_refused() {
        let zero = [0; 17];
        let full = [2, 1, 1, 1, 1, 1, 1, 1, 1, 255, 255, 255, 255, 255, 255, 255, 255];
        for bytes in [&[][..], &[1], &[3; 17], &[2; 9], &[1; 17], &[1, 0, 0, 0, 0, 0, 0, 0, 0], &zero, &full]
        {
            assert!(Memory::holding(bytes).open(1).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_file_is_free_once_it_is_closed_though_a_forked_process_has_it_open() {
        let folder = std::env::temp_dir().join(format!("net-nonce-shared-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let first = File::open(folder.join("nonce")).expect("free");
        let inherited = first.lock.try_clone().expect("what a fork copies");
        drop(first);
        File::open(folder.join("nonce")).expect("free again");
        drop(inherited);
        fs::remove_dir_all(folder).expect("an end");
    }

    #[test]
    fn a_file_is_used_by_one_at_a_time() {
        let folder = std::env::temp_dir().join(format!("net-nonce-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let open = || File::open(folder.join("nonce")).map(|file| Box::new(file) as Box<dyn Keeper>);
        let first = Producer::open(Some(open().expect("free")), 5).expect("a producer");
        assert_eq!(open().expect_err("taken").to_string(), "another node uses it");
        let used = first.number(0);
        drop(first);
        let second = Producer::open(Some(open().expect("free again")), 6).expect("a producer");
        assert_eq!(second.nonce, 5);
        assert!(second.number(0) > used);
        fs::remove_dir_all(folder).expect("an end");
    }
}
