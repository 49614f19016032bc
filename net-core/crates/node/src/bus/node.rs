//! The node: the bus at the rim of the runtime, where time passes and readers sleep.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
    task::Poll,
    time::{Instant, SystemTime},
};

use bytes::Bytes;
use net_types::{
    Error, Json, api,
    bus::{
        Backpressure, BusError, HashedEvent, NetNodeConfig, Ordering, PollRequest, PollResponse, Receipt,
        ShutdownOptions, Stats, StoredEvent, SubscribeOptions,
    },
};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    bell::Waiter,
    channel::TypedChannel,
    core::{Bus, State, in_range},
    cursor::Cursor,
    emit::Fired,
    filter::Filter,
    grant::Grant,
    page::Pager,
    stream::{EventStream, TypedEventStream},
    transport::{self, EventId, Link, Started},
};

/// Events that a poll looks at before it lets others run.
const TURN: usize = 4096;

/// A bus node: events in on any thread, polls and subscriptions out.
///
/// Its streams do not keep it alive: once the node and its channels are dropped they deliver what was accepted, and end.
#[derive(Debug)]
pub struct NetNode {
    shared: Arc<Shared>,
    grant: Grant,
}

/// What all references to a node have in common.
#[derive(Debug)]
struct Shared {
    source: Arc<Source>,
    fired: Fired,
    one: Mutex<Cursor>,
    one_there: tokio::sync::Mutex<Cursor<EventId>>,
}

/// The emitting end of a bus: what a node and its channels share.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) bus: Arc<Bus>,
    /// The way of the events to a server or a peer, unless they live in this process.
    pub(crate) link: Option<Link>,
    /// Where a peer's events come in, which are those that are read then.
    inbound: Option<Arc<Bus>>,
    started: Instant,
}

impl api::NetNode for NetNode {
    type EventStream = EventStream;
    type TypedChannel = TypedChannel;
    type TypedEventStream = TypedEventStream;

    async fn create(config: NetNodeConfig) -> Result<Arc<Self>, Error> {
        let node = <Self as api::NetNode>::new(config)?;
        if let Some(link) = node.link() {
            let connected = link.connected().await;
            if connected.is_err() {
                node.source().close();
                link.ended().await;
            }
            connected?;
        }
        Ok(node)
    }

    fn new(config: NetNodeConfig) -> Result<Arc<Self>, Error> {
        let source = Arc::new(Source::new(&config)?);
        let (shards, mode) = (source.bus.shards.len(), source.bus.backpressure.text());
        tracing::debug!(shards, buffer_capacity = config.buffer_capacity, backpressure = mode, "made a node");
        Ok(Self::of(Arc::new(Shared {
            source,
            fired: Fired::default(),
            one: Mutex::default(),
            one_there: tokio::sync::Mutex::default(),
        })))
    }

    fn from_native(bus: &Arc<Self>) -> Result<Arc<Self>, Error> {
        Ok(Self::of(Arc::clone(&bus.shared)))
    }

    fn emit(&self, event: Json<'_>, key: Option<&str>) -> Result<Receipt, Error> {
        Ok(self.bus().emit(event, key, self.now())?)
    }

    fn emit_raw(&self, json: &str, key: Option<&str>) -> Result<Receipt, Error> {
        self.emit(json.into(), key)
    }

    async fn emit_raw_async(&self, json: String, key: Option<String>) -> Result<Receipt, Error> {
        self.emit_raw(&json, key.as_deref())
    }

    fn emit_buffer(&self, data: &[u8], key: Option<&str>) -> Result<bool, Error> {
        Ok(self.bus().fire(&self.shared.fired, data, key, self.now()))
    }

    fn emit_batch(&self, events: &[&str], key: Option<&str>) -> Result<u32, Error> {
        self.emit_raw_batch(events, key)
    }

    fn emit_raw_batch(&self, jsons: &[&str], key: Option<&str>) -> Result<u32, Error> {
        Ok(self.bus().emit_batch(jsons, key, self.now())?)
    }

    async fn emit_raw_batch_async(&self, jsons: Vec<String>, key: Option<String>) -> Result<u32, Error> {
        let texts: Vec<&str> = jsons.iter().map(String::as_str).collect();
        self.emit_raw_batch(&texts, key.as_deref())
    }

    fn push_batch(&self, events: &[&[u8]], key: Option<&str>) -> Result<u32, Error> {
        Ok(self.bus().emit_bytes(events, key, self.now())?)
    }

    fn fire(&self, json: &str) -> Result<bool, Error> {
        Ok(self.bus().fire_text(&self.shared.fired, json, self.now()))
    }

    fn fire_batch(&self, jsons: &[&str]) -> Result<u32, Error> {
        Ok(self.bus().fire_batch(&self.shared.fired, jsons, self.now()))
    }

    fn prehash(&self, data: &[u8]) -> Result<HashedEvent, Error> {
        Ok(HashedEvent { data: Bytes::copy_from_slice(data), hash: xxh3_64(data) })
    }

    fn push_with_hash(&self, data: &[u8], hash: u64) -> Result<bool, Error> {
        if xxh3_64(data) != hash {
            return Ok(false);
        }
        self.emit_buffer(data, None)
    }

    fn reserve(&self, events: u32, bytes: u32) -> Result<u32, Error> {
        Ok(self.grant.renew(events, bytes))
    }

    fn emit_granted(&self, data: &[u8], key: Option<&str>) -> Result<bool, Error> {
        Ok(self.bus().fire_granted(&self.shared.fired, &self.grant, data, key, self.now()))
    }

    async fn poll(&self, request: PollRequest) -> Result<PollResponse, Error> {
        in_range(request.check())?;
        self.check_open()?;
        let filter = request.filter.as_deref().map(Filter::parse).transpose()?;
        if let Some(link) = self.source().there() {
            return self.poll_there(link, filter, &request).await;
        }
        let mut cursor = request.cursor.as_deref().map(Cursor::parse).transpose()?.unwrap_or_default();
        let bus = self.source().inbox();
        bus.check_cursor(&cursor)?;
        let mut pager = Pager::new(bus, &cursor, filter, request.ordering, request.limit as usize);
        while !pager.advance(bus, TURN) {
            let_others_run().await;
        }
        self.check_open()?;
        let mut page = self.finish(pager, &mut cursor);
        page.next_id = page.next_id.or(request.cursor);
        Ok(page)
    }

    /// In the order of insertion.
    async fn poll_one(&self) -> Result<Option<StoredEvent>, Error> {
        if let Some(link) = self.source().there() {
            let mut cursor = self.shared.one_there.lock().await;
            self.check_open()?;
            return Ok(self
                .page_there(link, &mut cursor, None, Ordering::InsertionTs, 1)
                .await?
                .events
                .pop());
        }
        let mut cursor = self.shared.one.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_open()?;
        let bus = self.source().inbox();
        let mut pager = Pager::new(bus, &cursor, None, Ordering::InsertionTs, 1);
        while !pager.advance(bus, TURN) {}
        Ok(self.finish(pager, &mut cursor).events.pop())
    }

    fn subscribe(&self, options: SubscribeOptions) -> Result<Arc<EventStream>, Error> {
        EventStream::open(self.source(), &options, None)
    }

    fn subscribe_typed(&self, options: SubscribeOptions) -> Result<Arc<TypedEventStream>, Error> {
        TypedEventStream::open(self.source(), &options, None)
    }

    fn channel(&self, name: &str) -> Result<Arc<TypedChannel>, Error> {
        Ok(TypedChannel::open(self.source(), name))
    }

    fn stats(&self) -> Result<Stats, Error> {
        let stats = self.bus().stats();
        Ok(match &self.source().inbound {
            Some(inbound) => sum(stats, inbound.stats()),
            None => stats,
        })
    }

    fn shards(&self) -> Result<u32, Error> {
        Ok(self.bus().shards.len() as u32)
    }

    /// In this process an accepted event is visible to readers before the call that emitted it returns, so there is nothing
    /// to wait for.
    async fn flush(&self) -> Result<(), Error> {
        if let Some(link) = self.link() {
            self.check_open()?;
            link.flushed().await?;
        }
        Ok(self.shared.fired.take()?)
    }

    /// Waits for nobody but open subscriptions.
    async fn shutdown(&self, options: ShutdownOptions) -> Result<(), Error> {
        if self.bus().state() == State::Closed {
            return Ok(());
        }
        self.source().seal();
        if let Some(link) = self.link() {
            let reading = tokio::time::timeout(options.timeout, self.taken());
            let (delivered, _) = tokio::join!(link.drained(options.timeout), reading);
            self.source().close();
            link.ended().await;
            tracing::debug!("shut a node down");
            return Ok(delivered?);
        }
        if self.source().inbox().is_awaited() {
            let taken = tokio::time::timeout(options.timeout, self.taken()).await;
            if taken.is_err() {
                tracing::warn!(held = self.bus().stats().held, "shut down before readers took every event");
            }
        }
        self.source().close();
        tracing::debug!("shut a node down");
        Ok(())
    }
}

impl NetNode {
    pub(crate) fn source(&self) -> &Arc<Source> {
        &self.shared.source
    }

    pub(crate) fn bus(&self) -> &Arc<Bus> {
        &self.source().bus
    }

    fn link(&self) -> Option<&Link> {
        self.source().link.as_ref()
    }

    async fn poll_there(
        &self,
        link: &Link,
        filter: Option<Filter>,
        request: &PollRequest,
    ) -> Result<PollResponse, Error> {
        let mut cursor =
            request.cursor.as_deref().map(|text| link.place(text)).transpose()?.unwrap_or_default();
        let mut page =
            self.page_there(link, &mut cursor, filter, request.ordering, request.limit as usize).await?;
        page.next_id = page.next_id.or_else(|| request.cursor.clone());
        Ok(page)
    }

    async fn page_there(
        &self,
        link: &Link,
        cursor: &mut Cursor<EventId>,
        filter: Option<Filter>,
        ordering: Ordering,
        wanted: usize,
    ) -> Result<PollResponse, BusError> {
        let mut pager = transport::Pager::new(self.bus().shards.len(), cursor, filter, ordering, wanted);
        loop {
            let wants = pager.advance();
            if wants.is_empty() {
                self.check_open()?;
                return Ok(pager.finish(cursor));
            }
            let found = link.fetch(wants.clone()).await?;
            pager.give(&wants, found);
        }
    }

    fn of(shared: Arc<Shared>) -> Arc<Self> {
        let grant = Grant::new(Arc::clone(&shared.source.bus));
        Arc::new(Self { shared, grant })
    }

    fn now(&self) -> u64 {
        self.source().now()
    }

    /// Waits until no open subscription has anything to take.
    async fn taken(&self) {
        let bus = self.source().inbox();
        let mut waiter = Waiter::new(&bus.passed);
        poll_fn(|cx| {
            waiter.arm(cx.waker());
            if bus.is_awaited() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    fn finish(&self, pager: Pager, cursor: &mut Cursor) -> PollResponse {
        let bus = self.source().inbox();
        let page = pager.finish(bus, cursor);
        if !page.events.is_empty() {
            bus.batches.fetch_add(1, Relaxed);
            // A peer may wait for the room that this makes.
            bus.passed.ring();
        }
        page
    }

    fn check_open(&self) -> Result<(), BusError> {
        if self.bus().state() == State::Closed { Err(BusError::Closed) } else { Ok(()) }
    }
}

impl Source {
    fn new(config: &NetNodeConfig) -> Result<Self, Error> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let bus = Arc::new(Bus::new(config, cores, epoch.as_nanos() as u64)?);
        let another = || Bus::new(&of_inbox(config), cores, epoch.as_nanos() as u64);
        let Started { link, inbound } = transport::start(config, &bus, another)?;
        Ok(Self { bus, link, inbound, started: Instant::now() })
    }

    /// The bus whose events are read.
    pub(crate) fn inbox(&self) -> &Arc<Bus> {
        self.inbound.as_ref().unwrap_or(&self.bus)
    }

    /// The way to the server whose events are read, if there is one.
    pub(crate) fn there(&self) -> Option<&Link> {
        self.link.as_ref().filter(|_| self.inbound.is_none())
    }

    /// Refuses new events, in both directions.
    fn seal(&self) {
        self.bus.seal();
        self.inbox().seal();
    }

    fn close(&self) {
        self.bus.close();
        self.inbox().close();
    }

    /// Nanoseconds since the node started.
    pub(crate) fn now(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.bus.abandon();
        self.inbox().abandon();
    }
}

/// What has no room where it comes in stays with its producer, unless the oldest is to make room.
fn of_inbox(config: &NetNodeConfig) -> NetNodeConfig {
    let backpressure = match config.backpressure {
        Backpressure::DropOldest => Backpressure::DropOldest,
        Backpressure::DropNewest | Backpressure::FailProducer => Backpressure::FailProducer,
    };
    NetNodeConfig { backpressure, ..config.clone() }
}

/// The counters of two buses of a node together.
fn sum(one: Stats, other: Stats) -> Stats {
    Stats {
        events_ingested: one.events_ingested,
        events_dropped: one.events_dropped + other.events_dropped,
        batches_dispatched: one.batches_dispatched + other.batches_dispatched,
        rejected: one.rejected + other.rejected,
        held: one.held + other.held,
        buffered_bytes: one.buffered_bytes + other.buffered_bytes,
    }
}

/// Gives the thread to other tasks once.
async fn let_others_run() {
    let mut turn = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut turn, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
