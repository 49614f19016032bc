//! Ids that were seen lately.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hashbrown::HashTable;
use net_types::{Error, api};

/// Remembers the ids that were asked for last, for any number of threads.
#[derive(Debug)]
pub struct RedisStreamDedup {
    capacity: u32,
    seen: Mutex<Seen>,
}

impl RedisStreamDedup {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl api::RedisStreamDedup for RedisStreamDedup {
    fn new(capacity: u32) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self { capacity: capacity.max(1), seen: Mutex::default() }))
    }

    fn is_duplicate(&self, dedup_id: &str) -> Result<bool, Error> {
        Ok(self.seen().ask(dedup_id, self.capacity))
    }

    fn clear(&self) -> Result<(), Error> {
        *self.seen() = Seen::default();
        Ok(())
    }

    fn len(&self) -> Result<u32, Error> {
        Ok(u32::try_from(self.seen().ids.len()).unwrap_or(u32::MAX))
    }

    fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.seen().ids.is_empty())
    }

    fn capacity(&self) -> u32 {
        self.capacity
    }
}

/// Ids in a ring by age, and their places in it by hash.
///
/// `older` and `newer` of an id are its neighbours; the newest has the oldest as its newer one.
#[derive(Debug, Default)]
struct Seen {
    ids: Vec<Id>,
    places: HashTable<u32>,
    hasher: RandomState,
    oldest: u32,
}

#[derive(Debug)]
struct Id {
    text: Box<str>,
    older: u32,
    newer: u32,
}

impl Seen {
    /// Whether an id is known; makes it the newest.
    fn ask(&mut self, text: &str, capacity: u32) -> bool {
        let hash = self.hasher.hash_one(text);
        let known = self.places.find(hash, |place| *self.ids[*place as usize].text == *text).copied();
        match known {
            Some(place) => self.make_newest(place),
            None if self.ids.len() < capacity as usize => self.add(text, hash),
            None => self.replace_oldest(text, hash),
        }
        known.is_some()
    }

    fn add(&mut self, text: &str, hash: u64) {
        let place = u32::try_from(self.ids.len()).expect("a place below the capacity");
        self.ids.push(Id { text: text.into(), older: place, newer: place });
        self.remember(place, hash);
        if place == 0 {
            self.oldest = 0;
        } else {
            self.link_as_newest(place);
        }
    }

    /// Puts an id into the place of the oldest, which the next older one becomes.
    fn replace_oldest(&mut self, text: &str, hash: u64) {
        let place = self.oldest;
        let old_hash = self.hasher.hash_one(&*self.ids[place as usize].text);
        if let Ok(entry) = self.places.find_entry(old_hash, |other| *other == place) {
            entry.remove();
        }
        self.ids[place as usize].text = text.into();
        self.remember(place, hash);
        self.oldest = self.ids[place as usize].newer;
    }

    fn make_newest(&mut self, place: u32) {
        if place == self.oldest {
            self.oldest = self.ids[place as usize].newer;
            return;
        }
        let (older, newer) = (self.ids[place as usize].older, self.ids[place as usize].newer);
        self.ids[older as usize].newer = newer;
        self.ids[newer as usize].older = older;
        self.link_as_newest(place);
    }

    /// Puts an id that is in no ring between the newest and the oldest.
    fn link_as_newest(&mut self, place: u32) {
        let newest = self.ids[self.oldest as usize].older;
        self.ids[newest as usize].newer = place;
        self.ids[self.oldest as usize].older = place;
        let id = &mut self.ids[place as usize];
        (id.older, id.newer) = (newest, self.oldest);
    }

    fn remember(&mut self, place: u32, hash: u64) {
        let Self { ids, places, hasher, .. } = self;
        let hash_of = |place: &u32| hasher.hash_one(&*ids[*place as usize].text);
        places.insert_unique(hash, place, hash_of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::RedisStreamDedup as _;

    /// The obvious implementation: a list by age.
    #[derive(Default)]
    struct Naive(Vec<String>);

    impl Naive {
        fn ask(&mut self, text: &str, capacity: usize) -> bool {
            let known = self.0.iter().position(|id| id == text);
            known.map(|at| self.0.remove(at));
            self.0.push(text.to_owned());
            if self.0.len() > capacity {
                self.0.remove(0);
            }
            known.is_some()
        }
    }

    #[test]
    fn answers_as_the_obvious_implementation_does() {
        for capacity in [1, 2, 3, 7, 64] {
            let (mut seen, mut naive, mut state) = (Seen::default(), Naive::default(), 1_u64);
            for step in 0..5_000 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let id = format!("{:x}", (state >> 33) % 90);
                let expected = naive.ask(&id, capacity as usize);
                assert_eq!(seen.ask(&id, capacity), expected, "capacity {capacity}, step {step}, id {id}");
                assert_eq!(seen.ids.len(), naive.0.len());
                assert_eq!(seen.places.len(), naive.0.len());
            }
        }
    }

    #[test]
    fn forgets_the_oldest_beyond_its_capacity() {
        let dedup = RedisStreamDedup::new(2).expect("dedup");
        let asked = ["a", "b", "a", "c", "b", "a"].map(|id| dedup.is_duplicate(id).expect("answer"));
        assert_eq!(asked, [false, false, true, false, false, false]);
        assert_eq!((dedup.len().expect("len"), dedup.capacity()), (2, 2));
    }

    #[test]
    fn remembers_at_least_one_id() {
        let dedup = RedisStreamDedup::new(0).expect("dedup");
        assert_eq!(dedup.capacity(), 1);
        assert_eq!(["a", "a"].map(|id| dedup.is_duplicate(id).expect("answer")), [false, true]);
    }

    #[test]
    fn clear_forgets_every_id() {
        let dedup = RedisStreamDedup::new(8).expect("dedup");
        dedup.is_duplicate("a").expect("answer");
        assert!(!dedup.is_empty().expect("empty"));
        dedup.clear().expect("cleared");
        assert!(dedup.is_empty().expect("empty"));
        assert!(!dedup.is_duplicate("a").expect("answer"));
    }

    #[test]
    fn of_many_threads_one_sees_an_id_first() {
        let dedup = RedisStreamDedup::new(1_000).expect("dedup");
        let firsts = std::thread::scope(|scope| {
            let count =
                || (0..1_000).filter(|id| !dedup.is_duplicate(&id.to_string()).expect("answer")).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            threads.into_iter().map(|thread| thread.join().expect("thread")).sum::<usize>()
        });
        assert_eq!(firsts, 1_000);
    }
}
