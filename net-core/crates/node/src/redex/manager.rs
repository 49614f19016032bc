//! Which files are open.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use net_crypto::ChannelName;
use net_log::{Config, Dir, Fsync, Log, MemoryLog, Retention};
use net_types::{
    BaseError, Error, api,
    identity::IdentityError,
    redex::{RedexDamage, RedexError, RedexFileConfig, RedexOptions, RedexRepaired, RedexReport},
};

use super::{
    disk::{Disk, Folders},
    file::{RedexFile, blocking},
    keeper::{self, Keeper},
    shared::{Shared, Store, now},
};

/// A manager of append-only files, in memory or on a disk.
#[derive(Debug)]
pub struct Redex<S: Disk = Folders> {
    disk: Option<Arc<S>>,
    files: Mutex<Files<S::Dir>>,
    keeper: Arc<Keeper<S::Dir>>,
}

/// What is known of files by name.
#[derive(Debug)]
struct Files<D: Dir> {
    slots: BTreeMap<String, Arc<Slot<D>>>,
    /// How many there are when those are forgotten that nobody has.
    sweep_at: usize,
}

/// A file that is open, or was. It is locked while it is opened, so that those of other names need not wait for it.
#[derive(Debug)]
pub(super) struct Slot<D: Dir>(Mutex<Weak<Shared<D>>>);

impl<D: Dir> Default for Slot<D> {
    fn default() -> Self {
        Self(Mutex::new(Weak::new()))
    }
}

impl api::Redex for Redex {
    type RedexFile = RedexFile;

    fn new(options: RedexOptions) -> Result<Arc<Self>, Error> {
        Ok(Self::on(options.persistent_dir.map(Folders::below)))
    }

    fn below(persistent_dir: &str) -> Result<Arc<Self>, Error> {
        Ok(Self::on(Some(Folders::below(persistent_dir))))
    }

    fn open_file(&self, name: &str, config: RedexFileConfig) -> Result<Arc<RedexFile>, Error> {
        self.open(name, &config)
    }

    async fn verify(&self, name: Option<String>) -> Result<Vec<RedexReport>, Error> {
        self.verify_all(name).await
    }

    async fn repair(&self, name: String, apply: bool) -> Result<RedexRepaired, Error> {
        self.repair_one(name, apply).await
    }
}

impl Redex {
    /// Where persistent files are.
    pub(crate) fn directory(&self) -> Result<&Path, RedexError> {
        Ok(self.disk()?.directory())
    }
}

impl<S: Disk> Redex<S> {
    /// A manager of files on a disk, or in memory only.
    pub(super) fn on(disk: Option<S>) -> Arc<Self> {
        let files = Mutex::new(Files { slots: BTreeMap::new(), sweep_at: FEW });
        Arc::new(Self { disk: disk.map(Arc::new), files, keeper: Arc::default() })
    }

    pub(super) fn open(&self, name: &str, config: &RedexFileConfig) -> Result<Arc<RedexFile<S::Dir>>, Error> {
        check_name(name)?;
        let slot = lock(&self.files).slot(name);
        let mut known = lock(&slot.0);
        if let Some(file) = known.upgrade() {
            if !file.is_closing() {
                return Ok(Arc::new(RedexFile(file)));
            }
            // Who closes it is told what came of it.
            let _ = file.close();
        }
        let file = self.open_new(&slot, name, config)?;
        *known = Arc::downgrade(&file);
        Ok(Arc::new(RedexFile(file)))
    }

    pub(super) async fn verify_all(&self, name: Option<String>) -> Result<Vec<RedexReport>, Error> {
        let disk = Arc::clone(self.disk()?);
        name.as_deref().map(check_name).transpose()?;
        blocking(move || {
            let names = match name {
                Some(name) => vec![name],
                None => disk.names()?,
            };
            let names = names.into_iter().filter(|name| ChannelName::parse(name).is_ok());
            names.map(|name| verify(&*disk, name)).collect::<Result<_, _>>()
        })
        .await?
        .map_err(|error: RedexError| error.into())
    }

    pub(super) async fn repair_one(&self, name: String, apply: bool) -> Result<RedexRepaired, Error> {
        check_name(&name)?;
        let dir = Arc::new(self.disk()?.dir(&name));
        let done = blocking(move || net_log::repair(&dir, apply)).await??;
        Ok(RedexRepaired { report: report(name, done.report), aside: done.aside, applied: done.is_applied })
    }

    /// Threads that look after files now.
    #[cfg(test)]
    pub(super) fn threads(&self) -> usize {
        self.keeper.threads()
    }

    fn disk(&self) -> Result<&Arc<S>, RedexError> {
        self.disk.as_ref().ok_or(RedexError::NoDirectory)
    }

    fn open_new(
        &self,
        slot: &Arc<Slot<S::Dir>>,
        name: &str,
        config: &RedexFileConfig,
    ) -> Result<Arc<Shared<S::Dir>>, Error> {
        let kept = settings(config)?;
        let (period, drawn) = (period(&kept), draw()?);
        let store = if config.persistent {
            let dir = self.disk()?.make(name)?;
            keeper::await_leaving(&dir.path());
            Store::Disk(Box::new(Log::open(dir, kept, now(), drawn)?))
        } else {
            Store::Memory(MemoryLog::new(kept.retention, config.max))
        };
        let file = Shared::new(store, &self.keeper, slot, drawn);
        if let Some(period) = period {
            let failed = |error: std::io::Error| BaseError::Internal { detail: error.to_string() };
            self.keeper.watch(&file, period).map_err(failed)?;
        }
        tracing::debug!(name, persistent = config.persistent, "opened a log");
        Ok(file)
    }
}

/// Files that are known before those are forgotten that nobody has.
const FEW: usize = 64;

impl<D: Dir> Files<D> {
    fn slot(&mut self, name: &str) -> Arc<Slot<D>> {
        if let Some(slot) = self.slots.get(name) {
            return Arc::clone(slot);
        }
        if self.slots.len() >= self.sweep_at {
            self.slots.retain(|_, slot| slot.is_needed());
            self.sweep_at = FEW.max(self.slots.len() * 2);
        }
        let slot = Arc::new(Slot::default());
        self.slots.insert(name.to_owned(), Arc::clone(&slot));
        slot
    }
}

impl<D: Dir> Slot<D> {
    /// Lets go of a file. Who has it last has it closed: nobody can open it meanwhile and be given one that ends.
    pub(super) fn leave(&self, file: Arc<Shared<D>>) -> Result<(), RedexError> {
        let opening = lock(&self.0);
        if Arc::strong_count(&file) > 1 {
            drop(file);
            return Ok(());
        }
        file.begin_close();
        drop(opening);
        file.close()
    }

    /// Whether somebody has the file, or is about to open it.
    fn is_needed(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1 || lock(&self.0).strong_count() > 0
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the options say, if it is possible.
fn settings(config: &RedexFileConfig) -> Result<Config, RedexError> {
    config.check().map_err(out_of_range)?;
    let fsync = match (config.fsync_every_n, config.fsync_interval) {
        (Some(_), Some(_)) => {
            let reason = "fsync_every_n and fsync_interval_ms are mutually exclusive".to_owned();
            return Err(RedexError::Config { option: "fsync_every_n".to_owned(), reason });
        }
        (Some(events), None) => Fsync::Every(events),
        (None, Some(interval)) => Fsync::Interval(interval),
        (None, None) => Fsync::Never,
    };
    let age: Option<Duration> = config.retention_max_age;
    let retention = Retention { events: config.retention_max_events, bytes: config.retention_max, age };
    Ok(Config { fsync, retention, ..Config::default() })
}

/// Within what time something can become due by the clock, if anything can.
fn period(config: &Config) -> Option<Duration> {
    let interval = match config.fsync {
        Fsync::Interval(interval) => Some(interval),
        Fsync::Never | Fsync::Every(_) => None,
    };
    // Segments by age are a small part of the age that is kept.
    let age = config.retention.age.map(|age| (age / 16).max(Duration::from_millis(1)));
    [interval, age].into_iter().flatten().min()
}

fn out_of_range(error: Error) -> RedexError {
    match error {
        Error::Base(BaseError::Argument { argument, reason }) => {
            RedexError::Config { reason: format!("{argument}: {reason}"), option: argument }
        }
        other => RedexError::Config { option: String::new(), reason: other.to_string() },
    }
}

fn check_name(name: &str) -> Result<(), RedexError> {
    let reason = match ChannelName::parse(name) {
        Ok(_) => return Ok(()),
        Err(IdentityError::InvalidChannel { reason }) => reason,
        Err(other) => other.to_string(),
    };
    Err(RedexError::InvalidName { channel: name.to_owned(), reason })
}

/// A random number.
fn draw() -> Result<u64, Error> {
    Ok(getrandom::u64().map_err(|error| BaseError::Internal { detail: error.to_string() })?)
}

fn verify(disk: &impl Disk, name: String) -> Result<RedexReport, RedexError> {
    let dir = Arc::new(disk.dir(&name));
    Ok(report(name, net_log::verify(&dir)?))
}

fn report(name: String, report: net_log::Report) -> RedexReport {
    let damages = report.damages.into_iter().map(|damage| RedexDamage {
        file: damage.file,
        offset: damage.offset,
        first: damage.first,
        last: damage.last,
        reason: damage.reason.to_owned(),
    });
    RedexReport {
        name,
        segments: report.segments,
        bytes: report.bytes,
        events: report.events,
        skipped: report.skipped,
        first: report.first,
        next: report.next,
        is_clean: report.is_clean,
        damages: damages.collect(),
    }
}
