//! What a router has counted.

/// Why something was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Drop {
    /// Bytes that are no message of the gossip stream.
    Malformed,
    /// A kind of message that is not known here.
    UnknownKind,
    /// A beacon whose signature does not hold.
    Forged,
    /// A beacon that is older than the one that is known.
    Old,
    /// A beacon of a second entity with the node id of another.
    NodeIdTaken,
    /// A beacon for which the table, or its neighbour's share of it, has no room.
    TableFull,
    /// A route without the beacon that it rests on.
    BeaconMissing,
    /// A route beyond those that are kept of one destination.
    TooManyRoutes,
    /// A request beyond its neighbour's rate, or beyond what is remembered.
    TooManyRequests,
    /// What waits beyond a neighbour's credit.
    Flood,
    /// A packet over a link that does not stand.
    NoSession,
    /// A packet for another node, where none is passed on.
    NotRelaying,
    /// A packet that has made all of its hops.
    TtlExpired,
    /// A packet for a destination that cannot be reached.
    NoRoute,
    /// A packet that could go only where it came from.
    BackToGiver,
    /// A packet that claims to be from this node.
    OwnSource,
    /// A packet that the next hop does not take.
    TooLarge,
    /// A packet beyond its neighbour's rate.
    RateExceeded,
    /// The first message of a handshake, beyond its neighbour's rate of those.
    InitsExceeded,
    /// A packet beyond those that wait for the next hop.
    QueueFull,
}

impl Drop {
    /// Every reason.
    pub const ALL: [Self; 20] = [
        Self::Malformed,
        Self::UnknownKind,
        Self::Forged,
        Self::Old,
        Self::NodeIdTaken,
        Self::TableFull,
        Self::BeaconMissing,
        Self::TooManyRoutes,
        Self::TooManyRequests,
        Self::Flood,
        Self::NoSession,
        Self::NotRelaying,
        Self::TtlExpired,
        Self::NoRoute,
        Self::BackToGiver,
        Self::OwnSource,
        Self::TooLarge,
        Self::RateExceeded,
        Self::InitsExceeded,
        Self::QueueFull,
    ];

    /// Its name in counters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKind => "unknown_kind",
            Self::Forged => "forged",
            Self::Old => "old",
            Self::NodeIdTaken => "node_id_taken",
            Self::TableFull => "table_full",
            Self::BeaconMissing => "beacon_missing",
            Self::TooManyRoutes => "too_many_routes",
            Self::TooManyRequests => "too_many_requests",
            Self::Flood => "flood",
            Self::NoSession => "no_session",
            Self::NotRelaying => "not_relaying",
            Self::TtlExpired => "ttl_expired",
            Self::NoRoute => "no_route",
            Self::BackToGiver => "back_to_giver",
            Self::OwnSource => "own_source",
            Self::TooLarge => "too_large",
            Self::RateExceeded => "rate_exceeded",
            Self::InitsExceeded => "inits_exceeded",
            Self::QueueFull => "queue_full",
        }
    }
}

/// What a router has counted since it was made.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    /// Packets that were passed on.
    pub relayed: u64,
    /// Packets that were for this node.
    pub delivered: u64,
    /// Signatures that were checked.
    pub signatures: u64,
    /// Times that a destination got another next hop, or none.
    pub reroutes: u64,
    /// Requests for a sequence number that were sent or passed on.
    pub requests: u64,
    drops: [u64; Drop::ALL.len()],
}

impl Counters {
    /// How often something was dropped for a reason.
    pub fn dropped(&self, reason: Drop) -> u64 {
        self.drops[reason as usize]
    }

    pub(crate) fn drop(&mut self, reason: Drop) {
        self.drops[reason as usize] += 1;
    }
}
