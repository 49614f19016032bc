//! The Rust testee of the conformance suite: answers the driver's requests with the Rust SDK.

#![forbid(unsafe_code)]

mod fixture;
mod r#gen;
mod pipe;
mod request;
mod surface;
mod timing;
mod values;

use fixture::Failure;
use pipe::{receive, send};
use request::{Held, Request};
use serde_json::{Map, Value, json};
use std::io;

#[tokio::main]
async fn main() -> io::Result<()> {
    let mut held = Held::new();
    let version = net_mesh::version().map_err(io::Error::other)?;
    send(&json!({ "language": "rust", "spec_hash": net_mesh::SPEC_HASH, "sdk": version }))?;
    while let Some(message) = receive()? {
        let mut answer = match perform(&message, &mut held).await {
            Ok(value) => json!({ "ok": value }),
            Err(Failure::Error(error)) => json!({ "err": r#gen::error::write(&error) }),
            Err(Failure::Unsupported(reason)) => json!({ "unsupported": reason }),
        };
        answer["id"] = message["id"].clone();
        send(&answer)?;
    }
    Ok(())
}

/// Does what a request asks for.
async fn perform(message: &Value, held: &mut Held) -> Result<Value, Failure> {
    let op = message["op"].as_str().unwrap_or_default();
    let none = Map::new();
    let args = message["args"].as_object().unwrap_or(&none);
    if op == "reset" {
        held.clear();
        return Ok(Value::Null);
    }
    if op == "surface" {
        return Ok(r#gen::surface::surface());
    }
    let (on, keep) = (message["self"].as_str(), message["as"].as_str());
    if let Some(op) = op.strip_prefix("time:") {
        let clock = r#gen::time(op, &mut Request { args, on, keep, held }).await?;
        if let Some(last) = args.get("then").and_then(Value::as_str) {
            r#gen::call(last, &mut Request { args: &none, on, keep, held }).await?;
        }
        return clock.read();
    }
    let Some(op) = op.strip_prefix("call:") else { return r#gen::wire::call(op, args) };
    r#gen::call(op, &mut Request { args, on, keep, held }).await
}
