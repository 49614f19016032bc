//! Counters that a user can read.

/// Why something that arrived was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropReason {
    /// Too short, of an unknown kind, or with a reserved byte that is not zero.
    Malformed,
    /// For an index that names no keys here.
    UnknownIndex,
    /// Not genuine.
    Forged,
    /// Seen before, or older than the window of 8,192 packets.
    Replayed,
    /// A handshake whose MACs are both wrong.
    Stranger,
    /// A handshake beyond a limit of rate or number.
    Limited,
    /// A handshake message that nothing waits for, or that is not genuine.
    Handshake,
    /// Data of a stream that is not open any more.
    ClosedStream,
    /// Pieces of a fire-and-forget message that never became whole.
    Incomplete,
}

impl DropReason {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Malformed,
        Self::UnknownIndex,
        Self::Forged,
        Self::Replayed,
        Self::Stranger,
        Self::Limited,
        Self::Handshake,
        Self::ClosedStream,
        Self::Incomplete,
    ];
}

/// Counters of an endpoint. What a session drops for reasons of its streams is in the session's counters alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndpointStats {
    /// Sessions that are live.
    pub sessions: u64,
    /// Handshakes that are not confirmed.
    pub half_open: u64,
    /// Messages of the first kind that were answered.
    pub answered: u64,
    /// Handshakes that were refused with a reason.
    pub rejected: u64,
    /// Handshakes that were asked for a cookie.
    pub cookies: u64,
    /// Hints that an index is unknown.
    pub unknown: u64,
    /// Identities that were refused since another has their node id.
    pub collisions: u64,
    dropped: [u64; DropReason::ALL.len()],
}

impl EndpointStats {
    /// How much was dropped for a reason.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped[reason as usize]
    }

    pub(crate) fn drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }
}

/// Counters of a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionStats {
    /// Packets sent.
    pub packets_sent: u64,
    /// Bytes of them.
    pub bytes_sent: u64,
    /// Packets that opened.
    pub packets_received: u64,
    /// Bytes of them.
    pub bytes_received: u64,
    /// Packets that were declared lost.
    pub packets_lost: u64,
    /// Packets that were declared lost and were not.
    pub packets_late: u64,
    /// Times that the network has marked congestion.
    pub congestion_marks: u64,
    /// Probes for a lost answer.
    pub probes: u64,
    /// Messages of the application that were taken for sending.
    pub messages_sent: u64,
    /// Messages that were read.
    pub messages_received: u64,
    /// Fire-and-forget messages of this node that were lost on the way.
    pub messages_lost: u64,
    /// Fire-and-forget messages of the peer that were dropped since nobody read.
    pub messages_dropped: u64,
    /// Packets that were passed on for others through this session.
    pub forwarded: u64,
    /// Times that the path has changed.
    pub path_changes: u64,
    /// Smoothed round trip in microseconds.
    pub rtt_us: u64,
    /// Bytes that may be on their way.
    pub congestion_window: u64,
    /// Longest datagram that is known to pass.
    pub mtu: u64,
    dropped: [u64; DropReason::ALL.len()],
}

impl SessionStats {
    /// How much was dropped for a reason.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped[reason as usize]
    }

    pub(crate) fn drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }
}

/// Counters of an own stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StreamStats {
    /// Sequence number of the next message.
    pub next_sequence: u64,
    /// Bytes that were taken and are not acknowledged, or not read by the peer's application.
    pub outstanding: u64,
    /// Bytes that were taken since the stream was opened, and how many of them from the first on have arrived. Of a
    /// fire-and-forget stream nobody says so, and both are 0.
    pub written: u64,
    /// See [`written`](Self::written).
    pub acknowledged: u64,
    /// Bytes that may be outstanding.
    pub window: u64,
    /// Messages that were refused since there was no room.
    pub refused: u64,
    /// Fire-and-forget messages that were lost on the way.
    pub lost: u64,
    /// Fire-and-forget messages that the peer dropped since nobody read them.
    pub dropped: u64,
}
