//! Streams of a NATS server with JetStream.

use std::{cell::RefCell, time::Duration};

use async_nats::{
    Client, ConnectErrorKind, ConnectOptions, HeaderMap, ServerAddr,
    connection::State,
    jetstream::{
        Context, ContextBuilder,
        consumer::{DeliverPolicy, pull},
        context::{CreateStreamErrorKind, PublishError, PublishErrorKind},
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
use percent_encoding::percent_decode_str;
use tokio::{sync::Mutex, time::timeout};

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
/// An address that nobody can listen at.
const NOWHERE: &str = "nats://127.0.0.1:0";

/// A NATS server: a stream for each shard.
#[derive(Debug)]
pub(crate) struct JetStream {
    options: JetStreamOptions,
    address: ServerAddr,
    /// The other servers of the cluster, as far as they are known.
    others: RefCell<Vec<ServerAddr>>,
    shards: usize,
    ready: Mutex<Option<Ready>>,
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
        Ok(Self { options, address, others: RefCell::default(), shards, ready: Mutex::default() })
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

    /// The connection, made anew if it is lost.
    async fn ready(&self) -> Result<Ready, Fault> {
        let mut ready = self.ready.lock().await;
        if let Some(ready) = &*ready
            && ready.client.connection_state() == State::Connected
        {
            return Ok(ready.clone());
        }
        *ready = None;
        let client = self.connect_once().await?;
        let context = ContextBuilder::new()
            .timeout(self.options.request_timeout)
            .ack_timeout(self.options.request_timeout)
            .build(client.clone());
        let streams = (0..self.shards).map(|shard| context.get_or_create_stream(self.stream(shard)));
        let streams = try_join_all(streams).await.map_err(|error| match error.kind() {
            CreateStreamErrorKind::TimedOut | CreateStreamErrorKind::Response => Fault::unreachable(error),
            _ => Fault::refused(error),
        })?;
        Ok(ready.insert(Ready { client, context, streams }).clone())
    }

    /// A client that ends with its connection.
    ///
    /// One that connected again would go on with what it still has of a batch whose beginning was lost, and so bring the end
    /// before the beginning.
    async fn connect_once(&self) -> Result<Client, Fault> {
        let mut servers = vec![self.address.clone()];
        servers.extend_from_slice(&self.others.borrow());
        let options = self
            .credentials()
            .connection_timeout(self.options.connect_timeout)
            .request_timeout(Some(self.options.request_timeout))
            .max_reconnects(servers.len());
        let client = options.connect(servers).await.map_err(|error| match error.kind() {
            ConnectErrorKind::Authentication
            | ConnectErrorKind::AuthorizationViolation
            | ConnectErrorKind::Tls => Fault::refused(error),
            _ => Fault::unreachable(error),
        })?;
        client.set_server_pool(NOWHERE).await.map_err(Fault::unreachable)?;
        let others = client.server_info().connect_urls;
        self.others.replace(others.iter().filter_map(|other| other.parse().ok()).collect());
        Ok(client)
    }

    /// What the address says of the user: a name and a password, or a token.
    fn credentials(&self) -> ConnectOptions {
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let options = ConnectOptions::new();
        match (self.address.username(), self.address.password()) {
            (Some(user), Some(password)) => options.user_and_password(decoded(user), decoded(password)),
            (Some(token), None) => options.token(decoded(token)),
            (None, _) => options,
        }
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

/// Sends a batch and waits until it is kept. Behind an event that cannot go none goes.
async fn publish(context: &Context, subject: &str, batch: &Batch) -> Result<(), PublishError> {
    let mut acks = Vec::new();
    let mut failed = None;
    for event in batch.events() {
        match context.send_publish(subject.to_owned(), outgoing(event)).await {
            Ok(ack) => acks.push(ack),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    for ack in acks {
        ack.await?;
    }
    failed.map_or(Ok(()), Err)
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
        let Err(error) = publish(&ready.context, &self.subject(batch.shard), batch).await else {
            return Ok(());
        };
        Err(match error.kind() {
            PublishErrorKind::StreamNotFound => {
                // The next attempt makes it anew.
                *self.ready.lock().await = None;
                Fault::unreachable(error)
            }
            PublishErrorKind::MaxPayloadExceeded | PublishErrorKind::Other => Fault::refused(error),
            _ => Fault::unreachable(error),
        })
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
