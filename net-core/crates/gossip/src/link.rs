//! Neighbours, and sets of them.

/// A neighbour: a node with which a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(u32);

impl Link {
    /// The neighbour at a place; the places that are in use are to be the lowest, so that sets of neighbours stay short.
    pub const fn at(place: u32) -> Self {
        Self(place)
    }

    /// Its place.
    pub const fn place(self) -> u32 {
        self.0
    }
}

/// A set of neighbours.
#[derive(Debug, Clone, Default)]
pub struct LinkSet {
    /// The first 64, so that small sets take no memory of their own.
    first: u64,
    rest: Vec<u64>,
}

impl LinkSet {
    /// Puts a neighbour in.
    pub fn insert(&mut self, link: Link) {
        let (word, bit) = place(link);
        if word == 0 {
            self.first |= bit;
            return;
        }
        if self.rest.len() < word {
            self.rest.resize(word, 0);
        }
        self.rest[word - 1] |= bit;
    }

    /// Takes a neighbour out.
    pub fn remove(&mut self, link: Link) {
        let (word, bit) = place(link);
        let word = if word == 0 { Some(&mut self.first) } else { self.rest.get_mut(word - 1) };
        if let Some(word) = word {
            *word &= !bit;
        }
    }

    /// Whether a neighbour is in it.
    pub fn contains(&self, link: Link) -> bool {
        let (word, bit) = place(link);
        let word = if word == 0 { Some(&self.first) } else { self.rest.get(word - 1) };
        word.is_some_and(|word| word & bit != 0)
    }
}

fn place(link: Link) -> (usize, u64) {
    (link.0 as usize / 64, 1 << (link.0 % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in() {
        let mut set = LinkSet::default();
        for at in [0, 63, 64, 1_000] {
            assert!(!set.contains(Link(at)));
            set.insert(Link(at));
            assert!(set.contains(Link(at)));
        }
        set.remove(Link(64));
        set.remove(Link(5_000));
        assert!(!set.contains(Link(64)) && set.contains(Link(63)) && set.contains(Link(1_000)));
    }
}
