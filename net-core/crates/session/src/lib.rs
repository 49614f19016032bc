//! The sessions of the mesh as one state machine per node, without sockets, clock and randomness.
//!
//! An [`Endpoint`] makes sessions with peers and carries streams of whole messages over them. It is given datagrams,
//! the time and a source of random bytes; it gives back datagrams to send, the time at which it wants to be woken, and events.
//!
//! | verb | what it does |
//! |---|---|
//! | [`Endpoint::handle`] | takes a datagram, opened in place |
//! | [`Endpoint::poll_transmit`] | writes the next datagrams into a buffer |
//! | [`Endpoint::poll_timeout`] | says when it wants to be woken |
//! | [`Endpoint::handle_timeout`] | does what is due |
//! | [`Endpoint::poll`] | tells what has happened |
//!
//! Handshake: `Noise_IKpsk1_25519_ChaChaPoly_BLAKE2s` of one round trip. Packets: AES-256-GCM or ChaCha20-Poly1305. Loss
//! and congestion: RFC 9002, CUBIC (RFC 9438) with HyStart++ (RFC 9406), ECN as in RFC 9000, path MTU by RFC 8899.

#![forbid(unsafe_code)]

mod config;
mod endpoint;
mod frame;
mod random;
mod ranges;
mod replay;
mod session;
mod stats;
mod stream;
mod types;
mod varint;

pub use config::Config;
pub use endpoint::Endpoint;
pub use random::Random;
pub use stats::{DropReason, EndpointStats, SessionStats, StreamStats};
pub use stream::{Inbox, Item, Message, OpenStream, StreamKind};
pub use types::{DialId, Ecn, Event, Forwarded, Haste, Path, SessionId, StreamId, Target, Transmit};
