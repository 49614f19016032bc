//! A world: nodes, the network between them, and one clock.

mod nodes;
mod queue;
mod run;

pub use nodes::{Nodes, public_address};

use crate::{
    Birth, Conditions, Host, NatKind, Node, Random, Skew,
    clock::Clock,
    net::Network,
    trace::{Trace, What},
};
use nodes::Place;
use queue::{Due, Queue, Scheduled};
use run::CHECKS;
use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

/// Something that must hold did not.
#[derive(Debug)]
pub struct Violation {
    /// When.
    pub at: Duration,
    /// Of which node, if of one.
    pub host: Option<Host>,
    /// What.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {:.6} s", self.at.as_secs_f64())?;
        if let Some(Host(host)) = self.host {
            write!(f, ", node {host}")?;
        }
        write!(f, ": {}", self.text)
    }
}

impl std::error::Error for Violation {}

/// A check that sees all nodes. It is told which node has just done something; none for the regular one.
pub type Watch<N> = Box<dyn FnMut(&mut Nodes<N>, Option<Host>) -> Result<(), String>>;

/// Looks at each datagram that is sent.
pub type Tap = Box<dyn FnMut(Host, &[u8]) -> Result<(), String>>;

/// What a world has counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Datagrams that were sent.
    pub sent: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Datagrams that did not arrive.
    pub lost: u64,
    /// Datagrams that arrived.
    pub arrived: u64,
    /// Timers that went off.
    pub timers: u64,
}

/// A world of nodes.
pub struct World<N> {
    base: Instant,
    now: Duration,
    random: Random,
    network: Network,
    nodes: Nodes<N>,
    queue: Queue,
    trace: Trace,
    counts: Counts,
    watch: Option<Watch<N>>,
    tap: Option<Tap>,
    next_check: Duration,
    /// The node that was woken last, when, and how often since without time having passed.
    woken: (Host, Duration, u32),
    buffer: Vec<u8>,
}

impl<N: Node> World<N> {
    /// An empty world, in which all follows from the seed.
    pub fn new(seed: u64, usual: Conditions) -> Self {
        let mut random = Random::new(seed);
        Self {
            base: Instant::now(),
            now: Duration::ZERO,
            network: Network::new(random.fork(), usual),
            random,
            nodes: Nodes(Vec::new()),
            queue: Queue::default(),
            trace: Trace::new(),
            counts: Counts::default(),
            watch: None,
            tap: None,
            next_check: CHECKS,
            woken: (Host(0), Duration::ZERO, 0),
            buffer: Vec::new(),
        }
    }

    /// Adds a node at a public address. What builds it is also what restarts it.
    pub fn add(&mut self, skew: Skew, build: impl FnMut(Birth) -> N + 'static) -> Result<Host, Violation> {
        let host = Host(self.nodes.0.len());
        self.attach(host, public_address(host), skew, Box::new(build))
    }

    /// Adds a node behind a NAT box.
    pub fn add_behind(
        &mut self,
        kind: NatKind,
        skew: Skew,
        build: impl FnMut(Birth) -> N + 'static,
    ) -> Result<Host, Violation> {
        let host = Host(self.nodes.0.len());
        let [.., high, low] = (host.0 as u32).to_be_bytes();
        let inner = SocketAddr::new(Ipv4Addr::new(10, 0, high, low).into(), 7_000);
        self.network.attach(host, inner, Some((kind, public_address(host).ip())));
        self.attach(host, inner, skew, Box::new(build))
    }

    fn attach(
        &mut self,
        host: Host,
        address: SocketAddr,
        skew: Skew,
        build: Box<dyn FnMut(Birth) -> N>,
    ) -> Result<Host, Violation> {
        if address == public_address(host) {
            self.network.attach(host, address, None);
        }
        let clock = Clock::new(self.base, skew);
        self.nodes.0.push(Place { node: None, build, generation: 0, address, clock, wakes: None });
        self.start(host)?;
        Ok(host)
    }

    /// Has a check run after each event, and each 100 ms.
    pub fn watch(&mut self, watch: Watch<N>) {
        self.watch = Some(watch);
    }

    /// Has each datagram looked at that is sent.
    pub fn tap(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    /// The time since the beginning.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The scenario's own random numbers.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many events there were, and the hash of all of them: the same for the same seed.
    pub fn fingerprint(&self) -> (u64, blake3::Hash) {
        (self.trace.events(), self.trace.hash())
    }

    /// The last events as text.
    pub fn trace(&self) -> String {
        self.trace.text()
    }

    /// A node, unless it has crashed.
    pub fn node(&self, host: Host) -> Option<&N> {
        self.nodes.get(host)
    }

    /// All nodes.
    pub fn nodes(&self) -> &Nodes<N> {
        &self.nodes
    }

    /// The places of all nodes.
    pub fn hosts(&self) -> impl Iterator<Item = Host> + use<N> {
        (0..self.nodes.0.len()).map(Host)
    }

    /// Writes something into the trace.
    pub fn note(&mut self, text: impl Into<String>) {
        self.trace.add(self.now, None, What::Note(text.into()), &[]);
    }

    /// Sets what links are like that nothing else was said about.
    pub fn set_usual(&mut self, conditions: Conditions) {
        self.network.set_usual(conditions);
    }

    /// Sets what the link between two nodes is like.
    pub fn set_between(&mut self, one: Host, other: Host, conditions: Conditions) {
        self.network.set_between(one, other, conditions);
    }

    /// Cuts a link.
    pub fn cut(&mut self, one: Host, other: Host) {
        self.note(format!("the link between {} and {} is cut", one.0, other.0));
        self.network.cut(one, other);
    }

    /// Mends a link.
    pub fn heal(&mut self, one: Host, other: Host) {
        self.note(format!("the link between {} and {} is mended", one.0, other.0));
        self.network.heal(one, other);
    }

    /// Whether a link is cut.
    pub fn is_cut(&self, one: Host, other: Host) -> bool {
        self.network.is_cut(one, other)
    }

    /// Has nothing reach a node, though what it sends arrives; or has it hear again.
    pub fn set_deaf(&mut self, host: Host, is_deaf: bool) {
        self.note(format!("node {} {}", host.0, if is_deaf { "hears nothing" } else { "hears again" }));
        self.network.set_deaf(host, is_deaf);
    }

    /// Has the NAT box of a node give it other ports.
    pub fn rebind(&mut self, host: Host) {
        self.note(format!("the NAT box of node {} forgets its mappings", host.0));
        self.network.rebind(host);
    }

    /// Ends a node without a word.
    pub fn crash(&mut self, host: Host) {
        self.nodes.0[host.0].node = None;
        self.nodes.0[host.0].wakes = None;
        self.trace.add(self.now, Some(host), What::Died, &[]);
    }

    /// Starts the node of a place anew, with nothing but what its builder keeps.
    pub fn start(&mut self, host: Host) -> Result<(), Violation> {
        let random = self.random.fork();
        let place = &mut self.nodes.0[host.0];
        let birth = Birth {
            host,
            generation: place.generation,
            now: place.clock.at(self.now),
            wall_ms: place.clock.wall_ms(self.now),
            address: place.address,
            random,
        };
        place.generation += 1;
        place.node = Some((place.build)(birth));
        self.trace.add(self.now, Some(host), What::Born, &[]);
        self.settle(host)
    }

    /// Does something with a node that has not crashed.
    pub fn with<R>(
        &mut self,
        host: Host,
        what: impl FnOnce(&mut N, Instant) -> R,
    ) -> Result<Option<R>, Violation> {
        let place = &mut self.nodes.0[host.0];
        let now = place.clock.at(self.now);
        let result = place.node.as_mut().map(|node| what(node, now));
        self.settle(host)?;
        Ok(result)
    }

    /// Sends a datagram as somebody who claims to be at an address, whatever node is there.
    pub fn inject(&mut self, from: SocketAddr, to: Host, bytes: &[u8]) {
        let what = Due::Arrival { from, ecn: None, bytes: bytes.to_vec() };
        self.queue.push(self.now, to, what);
    }

    /// A violation that a scenario has found by itself.
    pub fn violation(&self, text: impl Into<String>) -> Violation {
        Violation { at: self.now, host: None, text: text.into() }
    }
}

impl<N> fmt::Debug for World<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("now", &self.now).field("counts", &self.counts).finish_non_exhaustive()
    }
}
