//! What a node is, and what it allows.

use net_crypto::{
    EntityId, Keypair, Seed,
    mesh::{Cipher, Psk, StaticKey},
};
use net_types::mesh::PROTOCOL_VERSION;
use std::{sync::Arc, time::Duration};

/// Limits of the format, and budgets that are not configured.
pub(crate) mod limits {
    use std::time::Duration;

    /// Longest message of a reliable stream.
    pub(crate) const RELIABLE_MESSAGE: usize = 16 << 20;
    /// Longest message of a fire-and-forget stream.
    pub(crate) const UNRELIABLE_MESSAGE: usize = 256 << 10;
    /// What waits for a peer or is on its way, unless it is one larger message.
    pub(crate) const SEND_BUFFER: usize = 8 << 20;
    /// What the control stream and the gossip stream may hold.
    pub(crate) const OWN_STREAM_WINDOW: u64 = 64 << 10;
    /// What messages beyond a peer's credit may take.
    pub(crate) const REASSEMBLY_PER_PEER: u64 = 32 << 20;
    /// Every datagram fits the path from the start up to this size.
    pub(crate) const BASE_DATAGRAM: usize = 1_200;
    /// Least and most that `max_datagram` may be.
    pub(crate) const MAX_DATAGRAM: u16 = 8_952;
    /// What an envelope and its header add to a packet that is passed on.
    pub(crate) const FORWARD_OVERHEAD: usize = 56;
    /// Attempts of handshakes that are not confirmed yet.
    pub(crate) const HALF_OPEN: usize = 1_024;
    /// How long a half-open handshake is kept.
    pub(crate) const HALF_OPEN_TIME: Duration = Duration::from_secs(5);
    /// Ranges that a stream may be received in before its gaps are filled.
    pub(crate) const RANGES: usize = 16_384;
    /// How long pieces of a fire-and-forget message are waited for.
    pub(crate) const PIECES_TIME: Duration = Duration::from_secs(2);
    /// How long a message that exceeds its window may stand still.
    pub(crate) const STALLED_TIME: Duration = Duration::from_secs(30);
    /// After this time of silence the buffers of a session are given back.
    pub(crate) const BUFFER_TIME: Duration = Duration::from_secs(10);
}

/// Bits of frames that a node may read beyond those of every node.
pub(crate) mod features {
    /// Acknowledgements with counts of marked packets.
    pub(crate) const ECN: u64 = 1;

    /// What this node reads.
    pub(crate) const ALL: u64 = ECN;
}

/// What a node is, and what it allows.
#[derive(Debug, Clone)]
pub struct Config {
    /// The identity.
    pub identity: Arc<Keypair>,
    /// The static key, by default derived from the identity's seed.
    pub static_key: Arc<StaticKey>,
    /// PSKs that are accepted, 1 to 4; the first is dialled with.
    pub psks: Vec<Psk>,
    /// Mask of ciphers, by default what this processor does well.
    pub ciphers: u8,
    /// Highest version of the protocol that is spoken, and all below it are: a peer that speaks less is met at its own.
    /// Default and least: 1.
    pub version: u8,
    /// Bits of optional frames that this node reads; a frame is sent only where both sides have its bit. Default: all that
    /// there are.
    pub features: u64,
    /// Who may have a session; everybody with a PSK if absent.
    pub admitted: Option<Vec<EntityId>>,
    /// How long an attempt may take. Default 5 s.
    pub connect_timeout: Duration,
    /// After how much silence a peer is asked for a sign of life. Default 5 s.
    pub heartbeat: Duration,
    /// After how much silence a session has failed. Default 30 s, at least 500 ms.
    pub session_timeout: Duration,
    /// Longest datagram sent and taken. Default 1,452, at most 8,952 and at least 1,200.
    pub max_datagram: u16,
    /// What a peer's stream may send before anything of it is read, to begin with. Default 64 KiB.
    pub stream_window: u32,
    /// What a peer may send over all streams before anything is read. Default 4 MiB.
    pub max_data: u32,
    /// Streams that a peer may have open. Default 4,096.
    pub max_streams: u16,
    /// Sessions of the node. Default 16,384.
    pub max_sessions: usize,
    /// What peers' messages beyond their credit may take together. Default 512 MiB.
    pub reassembly: u64,
    /// Datagrams that one transmit may hold. Default 1.
    pub max_segments: usize,
}

impl Config {
    /// PSKs that are accepted at most.
    pub const MAX_PSKS: usize = 4;

    /// The defaults for an identity and PSKs.
    pub fn new(seed: &Seed, psks: Vec<Psk>) -> Self {
        Self {
            identity: Arc::new(Keypair::from_seed(seed)),
            static_key: Arc::new(StaticKey::derive(seed)),
            psks,
            ciphers: Cipher::of_this_processor(),
            version: PROTOCOL_VERSION,
            features: features::ALL,
            admitted: None,
            connect_timeout: Duration::from_secs(5),
            heartbeat: Duration::from_secs(5),
            session_timeout: Duration::from_secs(30),
            max_datagram: 1_452,
            stream_window: 64 << 10,
            max_data: 4 << 20,
            max_streams: 4_096,
            max_sessions: 16_384,
            reassembly: 512 << 20,
            max_segments: 1,
        }
    }

    /// The same within what is possible: too small or too large values become the nearest that work.
    pub(crate) fn clamped(mut self) -> Self {
        self.psks.truncate(Self::MAX_PSKS);
        self.ciphers |= Cipher::CHACHA_ONLY;
        self.version = self.version.max(1);
        self.session_timeout = self.session_timeout.max(Duration::from_millis(500));
        self.heartbeat = self.heartbeat.clamp(Duration::from_millis(10), self.session_timeout / 2);
        self.max_datagram = self.max_datagram.clamp(limits::BASE_DATAGRAM as u16, limits::MAX_DATAGRAM);
        self.stream_window = self.stream_window.max(1_024);
        self.max_data = self.max_data.max(self.stream_window);
        self.max_streams = self.max_streams.max(16);
        self.max_segments = self.max_segments.clamp(1, 64);
        self
    }
}
