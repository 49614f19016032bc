//! Two processes that talk to each other on this machine, one of which may have a server between them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use net_conformance::{Frames, Remote, Server, Testee};
use serde_json::{Map, Value, json};

use super::plan::Work;
use crate::workspace::Workspace;

/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(180);

/// Both ends of a system.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) name: String,
    reader: Remote,
    sender: Remote,
    broker: Option<Server>,
}

/// What one round says of a system. Processor time is in nanoseconds, and for all of the work together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) count: f64,
    /// What has arrived of all that was sent.
    pub(crate) arrived: f64,
    pub(crate) sender: f64,
    pub(crate) reader: f64,
    pub(crate) broker: f64,
    pub(crate) wall: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Pair {
    /// Starts both ends, and a server if the system has one.
    pub(crate) fn start(workspace: &Workspace, name: &str) -> Result<Self> {
        let broker = if name == "nats" { Some(Server::nats(&[])?) } else { None };
        let server = broker.as_ref().map(|server| format!("127.0.0.1:{}", server.port));
        let program = workspace.target("peers/release/peer").display().to_string();
        let command = vec![program, name.to_owned()];
        let mut reader = remote(workspace, name, name, command.clone())?;
        let mut sender = remote(workspace, name, name, command)?;
        let words = ask(&mut reader, "listen", json!({ "words": server.as_slice() }))?;
        ask(&mut sender, "dial", json!({ "words": words }))?;
        Ok(Self { name: name.to_owned(), reader, sender, broker })
    }

    /// Starts both ends by an interpreter that has a package of the mesh.
    pub(crate) fn python(workspace: &Workspace, name: &str, python: &Path, is_ours: bool) -> Result<Self> {
        let path = if is_ours { workspace.path("sdks/python/core") } else { "".into() };
        let program = workspace.path("conformance/peers/sends.py");
        let command = vec![
            "env".to_owned(),
            format!("PYTHONPATH={}", path.display()),
            python.display().to_string(),
            program.display().to_string(),
        ];
        let mut reader = remote(workspace, name, "python", command.clone())?;
        let mut sender = remote(workspace, name, "python", command)?;
        let (there, here) = (ask(&mut reader, "listen", json!({}))?, ask(&mut sender, "listen", json!({}))?);
        ask(&mut reader, "accept", json!({ "words": here }))?;
        ask(&mut sender, "dial", json!({ "words": there }))?;
        Ok(Self { name: name.to_owned(), reader, sender, broker: None })
    }

    /// Does some work once.
    pub(crate) fn measure(&mut self, work: &Work, count: u64) -> Result<Sample> {
        let args = json!({ "count": count });
        if work.name == "handshakes" {
            ask(&mut self.sender, "prepare", args.clone())?;
        }
        let before = self.usage()?;
        let told = ask(&mut self.sender, work.name.as_str(), args.clone())?;
        let number = |of: &Value, name: &str| of[name].as_f64();
        let sent = number(&told, "sent").context("nothing was sent")?;
        let read = match number(&told, "read") {
            Some(read) => read,
            None => ask(&mut self.reader, "arrived", args)?.as_f64().context("nothing was read")?,
        };
        let after = self.usage()?;
        if work.name == "handshakes" {
            ask(&mut self.sender, "prepare", json!({ "count": 0 }))?;
        }
        let spent = |at: usize| after[at] - before[at];
        let nanos = |name: &str| number(&told, name).map_or(f64::NAN, |micros| micros * 1e3);
        // Of bulk data the bytes count, whatever they were written in.
        let count = if work.unit == "byte" { count as f64 } else { sent };
        Ok(Sample {
            count,
            arrived: read / sent,
            sender: spent(0),
            reader: spent(1),
            broker: spent(2),
            wall: number(&told, "seconds").context("no time")? * 1e9,
            p50: nanos("p50"),
            p99: nanos("p99"),
        })
    }

    /// Ends both.
    pub(crate) fn finish(self) -> Result<()> {
        self.sender.finish().and(self.reader.finish()).with_context(|| self.name)
    }

    /// Nanoseconds of processor time of sender, reader and server.
    fn usage(&mut self) -> Result<[f64; 3]> {
        let sender = usage(&mut self.sender)?.0;
        let reader = usage(&mut self.reader)?.0;
        let broker = self.broker.as_ref().and_then(Server::process).map(of_process).transpose()?;
        Ok([sender, reader, broker.unwrap_or(0.0)])
    }
}

/// Starts a program.
pub(super) fn remote(workspace: &Workspace, name: &str, says: &str, command: Vec<String>) -> Result<Remote> {
    let testee = Testee { language: says.to_owned(), command, frames: Frames::Json, absent: None };
    Remote::start(&testee, &workspace.target(&format!("perf/mesh-{name}.log")), LIMIT)
}

/// Asks a program.
pub(super) fn ask(remote: &mut Remote, op: &str, args: Value) -> Result<Value> {
    let args: Map<String, Value> = serde_json::from_value(args)?;
    remote.ask(op, args, None, None)
}

/// Nanoseconds of processor time of a program, and what it says besides.
pub(super) fn usage(remote: &mut Remote) -> Result<(f64, Value)> {
    let mut usage = ask(remote, "usage", json!({}))?;
    let micros = |name: &str| usage[name].as_f64().with_context(|| format!("it says nothing of {name}"));
    let nanos = (micros("user")? + micros("system")?) * 1e3;
    Ok((nanos, usage["extra"].take()))
}

/// The same of a process that cannot be asked, as exactly as the system tells it of others: by hundredths of a second.
fn of_process(id: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
    let (_, rest) = text.rsplit_once(')').context("the system tells nothing of the process")?;
    let ticks: Vec<f64> =
        rest.split_whitespace().skip(11).take(2).filter_map(|word| word.parse().ok()).collect();
    ensure!(ticks.len() == 2, "the system tells nothing of the process");
    Ok(ticks.iter().sum::<f64>() * 1e7)
}
