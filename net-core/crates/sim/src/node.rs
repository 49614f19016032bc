//! What runs in a world.

use net_session::Ecn;
use std::{net::SocketAddr, time::Instant};

/// A state machine that deals in datagrams. The times that it is told are those of its own clock.
pub trait Node {
    /// Takes a datagram with its mark.
    fn handle(&mut self, now: Instant, from: SocketAddr, ecn: Option<Ecn>, datagram: &mut [u8]);

    /// Writes the next datagrams into the buffer, all of them for one address.
    fn poll_transmit(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Outgoing>;

    /// When [`Node::handle_timeout`] is to be called.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Does what is due.
    fn handle_timeout(&mut self, now: Instant);

    /// Checks what must hold of this node at any time; called after each of its events.
    fn check(&mut self, now: Instant) -> Result<(), String>;
}

/// Where the datagrams in a buffer go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outgoing {
    /// The address.
    pub to: SocketAddr,
    /// Bytes of each datagram; the last may be shorter.
    pub segment: usize,
    /// How all of them are marked.
    pub ecn: Option<Ecn>,
}

/// A place for a node in a world. A node that is restarted keeps its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(pub usize);

/// What a node is born with.
#[derive(Debug)]
pub struct Birth {
    /// Its place.
    pub host: Host,
    /// How often the place had a node before.
    pub generation: u32,
    /// The time of its clock.
    pub now: Instant,
    /// Milliseconds since the Unix epoch by its clock.
    pub wall_ms: u64,
    /// The address of its socket.
    pub address: SocketAddr,
    /// Its random numbers.
    pub random: crate::Random,
}
