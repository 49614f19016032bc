//! Appends that nobody's thread waits for: what gathers while one round is on its way to the disk is the next.

use std::{
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use net_types::redex::RedexError;
use tokio::sync::oneshot;

use super::shared::Shared;

type Outcome = Result<Option<u64>, RedexError>;

/// Batches that wait to be appended, in order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    idle: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    batches: Vec<Batch>,
    /// Whether somebody appends them.
    is_served: bool,
}

#[derive(Debug)]
struct Batch {
    payloads: Vec<Bytes>,
    answer: oneshot::Sender<Outcome>,
}

/// Appends a batch on a thread that may block, together with others that come meanwhile.
pub(super) async fn append(file: &Arc<Shared>, payloads: Vec<Bytes>) -> Outcome {
    let (answer, outcome) = oneshot::channel();
    if file.queue.push(Batch { payloads, answer }) {
        let file = Arc::clone(file);
        tokio::task::spawn_blocking(move || serve(&file));
    }
    outcome.await.unwrap_or(Err(RedexError::Closed))
}

/// Appends what waits until nothing does.
fn serve(file: &Shared) {
    while let Some(batches) = file.queue.take() {
        let written: Vec<_> = batches.into_iter().map(|batch| (write(file, &batch), batch.answer)).collect();
        let last = written.iter().rev().find_map(|(outcome, _)| outcome.as_ref().ok().copied().flatten());
        let must_sync =
            written.iter().any(|(outcome, _)| matches!(outcome, Ok(Some(done)) if done.must_sync));
        let synced = match last.filter(|_| must_sync) {
            Some(last) => file.reach(last.next),
            None => Ok(()),
        };
        for (outcome, answer) in written {
            let first = outcome.and_then(|done| match done {
                Some(done) if done.must_sync => synced.clone().map(|()| Some(done.first)),
                done => Ok(done.map(|done| done.first)),
            });
            // Who gave up needs no answer.
            let _ = answer.send(first);
        }
    }
}

fn write(file: &Shared, batch: &Batch) -> Result<Option<net_log::Appended>, RedexError> {
    let payloads: Vec<&[u8]> = batch.payloads.iter().map(|payload| &payload[..]).collect();
    file.write(&payloads)
}

impl Queue {
    /// Adds a batch; tells whether somebody has to begin to serve.
    fn push(&self, batch: Batch) -> bool {
        let mut waiting = self.lock();
        waiting.batches.push(batch);
        !mem::replace(&mut waiting.is_served, true)
    }

    /// Takes all that waits; nothing ends the service.
    fn take(&self) -> Option<Vec<Batch>> {
        let mut waiting = self.lock();
        if waiting.batches.is_empty() {
            waiting.is_served = false;
            self.idle.notify_all();
            return None;
        }
        Some(mem::take(&mut waiting.batches))
    }

    /// Waits until all is served that was added.
    pub(super) fn settle(&self) {
        let mut waiting = self.lock();
        while waiting.is_served {
            waiting = self.idle.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redex::shared::Store;

    #[test]
    fn a_file_that_nobody_has_ends_though_nobody_serves_its_queue() {
        let log = net_log::MemoryLog::new(net_log::Retention::default(), 1 << 20);
        let file = Shared::new(Store::Memory(log));
        let (answer, outcome) = oneshot::channel();
        // The runtime ends between the push and the service.
        assert!(file.queue.push(Batch { payloads: vec![Bytes::from_static(b"a")], answer }));
        drop(file);
        assert!(outcome.blocking_recv().is_err());
    }
}
