//! Tails: what is retained, then what is appended.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Poll,
};

use net_log::{Dir, Folder, Step};
use net_types::{
    Error, api,
    redex::{RedexError, RedexEvent},
};

use super::{
    file::{blocking, event},
    shared::Shared,
    source::Source,
};
use crate::bus::bell::{Bell, Waiter};

/// A reader that is no further behind finds what it reads in the system's memory, and needs no thread for it.
const NEAR: u64 = 256;

/// A tail of a file, which it keeps open.
#[derive(Debug)]
pub struct RedexTailIter<D: Dir = Folder> {
    file: Arc<Shared<D>>,
    place: Arc<Mutex<Tail<D>>>,
    is_closed: AtomicBool,
    closed: Bell,
    /// Reads of the same tail take turns.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Tail<D: Dir> {
    source: Source<D>,
    /// What was read and is not given yet.
    ready: VecDeque<RedexEvent>,
}

impl<D: Dir> RedexTailIter<D> {
    pub(super) fn open(file: &Arc<Shared<D>>, from: u64) -> Arc<Self> {
        let source = Source::tail(file, from);
        Arc::new(Self {
            file: Arc::clone(file),
            place: Arc::new(Mutex::new(Tail { source, ready: VecDeque::new() })),
            is_closed: AtomicBool::new(false),
            closed: Bell::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    async fn read(&self, max: usize) -> Result<Vec<RedexEvent>, Error> {
        loop {
            // Before the look, so that nothing that was appended until the end is missed.
            let is_last = self.file.is_closed();
            let behind = self.file.next_seq().saturating_sub(lock(&self.place).source.at());
            if self.is_closed.load(SeqCst) {
                return Ok(Vec::new());
            }
            if behind > NEAR {
                let (file, place) = (Arc::clone(&self.file), Arc::clone(&self.place));
                blocking(move || lock(&place).fill(&file)).await??;
            } else {
                lock(&self.place).fill(&self.file)?;
            }
            let events = lock(&self.place).take(max);
            if !events.is_empty() || is_last {
                return Ok(events);
            }
            self.wait().await;
        }
    }

    /// Waits until there is more to read, or an end.
    async fn wait(&self) {
        let (mut news, mut closed) = (Waiter::new(&self.file.news), Waiter::new(&self.closed));
        poll_fn(|cx| {
            news.arm(cx.waker());
            closed.arm(cx.waker());
            let has_ended = self.is_closed.load(SeqCst) || self.file.is_closed();
            let has_more = self.file.next_seq() > lock(&self.place).source.at();
            if has_ended || has_more { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl<D: Dir> api::RedexTailIter for RedexTailIter<D> {
    async fn next(&self, max: u32) -> Result<Vec<RedexEvent>, Error> {
        let _turn = self.turn.lock().await;
        self.read(max.max(1) as usize).await
    }

    fn close(&self) {
        self.is_closed.store(true, SeqCst);
        self.closed.ring();
    }
}

impl<D: Dir> Tail<D> {
    /// Reads more, unless there is something.
    fn fill(&mut self, file: &Shared<D>) -> Result<(), RedexError> {
        if !self.ready.is_empty() {
            return Ok(());
        }
        match self.source.read(file, u64::MAX)? {
            Step::Entries(entries) => {
                self.ready.extend(entries.into_iter().map(event));
                Ok(())
            }
            Step::Lagged(first, last) => Err(RedexError::Lagged { first, last }),
            Step::Damaged(error) => Err(error),
        }
    }

    fn take(&mut self, max: usize) -> Vec<RedexEvent> {
        let count = max.min(self.ready.len());
        self.ready.drain(..count).collect()
    }
}

fn lock<D: Dir>(place: &Mutex<Tail<D>>) -> MutexGuard<'_, Tail<D>> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}
