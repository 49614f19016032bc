//! Directories that are linked in memory: what one says reaches the other at once and in order.

use ed25519_dalek::{Signer as _, SigningKey};
use net_channel::{Config, Directory, Drop, Event, Moment, State};
use net_crypto::{EntityId, Keypair, Seed};
use net_gossip::{Link, Signatures, Strict};
use net_types::{
    capability::AnnouncementKind,
    identity::NodeId,
    route::GossipKind,
    wire::{capability::Announcement, identity::Revocation},
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// The calendar when a test begins.
pub(crate) const WALL: u64 = 1_764_111_600;

/// The epoch of nodes that have started once.
pub(crate) const EPOCH: u64 = WALL * 1_000;

pub(crate) fn seed(number: u64) -> Seed {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Seed::new(Zeroizing::new(bytes))
}

pub(crate) fn keypair(number: u64) -> Keypair {
    Keypair::from_seed(&seed(number))
}

thread_local! {
    /// What seeds have been found to be: a key is not derived for each look at it.
    static ENTITIES: RefCell<HashMap<u64, EntityId>> = RefCell::default();
}

pub(crate) fn entity(number: u64) -> EntityId {
    ENTITIES.with_borrow_mut(|known| *known.entry(number).or_insert_with(|| keypair(number).entity_id()))
}

pub(crate) fn node(number: u64) -> NodeId {
    entity(number).node_id()
}

pub(crate) fn state(tags: &[&str]) -> State {
    State::new(tags.iter().map(|tag| (*tag).to_owned()), [])
}

/// Signatures that are checked once for all directories of a test.
#[derive(Clone, Default)]
pub(crate) struct Memo(Arc<Mutex<HashMap<[u8; 64], bool>>>);

impl Signatures for Memo {
    fn hold(&mut self, entity: &EntityId, message: &[u8], signature: &[u8; 64]) -> bool {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry(*signature).or_insert_with(|| entity.verify(message, signature))
    }
}

/// What an announcement that is made by hand says.
pub(crate) struct Say {
    pub(crate) kind: AnnouncementKind,
    pub(crate) epoch: u64,
    pub(crate) revision: u32,
    pub(crate) ttl: u32,
    pub(crate) issued: u64,
    pub(crate) body: Vec<u8>,
    pub(crate) hops: u8,
}

impl Default for Say {
    fn default() -> Self {
        let body = state(&["gpu"]).encode().expect("it is sound");
        Self {
            kind: AnnouncementKind::Full,
            epoch: EPOCH,
            revision: 1,
            ttl: 300,
            issued: WALL,
            body,
            hops: 1,
        }
    }
}

/// The message by which a number's identity says something.
pub(crate) fn said(number: u64, say: Say) -> Vec<u8> {
    let mut announcement = Announcement {
        kind: say.kind,
        entity_id: *entity(number).as_bytes(),
        epoch: say.epoch,
        revision: say.revision,
        ttl: say.ttl,
        issued: net_types::Timestamp(say.issued),
        body: say.body.into(),
        signature: [0; 64],
        hops: say.hops,
    };
    let bytes = announcement.encode().expect("it is sound");
    announcement.signature = sign(number, &bytes[..bytes.len() - 65]);
    [vec![GossipKind::Announcement.tag()], announcement.encode().expect("it is sound")].concat()
}

/// The message by which a number's identity says something in a later version of the layout.
pub(crate) fn later(number: u64, revision: u32, rest: &[u8]) -> Vec<u8> {
    let sound = said(number, Say { revision, ..Say::default() });
    // Kind of message, label, version, and all up to the time of issue.
    let mut bytes = sound[1..75].to_vec();
    bytes[16] = 2;
    bytes[17] = 200;
    bytes.extend_from_slice(rest);
    let signature = sign(number, &bytes);
    [&[GossipKind::Announcement.tag()][..], &bytes, &signature, &[1]].concat()
}

/// The message by which a number's identity revokes.
pub(crate) fn revoked(number: u64, floor: u32) -> Vec<u8> {
    let issuer = *entity(number).as_bytes();
    let issued = net_types::Timestamp(WALL);
    let mut revocation = Revocation { issuer, floor, reserved: 0, issued, signature: [0; 64] };
    let bytes = revocation.encode().expect("it is sound");
    revocation.signature = sign(number, &bytes[..bytes.len() - 64]);
    [vec![GossipKind::Revocations.tag()], revocation.encode().expect("it is sound")].concat()
}

fn sign(number: u64, bytes: &[u8]) -> [u8; 64] {
    SigningKey::from_bytes(seed(number).as_bytes()).sign(bytes).to_bytes()
}

/// A directory under test, of identity 0 unless it is said, whose neighbours are played by the test.
pub(crate) struct Bench {
    pub(crate) directory: Directory,
    pub(crate) at: Moment,
    links: u32,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Config::default())
    }

    pub(crate) fn with(config: Config) -> Self {
        Self::of(0, config)
    }

    pub(crate) fn of(number: u64, config: Config) -> Self {
        let at = Moment { now: Instant::now(), wall: WALL };
        Self { directory: Directory::new(at, &seed(number), EPOCH, Box::new(Strict), config), at, links: 0 }
    }

    /// A neighbour of a number's identity, after it was told the digests.
    pub(crate) fn neighbour(&mut self, number: u64) -> Link {
        let link = Link::at(self.links);
        self.links += 1;
        self.directory.link_up(self.at, link, entity(number));
        self.said(link);
        link
    }

    pub(crate) fn give(&mut self, from: Link, message: &[u8]) {
        self.directory.handle(self.at, from, message);
    }

    pub(crate) fn pass(&mut self, span: Duration) {
        self.at.now += span;
        self.at.wall += span.as_secs();
        self.directory.handle_timeout(self.at);
    }

    /// What the directory says to a neighbour now; what it says to others is lost.
    pub(crate) fn said(&mut self, to: Link) -> Vec<Vec<u8>> {
        let transmits = std::iter::from_fn(|| self.directory.poll_transmit());
        transmits.filter(|transmit| transmit.link == to).map(|transmit| transmit.message).collect()
    }

    /// The announcements that it says to a neighbour now.
    pub(crate) fn announced(&mut self, to: Link) -> Vec<Announcement> {
        let said = self.said(to).into_iter();
        let announcements = said.filter(|message| message[0] == GossipKind::Announcement.tag());
        announcements.map(|message| Announcement::decode(&message[1..]).expect("it is sound")).collect()
    }

    pub(crate) fn knows(&self, number: u64) -> bool {
        self.directory.index().get(node(number)).is_some()
    }

    pub(crate) fn dropped(&self, reason: Drop) -> u64 {
        self.directory.counters().dropped(reason)
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.directory.poll()).collect()
    }
}

/// Directories of the identities 0, 1, 2 and so on, linked in memory.
pub(crate) struct Net {
    pub(crate) nodes: Vec<Directory>,
    pub(crate) at: Moment,
    memo: Memo,
    /// The other end of each end of a link.
    ends: BTreeMap<(usize, Link), (usize, Link)>,
    /// Announcements that went over each link, whichever way.
    pub(crate) sends: BTreeMap<(usize, usize), u64>,
}

impl Net {
    pub(crate) fn new(nodes: usize) -> Self {
        let at = Moment { now: Instant::now(), wall: WALL };
        let mut net = Self {
            nodes: Vec::new(),
            at,
            memo: Memo::default(),
            ends: BTreeMap::new(),
            sends: BTreeMap::new(),
        };
        (0..nodes).for_each(|_| net.add());
        net
    }

    pub(crate) fn add(&mut self) {
        let number = self.nodes.len() as u64;
        self.nodes.push(self.directory(number, EPOCH));
    }

    fn directory(&self, number: u64, epoch: u64) -> Directory {
        Directory::new(self.at, &seed(number), epoch, Box::new(self.memo.clone()), Config::default())
    }

    pub(crate) fn link(&mut self, one: usize, other: usize) {
        let (left, right) = (self.free(one), self.free(other));
        self.ends.insert((one, left), (other, right));
        self.ends.insert((other, right), (one, left));
        self.nodes[one].link_up(self.at, left, entity(other as u64));
        self.nodes[other].link_up(self.at, right, entity(one as u64));
    }

    pub(crate) fn cut(&mut self, one: usize, other: usize) {
        let found = self.ends.iter().find(|((from, _), (to, _))| (*from, *to) == (one, other));
        let Some((&left, &right)) = found else { return };
        for (at, link) in [left, right] {
            self.ends.remove(&(at, link));
            self.nodes[at].link_down(link);
        }
    }

    /// A node crashes and starts anew with an epoch, linked as before.
    pub(crate) fn restart(&mut self, at: usize, epoch: u64) {
        let others: Vec<_> =
            self.ends.iter().filter(|((from, _), _)| *from == at).map(|(_, to)| to.0).collect();
        others.iter().for_each(|other| self.cut(at, *other));
        self.nodes[at] = self.directory(at as u64, epoch);
        others.iter().for_each(|other| self.link(at, *other));
    }

    /// Carries messages until nobody has anything to say.
    pub(crate) fn settle(&mut self) {
        let mut busy: BTreeSet<usize> = (0..self.nodes.len()).collect();
        while let Some(at) = busy.pop_first() {
            while let Some(transmit) = self.nodes[at].poll_transmit() {
                let Some(&(to, link)) = self.ends.get(&(at, transmit.link)) else { continue };
                if transmit.message[0] == GossipKind::Announcement.tag() {
                    *self.sends.entry((at.min(to), at.max(to))).or_default() += 1;
                }
                self.nodes[to].handle(self.at, link, &transmit.message);
                busy.insert(to);
            }
        }
    }

    /// Lets time pass in steps, and carries what is said.
    pub(crate) fn pass(&mut self, span: Duration) {
        for _ in 0..span.as_secs() {
            self.at.now += Duration::from_secs(1);
            self.at.wall += 1;
            self.nodes.iter_mut().for_each(|node| node.handle_timeout(self.at));
            self.settle();
        }
    }

    pub(crate) fn announce(&mut self, at: usize, tags: &[&str]) {
        self.nodes[at].announce(self.at, state(tags)).expect("it is sound");
    }

    /// How many nodes know that a node has a tag.
    pub(crate) fn knowing(&self, number: usize, tag: &str) -> usize {
        let has = |node: &Directory| {
            node.index().get(self::node(number as u64)).is_some_and(|it| it.tags().contains(tag))
        };
        self.nodes.iter().filter(|node| has(node)).count()
    }

    fn free(&self, at: usize) -> Link {
        let places = (0..).map(Link::at);
        places.into_iter().find(|link| !self.ends.contains_key(&(at, *link))).expect("one is free")
    }
}

/// Random numbers that follow from a seed (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % bound as u64) as usize
    }
}
