//! What a running node says of itself over its control socket.
//!
//! A client connects to a Unix socket and writes requests, each a JSON object on a line of at most [`MAX_REQUEST`] bytes; the
//! node writes one line for each, in their order. A node answers requests of its own [`VERSION`] only, and says so otherwise.
//!
//! ```text
//! {"version":1,"ask":"status"}
//! {"answer":{"status":{"node_id":"0x2199b9d32e0c7f1f", ...}}}
//! {"version":1,"ask":{"find":{"tags":["gpu"]}}}
//! {"answer":{"found":{"total":1,"nodes":[{"node_id":"0x2199b9d32e0c7f1f", ...}]}}}
//! {"version":2,"ask":"status"}
//! {"error":"this node speaks version 1"}
//! ```

#![forbid(unsafe_code)]

use serde::{Deserialize, Serialize};

/// The version of requests and answers. Fields are added within a version; none is removed or changes.
pub const VERSION: u32 = 1;

/// Bytes of a request, with the end of its line.
pub const MAX_REQUEST: usize = 64 << 10;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// That of the client.
    pub version: u32,
    /// What it asks.
    pub ask: Question,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// How the node is.
    Status,
    /// With whom it has sessions.
    Peers,
    /// Which channels it has, and which it hears.
    Channels,
    /// Which nodes have announced something.
    Find(Find),
}

/// What is looked for; what is left out is asked of no node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Find {
    /// All of these tags.
    pub tags: Vec<String>,
    /// One of these models.
    pub models: Vec<String>,
    /// One of these tools.
    pub tools: Vec<String>,
    /// So many MiB of memory.
    pub min_memory_mb: u32,
    /// A graphics processor.
    pub gpu: bool,
    /// One of this vendor.
    pub gpu_vendor: Option<String>,
    /// One with so many MiB.
    pub min_vram_mb: u32,
    /// A model with a context of so many tokens.
    pub min_context_length: u32,
    /// `any`, `global-only`, `same-subnet`, `tenant:NAME` or `region:NAME`, where several names stand behind commas; nothing is
    /// `any`.
    pub scope: Option<String>,
    /// Most nodes that are named; nothing is 1,000.
    pub limit: Option<u32>,
}

/// What comes of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// What was asked.
    Answer(Answer),
    /// Why there is no answer.
    Error(String),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// How the node is.
    Status(Status),
    /// With whom it has sessions, by their ids.
    Peers(Vec<Peer>),
    /// Which channels it has, and which it hears.
    Channels(Channels),
    /// Which nodes were found.
    Found(Found),
}

/// How a node is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Version of its library.
    pub library: String,
    /// `0x` and 16 hex digits, as in all answers.
    pub node_id: String,
    /// 64 hex digits.
    pub entity_id: String,
    /// Where it is reached.
    pub address: String,
    /// Milliseconds since it was made.
    pub uptime_ms: u64,
    /// Sessions that stand.
    pub sessions: u64,
    /// Handshakes that are under way.
    pub half_open: u64,
    /// Nodes to which it knows a route.
    pub routes: u64,
    /// Nodes whose announcements it knows.
    pub announced: u64,
    /// Channels and prefixes of channels that it has.
    pub channels: u64,
    /// Channels of others that it hears.
    pub subscriptions: u64,
    /// Messages and events that wait to be read, and their bytes.
    pub queued: u64,
    /// Bytes of these.
    pub queued_bytes: u64,
    /// Packets that it has passed on.
    pub relayed: u64,
    /// Packets that it has dropped, whatever the reason.
    pub dropped: u64,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Peer {
    /// Who it is.
    pub node_id: String,
    /// Where packets for it go: an address, or the word `relayed`.
    pub address: String,
    /// Round trip in microseconds; 0 before it was measured.
    pub rtt_us: u64,
    /// Whether it has not been heard of for long.
    pub silent: bool,
    /// Messages that were sent.
    pub messages_sent: u64,
    /// Messages that have come.
    pub messages_received: u64,
    /// Bytes of packets that were sent.
    pub bytes_sent: u64,
    /// Bytes of packets that have come.
    pub bytes_received: u64,
    /// Packets that were lost on the way there.
    pub packets_lost: u64,
    /// Longest packet that gets there.
    pub mtu: u64,
}

/// Channels of a node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Channels {
    /// Those that it has.
    pub registered: Vec<Registered>,
    /// Those of others that it hears.
    pub heard: Vec<Heard>,
}

/// A channel that a node has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Registered {
    /// Its name, or what the names begin with.
    pub name: String,
    /// Whether it is the beginning of names.
    pub prefix: bool,
    /// `global`, `subnet-local` or `parent-visible`.
    pub visibility: String,
    /// Whether events arrive once they are taken.
    pub reliable: bool,
    /// Whether a subscriber needs a token.
    pub require_token: bool,
    /// How urgent its events are.
    pub priority: u8,
    /// Most events in a second.
    pub max_rate_pps: Option<u32>,
    /// Subscriptions.
    pub subscribers: u64,
}

/// A channel that a node hears.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Heard {
    /// Who publishes.
    pub publisher: String,
    /// Its name.
    pub channel: String,
    /// Events that wait to be read.
    pub waiting: u64,
    /// Bytes of these.
    pub waiting_bytes: u64,
    /// Why no more events come, once none do.
    pub end: Option<String>,
}

/// Nodes that were found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Found {
    /// How many there are.
    pub total: u64,
    /// The first of them, by their ids.
    pub nodes: Vec<Announced>,
}

/// What a node has announced.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Announced {
    /// Who it is.
    pub node_id: String,
    /// Ids of its models.
    pub models: Vec<String>,
    /// Ids of its tools.
    pub tools: Vec<String>,
    /// Its other tags.
    pub tags: Vec<String>,
}

/// Reads a request; an error says what is wrong with it.
pub fn parse(line: &[u8]) -> Result<Question, String> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let Versioned { version } = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if version != VERSION {
        return Err(format!("this node speaks version {VERSION}"));
    }
    let request: Request = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    Ok(request.ask)
}

/// A value on a line of its own.
pub fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("what is said has only text as keys");
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_have_this_form() {
        let find = Find { tags: vec!["gpu".to_owned()], ..Find::default() };
        let request = Request { version: VERSION, ask: Question::Find(find) };
        assert_eq!(parse(&line(&request)), Ok(request.ask));
        assert_eq!(parse(br#"{"version":1,"ask":"status"}"#), Ok(Question::Status));
        assert_eq!(parse(br#"{"version":1,"ask":{"find":{}}}"#), Ok(Question::Find(Find::default())));
        let answer = Response::Answer(Answer::Peers(Vec::new()));
        assert_eq!(line(&answer), b"{\"answer\":{\"peers\":[]}}\n");
        assert_eq!(line(&Response::Error("no".to_owned())), b"{\"error\":\"no\"}\n");
    }

    #[test]
    fn what_is_no_request_is_told_what_is_wrong() {
        for (text, expected) in [
            (r#"{"version":2,"ask":{"anything":[]}}"#, "this node speaks version 1"),
            (r#"{"version":1,"ask":"weather"}"#, "unknown variant `weather`"),
            (r#"{"version":1,"ask":{"find":{"tagz":[]}}}"#, "unknown field `tagz`"),
            (r#"{"version":1}"#, "missing field `ask`"),
            ("[]", "invalid"),
            ("", "EOF"),
        ] {
            let error = parse(text.as_bytes()).expect_err("no request");
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(parse(&[0xff; 100]).is_err());
        assert!(parse("[".repeat(60_000).as_bytes()).is_err(), "nested deeply");
    }
}
