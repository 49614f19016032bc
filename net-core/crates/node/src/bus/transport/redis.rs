//! Redis streams.

use std::{cell::RefCell, fmt::Write, time::Duration};

use net_types::bus::{BusError, RedisOptions};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value,
    aio::MultiplexedConnection, cmd, pipe,
};
use tokio::time::timeout;

use super::{
    EventId, envelope,
    outbox::Batch,
    server::{Fault, Follower, Found, Limits, Server, Terms, Want},
    start::invalid,
};

/// Connections that batches are written through where nobody says how many.
const POOL: usize = 8;
/// Most events that one shard gives to a subscription at once.
const STRIDE: usize = 256;
/// How long a subscription waits for events before it asks again.
const WAIT: Duration = Duration::from_secs(20);
/// Longest event: what a server takes as one string, less what stands around the event.
const LONGEST_EVENT: u64 = (512 << 20) - 256;

/// A Redis server: a stream for each shard.
#[derive(Debug)]
pub(crate) struct Redis {
    client: Client,
    options: RedisOptions,
    keys: Vec<String>,
    /// The connections that batches are written through.
    writers: Vec<Slot>,
    /// The connection that polls read through.
    reader: Slot,
}

/// A connection, once it was needed and as long as it works.
type Slot = RefCell<Option<MultiplexedConnection>>;

impl Redis {
    /// A server of whom nothing is known yet.
    pub(crate) fn new(options: RedisOptions, shards: usize) -> Result<Self, BusError> {
        // The error must not tell the url, which may have a password.
        let client = Client::open(options.url.as_str()).map_err(|error| invalid("url", error.to_string()))?;
        let writers = options.pool_size.map_or(POOL, |size| size as usize).min(shards);
        Ok(Self {
            client,
            keys: (0..shards).map(|shard| format!("{}:shard:{shard}", options.prefix)).collect(),
            options,
            writers: (0..writers).map(|_| Slot::default()).collect(),
            reader: Slot::default(),
        })
    }

    /// How much is asked of it at once, and how long it may take.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            name: format!("redis at {}", self.client.get_connection_info().addr()),
            has_pairs: true,
            batch: self.options.pipeline_size as usize,
            patience: self.options.connect_timeout + self.options.command_timeout,
        }
    }

    /// A new connection, on which an answer may take so long.
    async fn open(&self, answer: Option<Duration>) -> Result<MultiplexedConnection, Fault> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.options.connect_timeout))
            .set_response_timeout(answer);
        self.client.get_multiplexed_async_connection_with_config(&config).await.map_err(fault)
    }

    async fn connection(&self, slot: &Slot) -> Result<MultiplexedConnection, Fault> {
        if let Some(connection) = &*slot.borrow() {
            return Ok(connection.clone());
        }
        let connection = self.open(Some(self.options.command_timeout)).await?;
        slot.replace(Some(connection.clone()));
        Ok(connection)
    }

    /// Sends commands through a slot's connection, and gives that up if it does not work. One that was lost since it was used
    /// last is noticed only now, so that another attempt is made with a new one; all commands may be told twice.
    async fn ask(&self, slot: &Slot, commands: &Pipeline) -> Result<Vec<Value>, Fault> {
        loop {
            let was_open = slot.borrow().is_some();
            let mut connection = self.connection(slot).await?;
            let answer = commands.query_async(&mut connection).await.map_err(fault);
            match answer {
                Err(fault) if !fault.refused => {
                    slot.replace(None);
                    if !was_open {
                        return Err(fault);
                    }
                }
                answer => return answer,
            }
        }
    }
}

impl Server for Redis {
    type Follower = Tracker;

    async fn connect(&self) -> Result<Terms, Fault> {
        let mut ping = pipe();
        ping.cmd("PING");
        self.ask(&self.reader, &ping).await?;
        Ok(Terms { longest_event: LONGEST_EVENT })
    }

    async fn append(&self, batch: &Batch) -> Result<(), Fault> {
        let mut transaction = pipe();
        transaction.atomic();
        for event in batch.events() {
            let add = transaction.cmd("XADD").arg(&self.keys[batch.shard]);
            if let Some(len) = self.options.max_stream_len {
                add.arg("MAXLEN").arg("~").arg(len);
            }
            add.arg("*").arg("d").arg(envelope::wrap(event.event, event.time, batch.shard));
            add.arg("dedup_id").arg(event.dedup_id).ignore();
        }
        self.ask(&self.writers[batch.shard % self.writers.len()], &transaction).await.map(drop)
    }

    async fn fetch(&self, wants: &[Want]) -> Result<Vec<Vec<Found>>, Fault> {
        let mut ranges = pipe();
        for want in wants {
            let start = want.behind.map_or_else(|| "-".to_owned(), |id| format!("({id}"));
            ranges.cmd("XRANGE").arg(&self.keys[want.shard]).arg(start).arg("+").arg("COUNT").arg(want.count);
        }
        self.ask(&self.reader, &ranges).await?.into_iter().map(entries).collect()
    }

    async fn newest(&self) -> Result<Vec<Option<EventId>>, Fault> {
        let mut ends = pipe();
        for key in &self.keys {
            ends.cmd("XREVRANGE").arg(key).arg("+").arg("-").arg("COUNT").arg(1);
        }
        let ends = self.ask(&self.reader, &ends).await?.into_iter().map(entries);
        ends.map(|end| Ok(end?.first().map(|found| found.id))).collect()
    }

    async fn follow(&self, _: &[Option<EventId>]) -> Result<Tracker, Fault> {
        let patience = WAIT + self.options.command_timeout;
        Ok(Tracker { connection: self.open(None).await?, keys: self.keys.clone(), patience })
    }
}

/// Waits for entries on a connection of its own.
#[derive(Debug)]
pub(crate) struct Tracker {
    connection: MultiplexedConnection,
    keys: Vec<String>,
    patience: Duration,
}

impl Follower for Tracker {
    async fn next(&mut self, places: &[Option<EventId>]) -> Result<Vec<(usize, Vec<Found>)>, Fault> {
        let command = read(&self.keys, places);
        let answer = timeout(self.patience, command.query_async(&mut self.connection)).await;
        let answer = answer.map_err(|_| Fault::unreachable("it does not answer in time"))?;
        streams(answer.map_err(fault)?, &self.keys)
    }
}

/// Asks for what comes behind the places of all shards.
fn read(keys: &[String], places: &[Option<EventId>]) -> Cmd {
    let mut read = cmd("XREAD");
    read.arg("COUNT").arg(STRIDE).arg("BLOCK").arg(WAIT.as_millis() as u64).arg("STREAMS").arg(keys);
    for place in places {
        read.arg(place.map_or_else(|| "0".to_owned(), |id| id.to_string()));
    }
    read
}

/// The entries of each stream that has some.
fn streams(answer: Value, keys: &[String]) -> Result<Vec<(usize, Vec<Found>)>, Fault> {
    let streams = match answer {
        Value::Nil => return Ok(Vec::new()),
        Value::Array(streams) => streams,
        other => return Err(odd(&other)),
    };
    let mut found = Vec::new();
    for stream in streams {
        let [key, stream] = pair(stream)?;
        let shard = keys.iter().position(|other| bytes(&key) == Some(other.as_bytes()));
        found.push((shard.ok_or_else(|| odd(&key))?, entries(stream)?));
    }
    Ok(found)
}

/// The entries of an answer.
fn entries(answer: Value) -> Result<Vec<Found>, Fault> {
    let Value::Array(entries) = answer else {
        return Err(odd(&answer));
    };
    entries.into_iter().map(entry).collect()
}

fn entry(entry: Value) -> Result<Found, Fault> {
    let [id, fields] = pair(entry)?;
    let id = bytes(&id)
        .and_then(|id| EventId::parse_pair(std::str::from_utf8(id).ok()?))
        .ok_or_else(|| odd(&id))?;
    let Value::Array(fields) = fields else {
        return Err(odd(&fields));
    };
    let data =
        fields.chunks(2).find(|field| bytes(&field[0]) == Some(b"d")).and_then(|field| bytes(field.get(1)?));
    Ok(Found { id, content: data.and_then(envelope::unwrap) })
}

fn pair(value: Value) -> Result<[Value; 2], Fault> {
    match value {
        Value::Array(items) => items.try_into().map_err(|items| odd(&Value::Array(items))),
        other => Err(odd(&other)),
    }
}

fn bytes(value: &Value) -> Option<&[u8]> {
    if let Value::BulkString(bytes) = value { Some(bytes) } else { None }
}

/// An answer that no Redis server gives.
fn odd(value: &Value) -> Fault {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{value:?}");
    Fault::refused(format!("it answers {}", text.chars().take(100).collect::<String>()))
}

fn fault(error: RedisError) -> Fault {
    let passes = match error.kind() {
        ErrorKind::Io | ErrorKind::Parse | ErrorKind::Client => true,
        // A transaction is aborted for what was answered to its commands.
        ErrorKind::Server(ServerErrorKind::ExecAbort) => {
            let answers = error.clone().into_server_errors();
            answers
                .iter()
                .flat_map(|answers| answers.iter())
                .filter_map(|(_, answer)| answer.kind())
                .any(passes)
        }
        ErrorKind::Server(kind) => passes(kind),
        _ => false,
    };
    if passes { Fault::unreachable(error) } else { Fault::refused(error) }
}

/// Whether a server that answers so will take the same command later.
fn passes(kind: ServerErrorKind) -> bool {
    matches!(
        kind,
        ServerErrorKind::BusyLoading
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
    )
}
