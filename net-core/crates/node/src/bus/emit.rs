//! Taking events: the checks, the choice of the shard, and the fire-and-forget rules.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use xxhash_rust::xxh3::xxh3_64;

use net_types::{
    Json,
    bus::{BusError, Receipt},
};

use super::{
    core::{Bus, Refusal},
    grant::Grant,
    json,
};

/// What a fire-and-forget call got wrong since the last flush.
#[derive(Debug, Default)]
pub(crate) struct Fired {
    count: AtomicU64,
    first_rejected: Mutex<Option<BusError>>,
}

impl Fired {
    /// Answers with the first rejected event since the last call, and begins to count anew.
    pub(crate) fn take(&self) -> Result<(), BusError> {
        let mut first = self.first_rejected.lock().unwrap_or_else(PoisonError::into_inner);
        self.count.store(0, Relaxed);
        first.take().map_or(Ok(()), Err)
    }

    fn next_index(&self) -> u32 {
        u32::try_from(self.count.fetch_add(1, Relaxed)).unwrap_or(u32::MAX)
    }

    fn note(&self, error: BusError) {
        let mut first = self.first_rejected.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
    }
}

impl Bus {
    /// Takes one event.
    #[inline]
    pub(crate) fn emit(&self, event: Json<'_>, key: Option<&str>, now: u64) -> Result<Receipt, BusError> {
        if !event.is_serialized() {
            self.check(0, event.text())?;
        }
        self.emit_json(event.text(), key, now)
    }

    /// Takes one event that is known to be JSON.
    #[inline]
    pub(crate) fn emit_json(&self, text: &str, key: Option<&str>, now: u64) -> Result<Receipt, BusError> {
        self.check_size(0, text.len())?;
        self.check_room(text)?;
        let shard = self.shard_for(text, key);
        let timestamp = self.insert(shard, text, now).map_err(|r| self.error(r))?;
        self.news.ring();
        Ok(Receipt { shard_id: shard as u32, timestamp })
    }

    /// Takes many events and tells how many.
    ///
    /// One that is not JSON, or that could never fit, refuses them all. Where a refused event is to be tried again, the
    /// first one that finds no room ends the call, so that what was taken is the beginning of the batch; it is an error if
    /// that is nothing.
    pub(crate) fn emit_batch(&self, texts: &[&str], key: Option<&str>, now: u64) -> Result<u32, BusError> {
        for (index, text) in texts.iter().enumerate() {
            self.check(place(index), text)?;
        }
        self.emit_batch_json(texts, key, now)
    }

    /// Takes many events that are known to be JSON.
    pub(crate) fn emit_batch_json(
        &self,
        texts: &[&str],
        key: Option<&str>,
        now: u64,
    ) -> Result<u32, BusError> {
        for (index, text) in texts.iter().enumerate() {
            self.check_size(place(index), text.len())?;
            self.check_room(text)?;
        }
        let mut taken = 0;
        for text in texts {
            match self.insert(self.shard_for(text, key), text, now) {
                Ok(_) => taken += 1,
                Err(Refusal::Full | Refusal::Memory) if !self.stops_at_refusal() => {}
                Err(refusal) if taken == 0 => return Err(self.error(refusal)),
                Err(_) => break,
            }
        }
        self.news.ring();
        Ok(taken)
    }

    /// Like [`emit_batch`](Self::emit_batch), with events that may not even be UTF-8.
    pub(crate) fn emit_bytes(&self, events: &[&[u8]], key: Option<&str>, now: u64) -> Result<u32, BusError> {
        let texts: Result<Vec<_>, _> =
            events.iter().enumerate().map(|(index, bytes)| self.check_bytes(place(index), bytes)).collect();
        self.emit_batch_json(&texts?, key, now)
    }

    /// Takes one event, or notes that it was not JSON; false when there is no room.
    pub(crate) fn fire(&self, fired: &Fired, event: &[u8], key: Option<&str>, now: u64) -> bool {
        let taken = self.offer(fired, event, key, now);
        self.news.ring();
        taken
    }

    /// Takes one event, or notes that it was not JSON; false when there is no room.
    pub(crate) fn fire_text(&self, fired: &Fired, text: &str, now: u64) -> bool {
        let taken = self.offer_text(fired, text, now);
        self.news.ring();
        taken
    }

    /// Takes many events, and tells for how many there was room.
    pub(crate) fn fire_batch(&self, fired: &Fired, texts: &[&str], now: u64) -> u32 {
        let taken = texts.iter().filter(|text| self.offer_text(fired, text, now)).count();
        self.news.ring();
        place(taken)
    }

    /// Takes one event into granted room, or notes that it was not JSON; false when there is no room.
    pub(crate) fn fire_granted(
        &self,
        fired: &Fired,
        grant: &Grant,
        event: &[u8],
        key: Option<&str>,
        now: u64,
    ) -> bool {
        let taken = match self.check_bytes(fired.next_index(), event) {
            Ok(text) => grant.insert(self.shard_for(text, key), text, now).is_ok(),
            Err(error) => self.reject(fired, error),
        };
        self.news.ring();
        taken
    }

    fn offer(&self, fired: &Fired, event: &[u8], key: Option<&str>, now: u64) -> bool {
        let index = fired.next_index();
        match self.check_bytes(index, event) {
            Ok(text) => self.insert(self.shard_for(text, key), text, now).is_ok(),
            Err(error) => self.reject(fired, error),
        }
    }

    fn offer_text(&self, fired: &Fired, text: &str, now: u64) -> bool {
        let index = fired.next_index();
        match self.check(index, text) {
            Ok(()) => self.insert(self.shard_for(text, None), text, now).is_ok(),
            Err(error) => self.reject(fired, error),
        }
    }

    /// The shard of an event. Where there is but one, nothing has to be hashed.
    #[inline]
    fn shard_for(&self, text: &str, key: Option<&str>) -> usize {
        if self.shards.len() == 1 { 0 } else { self.shard_of(hash(text, key)) }
    }

    /// Counts an event that had room and was no event.
    #[cold]
    fn reject(&self, fired: &Fired, error: BusError) -> bool {
        self.rejected.fetch_add(1, Relaxed);
        fired.note(error);
        true
    }

    fn check(&self, index: u32, text: &str) -> Result<(), BusError> {
        self.check_size(index, text.len())?;
        json::check(text).map_err(|fault| broken(index, fault))
    }

    fn check_bytes<'a>(&self, index: u32, event: &'a [u8]) -> Result<&'a str, BusError> {
        self.check_size(index, event.len())?;
        json::check_bytes(event).map_err(|fault| broken(index, fault))
    }

    #[inline]
    fn check_size(&self, index: u32, size: usize) -> Result<(), BusError> {
        let (size, limit) = (size as u64, self.max_event.load(Relaxed));
        if size > limit { Err(BusError::EventTooLarge { index, size, limit }) } else { Ok(()) }
    }

    /// Refuses an event for which there can never be room.
    #[inline]
    fn check_room(&self, text: &str) -> Result<(), BusError> {
        if self.can_fit(text.len() as u64) { Ok(()) } else { Err(self.error(Refusal::Memory)) }
    }
}

/// The hash that chooses the shard.
#[inline]
pub(crate) fn hash(text: &str, key: Option<&str>) -> u64 {
    xxh3_64(key.unwrap_or(text).as_bytes())
}

#[cold]
pub(crate) fn broken(index: u32, fault: json::Fault) -> BusError {
    BusError::InvalidJson { index, offset: fault.offset as u64, reason: fault.reason.to_owned() }
}

fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
