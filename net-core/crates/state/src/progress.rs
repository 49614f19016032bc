//! How far a state is in its log, and who waits for it.

use bytes::Bytes;
use net_types::{
    cortex::{CortexError, SNAPSHOT_VERSION, StateModel, WriteToken},
    redex::RedexEvent,
    wire::cortex::StateSnapshot,
};

use crate::{
    fold::Applied,
    holes::Holes,
    snapshot,
    waits::{WaitId, Waits},
};

/// How much of its log a state holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Number of the first event that is not in the state.
    pub next_seq: u64,
    /// Numbers below it that no event has.
    pub skipped: u64,
    /// Events below it that could not be read and changed nothing.
    pub unreadable: u64,
}

/// What comes next of a log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Run<'a> {
    /// Events that are to be applied. Their numbers grow by one.
    Events(&'a [RedexEvent]),
    /// Numbers up to this one, which is included, have none.
    Gap(u64),
}

/// How far the state of one log is.
///
/// Who has the state applies what [`runs`](Self::runs) leaves of events, and tells what became of them. Every call that
/// waits is answered once: when its number is in the state, when it is passed over, when an event cannot be applied, or
/// when the state is closed.
#[derive(Debug)]
pub struct Progress {
    origin: u64,
    log_id: u64,
    counts: Counts,
    holes: Holes,
    waits: Waits,
    failure: Option<CortexError>,
    is_closed: bool,
    is_foreign: bool,
}

impl Progress {
    /// That of a state which holds nothing of a log.
    pub fn new(origin: u64, log_id: u64) -> Self {
        Self {
            origin,
            log_id,
            counts: Counts::default(),
            holes: Holes::default(),
            waits: Waits::default(),
            failure: None,
            is_closed: false,
            is_foreign: false,
        }
    }

    /// That of a snapshot, and the bytes of its state. In the log that it was made from the state goes on behind what it
    /// holds; for another log it is what was there before the log's first event. Which numbers below were passed over is
    /// not known any more, only how many.
    pub fn restore(
        bytes: &[u8],
        last: Option<u64>,
        model: StateModel,
        origin: u64,
        log_id: u64,
    ) -> Result<(Self, Bytes), CortexError> {
        let it = snapshot::decode(bytes)?;
        if it.model != model {
            let reason = format!("it holds {}, not {model}", it.model);
            return Err(CortexError::BadSnapshot { reason });
        }
        if it.origin != origin {
            return Err(CortexError::WrongOrigin { state_origin: origin, token_origin: it.origin });
        }
        if it.skipped.checked_add(it.unreadable).is_none_or(|passed| passed > it.next_seq) {
            let reason = "more numbers were passed over than there are".to_owned();
            return Err(CortexError::BadSnapshot { reason });
        }
        if last.is_some_and(|last| it.next_seq.checked_sub(1) != Some(last)) {
            let reason = format!("it ends before event {}, which is not what `last_seq` says", it.next_seq);
            return Err(CortexError::BadSnapshot { reason });
        }
        let mut progress = Self::new(origin, log_id);
        progress.is_foreign = it.log_id != log_id;
        if !progress.is_foreign {
            progress.counts =
                Counts { next_seq: it.next_seq, skipped: it.skipped, unreadable: it.unreadable };
        }
        Ok((progress, it.state))
    }

    /// Says what became of a run of events. `fold_failed` when one could not be applied: the state stays as it was before
    /// it, and takes nothing more.
    pub fn take(&mut self, events: &[RedexEvent], applied: Applied) -> Result<(), CortexError> {
        self.check()?;
        let taken = applied.taken.min(events.len());
        for seq in applied.unreadable {
            self.holes.add(seq, seq);
            self.counts.unreadable += 1;
        }
        if let Some(last) = events[..taken].last() {
            self.reach(last.seq.saturating_add(1));
        }
        if taken == events.len() {
            return Ok(());
        }
        self.fail(applied.failure.unwrap_or_else(|| "it was not taken".to_owned()))
    }

    /// Passes over all numbers up to one, which is included: retention gave up their events, or they are damaged.
    pub fn pass_over(&mut self, last: u64) -> Result<(), CortexError> {
        self.check()?;
        let first = self.counts.next_seq;
        if last >= first {
            self.holes.add(first, last);
            let next = last.saturating_add(1);
            self.counts.skipped += next - first;
            self.reach(next);
        }
        Ok(())
    }

    /// Stops at the next event, which cannot be applied; every call has this error from now on.
    pub fn fail(&mut self, reason: String) -> Result<(), CortexError> {
        self.check()?;
        let failure = CortexError::FoldFailed { seq: self.counts.next_seq, reason };
        self.waits.end(&failure);
        self.failure = Some(failure.clone());
        Err(failure)
    }

    /// Waits until a number is in the state.
    pub fn wait(&mut self, seq: u64) -> Result<WaitId, CortexError> {
        match self.answer(seq) {
            Some(answer) => self.waits.answered(seq, answer),
            None => self.waits.add(seq),
        }
    }

    /// Forgets a call that waits; tells whether it was still to be answered.
    pub fn cancel(&mut self, id: WaitId) -> bool {
        self.waits.cancel(id)
    }

    /// The next call that has its answer.
    pub fn poll(&mut self) -> Option<(WaitId, Result<(), CortexError>)> {
        self.waits.poll()
    }

    /// Takes no more events, and answers all that wait.
    pub fn close(&mut self) {
        if !self.is_closed {
            self.is_closed = true;
            self.waits.end(&CortexError::Closed);
        }
    }

    /// What of events is not in the state yet, in order.
    pub fn runs<'a>(&self, events: &'a [RedexEvent]) -> Vec<Run<'a>> {
        let mut runs = Vec::new();
        let mut next = self.counts.next_seq;
        let known = events.iter().take_while(|event| end(event) <= next).count();
        let mut rest = &events[known..];
        while let Some(first) = rest.first() {
            if first.skipped > 0 || first.seq > next {
                next = if first.skipped > 0 { end(first) } else { first.seq };
                runs.push(Run::Gap(next - 1));
                rest = &rest[usize::from(first.skipped > 0)..];
                continue;
            }
            let in_a_row = |(event, seq): &(&RedexEvent, u64)| event.skipped == 0 && event.seq == *seq;
            let (run, behind) = rest.split_at(rest.iter().zip(next..).take_while(in_a_row).count().max(1));
            next = run.last().map_or(next, end);
            runs.push(Run::Events(run));
            rest = behind;
        }
        runs
    }

    /// The error that every call has now: `fold_failed` or `closed`.
    pub fn check(&self) -> Result<(), CortexError> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None if self.is_closed => Err(CortexError::Closed),
            None => Ok(()),
        }
    }

    /// The error that also reading has now.
    pub fn check_readable(&self) -> Result<(), CortexError> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Refuses the token of another writer.
    pub fn check_token(&self, token: &WriteToken) -> Result<(), CortexError> {
        let token_origin = token.origin_hash.0;
        if token_origin == self.origin {
            return Ok(());
        }
        Err(CortexError::WrongOrigin { state_origin: self.origin, token_origin })
    }

    /// How much of the log is in the state.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether it takes no more events since it was closed.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether the state began with what was there before the log's first event.
    pub fn is_foreign(&self) -> bool {
        self.is_foreign
    }

    /// Calls that wait.
    pub fn waits(&self) -> usize {
        self.waits.len()
    }

    /// The snapshot of a state by its bytes; equal states of one log have equal ones.
    pub fn save_bytes(&self, model: StateModel, state: Bytes) -> Result<Vec<u8>, CortexError> {
        self.check_readable()?;
        let Counts { next_seq, skipped, unreadable } = self.counts;
        let (format, origin, log_id) = (SNAPSHOT_VERSION, self.origin, self.log_id);
        snapshot::encode(&StateSnapshot {
            format,
            model,
            origin,
            log_id,
            next_seq,
            skipped,
            unreadable,
            state,
        })
    }

    /// The answer to a call that waits for a number, if there is one already.
    pub fn answer(&self, seq: u64) -> Option<Result<(), CortexError>> {
        if let Some(failure) = &self.failure {
            return Some(Err(failure.clone()));
        }
        if seq < self.counts.next_seq {
            return Some(reached(&self.holes, seq));
        }
        self.is_closed.then_some(Err(CortexError::Closed))
    }

    fn reach(&mut self, next: u64) {
        self.counts.next_seq = next;
        let Self { waits, holes, .. } = self;
        waits.reach(next, |seq| reached(holes, seq));
    }
}

/// The number behind an event or a gap.
fn end(event: &RedexEvent) -> u64 {
    event.seq.saturating_add(event.skipped.max(1))
}

fn reached(holes: &Holes, seq: u64) -> Result<(), CortexError> {
    if holes.has(seq) { Err(CortexError::Skipped { seq }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dice::Dice, event::TaskChange, fold::Fold, tasks::Tasks};
    use net_types::{Timestamp, identity::OriginHash};
    use std::collections::BTreeMap;

    /// A fold, and how far it is.
    #[derive(Debug)]
    struct State<F> {
        fold: F,
        progress: Progress,
    }

    impl<F: Fold> State<F> {
        fn new(fold: F, origin: u64, log_id: u64) -> Self {
            Self { fold, progress: Progress::new(origin, log_id) }
        }

        fn restore(bytes: &[u8], origin: u64, log_id: u64) -> Result<Self, CortexError> {
            let (progress, state) = Progress::restore(bytes, None, F::MODEL, origin, log_id)?;
            Ok(Self { fold: F::decode(&state)?, progress })
        }

        fn apply(&mut self, events: &[RedexEvent]) -> Result<(), CortexError> {
            self.progress.check()?;
            for run in self.progress.runs(events) {
                match run {
                    Run::Events(events) => self.progress.take(events, self.fold.apply(events))?,
                    Run::Gap(last) => self.progress.pass_over(last)?,
                }
            }
            Ok(())
        }

        fn counts(&self) -> Counts {
            self.progress.counts()
        }

        fn snapshot(&self) -> Result<Vec<u8>, CortexError> {
            self.progress.save_bytes(F::MODEL, self.fold.encode()?.into())
        }
    }

    /// Adds bytes up; 13 cannot be read and 66 cannot be applied.
    #[derive(Debug, Default, PartialEq)]
    struct Sum(u64);

    impl Fold for Sum {
        const MODEL: StateModel = StateModel::Fold;

        fn apply(&mut self, events: &[RedexEvent]) -> Applied {
            let mut applied = Applied::default();
            for event in events {
                match &event.payload[..] {
                    [66] => {
                        applied.failure = Some("66".to_owned());
                        break;
                    }
                    [13] => applied.unreadable.push(event.seq),
                    bytes => self.0 += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>(),
                }
                applied.taken += 1;
            }
            applied
        }

        fn encode(&self) -> Result<Vec<u8>, CortexError> {
            Ok(self.0.to_le_bytes().to_vec())
        }

        fn decode(bytes: &[u8]) -> Result<Self, CortexError> {
            let bytes = bytes.try_into();
            let bytes = bytes.map_err(|_| CortexError::BadSnapshot { reason: "no sum".to_owned() })?;
            Ok(Self(u64::from_le_bytes(bytes)))
        }
    }

    fn event(seq: u64, byte: u8) -> RedexEvent {
        RedexEvent { payload: Bytes::copy_from_slice(&[byte]), ..gap(seq, 0) }
    }

    fn gap(seq: u64, skipped: u64) -> RedexEvent {
        RedexEvent { seq, payload: Bytes::new(), checksum: 0, is_inline: false, skipped }
    }

    fn state() -> State<Sum> {
        State::new(Sum::default(), 7, 1)
    }

    fn counts(next_seq: u64, skipped: u64, unreadable: u64) -> Counts {
        Counts { next_seq, skipped, unreadable }
    }

    #[test]
    fn every_event_counts_once() {
        let mut state = state();
        state.apply(&[event(0, 1), event(1, 2)]).expect("applied");
        state.apply(&[event(0, 1), event(1, 2), event(2, 4)]).expect("applied");
        assert_eq!((&state.fold, state.counts()), (&Sum(7), counts(3, 0, 0)));
    }

    #[test]
    fn what_is_passed_over_is_counted_and_freezes_nothing() {
        let mut state = state();
        let ids: Vec<WaitId> = (0..9).map(|seq| state.progress.wait(seq).expect("room")).collect();
        state.apply(&[event(0, 1), event(1, 13), gap(2, 3), event(5, 2), event(7, 4)]).expect("applied");
        assert_eq!((&state.fold, state.counts()), (&Sum(7), counts(8, 4, 1)));
        let mut answers: Vec<_> = std::iter::from_fn(|| state.progress.poll()).collect();
        answers.sort_by_key(|(id, _)| *id);
        let skipped = |seq| Err(CortexError::Skipped { seq });
        let wanted = [Ok(()), skipped(1), skipped(2), skipped(3), skipped(4), Ok(()), skipped(6), Ok(())];
        assert_eq!(answers, ids.iter().copied().zip(wanted).collect::<Vec<_>>());
        let late = state.progress.wait(3).expect("room");
        assert_eq!(state.progress.poll(), Some((late, skipped(3))));
        state.progress.pass_over(10).expect("open");
        assert_eq!((state.progress.poll(), state.counts()), (Some((ids[8], skipped(8))), counts(11, 7, 1)));
        state.progress.pass_over(4).expect("open");
        assert_eq!(state.counts(), counts(11, 7, 1));
    }

    #[test]
    fn a_failure_names_its_event_and_stays() {
        let mut state = state();
        let (before, behind) = (state.progress.wait(1).expect("room"), state.progress.wait(3).expect("room"));
        let failure = CortexError::FoldFailed { seq: 2, reason: "66".to_owned() };
        let applied = state.apply(&[event(0, 1), event(1, 2), event(2, 66), event(3, 4)]);
        assert_eq!(applied, Err(failure.clone()));
        assert_eq!((&state.fold, state.counts()), (&Sum(3), counts(2, 0, 0)));
        assert_eq!(state.progress.poll(), Some((before, Ok(()))));
        assert_eq!(state.progress.poll(), Some((behind, Err(failure.clone()))));
        assert_eq!(state.apply(&[event(2, 1)]), Err(failure.clone()));
        assert_eq!(state.progress.pass_over(9), Err(failure.clone()));
        assert_eq!(state.snapshot(), Err(failure.clone()));
        let late = state.progress.wait(0).expect("room");
        assert_eq!(state.progress.poll(), Some((late, Err(failure))));
        state.progress.close();
        assert_eq!(state.progress.poll(), None);
    }

    #[test]
    fn closing_answers_all_and_leaves_what_can_be_read() {
        let mut state = state();
        state.apply(&[event(0, 1)]).expect("applied");
        let id = state.progress.wait(1).expect("room");
        state.progress.close();
        state.progress.close();
        assert_eq!(
            (state.progress.poll(), state.progress.poll()),
            (Some((id, Err(CortexError::Closed))), None)
        );
        assert_eq!(state.progress.check(), Err(CortexError::Closed));
        assert_eq!(state.apply(&[event(1, 1)]), Err(CortexError::Closed));
        let there = state.progress.wait(0).expect("room");
        assert_eq!(state.progress.poll(), Some((there, Ok(()))));
        assert_eq!(&state.fold, &Sum(1));
    }

    #[test]
    fn tokens_of_others_are_refused_and_calls_forgotten() {
        let mut state = state();
        let token = |origin| WriteToken { origin_hash: OriginHash(origin), seq: 0 };
        let error = CortexError::WrongOrigin { state_origin: 7, token_origin: 8 };
        assert_eq!(state.progress.check_token(&token(8)), Err(error));
        assert_eq!(state.progress.check_token(&token(7)), Ok(()));
        let (one, two) = (state.progress.wait(0).expect("room"), state.progress.wait(0).expect("room"));
        assert!(state.progress.cancel(one) && !state.progress.cancel(one));
        assert_eq!((state.progress.waits(), state.progress.poll()), (1, None));
        state.apply(&[event(0, 1)]).expect("applied");
        assert_eq!((state.progress.poll(), state.progress.waits()), (Some((two, Ok(()))), 0));
    }

    #[test]
    fn every_call_is_answered_once() {
        for seed in 0..60 {
            let mut dice = Dice(seed);
            let mut state = state();
            let mut open: BTreeMap<WaitId, u64> = BTreeMap::new();
            for _ in 0..200 {
                match dice.below(6) {
                    0 | 1 => {
                        let seq = state.counts().next_seq.saturating_sub(5) + dice.below(12);
                        open.insert(state.progress.wait(seq).expect("room"), seq);
                    }
                    2 => {
                        let seq = state.counts().next_seq + dice.below(3);
                        let entry = if dice.once_in(4) { gap(seq, 1 + dice.below(3)) } else { event(seq, 1) };
                        state.apply(&[entry]).expect("applied");
                    }
                    3 if dice.once_in(3) => {
                        if let Some(id) = open.keys().next().copied() {
                            assert!(state.progress.cancel(id), "seed {seed}");
                            open.remove(&id);
                        }
                    }
                    _ => {}
                }
                while let Some((id, _)) = state.progress.poll() {
                    assert!(open.remove(&id).is_some(), "seed {seed}");
                }
            }
            state.progress.close();
            while let Some((id, _)) = state.progress.poll() {
                assert!(open.remove(&id).is_some(), "seed {seed}");
            }
            assert!(open.is_empty(), "seed {seed}");
        }
    }

    #[test]
    fn however_the_log_is_cut_the_bytes_are_the_same() {
        let entries: Vec<RedexEvent> = (0..400)
            .map(|seq| {
                let mut dice = Dice(seq);
                let title = format!("title {}", dice.below(50));
                let change = match dice.below(5) {
                    0 => TaskChange::Delete,
                    1 => TaskChange::Complete,
                    _ => TaskChange::Create { title: &title },
                };
                let payload = change.encode(7, dice.below(40), Timestamp(seq)).expect("an event");
                if dice.once_in(9) {
                    gap(seq, 1)
                } else {
                    let payload = if dice.once_in(9) { Bytes::from_static(b"?") } else { payload.into() };
                    RedexEvent { payload, ..gap(seq, 0) }
                }
            })
            .collect();
        let mut whole = State::new(Tasks::default(), 7, 1);
        whole.apply(&entries).expect("applied");
        let bytes = whole.snapshot().expect("bytes");
        assert!(whole.counts().skipped > 0 && whole.counts().unreadable > 0);
        for seed in 0..20 {
            let mut dice = Dice(seed);
            let mut state = State::new(Tasks::default(), 7, 1);
            let mut rest = &entries[..];
            while !rest.is_empty() {
                let (some, others) = rest.split_at(rest.len().min(1 + dice.below(60) as usize));
                state.apply(some).expect("applied");
                state = State::restore(&state.snapshot().expect("bytes"), 7, 1).expect("a state");
                rest = others;
            }
            assert_eq!(state.snapshot().expect("bytes"), bytes, "seed {seed}");
        }
    }

    #[test]
    fn for_another_log_a_snapshot_is_the_beginning() {
        let mut state = state();
        state.apply(&[event(0, 1), event(1, 2)]).expect("applied");
        let bytes = state.snapshot().expect("bytes");
        let mut other = State::<Sum>::restore(&bytes, 7, 2).expect("a state");
        assert_eq!((&other.fold, other.counts()), (&Sum(3), Counts::default()));
        other.apply(&[event(0, 4)]).expect("applied");
        assert_eq!(&other.fold, &Sum(7));
    }

    #[test]
    fn hostile_snapshots_are_refused() {
        let mut state = state();
        state.apply(&[event(0, 1), gap(1, 2)]).expect("applied");
        let bytes = state.snapshot().expect("bytes");
        let wrong = |bytes: &[u8]| State::<Sum>::restore(bytes, 7, 1).expect_err("no snapshot");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let error = wrong(&flipped);
            let is_newer = matches!(error, CortexError::NewerVersion { .. }) && (32..48).contains(&bit);
            assert!(is_newer || matches!(error, CortexError::BadSnapshot { .. }), "bit {bit}: {error}");
        }
        for length in 0..bytes.len() {
            assert!(matches!(wrong(&bytes[..length]), CortexError::BadSnapshot { .. }), "{length} bytes");
        }
        let error = State::<Tasks>::restore(&bytes, 7, 1).expect_err("another model");
        assert_eq!(error, CortexError::BadSnapshot { reason: "it holds fold, not tasks".to_owned() });
        let error = State::<Sum>::restore(&bytes, 8, 1).expect_err("another writer");
        assert_eq!(error, CortexError::WrongOrigin { state_origin: 8, token_origin: 7 });
        let mut it = StateSnapshot::decode(&bytes).expect("the layout");
        it.unreadable = u64::MAX;
        assert!(matches!(wrong(&it.encode().expect("bytes")), CortexError::BadSnapshot { .. }));
        it.format = SNAPSHOT_VERSION + 1;
        let newer = CortexError::NewerVersion { found: 2, supported: 1 };
        assert_eq!(wrong(&it.encode().expect("bytes")), newer);
    }
}
