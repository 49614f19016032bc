//! Which files are open.

use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use net_crypto::ChannelName;
use net_log::{Config, Folder, Fsync, Log, MemoryLog, Retention};
use net_types::{
    BaseError, Error, api,
    identity::IdentityError,
    redex::{RedexDamage, RedexError, RedexFileConfig, RedexOptions, RedexRepaired, RedexReport},
};

use super::{
    disk,
    file::{RedexFile, blocking},
    shared::{Shared, Store, now},
    timer::Timer,
};

/// What the directories of logs end with. No file of a log does, so that `a` and `a.log/b` do not meet.
const SUFFIX: &str = "log";

/// A manager of append-only files, in memory or below one directory.
#[derive(Debug)]
pub struct Redex {
    directory: Option<PathBuf>,
    open: Mutex<BTreeMap<String, Weak<Shared>>>,
}

impl api::Redex for Redex {
    type RedexFile = RedexFile;

    fn new(options: RedexOptions) -> Result<Arc<Self>, Error> {
        let directory = options.persistent_dir.map(PathBuf::from);
        Ok(Arc::new(Self { directory, open: Mutex::default() }))
    }

    fn open_file(&self, name: &str, config: RedexFileConfig) -> Result<Arc<RedexFile>, Error> {
        check_name(name)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let known = open.get(name).and_then(Weak::upgrade).filter(|file| !file.is_closed());
        if let Some(known) = known {
            return Ok(Arc::new(RedexFile(known)));
        }
        let file = self.open_new(name, &config)?;
        open.retain(|_, file| file.strong_count() > 0);
        open.insert(name.to_owned(), Arc::downgrade(&file));
        Ok(Arc::new(RedexFile(file)))
    }

    async fn verify(&self, name: Option<String>) -> Result<Vec<RedexReport>, Error> {
        let directory = self.directory()?.to_owned();
        name.as_deref().map(check_name).transpose()?;
        blocking(move || {
            let names = match name {
                Some(name) => vec![name],
                None => names(&directory)?,
            };
            names.into_iter().map(|name| verify(&directory, name)).collect::<Result<_, _>>()
        })
        .await?
        .map_err(|error: RedexError| error.into())
    }

    async fn repair(&self, name: String, apply: bool) -> Result<RedexRepaired, Error> {
        check_name(&name)?;
        let folder = Arc::new(Folder::new(path(self.directory()?, &name)));
        let done = blocking(move || net_log::repair(&folder, apply)).await??;
        Ok(RedexRepaired { report: report(name, done.report), aside: done.aside, applied: done.is_applied })
    }
}

impl Redex {
    fn directory(&self) -> Result<&Path, RedexError> {
        self.directory.as_deref().ok_or(RedexError::NoDirectory)
    }

    fn open_new(&self, name: &str, config: &RedexFileConfig) -> Result<Arc<Shared>, Error> {
        let kept = settings(config)?;
        let period = period(&kept);
        let store = if config.persistent {
            let folder = disk::make(&path(self.directory()?, name))?;
            Store::Disk(Box::new(Log::open(folder, kept, now(), draw()?)?))
        } else {
            Store::Memory(MemoryLog::new(kept.retention, config.max))
        };
        let file = Shared::new(store);
        if let Some(period) = period {
            let failed = |error: std::io::Error| BaseError::Internal { detail: error.to_string() };
            Timer::start(&file, period).map_err(failed)?;
        }
        tracing::debug!(name, persistent = config.persistent, "opened a log");
        Ok(file)
    }
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
            RedexError::Config { option: argument, reason }
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

/// The directory of a log.
fn path(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.{SUFFIX}"))
}

fn verify(directory: &Path, name: String) -> Result<RedexReport, RedexError> {
    let folder = Arc::new(Folder::new(path(directory, &name)));
    Ok(report(name, net_log::verify(&folder)?))
}

/// The names of all logs below a directory, in order; none where it was not made yet.
fn names(directory: &Path) -> Result<Vec<String>, RedexError> {
    let mut found = Vec::new();
    let mut rest = vec![directory.to_owned()];
    while let Some(folder) = rest.pop() {
        let wrong = |error: std::io::Error| net_log::refusal("list", folder.display().to_string(), &error);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries.map_err(wrong)?,
        };
        for entry in entries {
            let path = entry.map_err(wrong)?.path();
            if !path.is_dir() {
                continue;
            }
            let shown = path.strip_prefix(directory).ok().and_then(Path::to_str);
            let name = shown.and_then(|shown| shown.strip_suffix(&format!(".{SUFFIX}")));
            found.extend(name.map(|name| name.replace('\\', "/")));
            rest.push(path);
        }
    }
    found.sort();
    Ok(found.into_iter().filter(|name| ChannelName::parse(name).is_ok()).collect())
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
