//! Announcements: signed, and checked over the bytes as they came.

use net_crypto::{EntityId, Keypair, Seed};
use net_gossip::Signatures;
use net_types::{Error, Timestamp, capability::AnnouncementKind, wire::capability::Announcement};
use std::fmt;

/// What orders the announcements of one node: the newer has the greater pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Edition {
    /// Grows with each start.
    pub epoch: u64,
    /// Grows within an epoch.
    pub revision: u32,
}

/// Bytes behind what the signature covers: itself, and the count of hops.
const BEHIND: usize = 64 + 1;

/// The version of the layout that is read wholly.
const VERSION: u8 = 1;

/// An announcement as it came, without the count of its hops.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    /// What it says; of a later version the parts that every version has, with an empty body.
    pub(crate) says: Announcement,
    /// Whether it is of a later version.
    pub(crate) is_later: bool,
    bytes: Box<[u8]>,
}

impl Signed {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let later = later(bytes);
        let is_later = later.is_some();
        let says = later.map_or_else(|| Announcement::decode(bytes), Ok)?;
        Ok(Self { says, is_later, bytes: bytes[..bytes.len() - 1].into() })
    }

    pub(crate) fn entity(&self) -> EntityId {
        EntityId::new(self.says.entity_id)
    }

    pub(crate) fn edition(&self) -> Edition {
        Edition { epoch: self.says.epoch, revision: self.says.revision }
    }

    /// Whether it is of the entity that it names.
    pub(crate) fn is_genuine(&self, signatures: &mut dyn Signatures) -> bool {
        let signed = &self.bytes[..self.bytes.len() + 1 - BEHIND];
        signatures.hold(&self.entity(), signed, &self.says.signature)
    }

    /// Bytes that it takes, about.
    pub(crate) fn cost(&self) -> usize {
        self.bytes.len()
    }

    /// What stays of it once it has been read.
    pub(crate) fn into_kept(self) -> Kept {
        Kept { bytes: self.bytes, hops: self.says.hops }
    }
}

/// What an announcement of a later version says in the parts that every version has where it is: up to `issued` in front,
/// signature and hops at the end.
fn later(bytes: &[u8]) -> Option<Announcement> {
    let label = b"net.announce.v1\0";
    let rest = bytes.strip_prefix(label)?;
    let (version, rest) = rest.split_first()?;
    let (_kind, rest) = rest.split_first()?;
    let (entity_id, rest) = rest.split_first_chunk::<32>()?;
    let (epoch, rest) = rest.split_first_chunk::<8>()?;
    let (revision, rest) = rest.split_first_chunk::<4>()?;
    let (ttl, rest) = rest.split_first_chunk::<4>()?;
    let (issued, rest) = rest.split_first_chunk::<8>()?;
    let (hops, rest) = rest.split_last()?;
    let (_, signature) = rest.split_last_chunk::<64>()?;
    (*version > VERSION).then(|| Announcement {
        kind: AnnouncementKind::Full,
        entity_id: *entity_id,
        epoch: u64::from_le_bytes(*epoch),
        revision: u32::from_le_bytes(*revision),
        ttl: u32::from_le_bytes(*ttl),
        issued: Timestamp(u64::from_le_bytes(*issued)),
        body: Default::default(),
        signature: *signature,
        hops: *hops,
    })
}

/// The bytes of an announcement that are passed on.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    bytes: Box<[u8]>,
    pub(crate) hops: u8,
}

impl Kept {
    /// What a neighbour is sent behind the kind of the message: it has made one hop more.
    pub(crate) fn write(&self, message: &mut Vec<u8>) {
        message.extend_from_slice(&self.bytes);
        message.push(self.hops + 1);
    }

    /// The announcement; it was read before.
    pub(crate) fn says(&self) -> Option<Announcement> {
        Announcement::decode(&[&*self.bytes, &[self.hops]].concat()).ok()
    }

    pub(crate) fn cost(&self) -> usize {
        self.bytes.len()
    }
}

/// Signs what this node announces and revokes; the key is wiped when it goes, and in no text.
pub(crate) struct Signer {
    key: Keypair,
}

/// What an announcement of this node says.
pub(crate) struct Draft {
    pub(crate) kind: AnnouncementKind,
    pub(crate) edition: Edition,
    pub(crate) ttl: u32,
    pub(crate) issued: u64,
    pub(crate) body: Vec<u8>,
}

impl Signer {
    pub(crate) fn new(seed: &Seed) -> Self {
        Self { key: Keypair::from_seed(seed) }
    }

    pub(crate) fn entity(&self) -> EntityId {
        self.key.entity_id()
    }

    /// Signs an announcement; `argument` if it is longer than one may be.
    pub(crate) fn announce(&self, draft: Draft) -> Result<Signed, Error> {
        let mut says = Announcement {
            kind: draft.kind,
            entity_id: *self.entity().as_bytes(),
            epoch: draft.edition.epoch,
            revision: draft.edition.revision,
            ttl: draft.ttl,
            issued: Timestamp(draft.issued),
            body: draft.body.into(),
            signature: [0; 64],
            hops: 0,
        };
        let unsigned = says.encode()?;
        says.signature = self.key.sign_any(&unsigned[..unsigned.len() - BEHIND]);
        Signed::read(&says.encode()?)
    }

    /// Signs that tokens of this node below a generation count no more.
    pub(crate) fn revoke(&self, floor: u32, issued: u64) -> Result<Vec<u8>, Error> {
        self.key.revoke(floor, issued)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("entity", &self.entity()).finish_non_exhaustive()
    }
}
