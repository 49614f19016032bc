//! A state, how far it is, and who waits for it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use net_state::{Fold, Progress, Run, WaitId};
use net_types::{
    cortex::{CortexError, CortexSnapshot},
    redex::RedexEvent,
};
use tokio::{sync::oneshot, time::timeout};

use crate::bus::bell::Bell;

type Answer = Result<(), CortexError>;

/// A state that one task writes and everyone reads.
///
/// Who needs both locks takes that of the fold first. What the fold holds is never behind what the progress says.
#[derive(Debug)]
pub(super) struct Core<F> {
    fold: RwLock<F>,
    waiting: Mutex<Waiting>,
    /// Rung when lists may have changed, and at the end.
    pub(super) news: Bell,
}

#[derive(Debug)]
struct Waiting {
    progress: Progress,
    callers: HashMap<WaitId, oneshot::Sender<Answer>>,
}

impl<F: Fold> Core<F> {
    /// Takes what a log has next into the state.
    pub(super) fn apply(&self, events: &[RedexEvent]) -> Answer {
        let mut fold = self.fold.write().unwrap_or_else(PoisonError::into_inner);
        let runs = self.progress(|progress| progress.runs(events));
        runs.into_iter().try_for_each(|run| match run {
            Run::Events(events) => {
                let applied = fold.apply(events);
                self.progress(|progress| progress.take(events, applied))
            }
            Run::Gap(last) => self.progress(|progress| progress.pass_over(last)),
        })
    }

    pub(super) fn snapshot(&self) -> Result<CortexSnapshot, CortexError> {
        // Nothing is applied while the fold is held, so that its bytes and the counts belong together; who appends or waits
        // does so while they are made.
        let fold = self.read()?;
        let state = fold.encode()?.into();
        let (bytes, next) =
            self.progress(|progress| (progress.save_bytes(F::MODEL, state), progress.counts().next_seq));
        Ok(CortexSnapshot { state_bytes: bytes?.into(), last_seq: next.checked_sub(1) })
    }
}

impl<F> Core<F> {
    pub(super) fn new(fold: F, progress: Progress) -> Self {
        let waiting = Mutex::new(Waiting { progress, callers: HashMap::new() });
        Self { fold: RwLock::new(fold), waiting, news: Bell::default() }
    }

    /// The state as it is.
    pub(super) fn state(&self) -> RwLockReadGuard<'_, F> {
        self.fold.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as it is, unless an event could not be applied.
    pub(super) fn read(&self) -> Result<RwLockReadGuard<'_, F>, CortexError> {
        self.progress(|progress| progress.check_readable())?;
        Ok(self.state())
    }

    /// Looks at or changes how far the state is; those who wait get their answers.
    pub(super) fn progress<T>(&self, with: impl FnOnce(&mut Progress) -> T) -> T {
        let mut waiting = self.lock();
        let result = with(&mut waiting.progress);
        waiting.answer();
        result
    }

    /// Waits until a number is in the state.
    pub(super) async fn wait(&self, seq: u64, deadline: Option<Duration>) -> Answer {
        let (call, answer) = {
            let mut waiting = self.lock();
            if let Some(answer) = waiting.progress.answer(seq) {
                return answer;
            }
            let id = waiting.progress.wait(seq)?;
            let (caller, answer) = oneshot::channel();
            waiting.callers.insert(id, caller);
            (Call { core: self, id }, answer)
        };
        let answered = match deadline {
            Some(deadline) => timeout(deadline, answer).await.map_err(|_| CortexError::Timeout { seq })?,
            None => answer.await,
        };
        drop(call);
        answered.unwrap_or(Err(CortexError::Closed))
    }

    /// Takes no more events: after a failure, which stays, or since the state was closed.
    pub(super) fn end(&self) {
        self.progress(Progress::close);
        self.news.ring();
    }

    /// Stops at the next event, which cannot be had or applied.
    pub(super) fn fail(&self, reason: String) {
        // What is over already stays as it is.
        let _ = self.progress(|progress| progress.fail(reason));
        self.news.ring();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn answer(&mut self) {
        while let Some((id, answer)) = self.progress.poll() {
            if let Some(caller) = self.callers.remove(&id) {
                // Who gave up needs no answer.
                let _ = caller.send(answer);
            }
        }
    }
}

/// A call that waits, and is forgotten when it does no more.
struct Call<'a, F> {
    core: &'a Core<F>,
    id: WaitId,
}

impl<F> Drop for Call<'_, F> {
    fn drop(&mut self) {
        let mut waiting = self.core.lock();
        if waiting.callers.remove(&self.id).is_some() {
            waiting.progress.cancel(self.id);
        }
    }
}
