//! What a packet costs that a node passes on for others: its envelope is opened, its way looked up, another one sealed.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use net_crypto::{Seed, mesh::Psk};
use net_machine::{Machine, Settings};
use net_router::Strict;
use net_session::{Config, Random, Target};
use net_types::{identity::NodeId, wire::mesh::ForwardEnvelope};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Bytes of a packet on its way, envelope and all.
const LENGTH: usize = 1_200;

/// What an envelope and its header add.
const ENVELOPE: usize = 56;

/// Packets that arrive at a time, as they do from a socket.
const BATCH: u64 = 32;

/// Packets of one neighbour are passed on at 64 MiB/s at most.
const PAUSE: Duration = Duration::from_nanos(LENGTH as u64 * BATCH * 1_000_000_000 / (60 << 20));

struct Counter(u64);

impl Random for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
    }
}

/// Three nodes in a line, and a clock.
struct Line {
    now: Instant,
    nodes: Vec<Machine>,
    ids: Vec<NodeId>,
    buffer: Vec<u8>,
    passed_on: u64,
}

impl Line {
    fn new() -> Self {
        let now = Instant::now();
        let psk = Psk::new(b"a key that was drawn, not typed!");
        let mut nodes: Vec<Machine> = (1..=3).map(|number| node(number, &psk, now)).collect();
        let ids = nodes.iter().map(|node| node.endpoint().entity_id().node_id()).collect();
        let target = |node: &Machine| Target {
            key: node.endpoint().public_key(),
            node: None,
            path: net_session::Path::Direct(address(1)),
        };
        let relay = target(&nodes[1]);
        for at in [0, 2] {
            nodes[at].endpoint_mut().connect(now, relay);
        }
        let mut line = Self { now, nodes, ids, buffer: Vec::new(), passed_on: 0 };
        (0..5_000).for_each(|_| line.turn(Duration::from_millis(1)));
        assert!(line.nodes[1].router().destination(line.ids[2]).is_some(), "the relay knows no way");
        line
    }

    /// Lets time pass, and everything that follows from it.
    fn turn(&mut self, span: Duration) {
        self.now += span;
        let now = self.now;
        loop {
            let mut is_quiet = true;
            for at in 0..self.nodes.len() {
                let node = &mut self.nodes[at];
                if node.poll_timeout().is_some_and(|timeout| timeout <= now) {
                    node.handle_timeout(now);
                }
                while node.poll(now).is_some() {}
                while let Some(datagrams) = self.nodes[at].poll_transmit(now, &mut self.buffer) {
                    is_quiet = false;
                    for datagram in self.buffer.chunks_mut(datagrams.segment) {
                        let to = usize::from(datagrams.to.port() - PORT);
                        self.nodes[to].handle(now, address(at), None, datagram);
                    }
                }
            }
            if is_quiet {
                return;
            }
        }
    }

    /// Has the node in the middle pass packets on, and tells how long only that took.
    fn forward(&mut self, packets: u64) -> Duration {
        let envelope = ForwardEnvelope {
            destination: self.ids[2],
            source: self.ids[0],
            ttl: 16,
            priority: 0,
            reserved: 0,
            padding: 0,
        };
        let inner = [0x10; LENGTH - ENVELOPE];
        let mut took = Duration::ZERO;
        for first in (0..packets).step_by(BATCH as usize) {
            self.turn(PAUSE);
            let now = self.now;
            let sender = self.nodes[0].endpoint_mut();
            let hop = sender.sessions().next().expect("a session with the relay");
            let mut train = Vec::new();
            for _ in first..packets.min(first + BATCH) {
                let sealed = sender.forward(now, hop, &envelope, &inner, &mut self.buffer);
                assert_eq!(sealed.map(|sealed| sealed.segment), Some(LENGTH));
                train.extend_from_slice(&self.buffer);
            }
            let start = Instant::now();
            let relay = &mut self.nodes[1];
            for datagram in train.chunks_mut(LENGTH) {
                relay.handle(now, address(0), None, datagram);
            }
            while relay.poll(now).is_some() {}
            while let Some(datagrams) = relay.poll_transmit(now, &mut self.buffer) {
                self.passed_on += self.buffer.len().div_ceil(datagrams.segment) as u64;
            }
            took += start.elapsed();
        }
        took
    }
}

/// The port of the first node; the others follow.
const PORT: u16 = 4_000;

fn address(number: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], PORT + number as u16))
}

fn node(number: u8, psk: &Psk, now: Instant) -> Machine {
    let seed = Seed::try_from([number; 32].as_slice()).expect("seed");
    let session = Config { max_segments: 32, ..Config::new(&seed, vec![psk.clone()]) };
    let settings = Settings {
        seed,
        session,
        router: net_router::Config::default(),
        directory: net_channel::Config::default(),
        epoch: 1,
        wall_ms: 1_000,
    };
    Machine::new(settings, Box::new(Counter(number.into())), Strict, now)
}

fn forwarding(c: &mut Criterion) {
    let mut line = Line::new();
    let mut asked = 0;
    let mut group = c.benchmark_group("forward");
    group.throughput(Throughput::Elements(1));
    group.bench_function("1,200 bytes", |b| {
        b.iter_custom(|packets| {
            asked += packets;
            line.forward(packets)
        });
    });
    let (passed_on, asked) = (line.passed_on, asked);
    assert!(passed_on >= asked, "{passed_on} of {asked} packets were passed on");
}

criterion_group! {
    name = all;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = forwarding
}
criterion_main!(all);
