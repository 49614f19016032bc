//! A state with its log: opening, changing, waiting, saving, closing.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use net_state::{Fold, Progress};
use net_types::{
    Error,
    api::{Redex as _, RedexFile as _, RedexTailIter as _},
    cortex::{CortexError, CortexSnapshot, MAX_WATCHES, StateModel, StateStats, WriteReceipt, WriteToken},
    identity::OriginHash,
    redex::{RedexError, RedexFileConfig},
};
use tokio::task::JoinHandle;

use super::{
    actor,
    core::Core,
    log::{self, Kept},
    state::State,
    store::{self, Store},
};
use crate::redex::{Redex, RedexFile, RedexTailIter, blocking};

/// A state with its log.
#[derive(Debug)]
pub(super) struct Model<F> {
    pub(super) core: Arc<Core<F>>,
    origin: u64,
    log: Mutex<Option<Log>>,
    store: Option<Arc<Store>>,
    /// Those who close it take turns.
    closing: tokio::sync::Mutex<()>,
    watches: AtomicU32,
}

/// The log, and who reads it.
#[derive(Debug)]
struct Log {
    file: Arc<RedexFile>,
    tail: Arc<RedexTailIter>,
    actor: JoinHandle<()>,
}

/// What a model is opened by.
pub(super) struct Opening {
    pub(super) name: String,
    pub(super) model: StateModel,
    pub(super) origin: u64,
    pub(super) file: RedexFileConfig,
    pub(super) snapshot: Option<CortexSnapshot>,
    /// Whether snapshots of it are kept beside a log on disk.
    pub(super) is_kept: bool,
}

/// A log, and what was saved of its state.
struct Begun {
    file: Arc<RedexFile>,
    store: Option<Store>,
    progress: Progress,
    state: Option<Bytes>,
}

impl<S: State> Model<S> {
    /// Opens a log, and returns when what it has is in the state, which `begin` makes of what was saved.
    pub(super) async fn open<B>(
        redex: Arc<Redex>,
        opening: Opening,
        begin: impl FnOnce(Option<Bytes>) -> B,
    ) -> Result<Arc<Self>, Error>
    where
        B: Future<Output = Result<S, Error>>,
    {
        let origin = opening.origin;
        let Begun { file, store, progress, state } = blocking(move || open_log(&redex, opening)).await??;
        let (from, is_foreign) = (progress.counts().next_seq, progress.is_foreign());
        let core = Arc::new(Core::new(begin(state).await?, progress));
        let store = store.map(Arc::new);
        if let Some(store) = store.as_ref().filter(|_| is_foreign) {
            // What no event of the log has made is kept from the beginning.
            store::keep(store, &core, &file).await;
        }
        let target = file.next_seq()?;
        let tail = file.tail(from).map_err(log::wrong)?;
        let keeping = store.as_ref().map(|store| (Arc::clone(store), Arc::clone(&file)));
        let actor = tokio::spawn(actor::run(Arc::clone(&core), Arc::clone(&tail), keeping));
        let log = Mutex::new(Some(Log { file, tail, actor }));
        let (closing, watches) = (tokio::sync::Mutex::default(), AtomicU32::new(0));
        let model = Arc::new(Self { core, origin, log, store, closing, watches });
        model.catch_up(target).await?;
        Ok(model)
    }

    /// Takes what was appended into the state, brings it to the disk, and lets go of the log.
    pub(super) async fn close(&self) -> Result<(), Error> {
        let _turn = self.closing.lock().await;
        let Some(Log { file, tail, actor }) = self.lock().take() else { return Ok(()) };
        // A failure of the state is no failure of its closing.
        let _ = self.catch_up(file.next_seq()?).await;
        self.core.end();
        tail.close();
        // It has ended however it did; nobody waits for it.
        let _ = actor.await;
        if let Some(store) = self.store.as_ref().filter(|_| self.core.read().is_ok()) {
            store::keep(store, &self.core, &file).await;
        }
        drop(tail);
        match file.leave().await {
            // Somebody else who has the file has closed it.
            Err(Error::Redex(RedexError::Closed)) => Ok(()),
            left => left.map_err(log::wrong),
        }
    }
}

impl<F: Fold + Default + Send + Sync + 'static> Model<F> {
    /// Opens the log of a state that is made here.
    pub(super) async fn open_kept(
        redex: Arc<Redex>,
        kept: Kept,
        snapshot: Option<CortexSnapshot>,
    ) -> Result<Arc<Self>, Error> {
        let Kept { name, origin, file } = kept;
        let model = F::MODEL;
        let opening = Opening { name, model, origin, file, snapshot, is_kept: true };
        let begin = |state: Option<Bytes>| async {
            Ok(match state {
                Some(state) => blocking(move || F::decode(&state)).await??,
                None => F::default(),
            })
        };
        Self::open(redex, opening, begin).await
    }

    pub(super) fn snapshot(&self) -> Result<CortexSnapshot, Error> {
        Ok(self.core.snapshot()?)
    }
}

impl<F> Model<F> {
    pub(super) fn origin(&self) -> OriginHash {
        OriginHash(self.origin)
    }

    /// Whether its log is on a disk.
    pub(super) const fn is_on_disk(&self) -> bool {
        self.store.is_some()
    }

    /// Appends an event.
    pub(super) fn append(&self, event: Result<Vec<u8>, CortexError>) -> Result<WriteReceipt, Error> {
        self.core.progress(|progress| progress.check())?;
        let file = self.lock().as_ref().map(|log| Arc::clone(&log.file)).ok_or(CortexError::Closed)?;
        let seq = file.append(&event?).map_err(log::wrong)?;
        let token = WriteToken { origin_hash: self.origin(), seq };
        Ok(WriteReceipt { seq, token })
    }

    pub(super) async fn wait_for_seq(&self, seq: u64, deadline: Option<Duration>) -> Result<(), Error> {
        Ok(self.core.wait(seq, deadline).await?)
    }

    pub(super) async fn wait_for_token(&self, token: &WriteToken, deadline: Duration) -> Result<(), Error> {
        self.core.progress(|progress| progress.check_token(token))?;
        Ok(self.core.wait(token.seq, Some(deadline)).await?)
    }

    pub(super) fn stats(&self) -> Result<StateStats, Error> {
        let (counts, waits) = self.core.progress(|progress| (progress.counts(), progress.waits()));
        let given = match &*self.lock() {
            Some(log) => log.file.next_seq()?,
            None => counts.next_seq,
        };
        Ok(StateStats {
            next_seq: counts.next_seq,
            behind: given.saturating_sub(counts.next_seq),
            skipped: counts.skipped,
            unreadable: counts.unreadable,
            waits: u32::try_from(waits).unwrap_or(u32::MAX),
            watches: self.watches.load(Relaxed),
        })
    }

    pub(super) fn is_running(&self) -> bool {
        self.core.progress(|progress| progress.check()).is_ok()
    }

    /// Counts one more watch.
    pub(super) fn add_watch(&self) -> Result<(), CortexError> {
        let more = |count: u32| (count < MAX_WATCHES).then_some(count + 1);
        let full = || CortexError::QueueFull { what: "watches".to_owned(), limit: u64::from(MAX_WATCHES) };
        self.watches.fetch_update(Relaxed, Relaxed, more).map(drop).map_err(|_| full())
    }

    /// Counts one watch less.
    pub(super) fn drop_watch(&self) {
        self.watches.fetch_sub(1, Relaxed);
    }

    /// Waits until all numbers below one are in the state, or passed over.
    async fn catch_up(&self, next: u64) -> Result<(), CortexError> {
        let Some(last) = next.checked_sub(1) else { return Ok(()) };
        match self.core.wait(last, None).await {
            Err(CortexError::Skipped { .. }) => Ok(()),
            answer => answer,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Log>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> Drop for Model<F> {
    fn drop(&mut self) {
        if let Some(log) = self.lock().take() {
            log.tail.close();
        }
    }
}

/// Opens the file of a state, and looks for what was saved of it. It waits for the disk.
fn open_log(redex: &Redex, opening: Opening) -> Result<Begun, Error> {
    let Opening { name, model, origin, file: config, snapshot, is_kept } = opening;
    let is_persistent = config.persistent;
    let file = redex.open_file(&name, config).map_err(log::wrong)?;
    let store = match redex.directory() {
        Ok(directory) if is_persistent && is_kept => Some(Store::new(directory, &name)),
        _ => None,
    };
    let saved = match (snapshot, &store) {
        (Some(CortexSnapshot { state_bytes, last_seq }), _) => {
            Some(Progress::restore(&state_bytes, last_seq, model, origin, file.log_id())?)
        }
        (None, Some(store)) => stored(store, model, origin, file.log_id())?,
        (None, None) => None,
    };
    let (progress, state) = match saved {
        Some((progress, state)) => (progress, Some(state)),
        None => (Progress::new(origin, file.log_id()), None),
    };
    Ok(Begun { file, store, progress, state })
}

/// What the newest snapshot beside a log has; nothing if there is none that can be used.
fn stored(
    store: &Store,
    model: StateModel,
    origin: u64,
    log_id: u64,
) -> Result<Option<(Progress, Bytes)>, CortexError> {
    let Some(bytes) = store.read() else { return Ok(None) };
    match Progress::restore(&bytes, None, model, origin, log_id) {
        Ok((progress, _)) if progress.is_foreign() => Ok(None),
        Ok((progress, state)) => {
            store.has_read(progress.counts().next_seq);
            Ok(Some((progress, state)))
        }
        Err(newer @ CortexError::NewerVersion { .. }) => Err(newer),
        Err(error) => {
            tracing::warn!(%error, "a log is read from its beginning, since its snapshot cannot be used");
            Ok(None)
        }
    }
}
