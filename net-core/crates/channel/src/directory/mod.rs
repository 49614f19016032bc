//! What every node of the mesh has announced and revoked, and how that spreads: one [`Directory`] per node.
//!
//! | module | what it does |
//! |---|---|
//! | `own` | announcements of this node |
//! | `news` | announcements of others, judged and kept |
//! | `revocations` | floors of issuers, judged and kept |
//! | `compare` | what two neighbours find that they do not both know |
//! | `speak` | messages for neighbours |

mod compare;
mod neighbour;
mod news;
mod own;
mod revocations;
mod speak;
mod table;

use crate::{
    Config, Counters, Drop, Edition, Event, Index, Moment, State, SubnetId, SubnetPolicy,
    announcement::Signer, config::limits,
};
use neighbour::Neighbour;
use net_crypto::{EntityId, Seed};
use net_gossip::{Link, Misdeed, Signatures, Timers, Transmit};
use net_types::{capability::ANNOUNCEMENT_LIMIT, identity::NodeId, route::GossipKind};
use own::Own;
use revocations::Revocations;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    time::Instant,
};
use table::Table;

/// Points in time at which a directory has something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// Go on with what a neighbour has sent.
    Resume(Link),
    /// It is the turn of the announcement of an origin that waits.
    Release(u64),
    /// It is the turn of the revocation of an issuer that waits.
    ReleaseRevocation([u8; 32]),
    /// The time of an announcement is over.
    Expire(u64),
    /// An origin that announces nothing any more is forgotten.
    Forget(u64),
    /// This node says again what it has.
    Renew,
    /// It is the turn of an own announcement that waits.
    Speak,
}

/// Whether a message can be read on.
enum Step {
    Done,
    /// A signature is to be checked, and its neighbour's budget is spent.
    Wait,
}

/// Knows what the nodes of the mesh have announced, and tells neighbours what this one knows.
pub struct Directory {
    config: Config,
    signer: Signer,
    signatures: Box<dyn Signatures>,
    node_id: NodeId,
    epoch: u64,
    own: Own,
    neighbours: BTreeMap<Link, Neighbour>,
    /// Entities that node ids are reserved for: those of neighbours.
    pins: BTreeMap<u64, EntityId>,
    table: Table,
    index: Index,
    revocations: Revocations,
    timers: Timers<Timer>,
    /// Neighbours that there is something to send to.
    ready: BTreeSet<Link>,
    /// Nodes whose announcements have changed since it was last told.
    changed: BTreeSet<u64>,
    events: VecDeque<Event>,
    counters: Counters,
}

impl Directory {
    /// The directory of the identity of a seed, in the epoch of its beacons.
    pub fn new(at: Moment, seed: &Seed, epoch: u64, signatures: Box<dyn Signatures>, config: Config) -> Self {
        let signer = Signer::new(seed);
        Self {
            node_id: signer.entity().node_id(),
            own: Own::new(at.now),
            revocations: Revocations::of(signer.entity()),
            config,
            signer,
            signatures,
            epoch,
            neighbours: BTreeMap::new(),
            pins: BTreeMap::new(),
            table: Table::default(),
            index: Index::default(),
            timers: Timers::default(),
            ready: BTreeSet::new(),
            changed: BTreeSet::new(),
            events: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// A session with a neighbour stands.
    pub fn link_up(&mut self, at: Moment, link: Link, entity: EntityId) {
        let mut neighbour = Neighbour::new(at.now, entity);
        neighbour.messages.push_back(self.digests());
        self.neighbours.insert(link, neighbour);
        self.ready.insert(link);
        self.pin(entity);
    }

    /// The session with a neighbour has ended.
    pub fn link_down(&mut self, link: Link) {
        let Some(gone) = self.neighbours.remove(&link) else { return };
        if !self.neighbours.values().any(|neighbour| neighbour.entity == gone.entity) {
            self.pins.remove(&gone.entity.node_id().0);
        }
        self.ready.remove(&link);
        self.timers.clear(Timer::Resume(link));
        for (_, entry) in self.table.iter_mut() {
            entry.has_newest.remove(link);
            entry.has_full.remove(link);
        }
        self.revocations.forget_link(link);
    }

    /// Takes a message of a neighbour's gossip stream, of one of the kinds that [`Directory::reads`].
    ///
    /// While its budget for signatures is spent, messages wait: the stream is to be read on only while
    /// [`Directory::accepts`] says so.
    pub fn handle(&mut self, at: Moment, from: Link, message: &[u8]) {
        let Some(neighbour) = self.neighbours.get_mut(&from) else {
            return self.counters.drop(Drop::NoSession);
        };
        if message.len() > 1 + ANNOUNCEMENT_LIMIT as usize {
            return self.misbehaved(from, Misdeed::Malformed, Drop::Malformed);
        }
        if neighbour.inbox_bytes + message.len() > limits::INBOX {
            return self.misbehaved(from, Misdeed::Flood, Drop::Flood);
        }
        neighbour.inbox_bytes += message.len();
        neighbour.inbox.push_back(message.to_vec());
        if !self.timers.is_set(Timer::Resume(from)) {
            self.read_inbox(at, from);
        }
    }

    /// Whether messages of a kind are for a directory.
    pub fn reads(kind: GossipKind) -> bool {
        kind.tag() >= GossipKind::Announcement.tag()
    }

    /// Whether a neighbour's gossip stream is to be read on.
    pub fn accepts(&self, link: Link) -> bool {
        self.neighbours.get(&link).is_some_and(|neighbour| neighbour.inbox.is_empty())
    }

    /// Whether a neighbour's gossip stream takes messages at present; at first it does.
    pub fn set_writable(&mut self, link: Link, is_writable: bool) {
        if let Some(neighbour) = self.neighbours.get_mut(&link) {
            neighbour.is_writable = is_writable;
            if neighbour.has_output() {
                self.ready.insert(link);
            }
        }
    }

    /// The next message for a neighbour.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        while let Some(link) = self.ready.pop_first() {
            if let Some(message) = self.compose(link) {
                self.ready_if_more(link);
                return Some(Transmit { link, message });
            }
        }
        None
    }

    /// When [`Directory::handle_timeout`] is to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, at: Moment) {
        while let Some(timer) = self.timers.take_due(at.now) {
            match timer {
                Timer::Resume(link) => self.read_inbox(at, link),
                Timer::Release(node) => self.release(at, node),
                Timer::ReleaseRevocation(issuer) => self.release_revocation(at, issuer),
                Timer::Expire(node) => self.expire(at, node),
                Timer::Forget(node) => self.forget(node),
                Timer::Renew => self.renew(at),
                Timer::Speak => self.speak(at),
            }
        }
    }

    /// The next thing that has happened.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front().or_else(|| {
            let node = self.changed.pop_first()?;
            Some(Event::Changed { node: NodeId(node) })
        })
    }

    /// What is known of nodes, to be searched.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Says where this node is, and how the subnets of nodes follow from their tags.
    pub fn set_geometry(&mut self, own: Option<SubnetId>, policy: SubnetPolicy) {
        self.index.set_geometry(own, policy);
    }

    /// What a node announces, this one among them.
    pub fn announced_by(&self, node: NodeId) -> Option<&State> {
        self.table.get(node.0)?.held.state()
    }

    /// The newest edition of a node's announcements that is known, also of one that announces nothing any more.
    pub fn edition(&self, node: NodeId) -> Option<Edition> {
        self.table.get(node.0).map(|entry| entry.edition)
    }

    /// Origins that are known, and the bytes that they take.
    pub fn size(&self) -> (usize, usize) {
        (self.table.len(), self.table.bytes())
    }

    /// What was counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Reads messages that wait, until there are no more or a budget is spent.
    fn read_inbox(&mut self, at: Moment, link: Link) {
        while let Some(neighbour) = self.neighbours.get_mut(&link)
            && let Some(message) = neighbour.inbox.pop_front()
        {
            let from = std::mem::take(&mut neighbour.inbox_read);
            let read = self.read_message(at, link, &message, from);
            let Some(neighbour) = self.neighbours.get_mut(&link) else { return };
            if let Some(read) = read {
                neighbour.inbox_read = read;
                neighbour.inbox.push_front(message);
                let resume = neighbour.signatures.ready_at(at.now, 1);
                self.timers.set(Timer::Resume(link), resume);
                return;
            }
            neighbour.inbox_bytes -= message.len();
        }
    }

    /// Reads a message from a place on; gives the place that has to wait.
    fn read_message(&mut self, at: Moment, link: Link, message: &[u8], from: usize) -> Option<usize> {
        let kind = message.first().and_then(|tag| GossipKind::from_tag(*tag));
        let body = message.get(1..).unwrap_or_default();
        let is_sound = match kind {
            Some(GossipKind::Announcement) => match self.on_announcement(at, link, body) {
                Step::Done => true,
                Step::Wait => return Some(0),
            },
            Some(GossipKind::Revocations) => match self.on_revocations(at, link, body, from) {
                Ok(waits) => return waits,
                Err(_) => false,
            },
            Some(GossipKind::Digests) => self.on_digests(at, link, body).is_ok(),
            Some(GossipKind::AnnouncementMarks) => self.on_marks(at, link, body).is_ok(),
            Some(GossipKind::RevocationMarks) => self.on_revocation_marks(at, link, body).is_ok(),
            Some(GossipKind::Pulls) => self.on_pulls(at, link, body).is_ok(),
            _ => {
                self.counters.drop(Drop::UnknownKind);
                true
            }
        };
        if !is_sound {
            self.misbehaved(link, Misdeed::Malformed, Drop::Malformed);
        }
        None
    }

    /// Reserves a node id for a neighbour's entity; an origin of another entity that was learned for the id goes.
    fn pin(&mut self, entity: EntityId) {
        let node = entity.node_id().0;
        self.pins.insert(node, entity);
        if self.table.get(node).is_some_and(|entry| entry.entity != entity) {
            self.forget(node);
        }
    }

    /// Counts what a neighbour ought to have dropped itself; eight times within a minute cost it its session.
    fn suspect(&mut self, at: Moment, link: Link, reason: Drop, misdeed: Misdeed) {
        let is_enough =
            self.neighbours.get_mut(&link).is_some_and(|neighbour| neighbour.forgeries.count(at.now));
        match is_enough {
            true => self.misbehaved(link, misdeed, reason),
            false => self.counters.drop(reason),
        }
    }

    fn misbehaved(&mut self, link: Link, misdeed: Misdeed, reason: Drop) {
        self.counters.drop(reason);
        let event = Event::Misbehaved { link, misdeed };
        if !self.events.contains(&event) {
            self.events.push_back(event);
        }
    }

    fn ready_if_more(&mut self, link: Link) {
        if self.neighbours.get(&link).is_some_and(Neighbour::has_output) {
            self.ready.insert(link);
        }
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory")
            .field("node_id", &self.node_id)
            .field("origins", &self.table.len())
            .finish_non_exhaustive()
    }
}
