//! What is on a disk, and what the system takes for it.

use super::{Fault, Faults, Odds};
use crate::{Chance, Random};
use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
};

/// What a disk writes at once.
const SECTOR: usize = 512;

#[derive(Debug)]
pub(super) struct State {
    pub(super) random: Random,
    pub(super) odds: Odds,
    pub(super) faults: Faults,
    pub(super) hasher: blake3::Hasher,
    pub(super) calls: u64,
    pub(super) dies_in: Option<u64>,
    pub(super) is_dead: bool,
    pub(super) is_read_only: bool,
    pub(super) holder: Option<u64>,
    pub(super) locks: u64,
    files: Vec<Inode>,
    names: BTreeMap<String, usize>,
    /// Names that are on disk, and changes since.
    safe_names: BTreeMap<String, usize>,
    changes: Vec<Change>,
}

#[derive(Debug, Default)]
struct Inode {
    content: Vec<u8>,
    /// Bytes that are on disk, and changes since.
    safe: Vec<u8>,
    writes: Vec<Write>,
}

#[derive(Debug)]
enum Write {
    Bytes { offset: usize, bytes: Vec<u8>, is_doomed: bool },
    Length { length: usize, is_doomed: bool },
}

#[derive(Debug)]
enum Change {
    Link(String, usize),
    Unlink(String),
    Rename(String, String, usize),
}

impl State {
    pub(super) fn new(random: Random) -> Self {
        Self {
            random,
            odds: Odds::default(),
            faults: Faults::default(),
            hasher: blake3::Hasher::new(),
            calls: 0,
            dies_in: None,
            is_dead: false,
            is_read_only: false,
            holder: None,
            locks: 0,
            files: Vec::new(),
            names: BTreeMap::new(),
            safe_names: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    // What processes call ------------------------------------------------------------------------

    pub(super) fn list(&mut self) -> io::Result<Vec<String>> {
        self.check()?;
        Ok(self.names.keys().cloned().collect())
    }

    pub(super) fn find(&mut self, name: &str) -> io::Result<usize> {
        self.check()?;
        self.names.get(name).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub(super) fn create(&mut self, name: &str) -> io::Result<usize> {
        self.change("create", name.as_bytes())?;
        if self.names.contains_key(name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.fail(self.odds.no_space, Fault::NoSpace, ErrorKind::StorageFull)?;
        self.files.push(Inode::default());
        let file = self.files.len() - 1;
        self.names.insert(name.to_owned(), file);
        self.changes.push(Change::Link(name.to_owned(), file));
        Ok(file)
    }

    pub(super) fn remove(&mut self, name: &str) -> io::Result<()> {
        self.change("remove", name.as_bytes())?;
        self.fail(self.odds.name, Fault::NameFailed, ErrorKind::Other)?;
        self.names.remove(name).ok_or(ErrorKind::NotFound)?;
        self.changes.push(Change::Unlink(name.to_owned()));
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.change("rename", from.as_bytes())?;
        self.fail(self.odds.name, Fault::NameFailed, ErrorKind::Other)?;
        let file = self.names.remove(from).ok_or(ErrorKind::NotFound)?;
        self.names.insert(to.to_owned(), file);
        self.changes.push(Change::Rename(from.to_owned(), to.to_owned(), file));
        Ok(())
    }

    pub(super) fn sync_names(&mut self) -> io::Result<()> {
        self.change("sync names", &[])?;
        self.fail(self.odds.sync, Fault::NameSyncFailed, ErrorKind::Other)?;
        self.safe_names = self.names.clone();
        self.changes.clear();
        Ok(())
    }

    pub(super) fn read(&mut self, file: usize, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.check()?;
        self.fail(self.odds.read, Fault::ReadFailed, ErrorKind::Other)?;
        let content = &self.files[file].content;
        let rest = content.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
        let count = rest.len().min(bytes.len());
        bytes[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    pub(super) fn write(&mut self, file: usize, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let offset = offset as usize;
        if let Err(error) = self.change("write", bytes) {
            // Of what is written when everything ends, a part may be.
            if self.dies_in.take().is_some() && !bytes.is_empty() {
                let part = self.random.index(bytes.len());
                self.put(file, &bytes[..part], offset);
                self.faults.add(Fault::KillTorn);
            }
            return Err(error);
        }
        self.fail(self.odds.write, Fault::WriteFailed, ErrorKind::Other)?;
        let mut count = bytes.len();
        if self.random.happens(self.odds.no_space) {
            self.faults.add(Fault::NoSpace);
            let part = self.random.index(bytes.len().max(1));
            self.put(file, &bytes[..part], offset);
            return if part == 0 { Err(ErrorKind::StorageFull.into()) } else { Ok(part) };
        }
        if bytes.len() > 1 && self.random.happens(self.odds.short) {
            self.faults.add(Fault::ShortWrite);
            count = 1 + self.random.index(bytes.len() - 1);
        }
        self.put(file, &bytes[..count], offset);
        Ok(count)
    }

    pub(super) fn set_len(&mut self, file: usize, length: u64) -> io::Result<()> {
        self.change("cut", &length.to_le_bytes())?;
        self.fail(self.odds.name, Fault::CutFailed, ErrorKind::Other)?;
        let length = length as usize;
        let inode = &mut self.files[file];
        inode.content.resize(length, 0);
        inode.writes.push(Write::Length { length, is_doomed: false });
        Ok(())
    }

    pub(super) fn sync(&mut self, file: usize) -> io::Result<()> {
        self.change("sync", &[])?;
        if self.random.happens(self.odds.sync) {
            self.faults.add(Fault::SyncFailed);
            for write in &mut self.files[file].writes {
                match write {
                    Write::Bytes { is_doomed, .. } | Write::Length { is_doomed, .. } => *is_doomed = true,
                }
            }
            return Err(ErrorKind::Other.into());
        }
        self.files[file].sync();
        Ok(())
    }

    pub(super) fn length(&mut self, file: usize) -> io::Result<u64> {
        self.check()?;
        Ok(self.files[file].content.len() as u64)
    }

    pub(super) fn is_linked(&mut self, file: usize) -> io::Result<bool> {
        self.check()?;
        Ok(self.names.values().any(|other| *other == file))
    }

    pub(super) fn check(&self) -> io::Result<()> {
        if self.is_dead { Err(io::Error::other("the process has ended")) } else { Ok(()) }
    }

    /// Begins a call that changes something.
    fn change(&mut self, what: &str, bytes: &[u8]) -> io::Result<()> {
        self.check()?;
        if self.is_read_only {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        self.calls += 1;
        self.hasher.update(what.as_bytes()).update(blake3::hash(bytes).as_bytes());
        match &mut self.dies_in {
            Some(0) => {
                self.is_dead = true;
                self.check()
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn fail(&mut self, chance: Chance, fault: Fault, kind: ErrorKind) -> io::Result<()> {
        if self.random.happens(chance) {
            self.faults.add(fault);
            return Err(kind.into());
        }
        Ok(())
    }

    fn put(&mut self, file: usize, bytes: &[u8], offset: usize) {
        let inode = &mut self.files[file];
        put(&mut inode.content, bytes, offset);
        inode.writes.push(Write::Bytes { offset, bytes: bytes.to_vec(), is_doomed: false });
    }

    // What happens to it -------------------------------------------------------------------------

    pub(super) fn restart(&mut self) {
        self.faults.add(Fault::Kill);
        self.begin();
    }

    pub(super) fn lose_power(&mut self) {
        self.faults.add(Fault::PowerLoss);
        let kept = [0, 50, 90, 99, 100][self.random.index(5)];
        let kept = Chance::percent(kept);
        let files = self.files.len();
        for file in 0..files {
            self.lose_writes(file, kept);
        }
        self.lose_names(kept);
        self.begin();
    }

    pub(super) fn flip(&mut self) -> Option<String> {
        let names: Vec<_> = self.names.iter().map(|(name, file)| (name.clone(), *file)).collect();
        let (name, file) = names.get(self.random.index(names.len().max(1)))?.clone();
        let inode = &mut self.files[file];
        if inode.content.is_empty() {
            return None;
        }
        let (at, bit) = (self.random.index(inode.content.len()), self.random.index(8));
        inode.content[at] ^= 1 << bit;
        let bytes = vec![inode.content[at]];
        if at < inode.safe.len() {
            inode.safe[at] ^= 1 << bit;
            inode.writes.push(Write::Bytes { offset: at, bytes, is_doomed: false });
        }
        self.faults.add(Fault::BitFlip);
        Some(name)
    }

    pub(super) fn steal(&mut self, ending: &str) -> Option<String> {
        let names: Vec<_> = self.names.keys().filter(|name| name.ends_with(ending)).cloned().collect();
        let name = names.get(self.random.index(names.len().max(1)))?.clone();
        self.names.remove(&name);
        self.safe_names = self.names.clone();
        self.changes.clear();
        self.faults.add(Fault::Stolen);
        Some(name)
    }

    fn begin(&mut self) {
        self.is_dead = false;
        self.dies_in = None;
        self.holder = None;
        self.odds = Odds::default();
    }

    /// Decides sector by sector what was written.
    fn lose_writes(&mut self, file: usize, kept: Chance) {
        let mut inode = std::mem::take(&mut self.files[file]);
        let mut has_lost = false;
        for write in std::mem::take(&mut inode.writes) {
            match write {
                Write::Length { length, is_doomed } => {
                    if !is_doomed && self.random.happens(kept) {
                        inode.safe.resize(length, 0);
                    }
                }
                Write::Bytes { offset, bytes, is_doomed } => {
                    for (offset, sector) in sectors(offset, &bytes) {
                        if !is_doomed && self.random.happens(kept) {
                            put(&mut inode.safe, sector, offset);
                            if has_lost {
                                self.faults.add(Fault::SectorsReordered);
                            }
                            continue;
                        }
                        has_lost = true;
                        self.faults.add(Fault::SectorLost);
                        if !is_doomed && self.random.happens(Chance::percent(10)) {
                            let part = self.random.index(sector.len());
                            put(&mut inode.safe, &sector[..part], offset);
                            self.faults.add(Fault::SectorTorn);
                        }
                    }
                }
            }
        }
        inode.content.clone_from(&inode.safe);
        self.files[file] = inode;
    }

    fn lose_names(&mut self, kept: Chance) {
        for change in std::mem::take(&mut self.changes) {
            if !self.random.happens(kept) {
                self.faults.add(Fault::NameLost);
                continue;
            }
            match change {
                Change::Link(name, file) => {
                    self.safe_names.insert(name, file);
                }
                Change::Unlink(name) => {
                    self.safe_names.remove(&name);
                }
                Change::Rename(from, to, file) => {
                    self.safe_names.remove(&from);
                    self.safe_names.insert(to, file);
                }
            }
        }
        self.names = self.safe_names.clone();
    }
}

impl Inode {
    /// Brings what can be brought to the disk there: what an earlier sync has failed for is taken for written, and is not.
    fn sync(&mut self) {
        let doomed = |write: &Write| match write {
            Write::Bytes { is_doomed, .. } | Write::Length { is_doomed, .. } => *is_doomed,
        };
        if self.writes.iter().any(doomed) {
            for write in &self.writes {
                match write {
                    Write::Bytes { offset, bytes, is_doomed: false } => put(&mut self.safe, bytes, *offset),
                    Write::Length { length, is_doomed: false } => self.safe.resize(*length, 0),
                    _ => {}
                }
            }
            self.writes.retain(doomed);
        } else {
            self.safe.clone_from(&self.content);
            self.writes.clear();
        }
    }
}

/// The parts of a write that are in one sector each.
fn sectors(mut offset: usize, mut bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (part, rest) = bytes.split_at((SECTOR - offset % SECTOR).min(bytes.len()));
        parts.push((offset, part));
        (offset, bytes) = (offset + part.len(), rest);
    }
    parts
}

fn put(content: &mut Vec<u8>, bytes: &[u8], offset: usize) {
    if content.len() < offset + bytes.len() {
        content.resize(offset + bytes.len(), 0);
    }
    content[offset..offset + bytes.len()].copy_from_slice(bytes);
}
