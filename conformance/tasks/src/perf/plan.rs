//! What is timed: `conformance/benchmarks.toml`, held against the interface.

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use net_codegen::ir::{Api, Lang, Method, Type};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::values;
use crate::language::Language;
use crate::workspace::Workspace;

/// Sets of arguments that a method gets in turn.
const SETS: usize = 64;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// What is done once in each language.
    pub(crate) setup: Vec<Step>,
    #[serde(rename = "benchmark")]
    pub(crate) benchmarks: Vec<Benchmark>,
    #[serde(rename = "target")]
    pub(crate) targets: Vec<Target>,
    #[serde(rename = "core_target")]
    pub(crate) core: Vec<CoreTarget>,
    #[serde(rename = "footprint_target")]
    pub(crate) footprint: FootprintTarget,
}

/// A call that makes something to call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) call: String,
    pub(crate) on: Option<String>,
    #[serde(rename = "as")]
    pub(crate) keep: Option<String>,
    #[serde(default)]
    pub(crate) args: Map<String, Value>,
    #[serde(default = "once")]
    pub(crate) times: usize,
}

/// A method that is timed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Benchmark {
    pub(crate) call: String,
    pub(crate) on: Option<String>,
    #[serde(default)]
    pub(crate) args: Map<String, Value>,
    /// Events that one call is about.
    #[serde(default = "once")]
    pub(crate) each: usize,
    /// Operations under way at a time.
    pub(crate) in_flight: Option<usize>,
    /// A call that is timed with the others.
    pub(crate) then: Option<String>,
    /// What is read of a result.
    #[serde(default)]
    pub(crate) reads: Vec<String>,
    /// What the method checks.
    pub(crate) checks: String,
    /// The echo method that does nothing with the same arguments.
    pub(crate) floor: Option<String>,
    /// Its name in the published Python package.
    pub(crate) wheel: Option<String>,
    /// Whether it completes later.
    #[serde(skip)]
    pub(crate) is_async: bool,
}

/// What figures have to reach.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    pub(crate) call: String,
    pub(crate) languages: Vec<String>,
    /// Nanoseconds.
    pub(crate) most: Option<f64>,
    /// Nanoseconds more than Rust takes.
    pub(crate) above_rust: Option<f64>,
    /// Multiple of the floor and what Rust takes together.
    pub(crate) of_floor_and_rust: Option<f64>,
    /// Part of what the published wheel takes.
    pub(crate) of_wheel: Option<f64>,
}

/// What a figure of a core bench has to reach: nanoseconds, or a part of what another one takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CoreTarget {
    pub(crate) name: String,
    pub(crate) most: Option<f64>,
    pub(crate) of: Option<String>,
    #[serde(default)]
    pub(crate) part: f64,
}

/// What a library may cost that is only there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FootprintTarget {
    /// Milliseconds.
    pub(crate) import: f64,
    /// MiB.
    pub(crate) memory: f64,
    /// Microseconds of processor time in a second.
    pub(crate) idle: f64,
    /// Milliseconds between Ctrl-C and its exception.
    pub(crate) interrupt: f64,
}

fn once() -> usize {
    1
}

impl Plan {
    /// Reads the file, and holds it against the interface.
    pub(crate) fn load(workspace: &Workspace, api: &Api) -> Result<Self> {
        const FILE: &str = "conformance/benchmarks.toml";
        let text = fs::read_to_string(workspace.path(FILE)).with_context(|| format!("cannot read {FILE}"))?;
        let mut plan: Self = toml::from_str(&text).with_context(|| FILE.to_owned())?;
        for benchmark in &mut plan.benchmarks {
            let method = method(api, &benchmark.call)?;
            ensure!(method.timed, "{}: the spec does not have it timed", method.path);
            benchmark.is_async = method.is_async;
            if let Some(floor) = &benchmark.floor {
                ensure!(
                    same_shape(api, method, self::method(api, floor)?),
                    "{floor} is no floor of {}",
                    method.path
                );
            }
        }
        plan.check(api)?;
        Ok(plan)
    }

    /// Each hot method that packages have is timed beside a floor, and each target is one of a benchmark.
    fn check(&self, api: &Api) -> Result<()> {
        let find = |call: &str| self.benchmarks.iter().find(|benchmark| benchmark.call == call);
        for method in methods(api).filter(|method| method.hot && method.in_lang(Lang::Rust)) {
            if method.path.starts_with("echo.floor.") {
                continue;
            }
            let timed =
                find(&method.path).with_context(|| format!("{} is hot and not timed", method.path))?;
            ensure!(timed.floor.is_some(), "{} is hot and has no floor", method.path);
        }
        for target in &self.targets {
            ensure!(find(&target.call).is_some(), "{} has a target and is not timed", target.call);
            target.languages.iter().try_for_each(|name| name.parse::<Language>().map(drop))?;
        }
        Ok(())
    }
}

impl Benchmark {
    /// The sets of arguments, in turn.
    pub(crate) fn sets(&self) -> Value {
        let varies = self.args.values().any(values::varies);
        let count = if varies && self.each == 1 { SETS } else { 1 };
        (0..count).map(|set| Value::Object(values::expand(&self.args, set))).collect()
    }

    /// The same sets, under the names of the floor's arguments.
    pub(crate) fn floor_sets(&self, api: &Api) -> Result<Value> {
        let Some(floor) = &self.floor else { return Ok(Value::Null) };
        let (from, to) = (method(api, &self.call)?, method(api, floor)?);
        let rename = |set: &Value| -> Value {
            let pairs = from.args.iter().zip(&to.args);
            let given = pairs.filter_map(|(from, to)| Some((to.name.clone(), set.get(&from.name)?.clone())));
            Value::Object(given.collect())
        };
        Ok(self.sets().as_array().into_iter().flatten().map(rename).collect())
    }
}

/// A method by its path.
fn method<'a>(api: &'a Api, path: &str) -> Result<&'a Method> {
    match methods(api).find(|method| method.path == path) {
        Some(method) => Ok(method),
        None => bail!("the spec has no {path}"),
    }
}

fn methods(api: &Api) -> impl Iterator<Item = &Method> {
    api.modules.iter().flat_map(|module| {
        let of_objects = module.objects.iter().flat_map(|object| &object.methods);
        of_objects.chain(&module.functions)
    })
}

/// Whether two methods take and give the same; records are the same if they have fields of the same types.
fn same_shape(api: &Api, a: &Method, b: &Method) -> bool {
    let args = |method: &Method| method.args.iter().map(|arg| arg.ty.clone()).collect::<Vec<_>>();
    let results = match (&a.returns, &b.returns) {
        (Some(Type::Record(a)), Some(Type::Record(b))) => {
            let types = |at| api.record(at).fields.iter().map(|field| field.ty.clone()).collect::<Vec<_>>();
            types(*a) == types(*b)
        }
        (a, b) => a == b,
    };
    args(a) == args(b) && results && a.shape == b.shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hot_method_is_timed_beside_its_floor() {
        let workspace = Workspace::find().unwrap();
        let api = net_codegen::cli::api(&workspace.path("")).unwrap();
        let plan = Plan::load(&workspace, &api).unwrap();
        let emit =
            plan.benchmarks.iter().find(|benchmark| benchmark.call == "bus.net_node.emit_raw").unwrap();
        let (sets, floors) = (emit.sets(), emit.floor_sets(&api).unwrap());
        assert_eq!(sets.as_array().unwrap().len(), SETS);
        assert_eq!(sets[1]["json"], floors[1]["text"]);
        assert_ne!(sets[0], sets[1]);
    }

    #[test]
    fn a_floor_takes_the_same_arguments() {
        let workspace = Workspace::find().unwrap();
        let api = net_codegen::cli::api(&workspace.path("")).unwrap();
        let shape = |a, b| same_shape(&api, method(&api, a).unwrap(), method(&api, b).unwrap());
        assert!(shape("bus.net_node.emit_raw", "echo.floor.text_key"));
        assert!(!shape("bus.net_node.emit_raw", "echo.floor.data_key"));
        assert!(!shape("bus.net_node.fire", "echo.floor.text_key"));
    }
}
