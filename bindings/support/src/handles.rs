//! Handles: what a host holds instead of a pointer.
//!
//! A handle is `generation << 21 | index` into a table of shared objects, so it fits the 53 bits that a
//! JavaScript number holds exactly. Freeing an entry raises its generation: a stale handle is an error and
//! never another object. An entry whose generations are used up is retired.

use std::{
    any::Any,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use net_types::Error;

use crate::{
    fault,
    guard::{is_forked, swallow},
};

/// Puts an object into the process's table and gives its handle, which is never 0.
///
/// # Panics
///
/// When two million objects are alive; within [`guard`](crate::guard()) that is the error `internal`.
pub fn put<T: Any + Send + Sync>(object: Arc<T>) -> u64 {
    TABLE.put(object)
}

/// Gives a share of a handle's object.
///
/// A handle that is freed or foreign, and one of an object of another type, is the error `handle`.
pub fn get<T: Any + Send + Sync>(handle: u64) -> Result<Arc<T>, Error> {
    TABLE.get(handle)
}

/// Frees a handle and says whether it was alive; the object lives on while a call uses it.
///
/// Any thread may call this, a finalizer's included. It never panics and holds no lock while the object's
/// destructor runs. In a forked child it does nothing, since a thread that is gone may hold a lock.
pub fn free(handle: u64) -> bool {
    !is_forked() && TABLE.free(handle)
}

/// The number of handles that are alive.
pub fn live() -> usize {
    TABLE.live()
}

static TABLE: Table = Table::new();

type Object = Arc<dyn Any + Send + Sync>;

const INDEX_BITS: u32 = 21;
/// Calls on different objects rarely meet in a shard; sixteen are enough for the cores that bindings see.
const SHARD_BITS: u32 = 4;
const SHARDS: usize = 1 << SHARD_BITS;
const SLOTS: usize = 1 << (INDEX_BITS - SHARD_BITS);

/// A table of objects under handles: one is the process's, others number operations and replies.
pub(crate) struct Table {
    shards: [RwLock<Shard>; SHARDS],
    turn: AtomicUsize,
    live: AtomicUsize,
}

struct Shard {
    slots: Vec<Slot>,
    vacant: Vec<usize>,
}

struct Slot {
    generation: u32,
    object: Option<Object>,
}

impl Table {
    pub(crate) const fn new() -> Self {
        Self {
            shards: [const { RwLock::new(Shard { slots: Vec::new(), vacant: Vec::new() }) }; SHARDS],
            turn: AtomicUsize::new(0),
            live: AtomicUsize::new(0),
        }
    }

    pub(crate) fn put(&self, object: Object) -> u64 {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        for turn in 0..SHARDS {
            let shard = first.wrapping_add(turn) % SHARDS;
            let mut entries = write(&self.shards[shard]);
            if let Some((slot, generation)) = entries.reserve() {
                entries.slots[slot].object = Some(object);
                self.live.fetch_add(1, Ordering::Relaxed);
                return u64::from(generation) << INDEX_BITS | (slot << SHARD_BITS | shard) as u64;
            }
        }
        panic!("too many live handles")
    }

    pub(crate) fn get<T: Any + Send + Sync>(&self, handle: u64) -> Result<Arc<T>, Error> {
        let place = Place::of(handle);
        let entries = read(&self.shards[place.shard]);
        let object = entries.slots.get(place.slot).filter(|slot| slot.generation == place.generation);
        let Some(object) = object.and_then(|slot| slot.object.as_ref()) else {
            return Err(fault::closed_handle());
        };
        let object = Arc::clone(object);
        drop(entries);
        object.downcast().map_err(|_| fault::wrong_handle())
    }

    /// Takes an object out, which only one of several takers does.
    pub(crate) fn take<T: Any + Send + Sync>(&self, handle: u64) -> Result<Arc<T>, Error> {
        let object = self.get(handle)?;
        if self.free(handle) { Ok(object) } else { Err(fault::closed_handle()) }
    }

    pub(crate) fn free(&self, handle: u64) -> bool {
        let place = Place::of(handle);
        let object = write(&self.shards[place.shard]).release(place.slot, place.generation);
        let found = object.is_some();
        if found {
            self.live.fetch_sub(1, Ordering::Relaxed);
        }
        swallow(|| drop(object));
        found
    }

    pub(crate) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }
}

impl Shard {
    /// A slot to fill, with the generation that its handle has.
    fn reserve(&mut self) -> Option<(usize, u32)> {
        if let Some(slot) = self.vacant.pop() {
            return Some((slot, self.slots[slot].generation));
        }
        if self.slots.len() == SLOTS {
            return None;
        }
        self.slots.push(Slot { generation: 1, object: None });
        Some((self.slots.len() - 1, 1))
    }

    fn release(&mut self, slot: usize, generation: u32) -> Option<Object> {
        let entry = self.slots.get_mut(slot).filter(|entry| entry.generation == generation)?;
        let object = entry.object.take()?;
        if let Some(next) = generation.checked_add(1) {
            entry.generation = next;
            self.vacant.push(slot);
        }
        Some(object)
    }
}

/// Where a handle points.
struct Place {
    shard: usize,
    slot: usize,
    generation: u32,
}

impl Place {
    fn of(handle: u64) -> Self {
        let index = (handle & ((1 << INDEX_BITS) - 1)) as usize;
        // Generation 0 is never given out, so it stands for numbers that are no handle at all.
        let generation = u32::try_from(handle >> INDEX_BITS).unwrap_or(0);
        Self { shard: index % SHARDS, slot: index >> SHARD_BITS, generation }
    }
}

fn read(shard: &RwLock<Shard>) -> RwLockReadGuard<'_, Shard> {
    shard.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(shard: &RwLock<Shard>) -> RwLockWriteGuard<'_, Shard> {
    shard.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_handle_finds_its_object_until_it_is_freed() {
        let table = Table::new();
        let handle = table.put(Arc::new(5_u32));
        assert_eq!(table.get::<u32>(handle).as_deref(), Ok(&5));
        assert!(table.free(handle));
        assert_eq!(table.get::<u32>(handle), Err(fault::closed_handle()));
        assert!(!table.free(handle));
    }

    #[test]
    fn numbers_that_are_no_handles_are_closed() {
        let table = Table::new();
        let handle = table.put(Arc::new(()));
        for foreign in [0, 1, handle + 1, handle + (1 << INDEX_BITS), handle & 0x1f_ffff, 1 << 53, u64::MAX] {
            assert_eq!(table.get::<()>(foreign), Err(fault::closed_handle()), "{foreign}");
            assert!(!table.free(foreign), "{foreign}");
        }
    }

    #[test]
    fn another_type_is_told_apart() {
        let table = Table::new();
        let handle = table.put(Arc::new(5_u32));
        assert_eq!(table.get::<u64>(handle), Err(fault::wrong_handle()));
        assert!(table.free(handle));
    }

    #[test]
    fn a_reused_slot_has_another_handle() {
        let table = Table::new();
        let first = table.put(Arc::new(0_u8));
        table.free(first);
        let handles: Vec<u64> = (0..SHARDS as u8).map(|n| table.put(Arc::new(n))).collect();
        assert!(!handles.contains(&first));
        assert!(handles.iter().any(|h| h & 0x1f_ffff == first & 0x1f_ffff), "the slot is used again");
        assert_eq!(table.get::<u8>(first), Err(fault::closed_handle()));
    }

    #[test]
    fn a_used_up_slot_is_retired() {
        let table = Table::new();
        let first = table.put(Arc::new(()));
        let place = Place::of(first);
        write(&table.shards[place.shard]).slots[place.slot].generation = u32::MAX;
        let last = u64::from(u32::MAX) << INDEX_BITS | first & 0x1f_ffff;
        assert!(last < 1 << 53);
        assert!(table.free(last));
        assert!(!table.free(last));
        assert!(write(&table.shards[place.shard]).vacant.is_empty());
    }

    struct Chain<'a>(&'a Table, u64);

    impl Drop for Chain<'_> {
        fn drop(&mut self) {
            assert!(self.0.free(self.1), "freed from a destructor");
            self.0.put(Arc::new(()));
            panic!("destructors may panic");
        }
    }

    #[test]
    fn destructors_may_use_the_table_and_panic() {
        static OWN: Table = Table::new();
        let inner = OWN.put(Arc::new(()));
        // As many as there are shards: one of them shares the destructor's.
        let outer = OWN.put(Arc::new(Chain(&OWN, inner)));
        assert!(OWN.free(outer));
        assert_eq!(OWN.live(), 1);
    }

    #[test]
    fn a_call_keeps_its_object() {
        let table = Table::new();
        let handle = table.put(Arc::new(String::from("kept")));
        let object = table.get::<String>(handle).expect("alive");
        table.free(handle);
        assert_eq!(*object, "kept");
    }

    #[test]
    fn threads_see_their_own_objects_only() {
        let table = Table::new();
        thread::scope(|scope| {
            for thread in 0..4_u32 {
                let table = &table;
                scope.spawn(move || {
                    for round in 0..20_000_u32 {
                        let handle = table.put(Arc::new((thread, round)));
                        assert_eq!(table.get(handle).as_deref(), Ok(&(thread, round)));
                        assert!(table.free(handle));
                        assert!(table.get::<(u32, u32)>(handle).is_err());
                    }
                });
            }
        });
        assert_eq!(table.live(), 0);
    }

    #[test]
    fn the_table_is_shared_by_the_process() {
        let handle = put(Arc::new('x'));
        assert!(live() >= 1);
        assert_eq!(get::<char>(handle).as_deref(), Ok(&'x'));
        assert!(free(handle));
        assert!(!free(handle));
    }
}
