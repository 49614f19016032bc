//! A member of the mesh that keeps to no rule but that of its keys: an endpoint in the hands of a test.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use net_crypto::{
    Seed,
    mesh::{Psk, PublicKey},
};
use net_node::mesh::MeshNode;
use net_session::{Config, Endpoint, Event, Path, Random, SessionId, StreamId, Target};
use net_types::api::MeshNode as _;
use zeroize::Zeroizing;

use crate::nodes::PSK;

struct System;

impl Random for System {
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("random bytes");
    }
}

/// The pre-shared key of all nodes.
pub(crate) fn psk() -> Psk {
    let byte = |at: usize| u8::from_str_radix(&PSK[2 * at..2 * at + 2], 16).expect("hex");
    Psk::new(&std::array::from_fn(byte))
}

pub(crate) fn seed(byte: u8) -> Seed {
    Seed::new(Zeroizing::new([byte; 32]))
}

/// A session with a node.
pub(crate) struct Member {
    socket: UdpSocket,
    endpoint: Endpoint,
    session: SessionId,
}

impl Member {
    /// Dials a node, and waits for the session.
    pub(crate) fn connect(byte: u8, to: &MeshNode) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(5))).expect("a timeout");
        let now = Instant::now();
        let mut endpoint = Endpoint::new(Config::new(&seed(byte), vec![psk()]), Box::new(System), now);
        let path = Path::Direct(to.local_addr().expect("an address").parse().expect("an address"));
        let key = PublicKey::new(to.public_key().expect("a key").0);
        endpoint.connect(now, Target { key, node: None, path });
        for _ in 0..1_000 {
            let session = endpoint.sessions().next();
            if let Some(session) = session {
                return Self { socket, endpoint, session };
            }
            turn(&socket, &mut endpoint);
        }
        panic!("no session");
    }

    /// Says something to the node's router.
    pub(crate) fn gossip(&mut self, message: Vec<u8>) {
        let (now, message) = (Instant::now(), message.into());
        self.endpoint.send(now, self.session, StreamId::GOSSIP, &[message]).expect("room");
        turn(&self.socket, &mut self.endpoint);
    }

    /// Lets a while pass; true if the session is still there.
    pub(crate) fn lives(&mut self) -> bool {
        turn(&self.socket, &mut self.endpoint);
        self.endpoint.sessions().next().is_some()
    }
}

/// Sends what is due, takes what has come or waits a little for it, and reads all of it.
fn turn(socket: &UdpSocket, endpoint: &mut Endpoint) {
    let mut buffer = Vec::new();
    while let Some(transmit) = endpoint.poll_transmit(Instant::now(), &mut buffer) {
        let Path::Direct(to) = transmit.path else { continue };
        for packet in buffer.chunks(transmit.segment) {
            socket.send_to(packet, to).expect("sent");
        }
    }
    let mut datagram = [0; 2_048];
    while let Ok((length, from)) = socket.recv_from(&mut datagram) {
        endpoint.handle(Instant::now(), Path::Direct(from), &mut datagram[..length]);
    }
    endpoint.handle_timeout(Instant::now());
    while let Some(event) = endpoint.poll() {
        if let Event::Readable { session, stream } = event {
            let mut inbox = net_session::Inbox::new();
            // A session that has ended has nothing to read.
            drop(endpoint.read(Instant::now(), session, stream, usize::MAX, &mut inbox));
        }
    }
}
