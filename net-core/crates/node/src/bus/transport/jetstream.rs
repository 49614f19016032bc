//! Streams of a NATS server with JetStream.

use std::{cell::RefCell, time::Duration};

use async_nats::{
    Client, ConnectErrorKind, ConnectOptions, HeaderMap, ServerAddr,
    connection::State,
    jetstream::{
        Context, ContextBuilder,
        consumer::{DeliverPolicy, pull},
        context::{CreateStreamErrorKind, PublishErrorKind},
        message::PublishMessage,
        stream::{Config, DirectGetErrorKind, DiscardPolicy, RetentionPolicy, StorageType, Stream},
    },
};
use bytes::Bytes;
use futures_util::{
    FutureExt, StreamExt,
    future::{join_all, try_join_all},
    stream::{LocalBoxStream, SelectAll, select_all},
};
use net_types::bus::{BusError, JetStreamOptions};
use tokio::time::timeout;

use super::{
    super::json,
    EventId,
    outbox::{Batch, Outgoing},
    server::{Content, Fault, Follower, Found, Limits, Server, Terms, Want},
    start::invalid,
};

/// Most events in a batch.
const BATCH: usize = 1000;
/// Most events that a subscription takes at once.
const STRIDE: usize = 256;
/// How long the server recognizes an id that it has seen.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(3600);
/// The header with the time of insertion, in nanoseconds since the Unix epoch.
const TIME: &str = "Net-Insertion-Ts";
/// What the headers of a message take of the longest payload.
const HEADERS: usize = 512;

/// A NATS server: a stream for each shard.
#[derive(Debug)]
pub(crate) struct JetStream {
    options: JetStreamOptions,
    address: ServerAddr,
    shards: usize,
    ready: RefCell<Option<Ready>>,
}

/// A connection, and the streams that are known to be there.
#[derive(Clone, Debug)]
struct Ready {
    client: Client,
    context: Context,
    streams: Vec<Stream>,
}

impl JetStream {
    /// A server of whom nothing is known yet.
    pub(crate) fn new(options: JetStreamOptions, shards: usize) -> Result<Self, BusError> {
        // The error must not tell the url, which may have a password.
        let address = options.url.parse().map_err(|_| invalid("url", "it is no address of a NATS server"))?;
        Ok(Self { options, address, shards, ready: RefCell::default() })
    }

    /// How much is asked of it at once, and how long it may take.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            name: format!("nats at {}:{}", self.address.host(), self.address.port()),
            has_pairs: false,
            batch: BATCH,
            patience: self.options.connect_timeout + self.options.request_timeout,
        }
    }

    fn subject(&self, shard: usize) -> String {
        format!("{}.shard.{shard}", self.options.prefix)
    }

    async fn ready(&self) -> Result<Ready, Fault> {
        if let Some(ready) = &*self.ready.borrow() {
            return match ready.client.connection_state() {
                State::Connected => Ok(ready.clone()),
                _ => Err(Fault::unreachable("the connection is lost")),
            };
        }
        let options = ConnectOptions::new()
            .connection_timeout(self.options.connect_timeout)
            .request_timeout(Some(self.options.request_timeout));
        let client = options.connect(self.address.clone()).await.map_err(|error| match error.kind() {
            ConnectErrorKind::Authentication
            | ConnectErrorKind::AuthorizationViolation
            | ConnectErrorKind::Tls => Fault::refused(error),
            _ => Fault::unreachable(error),
        })?;
        let context = ContextBuilder::new()
            .timeout(self.options.request_timeout)
            .ack_timeout(self.options.request_timeout)
            .build(client.clone());
        let streams = (0..self.shards).map(|shard| context.get_or_create_stream(self.stream(shard)));
        let streams = try_join_all(streams).await.map_err(|error| match error.kind() {
            CreateStreamErrorKind::TimedOut | CreateStreamErrorKind::Response => Fault::unreachable(error),
            _ => Fault::refused(error),
        })?;
        let ready = Ready { client, context, streams };
        self.ready.replace(Some(ready.clone()));
        Ok(ready)
    }

    /// How a missing stream is made.
    fn stream(&self, shard: usize) -> Config {
        let most =
            |number: Option<u64>| number.map_or(-1, |number| i64::try_from(number).unwrap_or(i64::MAX));
        Config {
            name: format!("{}_shard_{shard}", self.options.prefix),
            subjects: vec![self.subject(shard)],
            max_messages: most(self.options.max_messages),
            max_bytes: most(self.options.max),
            max_age: self.options.max_age.unwrap_or_default(),
            discard: DiscardPolicy::Old,
            retention: RetentionPolicy::Limits,
            storage: StorageType::File,
            num_replicas: self.options.replicas as usize,
            duplicate_window: self.options.max_age.map_or(DUPLICATE_WINDOW, |age| age.min(DUPLICATE_WINDOW)),
            allow_direct: true,
            ..Config::default()
        }
    }

    /// Reads on in a shard: as many as wanted, or up to the end as it is now.
    async fn read(&self, stream: &Stream, want: &Want) -> Result<Vec<Found>, Fault> {
        let state = stream.get_info().await.map_err(Fault::unreachable)?.state;
        // A stream that never had a message says that its first is 0, which is none.
        let mut next = number(want.behind).map_or(1, |last| last + 1).max(state.first_sequence);
        let mut found = Vec::new();
        while found.len() < want.count && next <= state.last_sequence {
            let end = next.saturating_add((want.count - found.len()) as u64).min(state.last_sequence + 1);
            for message in join_all((next..end).map(|sequence| message(stream, sequence))).await {
                found.extend(message?);
            }
            next = end;
        }
        Ok(found)
    }
}

/// A message of a stream, unless it was removed.
async fn message(stream: &Stream, sequence: u64) -> Result<Option<Found>, Fault> {
    if stream.cached_info().config.num_replicas > 1 || !stream.cached_info().config.allow_direct {
        // Only the leader is sure to have what it has acknowledged.
        return match stream.get_raw_message(sequence).await {
            Ok(message) => Ok(Some(found(message.sequence, &message.headers, &message.payload))),
            Err(error) if error.to_string().contains("no message found") => Ok(None),
            Err(error) => Err(Fault::unreachable(error)),
        };
    }
    match stream.direct_get(sequence).await {
        Ok(message) => Ok(Some(found(message.sequence, &message.headers, &message.payload))),
        Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fault::unreachable(error)),
    }
}

fn found(sequence: u64, headers: &HeaderMap, payload: &[u8]) -> Found {
    let content = json::check_bytes(payload).ok().map(|event| Content {
        event: event.to_owned(),
        time: headers.get(TIME).and_then(|time| time.as_str().parse().ok()).unwrap_or(0),
    });
    Found { id: EventId::Number(sequence), content }
}

fn number(id: Option<EventId>) -> Option<u64> {
    match id {
        Some(EventId::Number(number)) => Some(number),
        _ => None,
    }
}

fn outgoing(event: Outgoing<'_>) -> PublishMessage {
    PublishMessage::build()
        .payload(Bytes::copy_from_slice(event.event.as_bytes()))
        .message_id(event.dedup_id)
        .header(TIME, event.time.to_string().as_str())
}

impl Server for JetStream {
    type Follower = Tracker;

    async fn connect(&self) -> Result<Terms, Fault> {
        let longest = self.ready().await?.client.server_info().max_payload;
        Ok(Terms { longest_event: longest.saturating_sub(HEADERS) as u64 })
    }

    async fn append(&self, batch: &Batch) -> Result<(), Fault> {
        let ready = self.ready().await?;
        let subject = self.subject(batch.shard);
        let mut acks = Vec::new();
        for event in batch.events() {
            acks.push(ready.context.send_publish(subject.clone(), outgoing(event)).await);
        }
        for ack in acks {
            let acknowledged = match ack {
                Ok(ack) => ack.await.map(drop),
                Err(error) => Err(error),
            };
            acknowledged.map_err(|error| {
                if error.kind() == PublishErrorKind::StreamNotFound {
                    // The next attempt makes it anew.
                    self.ready.replace(None);
                }
                match error.kind() {
                    PublishErrorKind::MaxPayloadExceeded | PublishErrorKind::Other => Fault::refused(error),
                    _ => Fault::unreachable(error),
                }
            })?;
        }
        Ok(())
    }

    async fn fetch(&self, wants: &[Want]) -> Result<Vec<Vec<Found>>, Fault> {
        let ready = self.ready().await?;
        try_join_all(wants.iter().map(|want| self.read(&ready.streams[want.shard], want))).await
    }

    async fn newest(&self) -> Result<Vec<Option<EventId>>, Fault> {
        let ready = self.ready().await?;
        let infos =
            try_join_all(ready.streams.iter().map(Stream::get_info)).await.map_err(Fault::unreachable)?;
        Ok(infos.iter().map(|info| Some(EventId::Number(info.state.last_sequence))).collect())
    }

    async fn follow(&self, places: &[Option<EventId>]) -> Result<Tracker, Fault> {
        let Ready { client, streams, .. } = self.ready().await?;
        let opened = streams
            .iter()
            .zip(places)
            .enumerate()
            .map(|(shard, (stream, place))| open(shard, stream, *place));
        let incoming = select_all(try_join_all(opened).await?);
        Ok(Tracker { client, incoming, patience: self.options.request_timeout })
    }
}

/// The messages of a shard, behind a place.
async fn open(shard: usize, stream: &Stream, place: Option<EventId>) -> Result<Messages, Fault> {
    let deliver_policy = match number(place) {
        Some(last) => DeliverPolicy::ByStartSequence { start_sequence: last + 1 },
        None => DeliverPolicy::All,
    };
    let config = pull::OrderedConfig { deliver_policy, ..pull::OrderedConfig::default() };
    let consumer = stream.create_consumer(config).await.map_err(Fault::unreachable)?;
    let messages = consumer.messages().await.map_err(Fault::unreachable)?;
    let found = messages.map(move |message| {
        let message = message.map_err(Fault::unreachable)?;
        let sequence = message.info().map_err(Fault::unreachable)?.stream_sequence;
        let headers = message.headers.clone().unwrap_or_default();
        Ok((shard, found(sequence, &headers, &message.payload)))
    });
    Ok(found.boxed_local())
}

type Messages = LocalBoxStream<'static, Result<(usize, Found), Fault>>;

/// Waits for messages of all shards.
pub(crate) struct Tracker {
    client: Client,
    incoming: SelectAll<Messages>,
    patience: Duration,
}

impl Follower for Tracker {
    async fn next(&mut self, _: &[Option<EventId>]) -> Result<Vec<(usize, Vec<Found>)>, Fault> {
        let Ok(mut next) = timeout(self.patience, self.incoming.next()).await else {
            return match self.client.connection_state() {
                State::Connected => Ok(Vec::new()),
                _ => Err(Fault::unreachable("the connection is lost")),
            };
        };
        let mut shards = Vec::<(usize, Vec<Found>)>::new();
        for left in (0..STRIDE).rev() {
            let (shard, found) = next.ok_or_else(|| Fault::unreachable("the stream has ended"))??;
            match shards.iter_mut().find(|(other, _)| *other == shard) {
                Some((_, all)) => all.push(found),
                None => shards.push((shard, vec![found])),
            }
            // Nothing is taken that is not given.
            let more = if left > 0 { self.incoming.next().now_or_never() } else { None };
            let Some(message) = more else {
                break;
            };
            next = message;
        }
        Ok(shards)
    }
}
