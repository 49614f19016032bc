//! Delivery, polls and subscriptions over a server in memory that fails as it is told, with time that passes by itself.

use std::{cell::RefCell, collections::VecDeque, rc::Rc, sync::Arc, time::Duration};

use net_types::{
    Error,
    bus::{Backpressure, BusError, NetNodeConfig, Ordering, Start, StoredEvent, SubscribeOptions},
};
use tokio::{
    sync::Notify,
    task::{LocalSet, spawn_local},
    time::{Instant, sleep},
};

use super::{
    EventId, Link, Pager, Tail,
    nonce::Producer,
    outbox::{Batch, Outbox},
    server::{Content, Fault, Follower, Found, Limits, Server, Terms, Want},
    worker::ends,
};
use crate::bus::{core::Bus, cursor::Cursor, filter::Filter};

const PATIENCE: Duration = Duration::from_secs(6);

/// What a server does with a request.
#[derive(Clone, Copy, Debug)]
enum Whim {
    Works,
    /// Says that it cannot be reached.
    IsAway,
    /// Says no.
    Refuses,
    /// Does it, and says nothing.
    DoesAndIsSilent,
}

#[derive(Debug, Default)]
struct State {
    streams: Vec<Vec<(String, Content)>>,
    whims: VecDeque<Whim>,
    /// When each request came.
    times: Vec<Instant>,
}

/// A server in memory.
#[derive(Clone, Debug)]
struct Fake {
    state: Rc<RefCell<State>>,
    news: Rc<Notify>,
}

impl Fake {
    fn new(shards: usize) -> Self {
        let state = State { streams: vec![Vec::new(); shards], ..State::default() };
        Self { state: Rc::new(RefCell::new(state)), news: Rc::default() }
    }

    /// What it does with the next requests; it works after these.
    fn has(&self, whims: &[Whim]) {
        self.state.borrow_mut().whims.extend(whims);
    }

    fn ids(&self, shard: usize) -> Vec<String> {
        self.state.borrow().streams[shard].iter().map(|(id, _)| id.clone()).collect()
    }

    fn decide(&self) -> Result<Whim, Fault> {
        let whim = {
            let mut state = self.state.borrow_mut();
            state.times.push(Instant::now());
            state.whims.pop_front().unwrap_or(Whim::Works)
        };
        match whim {
            Whim::IsAway => Err(Fault::unreachable("away")),
            Whim::Refuses => Err(Fault::refused("no")),
            whim => Ok(whim),
        }
    }

    fn read(&self, want: &Want) -> Vec<Found> {
        let from = match want.behind {
            Some(EventId::Number(last)) => last as usize + 1,
            _ => 0,
        };
        let state = self.state.borrow();
        let entries = state.streams[want.shard].iter().enumerate().skip(from).take(want.count);
        entries
            .map(|(index, (_, content))| Found {
                id: EventId::Number(index as u64),
                content: Some(content.clone()).filter(|content| content.event != "?"),
            })
            .collect()
    }
}

impl Server for Fake {
    type Follower = Self;

    async fn connect(&self) -> Result<Terms, Fault> {
        self.decide().map(|_| Terms { longest_event: 100 })
    }

    async fn append(&self, batch: &Batch) -> Result<(), Fault> {
        let whim = self.decide()?;
        for event in batch.events() {
            let content = Content { event: event.event.to_owned(), time: event.time };
            self.state.borrow_mut().streams[batch.shard].push((event.dedup_id.to_owned(), content));
        }
        self.news.notify_waiters();
        if let Whim::DoesAndIsSilent = whim {
            sleep(Duration::MAX).await;
        }
        Ok(())
    }

    async fn fetch(&self, wants: &[Want]) -> Result<Vec<Vec<Found>>, Fault> {
        self.decide()?;
        Ok(wants.iter().map(|want| self.read(want)).collect())
    }

    async fn newest(&self) -> Result<Vec<Option<EventId>>, Fault> {
        self.decide()?;
        let state = self.state.borrow();
        let last = state.streams.iter().map(|stream| stream.len().checked_sub(1));
        Ok(last.map(|last| last.map(|last| EventId::Number(last as u64))).collect())
    }

    async fn follow(&self, _: &[Option<EventId>]) -> Result<Self, Fault> {
        self.decide()?;
        Ok(self.clone())
    }
}

impl Follower for Fake {
    async fn next(&mut self, places: &[Option<EventId>]) -> Result<Vec<(usize, Vec<Found>)>, Fault> {
        loop {
            let news = self.news.notified();
            let wants =
                places.iter().enumerate().map(|(shard, behind)| Want { shard, behind: *behind, count: 3 });
            let found: Vec<_> = wants.map(|want| (want.shard, self.read(&want))).collect();
            if found.iter().any(|(_, found)| !found.is_empty()) {
                return Ok(found);
            }
            news.await;
        }
    }
}

/// A bus of two shards whose server is `fake`.
struct World {
    bus: Arc<Bus>,
    link: Link,
    fake: Fake,
}

fn world(fake: Fake, batch: usize, backpressure: Backpressure) -> World {
    let config =
        NetNodeConfig { buffer_capacity: 8, shards: Some(2), backpressure, ..NetNodeConfig::default() };
    let bus = Arc::new(Bus::new(&config, 1, 1_000_000).expect("a bus"));
    let producer = Producer::open(None, 42).expect("a producer");
    let outbox = Outbox::new(Arc::clone(&bus), producer, batch);
    let limits = Limits { name: "fake".to_owned(), has_pairs: false, batch, patience: PATIENCE };
    let (link, worker) = ends(&bus, &outbox, limits);
    spawn_local(worker.run(outbox, fake.clone()));
    World { bus, link, fake }
}

impl World {
    fn emit(&self, shard: usize, text: &str) -> bool {
        let taken = self.bus.insert(shard, text, 0).is_ok();
        self.bus.news.ring();
        taken
    }

    fn page(
        &self,
        cursor: &Cursor<EventId>,
        filter: Option<&str>,
        ordering: Ordering,
        wanted: usize,
    ) -> Pager {
        let filter = filter.map(|text| Filter::parse(text).expect("a filter"));
        Pager::new(self.bus.shards.len(), cursor, filter, ordering, wanted)
    }

    async fn poll(&self, mut pager: Pager, cursor: &mut Cursor<EventId>) -> (Vec<String>, bool) {
        loop {
            let wants = pager.advance();
            if wants.is_empty() {
                let page = pager.finish(cursor);
                return (raws(&page.events), page.has_more);
            }
            let found = self.link.fetch(wants.clone()).await.expect("an answer");
            pager.give(&wants, found);
        }
    }

    fn subscribe(&self, from: Start) -> Tail {
        let options = SubscribeOptions { from, ..SubscribeOptions::default() };
        Tail::open(&self.bus, &self.link, &options, None).expect("a subscription")
    }
}

fn raws(events: &[StoredEvent]) -> Vec<String> {
    events.iter().map(|event| event.raw.clone()).collect()
}

async fn test<F: Future<Output = ()>>(body: impl FnOnce() -> F) {
    LocalSet::new().run_until(body()).await;
}

#[tokio::test(start_paused = true)]
async fn batches_keep_their_ids_when_they_are_sent_again() {
    test(async || {
        let World { bus, link, fake } = world(Fake::new(2), 2, Backpressure::FailProducer);
        link.connected().await.expect("a server");
        fake.has(&[Whim::DoesAndIsSilent, Whim::IsAway, Whim::Refuses]);
        for text in ["1", "2", "3"] {
            bus.insert(1, text, 0).expect("room");
        }
        bus.news.ring();
        let mut faults = Vec::new();
        while let Err(fault) = link.flushed().await {
            faults.push(fault);
        }
        let is_refusal = |fault: &Error| matches!(fault, Error::Bus(BusError::TransportRefused { .. }));
        assert!(faults.iter().any(is_refusal), "a refusal is told at once: {faults:?}");
        assert_eq!(fake.ids(1), ["2a:1:0:0", "2a:1:0:1", "2a:1:0:0", "2a:1:0:1", "2a:1:2:0"]);
        assert!(fake.ids(0).is_empty());
        assert_eq!((bus.stats().held, bus.stats().buffered_bytes, bus.stats().batches_dispatched), (0, 0, 2));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn attempts_come_at_growing_intervals() {
    test(async || {
        let fake = Fake::new(2);
        fake.has(&[Whim::IsAway; 12]);
        let world = world(fake, 2, Backpressure::FailProducer);
        let refused = world.link.connected().await.expect_err("away");
        assert!(
            matches!(refused, Error::Bus(BusError::Transport { ref server, .. }) if server == "fake"),
            "{refused:?}"
        );
        world.emit(0, "1");
        let begun = Instant::now();
        assert!(matches!(world.link.flushed().await, Err(Error::Bus(BusError::Transport { .. }))));
        assert_eq!(begun.elapsed(), PATIENCE);
        while world.link.flushed().await.is_err() {}
        assert_eq!(world.fake.ids(0).len(), 1);
        let times = world.fake.state.borrow().times.clone();
        let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(
            waits[..6].iter().zip(0..).all(|(wait, at)| *wait >= Duration::from_millis(25 << at)),
            "{waits:?}"
        );
        assert!(waits[..12].iter().all(|wait| *wait <= Duration::from_millis(2001)), "{waits:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn events_are_held_until_they_arrive() {
    test(async || {
        let fake = Fake::new(2);
        fake.has(&[Whim::IsAway; 1]);
        let world = world(fake, 100, Backpressure::FailProducer);
        let taken = (0..10).filter(|number| world.emit(0, &number.to_string())).count();
        assert_eq!((taken, world.bus.stats().held), (8, 8));
        world.link.flushed().await.expect("all of it");
        assert!(world.emit(0, "8"));
        world.bus.seal();
        world.link.drained(PATIENCE).await.expect("the rest");
        assert_eq!(world.fake.ids(0).len(), 9);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_evicted_under_way_is_dropped_only_if_it_does_not_arrive() {
    test(async || {
        let world = world(Fake::new(2), 2, Backpressure::DropOldest);
        world.link.connected().await.expect("a server");
        world.fake.has(&[Whim::DoesAndIsSilent]);
        world.emit(0, "0");
        world.emit(0, "1");
        while world.fake.ids(0).is_empty() {
            tokio::task::yield_now().await;
        }
        (2..12).for_each(|number| _ = world.emit(0, &number.to_string()));
        assert_eq!(world.bus.stats().events_dropped, 4, "two of them are under way");
        while world.link.flushed().await.is_err() {}
        assert_eq!(world.bus.stats().events_dropped, 2);
        let ids = world.fake.ids(0);
        assert_eq!(ids[2..6], ["2a:0:0:0", "2a:0:0:1", "2a:0:4:0", "2a:0:4:1"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_shutdown_cannot_deliver_is_told() {
    test(async || {
        let fake = Fake::new(2);
        fake.has(&[Whim::IsAway; 100]);
        let world = world(fake, 2, Backpressure::FailProducer);
        (0..3).for_each(|_| _ = world.emit(1, "1"));
        world.bus.seal();
        let begun = Instant::now();
        let left = world.link.drained(Duration::from_secs(3)).await;
        assert_eq!(left, Err(BusError::Undelivered { events: 3, reason: "away".to_owned() }));
        assert_eq!(begun.elapsed(), Duration::from_secs(3));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_server_says_how_long_an_event_may_be() {
    test(async || {
        let world = world(Fake::new(2), 2, Backpressure::FailProducer);
        world.link.connected().await.expect("a server");
        let refused = world.bus.emit_json(&"1".repeat(101), None, 0);
        assert_eq!(refused, Err(BusError::EventTooLarge { index: 0, size: 101, limit: 100 }));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn pages_cover_all_shards_and_continue() {
    test(async || {
        let world = world(Fake::new(2), 2, Backpressure::FailProducer);
        for (shard, text) in [(0, "0"), (1, "10"), (0, "1"), (0, "?"), (0, "2"), (1, "11"), (0, "3")] {
            // The server keeps something that is no event.
            world.emit(shard, text);
        }
        world.link.flushed().await.expect("all of it");
        let cursor = &mut Cursor::default();
        let pager = world.page(cursor, None, Ordering::InsertionTs, 4);
        assert_eq!(
            world.poll(pager, cursor).await,
            (["0", "10", "1", "2"].map(str::to_owned).to_vec(), true)
        );
        let pager = world.page(cursor, None, Ordering::InsertionTs, 4);
        assert_eq!(world.poll(pager, cursor).await, (["11", "3"].map(str::to_owned).to_vec(), false));
        let pager = world.page(&Cursor::default(), None, Ordering::None, 4);
        let fair = ["0", "1", "10", "11"].map(str::to_owned).to_vec();
        assert_eq!(world.poll(pager, &mut Cursor::default()).await, (fair, true));
        let cursor = &mut Cursor::default();
        let pager = world.page(cursor, Some(r#"{"path":"","value":3}"#), Ordering::None, 1);
        assert_eq!(world.poll(pager, cursor).await, (vec!["3".to_owned()], false));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_survives_an_absence() {
    test(async || {
        let world = world(Fake::new(2), 2, Backpressure::FailProducer);
        world.link.connected().await.expect("a server");
        world.emit(0, "0");
        world.link.flushed().await.expect("all of it");
        world.fake.has(&[Whim::IsAway]);
        let (all, latest) = (world.subscribe(Start::Oldest), world.subscribe(Start::Latest));
        world.emit(1, "1");
        let mut heard = raws(&all.next(1).await.expect("an event"));
        heard.extend(raws(&all.next(1).await.expect("an event")));
        assert_eq!(heard, ["0", "1"]);
        assert_eq!(raws(&latest.next(9).await.expect("an event")), ["1"]);
        world.fake.has(&[Whim::Refuses]);
        let refused = world.subscribe(Start::Latest);
        assert!(matches!(refused.next(9).await, Err(BusError::TransportRefused { .. })));
        world.emit(1, "2");
        assert_eq!(raws(&refused.next(9).await.expect("an event")), ["2"]);
        all.stop();
        assert_eq!(all.next(9).await, Ok(vec![]));
        world.bus.close();
        assert_eq!(refused.next(9).await, Err(BusError::Closed));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn streams_of_a_node_that_is_gone_deliver_and_end() {
    test(async || {
        let World { bus, link, fake } = world(Fake::new(2), 2, Backpressure::FailProducer);
        link.connected().await.expect("a server");
        let stream = Tail::open(&bus, &link, &SubscribeOptions::default(), None).expect("a subscription");
        (0..5).for_each(|number| _ = bus.insert(0, &number.to_string(), 0));
        bus.abandon();
        drop(link);
        let mut events = Vec::new();
        loop {
            let more = stream.next(2).await.expect("events");
            if more.is_empty() {
                break;
            }
            events.extend(raws(&more));
        }
        assert_eq!(events, ["0", "1", "2", "3", "4"]);
        assert_eq!(fake.ids(0).len(), 5);
    })
    .await;
}
