//! Random use, compared step by step with a bus that is too simple to be wrong.

use std::sync::Arc;

use net_types::bus::{Backpressure, BusError, NetNodeConfig, Ordering, Start, StoredEvent, SubscribeOptions};
use xxhash_rust::xxh3::xxh3_64;

use crate::bus::{
    core::{Bus, State},
    cursor::Cursor,
    emit::hash,
    filter::Filter,
    grant::Grant,
    page::Pager,
    subscription::{Step, Subscription},
};

/// Holders of grants.
const HOLDERS: usize = 2;

/// A small generator of random numbers; the seed decides everything.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[derive(Clone, Debug)]
struct Event {
    shard: usize,
    id: u64,
    stamp: u64,
    raw: String,
    /// Whether a poll returned or passed it, or every subscription that was open then passed it.
    released: bool,
}

/// The simple bus: one list in the order of emission.
struct Naive {
    shards: usize,
    capacity: usize,
    backpressure: Backpressure,
    max_buffer: usize,
    events: Vec<Event>,
    next: Vec<u64>,
    dropped: u64,
    ingested: u64,
    readers: Vec<NaiveReader>,
    /// Slots and bytes that each holder was promised.
    promised: [(usize, usize); HOLDERS],
}

/// A subscription of the simple bus: where it stands, and whether it wants odd numbers only.
struct NaiveReader {
    places: Vec<u64>,
    odd: bool,
}

impl Naive {
    fn shard_of(&self, text: &str) -> usize {
        (xxh3_64(text.as_bytes()) % self.shards as u64) as usize
    }

    fn is_held(&self, event: &Event) -> bool {
        match self.readers[..] {
            [] => !event.released,
            _ => self.readers.iter().any(|reader| reader.places[event.shard] <= event.id),
        }
    }

    fn note_passed(&mut self) {
        if !self.readers.is_empty() {
            let passed: Vec<bool> = self.events.iter().map(|e| !self.is_held(e)).collect();
            self.events.iter_mut().zip(passed).for_each(|(e, passed)| e.released |= passed);
        }
    }

    fn evict(&mut self, at: usize) {
        let event = self.events.remove(at);
        self.dropped += u64::from(self.is_held(&event));
    }

    fn slots(&self) -> usize {
        self.promised.iter().map(|(slots, _)| slots).sum()
    }

    fn held_in(&self, shard: usize) -> usize {
        self.events.iter().filter(|e| e.shard == shard && self.is_held(e)).count()
    }

    /// Evicts the oldest event of a shard or of all that is not held.
    fn evict_released(&mut self, shard: Option<usize>) -> bool {
        let wanted = |e: &Event| shard.is_none_or(|shard| e.shard == shard) && !self.is_held(e);
        let found = self.events.iter().position(wanted);
        found.inspect(|&at| _ = self.events.remove(at)).is_some()
    }

    fn used(&self) -> usize {
        self.bytes() + self.promised.iter().map(|(_, bytes)| bytes).sum::<usize>()
    }

    fn reserve(&mut self, holder: usize, slots: usize, bytes: usize) -> usize {
        self.promised[holder] = (0, 0);
        if bytes > self.max_buffer {
            return 0;
        }
        if self.backpressure == Backpressure::DropOldest {
            return slots;
        }
        let fullest = (0..self.shards).map(|shard| self.held_in(shard)).max().unwrap_or(0);
        let slots = slots.min((self.capacity - fullest - self.slots()) / 2);
        if slots == 0 {
            return 0;
        }
        while self.used() + bytes > self.max_buffer {
            if !self.evict_released(None) {
                return 0;
            }
        }
        self.promised[holder] = (slots, bytes);
        slots
    }

    /// Emits into what a holder was promised, and otherwise like everyone.
    fn emit_granted(&mut self, holder: usize, raw: &str, key: Option<&str>) -> Result<(usize, u64), ()> {
        let (slots, bytes) = self.promised[holder];
        if slots == 0 || bytes < raw.len() {
            return self.emit(raw, key);
        }
        let shard = self.shard_of(key.unwrap_or(raw));
        self.promised[holder] = (slots - 1, bytes - raw.len());
        if self.events.iter().filter(|e| e.shard == shard).count() == self.capacity {
            assert!(self.evict_released(Some(shard)), "the promised slot is there");
        }
        Ok(self.push(shard, raw))
    }

    /// Keeps the promised slots free of what a new subscription would hold.
    fn make_way(&mut self) {
        for shard in 0..self.shards {
            while self.slots() + self.events.iter().filter(|e| e.shard == shard).count() > self.capacity {
                if !self.evict_released(Some(shard)) {
                    break;
                }
            }
        }
    }

    fn bytes(&self) -> usize {
        self.events.iter().map(|e| e.raw.len()).sum()
    }

    fn emit(&mut self, raw: &str, key: Option<&str>) -> Result<(usize, u64), ()> {
        let result = self.try_emit(raw, key);
        self.dropped += u64::from(result.is_err() && self.backpressure == Backpressure::DropNewest);
        result
    }

    fn try_emit(&mut self, raw: &str, key: Option<&str>) -> Result<(usize, u64), ()> {
        if raw.len() > self.max_buffer {
            return Err(());
        }
        let shard = self.shard_of(key.unwrap_or(raw));
        let drop_held = self.backpressure == Backpressure::DropOldest;
        let of_shard: Vec<usize> =
            (0..self.events.len()).filter(|&i| self.events[i].shard == shard).collect();
        if !drop_held && self.held_in(shard) + self.slots() >= self.capacity {
            return Err(());
        }
        if of_shard.len() == self.capacity {
            self.evict(of_shard[0]);
        }
        while self.used() + raw.len() > self.max_buffer {
            let free = self.events.iter().position(|e| !self.is_held(e));
            match free.or(if drop_held { Some(0) } else { None }) {
                Some(at) => self.evict(at),
                None => return Err(()),
            }
        }
        Ok(self.push(shard, raw))
    }

    fn push(&mut self, shard: usize, raw: &str) -> (usize, u64) {
        let id = self.next[shard];
        self.next[shard] += 1;
        self.ingested += 1;
        self.events.push(Event { shard, id, stamp: self.ingested, raw: raw.to_owned(), released: false });
        (shard, self.ingested)
    }

    /// What a subscription reads next, or the range that it lost.
    fn read(&mut self, reader: usize, max: usize) -> Result<Vec<Event>, BusError> {
        let oldest = |shard| self.events.iter().find(|e| e.shard == shard).map_or(self.next[shard], |e| e.id);
        for shard in 0..self.shards {
            let (place, first) = (self.readers[reader].places[shard], oldest(shard));
            if place < first {
                self.readers[reader].places[shard] = first;
                return Err(BusError::Lagged { shard: shard as u32, first: place, last: first - 1 });
            }
        }
        let odd = self.readers[reader].odd;
        loop {
            let places = &mut self.readers[reader].places;
            let round: Vec<Event> =
                self.events.iter().filter(|e| e.id >= places[e.shard]).take(max).cloned().collect();
            round.iter().for_each(|e| places[e.shard] = e.id + 1);
            let wanted: Vec<Event> = round.iter().filter(|e| !odd || is_odd(&e.raw)).cloned().collect();
            if round.is_empty() || !wanted.is_empty() {
                return Ok(wanted);
            }
        }
    }
}

fn is_odd(raw: &str) -> bool {
    raw.contains("\"odd\":true")
}

/// Both buses, side by side.
struct Pair {
    random: Random,
    naive: Naive,
    bus: Arc<Bus>,
    grants: [Grant; HOLDERS],
    open: Vec<Subscription>,
    cursor: Cursor,
    counter: usize,
}

impl Pair {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let modes = [Backpressure::DropNewest, Backpressure::DropOldest, Backpressure::FailProducer];
        let config = NetNodeConfig {
            shards: Some(1 + random.below(4) as u32),
            buffer_capacity: 2 << random.below(4),
            backpressure: modes[random.below(3)],
            max_buffer: [200, 600, 1 << 20][random.below(3)],
            ..NetNodeConfig::default()
        };
        let shards = config.shards.map_or(1, |n| n as usize);
        let naive = Naive {
            shards,
            capacity: config.buffer_capacity as usize,
            backpressure: config.backpressure,
            max_buffer: config.max_buffer as usize,
            events: vec![],
            next: vec![0; shards],
            dropped: 0,
            ingested: 0,
            readers: vec![],
            promised: [(0, 0); HOLDERS],
        };
        let bus = Arc::new(Bus::new(&config, 1, 0).expect("bus"));
        let grants = [(); HOLDERS].map(|()| Grant::new(Arc::clone(&bus)));
        Self { random, naive, bus, grants, open: vec![], cursor: Cursor::default(), counter: 0 }
    }

    fn step(&mut self) {
        match self.random.below(22) {
            0..10 => self.emit(),
            20..22 => self.reserve(),
            10..14 => self.read(),
            14..16 => self.poll(),
            16 => self.subscribe(),
            17 => self.unsubscribe(),
            _ => self.compare(),
        }
    }

    fn emit(&mut self) {
        self.counter += 1;
        let odd = self.counter % 2 == 1;
        let pad = "x".repeat(self.random.below(40));
        let raw = format!("{{\"n\":{},\"odd\":{odd},\"pad\":\"{pad}\"}}", self.counter);
        let key = ["a", "b", "c"].get(self.random.below(6)).copied();
        if self.random.below(2) == 0 {
            let got = self.bus.emit(raw.as_str().into(), key, 0).map(|r| (r.shard_id as usize, r.timestamp));
            assert_eq!(got.map_err(drop), self.naive.emit(&raw, key));
        } else {
            let holder = self.random.below(HOLDERS);
            let shard = self.bus.shard_of(hash(&raw, key));
            let got = self.grants[holder].insert(shard, &raw, 0).map(|stamp| (shard, stamp));
            assert_eq!(got.map_err(drop), self.naive.emit_granted(holder, &raw, key));
        }
    }

    fn reserve(&mut self) {
        let (holder, events) = (self.random.below(HOLDERS), self.random.below(6));
        let bytes = events * self.random.below(80);
        let got = self.grants[holder].renew(events as u32, bytes as u32);
        assert_eq!(got as usize, self.naive.reserve(holder, events, bytes));
    }

    fn read(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let (reader, max) = (self.random.below(self.open.len()), 1 + self.random.below(10));
        let expected = self.naive.read(reader, max);
        match (self.open[reader].step(max), expected) {
            (Ok(Step::Events(events)), Ok(expected)) => same(&events, &expected),
            (Ok(Step::Nothing), Ok(expected)) => assert!(expected.is_empty()),
            (Err(got), Err(expected)) => {
                assert_eq!(got, expected);
            }
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }

    fn poll(&mut self) {
        if self.random.below(4) == 0 {
            self.cursor = Cursor::default();
        }
        let (wanted, odd) = (1 + self.random.below(12), self.random.below(2) == 0);
        let ordering = [Ordering::None, Ordering::InsertionTs][self.random.below(2)];
        let filter = odd.then(|| Filter::parse(r#"{"path":"odd","value":true}"#).expect("filter"));
        let mut candidates: Vec<Event> = self.naive.events.clone();
        candidates
            .retain(|e| self.cursor.last(e.shard).is_none_or(|last| e.id > last) && (!odd || is_odd(&e.raw)));
        let budget = 1 + self.random.below(20);
        let mut pager = Pager::new(&self.bus, &self.cursor, filter, ordering, wanted);
        while !pager.advance(&self.bus, budget) {}
        let page = pager.finish(&self.bus, &mut self.cursor);
        assert_eq!(page.events.len(), wanted.min(candidates.len()));
        assert_eq!(page.has_more, candidates.len() > wanted);
        if ordering == Ordering::InsertionTs {
            candidates.truncate(wanted);
        } else {
            // How many of each shard is the bus's choice; which ones is not.
            candidates.sort_by_key(|e| e.shard);
            let mut counts = vec![0; self.naive.shards];
            page.events.iter().for_each(|e| counts[e.shard_id as usize] += 1);
            candidates.retain(|e| {
                counts[e.shard] -= 1;
                counts[e.shard] >= 0
            });
        }
        same(&page.events, &candidates);
        if let Some(text) = page.next_id {
            assert_eq!(Cursor::parse(&text), Ok(self.cursor.clone()));
        }
        for event in &mut self.naive.events {
            event.released |= self.cursor.last(event.shard).is_some_and(|last| event.id <= last);
        }
    }

    fn subscribe(&mut self) {
        if self.open.len() == 3 {
            return;
        }
        let (from, odd, resume) =
            (self.random.below(2), self.random.below(2) == 0, self.random.below(3) == 0);
        let options = SubscribeOptions {
            from: [Start::Oldest, Start::Latest][from],
            filter: odd.then(|| r#"{"path":"odd","value":true}"#.to_owned()),
            cursor: resume.then(|| self.cursor.text()),
            ..SubscribeOptions::default()
        };
        self.naive.note_passed();
        self.naive.make_way();
        let (naive, cursor) = (&self.naive, &self.cursor);
        let oldest =
            |shard| naive.events.iter().find(|e| e.shard == shard).map_or(naive.next[shard], |e| e.id);
        let place = |shard: usize| match (resume, from) {
            (true, _) => cursor.last(shard).map_or(oldest(shard), |last| last + 1),
            (false, 0) => oldest(shard),
            _ => naive.next[shard],
        };
        let places = (0..naive.shards).map(place).collect();
        self.naive.readers.push(NaiveReader { places, odd });
        self.open.push(Subscription::open(Arc::clone(&self.bus), &options, None).expect("subscription"));
    }

    fn unsubscribe(&mut self) {
        if !self.open.is_empty() {
            let reader = self.random.below(self.open.len());
            self.naive.note_passed();
            self.naive.readers.remove(reader);
            self.open.remove(reader);
        }
    }

    fn compare(&self) {
        let (stats, naive) = (self.bus.stats(), &self.naive);
        let held = naive.events.iter().filter(|e| naive.is_held(e)).count();
        assert_eq!(
            (stats.events_ingested, stats.events_dropped, stats.held, stats.buffered_bytes),
            (naive.ingested, naive.dropped, held as u64, naive.bytes() as u64)
        );
    }
}

fn same(got: &[StoredEvent], expected: &[Event]) {
    let got: Vec<_> =
        got.iter().map(|e| (e.shard_id as usize, e.id.clone(), e.insertion_ts.0, &e.raw)).collect();
    let expected: Vec<_> = expected.iter().map(|e| (e.shard, e.id.to_string(), e.stamp, &e.raw)).collect();
    assert_eq!(got, expected);
}

#[test]
fn random_use_agrees_with_the_simple_bus() {
    for seed in 1..=300 {
        let mut pair = Pair::new(seed);
        for _ in 0..400 {
            pair.step();
        }
        pair.compare();
        assert_eq!(pair.bus.state(), State::Open, "seed {seed}");
    }
}
