//! The bus and the dedup helper with a Redis server.

mod common;

use common::server::Server;
use net_mesh::prelude::*;
use redis::{
    Commands, Connection,
    streams::{StreamId, StreamRangeReply},
};

fn client(server: &Server) -> Connection {
    let client = redis::Client::open(("127.0.0.1", server.port)).expect("an address");
    client.get_connection().expect("a connection")
}

/// Reads a stream page by page and gives each event once.
fn consume(client: &mut Connection, stream: &str, dedup: &RedisStreamDedup) -> Vec<String> {
    let mut events = Vec::new();
    let mut start = "0".to_owned();
    loop {
        let page: StreamRangeReply = client.xrange_count(stream, &start, "+", 100).expect("a page");
        let Some(StreamId { id, .. }) = page.ids.last() else {
            return events;
        };
        start = format!("({id}");
        for entry in &page.ids {
            let id: Option<String> = entry.get("dedup_id");
            if id.is_none_or(|id| !dedup.is_duplicate(&id).expect("an answer")) {
                events.push(entry.get("d").expect("an event"));
            }
        }
    }
}

#[test]
fn dedup_filters_what_was_written_twice() {
    let server = Server::redis(&[]);
    let mut client = client(&server);
    let mut add = |fields: &[(&str, &str)]| {
        let _: String = client.xadd("net:shard:0", "*", fields).expect("an entry");
    };
    for attempt in 0..2 {
        for index in 0..120 {
            add(&[("d", &index.to_string()), ("dedup_id", &format!("2a:0:0:{index}"))]);
        }
        add(&[("d", &format!("other {attempt}"))]);
    }
    let dedup = RedisStreamDedup::new(600_000).expect("a memory");
    let mut wanted: Vec<_> = (0..120).map(|index| index.to_string()).collect();
    wanted.extend(["other 0".to_owned(), "other 1".to_owned()]);
    assert_eq!(consume(&mut client, "net:shard:0", &dedup), wanted);
}
