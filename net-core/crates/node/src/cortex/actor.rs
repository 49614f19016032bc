//! Takes events from a log into a state.

use std::{sync::Arc, thread};

use net_types::{Error, api::RedexTailIter as _, redex::RedexError};

use super::{
    core::Core,
    state::State,
    store::{Store, keep},
};
use crate::redex::{RedexFile, RedexTailIter};

/// Most events that are taken at once, so that readers of the state do not wait long.
const BATCH: u32 = 1024;

/// Where a state keeps its snapshots, and the log that they are of.
pub(super) type Keeping = Option<(Arc<Store>, Arc<RedexFile>)>;

/// Runs until the tail ends, or an event cannot be applied.
pub(super) async fn run<S>(core: Arc<Core<S>>, tail: Arc<RedexTailIter>, keeping: Keeping)
where
    S: State,
{
    let ending = Ending(&core);
    loop {
        let done = match tail.next(BATCH).await {
            Ok(events) if events.is_empty() => break,
            Ok(events) => S::take(&core, events).await,
            Err(Error::Redex(RedexError::Lagged { last, .. })) => {
                core.progress(|progress| progress.pass_over(last))
            }
            Err(Error::Redex(RedexError::Corrupt { first, last, .. })) if first <= last => {
                tracing::warn!(first, last, "passed over damaged events of a log");
                core.progress(|progress| progress.pass_over(last))
            }
            // What is damaged costs no event.
            Err(Error::Redex(RedexError::Corrupt { .. })) => Ok(()),
            Err(error) => {
                core.fail(error.to_string());
                break;
            }
        };
        core.news.ring();
        if let Err(error) = done {
            tracing::warn!(%error, "a state takes no more events");
            break;
        }
        let next = core.progress(|progress| progress.counts().next_seq);
        if let Some((store, file)) = keeping.as_ref().filter(|(store, _)| store.is_due(next)) {
            keep(store, &core, file).await;
        }
    }
    drop(ending);
}

/// Sees to it that nobody waits for a task that is no more.
struct Ending<'a, F>(&'a Core<F>);

impl<F> Drop for Ending<'_, F> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail("the fold panicked".to_owned());
        }
        self.0.end();
    }
}
