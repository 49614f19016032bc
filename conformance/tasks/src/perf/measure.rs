//! Interleaved rounds: in each, every party makes the calls of every series once.

use anyhow::{Context as _, Result};
use net_codegen::ir::Api;
use serde_json::{Map, Value, json};

use super::figures::{Figure, Sample};
use super::parties::Party;
use super::plan::{Benchmark, Plan};
use crate::language::Language;

/// How thorough a run is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Rounds that count.
    pub(crate) rounds: usize,
    /// Nanoseconds of calls in a round.
    pub(crate) round: f64,
}

impl Effort {
    /// Enough for figures that one can rely on.
    pub(crate) const FULL: Self = Self { rounds: 25, round: 6e6 };
    /// Enough to see whether something is wrong.
    pub(crate) const QUICK: Self = Self { rounds: 7, round: 2e6 };
}

/// What a party takes for a benchmark.
#[derive(Debug)]
pub(crate) struct Timing {
    pub(crate) party: String,
    pub(crate) method: Figure,
    pub(crate) floor: Option<Figure>,
}

/// Calls of one method by one party.
struct Series<'a> {
    party: usize,
    is_floor: bool,
    op: String,
    on: Option<&'a str>,
    args: Map<String, Value>,
    /// Events or operations of a call.
    each: usize,
    times: usize,
    samples: Vec<Sample>,
}

/// Times a benchmark.
pub(crate) fn benchmark(
    api: &Api,
    plan: &Plan,
    benchmark: &Benchmark,
    parties: &mut [Party],
    effort: Effort,
) -> Result<Vec<Timing>> {
    let floor =
        plan.setup.iter().find(|step| step.call == "echo.floor.new").and_then(|step| step.keep.as_deref());
    let mut all = Vec::new();
    for (index, party) in parties.iter().enumerate() {
        all.extend(method(benchmark, index, party));
        // In Rust there is nothing to cross.
        let crosses = !matches!(party.language, None | Some(Language::Rust));
        if crosses && let Some(call) = &benchmark.floor {
            let args = requested(benchmark.floor_sets(api)?, 1);
            let on = floor.filter(|_| benchmark.on.is_some());
            let op = format!("time:{call}");
            all.push(Series {
                party: index,
                is_floor: true,
                op,
                on,
                args,
                each: benchmark.each,
                times: 1,
                samples: Vec::new(),
            });
        }
    }
    for series in &mut all {
        let party = &mut parties[series.party];
        series.calibrate(party, effort).with_context(|| party.name.clone())?;
    }
    for _ in 0..effort.rounds {
        for series in &mut all {
            let party = &mut parties[series.party];
            let sample = series.run(party).with_context(|| party.name.clone())?;
            series.samples.push(sample);
        }
    }
    let waits = benchmark.is_async;
    Ok(parties.iter().enumerate().filter_map(|(index, party)| timing(index, party, &all, waits)).collect())
}

fn method<'a>(benchmark: &'a Benchmark, index: usize, party: &Party) -> Option<Series<'a>> {
    let mut args = requested(benchmark.sets(), benchmark.in_flight.unwrap_or(1));
    args.extend(benchmark.then.iter().map(|then| ("then".to_owned(), json!(then))));
    // Elsewhere a result has been read when it is there.
    let reads = matches!(party.language, None | Some(Language::Python | Language::TypeScript));
    if reads && !benchmark.reads.is_empty() {
        args.insert("reads".into(), json!(benchmark.reads));
    }
    args.insert("waits".into(), json!(benchmark.is_async));
    let name = match party.language {
        Some(_) => &benchmark.call,
        None => benchmark.wheel.as_ref()?,
    };
    let (op, on) = (format!("time:{name}"), benchmark.on.as_deref());
    Some(Series {
        party: index,
        is_floor: false,
        op,
        on,
        args,
        each: benchmark.each,
        times: 1,
        samples: Vec::new(),
    })
}

fn requested(sets: Value, in_flight: usize) -> Map<String, Value> {
    Map::from_iter([("sets".to_owned(), sets), ("in_flight".to_owned(), json!(in_flight))])
}

fn timing(index: usize, party: &Party, all: &[Series<'_>], waits: bool) -> Option<Timing> {
    let of = |is_floor| {
        let series = all.iter().find(|series| series.party == index && series.is_floor == is_floor)?;
        Some(Figure::of(&series.samples, waits))
    };
    Some(Timing { party: party.name.clone(), method: of(false)?, floor: of(true) })
}

impl Series<'_> {
    /// Finds how many calls fill a round; by then they run as fast as they will.
    fn calibrate(&mut self, party: &mut Party, effort: Effort) -> Result<()> {
        const MOST: f64 = 4e6;
        const TRIES: usize = 24;
        const FIRST: usize = 4;
        for attempt in 0..TRIES {
            let took = self.run(party)?.wall * (self.times * self.each) as f64;
            let factor = (effort.round / took.max(1.0)).clamp(0.25, 8.0);
            self.times = (self.times as f64 * factor).ceil().min(MOST) as usize;
            // The first runs are slow for reasons of their own.
            if attempt >= FIRST && factor < 1.3 {
                break;
            }
        }
        self.run(party).map(drop)
    }

    fn run(&self, party: &mut Party) -> Result<Sample> {
        let mut args = self.args.clone();
        args.insert("times".into(), json!(self.times));
        let answer = party.remote.ask(&self.op, args, self.on, None)?;
        let nanos = |name: &str| -> Result<f64> {
            let text = answer[name].as_str().with_context(|| format!("{} answers {answer}", self.op))?;
            Ok(text.parse::<f64>()? / (self.times * self.each) as f64)
        };
        Ok(Sample { wall: nanos("nanos")?, cpu: nanos("cpu")? })
    }
}
