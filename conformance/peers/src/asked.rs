//! What a process is asked for.

use std::future::Future;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{Flow, Spread, Usage, frames};

/// One end of a system that is measured.
pub trait Peer: Sized + Send + Sync + 'static {
    /// Listens; the words are what the other end dials with. It may be told where servers are.
    fn listen(servers: Vec<String>) -> impl Future<Output = Result<(Self, Vec<String>)>> + Send;

    /// Dials.
    fn dial(words: Vec<String>) -> impl Future<Output = Result<Self>> + Send;

    /// Sends so many bytes, and waits until the other end has read them all.
    fn bulk(&self, _bytes: u64) -> impl Future<Output = Result<Flow>> + Send {
        async { bail!("not measured") }
    }

    /// Sends so many short messages, each by itself, and waits until the other end has read what arrives of them.
    fn messages(&self, _count: u64) -> impl Future<Output = Result<Flow>> + Send {
        async { bail!("not measured") }
    }

    /// Sends a short message and waits for its return, so many times.
    fn pings(&self, _count: u64) -> impl Future<Output = Result<Spread>> + Send {
        async { bail!("not measured") }
    }

    /// Publishes so many short events, each by itself, and waits until the only subscriber has read them all.
    fn events(&self, _count: u64) -> impl Future<Output = Result<Flow>> + Send {
        async { bail!("not measured") }
    }

    /// Publishes a short event and waits until the other end has published it as well, so many times.
    fn echoes(&self, _count: u64) -> impl Future<Output = Result<Spread>> + Send {
        async { bail!("not measured") }
    }

    /// Makes whatever so many handshakes need.
    fn prepare(&self, _count: u64) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Shakes hands so many times, one after the other.
    fn handshakes(&self, _count: u64) -> impl Future<Output = Result<Spread>> + Send {
        async { bail!("not measured") }
    }
}

/// What a program answers besides.
pub type Extra = fn() -> Value;

/// Answers requests until there are no more. `extra` is what `usage` says besides.
pub fn run<P: Peer>(name: &str, extra: Option<Extra>) -> Result<()> {
    // As programs of users run: a worker for each core.
    let runtime = Runtime::new()?;
    let mut peer = None;
    frames::send(&json!({ "language": name, "spec_hash": "", "sdk": "" }))?;
    while let Some(request) = frames::receive()? {
        let answer = match answer::<P>(&runtime, &mut peer, &request, extra) {
            Ok(value) => json!({ "id": request["id"], "ok": value }),
            Err(error) => json!({ "id": request["id"], "unsupported": format!("{error:#}") }),
        };
        frames::send(&answer)?;
    }
    drop(peer);
    runtime.shutdown_background();
    Ok(())
}

fn answer<P: Peer>(
    runtime: &Runtime,
    held: &mut Option<Arc<P>>,
    request: &Value,
    extra: Option<Extra>,
) -> Result<Value> {
    let (op, args) = (request["op"].as_str().unwrap_or_default(), &request["args"]);
    let words = || -> Vec<String> {
        let words = args["words"].as_array().into_iter().flatten();
        words.filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    match op {
        "usage" => return Ok(Usage::now()?.shown(extra.map(|extra| extra()))),
        "listen" => {
            let (peer, words) = runtime.block_on(P::listen(words()))?;
            *held = Some(Arc::new(peer));
            return Ok(json!(words));
        }
        "dial" => {
            *held = Some(Arc::new(runtime.block_on(P::dial(words()))?));
            return Ok(Value::Null);
        }
        _ => {}
    }
    let peer = Arc::clone(held.as_ref().context("neither listens nor has dialled")?);
    let count = args["count"].as_u64().context("no count")?;
    // In a task, as most code of programs runs.
    runtime.block_on(async {
        match op {
            "bulk" => within(async move { Ok(peer.bulk(count).await?.shown()) }).await,
            "messages" => within(async move { Ok(peer.messages(count).await?.shown()) }).await,
            "pings" => within(async move { Ok(peer.pings(count).await?.shown()) }).await,
            "events" => within(async move { Ok(peer.events(count).await?.shown()) }).await,
            "echoes" => within(async move { Ok(peer.echoes(count).await?.shown()) }).await,
            "prepare" => within(async move { peer.prepare(count).await.map(|()| Value::Null) }).await,
            "handshakes" => within(async move { Ok(peer.handshakes(count).await?.shown()) }).await,
            _ => bail!("nobody can be asked for {op}"),
        }
    })
}

async fn within(work: impl Future<Output = Result<Value>> + Send + 'static) -> Result<Value> {
    tokio::spawn(work).await?
}
