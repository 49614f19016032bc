//! A testee that only knows layouts: quick to build when nothing but a codec has changed.

#![forbid(unsafe_code)]

// The SDK names the types that it has from here as its own.
extern crate net_types as net_mesh;

#[path = "gen/error.rs"]
#[allow(dead_code, reason = "errors are only written")]
mod error;
#[allow(dead_code, reason = "layouts do not hold all that calls take")]
mod fixture;
mod pipe;
#[allow(dead_code, unused_imports, reason = "layouts do not hold all that calls take")]
mod values;
#[path = "gen/wire.rs"]
mod wire;

use fixture::Failure;
use pipe::{receive, send};
use serde_json::{Map, json};
use std::io;

fn main() -> io::Result<()> {
    send(&json!({ "language": "rust", "spec_hash": net_mesh::SPEC_HASH, "sdk": env!("CARGO_PKG_VERSION") }))?;
    let none = Map::new();
    while let Some(message) = receive()? {
        let args = message["args"].as_object().unwrap_or(&none);
        let mut answer = match wire::call(message["op"].as_str().unwrap_or_default(), args) {
            Ok(value) => json!({ "ok": value }),
            Err(Failure::Error(error)) => json!({ "err": error::write(&error) }),
            Err(Failure::Unsupported(reason)) => json!({ "unsupported": reason }),
        };
        answer["id"] = message["id"].clone();
        send(&answer)?;
    }
    Ok(())
}
