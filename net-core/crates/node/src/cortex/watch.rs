//! Lists that are followed.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Poll,
};

use net_state::{Fold, Listed, Memories, Tasks, Watch};
use net_types::{
    Error, api,
    cortex::{CortexError, Memory, Task},
};

use super::model::Model;
use crate::bus::bell::{Bell, Waiter};

/// The lists that a followed list becomes.
#[derive(Debug)]
pub(super) struct Watcher<F: Listed> {
    model: Arc<Model<F>>,
    watch: Mutex<Watch<F>>,
    is_closed: AtomicBool,
    closed: Bell,
    /// Reads of the same watch take turns.
    turn: tokio::sync::Mutex<()>,
}

impl<F: Listed + Fold> Watcher<F> {
    /// Follows a list from what it is now.
    pub(super) fn new(model: &Arc<Model<F>>, filter: F::Filter) -> Result<Self, CortexError> {
        Self::open(model, |_| ((), Watch::new(filter))).map(|((), watcher)| watcher)
    }

    /// The list now, and what it becomes.
    pub(super) fn since(
        model: &Arc<Model<F>>,
        filter: F::Filter,
    ) -> Result<(Vec<F::Item>, Self), CortexError> {
        Self::open(model, |listed| Watch::since(listed, filter))
    }

    fn open<T>(
        model: &Arc<Model<F>>,
        begin: impl FnOnce(&F) -> (T, Watch<F>),
    ) -> Result<(T, Self), CortexError> {
        let fold = model.core.read()?;
        model.add_watch()?;
        let (first, watch) = begin(&fold);
        let watcher = Self {
            model: Arc::clone(model),
            watch: Mutex::new(watch),
            is_closed: AtomicBool::new(false),
            closed: Bell::default(),
            turn: tokio::sync::Mutex::default(),
        };
        Ok((first, watcher))
    }

    /// The next list; none at the end.
    async fn next(&self) -> Result<Option<Vec<F::Item>>, CortexError> {
        let _turn = self.turn.lock().await;
        let core = &self.model.core;
        let (mut news, mut closed) = (Waiter::new(&core.news), Waiter::new(&self.closed));
        poll_fn(|cx| {
            news.arm(cx.waker());
            closed.arm(cx.waker());
            if self.is_closed.load(SeqCst) {
                return Poll::Ready(Ok(None));
            }
            // Before the look at the list, so that none is missed until the end.
            let is_last = core.progress(|progress| progress.is_closed());
            let list = core.read().map(|fold| self.poll(&fold));
            match list {
                Ok(None) if !is_last => Poll::Pending,
                ended_or_list => Poll::Ready(ended_or_list),
            }
        })
        .await
    }

    fn poll(&self, fold: &F) -> Option<Vec<F::Item>> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).poll(fold)
    }

    fn close(&self) {
        self.is_closed.store(true, SeqCst);
        self.closed.ring();
    }
}

impl<F: Listed> Drop for Watcher<F> {
    fn drop(&mut self) {
        self.model.drop_watch();
    }
}

/// The lists that a followed list of tasks becomes.
#[derive(Debug)]
pub struct TaskWatchIter(pub(super) Watcher<Tasks>);

impl api::TaskWatchIter for TaskWatchIter {
    async fn next(&self, _max: u32) -> Result<Vec<Vec<Task>>, Error> {
        Ok(self.0.next().await?.into_iter().collect())
    }

    fn close(&self) {
        self.0.close();
    }
}

/// The lists that a followed list of memories becomes.
#[derive(Debug)]
pub struct MemoryWatchIter(pub(super) Watcher<Memories>);

impl api::MemoryWatchIter for MemoryWatchIter {
    async fn next(&self, _max: u32) -> Result<Vec<Vec<Memory>>, Error> {
        Ok(self.0.next().await?.into_iter().collect())
    }

    fn close(&self) {
        self.0.close();
    }
}
