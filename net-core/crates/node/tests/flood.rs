//! A node under a flood, alone in its process so that its memory can be told.

use std::{
    fs,
    net::UdpSocket,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use net_crypto::{
    Seed,
    mesh::{Psk, PublicKey},
};
use net_node::mesh::MeshNode;
use net_session::{Config, Endpoint, Path, Random, Target};
use net_types::{
    api::{MeshEvents as _, MeshNode as _},
    mesh::{MeshNodeConfig, ReceiveOptions, Reliability, StreamConfig},
};
use zeroize::Zeroizing;

const PSK: &str = "8f1c2e5ad0934b7766f2b1a8c3d4e5f60718293a4b5c6d7e8fa0b1c2d3e4f506";

/// What memory may grow by.
const MOST: u64 = 2 << 20;

struct System;

impl Random for System {
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("random bytes");
    }
}

async fn node(seed: u8) -> Arc<MeshNode> {
    let config = MeshNodeConfig {
        identity_seed: Some(Bytes::from(vec![seed; 32])),
        connect_timeout: Duration::from_secs(3),
        ..MeshNodeConfig::new("127.0.0.1:0".to_owned(), PSK.to_owned())
    };
    MeshNode::create(config).await.expect("a node")
}

/// Bytes that the process has in memory.
fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: u64 = text.split(' ').nth(1).and_then(|field| field.parse().ok()).expect("a number");
    pages * 4096
}

/// First messages of handshakes by dialling nodes that know the key and the PSK, and never answer.
fn first_messages(to: &MeshNode, count: usize) -> Vec<Vec<u8>> {
    let key = PublicKey::new(to.public_key().expect("a key").0);
    let path = Path::Direct(to.local_addr().expect("an address").parse().expect("an address"));
    let psk: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&PSK[2 * at..2 * at + 2], 16).expect("hex")).collect();
    let psk = Psk::new(&psk.try_into().expect("32 bytes"));
    let mut messages = Vec::new();
    for number in 0..count {
        let mut seed = [0x5a; 32];
        seed[..8].copy_from_slice(&(number as u64).to_le_bytes());
        let config = Config::new(&Seed::new(Zeroizing::new(seed)), vec![psk.clone()]);
        let now = Instant::now();
        let mut dialling = Endpoint::new(config, Box::new(System), now);
        dialling.connect(now, Target { key, node: None, path });
        let mut buffer = Vec::new();
        dialling.poll_transmit(now, &mut buffer).expect("a first message");
        messages.push(buffer);
    }
    messages
}

/// Sockets with addresses of their own on this machine.
fn addresses() -> Vec<UdpSocket> {
    (2..130).map(|host| UdpSocket::bind(format!("127.0.0.{host}:0")).expect("a socket")).collect()
}

/// Datagrams that go to a node, so many a second, as long as this lives.
struct Flood {
    is_over: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Flood {
    fn new(to: String, datagrams: Vec<Vec<u8>>, rate: u32) -> Self {
        let (is_over, sent) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (stop, count) = (Arc::clone(&is_over), Arc::clone(&sent));
        let thread = thread::spawn(move || {
            let (sockets, started) = (addresses(), Instant::now());
            while !stop.load(SeqCst) {
                let due = (started.elapsed().as_secs_f64() * f64::from(rate)) as u64;
                for at in count.load(SeqCst)..due {
                    let at = at as usize;
                    // A full buffer of the receiver is as good as any other end of a datagram.
                    let _ = sockets[at % sockets.len()].send_to(&datagrams[at % datagrams.len()], &to);
                }
                count.store(due, SeqCst);
                thread::sleep(Duration::from_millis(1));
            }
        });
        Self { is_over, sent, thread: Some(thread) }
    }

    fn sent(&self) -> u64 {
        self.sent.load(SeqCst)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.is_over.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("no panic");
        }
    }
}

/// Waits until something holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..4_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_handshakes_and_garbage_keeps_nobody_out() {
    let (attacked, honest) = (node(1).await, node(2).await);
    let (to, id) = (attacked.local_addr().unwrap(), honest.node_id().unwrap());
    let handshakes = first_messages(&attacked, 2_000);
    let stats = || attacked.stats().unwrap();
    // Buffers and stacks are there before the count begins.
    let warming = Flood::new(to.clone(), handshakes.clone(), 2_000);
    until("handshakes are answered", || stats().answered + stats().cookies > 500).await;
    drop(warming);
    let before = resident();

    let flood = Flood::new(to.clone(), handshakes, 20_000);
    until("cookies are asked for", || stats().cookies > 0).await;
    let met = honest.connect(to.clone(), attacked.public_key().unwrap(), attacked.node_id().unwrap());
    met.await.expect("an honest dial gets through within its time");
    until("a second of it passes", || flood.sent() > 20_000).await;
    drop(flood);
    assert!(stats().half_open <= 1_024, "{:?}", stats());

    let garbage = (0..400_usize).map(|length| vec![(length % 20) as u8; length]).collect();
    let flood = Flood::new(to, garbage, 100_000);
    until("garbage is dropped", || stats().drops.values().sum::<u64>() > 50_000).await;
    until("all of it was sent", || flood.sent() > 100_000).await;
    drop(flood);
    let grown = resident().saturating_sub(before);
    assert!(grown <= MOST, "memory grew by {grown} bytes");

    let events = attacked.receive(ReceiveOptions::default()).unwrap();
    let config = StreamConfig { reliability: Reliability::Reliable, ..StreamConfig::new(1) };
    let stream = honest.open_stream(attacked.node_id().unwrap(), config).unwrap();
    honest.send_on_stream(stream, vec![Bytes::from_static(b"still here")]).await.unwrap();
    let event = events.next(1).await.unwrap().remove(0);
    assert_eq!((event.sender, &*event.payload), (id, &b"still here"[..]));
}
