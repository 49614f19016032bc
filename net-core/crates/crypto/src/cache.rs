//! A memory of tokens whose signatures were checked.

use crate::{EntityId, Token};
use hashbrown::HashTable;
use net_types::identity::TokenError;
use std::{collections::VecDeque, sync::Arc};
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

    /// Checks signature and time of a token and keeps it, in place of an older one of the same issuer and scope.
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
        let is_more = self.slot(Key::of(&token)).put(token);
        self.len += usize::from(is_more);
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
    /// Keeps a token in place of one of the same issuer and scope that ends no later; tells whether there is one more.
    fn put(&mut self, token: Arc<Token>) -> bool {
        let says = |token: &Token| (token.issuer(), token.says().scope);
        let ends = |token: &Token| token.says().not_after;
        if let Some(kept) = self.tokens.iter_mut().find(|kept| says(kept) == says(&token)) {
            if ends(kept) <= ends(&token) {
                *kept = token;
            }
            return false;
        }
        let is_full = self.tokens.len() == TokenCache::MAX_TOKENS_PER_SLOT;
        if is_full && let Some(first) = (0..self.tokens.len()).min_by_key(|at| ends(&self.tokens[*at])) {
            self.tokens.swap_remove(first);
        }
        self.tokens.push(token);
        !is_full
    }
}
