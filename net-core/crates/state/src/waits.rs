//! Calls that wait for numbers.

use net_types::cortex::{CortexError, MAX_WAITS};
use std::collections::{BTreeSet, VecDeque};

/// A call that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaitId {
    seq: u64,
    call: u64,
}

/// Calls that wait, and those that have an answer which was not fetched.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    waiting: BTreeSet<WaitId>,
    answers: VecDeque<(WaitId, Result<(), CortexError>)>,
    calls: u64,
}

impl Waits {
    /// Lets a call wait for a number.
    pub(crate) fn add(&mut self, seq: u64) -> Result<WaitId, CortexError> {
        let id = self.id(seq)?;
        self.waiting.insert(id);
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
        if self.waiting.remove(&id) {
            return true;
        }
        let before = self.answers.len();
        self.answers.retain(|(other, _)| *other != id);
        self.answers.len() < before
    }

    /// Answers those that wait for numbers below one.
    pub(crate) fn reach(&mut self, next: u64, answer: impl Fn(u64) -> Result<(), CortexError>) {
        while let Some(id) = self.waiting.first().copied().filter(|id| id.seq < next) {
            self.waiting.remove(&id);
            self.answers.push_back((id, answer(id.seq)));
        }
    }

    /// Answers all.
    pub(crate) fn end(&mut self, error: &CortexError) {
        while let Some(id) = self.waiting.pop_first() {
            self.answers.push_back((id, Err(error.clone())));
        }
    }

    /// The next answer.
    pub(crate) fn poll(&mut self) -> Option<(WaitId, Result<(), CortexError>)> {
        self.answers.pop_front()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}
