//! What two neighbours find that they do not both know: digests first, then marks of the parts that differ, then what is missing.

use super::{Directory, table::Entry};
use crate::Moment;
use crate::{Drop, config::limits};
use net_gossip::Link;
use net_types::{
    Error,
    base::BaseError,
    capability::DIGEST_BUCKETS,
    identity::NodeId,
    route::GossipKind,
    wire::capability::{
        AnnouncementMark, AnnouncementMarks, AnnouncementPull, GossipDigests, RevocationMark, RevocationMarks,
    },
};

/// Parts by which what two nodes know is compared.
const BUCKETS: usize = DIGEST_BUCKETS as usize;

/// A sum for each part.
type Sums = Box<[u64; BUCKETS]>;

impl Directory {
    /// What this node knows, as it is told to a new neighbour.
    pub(super) fn digests(&self) -> Vec<u8> {
        let digests = GossipDigests {
            announcements: said(&*self.announcement_sums()),
            revocations: said(&*self.revocation_sums()),
        };
        message(GossipKind::Digests, digests.encode())
    }

    /// Tells a neighbour what this node knows of the parts in which it knows something else.
    pub(super) fn on_digests(&mut self, at: Moment, link: Link, body: &[u8]) -> Result<(), Error> {
        let theirs = GossipDigests::decode(body)?;
        let (announcements, revocations) = (heard(theirs.announcements)?, heard(theirs.revocations)?);
        let Some(neighbour) = self.neighbours.get_mut(&link) else { return Ok(()) };
        if neighbour.has_told || !neighbour.asking.take(at.now, 1) {
            self.counters.drop(Drop::TooManyQuestions);
            return Ok(());
        }
        neighbour.has_told = true;
        let announcements = differing(&announcements, &*self.announcement_sums());
        let revocations = differing(&revocations, &*self.revocation_sums());
        let told = announcements.into_iter().flat_map(|buckets| self.announcement_marks(buckets));
        let told: Vec<_> = told.collect();
        let told_too = revocations.into_iter().flat_map(|buckets| self.revocation_marks(buckets));
        let told_too: Vec<_> = told_too.collect();
        let Some(neighbour) = self.neighbours.get_mut(&link) else { return Ok(()) };
        neighbour.messages.extend(told);
        neighbour.messages.extend(told_too);
        self.ready_if_more(link);
        Ok(())
    }

    /// Sends a neighbour what it does not know of a range of nodes.
    pub(super) fn on_marks(&mut self, at: Moment, link: Link, body: &[u8]) -> Result<(), Error> {
        let AnnouncementMarks { first, last, marks } = AnnouncementMarks::decode(body)?;
        let (first, last) = (first.0, last.0);
        let is_in_order = marks.is_sorted_by(|one, next| one.node_id.0 < next.node_id.0);
        if first > last || !is_in_order || marks.iter().any(|mark| !(first..=last).contains(&mark.node_id.0))
        {
            return Err(malformed("marks rise within their range"));
        }
        let Some(neighbour) = self.neighbours.get_mut(&link) else { return Ok(()) };
        if !neighbour.asking.take(at.now, 1) {
            self.counters.drop(Drop::TooManyQuestions);
            return Ok(());
        }
        let mut theirs = marks.into_iter().peekable();
        for (node, entry) in self.table.range_mut(first..=last).filter(|(_, entry)| entry.is_told()) {
            while theirs.next_if(|mark| mark.node_id.0 < node).is_some() {}
            let has_newest = theirs.peek().is_some_and(|mark| {
                mark.node_id.0 == node
                    && (mark.epoch, mark.revision) >= (entry.edition.epoch, entry.edition.revision)
            });
            if has_newest {
                entry.has_newest.insert(link);
            } else {
                neighbour.news.insert(node);
            }
        }
        self.ready_if_more(link);
        Ok(())
    }

    /// Sends a neighbour what it does not know of a range of issuers.
    pub(super) fn on_revocation_marks(&mut self, at: Moment, link: Link, body: &[u8]) -> Result<(), Error> {
        let RevocationMarks { first, last, marks } = RevocationMarks::decode(body)?;
        let is_in_order = marks.is_sorted_by(|one, next| one.issuer < next.issuer);
        if first > last || !is_in_order || marks.iter().any(|mark| !(first..=last).contains(&mark.issuer)) {
            return Err(malformed("marks rise within their range"));
        }
        let Some(neighbour) = self.neighbours.get_mut(&link) else { return Ok(()) };
        if !neighbour.asking.take(at.now, 1) {
            self.counters.drop(Drop::TooManyQuestions);
            return Ok(());
        }
        let mut theirs = marks.into_iter().peekable();
        for (issuer, floor) in self.revocations.range(first..=last) {
            while theirs.next_if(|mark| mark.issuer < *issuer).is_some() {}
            let knows = theirs.peek().is_some_and(|mark| mark.issuer == *issuer && mark.floor >= floor);
            if !knows {
                neighbour.revocations.insert(*issuer);
            }
        }
        self.ready_if_more(link);
        Ok(())
    }

    /// Sends a neighbour full announcements that it asks for.
    pub(super) fn on_pulls(&mut self, at: Moment, link: Link, body: &[u8]) -> Result<(), Error> {
        if !body.len().is_multiple_of(AnnouncementPull::SIZE) {
            return Err(malformed("whole pulls"));
        }
        let nodes: Result<Vec<_>, _> =
            body.chunks(AnnouncementPull::SIZE).map(AnnouncementPull::decode).collect();
        for node in nodes?.into_iter().map(|pull| pull.node_id.0) {
            let Some(neighbour) = self.neighbours.get_mut(&link) else { return Ok(()) };
            let Some(entry) = self.table.get_mut(node) else { continue };
            if !neighbour.asking.take(at.now, 1) {
                self.counters.drop(Drop::TooManyQuestions);
                continue;
            }
            entry.has_full.remove(link);
            entry.has_newest.remove(link);
            neighbour.news.insert(node);
        }
        self.ready_if_more(link);
        Ok(())
    }

    fn announcement_sums(&self) -> Sums {
        let mut sums = Box::new([0u64; BUCKETS]);
        for (node, entry) in self.table.range(0..=u64::MAX).filter(|(_, entry)| entry.is_told()) {
            add(&mut sums[(node >> 56) as usize], mark(*node, entry).encode());
        }
        sums
    }

    fn revocation_sums(&self) -> Sums {
        let mut sums = Box::new([0u64; BUCKETS]);
        for (issuer, floor) in self.revocations.range([0; 32]..=[255; 32]) {
            add(&mut sums[usize::from(issuer[0])], RevocationMark { issuer: *issuer, floor }.encode());
        }
        sums
    }

    /// What this node knows of the nodes of some parts, in messages that are not too long.
    fn announcement_marks(&self, buckets: std::ops::RangeInclusive<u8>) -> Vec<Vec<u8>> {
        let (first, last) =
            (u64::from(*buckets.start()) << 56, u64::from(*buckets.end()) << 56 | u64::MAX >> 8);
        let told = self.table.range(first..=last).filter(|(_, entry)| entry.is_told());
        let marks: Vec<_> = told.map(|(node, entry)| mark(*node, entry)).collect();
        let mut messages = Vec::new();
        let mut from = first;
        for (chunk, is_last) in chunks(&marks, limits::MARKS) {
            let to = if is_last { last } else { chunk.last().map_or(last, |mark| mark.node_id.0) };
            let said = AnnouncementMarks { first: NodeId(from), last: NodeId(to), marks: chunk.to_vec() };
            messages.push(message(GossipKind::AnnouncementMarks, said.encode()));
            from = to.saturating_add(1);
        }
        messages
    }

    fn revocation_marks(&self, buckets: std::ops::RangeInclusive<u8>) -> Vec<Vec<u8>> {
        let (mut first, mut last) = ([0; 32], [255; 32]);
        (first[0], last[0]) = (*buckets.start(), *buckets.end());
        let known = self.revocations.range(first..=last);
        let marks: Vec<_> = known.map(|(issuer, floor)| RevocationMark { issuer: *issuer, floor }).collect();
        let mut messages = Vec::new();
        let mut from = first;
        for (chunk, is_last) in chunks(&marks, limits::REVOCATION_MARKS) {
            let to = if is_last { last } else { chunk.last().map_or(last, |mark| mark.issuer) };
            let said = RevocationMarks { first: from, last: to, marks: chunk.to_vec() };
            messages.push(message(GossipKind::RevocationMarks, said.encode()));
            from = next(to);
        }
        messages
    }
}

/// Digests as they are told: none if nothing is known.
fn said(sums: &[u64]) -> Vec<u64> {
    if sums.iter().all(|sum| *sum == 0) { Vec::new() } else { sums.to_vec() }
}

fn heard(digests: Vec<u64>) -> Result<Vec<u64>, Error> {
    match digests.len() {
        0 => Ok(vec![0; BUCKETS]),
        BUCKETS => Ok(digests),
        _ => Err(malformed("a digest for each part, or none")),
    }
}

/// Parts one behind the other in which the digests differ.
fn differing(theirs: &[u64], ours: &[u64]) -> Vec<std::ops::RangeInclusive<u8>> {
    let mut ranges: Vec<std::ops::RangeInclusive<u8>> = Vec::new();
    let places = theirs.iter().zip(ours).zip(0u8..=255).filter(|((theirs, ours), _)| theirs != ours);
    for (_, place) in places {
        match ranges.last_mut() {
            Some(range) if *range.end() + 1 == place => *range = *range.start()..=place,
            _ => ranges.push(place..=place),
        }
    }
    ranges
}

/// Parts of a list of at most so many, and whether it is the last; of an empty one, one empty part.
fn chunks<T>(items: &[T], most: usize) -> impl Iterator<Item = (&[T], bool)> {
    let count = items.len().div_ceil(most).max(1);
    (0..count).map(move |at| {
        let part = &items[at * most..items.len().min((at + 1) * most)];
        (part, at + 1 == count)
    })
}

fn add(sum: &mut u64, mark: Result<Vec<u8>, Error>) {
    let mark = mark.expect("every mark has bytes");
    let hash = blake3::hash(&mark);
    let first = std::array::from_fn(|at| hash.as_bytes()[at]);
    *sum = sum.wrapping_add(u64::from_le_bytes(first));
}

fn mark(node: u64, entry: &Entry) -> AnnouncementMark {
    AnnouncementMark { node_id: NodeId(node), epoch: entry.edition.epoch, revision: entry.edition.revision }
}

/// The id behind one, or the last there is.
fn next(mut id: [u8; 32]) -> [u8; 32] {
    for byte in id.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            return id;
        }
    }
    [255; 32]
}

fn message(kind: GossipKind, body: Result<Vec<u8>, Error>) -> Vec<u8> {
    let body = body.expect("what this node says keeps the limits");
    [vec![kind.tag()], body].concat()
}

fn malformed(wanted: &str) -> Error {
    BaseError::CodecDecode { detail: format!("wanted: {wanted}") }.into()
}
