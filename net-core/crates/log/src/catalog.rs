//! Which segments there are.

use net_types::redex::RedexError;

use crate::{dir::Dir, fault, segment::Name};

/// The segments of a log by number; each ends where the next begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Catalog(Vec<Name>);

/// A segment and where it ends: nothing for the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounded {
    pub(crate) name: Name,
    pub(crate) end: Option<u64>,
}

impl Catalog {
    /// Lists the segments of a directory.
    pub(crate) fn list<D: Dir>(dir: &D) -> Result<Self, RedexError> {
        let files = dir.list().map_err(|error| fault::io("list", dir, "", &error))?;
        let mut names: Vec<Name> = files.iter().filter_map(|file| Name::parse(file)).collect();
        names.sort_unstable();
        // Of segments that begin alike the latest counts: those before it end where they begin.
        let mut kept: Vec<Name> = Vec::with_capacity(names.len());
        for name in names {
            if kept.last().is_some_and(|last| last.first == name.first) {
                kept.pop();
            }
            kept.push(name);
        }
        Ok(Self(kept))
    }

    /// The segments in the order of their numbers.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Bounded> + '_ {
        (0..self.0.len()).map(|at| self.bounded(at))
    }

    /// The first number that any segment can have.
    pub(crate) fn first(&self) -> Option<u64> {
        self.0.first().map(|name| name.first)
    }

    /// The segment that can have a number.
    pub(crate) fn of(&self, seq: u64) -> Option<Bounded> {
        let behind = self.0.partition_point(|name| name.first <= seq);
        behind.checked_sub(1).map(|at| self.bounded(at))
    }

    /// Where a segment ends, nothing if it is the last or is gone.
    pub(crate) fn end_of(&self, name: Name) -> Option<u64> {
        let at = self.0.partition_point(|other| *other <= name);
        self.0.get(at).map(|next| next.first)
    }

    /// Whether a segment is there.
    pub(crate) fn has(&self, name: Name) -> bool {
        self.0.binary_search(&name).is_ok()
    }

    fn bounded(&self, at: usize) -> Bounded {
        Bounded { name: self.0[at], end: self.0.get(at + 1).map(|next| next.first) }
    }
}
