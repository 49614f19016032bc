//! What packets and sessions cost in memory, by an allocator that counts.

use bytes::Bytes;
use net_crypto::{Seed, mesh::Psk};
use net_session::{Config, Endpoint, Event, Inbox, OpenStream, Path, Random, SessionId, StreamId, Target};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::{
    alloc::System,
    net::SocketAddr,
    time::{Duration, Instant},
};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

struct Counter(u64);

impl Random for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
    }
}

fn endpoint(number: u16, now: Instant) -> Endpoint {
    let mut seed = [9; 32];
    seed[..2].copy_from_slice(&number.to_le_bytes());
    let psk = Psk::new(b"a key that was drawn, not typed!");
    let config = Config::new(&Seed::try_from(seed.as_slice()).expect("seed"), vec![psk]);
    Endpoint::new(config, Box::new(Counter(number.into())), now)
}

fn path(number: u16) -> Path {
    Path::Direct(SocketAddr::from(([10, 0, (number >> 8) as u8, number as u8], 4_000)))
}

/// Two endpoints that hand packets to each other, and all that this needs.
struct Two {
    now: Instant,
    ends: [Endpoint; 2],
    buffer: Vec<u8>,
    inbox: Inbox,
    read: usize,
    packets: usize,
    /// Whether the other end hears nothing.
    is_deaf: bool,
    is_reading: bool,
}

impl Two {
    fn new() -> (Self, SessionId) {
        let now = Instant::now();
        let mut ends = [endpoint(0, now), endpoint(1, now)];
        let target = Target { key: ends[1].public_key(), node: None, path: path(1) };
        ends[0].connect(now, target);
        let (buffer, inbox) = (Vec::new(), Inbox::new());
        let mut two =
            Self { now, ends, buffer, inbox, read: 0, packets: 0, is_deaf: false, is_reading: true };
        two.turn();
        let session = two.ends[0].sessions().next().expect("session");
        (two, session)
    }

    /// Lets a millisecond pass, and everything that follows from it.
    fn turn(&mut self) {
        self.now += Duration::from_millis(1);
        for _ in 0..1_000 {
            let mut is_quiet = true;
            for at in 0..2 {
                let now = self.now;
                if self.ends[at].poll_timeout().is_some_and(|timeout| timeout <= now) {
                    self.ends[at].handle_timeout(now);
                }
                while let Some(transmit) = self.ends[at].poll_transmit(now, &mut self.buffer) {
                    is_quiet = false;
                    for packet in self.buffer.chunks_mut(transmit.segment) {
                        self.packets += 1;
                        if self.is_deaf && at == 0 {
                            continue;
                        }
                        self.ends[1 - at].handle(now, path(at as u16), packet);
                    }
                }
                while let Some(event) = self.ends[at].poll() {
                    if let Event::Readable { session, stream } = event
                        && self.is_reading
                    {
                        self.inbox.clear();
                        let read = self.ends[at].read(now, session, stream, usize::MAX, &mut self.inbox);
                        self.read += read.expect("readable") as usize;
                    }
                }
            }
            if is_quiet {
                return;
            }
        }
        panic!("the two talk for ever");
    }

    fn send(&mut self, session: SessionId, stream: StreamId, messages: &[Bytes], rounds: usize) {
        for _ in 0..rounds {
            let taken = self.ends[0].send(self.now, session, stream, messages);
            taken.expect("room");
            self.turn();
        }
    }
}

/// One test, so that nothing else allocates meanwhile.
#[test]
fn packets_cost_no_allocation_and_idle_sessions_little() {
    for is_reliable in [true, false] {
        for length in [64, 1_000, 8_000] {
            let (mut two, session) = Two::new();
            let open = OpenStream { is_reliable, ..OpenStream::reliable(1) };
            let stream = two.ends[0].open_stream(two.now, session, &open).expect("stream");
            let messages = vec![Bytes::from(vec![7; length]); 4];
            // Longer than every timer, so that all queues have their size.
            two.send(session, stream, &messages, 12_000);
            let (read, packets) = (two.read, two.packets);
            let region = Region::new(GLOBAL);
            two.send(session, stream, &messages, 1_000);
            let change = region.change();
            let (read, packets) = (two.read - read, two.packets - packets);
            assert_eq!(read, 4_000);
            assert!(packets > 1_000);
            // A message in pieces is put together in memory of its own; a queue may still grow once.
            let most = if !is_reliable && length > 1_000 { 3 * read } else { 2 };
            let allocations = change.allocations + change.reallocations;
            assert!(
                allocations <= most,
                "{allocations} allocations for {packets} packets of messages of {length} bytes, reliable: {is_reliable}"
            );
        }
    }
    unread_messages();
    unacknowledged_messages();
    idle_sessions();
}

/// A stream of the first end that takes as much as it may for so many virtual seconds; the bytes that both ends keep more.
fn kept_by_sending(two: &mut Two, session: SessionId, is_reliable: bool, seconds: u64) -> isize {
    let open = OpenStream { is_reliable, ..OpenStream::reliable(1) };
    let stream = two.ends[0].open_stream(two.now, session, &open).expect("stream");
    let message = [Bytes::from(vec![7; 1_000])];
    let region = Region::new(GLOBAL);
    for _ in 0..seconds * 1_000 {
        while two.ends[0].send(two.now, session, stream, &message).is_ok() {}
        two.turn();
    }
    let change = region.change();
    change.bytes_allocated as isize - change.bytes_deallocated as isize
}

/// What is written to a peer that reads nothing stays within the window at both ends.
fn unread_messages() {
    for is_reliable in [true, false] {
        let (mut two, session) = Two::new();
        two.is_reading = false;
        let kept = kept_by_sending(&mut two, session, is_reliable, if is_reliable { 60 } else { 5 });
        assert!(kept < 512 << 10, "{kept} bytes are kept unread, reliable: {is_reliable}");
    }
}

/// What is written to a peer that acknowledges nothing stays within the window, until the peer is given up.
fn unacknowledged_messages() {
    for is_reliable in [true, false] {
        let (mut two, session) = Two::new();
        two.is_deaf = true;
        let kept = kept_by_sending(&mut two, session, is_reliable, 25);
        assert!(two.ends[0].sessions().next().is_some(), "it is not given up yet");
        assert!(kept < 512 << 10, "{kept} bytes are kept unacknowledged, reliable: {is_reliable}");
        (0..10_000).for_each(|_| two.turn());
        assert!(two.ends[0].sessions().next().is_none(), "it is given up");
    }
}

/// Many peers dial one node; what it keeps for each is counted around its calls.
fn idle_sessions() {
    const PEERS: u16 = 100;
    let mut now = Instant::now();
    let mut hub = endpoint(0, now);
    let mut peers: Vec<Endpoint> = (1..=PEERS).map(|number| endpoint(number, now)).collect();
    let target = Target { key: hub.public_key(), node: None, path: path(0) };
    peers.iter_mut().for_each(|peer| {
        peer.connect(now, target);
    });
    let (mut buffer, mut kept) = (Vec::new(), 0_isize);
    let count = |kept: &mut isize, what: &mut dyn FnMut()| {
        let region = Region::new(GLOBAL);
        what();
        let change = region.change();
        *kept += change.bytes_allocated as isize - change.bytes_deallocated as isize;
    };
    for _ in 0..40_000 {
        now += Duration::from_millis(1);
        for (number, peer) in peers.iter_mut().enumerate() {
            if peer.poll_timeout().is_some_and(|at| at <= now) {
                peer.handle_timeout(now);
            }
            while let Some(transmit) = peer.poll_transmit(now, &mut buffer) {
                buffer.chunks_mut(transmit.segment).for_each(|packet| {
                    count(&mut kept, &mut || {
                        hub.handle(now, path(number as u16 + 1), packet);
                    });
                });
            }
            while peer.poll().is_some() {}
        }
        count(&mut kept, &mut || {
            if hub.poll_timeout().is_some_and(|at| at <= now) {
                hub.handle_timeout(now);
            }
            while hub.poll().is_some() {}
        });
        loop {
            let mut transmit = None;
            count(&mut kept, &mut || transmit = hub.poll_transmit(now, &mut buffer));
            let Some(transmit) = transmit else { break };
            let Path::Direct(SocketAddr::V4(address)) = transmit.path else { panic!("{:?}", transmit.path) };
            let [_, _, high, low] = address.ip().octets();
            let number = usize::from(high) << 8 | usize::from(low);
            buffer.chunks_mut(transmit.segment).for_each(|packet| {
                peers[number - 1].handle(now, path(0), packet);
            });
        }
    }
    assert_eq!(hub.sessions().count(), PEERS.into());
    let each = kept / isize::from(PEERS as i16);
    println!("an idle session keeps {each} bytes");
    assert!(each <= 32 << 10, "an idle session keeps {each} bytes");
}
