//! Subscriptions to the streams of a server.

use std::{collections::VecDeque, rc::Rc, sync::Arc, time::Duration};

use net_types::bus::{BusError, Start, StoredEvent, SubscribeOptions};
use tokio::{
    sync::{Mutex, mpsc, watch},
    time::{Instant, sleep, timeout},
};

use super::{
    super::{core::Bus, core::State, core::in_range, cursor::Cursor, filter::Filter},
    EventId, Link,
    backoff::Backoff,
    link::Command,
    page::{matches, stored},
    server::{Fault, Follower, Found, Server, Want},
    worker::{Life, Opening, in_time, random},
};

/// Most events that are read of a shard at once where nothing is waited for.
const STRIDE: usize = 256;

/// The reading end. Dropping it ends the subscription.
#[derive(Debug)]
pub(crate) struct Tail {
    bus: Arc<Bus>,
    limit: usize,
    patience: Option<Duration>,
    stopped: watch::Sender<bool>,
    incoming: Mutex<Incoming>,
}

#[derive(Debug)]
struct Incoming {
    batches: mpsc::Receiver<Result<Vec<StoredEvent>, BusError>>,
    /// What is left of a batch.
    rest: VecDeque<StoredEvent>,
}

/// What a worker needs to serve a subscription.
#[derive(Debug)]
pub(crate) struct Following {
    filter: Option<Filter>,
    start: Place,
    batches: mpsc::Sender<Result<Vec<StoredEvent>, BusError>>,
}

/// Where a subscription begins.
#[derive(Debug)]
enum Place {
    Behind(Cursor<EventId>),
    Latest(Opening),
}

impl Tail {
    /// Opens a subscription; `extra` is a filter on top of the options' one.
    pub(crate) fn open(
        bus: &Arc<Bus>,
        link: &Link,
        options: &SubscribeOptions,
        extra: Option<Filter>,
    ) -> Result<Self, BusError> {
        in_range(options.check())?;
        if bus.state() != State::Open {
            return Err(BusError::Closed);
        }
        let filter = Filter::both(extra, options.filter.as_deref().map(Filter::parse).transpose()?);
        let start = match (options.cursor.as_deref(), options.from) {
            (Some(cursor), _) => Place::Behind(link.place(cursor)?),
            (None, Start::Latest) => Place::Latest(Opening::new(&link.gate)),
            (None, _) => Place::Behind(Cursor::default()),
        };
        let (sender, batches) = mpsc::channel(1);
        link.send(Command::Follow(Following { filter, start, batches: sender }))?;
        Ok(Self {
            bus: Arc::clone(bus),
            limit: options.limit as usize,
            patience: options.timeout,
            stopped: watch::Sender::new(false),
            incoming: Mutex::new(Incoming { batches, rest: VecDeque::new() }),
        })
    }

    /// Up to `max` events, once there are any; none at the end.
    pub(crate) async fn next(&self, max: usize) -> Result<Vec<StoredEvent>, BusError> {
        let mut stopped = self.stopped.subscribe();
        let stop = async move {
            // An error would mean that this stream is gone.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        let read = async {
            let read = self.read(max.clamp(1, self.limit));
            match self.patience {
                Some(patience) => timeout(patience, read).await.unwrap_or_else(|_| {
                    self.stop();
                    Ok(Vec::new())
                }),
                None => read.await,
            }
        };
        tokio::select! {
            biased;
            () = stop => Ok(Vec::new()),
            events = read => events,
        }
    }

    /// Ends the stream.
    pub(crate) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    async fn read(&self, max: usize) -> Result<Vec<StoredEvent>, BusError> {
        let mut incoming = self.incoming.lock().await;
        if incoming.rest.is_empty() {
            incoming.rest = match incoming.batches.recv().await {
                Some(batch) => batch?.into(),
                None if self.bus.is_abandoned() => return Ok(Vec::new()),
                None => return Err(BusError::Closed),
            };
        }
        let count = max.min(incoming.rest.len());
        Ok(incoming.rest.drain(..count).collect())
    }
}

/// Serves a subscription until it is gone, the node is shut down, or nothing more comes.
pub(crate) async fn follow<S: Server>(
    server: Rc<S>,
    life: Life,
    following: Following,
    end: watch::Receiver<bool>,
) {
    let reader = following.batches.clone();
    tokio::select! {
        () = reader.closed() => {}
        () = life.is_closed() => {}
        () = pass_on(&*server, &life, following, end) => {}
    }
}

async fn pass_on<S: Server>(
    server: &S,
    life: &Life,
    Following { filter, start, batches }: Following,
    mut end: watch::Receiver<bool>,
) {
    let mut trouble = Trouble::new(life, &batches);
    let mut places = match start {
        Place::Behind(cursor) => (0..life.bus.shards.len()).map(|shard| cursor.last(shard)).collect(),
        Place::Latest(_opening) => loop {
            match in_time(&life.limits, server.newest()).await {
                Ok(places) => break places,
                Err(fault) => trouble.has(fault).await,
            }
        },
    };
    let mut follower = None;
    loop {
        let has_ended = *end.borrow();
        let found = if has_ended {
            rest(server, life, &places).await
        } else {
            tokio::select! {
                found = look(server, life, &mut follower, &places) => found,
                // The sender lives as long as the worker.
                _ = end.changed() => continue,
            }
        };
        match found {
            Ok(found) if has_ended && found.is_empty() => return,
            Ok(found) => {
                trouble.is_over();
                let events = merge(found, &mut places, filter.as_ref());
                if !events.is_empty() && batches.send(Ok(events)).await.is_err() {
                    return;
                }
            }
            Err(_) if has_ended => return,
            Err(fault) => {
                follower = None;
                trouble.has(fault).await;
            }
        }
    }
}

/// Waits a while for what comes behind the places.
async fn look<S: Server>(
    server: &S,
    life: &Life,
    follower: &mut Option<S::Follower>,
    places: &[Option<EventId>],
) -> Result<Vec<(usize, Vec<Found>)>, Fault> {
    let follower = match follower {
        Some(follower) => follower,
        none => none.insert(in_time(&life.limits, server.follow(places)).await?),
    };
    follower.next(places).await
}

/// What there is behind the places, without waiting for more.
async fn rest<S: Server>(
    server: &S,
    life: &Life,
    places: &[Option<EventId>],
) -> Result<Vec<(usize, Vec<Found>)>, Fault> {
    let wants =
        places.iter().enumerate().map(|(shard, behind)| Want { shard, behind: *behind, count: STRIDE });
    let found = in_time(&life.limits, server.fetch(&wants.collect::<Vec<_>>())).await?;
    Ok(found.into_iter().enumerate().filter(|(_, found)| !found.is_empty()).collect())
}

/// The events that the filter lets through, by time of insertion; the places move behind all.
fn merge(
    found: Vec<(usize, Vec<Found>)>,
    places: &mut [Option<EventId>],
    filter: Option<&Filter>,
) -> Vec<StoredEvent> {
    let mut events = Vec::new();
    for (shard, found) in found {
        for found in found {
            places[shard] = Some(found.id);
            if matches(&found, filter) {
                events.extend(found.content.map(|content| stored(shard, found.id, content)));
            }
        }
    }
    // Stable, so that events of one shard stay in order even if its producers' clocks differ.
    keep_order_of_shards(&mut events);
    events
}

/// Sorts by time, without ever putting an event before an earlier one of its shard.
fn keep_order_of_shards(events: &mut [StoredEvent]) {
    let mut latest = std::collections::HashMap::new();
    let mut keys: Vec<_> = (0..)
        .zip(events.iter())
        .map(|(index, event)| {
            let time = latest.entry(event.shard_id).or_insert(0);
            *time = event.insertion_ts.0.max(*time);
            (*time, index)
        })
        .collect();
    keys.sort_unstable();
    let sorted: Vec<_> = keys.iter().map(|(_, index): &(u64, usize)| events[*index].clone()).collect();
    events.clone_from_slice(&sorted);
}

/// Requests that fail, and what the reader hears of it.
struct Trouble<'a> {
    life: &'a Life,
    batches: &'a mpsc::Sender<Result<Vec<StoredEvent>, BusError>>,
    since: Option<Instant>,
    backoff: Backoff,
}

impl<'a> Trouble<'a> {
    fn new(life: &'a Life, batches: &'a mpsc::Sender<Result<Vec<StoredEvent>, BusError>>) -> Self {
        Self { life, batches, since: None, backoff: Backoff::default() }
    }

    fn is_over(&mut self) {
        self.since = None;
        self.backoff.reset();
    }

    /// Waits before the next attempt. The reader is told of what a server refuses, and of a server that is away for longer
    /// than a request may take.
    async fn has(&mut self, fault: Fault) {
        let since = *self.since.get_or_insert_with(Instant::now);
        if fault.refused || since.elapsed() >= self.life.limits.patience {
            self.since = None;
            // The caller notices when nobody reads any more.
            let _ = self.batches.send(Err(fault.error(&self.life.limits))).await;
        }
        sleep(self.backoff.next(random())).await;
    }
}
