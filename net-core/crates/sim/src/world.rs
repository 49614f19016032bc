//! A world: nodes, the network between them, and one clock.

use crate::{
    Birth, Conditions, Host, NatKind, Node, Random, Skew,
    clock::Clock,
    net::Network,
    trace::{Trace, What},
};
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

/// How often what must hold of all nodes is checked.
const CHECKS: Duration = Duration::from_millis(100);

/// Datagrams that a node may send in one go, before it counts as gone mad.
const BURST: usize = 100_000;

/// Times that a node may be woken without time passing, before it counts as gone mad.
const SPINS: u32 = 1_000;

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

/// The nodes of a world.
#[derive(Debug)]
pub struct Nodes<N>(Vec<Place<N>>);

struct Place<N> {
    node: Option<N>,
    build: Box<dyn FnMut(Birth) -> N>,
    generation: u32,
    address: SocketAddr,
    clock: Clock,
    /// When it is to be woken, in the time of the world.
    wakes: Option<Duration>,
}

impl<N: fmt::Debug> fmt::Debug for Place<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("address", &self.address)
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

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
    queue: BinaryHeap<Reverse<Scheduled>>,
    sequence: u64,
    trace: Trace,
    counts: Counts,
    watch: Option<Watch<N>>,
    tap: Option<Tap>,
    next_check: Duration,
    /// The node that was woken last, when, and how often since without time having passed.
    woken: (Host, Duration, u32),
    buffer: Vec<u8>,
}

struct Scheduled {
    at: Duration,
    sequence: u64,
    host: Host,
    what: Due,
}

enum Due {
    Arrival { from: SocketAddr, bytes: Vec<u8> },
    Wake,
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
            queue: BinaryHeap::new(),
            sequence: 0,
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
        let what = Due::Arrival { from, bytes: bytes.to_vec() };
        self.schedule(self.now, to, what);
    }

    /// Lets time pass.
    pub fn run_for(&mut self, span: Duration) -> Result<(), Violation> {
        let end = self.now + span;
        while self.step(end)? {}
        Ok(())
    }

    /// Lets time pass until something is so, which is looked at each 100 ms; tells after how long, if in time.
    pub fn run_until(
        &mut self,
        most: Duration,
        mut is_so: impl FnMut(&Self) -> bool,
    ) -> Result<Option<Duration>, Violation> {
        let start = self.now;
        loop {
            if is_so(self) {
                return Ok(Some(self.now - start));
            }
            if self.now >= start + most {
                return Ok(None);
            }
            self.run_for(CHECKS.min(start + most - self.now))?;
        }
    }

    /// A violation that a scenario has found by itself.
    pub fn violation(&self, text: impl Into<String>) -> Violation {
        Violation { at: self.now, host: None, text: text.into() }
    }

    /// Does the next thing that is due by a time; false, and it is that time, if there is none.
    fn step(&mut self, end: Duration) -> Result<bool, Violation> {
        let next = self.queue.peek().map(|Reverse(scheduled)| scheduled.at);
        if self.next_check <= end && next.is_none_or(|next| self.next_check <= next) {
            self.now = self.next_check;
            self.next_check += CHECKS;
            self.check_all(None)?;
            return Ok(true);
        }
        if next.is_none_or(|next| next > end) {
            self.now = end;
            return Ok(false);
        }
        let Some(Reverse(scheduled)) = self.queue.pop() else { return Ok(false) };
        self.now = scheduled.at;
        self.happen(scheduled)?;
        Ok(true)
    }

    fn happen(&mut self, scheduled: Scheduled) -> Result<(), Violation> {
        let (host, at) = (scheduled.host, scheduled.at);
        let place = &mut self.nodes.0[host.0];
        let now = place.clock.at(at);
        let Some(node) = place.node.as_mut() else { return Ok(()) };
        match scheduled.what {
            Due::Arrival { from, mut bytes } => {
                self.counts.arrived += 1;
                self.trace.add(at, Some(host), What::Arrived(from), &bytes);
                node.handle(now, from, &mut bytes);
            }
            Due::Wake if place.wakes == Some(at) => {
                place.wakes = None;
                self.counts.timers += 1;
                self.trace.add(at, Some(host), What::Woken, &[]);
                node.handle_timeout(now);
                let (last, when, times) = self.woken;
                self.woken = (host, at, if (last, when) == (host, at) { times + 1 } else { 0 });
                if self.woken.2 > SPINS {
                    return Err(self.violation_of(host, "its timer is always due".into()));
                }
            }
            Due::Wake => return Ok(()),
        }
        self.settle(host)
    }

    /// Sends what a node has to send, checks it, and sets its timer.
    fn settle(&mut self, host: Host) -> Result<(), Violation> {
        let mut buffer = std::mem::take(&mut self.buffer);
        for count in 0.. {
            let place = &mut self.nodes.0[host.0];
            let (now, source) = (place.clock.at(self.now), place.address);
            let Some(node) = place.node.as_mut() else { break };
            let Some(outgoing) = node.poll_transmit(now, &mut buffer) else { break };
            for datagram in buffer.chunks(outgoing.segment.max(1)) {
                self.send(host, source, outgoing.to, datagram)?;
            }
            if count > BURST {
                return Err(self.violation_of(host, "it does not stop sending".into()));
            }
        }
        self.buffer = buffer;
        let place = &mut self.nodes.0[host.0];
        let now = place.clock.at(self.now);
        if let Some(node) = place.node.as_mut() {
            let checked = node.check(now);
            let wakes = node.poll_timeout().map(|at| place.clock.world_time(at).max(self.now));
            let has_changed = wakes != place.wakes;
            place.wakes = wakes;
            if let Some(at) = wakes.filter(|_| has_changed) {
                self.schedule(at, host, Due::Wake);
            }
            checked.map_err(|text| self.violation_of(host, text))?;
        }
        self.check_all(Some(host))
    }

    fn send(
        &mut self,
        host: Host,
        source: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), Violation> {
        self.counts.sent += 1;
        self.counts.bytes += datagram.len() as u64;
        self.trace.add(self.now, Some(host), What::Sent(to), datagram);
        let tapped = self.tap.as_mut().map_or(Ok(()), |tap| tap(host, datagram));
        tapped.map_err(|text| self.violation_of(host, text))?;
        match self.network.send(self.now, host, source, to, datagram) {
            Ok(flights) => flights.into_iter().for_each(|flight| {
                let what = Due::Arrival { from: flight.from, bytes: flight.bytes };
                self.schedule(flight.arrives, flight.host, what);
            }),
            Err(why) => {
                self.counts.lost += 1;
                self.trace.add(self.now, Some(host), What::Lost(why), &[]);
            }
        }
        Ok(())
    }

    fn check_all(&mut self, host: Option<Host>) -> Result<(), Violation> {
        let Some(watch) = self.watch.as_mut() else { return Ok(()) };
        watch(&mut self.nodes, host).map_err(|text| Violation { at: self.now, host, text })
    }

    fn schedule(&mut self, at: Duration, host: Host, what: Due) {
        self.sequence += 1;
        self.queue.push(Reverse(Scheduled { at, sequence: self.sequence, host, what }));
    }

    fn violation_of(&self, host: Host, text: String) -> Violation {
        Violation { at: self.now, host: Some(host), text }
    }
}

impl<N> Nodes<N> {
    /// A node, unless it has crashed.
    pub fn get(&self, host: Host) -> Option<&N> {
        self.0.get(host.0)?.node.as_ref()
    }

    /// A node, unless it has crashed.
    pub fn get_mut(&mut self, host: Host) -> Option<&mut N> {
        self.0.get_mut(host.0)?.node.as_mut()
    }

    /// All nodes that have not crashed.
    pub fn iter(&self) -> impl Iterator<Item = (Host, &N)> {
        self.0.iter().enumerate().filter_map(|(at, place)| Some((Host(at), place.node.as_ref()?)))
    }
}

impl<N> fmt::Debug for World<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("now", &self.now).field("counts", &self.counts).finish_non_exhaustive()
    }
}

/// The address of a node that is not behind a NAT box, and of the box otherwise.
pub fn public_address(host: Host) -> SocketAddr {
    let [.., high, low] = (host.0 as u32).to_be_bytes();
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(172, 16, high, low)), 7_000)
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.sequence == other.sequence
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}
