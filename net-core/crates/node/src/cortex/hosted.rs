//! A state that a program makes itself of the events of a file.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use net_state::{Applied, Run};
use net_types::{
    Error, api,
    cortex::{CortexError, CortexSnapshot, StateModel, StateStats},
    host::StateFold,
    redex::{RedexEvent, RedexFileConfig},
};

use super::{
    core::Core,
    model::{Model, Opening},
    state::State,
};
use crate::redex::Redex;

/// What a program folds a file into: only it knows the state.
pub(super) struct Hosted {
    fold: Arc<dyn StateFold>,
    /// Taking events and saving take turns.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl State for Hosted {
    async fn take(core: &Arc<Core<Self>>, events: Vec<RedexEvent>) -> Result<(), CortexError> {
        let (fold, turn) = parts(core);
        let _turn = turn.lock().await;
        for run in core.progress(|progress| progress.runs(&events)) {
            match run {
                Run::Events(events) => {
                    let applied = applied(events, fold.apply(events.to_vec()).await);
                    core.progress(|progress| progress.take(events, applied))?;
                }
                Run::Gap(last) => core.progress(|progress| progress.pass_over(last))?,
            }
        }
        Ok(())
    }

    async fn save(core: &Arc<Core<Self>>) -> Result<CortexSnapshot, Error> {
        let (fold, turn) = parts(core);
        let _turn = turn.lock().await;
        core.progress(|progress| progress.check_readable())?;
        if !fold.has_snapshot() {
            return Err(lacks("snapshot"));
        }
        let state = fold.snapshot().await?;
        let (bytes, next) = core
            .progress(|progress| (progress.save_bytes(StateModel::Fold, state), progress.counts().next_seq));
        Ok(CortexSnapshot { state_bytes: bytes?.into(), last_seq: next.checked_sub(1) })
    }
}

impl fmt::Debug for Hosted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosted").finish_non_exhaustive()
    }
}

fn parts(core: &Core<Hosted>) -> (Arc<dyn StateFold>, Arc<tokio::sync::Mutex<()>>) {
    let hosted = core.state();
    (Arc::clone(&hosted.fold), Arc::clone(&hosted.turn))
}

fn lacks(what: &str) -> Error {
    CortexError::NoSnapshot { what: what.to_owned() }.into()
}

/// What became of events that were handed to the program: all were taken, or none.
fn applied(events: &[RedexEvent], done: Result<(), Error>) -> Applied {
    let failure = done.err().map(|error| error.to_string());
    let taken = if failure.is_none() { events.len() } else { 0 };
    Applied { taken, failure, ..Applied::default() }
}

/// A state that a program folds a file into.
#[derive(Debug)]
pub struct FoldAdapter(Arc<Model<Hosted>>);

impl api::FoldAdapter for FoldAdapter {
    type Redex = Redex;

    async fn open(
        redex: Arc<Redex>,
        name: String,
        fold: Arc<dyn StateFold>,
        config: RedexFileConfig,
    ) -> Result<Arc<Self>, Error> {
        Self::open_file(redex, name, fold, config, None).await
    }

    async fn open_from_snapshot(
        redex: Arc<Redex>,
        name: String,
        fold: Arc<dyn StateFold>,
        snapshot: CortexSnapshot,
        config: RedexFileConfig,
    ) -> Result<Arc<Self>, Error> {
        if !fold.has_restore() {
            return Err(lacks("restore"));
        }
        Self::open_file(redex, name, fold, config, Some(snapshot)).await
    }

    async fn wait_for_seq(&self, seq: u64, deadline: Option<Duration>) -> Result<(), Error> {
        self.0.wait_for_seq(seq, deadline).await
    }

    async fn snapshot(&self) -> Result<CortexSnapshot, Error> {
        Hosted::save(&self.0.core).await
    }

    fn stats(&self) -> Result<StateStats, Error> {
        self.0.stats()
    }

    fn is_running(&self) -> Result<bool, Error> {
        Ok(self.0.is_running())
    }

    async fn close(&self) -> Result<(), Error> {
        self.0.close().await
    }
}

impl FoldAdapter {
    async fn open_file(
        redex: Arc<Redex>,
        name: String,
        fold: Arc<dyn StateFold>,
        file: RedexFileConfig,
        snapshot: Option<CortexSnapshot>,
    ) -> Result<Arc<Self>, Error> {
        let is_kept = fold.has_snapshot() && fold.has_restore();
        let opening = Opening { name, model: StateModel::Fold, origin: 0, file, snapshot, is_kept };
        let begin = async |state: Option<Bytes>| {
            if let Some(state) = state {
                fold.restore(state).await?;
            }
            Ok(Hosted { fold, turn: Arc::default() })
        };
        Ok(Arc::new(Self(Model::open(redex, opening, begin).await?)))
    }
}
