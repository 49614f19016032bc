//! What a router allows, and the limits of the protocol.

use std::time::Duration;

/// Limits of the protocol, and budgets that are not configured.
pub(crate) mod limits {
    use std::time::Duration;

    /// How long changes are gathered before neighbours are told.
    pub(crate) const BATCH: Duration = Duration::from_millis(200);
    /// How long a distance outlives the last route.
    pub(crate) const DISTANCE: Duration = Duration::from_secs(180);
    /// How long a request for a sequence number is not passed on again.
    pub(crate) const REQUEST: Duration = Duration::from_secs(5);
    /// Requests that are remembered.
    pub(crate) const REQUESTS: usize = 4_096;
    /// First wait before a request is repeated; it doubles up to the last.
    pub(crate) const RETRY: Duration = Duration::from_secs(1);
    /// Longest wait before a request is repeated.
    pub(crate) const LAST_RETRY: Duration = Duration::from_secs(32);
    /// Least time between two sequence numbers of an origin.
    pub(crate) const SEQNO: Duration = Duration::from_secs(1);
    /// Routes that are kept of one destination.
    pub(crate) const ROUTES: usize = 16;
    /// Neighbours that a request is passed on to where no route is in use.
    pub(crate) const ASKED: usize = 3;
    /// Signatures of a neighbour that are checked in a second, and at once.
    pub(crate) const SIGNATURES: (u64, u64) = (200, 400);
    /// Requests of a neighbour that are handled in a second, and at once.
    pub(crate) const ASKING: (u64, u64) = (200, 1_000);
    /// Bytes that a neighbour's gossip may wait for: its stream's credit, and one message.
    pub(crate) const INBOX: usize = (64 << 10) + net_types::route::GOSSIP_LIMIT as usize;
    /// Bytes of a neighbour's packets that are passed on in a second, and at once.
    pub(crate) const RELAYED: (u64, u64) = (64 << 20, 1 << 20);
    /// First handshake messages of a neighbour that are passed on in a second, and at once.
    pub(crate) const INITS: (u64, u64) = (20, 20);
    /// Packets that wait for a neighbour.
    pub(crate) const QUEUED: u32 = 256;
    /// Nodes of which it is remembered who brought their packets.
    pub(crate) const BRINGERS: usize = 4_096;
    /// How long it is remembered.
    pub(crate) const BRINGER_TIME: Duration = Duration::from_secs(60);
    /// Cost of a hop besides its round trip.
    pub(crate) const HOP_COST: u32 = 100;
    /// Greatest cost of a hop.
    pub(crate) const MAX_COST: u32 = 10_000;
    /// How often the cost of a neighbour is doubled at most.
    pub(crate) const MAX_DISTRUST: u32 = 6;
    /// How long a neighbour that loses probes is distrusted.
    pub(crate) const DISTRUST: Duration = Duration::from_secs(60);
    /// Beacons that a neighbour is sent since it has older ones.
    pub(crate) const CORRECTIONS: usize = 1_024;
    /// Probes that are looked back at.
    pub(crate) const PROBES: u32 = 16;
    /// Least probes after which a neighbour is judged.
    pub(crate) const LEAST_PROBES: u32 = 8;
}

/// What a router allows.
#[derive(Debug, Clone)]
pub struct Config {
    /// Whether packets of others are passed on. Default yes.
    pub relay: bool,
    /// Destinations that are known at once; each neighbour may fill a quarter. Default 16,384.
    pub max_destinations: usize,
    /// Longest message of the gossip stream that is made, at least 161 bytes. Default 16 KiB, which is also the limit.
    pub max_message: usize,
    /// How long changes are gathered before neighbours are told. Default 200 ms.
    pub batch: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            relay: true,
            max_destinations: 16_384,
            max_message: net_types::route::GOSSIP_LIMIT as usize,
            batch: limits::BATCH,
        }
    }
}
