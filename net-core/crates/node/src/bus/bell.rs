//! Wakes readers that sleep, at the cost of one load when none does.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Waker,
};

/// A place to sleep until something changes.
///
/// A reader arms a [`Waiter`], looks once more whether there is something to do, and only then sleeps; a writer makes
/// its change visible and then rings. No wake-up is lost if both the change and the reader's look at it are sequentially
/// consistent operations on one atomic (the clock, or the node's state): either the look comes after the change and sees
/// it, or it comes before, and then arming came before as well, and the ring finds the reader armed.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    armed: AtomicBool,
    sleepers: Mutex<Sleepers>,
}

#[derive(Debug, Default)]
struct Sleepers {
    next_key: u64,
    /// In the order of their keys.
    wakers: Vec<(u64, Waker)>,
    /// The memory of those that were woken last, so that sleeping costs none.
    spare: Vec<(u64, Waker)>,
}

impl Bell {
    /// Wakes everyone who is armed.
    #[inline]
    pub(crate) fn ring(&self) {
        if self.armed.load(SeqCst) {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        let mut wakers = {
            let mut sleepers = self.lock();
            self.armed.store(false, SeqCst);
            let spare = std::mem::take(&mut sleepers.spare);
            std::mem::replace(&mut sleepers.wakers, spare)
        };
        wakers.drain(..).for_each(|(_, waker)| waker.wake());
        self.lock().spare = wakers;
    }

    fn lock(&self) -> MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sleepers {
    /// Where the entry of a key is, or belongs.
    fn find(&self, key: u64) -> Result<usize, usize> {
        self.wakers.binary_search_by_key(&key, |(key, _)| *key)
    }
}

/// One sleeper's entry, which goes away with it.
#[derive(Debug)]
pub(crate) struct Waiter<'a> {
    bell: &'a Bell,
    key: Option<u64>,
}

impl<'a> Waiter<'a> {
    /// A sleeper that is not armed yet.
    pub(crate) const fn new(bell: &'a Bell) -> Self {
        Self { bell, key: None }
    }

    /// Has `waker` woken at the next ring.
    pub(crate) fn arm(&mut self, waker: &Waker) {
        let mut sleepers = self.bell.lock();
        let key = *self.key.get_or_insert_with(|| {
            sleepers.next_key += 1;
            sleepers.next_key
        });
        match sleepers.find(key) {
            Ok(at) => sleepers.wakers[at].1.clone_from(waker),
            Err(at) => sleepers.wakers.insert(at, (key, waker.clone())),
        }
        self.bell.armed.store(true, SeqCst);
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let mut sleepers = self.bell.lock();
            if let Ok(at) = sleepers.find(key) {
                sleepers.wakers.remove(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, atomic::AtomicUsize},
        task::Wake,
    };

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn wakes_the_armed_once() {
        let (bell, count) = (Bell::default(), Arc::new(Count::default()));
        let waker = Waker::from(count.clone());
        let (mut one, mut two) = (Waiter::new(&bell), Waiter::new(&bell));
        bell.ring();
        one.arm(&waker);
        one.arm(&waker);
        two.arm(&waker);
        bell.ring();
        bell.ring();
        assert_eq!(count.0.load(SeqCst), 2);
        one.arm(&waker);
        bell.ring();
        assert_eq!(count.0.load(SeqCst), 3);
    }

    #[test]
    fn forgets_who_left() {
        let (bell, count) = (Bell::default(), Arc::new(Count::default()));
        let mut waiter = Waiter::new(&bell);
        waiter.arm(&Waker::from(count.clone()));
        drop(waiter);
        bell.ring();
        assert_eq!(count.0.load(SeqCst), 0);
        assert_eq!(Arc::strong_count(&count), 1);
    }
}
