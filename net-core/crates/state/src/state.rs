//! A fold, how far it is, and who waits for it.

use net_log::Entry;
use net_types::{
    cortex::{CortexError, SNAPSHOT_VERSION},
    wire::cortex::StateSnapshot,
};

use crate::{
    fold::{Event, Fold},
    holes::Holes,
    snapshot,
    waits::{WaitId, Waits},
};

/// What a write leaves to wait by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WriteToken {
    /// The writer.
    pub origin: u64,
    /// Number of the event.
    pub seq: u64,
}

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

/// The state of one log.
///
/// Every call that waits is answered once: when its number is in the state, when it is passed over, when the fold fails,
/// when its deadline has come, or when the state is closed.
#[derive(Debug)]
pub struct State<F> {
    fold: F,
    origin: u64,
    log_id: u64,
    counts: Counts,
    holes: Holes,
    waits: Waits,
    failure: Option<CortexError>,
    is_closed: bool,
}

impl<F: Fold> State<F> {
    /// A state that holds nothing of a log.
    pub fn new(fold: F, origin: u64, log_id: u64) -> Self {
        let (holes, waits) = (Holes::default(), Waits::default());
        let counts = Counts::default();
        Self { fold, origin, log_id, counts, holes, waits, failure: None, is_closed: false }
    }

    /// The state of a snapshot. In the log that it was made from it goes on behind what it holds; for another log it is
    /// what was there before the log's first event. Which numbers below were passed over is not known any more, only how
    /// many.
    pub fn restore(bytes: &[u8], origin: u64, log_id: u64) -> Result<Self, CortexError> {
        let it = snapshot::decode(bytes)?;
        if it.model != F::MODEL {
            let reason = format!("it holds {}, not {}", it.model, F::MODEL);
            return Err(CortexError::BadSnapshot { reason });
        }
        if it.origin != origin {
            return Err(CortexError::WrongOrigin { state_origin: origin, token_origin: it.origin });
        }
        if it.skipped.checked_add(it.unreadable).is_none_or(|passed| passed > it.next_seq) {
            let reason = "more numbers were passed over than there are".to_owned();
            return Err(CortexError::BadSnapshot { reason });
        }
        let mut state = Self::new(F::decode(&it.state)?, origin, log_id);
        if it.log_id == log_id {
            state.counts = Counts { next_seq: it.next_seq, skipped: it.skipped, unreadable: it.unreadable };
        }
        Ok(state)
    }

    /// Takes entries of the log, in order. What is in the state already is left out; numbers between two entries that
    /// none of them has are passed over. `fold_failed` when an event cannot be applied: the state stays as it was before
    /// it, and takes nothing more.
    pub fn apply(&mut self, entries: &[Entry]) -> Result<(), CortexError> {
        self.check()?;
        let mut events = Vec::new();
        let mut next = self.counts.next_seq;
        for entry in entries {
            if end(entry) <= next {
                continue;
            }
            if entry.skipped > 0 || entry.seq > next {
                self.take(&std::mem::take(&mut events))?;
                let last = if entry.skipped > 0 { end(entry) - 1 } else { entry.seq - 1 };
                self.skip(last);
            }
            if entry.skipped == 0 {
                events.push(Event { seq: entry.seq, payload: &entry.payload });
            }
            next = end(entry);
        }
        self.take(&events)
    }

    /// Passes over all numbers up to one, which is included: retention gave up their events, or they are damaged.
    pub fn pass_over(&mut self, last: u64) -> Result<(), CortexError> {
        self.check()?;
        self.skip(last);
        Ok(())
    }

    /// Waits until a number is in the state, at most to a deadline by the clock that `expire` is called with.
    pub fn wait(&mut self, seq: u64, deadline: Option<u64>) -> Result<WaitId, CortexError> {
        match self.answer(seq) {
            Some(answer) => self.waits.answered(seq, answer),
            None => self.waits.add(seq, deadline),
        }
    }

    /// Waits for what a write has left; `wrong_origin` if it was another writer's.
    pub fn wait_for(&mut self, token: WriteToken, deadline: Option<u64>) -> Result<WaitId, CortexError> {
        if token.origin != self.origin {
            return Err(CortexError::WrongOrigin { state_origin: self.origin, token_origin: token.origin });
        }
        self.wait(token.seq, deadline)
    }

    /// Forgets a call that waits; tells whether it was still to be answered.
    pub fn cancel(&mut self, id: WaitId) -> bool {
        self.waits.cancel(id)
    }

    /// Answers the calls whose deadline has come.
    pub fn expire(&mut self, now: u64) {
        self.waits.expire(now);
    }

    /// The next call that has its answer.
    pub fn poll(&mut self) -> Option<(WaitId, Result<(), CortexError>)> {
        self.waits.poll()
    }

    /// Takes no more events, and answers all that wait. What the state holds can still be read.
    pub fn close(&mut self) {
        if !self.is_closed {
            self.is_closed = true;
            self.waits.end(&CortexError::Closed);
        }
    }

    /// When the first deadline comes.
    pub fn deadline(&self) -> Option<u64> {
        self.waits.deadline()
    }

    /// The error that every call has now: `fold_failed` or `closed`.
    pub fn check(&self) -> Result<(), CortexError> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None if self.is_closed => Err(CortexError::Closed),
            None => Ok(()),
        }
    }

    /// What the events have made.
    pub fn fold(&self) -> &F {
        &self.fold
    }

    /// How much of the log is in it.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The writer that it belongs to.
    pub fn origin(&self) -> u64 {
        self.origin
    }

    /// The state as bytes; equal states of one log have equal ones.
    pub fn snapshot(&self) -> Result<Vec<u8>, CortexError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        snapshot::encode(&StateSnapshot {
            format: SNAPSHOT_VERSION,
            model: F::MODEL,
            origin: self.origin,
            log_id: self.log_id,
            next_seq: self.counts.next_seq,
            skipped: self.counts.skipped,
            unreadable: self.counts.unreadable,
            state: self.fold.encode()?.into(),
        })
    }

    /// The answer to a call that waits for a number, if there is one already.
    fn answer(&self, seq: u64) -> Option<Result<(), CortexError>> {
        if let Some(failure) = &self.failure {
            return Some(Err(failure.clone()));
        }
        if seq < self.counts.next_seq {
            return Some(reached(&self.holes, seq));
        }
        self.is_closed.then_some(Err(CortexError::Closed))
    }

    fn take(&mut self, events: &[Event<'_>]) -> Result<(), CortexError> {
        if events.is_empty() {
            return Ok(());
        }
        let applied = self.fold.apply(events);
        let taken = applied.taken.min(events.len());
        for seq in applied.unreadable {
            self.holes.add(seq, seq);
            self.counts.unreadable += 1;
        }
        if let Some(last) = events[..taken].last() {
            self.reach(last.seq.saturating_add(1));
        }
        let Some(event) = events.get(taken) else { return Ok(()) };
        let reason = applied.failure.unwrap_or_else(|| "it was not taken".to_owned());
        let failure = CortexError::FoldFailed { seq: event.seq, reason };
        self.waits.end(&failure);
        self.failure = Some(failure.clone());
        Err(failure)
    }

    fn skip(&mut self, last: u64) {
        let first = self.counts.next_seq;
        if last < first {
            return;
        }
        self.holes.add(first, last);
        let next = last.saturating_add(1);
        self.counts.skipped += next - first;
        self.reach(next);
    }

    fn reach(&mut self, next: u64) {
        self.counts.next_seq = next;
        let Self { waits, holes, .. } = self;
        waits.reach(next, |seq| reached(holes, seq));
    }
}

/// The number behind an entry.
fn end(entry: &Entry) -> u64 {
    entry.seq.saturating_add(entry.skipped.max(1))
}

fn reached(holes: &Holes, seq: u64) -> Result<(), CortexError> {
    if holes.has(seq) { Err(CortexError::Skipped { seq }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dice::Dice, event::TaskChange, fold::Applied, tasks::Tasks};
    use bytes::Bytes;
    use net_types::{Timestamp, cortex::StateModel};
    use std::collections::BTreeMap;

    /// Adds bytes up; 13 cannot be read and 66 cannot be applied.
    #[derive(Debug, Default, PartialEq)]
    struct Sum(u64);

    impl Fold for Sum {
        const MODEL: StateModel = StateModel::Fold;

        fn apply(&mut self, events: &[Event<'_>]) -> Applied {
            let mut applied = Applied::default();
            for event in events {
                match event.payload {
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

    fn event(seq: u64, byte: u8) -> Entry {
        Entry { seq, skipped: 0, payload: Bytes::copy_from_slice(&[byte]) }
    }

    fn gap(seq: u64, skipped: u64) -> Entry {
        Entry { seq, skipped, payload: Bytes::new() }
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
        assert_eq!((state.fold(), state.counts()), (&Sum(7), counts(3, 0, 0)));
    }

    #[test]
    fn what_is_passed_over_is_counted_and_freezes_nothing() {
        let mut state = state();
        let ids: Vec<WaitId> = (0..9).map(|seq| state.wait(seq, None).expect("room")).collect();
        state.apply(&[event(0, 1), event(1, 13), gap(2, 3), event(5, 2), event(7, 4)]).expect("applied");
        assert_eq!((state.fold(), state.counts()), (&Sum(7), counts(8, 4, 1)));
        let mut answers: Vec<_> = std::iter::from_fn(|| state.poll()).collect();
        answers.sort_by_key(|(id, _)| *id);
        let skipped = |seq| Err(CortexError::Skipped { seq });
        let wanted = [Ok(()), skipped(1), skipped(2), skipped(3), skipped(4), Ok(()), skipped(6), Ok(())];
        assert_eq!(answers, ids.iter().copied().zip(wanted).collect::<Vec<_>>());
        let late = state.wait(3, None).expect("room");
        assert_eq!(state.poll(), Some((late, skipped(3))));
        state.pass_over(10).expect("open");
        assert_eq!((state.poll(), state.counts()), (Some((ids[8], skipped(8))), counts(11, 7, 1)));
        state.pass_over(4).expect("open");
        assert_eq!(state.counts(), counts(11, 7, 1));
    }

    #[test]
    fn a_failure_names_its_event_and_stays() {
        let mut state = state();
        let (before, behind) = (state.wait(1, None).expect("room"), state.wait(3, None).expect("room"));
        let failure = CortexError::FoldFailed { seq: 2, reason: "66".to_owned() };
        let applied = state.apply(&[event(0, 1), event(1, 2), event(2, 66), event(3, 4)]);
        assert_eq!(applied, Err(failure.clone()));
        assert_eq!((state.fold(), state.counts()), (&Sum(3), counts(2, 0, 0)));
        assert_eq!(state.poll(), Some((before, Ok(()))));
        assert_eq!(state.poll(), Some((behind, Err(failure.clone()))));
        assert_eq!(state.apply(&[event(2, 1)]), Err(failure.clone()));
        assert_eq!(state.pass_over(9), Err(failure.clone()));
        assert_eq!(state.snapshot(), Err(failure.clone()));
        let late = state.wait(0, None).expect("room");
        assert_eq!(state.poll(), Some((late, Err(failure))));
        state.close();
        assert_eq!(state.poll(), None);
    }

    #[test]
    fn closing_answers_all_and_leaves_what_can_be_read() {
        let mut state = state();
        state.apply(&[event(0, 1)]).expect("applied");
        let id = state.wait(1, Some(5)).expect("room");
        state.close();
        state.close();
        assert_eq!((state.poll(), state.poll()), (Some((id, Err(CortexError::Closed))), None));
        assert_eq!((state.deadline(), state.check()), (None, Err(CortexError::Closed)));
        assert_eq!(state.apply(&[event(1, 1)]), Err(CortexError::Closed));
        let there = state.wait(0, None).expect("room");
        assert_eq!(state.poll(), Some((there, Ok(()))));
        assert_eq!(state.fold(), &Sum(1));
    }

    #[test]
    fn deadlines_come_in_order_and_tokens_of_others_are_refused() {
        let mut state = state();
        let token = |origin, seq| WriteToken { origin, seq };
        let error = state.wait_for(token(8, 0), None);
        assert_eq!(error, Err(CortexError::WrongOrigin { state_origin: 7, token_origin: 8 }));
        let late = state.wait_for(token(7, 0), Some(20)).expect("room");
        let soon = state.wait_for(token(7, 1), Some(10)).expect("room");
        assert_eq!(state.deadline(), Some(10));
        state.expire(9);
        assert_eq!(state.poll(), None);
        state.expire(10);
        assert_eq!(state.poll(), Some((soon, Err(CortexError::Timeout { seq: 1 }))));
        assert!(state.cancel(late) && !state.cancel(late) && !state.cancel(soon));
        assert_eq!((state.deadline(), state.poll()), (None, None));
    }

    #[test]
    fn every_call_is_answered_once() {
        for seed in 0..60 {
            let mut dice = Dice(seed);
            let mut state = state();
            let mut open: BTreeMap<WaitId, u64> = BTreeMap::new();
            for now in 0..200 {
                match dice.below(6) {
                    0 | 1 => {
                        let seq = state.counts().next_seq.saturating_sub(5) + dice.below(12);
                        let deadline = dice.maybe(30).map(|more| now + more);
                        open.insert(state.wait(seq, deadline).expect("room"), seq);
                    }
                    2 => {
                        let seq = state.counts().next_seq + dice.below(3);
                        let entry = if dice.once_in(4) { gap(seq, 1 + dice.below(3)) } else { event(seq, 1) };
                        state.apply(&[entry]).expect("applied");
                    }
                    3 if dice.once_in(3) => {
                        if let Some(id) = open.keys().next().copied() {
                            assert!(state.cancel(id), "seed {seed}");
                            open.remove(&id);
                        }
                    }
                    _ => state.expire(now),
                }
                while let Some((id, _)) = state.poll() {
                    assert!(open.remove(&id).is_some(), "seed {seed}");
                }
            }
            state.close();
            while let Some((id, _)) = state.poll() {
                assert!(open.remove(&id).is_some(), "seed {seed}");
            }
            assert!(open.is_empty(), "seed {seed}");
        }
    }

    #[test]
    fn however_the_log_is_cut_the_bytes_are_the_same() {
        let entries: Vec<Entry> = (0..400)
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
                    Entry { seq, skipped: 0, payload }
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
        assert_eq!((other.fold(), other.counts()), (&Sum(3), Counts::default()));
        other.apply(&[event(0, 4)]).expect("applied");
        assert_eq!(other.fold(), &Sum(7));
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
