//! Calls that are made again and again while a clock runs.

use crate::fixture::{Failure, argument, wrong};
use crate::request::Request;
use futures_util::future::try_join_all;
use net_mesh::Error;
use nix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};
use std::cell::Cell;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Time on the wall, and of all threads of this process.
#[derive(Debug)]
pub(crate) struct Clock {
    wall: Instant,
    cpu: Duration,
}

impl Clock {
    fn start() -> Result<Self, Failure> {
        Ok(Self { cpu: cpu()?, wall: Instant::now() })
    }

    /// What has passed since its start.
    pub(crate) fn read(&self) -> Result<Value, Failure> {
        let wall = self.wall.elapsed();
        Ok(json!({ "nanos": nanos(wall), "cpu": nanos(cpu()?.saturating_sub(self.cpu)) }))
    }
}

fn cpu() -> Result<Duration, Failure> {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID);
    time.map(Duration::from).map_err(|error| Failure::Unsupported(error.to_string()))
}

fn nanos(span: Duration) -> String {
    span.as_nanos().to_string()
}

impl Request<'_> {
    /// Makes so many calls, with the arguments of each set in turn.
    pub(crate) fn time<T, C>(
        &self,
        prepare: impl Fn(&Map<String, Value>) -> Result<C, Failure>,
    ) -> Result<Clock, Failure>
    where
        C: Fn() -> Result<T, Error>,
    {
        let (calls, times) = (self.sets(prepare)?, self.number("times")?);
        let clock = Clock::start()?;
        for call in calls.iter().cycle().take(times) {
            let _ = black_box(call()?);
        }
        Ok(clock)
    }

    /// Makes so many calls, of which so many are under way at any time.
    pub(crate) async fn time_async<T, C>(
        &self,
        prepare: impl Fn(&Map<String, Value>) -> Result<C, Failure>,
    ) -> Result<Clock, Failure>
    where
        C: AsyncFn() -> Result<T, Error>,
    {
        let (calls, times) = (self.sets(prepare)?, self.number("times")?);
        let made = Cell::new(0);
        let worker = async || {
            while made.get() < times {
                let call = &calls[made.replace(made.get() + 1) % calls.len()];
                let _ = black_box(call().await?);
            }
            Ok::<_, Error>(())
        };
        let clock = Clock::start()?;
        try_join_all((0..self.number("in_flight")?).map(|_| worker())).await?;
        Ok(clock)
    }

    /// The calls of all sets of arguments.
    fn sets<C>(
        &self,
        prepare: impl Fn(&Map<String, Value>) -> Result<C, Failure>,
    ) -> Result<Vec<C>, Failure> {
        let sets = argument(self.args, "sets")?;
        let sets = sets.as_array().filter(|sets| !sets.is_empty()).ok_or_else(|| wrong("a list", sets))?;
        sets.iter().map(|set| prepare(set.as_object().ok_or_else(|| wrong("arguments", set))?)).collect()
    }

    fn number(&self, name: &str) -> Result<usize, Failure> {
        let number = argument(self.args, name)?;
        let found = number.as_u64().and_then(|number| number.try_into().ok());
        found.ok_or_else(|| wrong("a number", number))
    }
}
