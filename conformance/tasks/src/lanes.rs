//! Runs stages, a few at the same time, each as soon as what it needs has ended and what it holds is free.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;

use crate::stages::{LANES, Stage};

/// Has each stage done by `work`, in this order where nothing else decides; ends early when work cannot go on.
pub(crate) fn run(
    stages: Vec<&'static Stage>,
    work: impl Fn(&'static Stage) -> Result<()> + Sync,
) -> Result<()> {
    let plan = Plan { waiting: stages, running: Vec::new(), error: None };
    let lanes = Lanes { plan: Mutex::new(plan), ended: Condvar::new() };
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| lanes.run(&work));
        }
    });
    let plan = lanes.plan.into_inner().unwrap_or_else(PoisonError::into_inner);
    plan.error.map_or(Ok(()), Err)
}

/// What all lanes share.
struct Lanes {
    plan: Mutex<Plan>,
    /// Rings when a stage has ended.
    ended: Condvar,
}

struct Plan {
    waiting: Vec<&'static Stage>,
    running: Vec<&'static Stage>,
    /// Why no further stage begins.
    error: Option<anyhow::Error>,
}

impl Lanes {
    fn run(&self, work: &impl Fn(&'static Stage) -> Result<()>) {
        let mut plan = self.lock();
        while plan.goes_on() {
            let Some(stage) = plan.take() else {
                plan = self.ended.wait(plan).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(plan);
            let result = work(stage);
            plan = self.lock();
            plan.end(stage, result);
            self.ended.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn goes_on(&self) -> bool {
        !self.waiting.is_empty() && self.error.is_none()
    }

    /// Takes the first stage that may begin now.
    fn take(&mut self) -> Option<&'static Stage> {
        let place = self.waiting.iter().position(|stage| self.is_ready(stage))?;
        let stage = self.waiting.remove(place);
        self.running.push(stage);
        Some(stage)
    }

    fn is_ready(&self, stage: &Stage) -> bool {
        let mut unfinished = self.waiting.iter().chain(&self.running);
        let has_needs = !unfinished.any(|other| stage.needs.contains(&other.name));
        let is_held = self.running.iter().any(|other| stage.holds.is_some() && other.holds == stage.holds);
        has_needs && !is_held
    }

    fn end(&mut self, stage: &Stage, result: Result<()>) {
        self.running.retain(|other| other.name != stage.name);
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;
    use crate::stages::STAGES;

    /// What happened, in order: a stage began (`true`) or ended.
    fn trace(work: impl Fn(&Stage) -> Result<()> + Sync) -> (Result<()>, Vec<(&'static str, bool)>) {
        let events = Mutex::new(Vec::new());
        let result = run(STAGES.iter().collect(), |stage| {
            events.lock().unwrap().push((stage.name, true));
            // Another lane gets its turn.
            thread::yield_now();
            let result = work(stage);
            events.lock().unwrap().push((stage.name, false));
            result
        });
        (result, events.into_inner().unwrap())
    }

    #[test]
    fn each_stage_runs_once_after_its_needs_and_alone_with_what_it_holds() {
        let (result, events) = trace(|_| Ok(()));
        result.unwrap();
        assert_eq!(events.len(), 2 * STAGES.len());
        let at = |name: &str, begins: bool| events.iter().position(|event| *event == (name, begins)).unwrap();
        for stage in STAGES {
            for need in stage.needs {
                assert!(at(need, false) < at(stage.name, true), "{} before {need}", stage.name);
            }
            let rivals = STAGES.iter().filter(|other| other.name != stage.name && other.holds.is_some());
            for rival in rivals.filter(|other| other.holds == stage.holds) {
                let is_before = at(stage.name, false) < at(rival.name, true);
                let is_after = at(rival.name, false) < at(stage.name, true);
                assert!(is_before || is_after, "{} beside {}", stage.name, rival.name);
            }
        }
    }

    #[test]
    fn stages_run_beside_each_other() {
        // Each of the first two waits for the other; with one lane this would not end.
        let both = std::sync::Barrier::new(2);
        let first: Vec<_> = STAGES.iter().filter(|stage| stage.needs.is_empty()).take(2).collect();
        let (result, _) = trace(|stage| {
            if first.iter().any(|one| one.name == stage.name) {
                both.wait();
            }
            Ok(())
        });
        result.unwrap();
    }

    #[test]
    fn an_error_keeps_later_stages_from_beginning() {
        let (result, events) = trace(|stage| match stage.name {
            "spec" => bail!("the disk is full"),
            _ => Ok(()),
        });
        assert_eq!(result.unwrap_err().to_string(), "the disk is full");
        assert!(events.len() < 2 * STAGES.len());
        let begun = events.iter().filter(|(_, begins)| *begins).count();
        assert_eq!(events.len(), 2 * begun, "what has begun ends");
    }
}
