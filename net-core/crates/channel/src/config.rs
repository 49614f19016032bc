//! What a directory allows, and the limits of the protocol.

use std::time::Duration;

/// Limits of the protocol, and budgets that are not configured.
pub(crate) mod limits {
    use std::time::Duration;

    // Those of a state are the ones of its layouts, so that who announces too much is told which part it is.
    /// Tags of a state.
    pub(crate) const TAGS: usize = 4_096;
    /// Pairs of metadata of a state.
    pub(crate) const PAIRS: usize = 1_024;
    /// Bytes of a tag.
    pub(crate) const TAG: usize = 1_024;
    /// Bytes of a key of metadata, and of a value.
    pub(crate) const KEY: usize = 256;
    pub(crate) const VALUE: usize = 16_384;
    /// Bytes of a state in an announcement.
    pub(crate) const BODY: usize = 32_512;
    /// Signatures of a neighbour that are checked in a second, and at once.
    pub(crate) const SIGNATURES: (u64, u64) = (200, 400);
    /// What an announcement or a revocation takes of its origin's budget: one in 5 s, 4 at once.
    pub(crate) const NEWS: u64 = 5;
    /// The budget of an origin.
    pub(crate) const ORIGIN: (u64, u64) = (1, 4 * NEWS);
    /// Questions of a neighbour that are answered in a second, and at once.
    pub(crate) const ASKING: (u64, u64) = (64, 1_024);
    /// Bytes that a neighbour's gossip may wait for: its stream's credit, and one message.
    pub(crate) const INBOX: usize = (64 << 10) + 1 + net_types::capability::ANNOUNCEMENT_LIMIT as usize;
    /// Bytes of a neighbour's announcements that may wait for their turn.
    pub(crate) const WAITING: usize = 1 << 20;
    /// How long it is remembered that an announcement was withdrawn or has expired.
    pub(crate) const TOMBSTONE: Duration = Duration::from_secs(600);
    /// Seconds by which calendars may differ.
    pub(crate) const TOLERANCE: u64 = 600;
    /// Most seconds for which an announcement holds, whatever it says.
    pub(crate) const LONGEST: u64 = 86_400;
    /// Marks in one message.
    pub(crate) const MARKS: usize = 512;
    /// Marks of revocations in one message.
    pub(crate) const REVOCATION_MARKS: usize = 256;
    /// Revocations in one message.
    pub(crate) const REVOCATIONS: usize = 64;
    /// What an origin takes of the table besides its texts.
    pub(crate) const ENTRY: usize = 512;
}

/// What a directory allows.
#[derive(Debug, Clone)]
pub struct Config {
    /// Origins that are known at once; each neighbour may fill a quarter. Default 16,384.
    pub max_origins: usize,
    /// Bytes that they may take; each neighbour may fill a quarter. Default 64 MiB.
    pub max_bytes: usize,
    /// Issuers whose revocations are known; each neighbour may fill a quarter. Default 16,384.
    pub max_issuers: usize,
    /// How long an own announcement holds; it is renewed after a third of that. Default 300 s.
    pub ttl: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_origins: 16_384, max_bytes: 64 << 20, max_issuers: 16_384, ttl: Duration::from_secs(300) }
    }
}
