//! The world of the tests: endpoints, a link with faults, a clock that jumps from one event to the next.

use bytes::Bytes;
use net_crypto::{Seed, mesh::Psk};
use net_session::{
    Config, DialId, Ecn, Endpoint, Event, Forwarded, Inbox, Item, OpenStream, Path, Random, SessionId,
    StreamId, Target,
};
use net_types::{identity::NodeId, mesh::MeshError, wire::mesh::ForwardEnvelope};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    net::SocketAddr,
    time::{Duration, Instant},
};

/// A generator whose numbers follow from its seed (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Whether something of so many thousandths happens.
    pub(crate) fn happens(&mut self, thousandths: u64) -> bool {
        self.below(1_000) < thousandths
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Bytes {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

impl Random for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// What the link does to packets; chances in thousandths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) delay: Duration,
    pub(crate) jitter: Duration,
    pub(crate) loss: u64,
    pub(crate) duplication: u64,
    pub(crate) corruption: u64,
    /// Marked as congested, of the packets whose sender heeds that.
    pub(crate) marking: u64,
    /// Longer packets vanish.
    pub(crate) mtu: usize,
}

impl Default for Link {
    fn default() -> Self {
        let (delay, jitter) = (Duration::from_millis(10), Duration::ZERO);
        Self { delay, jitter, loss: 0, duplication: 0, corruption: 0, marking: 0, mtu: 1_500 }
    }
}

impl Link {
    /// A third of the packets is lost; the others come in any order, some twice, some spoilt.
    pub(crate) fn awful() -> Self {
        let jitter = Duration::from_millis(15);
        Self { jitter, loss: 300, duplication: 100, corruption: 20, ..Self::default() }
    }
}

/// A node, what it said, and what it read.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) endpoint: Endpoint,
    pub(crate) address: SocketAddr,
    pub(crate) events: Vec<Event>,
    /// What was read of each stream: number and bytes.
    pub(crate) read: BTreeMap<StreamId, Vec<(u64, Bytes)>>,
    /// Whether what can be read is read at once.
    pub(crate) is_reading: bool,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packet {
    at: Instant,
    number: u64,
    to: SocketAddr,
    from: SocketAddr,
    ecn: Option<u8>,
    bytes: Vec<u8>,
}

const MARKS: [Ecn; 3] = [Ecn::Capable, Ecn::CapableToo, Ecn::Congested];

pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) start: Instant,
    pub(crate) nodes: Vec<Node>,
    pub(crate) link: Link,
    pub(crate) random: Seeded,
    packets: BinaryHeap<Reverse<Packet>>,
    sent: u64,
    /// A node that hears nothing.
    pub(crate) deaf: Option<usize>,
    /// Every packet that was sent, in order.
    pub(crate) recording: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    pub(crate) is_recording: bool,
    /// Packets that were sent with a mark.
    pub(crate) marked: usize,
    /// Whether the link removes marks.
    pub(crate) is_bleaching: bool,
}

pub(crate) const PSK: [u8; 32] = *b"a key that was drawn, not typed!";

pub(crate) fn seed(byte: u8) -> Seed {
    Seed::try_from([byte; 32].as_slice()).expect("seed")
}

pub(crate) fn config(byte: u8) -> Config {
    Config::new(&seed(byte), vec![Psk::new(&PSK)])
}

pub(crate) fn address(node: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, node as u8 + 1], 4_000))
}

impl World {
    /// Nodes with these configurations.
    pub(crate) fn new(number: u64, configs: Vec<Config>) -> Self {
        let start = Instant::now();
        let mut world = Self {
            now: start,
            start,
            nodes: Vec::new(),
            link: Link::default(),
            random: Seeded(number),
            packets: BinaryHeap::new(),
            sent: 0,
            deaf: None,
            recording: Vec::new(),
            is_recording: false,
            marked: 0,
            is_bleaching: false,
        };
        configs.into_iter().for_each(|config| world.add(config));
        world
    }

    /// Two nodes with defaults.
    pub(crate) fn pair(number: u64) -> Self {
        Self::new(number, vec![config(1), config(2)])
    }

    /// Two nodes with a session, and its id at each.
    pub(crate) fn connected(number: u64) -> (Self, SessionId, SessionId) {
        Self::connect(Self::pair(number))
    }

    pub(crate) fn connect(mut self) -> (Self, SessionId, SessionId) {
        self.dial(0, 1);
        assert!(self.run_until(Duration::from_secs(5), |world| world.sessions() == 2), "no session");
        let (one, other) = (self.session(0), self.session(1));
        (self, one, other)
    }

    pub(crate) fn add(&mut self, config: Config) {
        let node = self.nodes.len();
        let random = Box::new(Seeded(self.random.next()));
        let endpoint = Endpoint::new(config, random, self.now);
        let address = address(node);
        self.nodes.push(Node { endpoint, address, events: vec![], read: BTreeMap::new(), is_reading: true });
    }

    /// Starts a node anew; the old one is forgotten.
    pub(crate) fn restart(&mut self, node: usize, config: Config) {
        let random = Box::new(Seeded(self.random.next()));
        self.nodes[node].endpoint = Endpoint::new(config, random, self.now);
        self.nodes[node].events.clear();
        self.nodes[node].read.clear();
    }

    pub(crate) fn target(&self, node: usize) -> Target {
        let endpoint = &self.nodes[node].endpoint;
        let node_id = endpoint.entity_id().node_id();
        Target {
            key: endpoint.public_key(),
            node: Some(node_id),
            path: Path::Direct(self.nodes[node].address),
        }
    }

    pub(crate) fn dial(&mut self, from: usize, to: usize) -> DialId {
        let target = self.target(to);
        let dial = self.nodes[from].endpoint.connect(self.now, target);
        self.flush();
        dial
    }

    /// All sessions of all nodes.
    pub(crate) fn sessions(&self) -> usize {
        self.nodes.iter().map(|node| node.endpoint.sessions().count()).sum()
    }

    /// The only session of a node.
    pub(crate) fn session(&self, node: usize) -> SessionId {
        let sessions: Vec<_> = self.nodes[node].endpoint.sessions().collect();
        assert_eq!(sessions.len(), 1, "sessions of node {node}");
        sessions[0]
    }

    pub(crate) fn open(&mut self, node: usize, stream: &OpenStream) -> StreamId {
        let session = self.session(node);
        self.nodes[node].endpoint.open_stream(self.now, session, stream).expect("a stream")
    }

    /// Sends one message, waiting for room; false if there is none within a virtual minute.
    pub(crate) fn send(&mut self, node: usize, stream: StreamId, message: &Bytes) -> bool {
        let session = self.session(node);
        let messages = std::slice::from_ref(message);
        let taken = self.run_until(Duration::from_secs(60), |world| {
            world.nodes[node].endpoint.send(world.now, session, stream, messages).is_ok()
        });
        self.flush();
        taken
    }

    /// Why the first dial of a node failed.
    pub(crate) fn failure(&self, node: usize) -> Option<MeshError> {
        self.nodes[node].events.iter().find_map(|event| match event {
            Event::DialFailed { error, .. } => Some(error.clone()),
            _ => None,
        })
    }

    /// Why the last session of a node ended.
    pub(crate) fn ending(&self, node: usize) -> Option<MeshError> {
        self.nodes[node].events.iter().rev().find_map(|event| match event {
            Event::Disconnected { error, .. } => Some(error.clone()),
            _ => None,
        })
    }

    pub(crate) fn count(&self, node: usize, what: impl Fn(&Event) -> bool) -> usize {
        self.nodes[node].events.iter().filter(|event| what(event)).count()
    }

    pub(crate) fn run(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Lets events happen until something holds; false if it does not within this time.
    pub(crate) fn run_until(&mut self, time: Duration, mut holds: impl FnMut(&mut Self) -> bool) -> bool {
        let end = self.now + time;
        let mut rounds = 0;
        loop {
            rounds += 1;
            assert!(rounds < 3_000_000, "the world turns in place");
            self.flush();
            if holds(self) {
                return true;
            }
            self.flush();
            let timers = self.nodes.iter().filter_map(|node| node.endpoint.poll_timeout());
            let arrivals = self.packets.peek().map(|packet| packet.0.at);
            let Some(next) = timers.chain(arrivals).min().filter(|next| *next <= end) else {
                self.now = end;
                return holds(self);
            };
            self.now = self.now.max(next);
            while let Some(Reverse(packet)) = self.packets.peek()
                && packet.at <= self.now
            {
                let Some(Reverse(packet)) = self.packets.pop() else { break };
                self.deliver(packet);
            }
            let now = self.now;
            for node in &mut self.nodes {
                if node.endpoint.poll_timeout().is_some_and(|at| at <= now) {
                    node.endpoint.handle_timeout(now);
                }
            }
        }
    }

    /// Puts a packet on the link as if it came from an address.
    pub(crate) fn inject(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        self.sent += 1;
        self.packets.push(Reverse(Packet { at: self.now, number: self.sent, to, from, ecn: None, bytes }));
    }

    fn deliver(&mut self, mut packet: Packet) {
        let now = self.now;
        let Some(at) = self.nodes.iter().position(|node| node.address == packet.to) else { return };
        if self.deaf != Some(at) {
            let node = &mut self.nodes[at];
            let (from, ecn) = (Path::Direct(packet.from), packet.ecn.map(|mark| MARKS[usize::from(mark)]));
            let forwarded = node.endpoint.handle_marked(now, from, ecn, &mut packet.bytes);
            node.drain(now);
            if let Some(forwarded) = forwarded {
                self.pass_on(at, forwarded, &mut packet.bytes);
            }
        }
    }

    /// Takes what all nodes have to send and to say.
    pub(crate) fn flush(&mut self) {
        let (now, mut buffer) = (self.now, Vec::new());
        for at in 0..self.nodes.len() {
            self.nodes[at].drain(now);
            let mut rounds = 0;
            while let Some(transmit) = self.nodes[at].endpoint.poll_transmit(now, &mut buffer) {
                rounds += 1;
                assert!(rounds < 100_000, "a node sends for ever");
                match transmit.path {
                    Path::Direct(to) => {
                        let from = self.nodes[at].address;
                        let ecn = transmit.ecn;
                        buffer.chunks(transmit.segment).for_each(|segment| self.put(from, to, ecn, segment));
                    }
                    Path::Routed(to) => self.relay(at, to, &buffer),
                }
                self.nodes[at].drain(now);
            }
        }
    }

    /// Sends a packet through the node that has sessions with both ends.
    fn relay(&mut self, at: usize, to: NodeId, packet: &[u8]) {
        let source = self.nodes[at].endpoint.entity_id().node_id();
        let relay = &self.nodes[1].endpoint;
        let (Some(_), Some(hop)) =
            (relay.session_with(to), self.nodes[at].endpoint.session_with(relay.entity_id().node_id()))
        else {
            return;
        };
        let (destination, mut buffer) = (to, Vec::new());
        let envelope = ForwardEnvelope { destination, source, ttl: 16, priority: 0, reserved: 0, padding: 0 };
        let node = &mut self.nodes[at].endpoint;
        if node.forward(self.now, hop, &envelope, packet, &mut buffer).is_some() {
            let (from, to) = (self.nodes[at].address, self.nodes[1].address);
            self.put(from, to, None, &buffer);
        }
    }

    /// Passes a packet on, or takes it out of its envelope at its end.
    fn pass_on(&mut self, at: usize, forwarded: Forwarded, datagram: &mut [u8]) {
        let inner = &mut datagram[forwarded.inner..];
        let (now, destination) = (self.now, forwarded.destination);
        if self.nodes[at].endpoint.entity_id().node_id() == destination {
            self.nodes[at].endpoint.handle(now, Path::Routed(forwarded.source), inner);
            self.nodes[at].drain(now);
            return;
        }
        let Forwarded { source, ttl, priority, .. } = forwarded;
        let envelope =
            ForwardEnvelope { destination, source, ttl: ttl - 1, priority, reserved: 0, padding: 0 };
        let (Some(hop), mut buffer) = (self.nodes[at].endpoint.session_with(destination), Vec::new()) else {
            return;
        };
        let transmit = self.nodes[at].endpoint.forward(now, hop, &envelope, inner, &mut buffer);
        if let Some(Path::Direct(to)) = transmit.map(|transmit| transmit.path) {
            self.put(self.nodes[at].address, to, None, &buffer);
        }
    }

    fn put(&mut self, from: SocketAddr, to: SocketAddr, ecn: Option<Ecn>, bytes: &[u8]) {
        if self.is_recording {
            self.recording.push((from, to, bytes.to_vec()));
        }
        self.marked += usize::from(ecn.is_some());
        let copies = if self.random.happens(self.link.duplication) { 2 } else { 1 };
        for _ in 0..copies {
            if self.random.happens(self.link.loss) || bytes.len() > self.link.mtu {
                continue;
            }
            let mut bytes = bytes.to_vec();
            if self.random.happens(self.link.corruption) {
                let bit = self.random.below(bytes.len() as u64 * 8) as usize;
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            let is_marked = ecn.is_some() && self.random.happens(self.link.marking);
            let ecn = if is_marked { Some(Ecn::Congested) } else { ecn.filter(|_| !self.is_bleaching) };
            let ecn = ecn.map(|ecn| ecn as u8);
            let jitter = self.random.below(self.link.jitter.as_micros() as u64 + 1);
            let at = self.now + self.link.delay + Duration::from_micros(jitter);
            self.sent += 1;
            self.packets.push(Reverse(Packet { at, number: self.sent, to, from, ecn, bytes }));
        }
    }
}

impl Node {
    /// Takes events, and reads what can be read.
    pub(crate) fn drain(&mut self, now: Instant) {
        while let Some(event) = self.endpoint.poll() {
            if let Event::Readable { session, stream } = event
                && self.is_reading
            {
                self.read(now, session, stream);
            }
            self.events.push(event);
        }
    }

    pub(crate) fn read(&mut self, now: Instant, session: SessionId, stream: StreamId) {
        let mut inbox = Inbox::new();
        let _ = self.endpoint.read(now, session, stream, usize::MAX, &mut inbox);
        for item in inbox.iter() {
            if let Item::Message { stream, sequence, bytes } = item {
                self.read.entry(stream).or_default().push((sequence, Bytes::copy_from_slice(bytes)));
            }
        }
    }

    /// Messages that were read of a stream.
    pub(crate) fn messages(&self, stream: StreamId) -> &[(u64, Bytes)] {
        self.read.get(&stream).map_or(&[], Vec::as_slice)
    }
}
