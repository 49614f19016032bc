//! An encrypted peer-to-peer mesh runtime for events, state and compute.
//!
//! ```
//! use net_mesh::prelude::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let node = NetNode::create(NetNodeConfig { shards: Some(4), ..Default::default() }).await?;
//! node.emit(&serde_json::json!({ "token": "hello", "index": 0 }), None)?;
//! node.emit_raw(r#"{"token": "world"}"#, "a key")?;
//! node.flush().await?;
//! for event in node.poll(None).await?.events {
//!     println!("{}", event.raw);
//! }
//! node.shutdown(None).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What a caller may leave out is taken as `impl Into<Option<T>>`: pass the value itself, or `None`. Every call can
//! answer with a [`BaseError`]; methods that answer with more name the family. Async functions are plain futures for
//! any tokio runtime, and dropping one gives the call up.

#![forbid(unsafe_code)]

mod r#gen;
mod kernel;
mod stream;

pub use bytes::Bytes;
pub use r#gen::*;
pub use kernel::host::threw;
pub use net_types::{BoxFuture, Date, Error, SPEC_HASH, Timestamp, wire};
pub use stream::Stream;
