//! What has happened in a world: a hash of all of it, and the last of it as text.

use crate::Host;
use std::{collections::VecDeque, fmt, net::SocketAddr, time::Duration};

/// Events that are kept to be printed.
const KEPT: usize = 80;

/// What happened.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Sent(SocketAddr),
    Arrived(SocketAddr),
    Lost(&'static str),
    Woken,
    Born,
    Died,
    Note(String),
}

#[derive(Debug, Clone)]
struct Entry {
    at: Duration,
    host: Option<Host>,
    what: What,
    length: usize,
    digest: [u8; 4],
}

/// The trace of a run.
#[derive(Debug)]
pub(crate) struct Trace {
    hasher: blake3::Hasher,
    last: VecDeque<Entry>,
    events: u64,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self { hasher: blake3::Hasher::new(), last: VecDeque::new(), events: 0 }
    }

    /// Adds an event, with the bytes of the datagram that it is about.
    pub(crate) fn add(&mut self, at: Duration, host: Option<Host>, what: What, bytes: &[u8]) {
        let digest = blake3::hash(bytes);
        self.hasher.update(&(at.as_nanos() as u64).to_le_bytes());
        self.hasher.update(&host.map_or(u64::MAX, |host| host.0 as u64).to_le_bytes());
        self.hasher.update(what.to_string().as_bytes());
        self.hasher.update(digest.as_bytes());
        self.events += 1;
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        let digest = std::array::from_fn(|at| digest.as_bytes()[at]);
        self.last.push_back(Entry { at, host, what, length: bytes.len(), digest });
    }

    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    pub(crate) fn hash(&self) -> blake3::Hash {
        self.hasher.finalize()
    }

    /// The last events, one a line.
    pub(crate) fn text(&self) -> String {
        self.last.iter().map(|entry| format!("{entry}\n")).collect()
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent(to) => write!(f, "sends to {to}"),
            Self::Arrived(from) => write!(f, "hears from {from}"),
            Self::Lost(why) => write!(f, "loses a datagram: {why}"),
            Self::Woken => f.write_str("wakes up"),
            Self::Born => f.write_str("starts"),
            Self::Died => f.write_str("crashes"),
            Self::Note(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>14.6} s  ", self.at.as_secs_f64())?;
        match self.host {
            Some(Host(host)) => write!(f, "node {host:<4} {}", self.what)?,
            None => write!(f, "          {}", self.what)?,
        }
        let [a, b, c, d] = self.digest;
        if self.length > 0 {
            write!(f, ", {} bytes {a:02x}{b:02x}{c:02x}{d:02x}", self.length)?;
        }
        Ok(())
    }
}
