//! Events in, events out.

use net_mesh::prelude::*;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Error> {
    // region quickstart
    let node = NetNode::create(NetNodeConfig { shards: Some(4), ..Default::default() }).await?;
    node.emit(&json!({ "token": "hello", "index": 0 }), None)?;
    node.emit_raw(r#"{"token": "world"}"#, None)?;
    node.flush().await?;
    for event in node.poll(PollRequest { limit: 100, ..Default::default() }).await?.events {
        println!("{}", event.raw);
    }
    node.shutdown(None).await
    // endregion
}
