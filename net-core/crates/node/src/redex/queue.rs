//! Appends that nobody's thread waits for: what gathers while one round is on its way to the disk is the next.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use net_log::Dir;
use net_types::{BaseError, Error, redex::RedexError};
use tokio::sync::oneshot;

use super::shared::Shared;

/// Bytes of a round at most, unless a single batch has more, so that none waits long for those behind it.
const ROUND: usize = 8 << 20;

type Outcome = Result<Option<u64>, RedexError>;

/// Batches that wait to be appended, in order. Their bytes are those of callers who wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    idle: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    /// Whether somebody appends them.
    is_served: bool,
}

#[derive(Debug)]
struct Batch {
    payloads: Vec<Bytes>,
    answer: oneshot::Sender<Outcome>,
}

/// Appends a batch on a thread that may block, together with others that come meanwhile.
pub(super) async fn append<D: Dir>(
    file: &Arc<Shared<D>>,
    payloads: Vec<Bytes>,
) -> Result<Option<u64>, Error> {
    file.check_open()?;
    let (answer, outcome) = oneshot::channel();
    if file.queue.push(Batch { payloads, answer }) {
        let service = Service { file: Arc::clone(file), is_over: false };
        tokio::task::spawn_blocking(move || service.run());
    }
    match outcome.await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(BaseError::Internal { detail: "whoever was to append it has ended".to_owned() }.into()),
    }
}

/// Serves the queue of a file. However it ends, nobody waits for it any more.
struct Service<D: Dir> {
    file: Arc<Shared<D>>,
    is_over: bool,
}

impl<D: Dir> Service<D> {
    /// Appends what waits until nothing does.
    fn run(mut self) {
        while let Some(batches) = self.file.queue.take() {
            round(&self.file, batches);
        }
        self.is_over = true;
    }
}

impl<D: Dir> Drop for Service<D> {
    fn drop(&mut self) {
        if !self.is_over {
            self.file.queue.abandon();
        }
    }
}

fn round<D: Dir>(file: &Shared<D>, batches: Vec<Batch>) {
    let written = write(file, &batches);
    let last = written.iter().rev().find_map(|outcome| outcome.as_ref().ok().copied().flatten());
    let must_sync = written.iter().any(|outcome| matches!(outcome, Ok(Some(done)) if done.must_sync));
    let synced = match last.filter(|_| must_sync) {
        Some(last) => file.reach(last.next),
        None => Ok(()),
    };
    for (outcome, Batch { answer, .. }) in written.into_iter().zip(batches) {
        let first = outcome.and_then(|done| match done {
            Some(done) if done.must_sync => synced.clone().map(|()| Some(done.first)),
            done => Ok(done.map(|done| done.first)),
        });
        // Who gave up needs no answer.
        let _ = answer.send(first);
    }
}

fn write<D: Dir>(file: &Shared<D>, batches: &[Batch]) -> Vec<Result<Option<net_log::Appended>, RedexError>> {
    let batches: Vec<Vec<&[u8]>> =
        batches.iter().map(|batch| batch.payloads.iter().map(Bytes::as_ref).collect()).collect();
    let batches: Vec<&[&[u8]]> = batches.iter().map(Vec::as_slice).collect();
    file.write_all(&batches)
}

impl Queue {
    /// Adds a batch; tells whether somebody has to begin to serve.
    fn push(&self, batch: Batch) -> bool {
        let mut waiting = self.lock();
        waiting.batches.push_back(batch);
        !mem::replace(&mut waiting.is_served, true)
    }

    /// Takes what is next; nothing ends the service.
    fn take(&self) -> Option<Vec<Batch>> {
        let mut waiting = self.lock();
        if waiting.batches.is_empty() {
            waiting.is_served = false;
            self.idle.notify_all();
            return None;
        }
        let (mut count, mut size) = (0, 0);
        while size < ROUND && count < waiting.batches.len() {
            size += waiting.batches[count].payloads.iter().map(Bytes::len).sum::<usize>();
            count += 1;
        }
        Some(waiting.batches.drain(..count).collect())
    }

    /// Lets all fail that waits: whoever serves has ended.
    fn abandon(&self) {
        let mut waiting = self.lock();
        waiting.is_served = false;
        let batches = mem::take(&mut waiting.batches);
        self.idle.notify_all();
        drop(waiting);
        drop(batches);
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
    use crate::redex::{keeper::Keeper, shared::Store};
    use net_log::Folder;

    fn file() -> Arc<Shared<Folder>> {
        let log = net_log::MemoryLog::new(net_log::Retention::default(), 1 << 20);
        Shared::new(Store::Memory(log), &Arc::new(Keeper::default()), 1)
    }

    fn batch(payload: &'static [u8]) -> (Batch, oneshot::Receiver<Outcome>) {
        let (answer, outcome) = oneshot::channel();
        (Batch { payloads: vec![Bytes::from_static(payload)], answer }, outcome)
    }

    #[test]
    fn a_file_that_nobody_has_ends_though_nobody_serves_its_queue() {
        let file = file();
        let (batch, outcome) = batch(b"a");
        // The runtime ends between the push and the service.
        assert!(file.queue.push(batch));
        drop(file);
        assert!(outcome.blocking_recv().is_err());
    }

    #[test]
    fn a_service_that_ends_early_lets_nobody_wait() {
        let file = file();
        let (waiting, outcome) = batch(b"a");
        assert!(file.queue.push(waiting));
        drop(Service { file: Arc::clone(&file), is_over: false });
        assert!(outcome.blocking_recv().is_err());
        file.queue.settle();
        let (next, outcome) = batch(b"b");
        assert!(file.queue.push(next), "somebody has to serve it");
        Service { file, is_over: false }.run();
        assert_eq!(outcome.blocking_recv(), Ok(Ok(Some(0))));
    }

    #[test]
    fn a_round_is_bounded() {
        let file = file();
        static LARGE: [u8; ROUND / 2 + 1] = [0; ROUND / 2 + 1];
        let outcomes: Vec<_> = (0..5)
            .map(|_| {
                let (batch, outcome) = batch(&LARGE);
                file.queue.push(batch);
                outcome
            })
            .collect();
        let rounds: Vec<_> = std::iter::from_fn(|| file.queue.take()).map(|round| round.len()).collect();
        assert_eq!((rounds, outcomes.len()), (vec![2, 2, 1], 5));
    }
}
