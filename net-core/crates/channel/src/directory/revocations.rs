//! Floors of issuers: the greatest counts, and everybody passes it on.

use super::{Directory, Step, Timer};
use crate::{Drop, Event, Moment, config::limits};
use net_crypto::EntityId;
use net_gossip::{Bucket, Link, LinkSet, Misdeed};
use net_types::{Error, base::BaseError, wire::identity::Revocation};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// Bytes of a revocation.
type RevocationBytes = [u8; Revocation::SIZE];

/// Bytes in front of the signature, which it covers.
const SIGNED: usize = Revocation::SIZE - 64;

/// What is known of issuers.
#[derive(Debug, Default)]
pub(super) struct Revocations {
    issuers: BTreeMap<[u8; 32], Issuer>,
    shares: BTreeMap<[u8; 32], usize>,
    /// Issuers for which there always is a place.
    trusted: BTreeSet<[u8; 32]>,
}

#[derive(Debug)]
struct Issuer {
    floor: u32,
    bytes: Box<RevocationBytes>,
    first_from: EntityId,
    budget: Bucket,
    /// A greater floor for which it is not time yet, and who gave it.
    waiting: Option<(u32, Box<RevocationBytes>, Option<Link>)>,
    /// Neighbours that have it.
    has: LinkSet,
}

impl Revocations {
    /// Those that a node knows, which trusts itself.
    pub(super) fn of(own: EntityId) -> Self {
        Self { trusted: BTreeSet::from([*own.as_bytes()]), ..Self::default() }
    }

    pub(super) fn range(&self, issuers: RangeInclusive<[u8; 32]>) -> impl Iterator<Item = (&[u8; 32], u32)> {
        self.issuers.range(issuers).map(|(issuer, known)| (issuer, known.floor))
    }

    /// Writes the revocation of an issuer for a neighbour that does not have it; tells whether it did.
    pub(super) fn write(&mut self, issuer: &[u8; 32], link: Link, message: &mut Vec<u8>) -> bool {
        let Some(known) = self.issuers.get_mut(issuer).filter(|known| !known.has.contains(link)) else {
            return false;
        };
        known.has.insert(link);
        message.extend_from_slice(&*known.bytes);
        true
    }

    pub(super) fn forget_link(&mut self, link: Link) {
        self.issuers.values_mut().for_each(|known| known.has.remove(link));
    }

    /// The greatest floor that has come, even if it is not its turn yet.
    fn newest(&self, issuer: &[u8; 32]) -> Option<u32> {
        let known = self.issuers.get(issuer)?;
        Some(known.waiting.as_ref().map_or(known.floor, |(floor, ..)| known.floor.max(*floor)))
    }

    /// Whether there is room for an issuer; a trusted one is given the place of another.
    fn make_room(&mut self, issuer: &[u8; 32], giver: &EntityId, most: usize) -> bool {
        if self.issuers.contains_key(issuer) {
            return true;
        }
        if !self.trusted.contains(issuer) {
            let share = self.shares.get(giver.as_bytes()).copied().unwrap_or(0);
            return self.issuers.len() < most && share < most.div_ceil(4);
        }
        if self.issuers.len() >= most {
            let other = self.issuers.keys().find(|issuer| !self.trusted.contains(*issuer)).copied();
            let Some(other) = other else { return false };
            self.remove(&other);
        }
        true
    }

    fn remove(&mut self, issuer: &[u8; 32]) {
        let Some(known) = self.issuers.remove(issuer) else { return };
        if let Some(share) = self.shares.get_mut(known.first_from.as_bytes()) {
            *share -= 1;
            if *share == 0 {
                self.shares.remove(known.first_from.as_bytes());
            }
        }
    }
}

impl Directory {
    /// Says for ever that tokens of this node below a generation count no more, and neither does what was passed on of
    /// them: the statement of the greatest floor.
    pub fn revoke(&mut self, at: Moment, floor: u32) -> Result<Vec<u8>, Error> {
        let own = self.signer.entity();
        let bytes = self.signer.revoke(floor, at.wall)?;
        self.learn_revocation(at, &bytes)?;
        Ok(self.revocation(&own).map_or(bytes, <[u8]>::to_vec))
    }

    /// Takes a revocation that was kept, or came another way than from a neighbour; `codec_decode` if it is none, or not its
    /// issuer's, `argument` if there is no place for one more issuer.
    pub fn learn_revocation(&mut self, at: Moment, bytes: &[u8]) -> Result<(), Error> {
        let says = Revocation::decode(bytes)?;
        let bytes = boxed(bytes);
        if !self.is_genuine(&says, &bytes) {
            return Err(BaseError::CodecDecode { detail: "the signature is not the issuer's".into() }.into());
        }
        if self.revocations.newest(&says.issuer).is_some_and(|floor| floor >= says.floor) {
            return Ok(());
        }
        let own = self.signer.entity();
        if !self.revocations.make_room(&says.issuer, &own, self.config.max_issuers) {
            let reason = "is of one issuer more than there is a place for".to_owned();
            return Err(BaseError::Argument { argument: "record".to_owned(), reason }.into());
        }
        self.set_floor(at, None, says.issuer, says.floor, bytes);
        Ok(())
    }

    /// Keeps a place for the revocations of issuers that this node trusts, whatever others revoke.
    pub fn trust(&mut self, issuers: impl IntoIterator<Item = EntityId>) {
        self.revocations.trusted.extend(issuers.into_iter().map(|issuer| *issuer.as_bytes()));
    }

    /// The least generation of an issuer's tokens that counts, if there is one.
    pub fn floor(&self, issuer: &EntityId) -> Option<u32> {
        self.revocations.issuers.get(issuer.as_bytes()).map(|known| known.floor)
    }

    /// The signed revocation of an issuer.
    pub fn revocation(&self, issuer: &EntityId) -> Option<&[u8]> {
        self.revocations.issuers.get(issuer.as_bytes()).map(|known| &known.bytes[..])
    }

    /// Whether the revocation of an issuer is to be kept: this node's own, and that of an issuer it trusts.
    pub fn keeps(&self, issuer: &EntityId) -> bool {
        self.revocations.trusted.contains(issuer.as_bytes())
    }

    /// The signed revocations that are to be kept from one run to the next.
    pub fn kept(&self) -> impl Iterator<Item = &[u8]> {
        let trusted = self.revocations.trusted.iter();
        trusted.filter_map(|issuer| Some(&self.revocations.issuers.get(issuer)?.bytes[..]))
    }

    /// Takes revocations from a place on; gives the place that has to wait.
    pub(super) fn on_revocations(
        &mut self,
        at: Moment,
        link: Link,
        body: &[u8],
        from: usize,
    ) -> Result<Option<usize>, Error> {
        if !body.len().is_multiple_of(Revocation::SIZE) {
            return Err(BaseError::CodecDecode { detail: "wanted: whole revocations".into() }.into());
        }
        for place in (from..body.len()).step_by(Revocation::SIZE) {
            let item = &body[place..place + Revocation::SIZE];
            if matches!(self.on_revocation(at, link, item)?, Step::Wait) {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    pub(super) fn release_revocation(&mut self, at: Moment, issuer: [u8; 32]) {
        let Some(known) = self.revocations.issuers.get_mut(&issuer) else { return };
        let Some((floor, bytes, link)) = known.waiting.take() else { return };
        known.budget.take(at.now, limits::NEWS);
        self.set_floor(at, link, issuer, floor, bytes);
    }

    fn on_revocation(&mut self, at: Moment, link: Link, item: &[u8]) -> Result<Step, Error> {
        let says = Revocation::decode(item)?;
        let issuer = says.issuer;
        if self.revocations.newest(&issuer).is_some_and(|floor| floor >= says.floor) {
            self.counters.drop(Drop::Old);
            let known = self.revocations.issuers.get_mut(&issuer);
            if let Some(known) = known.filter(|known| known.floor == says.floor) {
                known.has.insert(link);
            }
            return Ok(Step::Done);
        }
        let Some(neighbour) = self.neighbours.get_mut(&link) else { return Ok(Step::Done) };
        if !neighbour.signatures.take(at.now, 1) {
            return Ok(Step::Wait);
        }
        let giver = neighbour.entity;
        let bytes = boxed(item);
        if !self.is_genuine(&says, &bytes) {
            self.suspect(at, link, Drop::Forged, Misdeed::Forged);
        } else if self.revocations.make_room(&issuer, &giver, self.config.max_issuers) {
            self.take_floor_in_turn(at, link, says, bytes);
        } else {
            self.counters.drop(Drop::TableFull);
        }
        Ok(Step::Done)
    }

    fn is_genuine(&mut self, says: &Revocation, bytes: &RevocationBytes) -> bool {
        self.counters.signatures += 1;
        self.signatures.hold(&EntityId::new(says.issuer), &bytes[..SIGNED], &says.signature)
    }

    /// Takes a floor that is known to be its issuer's, now or when it is the issuer's turn.
    fn take_floor_in_turn(&mut self, at: Moment, link: Link, says: Revocation, bytes: Box<RevocationBytes>) {
        if let Some(known) = self.revocations.issuers.get_mut(&says.issuer)
            && (known.waiting.is_some() || !known.budget.take(at.now, limits::NEWS))
        {
            let turn = known.budget.ready_at(at.now, limits::NEWS);
            if known.waiting.replace((says.floor, bytes, Some(link))).is_some() {
                self.counters.drop(Drop::Overtaken);
            }
            return self.timers.ensure(Timer::ReleaseRevocation(says.issuer), turn);
        }
        self.set_floor(at, Some(link), says.issuer, says.floor, bytes);
    }

    /// Keeps a floor, and has all neighbours told but who gave it.
    fn set_floor(
        &mut self,
        at: Moment,
        giver: Option<Link>,
        issuer: [u8; 32],
        floor: u32,
        bytes: Box<RevocationBytes>,
    ) {
        let from = giver.and_then(|link| self.neighbours.get(&link)).map(|neighbour| neighbour.entity);
        let first_from = from.unwrap_or(self.signer.entity());
        let known = self.revocations.issuers.entry(issuer).or_insert_with(|| {
            *self.revocations.shares.entry(*first_from.as_bytes()).or_default() += 1;
            let mut budget = Bucket::new(at.now, limits::ORIGIN);
            budget.take(at.now, limits::NEWS);
            Issuer { floor, bytes: bytes.clone(), first_from, budget, waiting: None, has: LinkSet::default() }
        });
        (known.floor, known.bytes, known.has) = (floor, bytes, LinkSet::default());
        if let Some(link) = giver {
            known.has.insert(link);
        }
        self.events.push_back(Event::Revoked { issuer: EntityId::new(issuer), floor });
        for (link, neighbour) in &mut self.neighbours {
            if Some(*link) != giver {
                neighbour.revocations.insert(issuer);
                if neighbour.has_output() {
                    self.ready.insert(*link);
                }
            }
        }
    }
}

fn boxed(bytes: &[u8]) -> Box<RevocationBytes> {
    Box::new(std::array::from_fn(|at| bytes[at]))
}
