//! The node: the bus at the rim of the runtime, where time passes and readers sleep.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::{Instant, SystemTime},
};

use xxhash_rust::xxh3::xxh3_64;

use super::{
    bell::Waiter,
    channel::TypedChannel,
    core::{Bus, State},
    cursor::Cursor,
    emit::Fired,
    filter::Filter,
    model::{
        BusError, HashedEvent, NetNodeConfig, Ordering, PollRequest, PollResponse, Receipt, ShutdownOptions,
        Stats, StoredEvent, SubscribeOptions,
    },
    page::Pager,
    stream::{EventStream, TypedEventStream},
};

/// Events that a poll looks at before it lets others run.
const TURN: usize = 4096;

/// A bus node: events in on any thread, polls and subscriptions out.
///
/// Dropping the last reference ends its streams behind what was accepted.
#[derive(Debug)]
pub struct NetNode {
    bus: Arc<Bus>,
    fired: Fired,
    started: Instant,
    one: Mutex<Cursor>,
}

impl NetNode {
    /// Creates a node and starts it, without waiting.
    pub fn new(config: NetNodeConfig) -> Result<Arc<Self>, BusError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let bus = Bus::new(&config, cores, epoch.as_nanos() as u64)?;
        Ok(Arc::new(Self {
            bus: Arc::new(bus),
            fired: Fired::default(),
            started: Instant::now(),
            one: Mutex::default(),
        }))
    }

    /// Emits one JSON text.
    pub fn emit_raw(&self, json: &str, key: Option<&str>) -> Result<Receipt, BusError> {
        self.bus.emit(json, key, self.now())
    }

    /// Emits many JSON texts and tells how many were accepted.
    pub fn emit_raw_batch(&self, jsons: &[&str], key: Option<&str>) -> Result<u32, BusError> {
        self.bus.emit_batch(jsons, key, self.now())
    }

    /// Emits many JSON texts given as UTF-8 and tells how many were accepted.
    pub fn push_batch(&self, events: &[&[u8]], key: Option<&str>) -> Result<u32, BusError> {
        self.bus.emit_bytes(events, key, self.now())
    }

    /// Emits one JSON text given as UTF-8; false when there is no room.
    pub fn emit_buffer(&self, data: &[u8], key: Option<&str>) -> bool {
        self.bus.fire(&self.fired, data, key, self.now())
    }

    /// Emits one JSON text without a receipt; false when there is no room.
    pub fn fire(&self, json: &str) -> bool {
        self.bus.fire_text(&self.fired, json, None, self.now())
    }

    /// Emits many JSON texts without receipts and tells for how many there was room.
    pub fn fire_batch(&self, jsons: &[&str]) -> u32 {
        self.bus.fire_batch(&self.fired, jsons, self.now())
    }

    /// Computes the hash that chooses the shard of a text.
    pub fn prehash(&self, data: &[u8]) -> HashedEvent {
        HashedEvent { data: data.to_vec(), hash: xxh3_64(data) }
    }

    /// Emits one JSON text whose hash is known; false when the hash is not the text's or there is no room.
    pub fn push_with_hash(&self, data: &[u8], hash: u64) -> bool {
        xxh3_64(data) == hash && self.emit_buffer(data, None)
    }

    /// Reads one page of events from all shards.
    pub async fn poll(&self, request: PollRequest) -> Result<PollResponse, BusError> {
        if !(1..=1_000_000).contains(&request.limit) {
            let reason = "must be 1 to 1000000".to_owned();
            return Err(BusError::InvalidConfig { option: "limit".to_owned(), reason });
        }
        self.check_open()?;
        let filter = request.filter.as_deref().map(Filter::parse).transpose()?;
        let mut cursor = request.cursor.as_deref().map(Cursor::parse).transpose()?.unwrap_or_default();
        self.bus.check_cursor(&cursor)?;
        let mut pager = Pager::new(&self.bus, &cursor, filter, request.ordering, request.limit as usize);
        while !pager.advance(&self.bus, TURN) {
            let_others_run().await;
        }
        self.check_open()?;
        let mut page = self.finish(pager, &mut cursor);
        page.next_id = page.next_id.or(request.cursor);
        Ok(page)
    }

    /// Reads the next event that no earlier `poll_one` of this node returned, in the order of insertion.
    pub fn poll_one(&self) -> Result<Option<StoredEvent>, BusError> {
        let mut cursor = self.one.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_open()?;
        let mut pager = Pager::new(&self.bus, &cursor, None, Ordering::InsertionTs, 1);
        while !pager.advance(&self.bus, TURN) {}
        Ok(self.finish(pager, &mut cursor).events.pop())
    }

    /// Opens a stream of events that waits for new ones.
    pub fn subscribe(&self, options: SubscribeOptions) -> Result<Arc<EventStream>, BusError> {
        EventStream::open(self, &options, None)
    }

    /// Opens a stream that decodes each event.
    pub fn subscribe_typed(&self, options: SubscribeOptions) -> Result<Arc<TypedEventStream>, BusError> {
        TypedEventStream::open(self, &options, None)
    }

    /// Opens a named channel on this bus.
    pub fn channel(self: &Arc<Self>, name: &str) -> Arc<TypedChannel> {
        TypedChannel::open(self, name)
    }

    /// Reads the counters.
    pub fn stats(&self) -> Stats {
        self.bus.stats()
    }

    /// Tells the number of shards.
    pub fn shards(&self) -> u32 {
        self.bus.shards.len() as u32
    }

    /// Answers with the first event since the last flush that was not JSON or was too large.
    ///
    /// Every accepted event is visible to readers as soon as the call that emitted it returns, so there is nothing to wait
    /// for.
    pub fn flush(&self) -> Result<(), BusError> {
        self.fired.take()
    }

    /// Refuses new events, lets subscriptions take what was accepted, and ends every pending operation with `closed`.
    ///
    /// It waits for no one but open subscriptions, and for those no longer than the timeout.
    pub async fn shutdown(&self, options: ShutdownOptions) {
        if self.bus.state() == State::Closed {
            return;
        }
        self.bus.seal();
        if self.bus.is_awaited() {
            // Both outcomes end in closing.
            let _ = tokio::time::timeout(options.timeout, self.taken()).await;
        }
        self.bus.close();
    }

    pub(crate) const fn bus(&self) -> &Arc<Bus> {
        &self.bus
    }

    /// Nanoseconds since the node started.
    pub(crate) fn now(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }

    /// Waits until no open subscription has anything to take.
    async fn taken(&self) {
        let mut waiter = Waiter::new(&self.bus.passed);
        poll_fn(|cx| {
            waiter.arm(cx.waker());
            if self.bus.is_awaited() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    fn finish(&self, pager: Pager, cursor: &mut Cursor) -> PollResponse {
        let page = pager.finish(&self.bus, cursor);
        if !page.events.is_empty() {
            self.bus.batches.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        page
    }

    fn check_open(&self) -> Result<(), BusError> {
        if self.bus.state() == State::Closed { Err(BusError::Closed) } else { Ok(()) }
    }
}

impl Drop for NetNode {
    fn drop(&mut self) {
        self.bus.abandon();
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
