//! Calls that wait for numbers.

use net_types::cortex::{CortexError, MAX_WAITS};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A call that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaitId {
    seq: u64,
    call: u64,
}

/// Calls that wait, and those that have an answer which was not fetched.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    /// The deadlines of those that wait.
    waiting: BTreeMap<WaitId, Option<u64>>,
    deadlines: BTreeSet<(u64, WaitId)>,
    answers: VecDeque<(WaitId, Result<(), CortexError>)>,
    calls: u64,
}

impl Waits {
    /// Lets a call wait for a number.
    pub(crate) fn add(&mut self, seq: u64, deadline: Option<u64>) -> Result<WaitId, CortexError> {
        let id = self.id(seq)?;
        self.waiting.insert(id, deadline);
        self.deadlines.extend(deadline.map(|deadline| (deadline, id)));
        Ok(id)
    }

    /// Takes a call that has its answer already.
    pub(crate) fn answered(
        &mut self,
        seq: u64,
        answer: Result<(), CortexError>,
    ) -> Result<WaitId, CortexError> {
        let id = self.id(seq)?;
        self.answers.push_back((id, answer));
        Ok(id)
    }

    fn id(&mut self, seq: u64) -> Result<WaitId, CortexError> {
        if self.waiting.len() + self.answers.len() >= MAX_WAITS as usize {
            return Err(CortexError::QueueFull { what: "waits".to_owned(), limit: u64::from(MAX_WAITS) });
        }
        self.calls += 1;
        Ok(WaitId { seq, call: self.calls })
    }

    /// Forgets a call, whether it waits or has its answer; tells whether there was one.
    pub(crate) fn cancel(&mut self, id: WaitId) -> bool {
        if self.remove(id) {
            return true;
        }
        let before = self.answers.len();
        self.answers.retain(|(other, _)| *other != id);
        self.answers.len() < before
    }

    /// Answers those that wait for numbers below one.
    pub(crate) fn reach(&mut self, next: u64, answer: impl Fn(u64) -> Result<(), CortexError>) {
        while let Some(id) = self.waiting.first_key_value().map(|(id, _)| *id).filter(|id| id.seq < next) {
            self.answer(id, answer(id.seq));
        }
    }

    /// Answers all.
    pub(crate) fn end(&mut self, error: &CortexError) {
        while let Some(id) = self.waiting.first_key_value().map(|(id, _)| *id) {
            self.answer(id, Err(error.clone()));
        }
    }

    /// Answers those whose deadline has come.
    pub(crate) fn expire(&mut self, now: u64) {
        while let Some((_, id)) = self.deadlines.first().copied().filter(|(deadline, _)| *deadline <= now) {
            self.answer(id, Err(CortexError::Timeout { seq: id.seq }));
        }
    }

    /// The next answer.
    pub(crate) fn poll(&mut self) -> Option<(WaitId, Result<(), CortexError>)> {
        self.answers.pop_front()
    }

    /// The next deadline.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    fn answer(&mut self, id: WaitId, answer: Result<(), CortexError>) {
        if self.remove(id) {
            self.answers.push_back((id, answer));
        }
    }

    fn remove(&mut self, id: WaitId) -> bool {
        let Some(deadline) = self.waiting.remove(&id) else { return false };
        if let Some(deadline) = deadline {
            self.deadlines.remove(&(deadline, id));
        }
        true
    }
}
