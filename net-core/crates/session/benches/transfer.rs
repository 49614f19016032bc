//! What a packet and a message cost in the processor: two endpoints that hand packets to each other.

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use net_crypto::{
    Seed,
    mesh::{Cipher, HEADER, PhaseSecret, Psk, TAG},
};
use net_session::{Config, Endpoint, Event, Inbox, OpenStream, Path, Random, SessionId, StreamId, Target};
use std::{
    hint::black_box,
    net::SocketAddr,
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

struct Counter(u64);

impl Random for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
    }
}

struct Two {
    now: Instant,
    ends: [Endpoint; 2],
    buffer: Vec<u8>,
    inbox: Inbox,
    session: Option<SessionId>,
    read: u64,
}

impl Two {
    fn new(ciphers: u8) -> Self {
        let now = Instant::now();
        let psk = Psk::new(b"a key that was drawn, not typed!");
        let end = |number: u8| {
            let seed = Seed::try_from([number; 32].as_slice()).expect("seed");
            let config = Config {
                ciphers,
                max_segments: 46,
                stream_window: 2 << 20,
                ..Config::new(&seed, vec![psk.clone()])
            };
            Endpoint::new(config, Box::new(Counter(number.into())), now)
        };
        let mut two =
            Self { now, ends: [end(1), end(2)], buffer: vec![], inbox: Inbox::new(), session: None, read: 0 };
        let target = Target { key: two.ends[1].public_key(), node: None, path: path(1) };
        two.ends[0].connect(now, target);
        two.turn();
        two.session = two.ends[0].sessions().next();
        two
    }

    fn session(&self) -> SessionId {
        self.session.expect("a session")
    }

    fn open(&mut self) -> StreamId {
        let open = OpenStream { window: 2 << 20, ..OpenStream::reliable(1) };
        let session = self.session();
        self.ends[0].open_stream(self.now, session, &open).expect("stream")
    }

    fn turn(&mut self) {
        self.now += Duration::from_micros(50);
        loop {
            let mut is_quiet = true;
            for at in 0..2 {
                let now = self.now;
                if self.ends[at].poll_timeout().is_some_and(|timeout| timeout <= now) {
                    self.ends[at].handle_timeout(now);
                }
                while let Some(transmit) = self.ends[at].poll_transmit(now, &mut self.buffer) {
                    is_quiet = false;
                    for packet in self.buffer.chunks_mut(transmit.segment) {
                        self.ends[1 - at].handle(now, path(at as u8), packet);
                    }
                }
                while let Some(event) = self.ends[at].poll() {
                    if let Event::Readable { session, stream } = event {
                        self.inbox.clear();
                        let read = self.ends[at].read(now, session, stream, usize::MAX, &mut self.inbox);
                        self.read += read.expect("readable");
                    }
                }
            }
            if is_quiet {
                return;
            }
        }
    }

    /// Sends so many messages and waits until all are read.
    fn transfer(&mut self, stream: StreamId, message: &Bytes, count: u64) {
        let (session, end) = (self.session(), self.read + count);
        let batch = vec![message.clone(); 16];
        let mut left = count;
        while self.read < end {
            while left > 0 && self.ends[0].send(self.now, session, stream, &batch).is_ok() {
                left -= 16;
            }
            self.turn();
        }
    }
}

fn path(number: u8) -> Path {
    Path::Direct(SocketAddr::from(([10, 0, 0, number], 4_000)))
}

fn packets(c: &mut Criterion) {
    let mut group = c.benchmark_group("packet");
    for (name, cipher) in [("aes", Cipher::Aes256Gcm), ("chacha", Cipher::ChaCha20Poly1305)] {
        let key = PhaseSecret::new(Zeroizing::new([7; 32])).key(cipher);
        for length in [64, 1_408] {
            group.throughput(Throughput::Bytes(length as u64));
            let mut packet = vec![1; HEADER + length + TAG];
            group.bench_function(format!("seal {length} {name}"), |b| {
                b.iter(|| key.seal(black_box(9), &mut packet));
            });
            key.seal(9, &mut packet);
            group.bench_function(format!("open {length} {name}"), |b| {
                b.iter_batched_ref(
                    || packet.clone(),
                    |packet| key.open(black_box(9), packet).expect("genuine"),
                    BatchSize::SmallInput,
                );
            });
        }
    }
}

fn transfers(c: &mut Criterion) {
    let mut group = c.benchmark_group("both sides");
    for (name, ciphers) in [("aes", Cipher::BOTH), ("chacha", Cipher::CHACHA_ONLY)] {
        for (length, count) in [(64, 65_536), (65_536, 256)] {
            let mut two = Two::new(ciphers);
            let stream = two.open();
            let message = Bytes::from(vec![7; length as usize]);
            two.transfer(stream, &message, count);
            group.throughput(Throughput::Bytes(length * count));
            group.bench_function(format!("{count} messages of {length} bytes, {name}"), |b| {
                b.iter(|| two.transfer(stream, &message, count));
            });
        }
    }
}

criterion_group! {
    name = all;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = packets, transfers
}
criterion_main!(all);
