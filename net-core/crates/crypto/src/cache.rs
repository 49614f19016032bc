//! A memory of tokens whose signatures were checked.

use crate::{EntityId, Token};
use hashbrown::HashTable;
use net_types::{Timestamp, identity::TokenError};
use std::{cmp::Ordering, collections::VecDeque, sync::Arc};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Verified tokens by subject and channel, within bounds.
///
/// A full slot gives up the token that ends first, a full cache its oldest slot.
#[derive(Debug)]
pub struct TokenCache {
    slots: HashTable<Slot>,
    /// Keys of the slots, the oldest in front.
    order: VecDeque<Key>,
    /// Makes the places of slots unpredictable.
    seed: u64,
    len: usize,
}

impl TokenCache {
    /// Most pairs of subject and channel.
    pub const MAX_SLOTS: usize = 65_536;

    /// Most tokens of one pair.
    pub const MAX_TOKENS_PER_SLOT: usize = 32;

    /// An empty cache; the seed is a random number.
    pub fn new(seed: u64) -> Self {
        Self { slots: HashTable::new(), order: VecDeque::new(), seed, len: 0 }
    }

    /// Checks signature and time of a token and keeps it, in place of those that it replaces: of the same issuer and
    /// scope, and of an earlier generation or valid only while it is.
    ///
    /// The signature of a token that is already kept is not checked again.
    pub fn install(&mut self, token: Arc<Token>, now: u64) -> Result<(), TokenError> {
        if token.is_expired(now) {
            return Err(TokenError::Expired);
        }
        if self.holds(&token) {
            return Ok(());
        }
        if !token.verify() {
            return Err(TokenError::InvalidSignature);
        }
        let slot = self.slot(Key::of(&token));
        let before = slot.tokens.len();
        slot.put(token, now);
        let after = slot.tokens.len();
        self.len = self.len - before + after;
        Ok(())
    }

    /// The token of a subject for exactly that channel which is valid now, and longest.
    pub fn lookup(&self, subject: EntityId, channel_hash: u64, now: u64) -> Option<Arc<Token>> {
        let key = Key { subject, channel_hash };
        let slot = self.slots.find(key.place(self.seed), |slot| slot.key == key)?;
        let valid = slot.tokens.iter().filter(|token| token.check_time(now).is_ok());
        valid.max_by_key(|token| token.says().not_after).cloned()
    }

    /// Whether exactly this token is kept, so that its signature is known to hold.
    pub fn holds(&self, token: &Token) -> bool {
        let key = Key::of(token);
        let slot = self.slots.find(key.place(self.seed), |slot| slot.key == key);
        slot.is_some_and(|slot| slot.tokens.iter().any(|kept| kept.as_bytes() == token.as_bytes()))
    }

    /// How many tokens are kept.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no token is kept.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The slot of a key, after making room for it if there is none.
    fn slot(&mut self, key: Key) -> &mut Slot {
        let (place, seed) = (key.place(self.seed), self.seed);
        if self.slots.find(place, |slot| slot.key == key).is_none() {
            self.make_room();
            self.order.push_back(key);
        }
        self.slots
            .entry(place, |slot| slot.key == key, |slot| slot.key.place(seed))
            .or_insert_with(|| Slot { key, tokens: Vec::new() })
            .into_mut()
    }

    /// Gives up the oldest slot of a full cache.
    fn make_room(&mut self) {
        if self.order.len() == Self::MAX_SLOTS
            && let Some(oldest) = self.order.pop_front()
            && let Ok(entry) = self.slots.find_entry(oldest.place(self.seed), |slot| slot.key == oldest)
        {
            self.len -= entry.remove().0.tokens.len();
        }
    }
}

/// Whom a token permits something, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    subject: EntityId,
    channel_hash: u64,
}

impl Key {
    fn of(token: &Token) -> Self {
        Self { subject: token.subject(), channel_hash: token.says().channel_hash }
    }

    fn place(&self, seed: u64) -> u64 {
        xxh3_64_with_seed(self.subject.as_bytes(), seed ^ self.channel_hash)
    }
}

#[derive(Debug)]
struct Slot {
    key: Key,
    tokens: Vec<Arc<Token>>,
}

impl Slot {
    /// Keeps a token, unless one that is kept replaces it.
    fn put(&mut self, token: Arc<Token>, now: u64) {
        if self.tokens.iter().any(|kept| replaces(kept, &token, now)) {
            return;
        }
        self.tokens.retain(|kept| !replaces(&token, kept, now));
        if self.tokens.len() == TokenCache::MAX_TOKENS_PER_SLOT {
            let first = (0..self.tokens.len()).min_by_key(|at| self.tokens[*at].says().not_after);
            first.map(|first| self.tokens.swap_remove(first));
        }
        self.tokens.push(token);
    }
}

/// Whether a token makes another of the same issuer and scope superfluous from `now` on: it is of a later generation and
/// has begun, or of the same one and valid whenever the other is.
fn replaces(token: &Token, other: &Token, now: u64) -> bool {
    let (says, less) = (token.says(), other.says());
    let starts = |at: Timestamp<1_000_000_000>| at.0.max(now);
    (token.issuer(), says.scope) == (other.issuer(), less.scope)
        && match says.issuer_generation.cmp(&less.issuer_generation) {
            Ordering::Less => false,
            Ordering::Equal => {
                starts(says.not_before) <= starts(less.not_before) && says.not_after >= less.not_after
            }
            Ordering::Greater => says.not_before.0 <= now,
        }
}
