//! Appends that nobody's thread waits for: what gathers while one round is on its way to the disk is the next.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use net_log::Dir;
use net_types::{
    BaseError, Error,
    redex::{MAX_WAITING, RedexError},
};
use tokio::{runtime::Handle, sync::oneshot};

use super::shared::Shared;

/// Bytes of a round at most, unless a single batch has more, so that none waits long for those behind it.
const ROUND: usize = 8 << 20;

/// Bytes that a payload costs while it waits, besides its own.
const OVERHEAD: u64 = 64;

/// Batches of a round that are answered by whoever appended them.
const FEW: usize = 8;

/// How long a round waits at most for those whom the round before has answered.
const PATIENCE: Duration = Duration::from_millis(2);

type Outcome = Result<Option<u64>, RedexError>;

/// Batches that wait to be appended, in order. Their bytes are those of callers who wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    idle: Condvar,
    gathered: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    /// What they cost.
    cost: u64,
    /// Whether somebody appends them.
    is_served: bool,
    /// With how many of them the next round begins at once.
    wanted: usize,
    /// Whether nobody comes any more.
    is_settling: bool,
}

#[derive(Debug)]
struct Batch {
    payloads: Payloads,
    answer: oneshot::Sender<Outcome>,
}

/// What is appended in one go; one payload costs no list.
#[derive(Debug)]
pub(super) enum Payloads {
    One([Bytes; 1]),
    All(Vec<Bytes>),
}

/// What a round tells the next one.
#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    /// Batches that were answered.
    batches: usize,
    /// How long it is worth waiting for as many.
    patience: Duration,
}

/// Appends a batch on a thread that may block, together with others that come meanwhile.
pub(super) async fn append<D: Dir>(file: &Arc<Shared<D>>, payloads: Payloads) -> Result<Option<u64>, Error> {
    file.check_open()?;
    let (answer, outcome) = oneshot::channel();
    if file.queue.push(Batch { payloads, answer })? {
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
        let mut pace = Pace::default();
        while let Some(batches) = self.file.queue.take(pace) {
            pace = round(&self.file, batches);
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

fn round<D: Dir>(file: &Shared<D>, batches: Vec<Batch>) -> Pace {
    let written = write(file, &batches);
    let last = written.iter().rev().find_map(|outcome| outcome.as_ref().ok().copied().flatten());
    let must_sync = written.iter().any(|outcome| matches!(outcome, Ok(Some(done)) if done.must_sync));
    let begun = Instant::now();
    let synced = match last.filter(|_| must_sync) {
        Some(last) => file.reach(last.next),
        None => Ok(()),
    };
    // No longer than they waited for the disk, for which whoever comes too late waits twice.
    let patience = if must_sync { begun.elapsed().min(PATIENCE) } else { Duration::ZERO };
    let pace = Pace { batches: batches.len(), patience };
    let outcomes = written.into_iter().map(|outcome| match outcome? {
        Some(done) if done.must_sync => synced.clone().map(|()| Some(done.first)),
        done => Ok(done.map(|done| done.first)),
    });
    answer(batches, outcomes.collect());
    pace
}

/// Answers all batches of a round. Many are woken by a worker of the runtime: each costs less there than from a thread that waits.
fn answer(batches: Vec<Batch>, outcomes: Vec<Outcome>) {
    let is_many = batches.len() > FEW;
    let answers = Answers { batches, outcomes };
    match Handle::try_current() {
        Ok(runtime) if is_many => drop(runtime.spawn(async move { drop(answers) })),
        _ => drop(answers),
    }
}

/// Batches and what has become of them. All are answered when this goes, even if that is with a runtime that has ended.
struct Answers {
    batches: Vec<Batch>,
    outcomes: Vec<Outcome>,
}

impl Drop for Answers {
    fn drop(&mut self) {
        for (Batch { answer, .. }, outcome) in self.batches.drain(..).zip(self.outcomes.drain(..)) {
            // Who gave up needs no answer.
            let _ = answer.send(outcome);
        }
    }
}

fn write<D: Dir>(file: &Shared<D>, batches: &[Batch]) -> Vec<Result<Option<net_log::Appended>, RedexError>> {
    let payloads: Vec<&[u8]> =
        batches.iter().flat_map(|batch| batch.payloads.as_slice()).map(Bytes::as_ref).collect();
    let mut rest = &payloads[..];
    let batches: Vec<&[&[u8]]> = batches
        .iter()
        .map(|batch| rest.split_off(..batch.payloads.as_slice().len()).unwrap_or_default())
        .collect();
    file.write_all(&batches)
}

impl Payloads {
    fn as_slice(&self) -> &[Bytes] {
        match self {
            Self::One(one) => one,
            Self::All(all) => all,
        }
    }

    /// Bytes of all of them.
    fn size(&self) -> usize {
        self.as_slice().iter().map(Bytes::len).sum()
    }

    /// What it costs that they wait.
    fn cost(&self) -> u64 {
        self.size() as u64 + OVERHEAD * self.as_slice().len() as u64
    }
}

impl Queue {
    /// Adds a batch; tells whether somebody has to begin to serve.
    fn push(&self, batch: Batch) -> Result<bool, RedexError> {
        let mut waiting = self.lock();
        let cost = waiting.cost + batch.payloads.cost();
        if cost > MAX_WAITING && !waiting.batches.is_empty() {
            return Err(RedexError::QueueFull { limit: MAX_WAITING });
        }
        waiting.cost = cost;
        waiting.batches.push_back(batch);
        if waiting.batches.len() == waiting.wanted {
            self.gathered.notify_one();
        }
        Ok(!mem::replace(&mut waiting.is_served, true))
    }

    /// Takes what is next; nothing ends the service.
    fn take(&self, pace: Pace) -> Option<Vec<Batch>> {
        let mut waiting = self.gather(pace);
        if waiting.batches.is_empty() {
            waiting.is_served = false;
            self.idle.notify_all();
            return None;
        }
        let (mut count, mut size) = (0, 0);
        while size < ROUND && count < waiting.batches.len() {
            size += waiting.batches[count].payloads.size();
            count += 1;
        }
        let batches: Vec<Batch> = waiting.batches.drain(..count).collect();
        waiting.cost -= batches.iter().map(|batch| batch.payloads.cost()).sum::<u64>();
        Some(batches)
    }

    /// Waits a while until as many have come as were answered last, most of whom append again at once.
    fn gather(&self, pace: Pace) -> MutexGuard<'_, Waiting> {
        let mut waiting = self.lock();
        if !pace.patience.is_zero() {
            waiting.wanted = pace.batches;
            let is_short =
                |waiting: &mut Waiting| waiting.batches.len() < waiting.wanted && !waiting.is_settling;
            let gathered = self.gathered.wait_timeout_while(waiting, pace.patience, is_short);
            waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
            waiting.wanted = 0;
        }
        waiting
    }

    /// Lets all fail that waits: whoever serves has ended.
    fn abandon(&self) {
        let mut waiting = self.lock();
        (waiting.is_served, waiting.cost) = (false, 0);
        let batches = mem::take(&mut waiting.batches);
        self.idle.notify_all();
        drop(waiting);
        drop(batches);
    }

    /// Waits until all is served that was added.
    pub(super) fn settle(&self) {
        let mut waiting = self.lock();
        waiting.is_settling = true;
        self.gathered.notify_one();
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
    use net_log::Folder;
    use std::thread;

    fn file() -> Arc<Shared<Folder>> {
        let log = net_log::MemoryLog::new(net_log::Retention::default(), 1 << 20);
        Shared::new(Store::Memory(log), &Arc::default(), &Arc::default(), 1)
    }

    fn batch(payload: &'static [u8]) -> (Batch, oneshot::Receiver<Outcome>) {
        let (answer, outcome) = oneshot::channel();
        (Batch { payloads: Payloads::One([Bytes::from_static(payload)]), answer }, outcome)
    }

    #[test]
    fn a_file_that_nobody_has_ends_though_nobody_serves_its_queue() {
        let file = file();
        let (batch, outcome) = batch(b"a");
        // The runtime ends between the push and the service.
        assert_eq!(file.queue.push(batch), Ok(true));
        drop(file);
        assert!(outcome.blocking_recv().is_err());
    }

    #[test]
    fn a_service_that_ends_early_lets_nobody_wait() {
        let file = file();
        let (waiting, outcome) = batch(b"a");
        assert_eq!(file.queue.push(waiting), Ok(true));
        drop(Service { file: Arc::clone(&file), is_over: false });
        assert!(outcome.blocking_recv().is_err());
        file.queue.settle();
        let (next, outcome) = batch(b"b");
        assert_eq!(file.queue.push(next), Ok(true), "somebody has to serve it");
        Service { file, is_over: false }.run();
        assert_eq!(outcome.blocking_recv(), Ok(Ok(Some(0))));
    }

    #[test]
    fn what_was_appended_is_told_although_the_runtime_ends_first() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (batches, outcomes): (Vec<_>, Vec<_>) = (0..=FEW).map(|_| batch(b"a")).unzip();
        let entered = runtime.enter();
        answer(batches, (0..=FEW as u64).map(|seq| Ok(Some(seq))).collect());
        drop(entered);
        drop(runtime);
        for (seq, outcome) in (0..).zip(outcomes) {
            assert_eq!(outcome.blocking_recv(), Ok(Ok(Some(seq))));
        }
    }

    #[test]
    fn a_round_is_bounded() {
        let file = file();
        static LARGE: [u8; ROUND / 2 + 1] = [0; ROUND / 2 + 1];
        let outcomes: Vec<_> = (0..5)
            .map(|_| {
                let (batch, outcome) = batch(&LARGE);
                file.queue.push(batch).expect("room");
                outcome
            })
            .collect();
        let rounds: Vec<_> =
            std::iter::from_fn(|| file.queue.take(Pace::default())).map(|round| round.len()).collect();
        assert_eq!((rounds, outcomes.len()), (vec![2, 2, 1], 5));
    }

    #[test]
    fn a_round_waits_for_as_many_as_the_last_one_answered() {
        let file = file();
        let pace = Pace { batches: 3, patience: Duration::from_secs(3600) };
        let served = thread::spawn({
            let file = Arc::clone(&file);
            move || file.queue.take(pace).map(|round| round.len())
        });
        for payload in [b"a", b"b", b"c"] {
            file.queue.push(batch(payload).0).expect("room");
        }
        assert_eq!(served.join().expect("a round"), Some(3));
    }

    #[test]
    fn a_round_does_not_wait_for_ever_for_who_does_not_come() {
        let file = file();
        file.queue.push(batch(b"a").0).expect("room");
        let pace = Pace { batches: 2, patience: Duration::from_millis(1) };
        assert_eq!(file.queue.take(pace).map(|round| round.len()), Some(1));
        assert!(file.queue.take(pace).is_none(), "the service ends");
        assert!(!file.queue.lock().is_served);
    }

    #[test]
    fn who_closes_does_not_wait_for_who_does_not_come() {
        let file = file();
        file.queue.push(batch(b"a").0).expect("room");
        let pace = Pace { batches: 2, patience: Duration::from_secs(3600) };
        let service = thread::spawn({
            let file = Arc::clone(&file);
            move || while file.queue.take(pace).is_some() {}
        });
        while file.queue.lock().wanted == 0 {
            thread::yield_now();
        }
        file.queue.settle();
        service.join().expect("it ends");
    }

    #[test]
    fn what_waits_is_bounded_by_its_bytes() {
        static LARGE: [u8; 64 << 20] = [0; 64 << 20];
        let file = file();
        let push = |payload| file.queue.push(batch(payload).0);
        for _ in 0..3 {
            assert!(push(&LARGE).is_ok());
        }
        let full = Err(RedexError::QueueFull { limit: MAX_WAITING });
        assert_eq!(push(&LARGE), full, "what each costs besides counts");
        assert!(push(b"a").is_ok(), "less fits still");
        assert!(file.queue.take(Pace::default()).is_some());
        assert!(push(&LARGE).is_ok(), "there is room again");
        assert_eq!(push(&LARGE), full);
        file.queue.abandon();
        assert_eq!(file.queue.lock().cost, 0);

        let (answer, _outcome) = oneshot::channel();
        let huge = Payloads::All(vec![Bytes::from_static(&LARGE); 5]);
        assert!(file.queue.push(Batch { payloads: huge, answer }).is_ok(), "one batch waits whatever it has");
        assert_eq!(push(b"a"), full);
    }
}
